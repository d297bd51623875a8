// @ts-check
// The conditions of a journey: scenario, access line, caches, TCP, luck and faults.
import { html, useStore } from "../../report/assets/ui.js";
import { useSay } from "../../report/assets/i18n.js";
import { Faults } from "./faults.js";
import { Upload } from "./upload.js";

/** @typedef {import("./state.js").LabState} LabState */

const TEXTS = {
  stage: { ja: "旅の舞台", en: "Where the journey is made" },
  scenario: { ja: "シナリオ", en: "Scenario" },
  line: { ja: "アクセス回線（両方向、空欄ならシナリオのまま）", en: "The access line, each way (empty: as in the scenario)" },
  loss: { ja: "パケット損失率", en: "Packets lost" },
  delay: { ja: "遅延", en: "Delay" },
  rate: { ja: "速度", en: "Rate" },
  mtu: { ja: "MTU (オクテット)", en: "MTU, octets" },
  caches: { ja: "DNSキャッシュ", en: "DNS caches" },
  cold: { ja: "空 (コールド)", en: "empty (cold)" },
  warm: { ja: "名前を覚えている (ウォーム)", en: "know the name (warm)" },
  seed: { ja: "乱数の種", en: "Seed" },
  tcp: { ja: "TCP（すべてのホスト）", en: "TCP of every host" },
  congestion: { ja: "輻輳制御", en: "Congestion control" },
  sites: { ja: "サイト", en: "Sites" },
};
const LIKELY = {
  loss: ["0%", "1%", "5%", "20%"],
  delay: ["1ms", "20ms", "100ms", "250ms"],
  rate: ["128kbit", "1Mbit", "10Mbit", "100Mbit"],
  mtu: ["576", "1280", "1454", "1500"],
};

/** @param {{lab: LabState}} props */
export function Conditions({ lab }) {
  const say = useSay();
  const order = useStore(lab, (state) => state.order);
  const { offer } = lab;
  const chosen = lab.scenario();
  return html`<div class="lab-conditions">
    <fieldset><legend>${say(TEXTS.stage)}</legend><div class="lab-fields">
      <label class="lab-field wider"><span>${say(TEXTS.scenario)}</span>
        <select value=${order.scenario} onChange=${(/** @type {any} */ event) => lab.choose({ scenario: event.target.value, faults: [] })}>
          ${Object.entries(offer.scenarios).map(([name, { title }]) => html`<option key=${name} value=${name}>${say(title)}</option>`)}</select></label>
      <label class="lab-field"><span>${say(TEXTS.caches)}</span>
        <select value=${order.warm ? "warm" : "cold"} onChange=${(/** @type {any} */ event) => lab.choose({ warm: event.target.value === "warm" })}>
          <option value="cold">${say(TEXTS.cold)}</option><option value="warm">${say(TEXTS.warm)}</option></select></label>
      <label class="lab-field"><span>${say(TEXTS.seed)}</span>
        <input type="number" min="0" step="1" value=${order.seed} onInput=${(/** @type {any} */ event) => lab.choose({ seed: Math.max(0, Math.floor(Number(event.target.value) || 0)) })} /></label>
    </div></fieldset>
    <fieldset><legend>${say(TEXTS.line)}</legend><div class="lab-fields">
      ${/** @type {const} */ (["loss", "delay", "rate", "mtu"]).map((name) => html`<label class="lab-field" key=${name}><span>${say(TEXTS[name])}</span>
        <input type="text" list=${`likely-${name}`} autocomplete="off" maxlength="40" placeholder=${chosen.line[name] ?? ""} value=${order[name] ?? ""}
          onInput=${(/** @type {any} */ event) => lab.choose({ [name]: event.target.value.trim() || undefined })} />
        <datalist id=${`likely-${name}`}>${LIKELY[name].map((value) => html`<option key=${value} value=${value} />`)}</datalist></label>`)}
    </div></fieldset>
    <fieldset><legend>${say(TEXTS.tcp)}</legend><div class="lab-fields">
      <label class="lab-field"><span>${say(TEXTS.congestion)}</span>
        <select value=${String(order.tcp.congestion ?? "cubic")} onChange=${(/** @type {any} */ event) => lab.switchTcp("congestion", event.target.value, "cubic")}>
          ${offer.congestion.map((name) => html`<option key=${name} value=${name}>${name === "cubic" ? "CUBIC" : "Reno"}</option>`)}</select></label>
      <div class="lab-checks">${Object.entries(offer.switches).map(([name, title]) => html`<label key=${name} class="lab-check">
        <input type="checkbox" checked=${order.tcp[name] !== false} onChange=${(/** @type {any} */ event) => lab.switchTcp(name, event.target.checked, true)} />${say(title)}</label>`)}</div>
    </div></fieldset>
    <fieldset><legend>${say(TEXTS.sites)}</legend>${offer.sites.length > 0 && html`<div class="lab-checks">${offer.sites.map((name) => html`<label key=${name} class="lab-check">
      <input type="checkbox" checked=${order.sites.includes(name)} onChange=${(/** @type {any} */ event) => lab.takeSite(name, event.target.checked)} /><code>${name}</code></label>`)}</div>`}<${Upload} lab=${lab} /></fieldset>
    <${Faults} lab=${lab} scenario=${chosen} />
  </div>`;
}

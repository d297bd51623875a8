// @ts-check
// Faults of lines and machines: what befalls which, and when; written as the command line takes them.
import { html, useState, useStore } from "../../report/assets/ui.js";
import { useSay } from "../../report/assets/i18n.js";

/** @typedef {import("./state.js").LabState} LabState */
/** @typedef {import("./api.js").ScenarioOffer} ScenarioOffer */
/** @typedef {import("./api.js").Texts} Texts */

const TEXTS = {
  faults: { ja: "障害", en: "Faults" },
  none: { ja: "まだありません。ケーブルか機器を選んで加えます。", en: "None yet: choose a cable or a machine, and what befalls it." },
  where: { ja: "どこで", en: "Where" },
  lines: { ja: "ケーブル", en: "Cables" },
  machines: { ja: "機器", en: "Machines" },
  what: { ja: "何が起きるか", en: "What happens" },
  when: { ja: "いつから", en: "From when" },
  add: { ja: "加える", en: "Add" },
  one: { ja: "{line}: {what}", en: "{line}: {what}" },
  dated: { ja: "{line}: {what}（{when} から）", en: "{line}: {what}, from {when} on" },
  remove: { ja: "{fault} を取り除く", en: "Remove {fault}" },
};
/**
 * What may befall a line, as rules. `{t}` is the instant; `dated`: whether it has one.
 * @type {Record<string, {text: Texts, rule: string, dated: boolean}>}
 */
export const BEFALLS = {
  cut: { text: { ja: "このケーブルを切る", en: "Cut this cable" }, rule: "cut from={t}", dated: true },
  first: { text: { ja: "1番目のTCPセグメントを失う", en: "Lose the first TCP segment" }, rule: "drop nth=1 carrying=tcp", dated: false },
  third: { text: { ja: "3番目のTCPセグメントを失う", en: "Lose the third TCP segment" }, rule: "drop nth=3 carrying=tcp", dated: false },
  loss: { text: { ja: "フレームの5%を失う", en: "Lose 5% of the frames" }, rule: "loss 5%", dated: false },
  corrupt: { text: { ja: "フレームの1%のビットを化けさせる", en: "Damage 1% of the frames" }, rule: "corrupt 1%", dated: false },
  reorder: { text: { ja: "フレームの2%を遅らせ、順序を変える", en: "Reorder 2% of the frames" }, rule: "reorder 2% 5ms", dated: false },
};
/** What may befall a machine: of all its lines. @type {typeof BEFALLS} */
export const SILENCED = {
  silent: { text: { ja: "この機器を黙らせる", en: "Silence this machine" }, rule: "cut from={t}", dated: true },
  deaf: { text: { ja: "UDPに答えなくさせる", en: "Let it answer no UDP" }, rule: "loss 100% carrying=udp", dated: false },
};
/** @param {string} fault as the command line takes it @param {import("../../report/assets/i18n.js").Say} say @returns {string} in words, where it is one of those above */
export function inWords(fault, say) {
  const [line, rule] = fault.split(/:(.*)/s);
  for (const { text, rule: known, dated } of Object.values({ ...BEFALLS, ...SILENCED })) {
    const [before] = known.split("{t}");
    if (dated && rule.startsWith(before)) return say(TEXTS.dated, { line, what: say(text), when: rule.slice(before.length) });
    if (rule === known) return say(TEXTS.one, { line, what: say(text) });
  }
  return fault;
}

/** @param {ScenarioOffer} scenario @param {string} machine @returns {string[]} the lines at that machine */
function linesOf(scenario, machine) {
  return Object.keys(scenario.lines).filter((line) => scenario.lines[line].some((end) => end.split(":")[0] === machine));
}

/** @param {{lab: LabState, scenario: ScenarioOffer}} props */
export function Faults({ lab, scenario }) {
  const say = useSay();
  const faults = useStore(lab, (state) => state.order.faults);
  return html`<fieldset class="lab-faults"><legend>${say(TEXTS.faults)}</legend>
    <${Picker} lab=${lab} scenario=${scenario} />
    ${faults.length === 0 ? html`<p class="soft">${say(TEXTS.none)}</p>` : html`<ul class="lab-fault-list">${faults.map((fault, at) => html`<li key=${at}>
      <span title=${fault}>${inWords(fault, say)}</span><button type="button" class="icon" aria-label=${say(TEXTS.remove, { fault: inWords(fault, say) })} title=${say(TEXTS.remove, { fault: inWords(fault, say) })}
        onClick=${() => lab.choose({ faults: faults.filter((_, one) => one !== at) })}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18" /></svg></button></li>`)}</ul>`}
  </fieldset>`;
}

/** @param {{lab: LabState, scenario: ScenarioOffer}} props */
function Picker({ lab, scenario }) {
  const say = useSay();
  const [where, setWhere] = useState(`line ${scenario.access}`);
  const [what, setWhat] = useState("cut");
  const [when, setWhen] = useState("0ms");
  const [kind, name] = where.split(" ");
  const befalls = kind === "line" ? BEFALLS : SILENCED;
  const key = what in befalls ? what : Object.keys(befalls)[0];
  const chosen = befalls[key];
  const add = () => {
    for (const line of kind === "line" ? [name] : linesOf(scenario, name)) lab.addFault(`${line}:${chosen.rule.replace("{t}", when.normalize("NFKC").trim() || "0ms")}`);
  };
  return html`<div class="lab-fields">
    <label class="lab-field"><span>${say(TEXTS.where)}</span>
      <select id="fault-where" value=${where} onChange=${(/** @type {any} */ event) => setWhere(event.target.value)}>
        <optgroup label=${say(TEXTS.lines)}>${Object.keys(scenario.lines).map((line) => html`<option key=${line} value=${`line ${line}`}>${line}</option>`)}</optgroup>
        <optgroup label=${say(TEXTS.machines)}>${Object.keys(scenario.machines).map((machine) => html`<option key=${machine} value=${`machine ${machine}`}>${machine}</option>`)}</optgroup>
      </select></label>
    <label class="lab-field wider"><span>${say(TEXTS.what)}</span>
      <select id="fault-what" value=${key} onChange=${(/** @type {any} */ event) => setWhat(event.target.value)}>
        ${Object.entries(befalls).map(([id, { text }]) => html`<option key=${id} value=${id}>${say(text)}</option>`)}</select></label>
    ${chosen.dated && html`<label class="lab-field short"><span>${say(TEXTS.when)}</span>
      <input type="text" value=${when} maxlength="20" onInput=${(/** @type {any} */ event) => setWhen(event.target.value)} /></label>`}
    <button type="button" class="lab-add" onClick=${add}>${say(TEXTS.add)}</button>
  </div>`;
}

// @ts-check
// The address bar with Go, and the conditions of the journey folded away below it.
import { html, useState, useStore } from "../../report/assets/ui.js";
import { useSay } from "../../report/assets/i18n.js";
import { Conditions } from "./conditions.js";
import { chosenOf, inWords } from "./faults.js";

/** @typedef {import("./state.js").LabState} LabState */
/** @typedef {import("./api.js").Order} Order */

const TEXTS = {
  order: { ja: "旅の行き先と条件", en: "Where to, and under which conditions" },
  address: { ja: "URL、または検索する言葉", en: "URL, or words to search for" },
  go: { ja: "出発", en: "Go" },
  conditions: { ja: "条件", en: "Conditions" },
  plain: { ja: "そのまま", en: "as it comes" },
  loss: { ja: "損失 {value}", en: "loss {value}" },
  delay: { ja: "遅延 {value}", en: "delay {value}" },
  rate: { ja: "速度 {value}", en: "rate {value}" },
  mtu: { ja: "MTU {value}", en: "MTU {value}" },
  seed: { ja: "種 {value}", en: "seed {value}" },
  warm: { ja: "DNSキャッシュあり", en: "warm DNS caches" },
  faults: { ja: "障害 {value}", en: "faults: {value}" },
  and: { ja: "、", en: "; " },
  reset: { ja: "条件を元に戻す", en: "Reset the conditions" },
};

/** @param {{lab: LabState}} props */
export function AddressBar({ lab }) {
  const say = useSay();
  const [open, setOpen] = useState(false);
  const order = useStore(lab, (state) => state.order);
  const waiting = useStore(lab, (state) => state.told !== null);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    setOpen(false);
    if (!waiting) void lab.goAndShow();
  };
  const chips = chipsOf(order, lab, say);
  return html`<section class="lab-order" aria-label=${say(TEXTS.order)}><form class="wide" onSubmit=${submit}>
    <div class="lab-bar"><label><span class="unseen">${say(TEXTS.address)}</span>
      <input type="text" id="address" inputmode="url" autocomplete="off" autocapitalize="none" spellcheck=${false} maxlength="2000" required
        placeholder=${say(TEXTS.address)} value=${order.text} onInput=${(/** @type {any} */ typed) => lab.choose({ text: typed.target.value })} /></label>
      <button type="submit" class="lab-go" disabled=${waiting}>${say(TEXTS.go)}</button></div>
    <div class="lab-chosen"><button type="button" class="chip" aria-expanded=${open} aria-controls="conditions" onClick=${() => setOpen(!open)}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 7h10M18 7h2M4 17h2M10 17h10" /><circle cx="16" cy="7" r="2.4" /><circle cx="8" cy="17" r="2.4" /></svg>${say(TEXTS.conditions)}</button>
      <p>${chips.length ? chips.join(" · ") : say(TEXTS.plain)}</p>
      ${chips.length > 0 && html`<button type="button" class="link" onClick=${() => lab.reset()}>${say(TEXTS.reset)}</button>`}</div>
    <div id="conditions" hidden=${!open}>${open && html`<${Conditions} lab=${lab} />`}</div>
  </form></section>`;
}

/** @param {Order} order @param {LabState} lab @param {import("../../report/assets/i18n.js").Say} say @returns {string[]} what differs from a plain journey */
function chipsOf(order, lab, say) {
  const said = order.scenario === "home" ? [] : [say(lab.offer.scenarios[order.scenario]?.title ?? { ja: order.scenario, en: order.scenario })];
  for (const name of /** @type {const} */ (["loss", "delay", "rate", "mtu"])) if (order[name]) said.push(say(TEXTS[name], { value: order[name] }));
  if (order.seed) said.push(say(TEXTS.seed, { value: order.seed }));
  if (order.warm) said.push(say(TEXTS.warm));
  for (const [name, value] of Object.entries(order.tcp)) said.push(`${name}=${value}`);
  if (order.faults.length) said.push(say(TEXTS.faults, { value: chosenOf(order.faults, lab.scenario()).map((one) => inWords(one, say)).join(say(TEXTS.and)) }));
  return [...said, ...order.sites];
}

// @ts-check
// Faults of lines and machines: what befalls which, and when; written as the command line takes them.
import { html, useState, useStore } from "../../report/assets/ui.js";
import { useSay } from "../../report/assets/i18n.js";

/** @typedef {import("./state.js").LabState} LabState */
/** @typedef {import("./api.js").ScenarioOffer} ScenarioOffer */
/** @typedef {import("./api.js").Texts} Texts */
/** @typedef {import("../../report/assets/i18n.js").Say} Say */

const TEXTS = {
  faults: { ja: "障害", en: "Faults" },
  none: { ja: "まだありません。ケーブルか機器を選んで加えます。", en: "None yet: choose a cable or a machine, and what befalls it." },
  where: { ja: "どこで", en: "Where" },
  lines: { ja: "ケーブル", en: "Cables" },
  machines: { ja: "機器", en: "Machines" },
  what: { ja: "何が起きるか", en: "What happens" },
  when: { ja: "いつから", en: "From when" },
  add: { ja: "加える", en: "Add" },
  one: { ja: "{where}: {what}", en: "{where}: {what}" },
  dated: { ja: "{where}: {what}（{when} から）", en: "{where}: {what}, from {when} on" },
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
/** What may befall a machine: all its lines, whole, where a cable that is cut is one. No rule is one of a line too. @type {typeof BEFALLS} */
export const SILENCED = {
  silent: { text: { ja: "この機器を黙らせる", en: "Silence this machine" }, rule: "loss 100% from={t}", dated: true },
  deaf: { text: { ja: "UDPに答えなくさせる", en: "Let it answer no UDP" }, rule: "loss 100% carrying=udp", dated: false },
};
/** @typedef {{where: string, rule: string, faults: string[]}} Chosen what was chosen of a cable or a machine, and the faults of lines that came of it */

/** @param {string[]} faults as the command line takes them @param {ScenarioOffer} scenario @returns {Chosen[]} as they were chosen: what befalls a machine is a fault of each of its lines */
export function chosenOf(faults, scenario) {
  const left = new Set(faults);
  const machines = Object.keys(scenario.machines).sort((one, other) => linesOf(scenario, other).length - linesOf(scenario, one).length);
  const chosen = [];
  for (const fault of faults) {
    const [line, rule] = fault.split(/:(.*)/s);
    if (!left.has(fault)) continue;
    const machine = known(SILENCED, rule) && machines.find((name) => linesOf(scenario, name).includes(line) && linesOf(scenario, name).every((one) => left.has(`${one}:${rule}`)));
    const own = machine ? linesOf(scenario, machine).map((one) => `${one}:${rule}`) : [fault];
    for (const one of own) left.delete(one);
    chosen.push({ where: machine || line, rule, faults: own });
  }
  return chosen;
}

/** @param {Chosen} chosen @param {Say} say @returns {string} in words, where it is one of those above */
export function inWords({ where, rule, faults }, say) {
  const found = known({ ...BEFALLS, ...SILENCED }, rule);
  if (!found) return faults[0];
  return say(found.when ? TEXTS.dated : TEXTS.one, { where, what: say(found.text), when: found.when });
}

/** @param {typeof BEFALLS} befalls @param {string} rule @returns {{text: Texts, when: string} | null} which of them it is, and from when */
function known(befalls, rule) {
  for (const { text, rule: one, dated } of Object.values(befalls)) {
    const [before] = one.split("{t}");
    if (dated ? rule.startsWith(before) : rule === one) return { text, when: dated ? rule.slice(before.length) : "" };
  }
  return null;
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
    ${faults.length === 0 ? html`<p class="soft">${say(TEXTS.none)}</p>` : html`<ul class="lab-fault-list">${chosenOf(faults, scenario).map((one) => html`<li key=${one.faults[0]}>
      <span title=${one.faults.join(" ")}>${inWords(one, say)}</span><button type="button" class="icon" aria-label=${say(TEXTS.remove, { fault: inWords(one, say) })} title=${say(TEXTS.remove, { fault: inWords(one, say) })}
        onClick=${() => lab.choose({ faults: faults.filter((fault) => !one.faults.includes(fault)) })}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18" /></svg></button></li>`)}</ul>`}
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

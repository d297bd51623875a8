// @ts-check
// Below the map: what may befall the cable or the machine that was clicked, at this moment of the journey.
import { html, useEffect, useRef, useStore } from "../../report/assets/ui.js";
import { useSay } from "../../report/assets/i18n.js";
import { ms } from "../../report/assets/format.js";
import { BEFALLS, SILENCED, chosenOf, inWords } from "./faults.js";

/** @typedef {import("./state.js").LabState} LabState */
/** @typedef {import("../../report/assets/parts.js").Report} Report */
/** @typedef {{report: Report, host: string, line: string, touch: (line: string) => void}} Touched */

const TEXTS = {
  title: { ja: "障害を起こす", en: "Make something go wrong" },
  lead: { ja: "地図のケーブルか機器を選び、起こすことを選びます。「今」は旅の時刻 {time} ms です。", en: "Choose a cable or a machine on the map, then what befalls it. \u201cNow\u201d is {time} ms into the journey." },
  line: { ja: "ケーブル", en: "Cable" },
  noLine: { ja: "（選んでいません）", en: "(none chosen)" },
  machine: { ja: "機器 {name}", en: "Machine {name}" },
  now: { ja: "{what}（今から）", en: "{what}, from now on" },
  chosen: { ja: "次の旅の障害", en: "For the next journey" },
  again: { ja: "この障害で出発", en: "Go again like this" },
};
const NS_PER_US = 1000;

/** @param {LabState} lab @returns {(props: Touched) => any} the component that a report of the lab is given */
export function faultBar(lab) {
  return ({ report, host, line, touch }) => FaultBar({ lab, report, host, line, touch });
}

/** @param {Touched & {lab: LabState}} props */
function FaultBar({ lab, report, host, line, touch }) {
  const say = useSay();
  const t = useStore(report.cursor, (moment) => Math.round(moment.t / NS_PER_US));
  const faults = useStore(lab, (state) => state.order.faults);
  const bar = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => void (line && bar.current?.scrollIntoView({ block: "nearest" })), [line]); // on a phone it is far below the cable that was touched
  const { lines } = report.journey.about;
  const own = lines.filter(({ ends }) => ends.some((end) => end.node === host));
  const add = (/** @type {string} */ name, /** @type {string} */ rule) => lab.addFault(`${name}:${rule.replace("{t}", `${t}us`)}`);
  return html`<section class="lab-fault-bar card" ref=${bar}><h3>${say(TEXTS.title)}</h3><p class="soft">${say(TEXTS.lead, { time: ms(t * NS_PER_US) })}</p>
    <div class="lab-befalls"><label><span class="unseen">${say(TEXTS.line)}</span>
        <select id="touched" value=${line} onChange=${(/** @type {any} */ event) => touch(event.target.value)}>
          <option value="">${say(TEXTS.line)} ${say(TEXTS.noLine)}</option>
          ${lines.map(({ name }) => html`<option key=${name} value=${name}>${say(TEXTS.line)} ${name}</option>`)}</select></label>
      ${line && html`<${Chips} befalls=${BEFALLS} add=${(/** @type {string} */ rule) => add(line, rule)} />`}</div>
    ${own.length > 0 && html`<div class="lab-befalls"><p>${say(TEXTS.machine, { name: host })}</p><${Chips} befalls=${SILENCED} add=${(/** @type {string} */ rule) => own.forEach(({ name }) => add(name, rule))} /></div>`}
    ${faults.length > 0 && html`<div class="lab-befalls"><p><b>${say(TEXTS.chosen)}</b></p>${chosenOf(faults, lab.scenario()).map((one) => html`<span key=${one.faults[0]} class="lab-fault" title=${one.faults.join(" ")}>${inWords(one, say)}</span>`)}
      <button type="button" class="lab-add" id="again" onClick=${() => lab.goAndShow()}>${say(TEXTS.again)}</button></div>`}
  </section>`;
}

/** @param {{befalls: typeof BEFALLS, add: (rule: string) => void}} props */
function Chips({ befalls, add }) {
  const say = useSay();
  return html`${Object.entries(befalls).map(([id, { text, rule, dated }]) => html`<button type="button" class="chip" key=${id} data-befalls=${id} onClick=${() => add(rule)}>
    ${dated ? say(TEXTS.now, { what: say(text) }) : say(text)}</button>`)}`;
}

// @ts-check
// How far a journey is, from its own stages, and the button that stops it.
import { html } from "../../report/assets/ui.js";
import { useSay } from "../../report/assets/i18n.js";
import { count, duration } from "../../report/assets/format.js";

/** @typedef {import("./api.js").Told} Told */

const TEXTS = {
  progress: { ja: "旅の進み具合", en: "How far the journey is" },
  waiting: { ja: "前の旅が終わるのを待っています", en: "Waiting for the journey before" },
  starting: { ja: "支度をしています", en: "Getting ready" },
  building: { ja: "インターネットを組み立てています", en: "Building the internet" },
  walking: { ja: "道のりの途中", en: "On the way" },
  telling: { ja: "起きたことを読み取っています", en: "Reading what happened" },
  keeping: { ja: "記録を書き出しています", en: "Writing it down" },
  done: { ja: "開いています", en: "Opening" },
  virtual: { ja: "仮想時間 {time}", en: "virtual time {time}" },
  frames: { ja: "フレーム {count}", en: "{count} frames" },
  stop: { ja: "止める", en: "Stop" },
};
const PHASES = ["waiting", "starting", "building", "walking", "telling", "keeping", "done"];

/** @param {{lab: import("./state.js").LabState, told: Told}} props */
export function Progress({ lab, told }) {
  const say = useSay();
  const phase = /** @type {keyof typeof TEXTS} */ (told.phase in TEXTS ? told.phase : "done");
  return html`<section class="wide lab-progress" aria-label=${say(TEXTS.progress)}><div class="card">
    <progress max=${PHASES.length - 1} value=${PHASES.indexOf(phase)} aria-label=${say(TEXTS.progress)}></progress>
    <p role="status"><strong>${say(TEXTS[phase])}</strong></p>
    ${told.frames !== undefined && html`<p class="soft num lab-far"><span>${say(TEXTS.virtual, { time: duration(told.virtual_ns ?? 0) })}</span> <span>${say(TEXTS.frames, { count: count(told.frames) })}</span></p>`}
    ${told.rows && html`<ul class="lab-rows" aria-hidden="true">${told.rows.map((row) => html`<li key=${row}><span class="badge">${row}</span>${say(lab.offer.rows[row])}</li>`)}</ul>`}
    <button type="button" class="chip" id="stop" onClick=${() => lab.stop()}>${say(TEXTS.stop)}</button>
  </div></section>`;
}

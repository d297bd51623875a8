// @ts-check
// The time cursor's controls: play, pause, speed, the events before and after, and a line to drag along.
import { html, useEffect, useMemo, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { PACES } from "./time.js";
import { count, duration, ms } from "./format.js";

/** @typedef {import("./parts.js").Report} Report */

const TEXTS = {
  controls: { ja: "時間の操作", en: "Time controls" },
  play: { ja: "再生", en: "Play" },
  pause: { ja: "一時停止", en: "Pause" },
  before: { ja: "前の事象", en: "Previous event" },
  after: { ja: "次の事象", en: "Next event" },
  frameBefore: { ja: "前のフレーム", en: "Previous frame" },
  frameAfter: { ja: "次のフレーム", en: "Next frame" },
  line: { ja: "旅の時刻", en: "Moment of the journey" },
  pace: { ja: "速さ", en: "Speed" },
  aSecond: { ja: "1秒で {time}", en: "{time} a second" },
  event: { ja: "事象 {n} / {all}", en: "event {n} of {all}" },
};
const BARS = 160;
const STEPS = 1000;

/** @param {{report: Report}} props */
export function Player({ report }) {
  const say = useSay();
  const { journey, cursor } = report;
  const { n, t, playing, pace } = useStore(cursor, (moment) => moment);
  const sent = useMemo(() => framesSent(journey), [journey]);
  useKeys(report, sent);
  const toggle = () => (playing ? cursor.pause() : cursor.play());
  return html`<section class="player" aria-label=${say(TEXTS.controls)}>
    <div class="buttons">
      <${Button} label=${say(TEXTS.frameBefore)} icon="M5 5v14M19 5l-9 7 9 7z" act=${() => cursor.step(-1, sent)} />
      <${Button} label=${say(TEXTS.before)} icon="M15 5l-9 7 9 7z" act=${() => cursor.step(-1)} />
      <${Button} label=${say(playing ? TEXTS.pause : TEXTS.play)} main=${true} act=${toggle}
        icon=${playing ? "M8 5v14M16 5v14" : "M7 4l13 8-13 8z"} />
      <${Button} label=${say(TEXTS.after)} icon="M9 5l9 7-9 7z" act=${() => cursor.step(1)} />
      <${Button} label=${say(TEXTS.frameAfter)} icon="M5 5l9 7-9 7zM19 5v14" act=${() => cursor.step(1, sent)} />
    </div>
    <div class="line">
      <${Density} journey=${journey} />
      <input type="range" min="0" max=${STEPS} step="any" value=${journey.end ? (t / journey.end) * STEPS : 0}
        aria-label=${say(TEXTS.line)} aria-valuetext=${`${ms(t)} ms`}
        onInput=${(/** @type {any} */ moved) => cursor.goToTime((moved.target.value / STEPS) * journey.end)} />
    </div>
    <p class="when"><strong>${ms(t)}<small> ms</small></strong><span>${say(TEXTS.event, { n: count(n), all: count(journey.size) })}</span></p>
    <label class="pace"><span class="unseen">${say(TEXTS.pace)}</span>
      <select value=${String(pace)} onChange=${(/** @type {any} */ chosen) => cursor.setPace(Number(chosen.target.value))}>
        ${PACES.map((each) => html`<option key=${each} value=${String(each)}>${say(TEXTS.aSecond, { time: duration(each) })}</option>`)}
      </select></label>
  </section>`;
}

/** @param {{label: string, icon: string, act: () => void, main?: boolean}} props */
function Button({ label, icon, act, main }) {
  return html`<button type="button" class=${main ? "icon main" : "icon"} aria-label=${label} title=${label} onClick=${act}>
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d=${icon} /></svg></button>`;
}

/** @param {import("./data.js").Journey} journey @returns {(n: number) => boolean} whether that event is a frame that was sent */
function framesSent(journey) {
  const kind = journey.kinds.findIndex(([layer, what]) => layer === "link" && what === "frame-sent");
  return (n) => journey.columns.kind[n - 1] === kind;
}

/** How much happened when. @param {{journey: import("./data.js").Journey}} props */
function Density({ journey }) {
  const path = useMemo(() => {
    const bars = new Float64Array(BARS);
    for (const t of journey.columns.t) bars[Math.min(BARS - 1, Math.floor((t / (journey.end || 1)) * BARS))]++;
    const most = Math.log1p(Math.max(...bars));
    return [...bars].map((bar, at) => `M${at + 0.5} 20V${(20 - (Math.log1p(bar) / (most || 1)) * 18).toFixed(1)}`).join("");
  }, [journey]);
  return html`<svg class="density" viewBox=${`0 0 ${BARS} 20`} preserveAspectRatio="none" aria-hidden="true"><path d=${path} /></svg>`;
}

/**
 * Space plays and pauses, the arrows step (with Shift from frame to frame), wherever nothing else wants the keys.
 * @param {Report} report @param {(n: number) => boolean} sent
 */
function useKeys(report, sent) {
  useEffect(() => {
    const { cursor } = report;
    const press = (/** @type {KeyboardEvent} */ event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (target.closest("input, select, textarea, button, a, summary, [tabindex='0'], [role='tab']")) return;
      if (event.key === " ") cursor.value.playing ? cursor.pause() : cursor.play();
      else if (event.key === "ArrowRight") cursor.step(1, event.shiftKey ? sent : undefined);
      else if (event.key === "ArrowLeft") cursor.step(-1, event.shiftKey ? sent : undefined);
      else if (event.key === "Home") cursor.go(1);
      else if (event.key === "End") cursor.go(report.journey.size);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [report, sent]);
}

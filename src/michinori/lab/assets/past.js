// @ts-check
// Past journeys: to open again, to put side by side, to hand on, to remove.
import { html, useEffect, useRef, useStore } from "../../report/assets/ui.js";
import { useSay } from "../../report/assets/i18n.js";
import { count, duration } from "../../report/assets/format.js";

/** @typedef {import("./state.js").LabState} LabState */
/** @typedef {import("./api.js").Past} PastJourney */

const TEXTS = {
  title: { ja: "過去の旅", en: "Past journeys" },
  lead: { ja: "開き直す、二つ選んで並べる、同じ旅をコマンドで繰り返す。", en: "Open one again, choose two to compare, or repeat one on the command line." },
  none: { ja: "まだ旅をしていません。", en: "No journey yet." },
  numbers: { ja: "{time} · リクエスト {requests} · フレーム {frames} · 破棄 {dropped} · 再送 {resent} · DNSの問合せ {queries}", en: "{time} · {requests} requests · {frames} frames · {dropped} dropped · {resent} retransmitted · {queries} DNS queries" },
  failed: { ja: "到着できず", en: "did not arrive" },
  open: { ja: "旅 {id} を開く: {text}", en: "Open journey {id}: {text}" },
  file: { ja: "報告を保存", en: "Save the report" },
  remove: { ja: "旅 {id} を消す", en: "Remove journey {id}" },
  removed: { ja: "旅 {id} を消しました。", en: "Journey {id} was removed." },
  restore: { ja: "元に戻す", en: "Undo" },
};

/** @param {{lab: LabState}} props */
export function Past({ lab }) {
  const say = useSay();
  const past = useStore(lab, (state) => state.past);
  const removed = useStore(lab, (state) => state.removed);
  return html`<main id="main" class="wide lab-past"><h2 class="part-title" tabindex="-1">${say(TEXTS.title)}</h2><p class="lead">${say(TEXTS.lead)}</p>
    <div role="status">${removed > 0 && html`<p class="lab-removed">${say(TEXTS.removed, { id: removed })} <${Undo} key=${removed} lab=${lab} /></p>`}</div>
    ${past.length === 0 && !removed && html`<p class="soft">${say(TEXTS.none)}</p>`}
    <ol>${past.map((one) => html`<${Entry} key=${one.id} lab=${lab} one=${one} />`)}</ol></main>`;
}

/** @param {{lab: LabState}} props the way back; the button that was pressed is gone, so it takes the focus */
function Undo({ lab }) {
  const say = useSay();
  const button = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => button.current?.focus(), []);
  return html`<button type="button" class="chip" id="restore" ref=${button} onClick=${() => lab.restore()}>${say(TEXTS.restore)}</button>`;
}

/** @param {{lab: LabState, one: PastJourney}} props */
function Entry({ lab, one }) {
  const say = useSay();
  const { numbers, order } = one;
  const told = {
    time: duration(numbers.virtual_ms * 1e6), requests: count(numbers.requests), frames: count(numbers.frames),
    dropped: count(numbers.dropped), resent: count(numbers.retransmitted), queries: count(numbers.dns_queries),
  };
  return html`<li class="card"><p class="lab-number">${one.id}</p>
    <div><h3><button type="button" class="link" aria-label=${say(TEXTS.open, { id: one.id, text: order.text })} onClick=${() => lab.open(one.id)}>${order.text}</button>
      <span class=${one.failed ? "verdict bad" : "verdict"}>${one.failed ? say(TEXTS.failed) : numbers.status}</span></h3>
    <p class="soft num">${say(TEXTS.numbers, told)}</p><p class="lab-command"><code>${one.command}</code></p></div>
    <p class="lab-acts"><a class="chip" href=${`/api/journeys/${one.id}/report`} download=${`journey-${one.id}.html`}>${say(TEXTS.file)}</a>
      <button type="button" class="icon" aria-label=${say(TEXTS.remove, { id: one.id })} title=${say(TEXTS.remove, { id: one.id })} onClick=${() => lab.forget(one.id)}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18" /></svg></button></p></li>`;
}

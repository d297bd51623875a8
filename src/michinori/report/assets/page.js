// @ts-check
// The page (ページ): the picture, what stands where on it, how it filled in, the tree behind it, and what each response was.
import { html, useMemo, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { count } from "./format.js";
import { answersOf, layoutOf, missingAt, momentsOf } from "./page_data.js";
import { Film } from "./page_film.js";
import { Tree } from "./page_tree.js";
import { Answers } from "./page_answers.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./page_data.js").Box} Box */
/** @typedef {import("./page_data.js").Layout} Layout */
/** @typedef {import("./page_data.js").Answer} Answer */

const TEXTS = {
  picture: { ja: "描かれたページ", en: "The page as it was drawn" },
  none: { ja: "この旅では、ページは描かれていません。", en: "No page was drawn on this journey." },
  boxes: { ja: "箱を示す", en: "Show the boxes" },
  whole: { ja: "できあがりを見る", en: "Show it finished" },
  overlay: { ja: "ページの要素。矢印キーで次の要素へ。", en: "Elements of the page; arrow keys go to the next." },
  choose: { ja: "要素を指すと、ここに出ます。", en: "Point at an element, and it is told here." },
  at: { ja: "位置 {x}, {y}、大きさ {width} × {height} ピクセル", en: "at {x}, {y}, {width} × {height} pixels" },
  request: { ja: "リクエスト #{id} へ", en: "To request #{id}" },
  covered: { ja: "この時刻には、ページを描くのに必要なもの (文書やスタイルシート) がまだ届いていません。", en: "At this moment something was missing without which no page can be drawn (the document or a style sheet)." },
  size: { ja: "{width} × {height} ピクセル、{boxes} 個の要素", en: "{width} × {height} pixels, {boxes} elements" },
};

/** @param {{report: Report}} props */
export function Page({ report }) {
  const say = useSay();
  const { journey } = report;
  const answers = useMemo(() => answersOf(journey), [journey]);
  const layout = useMemo(() => layoutOf(journey), [journey]);
  return html`<div class="page">
    ${report.picture && layout ? html`<${Film} report=${report} answers=${answers} layout=${layout} /><${Picture} report=${report} answers=${answers} layout=${layout} />` : html`<p class="note">${say(TEXTS.none)}</p>`}
    <${Answers} report=${report} answers=${answers} />
    <${Tree} journey=${journey} />
  </div>`;
}

/** @param {{report: Report, answers: Answer[], layout: Layout}} props */
function Picture({ report, answers, layout }) {
  const say = useSay();
  const [chosen, choose] = useState(/** @type {Box | null} */ (null));
  const [boxes, showBoxes] = useState(false);
  const [finished, finish] = useState(false);
  const moments = useMemo(() => momentsOf(report.journey, answers), [report, answers]);
  const n = useStore(report.cursor, (moment) => moments.findLast((each) => each.n <= moment.n)?.n ?? 0);
  const missing = useMemo(() => missingAt(answers, layout, finished ? Infinity : n), [answers, layout, n, finished]);
  const sizes = { width: count(layout.width), height: count(layout.height), boxes: layout.boxes.length };
  return html`<section aria-labelledby="page-picture"><div class="page-head"><h3 id="page-picture">${say(TEXTS.picture)}</h3>
      <button type="button" class="chip" aria-pressed=${boxes ? "true" : "false"} onClick=${() => showBoxes(!boxes)}>${say(TEXTS.boxes)}</button>
      <button type="button" class="chip" aria-pressed=${finished ? "true" : "false"} onClick=${() => finish(!finished)}>${say(TEXTS.whole)}</button>
      <span class="soft">${say(TEXTS.size, sizes)}</span></div>
    <div class="page-frame">
      <div class="page-scroll" tabindex="0" role="group" aria-label=${say(TEXTS.picture)}><div class=${boxes ? "page-sheet boxes" : "page-sheet"} style=${{ aspectRatio: `${layout.width} / ${layout.height}` }}>
        <img src=${report.picture} alt=${say(TEXTS.picture)} />
        <${Overlay} layout=${layout} chosen=${chosen} choose=${choose} />
        ${missing.everything ? html`<p class="page-cover">${say(TEXTS.covered)}</p>` : missing.boxes.map((box, index) => html`<i key=${index} class="page-missing" style=${placeOf(box, layout)}></i>`)}
      </div></div>
      <${Told} report=${report} box=${chosen} />
    </div></section>`;
}

/** @param {Box} box @param {Layout} layout */
function placeOf({ x, y, width, height }, layout) {
  const share = (/** @type {number} */ part, /** @type {number} */ all) => `${(part / all) * 100}%`;
  return { left: share(x, layout.width), top: share(y, layout.height), width: share(width, layout.width), height: share(height, layout.height) };
}

/** @param {{layout: Layout, chosen: Box | null, choose: (box: Box) => void}} props */
function Overlay({ layout, chosen, choose }) {
  const say = useSay();
  const { boxes } = layout;
  const current = chosen ? boxes.indexOf(chosen) : 0;
  const press = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = by && boxes[current + by];
    if (!next) return;
    event.preventDefault();
    const sheet = /** @type {HTMLElement} */ (event.currentTarget);
    choose(next);
    /** @type {HTMLElement} */ (sheet.children[current + by]).focus();
  };
  const drawn = useMemo(() => boxes.map((box, index) => html`<button type="button" key=${index} class="page-box" tabindex=${index === current ? 0 : -1} style=${placeOf(box, layout)}
    aria-label=${`${box.tag} ${box.text}`} aria-current=${box === chosen ? "true" : undefined} onMouseEnter=${() => choose(box)} onFocus=${() => choose(box)}></button>`), [layout, chosen]);
  return html`<div class="page-boxes" role="group" aria-label=${say(TEXTS.overlay)} onKeyDown=${press}>${drawn}</div>`;
}

/** @param {{report: Report, box: Box | null}} props */
function Told({ report, box }) {
  const say = useSay();
  if (!box) return html`<div class="page-told card"><p class="soft">${say(TEXTS.choose)}</p></div>`;
  const asked = report.journey.about.exchanges[box.exchange - 1];
  const where = { x: count(box.x), y: count(box.y), width: count(box.width), height: count(box.height) };
  return html`<div class="page-told card" aria-live="polite"><p><code>${`<${box.tag}>`}</code></p><p>${box.text}</p><p class="soft">${say(TEXTS.at, where)}</p>
    ${box.url && html`<p class="mono">${box.url}</p>`}
    ${asked && html`<p><button type="button" class="chip" onClick=${() => report.show("waterfall", asked.event)}>${say(TEXTS.request, { id: asked.id })}</button></p>`}</div>`;
}

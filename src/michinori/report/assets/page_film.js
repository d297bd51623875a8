// @ts-check
// The film strip: the page at the moments at which its parts arrived, painted from what had come by then; where no such
// paintings were kept, the finished picture with what was missing covered, and it says so.
import { html, useEffect, useMemo, useRef, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { ms, pathOf } from "./format.js";
import { missingAt, stripOf } from "./page_data.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./page_data.js").Answer} Answer */
/** @typedef {import("./page_data.js").Layout} Layout */
/** @typedef {import("./page_data.js").Moment} Moment */

const TEXTS = {
  film: { ja: "届いた順に", en: "As its parts came" },
  truth: {
    ja: "このブラウザ自身が、その時刻までに届いたものだけから小さく描いた絵です。ページは、すべてが届いてから一度だけ描かれます (最後の絵)。",
    en: "Each was painted small by this browser itself from what had come by then. The page is drawn once, when everything has come: the last picture.",
  },
  masked: {
    ja: "このブラウザは、すべてが届いてから一度だけ描きます。そこで、できあがった絵から、その時刻に届いていなかった画像を伏せています (スタイルシートの背景画像は伏せられません)。",
    en: "This browser draws once, when everything has come. So what is shown is the finished picture, with the images that had not come covered (those that style sheets put into backgrounds cannot be).",
  },
  more: { ja: "{name} ほか{count}件", en: "{name} and {count} more" },
  painted: { ja: "描画", en: "drawn" },
  at: { ja: "{name} が届いた {time} ms へ", en: "To {time} ms, when {name} had come" },
};
const MOST = 24;
const WIDTH = 264, MOST_HEIGHT = 384, FINENESS = 2; // pixels, two for each that they are shown on
const COVER = "#bdb8ac";

/** @param {{report: Report, answers: Answer[], layout: Layout}} props */
export function Film({ report, answers, layout }) {
  const say = useSay();
  const image = useImage(report.picture);
  const moments = useMemo(() => few(stripOf(report.journey, answers)), [report, answers]);
  const painted = moments.some(({ jpeg }) => jpeg);
  const current = useStore(report.cursor, (moment) => moments.findLast((each) => each.n <= moment.n)?.n ?? 0);
  if (moments.length < 2) return null; // an own page of the browser, say about an error: nothing came bit by bit
  return html`<section aria-labelledby="page-film"><h3 id="page-film">${say(TEXTS.film)}</h3><p class="soft page-truth">${say(painted ? TEXTS.truth : TEXTS.masked)}</p>
    <ol class="page-film">${moments.map((moment) => {
      const names = moment.came.map(shortly);
      const name = !moment.exchange ? say(TEXTS.painted) : names.length > 1 ? say(TEXTS.more, { name: names[names.length - 1], count: names.length - 1 }) : names[0];
      return html`<li key=${moment.n}><button type="button" aria-current=${moment.n === current ? "true" : undefined} data-n=${moment.n} aria-label=${say(TEXTS.at, { name, time: ms(moment.t) })} onClick=${() => report.go(moment.n)}>
        ${moment.jpeg ? html`<${Shot} jpeg=${moment.jpeg} layout=${layout} />` : html`<${Thumb} image=${image} answers=${answers} layout=${layout} moment=${moment} />`}
        <span class="page-film-name" title=${names.join(", ")}>${name}</span><span class="num soft">${ms(moment.t)} ms</span></button></li>`;
    })}</ol></section>`;
}

/** @template T @param {T[]} moments @returns {T[]} at most so many, the first and the last among them */
function few(moments) {
  if (moments.length <= MOST) return moments;
  return Array.from({ length: MOST }, (_, index) => moments[Math.round((index * (moments.length - 1)) / (MOST - 1))]);
}

/** How tall a picture of the strip is, in its own pixels: a short page is not followed by anything. @param {Layout} layout */
const heightOf = ({ width, height }) => Math.min(Math.round((height * WIDTH) / width), MOST_HEIGHT);

/** @param {Layout} layout */
const styleOf = (layout) => ({ height: `${heightOf(layout) / FINENESS}px` });

/** @param {{jpeg: Uint8Array<ArrayBuffer>, layout: Layout}} props */
function Shot({ jpeg, layout }) {
  const [url, setUrl] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([jpeg], { type: "image/jpeg" }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [jpeg]);
  return html`<span class="page-shot" style=${styleOf(layout)}>${url && html`<img src=${url} alt="" />`}</span>`;
}

/** @param {string} url */
function shortly(url) {
  return pathOf(url).split("/").filter(Boolean).pop() ?? "/";
}

/** @param {string} url @returns {HTMLImageElement | null} once it can be drawn */
function useImage(url) {
  const [image, loaded] = useState(/** @type {HTMLImageElement | null} */ (null));
  useEffect(() => {
    const element = new Image();
    element.onload = () => loaded(element);
    element.src = url;
  }, [url]);
  return image;
}

/** @param {{image: HTMLImageElement | null, answers: Answer[], layout: Layout, moment: Moment}} props */
function Thumb({ image, answers, layout, moment }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !image) return;
    const scale = WIDTH / layout.width, seen = Math.min(layout.height, MOST_HEIGHT / scale);
    const missing = missingAt(answers, layout, moment.n);
    context.clearRect(0, 0, WIDTH, MOST_HEIGHT);
    if (missing.everything) return;
    context.fillStyle = COVER;
    context.drawImage(image, 0, 0, image.naturalWidth, (seen / layout.height) * image.naturalHeight, 0, 0, WIDTH, seen * scale);
    for (const { x, y, width, height } of missing.boxes) context.fillRect(x * scale, y * scale, width * scale, height * scale);
  }, [image, moment]);
  return html`<canvas ref=${canvas} width=${WIDTH} height=${heightOf(layout)} style=${styleOf(layout)} aria-hidden="true"></canvas>`;
}

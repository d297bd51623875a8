// @ts-check
// The film strip: the page at the moments at which its parts arrived.
import { html, useEffect, useMemo, useRef, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { ms, pathOf } from "./format.js";
import { missingAt, momentsOf } from "./page_data.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./page_data.js").Answer} Answer */
/** @typedef {import("./page_data.js").Layout} Layout */
/** @typedef {import("./page_data.js").Moment} Moment */

const TEXTS = {
  film: { ja: "届いた順に", en: "As its parts came" },
  truth: {
    ja: "このブラウザは、すべてが届いてから一度だけ描きます。そこで、できあがった絵から、その時刻に届いていなかった画像を伏せています (スタイルシートの背景画像は伏せられません)。",
    en: "This browser draws once, when everything has come. So what is shown is the finished picture, with the images that had not come covered (those that style sheets put into backgrounds cannot be).",
  },
  painted: { ja: "描画", en: "drawn" },
  at: { ja: "{name} が届いた {time} ms へ", en: "To {time} ms, when {name} had come" },
};
const MOST = 24;
const WIDTH = 264, HEIGHT = 384; // twice as fine as it is shown
const COVER = "#bdb8ac";

/** @param {{report: Report, answers: Answer[], layout: Layout}} props */
export function Film({ report, answers, layout }) {
  const say = useSay();
  const image = useImage(report.picture);
  const moments = useMemo(() => few(momentsOf(report.journey, answers)), [report, answers]);
  const current = useStore(report.cursor, (moment) => moments.findLast((each) => each.n <= moment.n)?.n ?? 0);
  return html`<section aria-labelledby="page-film"><h3 id="page-film">${say(TEXTS.film)}</h3><p class="soft page-truth">${say(TEXTS.truth)}</p>
    <ol class="page-film">${moments.map((moment) => {
      const name = moment.exchange ? shortly(moment.name) : say(TEXTS.painted);
      return html`<li key=${moment.n}><button type="button" aria-current=${moment.n === current ? "true" : undefined} data-n=${moment.n} aria-label=${say(TEXTS.at, { name, time: ms(moment.t) })} onClick=${() => report.go(moment.n)}>
        <${Thumb} image=${image} answers=${answers} layout=${layout} moment=${moment} />
        <span class="page-film-name">${name}</span><span class="num soft">${ms(moment.t)} ms</span></button></li>`;
    })}</ol></section>`;
}

/** @param {Moment[]} moments @returns {Moment[]} at most so many, the first and the last among them */
function few(moments) {
  if (moments.length <= MOST) return moments;
  return Array.from({ length: MOST }, (_, index) => moments[Math.round((index * (moments.length - 1)) / (MOST - 1))]);
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
    const scale = WIDTH / layout.width, seen = Math.min(layout.height, HEIGHT / scale);
    const missing = missingAt(answers, layout, moment.n);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    if (missing.everything) return;
    context.fillStyle = COVER;
    context.drawImage(image, 0, 0, image.naturalWidth, (seen / layout.height) * image.naturalHeight, 0, 0, WIDTH, seen * scale);
    for (const { x, y, width, height } of missing.boxes) context.fillRect(x * scale, y * scale, width * scale, height * scale);
  }, [image, moment]);
  return html`<canvas ref=${canvas} width=${WIDTH} height=${HEIGHT} aria-hidden="true"></canvas>`;
}

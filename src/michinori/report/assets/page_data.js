// @ts-check
// The page as it came together: what each response was, when each arrived, where each stands on the picture.
import { requestsOf } from "./requests.js";

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./requests.js").Asked} Asked */
/** @typedef {{tag: string, x: number, y: number, width: number, height: number, text: string, url: string, exchange: number}} Box `exchange`: the request whose response stands there, 0 if none */
/** @typedef {{width: number, height: number, boxes: Box[], n: number}} Layout the event that laid it out */
/** @typedef {{n: number, t: number, name: string, exchange: number}} Moment something arrived */
/** @typedef {{tag: string, text: string, attributes: [string, string][], children: TreeNode[]}} TreeNode `text` of what is no element */
/**
 * @typedef {object} Answer a response as the browser took it
 * @property {Asked} asked
 * @property {{n: number, coding: string, from: number, to: number} | null} coded octets before and after the content codings were undone
 * @property {{n: number, type: string, header_type: string, differs: boolean, rule: string} | null} sniffed
 * @property {{n: number, charset: string, how: string} | null} decoded
 */

/** @param {Journey} journey @returns {Answer[]} in the order of the requests */
export function answersOf(journey) {
  return requestsOf(journey).map((asked) => ({
    asked, coded: codedBefore(journey, asked), sniffed: effectOf(journey, asked.n, "sniffed"), decoded: effectOf(journey, asked.n, "decoded"),
  }));
}

/** @param {Journey} journey @param {number} n @param {string} what @returns {any} what the browser found out about it */
function effectOf(journey, n, what) {
  for (const effect of journey.effects(n)) {
    const [layer, happened] = journey.kinds[journey.columns.kind[effect - 1]];
    if (layer === "browser" && happened === what) return { n: effect, ...journey.dataOf(effect) };
  }
  return null;
}

/** @param {Journey} journey @param {Asked} asked */
function codedBefore(journey, { id, n }) {
  const { kind, exchange } = journey.columns;
  for (let row = n - 1; row >= 0; row--) {
    if (exchange[row] !== id || journey.kinds[kind[row]][1] !== "content-decoded") continue;
    return /** @type {any} */ ({ n: row + 1, ...journey.dataOf(row + 1) });
  }
  return null;
}

/** @param {Journey} journey @returns {Layout | null} null if nothing was laid out */
export function layoutOf(journey) {
  const n = lastOf(journey, "laid-out");
  if (!n) return null;
  const { width, height, boxes } = journey.dataOf(n);
  const exchanges = new Map(journey.about.exchanges.map((one) => [withoutFragment(one.url), one.id]));
  const found = boxes.map((/** @type {any[]} */ [tag, x, y, w, h, text, url]) => {
    const absolute = url ? resolved(url, journey.about.final_url) : "";
    return { tag, x, y, width: w, height: h, text, url: absolute, exchange: tag === "a" ? 0 : exchanges.get(withoutFragment(absolute)) ?? 0 };
  });
  return { width, height, boxes: found, n };
}

/** @param {Journey} journey @param {string} what @returns {number} the last such event of the browser, 0 if there is none */
function lastOf(journey, what) {
  const kind = journey.kinds.findIndex(([layer, happened]) => layer === "browser" && happened === what);
  return kind < 0 ? 0 : journey.columns.kind.lastIndexOf(kind) + 1;
}

/** @param {string} url @param {string} base */
function resolved(url, base) {
  try {
    return new URL(url, base).href;
  } catch {
    return url;
  }
}

/** @param {string} url */
function withoutFragment(url) {
  return url.replace(/#.*/, "");
}

/**
 * The strip: the paintings there are, each with what had come since the one before, and at last the finished picture.
 * @param {Journey} journey @param {Answer[]} answers
 * @returns {(Moment & {jpeg: Uint8Array<ArrayBuffer> | null, came: string[]})[]}
 */
export function stripOf(journey, answers) {
  const moments = momentsOf(journey, answers);
  const film = journey.film();
  if (!film.length) return moments.map((moment) => ({ ...moment, jpeg: null, came: [moment.name] }));
  const shown = moments.filter(({ n, exchange }) => !exchange || film.some((shot) => shot.n === n));
  return shown.map((moment, index) => ({
    ...moment,
    jpeg: film.find((shot) => shot.n === moment.n)?.jpeg ?? null,
    came: moments.filter(({ n, exchange }) => exchange && n <= moment.n && n > (shown[index - 1]?.n ?? 0)).map(({ name }) => name),
  }));
}

/** @param {Journey} journey @param {Answer[]} answers @returns {Moment[]} when each response was whole, and last the painting */
export function momentsOf(journey, answers) {
  const { t } = journey.columns;
  const came = answers.filter(({ asked }) => asked.data.status).map(({ asked }) => ({ n: asked.n, t: asked.to, name: asked.data.url, exchange: asked.id }));
  came.sort((one, other) => one.n - other.n);
  const painted = lastOf(journey, "painted");
  return painted ? [...came, { n: painted, t: t[painted - 1], name: "", exchange: 0 }] : came;
}

/**
 * What could not have been drawn yet at an event: everything, as long as the document or a style sheet was on its way, or
 * else the images that were.
 * @param {Answer[]} answers @param {Layout} layout @param {number} n
 * @returns {{everything: boolean, boxes: Box[]}}
 */
export function missingAt(answers, layout, n) {
  const pending = answers.filter(({ asked }) => asked.n > n);
  const everything = pending.some(({ asked }) => asked.data.kind === "document" || asked.data.kind === "stylesheet");
  const waiting = new Set(pending.map(({ asked }) => asked.id));
  return { everything, boxes: layout.boxes.filter((box) => waiting.has(box.exchange)) };
}

/** @param {[number, string, any][]} nodes depth first @returns {TreeNode[]} */
export function treeOf(nodes) {
  /** @type {TreeNode[]} */
  const roots = [];
  /** @type {TreeNode[]} */
  const open = [];
  for (const [depth, tag, rest] of nodes) {
    const own = tag.startsWith("#");
    const node = { tag, text: own ? rest : "", attributes: own ? [] : rest, children: [] };
    (depth ? open[depth - 1].children : roots).push(node);
    open.length = depth;
    open[depth] = node;
  }
  return roots;
}

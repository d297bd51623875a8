// @ts-check
// Nearer and farther on the map, by wheel, pinch, buttons and keys; dragging moves along. What was under the hand stays there.
import { html, useLayoutEffect, useRef, useState } from "./ui.js";
import { useSay } from "./i18n.js";

/** @typedef {{x: number, y: number}} Point in the box that is looked into */
/** @typedef {{zoom: number, by: (factor: number, at?: Point) => void, reset: () => void}} Zoom */

const TEXTS = {
  zoom: { ja: "地図の拡大と縮小", en: "Zoom of the map" },
  nearer: { ja: "拡大 (+)", en: "Nearer (+)" },
  farther: { ja: "縮小 (−)", en: "Farther (−)" },
  reset: { ja: "もとの大きさに戻す (0): 今は {zoom} %", en: "Back to its own size (0); now {zoom} %" },
};
const LEAST = 0.2, MOST = 4, STEP = 1.3;
/** Of a wheel that counts in pixels: a notch of 100 is a step. */
const A_PIXEL = Math.log(STEP) / 100, PIXELS_A_LINE = 33;

/**
 * @param {import("preact").RefObject<HTMLElement>} box what is looked into, which scrolls
 * @returns {Zoom}
 */
export function useZoom(box) {
  const [zoom, setZoom] = useState(1);
  const state = useRef({ zoom: 1, ratio: 1, at: /** @type {Point | null} */ (null), left: 0, top: 0 }).current;
  const by = (/** @type {number} */ factor, at = middleOf(box.current)) => {
    const to = Math.min(Math.max(state.zoom * factor, LEAST), MOST), element = box.current;
    if (!element || to === state.zoom) return;
    Object.assign(state, { ratio: to / state.zoom, zoom: to, at, left: element.scrollLeft, top: element.scrollTop });
    setZoom(to);
  };
  useLayoutEffect(() => {
    const { at, ratio, left, top } = state;
    if (at) box.current?.scrollTo((left + at.x) * ratio - at.x, (top + at.y) * ratio - at.y);
    state.at = null;
  }, [zoom]);
  const found = { zoom, by, reset: () => by(1 / state.zoom) };
  const latest = useRef(found);
  latest.current = found;
  useLayoutEffect(() => (box.current ? listen(box.current, latest) : undefined), []);
  return found;
}

/** @param {HTMLElement | null} element @returns {Point} */
const middleOf = (element) => ({ x: (element?.clientWidth ?? 0) / 2, y: (element?.clientHeight ?? 0) / 2 });

/** @param {HTMLElement} box @param {{x: number, y: number}} client @returns {Point} */
function inside(box, { x, y }) {
  const edge = box.getBoundingClientRect();
  return { x: x - edge.left, y: y - edge.top };
}

/** @param {HTMLElement} box @param {{current: Zoom}} latest @returns {() => void} */
function listen(box, latest) {
  const ends = new AbortController(), until = { signal: ends.signal };
  /** A pinch on a touch pad comes as a wheel with Ctrl; without it the page scrolls on. */
  box.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    latest.current.by(Math.exp(-event.deltaY * A_PIXEL * (event.deltaMode ? PIXELS_A_LINE : 1)), inside(box, event));
  }, { ...until, passive: false });
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") latest.current.by(STEP);
    else if (event.key === "-") latest.current.by(1 / STEP);
    else if (event.key === "0") latest.current.reset();
    else return;
    event.preventDefault();
  }, until);
  pinch(box, latest, until);
  drag(box, until);
  return () => ends.abort();
}

/** Two fingers; one moves along, as everywhere. @param {HTMLElement} box @param {{current: Zoom}} latest @param {{signal: AbortSignal}} until */
function pinch(box, latest, until) {
  let apart = 0;
  const between = (/** @type {TouchList} */ [one, other]) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  box.addEventListener("touchstart", (event) => {
    apart = event.touches.length === 2 ? between(event.touches) : 0;
  }, { ...until, passive: true });
  box.addEventListener("touchmove", (event) => {
    if (event.touches.length !== 2 || !apart) return;
    event.preventDefault();
    const now = between(event.touches), [one, other] = event.touches;
    latest.current.by(now / apart, inside(box, { x: (one.clientX + other.clientX) / 2, y: (one.clientY + other.clientY) / 2 }));
    apart = now;
  }, { ...until, passive: false });
}

/** With the mouse, by what is no button. @param {HTMLElement} box @param {{signal: AbortSignal}} until */
function drag(box, until) {
  /** @type {{x: number, y: number} | null} */
  let last = null;
  box.addEventListener("pointerdown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.pointerType !== "mouse" || event.button !== 0 || target.closest("button, [data-touch]")) return;
    last = event;
    box.setPointerCapture(event.pointerId);
  }, until);
  box.addEventListener("pointermove", (event) => {
    if (!last) return;
    box.scrollBy(last.x - event.x, last.y - event.y);
    last = event;
  }, until);
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) box.addEventListener(end, () => { last = null; }, until);
}

/** @param {{zoom: Zoom}} props */
export function ZoomButtons({ zoom }) {
  const say = useSay();
  const percent = Math.round(zoom.zoom * 100);
  return html`<div class="map-zoom" role="group" aria-label=${say(TEXTS.zoom)}>
    <button type="button" class="icon" aria-label=${say(TEXTS.farther)} disabled=${zoom.zoom <= LEAST} onClick=${() => zoom.by(1 / STEP)}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 12h12" /></svg></button>
    <button type="button" class="chip" aria-label=${say(TEXTS.reset, { zoom: percent })} onClick=${zoom.reset}>${percent} %</button>
    <button type="button" class="icon" aria-label=${say(TEXTS.nearer)} disabled=${zoom.zoom >= MOST} onClick=${() => zoom.by(STEP)}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 12h12M12 6v12" /></svg></button></div>`;
}

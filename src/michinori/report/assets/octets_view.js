// @ts-check
// The octets of a frame, in hexadecimal and as characters. One is chosen by pointing or by the arrow keys.
import { html, useEffect, useRef } from "./ui.js";
import { useSay } from "./i18n.js";

const TEXTS = {
  octets: { ja: "オクテット (矢印キーで移動)", en: "Octets (arrow keys move)" },
  octet: { ja: "位置 {at}: {value}", en: "offset {at}: {value}" },
  ahead: { ja: "フレームの前: {value}", en: "in front of the frame: {value}" },
  hidden: { ja: "伏せてあります", en: "hidden" },
};
const KEYS = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -2, ArrowDown: 2, Home: -3, End: 3 });

/** So many octets stand in front of the frame: preamble and SFD. */
const AHEAD = 8;

/**
 * @param {{octets: Uint8Array, wide: number, chosen: number, lit: {from: number, to: number} | null, kinds: string[], hidden: Set<number>,
 *   choose: (octet: number) => void, point: (octet: number | null) => void}} props `chosen`: the octet of the arrow keys; `kinds`: the tint of each
 */
export function Octets({ octets, wide, chosen, lit, kinds, hidden, choose, point }) {
  const say = useSay();
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => showLit(box.current), [lit?.from, lit?.to, octets]);
  const rows = [];
  for (let at = 0; at < octets.length; at += wide) rows.push(at);
  const move = (/** @type {KeyboardEvent} */ event) => {
    const by = KEYS[event.key];
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const to = by === -3 ? 0 : by === 3 ? octets.length - 1 : chosen + (Math.abs(by) === 2 ? (by / 2) * wide : by);
    if (to >= 0 && to < octets.length) choose(to);
  };
  const at = (/** @type {Event} */ event) => {
    const cell = /** @type {HTMLElement} */ (event.target).closest("[data-at]");
    return cell ? Number(/** @type {HTMLElement} */ (cell).dataset.at) : null;
  };
  return html`<div class="octets" ref=${box} role="listbox" tabindex="0" aria-label=${say(TEXTS.octets)} aria-activedescendant=${"octet-" + chosen}
      onKeyDown=${move} onMouseMove=${(/** @type {MouseEvent} */ event) => { if (moved(event)) point(at(event)); }} onMouseLeave=${() => point(null)}
      onClick=${(/** @type {Event} */ event) => { const found = at(event); if (found !== null) choose(found); }}>
    ${rows.map((row) => html`<div class="octets-row" role="presentation" key=${row}>
      <span class="octets-at" aria-hidden="true">${row < AHEAD ? "" : (row - AHEAD).toString(16).padStart(4, "0")}</span>
      <span class="octets-hex" role="presentation">${Array.from(octets.subarray(row, row + wide), (octet, index) => {
        const here = row + index, on = lit && here >= lit.from && here < lit.to;
        const shown = hidden.has(here) ? "··" : octet.toString(16).padStart(2, "0");
        return html`<span role="option" key=${here} id=${"octet-" + here} data-at=${here} class=${`o tint-${kinds[here]}${on ? " lit" : ""}${here === chosen ? " at" : ""}`}
          aria-selected=${on ? "true" : "false"} aria-label=${say(here < AHEAD ? TEXTS.ahead : TEXTS.octet, { at: here - AHEAD, value: hidden.has(here) ? say(TEXTS.hidden) : shown })}>${shown}</span>`;
      })}</span>
      <span class="octets-text" aria-hidden="true">${Array.from(octets.subarray(row, row + wide), (octet, index) => {
        const here = row + index, on = lit && here >= lit.from && here < lit.to;
        const plain = octet >= 0x20 && octet < 0x7f && !hidden.has(here);
        return html`<span key=${here} data-at=${here} class=${on ? "c lit" : "c"}>${plain ? String.fromCharCode(octet) : "·"}</span>`;
      })}</span></div>`)}
  </div>`;
}

let last = { x: -1, y: -1 };

/** Whether the pointer itself moved: when the page scrolls under a pointer at rest, that is no pointing. @param {MouseEvent} event */
export function moved(event) {
  const before = last;
  last = { x: event.clientX, y: event.clientY };
  return before.x !== last.x || before.y !== last.y;
}

/** Brings the first lit octet into view, inside the box alone. @param {HTMLElement | null} box */
function showLit(box) {
  const first = /** @type {HTMLElement | null} */ (box?.querySelector(".o.lit"));
  if (!box || !first) return;
  const top = first.offsetTop - box.offsetTop;
  if (top < box.scrollTop || top > box.scrollTop + box.clientHeight - 30) box.scrollTop = Math.max(0, top - 30);
}

// @ts-check
// Octets as hexadecimal digits and as text, with a range of them lit up.
import { html } from "./ui.js";
import { VirtualList } from "./virtual_list.js";

const ACROSS = 16;
const ROW = 24;

/** @param {number} octet */
const shown = (octet) => (octet > 32 && octet < 127 ? String.fromCharCode(octet) : octet === 32 ? " " : "·");

/**
 * @param {object} props
 * @param {Uint8Array} props.octets
 * @param {number} props.from of the range, its first octet
 * @param {number} props.to the octet behind its last
 * @param {string} props.label
 * @param {(at: number) => void} [props.choose] what a click on an octet does
 */
export function OctetView({ octets, from, to, label, choose }) {
  const row = (/** @type {number} */ index) => {
    const begin = index * ACROSS, line = octets.subarray(begin, begin + ACROSS);
    const click = choose && ((/** @type {any} */ event) => {
      const at = event.target.dataset.at;
      if (at !== undefined) choose(Number(at));
    });
    return html`<div class="dump-row" onClick=${click}><span class="dump-at">${begin.toString(16).padStart(5, "0")}</span>
      <span class="dump-hex">${Array.from(line, (octet, at) => html`<i key=${at} data-at=${begin + at} class=${lit(begin + at, from, to)}>${octet.toString(16).padStart(2, "0")}</i>`)}</span>
      <span class="dump-text">${Array.from(line, (octet, at) => html`<i key=${at} data-at=${begin + at} class=${lit(begin + at, from, to)}>${shown(octet)}</i>`)}</span></div>`;
  };
  return html`<${VirtualList} className="dump" label=${label} count=${Math.ceil(octets.length / ACROSS)} rowHeight=${ROW} row=${row}
    at=${Math.floor(from / ACROSS)} />`;
}

/** @param {number} at @param {number} from @param {number} to */
function lit(at, from, to) {
  return at >= from && at < to ? "dump-lit" : undefined;
}

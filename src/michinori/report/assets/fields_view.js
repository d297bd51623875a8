// @ts-check
// The layers of a frame and their fields as a tree: arrows move and open; the chosen line tells what it means and shows its bits.
import { html, useEffect, useRef } from "./ui.js";
import { useSay } from "./i18n.js";
import { MASK } from "./explain/hidden.js";
import { tintOf } from "./explain/outline.js";
import { moved } from "./octets_view.js";
import { OSI } from "./stages.js";

/** @typedef {import("./explain/outline.js").Line} Line */

const TEXTS = {
  fields: { ja: "層とフィールド (矢印キーで移動)", en: "Layers and fields (arrow keys move)" },
  quoted: { ja: "引用された{name}", en: "quoted {name}" },
  octets: { ja: "{count} オクテット", en: "{count} octets" },
  octet: { ja: "1 オクテット", en: "1 octet" },
  bits: { ja: "{count} ビット", en: "{count} bits" },
  oneBit: { ja: "1 ビット", en: "1 bit" },
  codes: { ja: "値の意味", en: "Values" },
  at: { ja: "フレームの先頭から {at} オクテットの位置", en: "{at} octets into the frame" },
  before: { ja: "フレームの前", en: "in front of the frame" },
  bit: { ja: "、ビット {bit} から", en: ", bit {bit}" },
  inBits: { ja: "ビット", en: "Bits" },
  cable: { ja: "ケーブル上の順", en: "on the cable" },
  fits: { ja: "正しい", en: "correct" },
  wrong: { ja: "合わない", en: "wrong" },
  short: { ja: "途中で終わっている", en: "cut short" },
  read: { ja: "読み方", en: "How to read it" },
};

/**
 * @param {{lines: Line[], chosen: string, open: Set<string>, octets: Uint8Array, hides: (key: string) => boolean,
 *   choose: (line: Line) => void, toggle: (line: Line, open: boolean) => void, point: (line: Line | null) => void}} props
 */
export function Fields({ lines, chosen, open, octets, hides, choose, toggle, point }) {
  const say = useSay();
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const shown = visible(lines, open);
  useEffect(() => {
    const focused = box.current?.matches(":focus");
    if (focused) box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const move = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = shown.findIndex((line) => line.id === chosen), line = shown[at];
    const to = target(event.key, shown, at, line, open);
    if (!to) return;
    event.preventDefault();
    if (typeof to === "boolean") toggle(line, open.has(line.id) ? false : true);
    else choose(to);
  };
  return html`<ul class="fields" role="tree" tabindex="0" ref=${box} aria-label=${say(TEXTS.fields)} aria-activedescendant=${"line-" + chosen} onKeyDown=${move}
      onMouseLeave=${() => point(null)}>
    ${shown.map((line) => html`<li key=${line.id} id=${"line-" + line.id} role="treeitem" aria-level=${line.level} aria-selected=${line.id === chosen ? "true" : "false"}
        aria-expanded=${line.opens ? (open.has(line.id) ? "true" : "false") : undefined} class=${`line level-${line.level} ${line.field ? "" : `head tint-${tintOf(line.layer.key)}`}`}
        data-key=${line.field?.key ?? line.layer.key} onMouseMove=${(/** @type {MouseEvent} */ event) => { if (moved(event)) point(line); }}
        onClick=${() => { if (line.opens && (line.id === chosen || !open.has(line.id))) toggle(line, !open.has(line.id)); choose(line); }}>
      <div class="line-text">${line.opens && html`<span class=${open.has(line.id) ? "twist on" : "twist"} aria-hidden="true"></span>`}
        ${line.field ? html`<${Value} line=${line} hides=${hides} />` : html`<${Head} line=${line} />`}</div>
      ${line.id === chosen && html`<${About} line=${line} octets=${octets} hidden=${line.field !== null && hides(line.field.key)} />`}
    </li>`)}
  </ul>`;
}

/** @param {Line[]} lines @param {Set<string>} open */
function visible(lines, open) {
  const hidden = new Set();
  return lines.filter((line) => {
    const out = line.parent !== "" && (hidden.has(line.parent) || !open.has(line.parent));
    if (out) hidden.add(line.id);
    return !out;
  });
}

/** @param {string} key @param {Line[]} shown @param {number} at @param {Line} line @param {Set<string>} open @returns {Line | boolean | undefined} where to go; true to open or close */
function target(key, shown, at, line, open) {
  if (key === "ArrowDown") return shown[at + 1];
  if (key === "ArrowUp") return shown[at - 1];
  if (key === "Home") return shown[0];
  if (key === "End") return shown[shown.length - 1];
  if (key === "Enter" || key === " ") return line.opens;
  if (key === "ArrowRight") return line.opens && !open.has(line.id) ? true : line.opens ? shown[at + 1] : undefined;
  if (key === "ArrowLeft") return line.opens && open.has(line.id) ? true : shown.find((one) => one.id === line.parent);
  return undefined;
}

/** @param {{line: Line}} props */
function Head({ line }) {
  const say = useSay();
  const { layer } = line;
  const name = say(layer.label), osi = layer.key === "data" ? undefined : OSI[layer.osi - 1]; // whose data it is, it does not say
  return html`<strong>${layer.quoted ? say(TEXTS.quoted, { name }) : name}</strong>
    ${osi && html`<small class="soft" title=${say(osi)}>L${layer.osi}</small>`} <small class="soft">${say(TEXTS.octets, { count: layer.load - layer.from })}</small>
    ${layer.short && html`<small class="bad">${say(TEXTS.short)}</small>`}`;
}

/** @param {{line: Line, hides: (key: string) => boolean}} props */
function Value({ line, hides }) {
  const say = useSay();
  const field = /** @type {import("./explain/structures.js").Field} */ (line.field);
  const hidden = hides(field.key);
  return html`<span class="line-name">${say(field.label)}</span>
    <span class="line-value">${hidden ? html`<b class="mask">${MASK}</b>` : field.text}
      ${!hidden && field.note && field.note.ja !== NOTHING && html` <em>${say(field.note)}</em>`}
      ${field.fits !== undefined && html` <i class=${field.fits ? "good" : "bad"}>${say(field.fits ? TEXTS.fits : TEXTS.wrong)}</i>`}</span>`;
}

/** @param {{line: Line, octets: Uint8Array, hidden: boolean}} props */
function About({ line, octets, hidden }) {
  const say = useSay();
  const told = line.field ?? line.layer;
  const octet = line.bit >> 3;
  const place = octet < 8 ? say(TEXTS.before) : say(TEXTS.at, { at: octet - 8 });
  const size = line.bits === 1 ? say(TEXTS.oneBit) : line.bits % 8 ? say(TEXTS.bits, { count: line.bits })
    : line.bits === 8 ? say(TEXTS.octet) : say(TEXTS.octets, { count: line.bits / 8 });
  return html`<div class="about"><p>${say(told.meaning)}</p>
    ${line.field?.read && html`<p><span class="soft">${say(TEXTS.read)}:</span> ${say(line.field.read)}</p>`}
    ${line.field?.codes && html`<p class="codes"><span class="soft">${say(TEXTS.codes)}:</span> ${codesOf(line.field).map(([value, meaning]) => html`<span key=${value}
      class=${!hidden && meaning === line.field?.note ? "code on" : "code"}><b>${value}</b> ${say(meaning)}</span>`)}</p>`}
    <p class="about-row"><span>${place}${line.bit % 8 ? say(TEXTS.bit, { bit: line.bit % 8 }) : ""} · ${size}</span>
      ${told.source !== "—" && html`<span class="source">${told.source}</span>`}</p>
    ${line.field && !hidden && line.bits <= 64 && html`<${Bits} line=${line} octets=${octets} />`}
  </div>`;
}

const MOST_CODES = 14;
/** What a bit that is not set stands for. */
const NOTHING = "—";

/** What the values of a field stand for, as they are written. @param {import("./explain/structures.js").Field} field @returns {[string, import("./i18n.js").Texts][]} */
function codesOf(field) {
  return Object.entries(field.codes ?? {}).filter(([, meaning]) => meaning.ja !== NOTHING).slice(0, MOST_CODES).map(([value, meaning]) => [
    field.text.startsWith("0x") ? `0x${Number(value).toString(16).padStart(Math.ceil(field.bits / 4), "0")}` : value, meaning,
  ]);
}

/** The bits of the octets that hold a field, its own lit. @param {{line: Line, octets: Uint8Array}} props */
function Bits({ line, octets }) {
  const say = useSay();
  const from = line.bit >> 3, to = Math.ceil((line.bit + line.bits) / 8);
  const cable = line.layer.key === "phy";
  return html`<p class="bits"><span class="soft">${say(TEXTS.inBits)}${cable ? ` (${say(TEXTS.cable)})` : ""}</span>
    ${Array.from(octets.subarray(from, to), (octet, index) => html`<span class="bits-octet" key=${index}>${Array.from({ length: 8 }, (_, bit) => {
      const at = (from + index) * 8 + bit;
      // A cable carries the lowest bit of an octet first; everything else counts from the highest.
      const value = cable ? (octet >> bit) & 1 : (octet >> (7 - bit)) & 1;
      return html`<b key=${bit} class=${at >= line.bit && at < line.bit + line.bits ? "lit" : ""}>${value}</b>`;
    })}</span>`)}</p>`;
}

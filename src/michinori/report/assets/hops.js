// @ts-check
// One segment or datagram on its way: a column a link, a row a field; what changed from link to link is marked.
import { html, useEffect, useMemo, useRef, useSettled, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { ms } from "./format.js";
import { hopsOf } from "./transfers.js";
import { decodeFrame } from "./explain/decode.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./transfers.js").Hop} Hop */
/** @typedef {import("./explain/decode.js").Layer} Layer */
/** @typedef {import("./explain/structures.js").Field} Field */
/** @typedef {{hop: Hop, number: number, octets: number, fields: Map<string, Field>}} Column */

const TEXTS = {
  table: { ja: "リンクごとのヘッダの値", en: "What the headers hold on each link" },
  field: { ja: "フィールド", en: "Field" },
  lost: { ja: "届かず", en: "did not arrive" },
  dropped: { ja: "破棄: {why}", en: "dropped: {why}" },
  changed: { ja: "前のリンクから変わった値", en: "changed from the link before" },
  frame: { ja: "フレーム長 (FCSを除く)", en: "Frame length (without FCS)" },
  number: { ja: "キャプチャでの番号", en: "Number in the capture" },
};
/** The rows, by the layer and the names that tshark knows too. */
const ROWS = [
  ["eth", ["eth.dst", "eth.src", "eth.type"]],
  ["ip", ["ip.src", "ip.dst", "ip.len", "ip.id", "ip.flags.df", "ip.flags.mf", "ip.frag_offset", "ip.ttl", "ip.proto", "ip.checksum"]],
  ["tcp", ["tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.flags", "tcp.window_size_value", "tcp.checksum"]],
  ["udp", ["udp.srcport", "udp.dstport", "udp.length", "udp.checksum"]],
];

/** @param {{report: Report, n: number}} props `n`: the segment or datagram that was sent */
export function Hops({ report, n }) {
  const say = useSay();
  const { journey, cursor } = report;
  const columns = useMemo(() => hopsOf(journey, n).map((hop) => columnOf(journey, hop)), [journey, n]);
  const current = useStore(cursor, (moment) => linkAt(columns, moment.n));
  const groups = ROWS.map(([layer, keys]) => ({
    layer: String(layer),
    keys: /** @type {string[]} */ (keys).filter((key) => columns.some((column) => column.fields.has(key))),
  })).filter((group) => group.keys.length);
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const settled = useSettled(current);
  useEffect(() => bringIntoView(box.current, settled), [n, settled]);
  return html`<div class="hops scroll" ref=${box} tabindex="0" role="region" aria-label=${say(TEXTS.table)}><table>
    <caption class="unseen">${say(TEXTS.table)}</caption>
    <thead><tr><th scope="col">${say(TEXTS.field)}</th>${columns.map((column, at) => html`<${Head} key=${column.hop.sent} report=${report} column=${column} current=${at === current} />`)}</tr></thead>
    ${groups.map((group) => html`<tbody key=${group.layer} class=${`of-${group.layer}`}>
      ${group.keys.map((key) => html`<${Line} key=${key} name=${key} columns=${columns} current=${current} />`)}</tbody>`)}
    <tbody><tr><th scope="row">${say(TEXTS.frame)}</th>${columns.map((column, at) => html`<td key=${at} data-field="frame.len" data-host=${column.hop.from}
      data-frame=${column.number} class=${at === current ? "now" : undefined}>${column.octets}</td>`)}</tr>
      <tr><th scope="row">${say(TEXTS.number)}</th>${columns.map((column, at) => html`<td key=${at} class=${at === current ? "now" : undefined}>${column.number}</td>`)}</tr></tbody>
  </table></div><p class="legend"><mark>▲</mark> ${say(TEXTS.changed)}</p>`;
}

/** Scrolls sideways, as far as the column of the link is hidden. @param {HTMLElement | null} box @param {number} at */
function bringIntoView(box, at) {
  const heads = box?.querySelectorAll("thead th");
  const head = /** @type {HTMLElement | undefined} */ (heads?.[at + 1]), names = /** @type {HTMLElement | undefined} */ (heads?.[0]);
  if (!box || !head || !names) return;
  const left = head.offsetLeft - names.offsetWidth, right = head.offsetLeft + head.offsetWidth - box.clientWidth;
  if (box.scrollLeft > left || box.scrollLeft < right) box.scrollLeft = box.scrollLeft > left ? left : right;
}

/** @param {{report: Report, column: Column, current: boolean}} props */
function Head({ report, column, current }) {
  const say = useSay();
  const { hop } = column;
  const t = report.journey.columns.t;
  const failed = hop.why ? say(TEXTS.dropped, { why: hop.why }) : hop.received ? "" : say(TEXTS.lost);
  return html`<th scope="col" class=${current ? "now" : undefined}><button type="button" class="link" onClick=${() => report.go(hop.sent)}>
      <b>${hop.from}</b> → <b>${hop.to || "?"}</b></button>
    ${hop.through.length > 0 && html`<small>(${hop.through.join(", ")})</small>`}
    <small>${ms(t[hop.sent - 1])}${hop.received ? ` – ${ms(t[hop.received - 1])}` : ""} ms</small>
    ${failed && html`<small class="warm">${failed}</small>`}</th>`;
}

/** @param {{name: string, columns: Column[], current: number}} props */
function Line({ name, columns, current }) {
  const say = useSay();
  const any = columns.find((column) => column.fields.has(name))?.fields.get(name);
  return html`<tr><th scope="row" title=${any && say(any.meaning)}>${any && say(any.label)}</th>
    ${columns.map((column, at) => {
      const field = column.fields.get(name), before = beforeOf(columns, at)?.fields.get(name);
      const changed = field && before && field.text !== before.text;
      return html`<td key=${at} data-field=${name} data-host=${column.hop.from} data-frame=${column.number}
        class=${[changed ? "changed" : "", at === current ? "now" : ""].join(" ").trim() || undefined}>
        ${changed ? html`<mark title=${say(TEXTS.changed)}>${field.text}</mark>` : (field?.text ?? "")}</td>`;
    })}</tr>`;
}

/** The column of the link before; of fragments the first one of that link. @param {Column[]} columns @param {number} at */
function beforeOf(columns, at) {
  const { depth } = columns[at].hop;
  return columns.find((column) => column.hop.depth === depth - 1);
}

/** @param {Journey} journey @param {Hop} hop @returns {Column} */
function columnOf(journey, hop) {
  const frame = journey.frameOf(hop.sent);
  /** @type {Map<string, Field>} */
  const fields = new Map();
  if (frame) for (const layer of decodeFrame(frame.octets).layers) if (!layer.quoted) gather(layer.fields, fields);
  return { hop, number: frame?.number ?? 0, octets: frame ? frame.octets.length + frame.missing : 0, fields };
}

/** @param {Field[]} found @param {Map<string, Field>} fields */
function gather(found, fields) {
  for (const field of found) {
    fields.set(field.key, field);
    if (field.fields) gather(field.fields, fields);
  }
}

/** @param {Column[]} columns @param {number} n @returns {number} the link that is being crossed at that event, -1 if none */
function linkAt(columns, n) {
  let found = -1;
  columns.forEach((column, at) => {
    if (column.hop.sent <= n) found = at;
  });
  return found;
}

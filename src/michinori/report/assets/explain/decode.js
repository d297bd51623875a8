// Octets to layers to fields, by the tables. Pure: no page, no clock, and nothing in the octets makes it throw.
import { nextKey } from "./carried.js";
import { frameCheckSequence } from "./checksums.js";
import { Cursor, Short } from "./cursor.js";
import { checkSums } from "./guarded.js";
import { readChunks, readMessage } from "./lines.js";
import { makeField, readInto } from "./structures.js";
import { dnsLength } from "./tables/dns.js";
import { trailer } from "./tables/ethernet.js";
import { HEADERS } from "./tables/index.js";

/** @typedef {import("./tables/field.js").Words} Words */
/** @typedef {import("./structures.js").Field} Field */

/**
 * One header, and how far what it wraps reaches.
 * @typedef {object} Layer
 * @property {string} key As in tables/index.js.
 * @property {string} name
 * @property {Words} label
 * @property {Words} unit What the whole is called at this layer.
 * @property {Words} meaning
 * @property {string} source
 * @property {number} osi
 * @property {number} from First octet of the header.
 * @property {number} load First octet behind the header: of what it carries.
 * @property {number} to First octet behind what it carries.
 * @property {boolean} quoted Inside an ICMP error: a packet that went before, mostly not whole.
 * @property {boolean} short The octets ended before the header did.
 * @property {Map<string, any>} values
 * @property {Field[]} fields
 */

export const PREAMBLE = Uint8Array.of(0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5);
const FCS_OCTETS = 4;
const HOP_BY_HOP = 0;
/** What follows in them is a packet that went before. */
const ERRORS = new Set(["icmp", "icmpv6"]);
/** The packet that led to a redirect, in its last option (RFC 4861 section 4.6.3). */
const REDIRECTED = "icmpv6.opt.redirected_packet";

/**
 * A frame as it goes over the cable: preamble and SFD in front, check sequence behind.
 * @param {Uint8Array} frame From the destination address to the padding, as captures hold it.
 * @param {Uint8Array} [fcs] As it was received, where it did not fit.
 */
function onTheWire(frame, fcs = frameCheckSequence(frame)) {
  const wire = new Uint8Array(PREAMBLE.length + frame.length + fcs.length);
  wire.set(PREAMBLE);
  wire.set(frame, PREAMBLE.length);
  wire.set(fcs, PREAMBLE.length + frame.length);
  return wire;
}

/**
 * All layers of a frame. Octets and bits count from the first of the preamble.
 * @param {Uint8Array} frame
 * @param {Uint8Array} [fcs]
 * @param {import("./chunks.js").Piece[]} [chunks] Of a segment that begins inside a chunked body: its pieces, from the segment's first octet of text.
 * @returns {{octets: Uint8Array, layers: Layer[]}}
 */
export function decodeFrame(frame, fcs, chunks) {
  const octets = onTheWire(frame, fcs?.length ? fcs : undefined);
  const end = octets.length - FCS_OCTETS;
  /** @type {Layer[]} */
  const layers = [];
  addLayer(layers, "phy", octets, 0, PREAMBLE.length);
  const eth = addLayer(layers, "eth", octets, PREAMBLE.length, end);
  descend(layers, octets, eth, chunks);
  addTrailer(eth, layers, octets, end);
  return { octets, layers };
}

/**
 * What follows from a layer, down to the last.
 * @param {Layer[]} layers
 * @param {Uint8Array} octets
 * @param {Layer} outer
 * @param {import("./chunks.js").Piece[]} [chunks]
 */
function descend(layers, octets, outer, chunks) {
  let layer = outer;
  while (layer.load < layer.to && !layer.short) {
    const key = chunks && layer.key === "tcp" && !layer.quoted ? "http" : nextKey(layer, octets);
    if (!key) return;
    layer = addLayer(layers, key, octets, layer.load, layer.to, layer, chunks);
  }
}

/**
 * @param {Layer[]} layers
 * @param {string} key
 * @param {Uint8Array} octets
 * @param {number} at
 * @param {number} end
 * @param {Layer} [outer]
 * @param {import("./chunks.js").Piece[]} [chunks]
 */
function addLayer(layers, key, octets, at, end, outer, chunks) {
  const header = /** @type {any} */ (HEADERS)[key];
  const quoted = outer !== undefined && (outer.quoted || ERRORS.has(outer.key));
  /** @type {Layer} */
  const layer = {
    key, name: header.name, label: header.label, unit: header.unit, meaning: header.meaning, source: header.source, osi: header.osi,
    from: at, load: end, to: end, quoted, short: false, values: new Map(), fields: [],
  };
  layers.push(layer);
  if (key === "http") layer.fields = chunks ? readChunks(octets, chunks.map((piece) => ({ ...piece, from: piece.from + at, to: piece.to + at })), at, end) : readMessage(octets, at, end);
  else readHeader(layer, header.fields, octets, outer);
  layer.load = loadOf(layer);
  if (!quoted && !layer.short) checkSums(layer, octets, layers);
  return layer;
}

/**
 * Where what a layer carries begins, if that is one of its own fields.
 * @param {Layer} layer
 */
function loadOf({ key, fields, load, to }) {
  const last = fields.at(-1), inner = last?.fields?.at(-1);
  if (key === "http") return last?.key === "http.body" ? last.bit / 8 : to;
  if (inner?.key === REDIRECTED) return inner.bit / 8;
  return load;
}

/**
 * @param {Layer} layer
 * @param {any[]} specs
 * @param {Uint8Array} octets
 * @param {Layer} [outer]
 */
function readHeader(layer, specs, octets, outer) {
  const { key, from, values } = layer;
  const overStream = key === "dns" && outer?.key === "tcp";
  const cursor = new Cursor(octets, from, layer.to, overStream ? from + 2 : from);
  try {
    readInto(layer.fields, overStream ? [dnsLength, ...specs] : specs, cursor, values);
  } catch (error) {
    if (!(error instanceof Short)) throw error;
    layer.short = true;
  }
  layer.load = Math.min(cursor.at, layer.to);
  // A quoted packet says how long it was, not how much of it is quoted.
  if (!layer.short) layer.to = Math.max(layer.load, Math.min(layer.to, endOf(layer)));
}

/**
 * Where a layer ends by what it says itself.
 * @param {Layer} layer
 */
function endOf({ key, from, load, to, values }) {
  if (key === "ip") return from + values.get("ip.len");
  if (key === "ipv6") return load + (isJumbogram(values) ? Infinity : values.get("ipv6.plen"));
  if (key === "udp") return from + (values.get("udp.length") || Infinity);
  return to;
}

/**
 * Its true length stands in an option of the header behind (RFC 2675 section 2).
 * @param {Map<string, any>} values
 */
const isJumbogram = (values) => values.get("ipv6.plen") === 0 && values.get("ipv6.nxt") === HOP_BY_HOP;

/**
 * Padding and check sequence, which close the frame.
 * @param {Layer} eth
 * @param {Layer[]} layers
 * @param {Uint8Array} octets
 * @param {number} end
 */
function addTrailer(eth, layers, octets, end) {
  const tags = layers.filter((layer) => layer.key === "vlan");
  const inner = layers[layers.indexOf(tags.at(-1) ?? eth) + 1];
  const used = inner === undefined ? (tags.at(-1) ?? eth).load : inner.key === "arp" ? inner.load : inner.to;
  for (const tag of tags) tag.to = used;
  const [padding, fcs] = trailer;
  if (used < end) eth.fields.push(makeField(padding, used * 8, (end - used) * 8, octets.subarray(used, end), eth.values));
  const check = makeField(fcs, end * 8, FCS_OCTETS * 8, octets.subarray(end), eth.values);
  check.fits = frameCheckSequence(octets.subarray(PREAMBLE.length, end)).every((octet, i) => octet === octets[end + i]);
  eth.fields.push(check);
  eth.to = octets.length;
}

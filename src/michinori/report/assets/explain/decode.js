// Octets to layers to fields, by the tables. Pure: no page, no clock, and nothing in the octets makes it throw.
import { frameCheckSequence, onesSum, pseudoSum } from "./checksums.js";
import { Cursor, Short } from "./cursor.js";
import { beginsMessage, readMessage } from "./lines.js";
import { makeField, readInto } from "./structures.js";
import { dnsLength } from "./tables/dns.js";
import { trailer } from "./tables/ethernet.js";
import { HEADERS } from "./tables/index.js";

/** @typedef {import("./tables/field.js").Words} Words */
/** @typedef {import("./structures.js").Field} Field */

/**
 * One header, and how far what it wraps reaches.
 * @typedef {object} Layer
 * @property {string} key eth, arp, ip, icmp, udp, tcp, dns, http, tls, data or phy.
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

/**
 * A frame as it goes over the cable: preamble and SFD in front, check sequence behind.
 * @param {Uint8Array} frame From the destination address to the padding, as captures hold it.
 * @param {Uint8Array} [fcs] As it was received, where it did not fit.
 */
export function onTheWire(frame, fcs = frameCheckSequence(frame)) {
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
 * @returns {{octets: Uint8Array, layers: Layer[]}}
 */
export function decodeFrame(frame, fcs) {
  const octets = onTheWire(frame, fcs?.length ? fcs : undefined);
  const end = octets.length - FCS_OCTETS;
  /** @type {Layer[]} */
  const layers = [];
  addLayer(layers, "phy", octets, 0, PREAMBLE.length);
  const eth = addLayer(layers, "eth", octets, PREAMBLE.length, end);
  descend(layers, octets, eth);
  addTrailer(eth, layers, octets, end);
  return { octets, layers };
}

/**
 * What follows from a layer, down to the last.
 * @param {Layer[]} layers
 * @param {Uint8Array} octets
 * @param {Layer} outer
 */
function descend(layers, octets, outer) {
  let layer = outer;
  while (layer.load < layer.to && !layer.short) {
    const key = nextKey(layer, octets);
    if (!key) return;
    layer = addLayer(layers, key, octets, layer.load, layer.to, layer);
  }
}

const BY_TYPE = new Map([[0x0800, "ip"], [0x0806, "arp"]]);
const BY_PROTOCOL = new Map([[1, "icmp"], [6, "tcp"], [17, "udp"]]);
const DNS_PORT = 53;

/**
 * @param {Layer} layer
 * @param {Uint8Array} octets
 */
function nextKey(layer, octets) {
  const values = layer.values;
  if (layer.key === "eth") return BY_TYPE.get(values.get("eth.type")) ?? "data";
  if (layer.key === "ip") return values.get("ip.frag_offset") ? "data" : (BY_PROTOCOL.get(values.get("ip.proto")) ?? "data");
  if (layer.key === "icmp") return values.get("quotes") ? "ip" : null;
  if (layer.key === "udp") return usesPort(values, "udp", DNS_PORT) ? "dns" : "data";
  if (layer.key === "tcp") return overTcp(layer, octets);
  return null;
}

/**
 * @param {Map<string, any>} values
 * @param {string} protocol
 * @param {number} port
 */
const usesPort = (values, protocol, port) => values.get(`${protocol}.srcport`) === port || values.get(`${protocol}.dstport`) === port;

/**
 * A segment says nothing about what it carries: its first octets do, if a message begins with it.
 * @param {Layer} layer
 * @param {Uint8Array} octets
 */
function overTcp(layer, octets) {
  const { load, to, values } = layer;
  if (usesPort(values, "tcp", DNS_PORT) && to - load > 2) return ((octets[load] << 8) | octets[load + 1]) === to - load - 2 ? "dns" : "data";
  if (beginsMessage(octets, load, to)) return "http";
  if (to - load > 5 && octets[load] >= 20 && octets[load] <= 23 && octets[load + 1] === 3 && octets[load + 2] <= 4) return "tls";
  return "data";
}

/**
 * @param {Layer[]} layers
 * @param {string} key
 * @param {Uint8Array} octets
 * @param {number} at
 * @param {number} end
 * @param {Layer} [outer]
 */
function addLayer(layers, key, octets, at, end, outer) {
  const header = /** @type {any} */ (HEADERS)[key];
  const quoted = outer !== undefined && (outer.quoted || outer.key === "icmp");
  /** @type {Layer} */
  const layer = {
    key, name: header.name, label: header.label, unit: header.unit, meaning: header.meaning, source: header.source, osi: header.osi,
    from: at, load: end, to: end, quoted, short: false, values: new Map(), fields: [],
  };
  layers.push(layer);
  if (key === "http") layer.fields = readMessage(octets, at, end);
  else readHeader(layer, header.fields, octets, outer);
  if (key === "http") layer.load = messageLoad(layer);
  if (!quoted && !layer.short) checkSums(layer, octets, layers);
  return layer;
}

/** @param {Layer} layer */
const messageLoad = (layer) => (layer.fields.at(-1)?.key === "http.body" ? /** @type {Field} */ (layer.fields.at(-1)).bit / 8 : layer.to);

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
  if (key === "ip" && !layer.short) {
    const end = from + values.get("ip.len");
    // A quoted packet says how long it was, not how much of it is quoted.
    layer.to = Math.max(layer.load, Math.min(layer.to, end));
  }
  if (key === "udp" && !layer.short) layer.to = Math.max(layer.load, Math.min(layer.to, from + values.get("udp.length")));
  if (key === "icmp" && !layer.short) values.set("quotes", QUOTING.has(values.get("icmp.type")));
}

/** ICMP errors quote the packet that they are about (RFC 1122 section 3.2.2). */
const QUOTING = new Set([3, 4, 5, 11, 12]);

/**
 * Marks checksums as right or wrong where the whole of what they guard is here.
 * @param {Layer} layer
 * @param {Uint8Array} octets
 * @param {Layer[]} layers
 */
function checkSums(layer, octets, layers) {
  const field = layer.fields.find((one) => one.key === `${layer.key}.checksum`);
  if (!field) return;
  if (layer.key === "ip") field.fits = onesSum(octets.subarray(layer.from, layer.load)) === 0xffff;
  else if (!whole(layers) || (layer.key === "udp" && field.value === 0)) return;
  else if (layer.key === "icmp") field.fits = onesSum(octets.subarray(layer.from, layer.to)) === 0xffff;
  else {
    const ip = /** @type {Layer} */ (layers.findLast((one) => one.key === "ip"));
    const start = pseudoSum(octets.subarray(ip.from, ip.load), ip.values.get("ip.proto"), layer.to - layer.from);
    field.fits = onesSum(octets.subarray(layer.from, layer.to), start) === 0xffff;
  }
}

/**
 * Whether the packet is no fragment.
 * @param {Layer[]} layers
 */
function whole(layers) {
  const ip = layers.findLast((layer) => layer.key === "ip");
  return ip !== undefined && !ip.values.get("ip.flags.mf") && !ip.values.get("ip.frag_offset");
}

/**
 * Padding and check sequence, which close the frame.
 * @param {Layer} eth
 * @param {Layer[]} layers
 * @param {Uint8Array} octets
 * @param {number} end
 */
function addTrailer(eth, layers, octets, end) {
  const inner = layers[layers.indexOf(eth) + 1];
  const used = inner === undefined ? eth.load : inner.key === "arp" ? inner.load : inner.to;
  const [padding, fcs] = trailer;
  if (used < end) eth.fields.push(makeField(padding, used * 8, (end - used) * 8, octets.subarray(used, end), eth.values));
  const check = makeField(fcs, end * 8, FCS_OCTETS * 8, octets.subarray(end), eth.values);
  check.fits = frameCheckSequence(octets.subarray(PREAMBLE.length, end)).every((octet, i) => octet === octets[end + i]);
  eth.fields.push(check);
  eth.to = octets.length;
}

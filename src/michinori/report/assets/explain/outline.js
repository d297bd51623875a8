// @ts-check
// A decoded frame as a list of lines, as the inspector shows it: layers, fields, their parts, with who is under whom.

/** @typedef {import("./decode.js").Layer} Layer */
/** @typedef {import("./structures.js").Field} Field */
/**
 * @typedef {object} Line
 * @property {string} id
 * @property {string} parent Id of the line above it; empty for layers.
 * @property {number} level From 1.
 * @property {Layer} layer
 * @property {Field | null} field Null for the layer itself.
 * @property {number} bit
 * @property {number} bits
 * @property {boolean} opens Whether there are lines under it.
 */

/** What closes a frame stands at its end, as it does on the cable. */
const TRAILING = new Set(["eth.padding", "eth.fcs"]);
const TRAILER = {
  label: { ja: "フレームの末尾", en: "End of the frame" },
  meaning: { ja: "データの後ろに付き、誤りを検出できるようにする。", en: "Behind the data, so that errors can be found." },
  source: "IEEE 802.3 3.1.1",
};

/**
 * @param {Layer[]} layers
 * @returns {Line[]}
 */
export function outline(layers) {
  /** @type {Line[]} */
  const lines = [];
  const eth = layers.find((layer) => layer.key === "eth");
  const closing = eth ? eth.fields.filter((field) => TRAILING.has(field.key)) : [];
  layers.forEach((layer, index) => addLayer(lines, layer, layer.fields.filter((field) => !closing.includes(field)), `l${index}`));
  if (eth && closing.length) {
    const from = closing[0].bit / 8;
    addLayer(lines, { ...eth, ...TRAILER, from, load: eth.to, fields: closing }, closing, `l${layers.length}`);
  }
  return lines;
}

/**
 * @param {Line[]} lines
 * @param {Layer} layer
 * @param {Field[]} fields
 * @param {string} id
 */
function addLayer(lines, layer, fields, id) {
  lines.push({ id, parent: "", level: 1, layer, field: null, bit: layer.from * 8, bits: (layer.to - layer.from) * 8, opens: true });
  addFields(lines, layer, fields, id, 2);
}

/**
 * @param {Line[]} lines
 * @param {Layer} layer
 * @param {Field[]} fields
 * @param {string} parent
 * @param {number} level
 */
function addFields(lines, layer, fields, parent, level) {
  fields.forEach((field, index) => {
    const id = `${parent}-${index}`;
    const inner = field.fields ?? [];
    lines.push({ id, parent, level, layer, field, bit: field.bit, bits: field.bits, opens: inner.length > 0 });
    addFields(lines, layer, inner, id, level + 1);
  });
}

/**
 * The narrowest line that holds an octet: what an octet of the hex view belongs to. Where bits share it, the first of them.
 * @param {Line[]} lines
 * @param {number} octet
 * @returns {Line | undefined}
 */
export function lineAt(lines, octet) {
  /** @type {Line | undefined} */
  let found;
  for (const line of lines) {
    const begins = line.bit >> 3, ends = Math.ceil((line.bit + line.bits) / 8);
    if (octet < begins || octet >= ends) continue;
    // Bits of one octet stand for it together, by the group that they are in, if they are in one.
    if (line.field && line.bits < 8 && found?.field && found.bits === 8) continue;
    if (!found || line.bits < found.bits || (line.level > found.level && line.bits === found.bits && line.field)) found = line;
  }
  return found;
}

/** The colour of each layer, which those of one floor share. @type {Record<string, string>} */
const TINTS = {
  phy: "phy", eth: "eth", vlan: "eth", pad: "eth", fcs: "eth", arp: "ip", ip: "ip", ipv6: "ip", "ipv6.hopopts": "ip", "ipv6.routing": "ip", "ipv6.fraghdr": "ip", "ipv6.dstopts": "ip", ah: "ip", esp: "ip",
  icmp: "l4", icmpv6: "l4", tcp: "l4", udp: "l4", data: "data", load: "data",
};

/** @param {string} key of a layer or a piece */
export const tintOf = (key) => TINTS[key] ?? "l7";

/** The layers that wrap what follows, as pieces of their own; headers that extend one of IPv6 are one piece with it. */
const WRAPS = new Set(["phy", "eth", "vlan", "arp", "ip", "icmp", "ipv6", "icmpv6", "udp", "tcp"]);
const EXTENDS = new Set(["ipv6.hopopts", "ipv6.routing", "ipv6.fraghdr", "ipv6.dstopts", "ah"]);

/**
 * The pieces of a frame from its first bit to its last, for the drawing of the encapsulation: each header, and what is inside all.
 * @param {Layer[]} layers
 * @param {number} size Octets on the wire.
 * @returns {{key: string, layer: Layer | null, octets: number}[]}
 */
export function pieces(layers, size) {
  const outer = layers.filter((layer) => !layer.quoted);
  /** @type {{key: string, layer: Layer | null, octets: number}[]} */
  const found = [];
  for (const layer of outer) {
    const octets = layer.load - layer.from, last = found.at(-1);
    if (EXTENDS.has(layer.key) && last) last.octets += octets;
    else if (WRAPS.has(layer.key)) found.push({ key: layer.key, layer, octets });
  }
  const wraps = outer.filter((layer) => WRAPS.has(layer.key) || EXTENDS.has(layer.key)).at(-1), inner = outer.at(-1);
  if (wraps && wraps.key !== "arp" && wraps.load < wraps.to) {
    found.push({ key: "load", layer: inner === wraps || !inner ? null : inner, octets: wraps.to - wraps.load });
  }
  const eth = outer.find((layer) => layer.key === "eth");
  const padding = eth?.fields.find((field) => field.key === "eth.padding");
  if (padding) found.push({ key: "pad", layer: null, octets: padding.bits / 8 });
  if (eth) found.push({ key: "fcs", layer: null, octets: Math.min(4, size) });
  return found;
}

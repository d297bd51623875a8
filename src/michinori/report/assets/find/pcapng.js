// @ts-check
// The capture of a host, built again from the octets that the report carries: block for block what was written
// (draft-ietf-opsawg-pcapng sections 4.1, 4.2 and 4.3; michinori.trace.pcapng).

import { joined } from "../joined.js";

/** @typedef {import("../data.js").Journey} Journey */

const SECTION = 0x0a0d0d0a, INTERFACE = 1, PACKET = 6;
const OPTIONS = { comment: 1, userApplication: 4, name: 2, description: 3, mac: 6, resolution: 9, fcsLength: 13, flags: 2 };
const INBOUND = 1, OUTBOUND = 2, FCS_OF_4_OCTETS = 4 << 5, CRC_ERROR = 1 << 24;
const ETHERNET = 1;
const utf8 = new TextEncoder();

/** @param {Journey} journey @returns {string[]} the hosts that have a capture */
export function captureHosts(journey) {
  const { frame, host } = journey.columns;
  const found = new Set([journey.about.browser_host]);
  for (let row = 0; row < journey.size; row++) if (frame[row]) found.add(journey.hosts[host[row]]);
  return journey.about.nodes.filter((node) => node.adapters.length || found.has(node.name)).map((node) => node.name);
}

/** @param {Journey} journey @param {string} host @returns {Uint8Array<ArrayBuffer>} */
export function captureOf(journey, host) {
  const parts = [sectionHeader()];
  const adapters = journey.about.nodes.find((node) => node.name === host)?.adapters ?? [];
  for (const { name, mac } of adapters) parts.push(interfaceDescription(name, mac, host));
  const { frame, host: hosts, t } = journey.columns, own = journey.hosts.indexOf(host);
  const index = new Map(adapters.map(({ name }, number) => [name, number]));
  const epoch = BigInt(journey.about.epoch_ns);
  for (let row = 0; row < journey.size; row++) {
    if (hosts[row] !== own || !frame[row]) continue;
    const { interface: name, sent, comment, octets, fcs } = /** @type {import("../data.js").Frame} */ (journey.frameOf(row + 1));
    parts.push(packet(index.get(name) ?? 0, epoch + BigInt(t[row]), octets, sent, fcs, comment));
  }
  return joined(parts);
}

/** @param {number[]} words of 16 bits, the low octet first */
function shorts(...words) {
  return Uint8Array.from(words.flatMap((word) => [word & 255, word >> 8]));
}

/** @param {number} value of 32 bits */
function long(value) {
  return Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
}

/** @param {number} code @param {Uint8Array} value */
function option(code, value) {
  return joined([shorts(code, value.length), value, new Uint8Array(-value.length & 3)]);
}

/** @param {number} kind @param {Uint8Array[]} parts */
function block(kind, parts) {
  const length = long(12 + parts.reduce((sum, part) => sum + part.length, 0));
  return joined([long(kind), length, ...parts, length]);
}

const END_OF_OPTIONS = shorts(0, 0);

function sectionHeader() {
  const unknown = new Uint8Array(8).fill(255); // the length of the section
  return block(SECTION, [long(0x1a2b3c4d), shorts(1, 0), unknown, option(OPTIONS.userApplication, utf8.encode("Michinori")), END_OF_OPTIONS]);
}

/** @param {string} name @param {string} mac @param {string} host */
function interfaceDescription(name, mac, host) {
  const address = Uint8Array.from(mac.split(":"), (octet) => parseInt(octet, 16));
  return block(INTERFACE, [
    shorts(ETHERNET, 0), long(0), option(OPTIONS.name, utf8.encode(name)), option(OPTIONS.description, utf8.encode(`${host}/${name}`)), option(OPTIONS.mac, address),
    option(OPTIONS.resolution, Uint8Array.of(9)), option(OPTIONS.fcsLength, Uint8Array.of(0)), END_OF_OPTIONS,
  ]);
}

/** @param {number} index @param {bigint} date @param {Uint8Array} frame @param {boolean} sent @param {number} fcs that did not fit, 0 if none came @param {string} comment */
function packet(index, date, frame, sent, fcs, comment) {
  const octets = fcs ? joined([frame, long(fcs)]) : frame;
  const flags = (sent ? OUTBOUND : INBOUND) | (fcs ? FCS_OF_4_OCTETS | CRC_ERROR : 0);
  const said = comment ? [option(OPTIONS.comment, utf8.encode(comment))] : [];
  return block(PACKET, [
    long(index), long(Number(date >> 32n)), long(Number(date & 0xffffffffn)), long(octets.length), long(octets.length), octets, new Uint8Array(-octets.length & 3),
    ...said, option(OPTIONS.flags, long(flags)), END_OF_OPTIONS,
  ]);
}

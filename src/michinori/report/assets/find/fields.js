// @ts-check
// What a filter can ask of an event, and of the frame that belongs to it: the names are Wireshark's where it has one.
import { ipv4, mac } from "../explain/display.js";
import { kindOf, sendOf } from "../transfers.js";
import { resentOf } from "../resent.js";

/** @typedef {import("../data.js").Journey} Journey */
/** @typedef {number | string} Value */
/** @typedef {{type: "number" | "text" | "address" | "time", get: (journey: Journey, n: number) => Value[]}} Field all values that an event has for a name */

const IPV4 = 0x0800, ARP = 0x0806, IPV6 = 0x86dd, TCP = 6, UDP = 17, ETHERNET = 14;

/** @typedef {{octets: Uint8Array, ethertype: number, ip: number, protocol: number, transport: number}} Head where the headers of a frame begin, -1 for those that it has not */

/** @param {Journey} journey @param {number} n @returns {Head | null} of the frame of an event */
function headOf(journey, n) {
  const id = journey.columns.octets[n - 1];
  if (!id) return null;
  const octets = journey.heads.subarray(journey.headAt[id - 1], journey.headAt[id]);
  const ethertype = two(octets, 12), ip = ethertype === IPV4 ? ETHERNET : -1;
  const protocol = ip < 0 ? -1 : octets[ip + 9];
  const first = ip >= 0 && (two(octets, ip + 6) & 0x1fff) === 0; // a later fragment has no header of the transport layer
  return { octets, ethertype, ip, protocol, transport: first ? ip + (octets[ip] & 15) * 4 : -1 };
}

/** @param {Uint8Array} octets @param {number} at */
function two(octets, at) {
  return (octets[at] << 8) | octets[at + 1];
}

/** @param {Uint8Array} octets @param {number} at */
function four(octets, at) {
  return two(octets, at) * 65536 + two(octets, at + 2);
}

/** @param {Uint8Array} octets @param {number} at */
const macAt = (octets, at) => mac(octets.subarray(at, at + 6));
/** @param {Uint8Array} octets @param {number} at */
const ipv4At = (octets, at) => ipv4(octets.subarray(at, at + 4));

/** @param {(head: Head) => Value[]} read @returns {Field["get"]} */
function ofFrame(read) {
  return (journey, n) => {
    const head = headOf(journey, n);
    return head ? read(head) : [];
  };
}

/** @param {(octets: Uint8Array, ip: number) => Value[]} read */
const ofIp = (read) => ofFrame(({ octets, ip }) => (ip < 0 ? [] : read(octets, ip)));
/** @param {number} protocol @param {(octets: Uint8Array, at: number) => Value[]} read */
const ofTransport = (protocol, read) => ofFrame((head) => (head.protocol === protocol && head.transport >= 0 ? read(head.octets, head.transport) : []));

/** The ends that an event names: "tcp OWN PEER". @param {string} protocol empty: any @param {(end: string) => Value} part @returns {Field["get"]} */
function ofEnds(protocol, part) {
  return (journey, n) => {
    const [kind, own, peer] = journey.connections[journey.columns.connection[n - 1]].split(" ");
    return peer && (!protocol || kind === protocol) ? [part(own), part(peer)] : [];
  };
}

const portOf = (/** @type {string} */ end) => Number(end.slice(end.lastIndexOf(":") + 1));
const addressOf = (/** @type {string} */ end) => end.slice(0, end.lastIndexOf(":")).replace(/^\[|\]$/g, "");

/** @param {Field["get"]} first @param {Field["get"]} second @returns {Field["get"]} the second where the first has nothing */
const orElse = (first, second) => (journey, n) => {
  const found = first(journey, n);
  return found.length ? found : second(journey, n);
};

/** @param {number} protocol @param {string} name @returns {Field} */
const ports = (protocol, name) => ({ type: "number", get: orElse(ofTransport(protocol, (octets, at) => [two(octets, at), two(octets, at + 2)]), ofEnds(name, portOf)) });
/** @param {number} protocol @param {number} by @returns {Field} */
const port = (protocol, by) => ({ type: "number", get: ofTransport(protocol, (octets, at) => [two(octets, at + by)]) });
/** @param {number} bit @returns {Field} */
const flag = (bit) => ({ type: "number", get: ofTransport(TCP, (octets, at) => [(octets[at + 13] >> bit) & 1]) });
/** @param {(journey: Journey, row: number) => Value | undefined} read @returns {Field["get"]} */
const ofEvent = (read) => (journey, n) => {
  const value = read(journey, n - 1);
  return value === undefined || value === "" ? [] : [value];
};
/** @param {(journey: Journey, row: number) => Value | undefined} read @returns {Field} */
const text = (read) => ({ type: "text", get: ofEvent(read) });
/** @param {(journey: Journey, row: number) => Value | undefined} read @returns {Field} */
const number = (read) => ({ type: "number", get: ofEvent(read) });

/**
 * A number of a segment as Wireshark shows it, counted from the beginning of the connection: what TCP itself told of the
 * segment that left in this frame, or led to it.
 * @param {"rel_seq" | "rel_ack"} name @returns {Field["get"]}
 */
function counted(name) {
  return (journey, n) => {
    const segments = segmentsOf(journey), head = headOf(journey, n);
    if (head ? head.protocol !== TCP || head.transport < 0 : !segments.has(n)) return [];
    const told = sendOf(journey, n, segments);
    if (!told) return [];
    const { seq, [name]: number } = journey.dataOf(told);
    return number === undefined || (head && seq !== four(head.octets, head.transport + 4)) ? [] : [number];
  };
}

/** The events that tell of a segment. @param {Journey} journey @returns {{has: (n: number) => boolean}} */
function segmentsOf(journey) {
  const kinds = ["segment-sent", "segment-received"].map((what) => kindOf(journey, "tcp", what));
  return { has: (n) => kinds.includes(journey.columns.kind[n - 1]) };
}

/** @type {Record<string, Field>} */
export const FIELDS = {
  n: number((_, row) => row + 1),
  t: { type: "time", get: ofEvent((journey, row) => journey.columns.t[row]) },
  host: text((journey, row) => journey.hosts[journey.columns.host[row]]),
  layer: text((journey, row) => journey.kinds[journey.columns.kind[row]][0]),
  what: text((journey, row) => journey.kinds[journey.columns.kind[row]][1]),
  why: text((journey, row) => journey.whys[journey.columns.why[row]]),
  connection: text((journey, row) => journey.connections[journey.columns.connection[row]]),
  request: number((journey, row) => journey.columns.exchange[row] || undefined),
  stage: number((journey, row) => journey.columns.stage[row] || undefined),
  row: { type: "text", get: (journey, n) => rowsAt(journey, n) },
  interface: text((journey, row) => (journey.columns.frame[row] ? journey.dataOf(row + 1).interface : undefined)),
  "frame.number": number((journey, row) => journey.columns.frame[row] || undefined),
  "frame.len": number((journey, row) => (journey.columns.frame[row] ? journey.dataOf(row + 1).octets : undefined)),
  "eth.addr": { type: "text", get: ofFrame(({ octets }) => [macAt(octets, 0), macAt(octets, 6)]) },
  "eth.dst": { type: "text", get: ofFrame(({ octets }) => [macAt(octets, 0)]) },
  "eth.src": { type: "text", get: ofFrame(({ octets }) => [macAt(octets, 6)]) },
  "eth.type": { type: "number", get: ofFrame(({ ethertype }) => [ethertype]) },
  "ip.addr": { type: "address", get: orElse(ofIp((octets, ip) => [ipv4At(octets, ip + 12), ipv4At(octets, ip + 16)]), ofEnds("", addressOf)) },
  "ip.src": { type: "address", get: ofIp((octets, ip) => [ipv4At(octets, ip + 12)]) },
  "ip.dst": { type: "address", get: ofIp((octets, ip) => [ipv4At(octets, ip + 16)]) },
  "ip.ttl": { type: "number", get: ofIp((octets, ip) => [octets[ip + 8]]) },
  "ip.id": { type: "number", get: ofIp((octets, ip) => [two(octets, ip + 4)]) },
  "ip.len": { type: "number", get: ofIp((octets, ip) => [two(octets, ip + 2)]) },
  "ip.proto": { type: "number", get: ofIp((octets, ip) => [octets[ip + 9]]) },
  "tcp.port": ports(TCP, "tcp"), "tcp.srcport": port(TCP, 0), "tcp.dstport": port(TCP, 2),
  "tcp.seq": { type: "number", get: counted("rel_seq") }, "tcp.ack": { type: "number", get: counted("rel_ack") },
  "tcp.seq_raw": { type: "number", get: ofTransport(TCP, (octets, at) => [four(octets, at + 4)]) },
  "tcp.ack_raw": { type: "number", get: ofTransport(TCP, (octets, at) => [four(octets, at + 8)]) },
  "tcp.window_size_value": { type: "number", get: ofTransport(TCP, (octets, at) => [two(octets, at + 14)]) },
  "tcp.flags.fin": flag(0), "tcp.flags.syn": flag(1), "tcp.flags.reset": flag(2), "tcp.flags.push": flag(3), "tcp.flags.ack": flag(4),
  "udp.port": ports(UDP, "udp"), "udp.srcport": port(UDP, 0), "udp.dstport": port(UDP, 2),
};

/** Members of the events' data are asked for as `data.NAME`. @param {string} name @returns {Field | undefined} */
export function fieldOf(name) {
  if (Object.hasOwn(FIELDS, name)) return FIELDS[name];
  const member = /^data\.(\w+)$/.exec(name)?.[1];
  if (!member) return undefined;
  return { type: "text", get: (journey, n) => [journey.dataOf(n)[member]].flat().filter((value) => typeof value === "number" || typeof value === "string") };
}

/** @type {WeakMap<Journey, {name: string, numbers: Set<number>}[]>} */
const rowSets = new WeakMap();

/** @param {Journey} journey @param {number} n @returns {string[]} the rows of the article that an event shows */
function rowsAt(journey, n) {
  let sets = rowSets.get(journey);
  if (!sets) rowSets.set(journey, (sets = journey.rows.map(({ name, numbers }) => ({ name, numbers: new Set(numbers) }))));
  return sets.filter(({ numbers }) => numbers.has(n)).map(({ name }) => name);
}

/** Words that are no text to look for, but something that an event is. @type {Record<string, (journey: Journey, n: number) => boolean>} */
export const IS = {
  dropped: (journey, n) => {
    const { kind, why, frame } = journey.columns;
    return journey.kinds[kind[n - 1]][1] === "dropped" || (frame[n - 1] > 0 && why[n - 1] > 0);
  },
  retransmitted: (journey, n) => resentOf(journey).has(n) || journey.columns.kind[n - 1] === kindOf(journey, "tcp", "retransmitted"),
  frame: (journey, n) => journey.columns.frame[n - 1] > 0,
  ...Object.fromEntries(["browser", "http", "tls", "dns", "socket"].map((name) => [name, ofLayer(name)])),
  link: ofLayer("link"),
  arp: (journey, n) => ofLayer("arp")(journey, n) || headOf(journey, n)?.ethertype === ARP,
  ip: (journey, n) => ofLayer("ip")(journey, n) || headOf(journey, n)?.ethertype === IPV4,
  ipv6: (journey, n) => headOf(journey, n)?.ethertype === IPV6,
  icmp: (journey, n) => ofLayer("icmp")(journey, n) || headOf(journey, n)?.protocol === 1,
  tcp: (journey, n) => ofLayer("tcp")(journey, n) || headOf(journey, n)?.protocol === TCP,
  udp: (journey, n) => ofLayer("udp")(journey, n) || headOf(journey, n)?.protocol === UDP,
};

/** @param {string} layer @returns {(journey: Journey, n: number) => boolean} */
function ofLayer(layer) {
  return (journey, n) => journey.kinds[journey.columns.kind[n - 1]][0] === layer;
}

// @ts-check
// Messages and how they travelled: which segments or datagrams carried each, and over which links each of these went.

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {"request" | "response" | "query" | "answer" | "open" | "close"} Purpose */
/**
 * What one end sent to the other for one purpose.
 * @typedef {object} Message
 * @property {number} id from 0
 * @property {Purpose} purpose
 * @property {number} conversation
 * @property {number} exchange 0 if it belongs to none
 * @property {string} from the host that sent it
 * @property {Send[]} sends in their order
 * @property {number} length in octets
 */
/** @typedef {{n: number, t: number, from: number, length: number, flags: string, again: boolean}} Send a segment or datagram; `from` is the offset of its octets in the message */
/**
 * A frame on one link.
 * @typedef {object} Hop
 * @property {number} sent the event that sent it
 * @property {number} received the event that took it in, 0 if nobody did
 * @property {string} from
 * @property {string} to the host that took it in, empty if nobody did
 * @property {string} interface of the sender
 * @property {string[]} through the switches between them
 * @property {string} why it was dropped, if it was
 * @property {number} depth how many links it had crossed before
 */

const ARP_TYPE = 0x0806;
const SYN = /\bSYN\b/;
const END = /\b(FIN|RST)\b/;
const OPENING = 4;

/** @param {Journey} journey @returns {Message[]} in the order in which they began */
export function messagesOf(journey) {
  const { kind, conversation, exchange, t, host } = journey.columns;
  const segment = kindOf(journey, "tcp", "segment-sent"), datagram = kindOf(journey, "udp", "sent");
  /** @type {Map<string, Message>} */
  const found = new Map();
  for (let row = 0; row < journey.size; row++) {
    if (kind[row] !== segment && kind[row] !== datagram) continue;
    const n = row + 1, said = journey.about.conversations[conversation[row] - 1];
    if (!said) continue;
    const data = journey.dataOf(n), from = journey.hosts[host[row]];
    const purpose = purposeOf(journey, n, kind[row] === datagram, data, said.dns, from === said.client);
    if (!purpose) continue;
    const shared = purpose === "open" || purpose === "close";
    const key = [purpose, conversation[row], shared ? "" : exchange[row], shared ? "" : from].join(" ");
    let message = found.get(key);
    if (!message) {
      message = { id: found.size, purpose, conversation: conversation[row], exchange: exchange[row], from, sends: [], length: 0 };
      found.set(key, message);
    }
    message.sends.push({ n, t: t[row], from: data.rel_seq ?? 0, length: data.len ?? data.octets ?? 0, flags: data.flags ?? "", again: false });
  }
  const messages = [...found.values()];
  messages.forEach(countFromItsBeginning);
  return messages;
}

/** @param {Journey} journey @param {string} layer @param {string} what */
export function kindOf(journey, layer, what) {
  return journey.kinds.findIndex((kind) => kind[0] === layer && kind[1] === what);
}

/**
 * @param {Journey} journey @param {number} n @param {boolean} datagram @param {Record<string, any>} data @param {boolean} dns @param {boolean} outward
 * @returns {Purpose | null} null for an acknowledgment, which is no message of its own
 */
function purposeOf(journey, n, datagram, data, dns, outward) {
  if (datagram || (dns && data.len)) return outward ? "query" : "answer";
  if (SYN.test(data.flags)) return "open";
  if (data.len) return outward ? "request" : "response";
  if (END.test(data.flags)) return "close";
  if (journey.columns.stage[n - 1] !== OPENING) return null;
  return closed(journey, n) ? "close" : "open";
}

/** Whether an acknowledgment answers a FIN. @param {Journey} journey @param {number} n */
function closed(journey, n) {
  for (let cause = journey.cause(n); cause; cause = journey.cause(cause)) {
    const [layer, what] = journey.kinds[journey.columns.kind[cause - 1]];
    if (layer === "tcp" && what === "segment-sent") return END.test(journey.dataOf(cause).flags);
  }
  return false;
}

/** Offsets from the message's first octet, and which of its parts were sent before. @param {Message} message */
function countFromItsBeginning(message) {
  const first = message.sends.reduce((least, send) => (send.length ? Math.min(least, send.from) : least), Infinity);
  for (const send of message.sends) {
    send.from = send.length ? send.from - first : 0; // what carries no data has no place in the message
    send.again = send.length > 0 && send.from + send.length <= message.length;
    message.length = Math.max(message.length, send.from + send.length);
  }
}

/**
 * The links that a segment or datagram crossed, in order; several on one link where it was cut into fragments.
 * @param {Journey} journey @param {number} n of the `segment-sent` or `sent`
 * @returns {Hop[]}
 */
export function hopsOf(journey, n) {
  /** @type {Hop[]} */
  const hops = [];
  /** @type {[number, number][]} */
  const next = [[n, 0]];
  for (let at = 0; at < next.length; at++) {
    const [cause, depth] = next[at];
    for (const effect of journey.effects(cause)) {
      const [layer, what] = journey.kinds[journey.columns.kind[effect - 1]];
      if (layer === "ip" && (depth === 0 || what !== "sent")) next.push([effect, depth]);
      if (layer !== "link" || what !== "frame-sent" || isArp(journey, effect)) continue;
      const hop = hopOf(journey, effect, depth);
      hops.push(hop);
      if (hop.received) next.push([hop.received, depth + 1]);
    }
  }
  return hops.sort((one, other) => one.depth - other.depth || one.sent - other.sent);
}

/**
 * The frames in which a segment or datagram left its host.
 * @param {Journey} journey @param {number} n @returns {number[]} the events that sent them
 */
export function firstFrames(journey, n) {
  const sent = kindOf(journey, "link", "frame-sent"), { kind } = journey.columns;
  const found = [], next = [n];
  for (let at = 0; at < next.length; at++) {
    for (const effect of journey.effects(next[at])) {
      if (journey.kinds[kind[effect - 1]][0] === "ip") next.push(effect);
      else if (kind[effect - 1] === sent && !isArp(journey, effect)) found.push(effect);
    }
  }
  return found;
}

/** @param {Journey} journey @param {number} sent @param {number} depth @returns {Hop} */
function hopOf(journey, sent, depth) {
  const event = journey.event(sent);
  /** @type {Hop} */
  const hop = { sent, received: 0, from: event.host, to: "", interface: event.data.interface, through: [], why: event.why, depth };
  for (const effect of journey.effects(sent)) {
    const { what, host, why } = journey.event(effect);
    if (what === "switched" || what === "flooded") hop.through.push(host);
    // Several take in a frame on a shared cable; who does not drop it is the one that it was for.
    if (what === "frame-received" && (!hop.received || !why)) Object.assign(hop, { received: effect, to: host, why: why || hop.why });
    if (what === "dropped") hop.why = why;
  }
  return hop;
}

/** @param {Journey} journey @param {number} n */
function isArp(journey, n) {
  const id = journey.columns.octets[n - 1];
  if (!id) return false;
  const at = journey.headAt[id - 1];
  return ((journey.heads[at + 12] << 8) | journey.heads[at + 13]) === ARP_TYPE;
}

/**
 * Which segment or datagram an event belongs to: itself, or the nearest one that led to it.
 * @param {Journey} journey @param {number} n @param {{has: (n: number) => boolean}} sends
 * @returns {number} 0 if none
 */
export function sendOf(journey, n, sends) {
  for (let cause = n; cause; cause = journey.cause(cause)) if (sends.has(cause)) return cause;
  return 0;
}

/**
 * The other end of a conversation with a machine that is not recorded, as that of the kernel beside a TAP device.
 * @param {Journey} journey @param {number} conversation @returns {string} its address and port; empty if it is recorded
 */
export function outsideOf({ about }, conversation) {
  const said = about.conversations[conversation - 1];
  return said && !said.server && !about.virtual ? (said.server_end.split(" ")[1] ?? "") : "";
}

// @ts-check
// The requests of a journey with their phases, as page.har has them, and the segments and datagrams that each took.
import { kindOf } from "./transfers.js";
import { resentOf } from "./resent.js";

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {"blocked" | "dns" | "connect" | "ssl" | "send" | "wait" | "receive"} PhaseName */
/** @typedef {{name: PhaseName, from: number, to: number}} Phase instants in ns */
/**
 * @typedef {object} Asked
 * @property {number} id of the exchange
 * @property {number} n the event that ended it
 * @property {string} host
 * @property {Record<string, any>} data of that event
 * @property {string} connection the own end and the peer's, empty if there was none
 * @property {number} number of the connection among those of all requests, from 1; 0 if there was none
 * @property {boolean} reused whether the connection was there before
 * @property {number} from
 * @property {number} to
 * @property {Phase[]} phases in their order; that of TLS is within that of connecting
 * @property {import("./i18n.js").Texts | null} why it failed, if it did; where the journey failed with it, as that is told
 */
/**
 * A segment or datagram as the asking host saw it: one that it sent at the instant of sending, one that came at its coming.
 * @typedef {{n: number, t: number, out: boolean, length: number, flags: string, again: boolean, lost: boolean}} Packet
 */

const ORDER = /** @type {const} */ (["blocked", "dns", "connect", "send", "wait", "receive"]);

/** @param {Journey} journey @returns {Asked[]} in the order in which they began */
export function requestsOf(journey) {
  /** @type {string[]} */
  const connections = [];
  const { exchanges, failure } = journey.about;
  const found = exchanges.map(({ id, event: n, why }) => {
    const { host, connection, data } = journey.event(n);
    return {
      id, n, host, data, connection, why: (data.kind === "document" && failure) || why, number: 0, reused: !data.connect_ns && connection !== "",
      from: data.started_ns, to: data.ended_ns, phases: phasesOf(data),
    };
  });
  found.sort((one, other) => one.from - other.from || one.id - other.id);
  for (const one of found) {
    if (!one.connection) continue;
    if (!connections.includes(one.connection)) connections.push(one.connection);
    one.number = connections.indexOf(one.connection) + 1;
  }
  return found;
}

/** One behind the other, as they are in the HAR. @param {Record<string, any>} data of an `exchange` @returns {Phase[]} */
function phasesOf(data) {
  /** @type {Phase[]} */
  const phases = [];
  let at = data.started_ns;
  for (const name of ORDER) {
    const took = data.phases_ns[name];
    if (!(took >= 0) || (took === 0 && name === "blocked")) continue;
    phases.push({ name, from: at, to: at + took });
    if (name === "connect" && data.ssl_ns) phases.push({ name: "ssl", from: data.ssl_ns[0], to: data.ssl_ns[1] });
    at += took;
  }
  return phases;
}

/** @param {Journey} journey @param {Asked} asked @returns {Packet[]} in the order of their instants */
export function packetsOf(journey, { id, host }) {
  const { kind, exchange, host: hosts, t } = journey.columns;
  const own = journey.hosts.indexOf(host), again = resentOf(journey);
  const sent = new Set([kindOf(journey, "tcp", "segment-sent"), kindOf(journey, "udp", "sent")]);
  const received = new Set([kindOf(journey, "tcp", "segment-received"), kindOf(journey, "udp", "received")]);
  const taken = new Set();
  /** @type {Packet[]} */
  const packets = [];
  /** @param {number} n @param {number} origin @param {boolean} out */
  const add = (n, origin, out) => {
    const { len, octets, flags } = journey.dataOf(n);
    packets.push({ n, t: t[n - 1], out, length: len ?? octets ?? 0, flags: flags ?? "", again: again.has(origin), lost: false });
  };
  const conversations = new Set();
  for (let row = 0; row < journey.size; row++) {
    if (exchange[row] !== id) continue;
    const n = row + 1, here = hosts[row] === own;
    if (sent.has(kind[row]) && here) {
      add(n, n, true);
      conversations.add(journey.columns.conversation[row]);
    } else if (received.has(kind[row])) {
      const origin = originOf(journey, n, sent);
      taken.add(origin);
      if (here) add(n, origin, false);
    }
  }
  for (const packet of packets) packet.lost = packet.out && !taken.has(packet.n);
  for (let row = 0; row < journey.size; row++) {
    // What the other end sent and nobody took in: it has an instant of its own only there.
    if (exchange[row] !== id || hosts[row] === own || !sent.has(kind[row]) || taken.has(row + 1)) continue;
    if (!conversations.has(journey.columns.conversation[row])) continue;
    add(row + 1, row + 1, false);
    packets[packets.length - 1].lost = true;
  }
  return packets.sort((one, other) => one.t - other.t || one.n - other.n);
}

/** @param {Journey} journey @param {number} n @param {Set<number>} kinds @returns {number} the nearest cause of such a kind, 0 if there is none */
function originOf(journey, n, kinds) {
  for (let cause = journey.cause(n); cause; cause = journey.cause(cause)) if (kinds.has(journey.columns.kind[cause - 1])) return cause;
  return 0;
}

/** @param {Journey} journey @param {number} id of an exchange @param {number} t @returns {number} its first event not before that instant, else its last */
export function eventAt(journey, id, t) {
  const { exchange, t: times } = journey.columns;
  let last = 1;
  for (let row = 0; row < journey.size; row++) {
    if (exchange[row] !== id) continue;
    last = row + 1;
    if (times[row] >= t) break;
  }
  return last;
}

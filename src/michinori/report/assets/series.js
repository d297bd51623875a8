// @ts-check
// How one end of a connection sent, over time: sequence numbers, windows, times and rates, from what it told.
import { kindOf } from "./transfers.js";
import { resentOf } from "./resent.js";

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./data.js").Event} Event */
/** @typedef {{n: number, t: number, from: number, to: number, again: boolean}} Sent sequence numbers from the initial one; `to` is the next */
/** @typedef {{n: number, t: number, from: number, to: number}} Held octets that the peer holds out of order */
/** @typedef {{n: number[], t: number[], [name: string]: (number | null)[]}} Lines numbers side by side: each holds until the next */
/**
 * @typedef {object} Series
 * @property {Sent[]} sent
 * @property {Held[]} held by selective acknowledgments
 * @property {Lines} sequence `acked` (SND.UNA) and `edge` (SND.UNA + SND.WND, the end of the peer's window)
 * @property {Lines} windows `cwnd`, `ssthresh` and `flight` in octets
 * @property {Lines} times `srtt`, `rttvar`, `least` and `rto` in ns
 * @property {Lines} arrived `octets` that the peer is known to have: acknowledged, or selectively acknowledged
 * @property {Lines} rates `sent` and `arrived` in bit/s, over `step` ns each
 * @property {number} step
 */

/** Before the first loss there is no slow-start threshold; the stack counts with this one (docs/trace.md). */
export const NO_SSTHRESH = 2 ** 40;
const BINS = 80;
const BIN_STEPS = [1, 2, 5];
const SYN_OR_FIN = /\b(SYN|FIN)\b/g;

/**
 * @param {Journey} journey
 * @param {string} connection the sending end first, as in the trace
 * @returns {Series}
 */
export function seriesOf(journey, connection) {
  const collected = new Collected();
  const wanted = journey.connections.indexOf(connection), again = resentOf(journey);
  const { connection: connections, kind } = journey.columns;
  const takers = journey.kinds.map(([layer, what]) => (layer === "tcp" ? TAKERS[what] : undefined));
  for (let row = 0; row < journey.size; row++) {
    if (connections[row] !== wanted) continue;
    takers[kind[row]]?.(collected, journey.event(row + 1), again.has(row + 1));
  }
  const { sent, held } = collected;
  const sequence = filled(collected.points, ["acked", "edge"]), arrived = filled(collected.points, ["octets"]);
  return { sent, held, sequence, arrived, windows: filled(collected.points, ["cwnd", "ssthresh", "flight"]),
    times: filled(collected.points, ["srtt", "rttvar", "least", "rto"]), ...ratesOf(sent, arrived) };
}

/** What is told of the sender, event by event. */
class Collected {
  constructor() {
    this.sent = /** @type {Sent[]} */ ([]);
    this.held = /** @type {Held[]} */ ([]);
    this.points = /** @type {({n: number, t: number} & Record<string, number>)[]} */ ([]);
    this.una = 0;
    this.nxt = 0;
    /** Beyond `una`, in order, none touching another. @type {[number, number][]} */
    this.beyond = [];
  }

  /** The peer has these too. @param {number} from @param {number} to */
  hold(from, to) {
    const apart = this.beyond.filter(([left, right]) => right < from || left > to);
    for (const [left, right] of this.beyond) {
      if (right < from || left > to) continue;
      from = Math.min(from, left);
      to = Math.max(to, right);
    }
    this.beyond = [...apart, /** @type {[number, number]} */ ([from, to])].sort(([one], [other]) => one - other);
  }

  /** How many octets the peer is known to have. */
  get octets() {
    this.beyond = this.beyond.filter(([, right]) => right > this.una);
    return this.beyond.reduce((sum, [left, right]) => sum + right - Math.max(left, this.una), this.una);
  }

  /** @param {Event} event @param {Record<string, number | undefined>} values those that are known now */
  point({ n, t }, values) {
    const known = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
    this.points.push({ n, t, ...known });
  }

  get flight() {
    return Math.max(this.nxt - this.una, 0);
  }
}

/** @type {Record<string, ((to: Collected, event: Event, again: boolean) => void) | undefined>} */
const TAKERS = {
  "segment-sent": (to, event, again) => {
    const { rel_seq: from, len, flags, cwnd } = event.data;
    const length = len + (flags.match(SYN_OR_FIN)?.length ?? 0);
    if (!length) return;
    to.sent.push({ n: event.n, t: event.t, from, to: from + length, again });
    to.nxt = Math.max(to.nxt, from + length);
    to.point(event, { cwnd, flight: to.flight });
  },
  "segment-received": (to, event) => {
    const { rel_ack: acked, ack, snd_wnd: window, sack } = event.data;
    if (acked === undefined || !event.data.flags.includes("ACK")) return;
    to.una = Math.max(to.una, Math.min(acked, to.nxt));
    for (const [left, right] of sack ?? []) {
      const from = acked + ((left - ack) | 0), next = from + ((right - left) >>> 0);
      if (from < to.una) continue; // what came twice (DSACK, RFC 2883)
      to.held.push({ n: event.n, t: event.t, from, to: next });
      to.hold(from, next);
    }
    to.point(event, { acked: to.una, edge: window === undefined ? undefined : to.una + window, flight: to.flight, octets: to.octets });
  },
  acked: (to, event) => {
    const { cwnd, ssthresh, srtt_ns: srtt, rto_ns: rto } = event.data;
    to.point(event, { cwnd, ssthresh: threshold(ssthresh), srtt: srtt || undefined, rto });
  },
  "cwnd-changed": (to, event) => {
    const { cwnd, ssthresh } = event.data;
    to.point(event, { cwnd, ssthresh: threshold(ssthresh) });
  },
  info: (to, event) => {
    const { cwnd, ssthresh, srtt_ns: srtt, rttvar_ns: rttvar, least_rtt_ns: least, rto_ns: rto } = event.data;
    to.point(event, { cwnd, ssthresh: threshold(ssthresh), srtt: srtt || undefined, rttvar: srtt ? rttvar : undefined, least: least || undefined, rto });
  },
};

/** @param {number | undefined} ssthresh */
function threshold(ssthresh) {
  return ssthresh === undefined || ssthresh >= NO_SSTHRESH ? undefined : ssthresh;
}

/**
 * The points that say something about these names, each name with its value until it is said anew.
 * @param {({n: number, t: number} & Record<string, number>)[]} points @param {string[]} names @returns {Lines}
 */
function filled(points, names) {
  /** @type {Lines} */
  const lines = { n: [], t: [] };
  /** @type {Record<string, number | null>} */
  const now = {};
  for (const name of names) {
    lines[name] = [];
    now[name] = null;
  }
  for (const point of points) {
    let says = false;
    for (const name of names) {
      if (point[name] === undefined) continue;
      now[name] = point[name];
      says = true;
    }
    if (!says) continue;
    lines.n.push(point.n);
    lines.t.push(point.t);
    for (const name of names) lines[name].push(now[name]);
  }
  return lines;
}

/**
 * How much was sent, and how much of it arrived as far as the sender knows, in each piece of time.
 * @param {Sent[]} sent @param {Lines} arrived @returns {{rates: Lines, step: number}}
 */
function ratesOf(sent, arrived) {
  if (!sent.length) return { rates: { n: [], t: [], sent: [], arrived: [] }, step: 1 };
  const begin = sent[0].t, end = Math.max(sent[sent.length - 1].t, arrived.t[arrived.t.length - 1] ?? 0);
  const step = stepFor(end - begin);
  const many = Math.floor((end - begin) / step) + 2; // the last is empty: nothing holds on
  const out = new Array(many).fill(0), back = new Array(many).fill(0), n = new Array(many).fill(sent[0].n);
  for (const one of sent) {
    const bin = Math.floor((one.t - begin) / step);
    out[bin] += one.to - one.from;
    n[bin] = one.n;
  }
  let before = 0;
  arrived.t.forEach((t, index) => {
    const octets = arrived.octets[index] ?? before;
    back[Math.floor((t - begin) / step)] += octets - before;
    before = octets;
  });
  const rate = (/** @type {number} */ octets) => (octets * 8e9) / step;
  const t = out.map((_, bin) => begin + bin * step);
  return { rates: { n, t, sent: out.map(rate), arrived: back.map(rate) }, step };
}

/** @param {number} span in ns @returns {number} a round piece of it */
function stepFor(span) {
  for (let power = 1000; ; power *= 10) for (const step of BIN_STEPS) if (span / (step * power) <= BINS) return step * power;
}

/** @param {Lines} lines @param {string} name @param {number} t @returns {number | null} its value at that instant */
export function valueAt(lines, name, t) {
  let low = 0, high = lines.t.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines.t[middle] <= t) low = middle + 1;
    else high = middle;
  }
  return low ? lines[name][low - 1] : null;
}

/**
 * The ends of the TCP connections, each with how much it sent.
 * @param {Journey} journey @returns {{connection: string, host: string, conversation: number, octets: number}[]} those that sent most first
 */
export function sendersOf(journey) {
  const { kind, connection, host, conversation } = journey.columns;
  const segment = kindOf(journey, "tcp", "segment-sent");
  /** @type {Map<number, {connection: string, host: string, conversation: number, octets: number}>} */
  const found = new Map();
  for (let row = 0; row < journey.size; row++) {
    if (kind[row] !== segment || !conversation[row]) continue;
    let one = found.get(connection[row]);
    if (!one) {
      one = { connection: journey.connections[connection[row]], host: journey.hosts[host[row]], conversation: conversation[row], octets: 0 };
      found.set(connection[row], one);
    }
    one.octets += journey.dataOf(row + 1).len;
  }
  return [...found.values()].sort((first, second) => second.octets - first.octets);
}

// @ts-check
// The ladder's rows: every segment, datagram, ICMP message and ARP packet as an arrow from who sent it to who took it
// in, and how far down the page each moment stands.

import { decodeFrame } from "./explain/decode.js";
import { firstFrames, outsideOf, sendOf } from "./transfers.js";

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {"tcp" | "udp" | "icmp" | "arp"} Sort */
/**
 * @typedef {object} Arrow
 * @property {Sort} sort
 * @property {number} sent the event that sent it
 * @property {number} answers the segment that it refuses, of an answer of no socket: of such a one only IP tells; else 0
 * @property {number} received the event at the other end, 0 if it never got there
 * @property {string} refused why the other end dropped it, if it did
 * @property {string} from the host
 * @property {string} to the host that took it in, empty if none did
 * @property {boolean} outside whether its other end is a machine that is not recorded, which has its address for a name
 * @property {number} conversation 0 if it belongs to none
 * @property {string} again why it was sent once more, if it was
 */
/** @typedef {{host: string, n: number, state: string}} Turn from that event on, a host's end of the connection is in that state */

/** @type {Record<string, Sort>} */
const SENDS = { "tcp segment-sent": "tcp", "udp sent": "udp", "icmp sent": "icmp", "arp asked": "arp", "arp answered": "arp" };
/** @type {Record<string, Sort>} */
const TAKES = { "tcp segment-received": "tcp", "tcp dropped": "tcp", "udp received": "udp", "udp dropped": "udp", "icmp received": "icmp" };

/** @param {Journey} journey @returns {Arrow[]} in the order in which they were sent */
export function arrowsOf(journey) {
  const { kind, host, conversation, connection, why } = journey.columns;
  const names = journey.kinds.map((parts) => parts.join(" "));
  const sends = names.map((name) => SENDS[name]), takes = names.map((name) => TAKES[name]);
  const packet = names.indexOf("ip sent"), retransmitted = names.indexOf("tcp retransmitted"), refusals = [names.indexOf("tcp dropped"), names.indexOf("udp dropped")];
  /** @type {Map<number, Arrow>} */
  const arrows = new Map();
  /** @type {Map<number, string>} by connection, the reason of what is sent again next */
  const again = new Map();
  for (let row = 0; row < journey.size; row++) {
    const sort = sends[kind[row]], taken = takes[kind[row]];
    if (kind[row] === retransmitted) again.set(connection[row], journey.whys[why[row]]);
    if (sort) {
      arrows.set(row + 1, {
        sort, sent: row + 1, answers: 0, received: 0, refused: "", from: journey.hosts[host[row]], to: "", outside: false, conversation: conversation[row],
        again: sort === "tcp" ? (again.get(connection[row]) ?? "") : "",
      });
      if (sort === "tcp") again.delete(connection[row]);
      if (sort === "arp") takeArp(journey, /** @type {Arrow} */ (arrows.get(row + 1)));
    } else if (taken) {
      const refused = refusals.includes(kind[row]), origin = sendOf(journey, journey.cause(row + 1), arrows), arrow = arrows.get(origin);
      const from = outsideOf(journey, conversation[row]);
      if (!origin && from) arrows.set(row + 1, { sort: taken, sent: row + 1, answers: 0, from, to: "", outside: true, conversation: conversation[row], again: "", received: 0, refused: "" });
      const own = arrow ?? arrows.get(row + 1);
      // Of what came twice, the first counts.
      if (own && own.sort === taken && !own.received) {
        Object.assign(own, { received: row + 1, refused: refused ? journey.whys[why[row]] : "", to: journey.hosts[host[row]] });
      }
    } else if (kind[row] === packet && isRefusal(journey, row + 1)) {
      const answers = sendOf(journey, journey.cause(row + 1), arrows);
      arrows.set(row + 1, { sort: "tcp", sent: row + 1, answers, received: 0, refused: "", from: journey.hosts[host[row]], to: "", outside: false, conversation: conversation[answers - 1] ?? 0, again: "" });
    }
  }
  for (const arrow of arrows.values()) {
    const to = arrow.outside || arrow.received ? "" : outsideOf(journey, arrow.conversation);
    if (to && !lossOf(journey, arrow.sent)) Object.assign(arrow, { to, outside: true, received: arrow.sent });
  }
  return [...arrows.values()];
}

/** Whether a packet is a reset by which a host answers a segment of none of its sockets: TCP tells nothing of it. @param {Journey} journey @param {number} n of an `ip sent` */
function isRefusal(journey, n) {
  const cause = journey.cause(n);
  return cause > 0 && journey.kinds[journey.columns.kind[cause - 1]].join(" ") === "ip received" && journey.dataOf(n).protocol === "tcp";
}

/** Who took an ARP packet in: of a question to all, who answers it. Its frame is what was sent next. @param {Journey} journey @param {Arrow} arrow */
function takeArp(journey, arrow) {
  const { kind, host } = journey.columns;
  const what = (/** @type {number} */ n) => journey.kinds[kind[n - 1]][1];
  const sent = arrow.sent + 1;
  if (sent > journey.size || what(sent) !== "frame-sent" || host[sent - 1] !== host[arrow.sent - 1]) return;
  for (const n of journey.effects(sent)) {
    if (what(n) !== "frame-received") continue;
    const answers = [...journey.effects(n)].some((effect) => what(effect) === "answered");
    if (!arrow.received || answers) Object.assign(arrow, { received: n, to: journey.hosts[host[n - 1]] });
  }
}

/** What a segment of an arrow says: as its socket told it, or for a refusal what is in its octets. @param {Journey} journey @param {Arrow} arrow @returns {Record<string, any>} */
export function segmentOf(journey, { sent, answers }) {
  if (!answers) return journey.dataOf(sent);
  const octets = journey.frameOf(firstFrames(journey, sent)[0])?.octets;
  const values = octets && decodeFrame(octets).layers.find((layer) => layer.key === "tcp")?.values;
  if (!values) return { flags: "RST" };
  const { seq, rel_seq, ack, rel_ack } = journey.dataOf(answers);
  const flags = ["RST", values.get("tcp.flags.ack") ? "ACK" : ""].filter(Boolean).join(",");
  /** Counted as the refused segment counts. @param {number} number @param {number} [from] @param {number} [counted] */
  const relative = (number, from, counted) => (from === undefined ? number : (number - from + Number(counted)) >>> 0);
  const numbers = { seq: values.get("tcp.seq_raw"), ack: values.get("tcp.ack_raw") };
  return {
    flags, len: 0, window: values.get("tcp.window_size_value"), seq: numbers.seq, rel_seq: relative(numbers.seq, ack, rel_ack),
    ...(flags.endsWith("ACK") ? { ack: numbers.ack, rel_ack: relative(numbers.ack, seq, rel_seq) } : {}),
  };
}

/** The states of both ends over time. @param {Journey} journey @param {number} conversation @returns {Turn[]} */
export function turnsOf(journey, conversation) {
  const { kind, host, conversation: whose } = journey.columns;
  const changed = journey.kinds.findIndex((parts) => parts.join(" ") === "tcp state-changed"), turns = [];
  for (let row = 0; row < journey.size; row++) {
    if (kind[row] !== changed || whose[row] !== conversation) continue;
    turns.push({ host: journey.hosts[host[row]], n: row + 1, state: String(journey.dataOf(row + 1).to) });
  }
  return turns;
}

/** Why and where something was lost; null if it was still under way when the journey ended. @param {Journey} journey @param {number} sent @returns {{why: string, host: string} | null} */
export function lossOf(journey, sent) {
  const waiting = [sent];
  for (let at = 0; at < waiting.length && at < 500; at++) {
    for (const n of journey.effects(waiting[at])) {
      const why = journey.whys[journey.columns.why[n - 1]];
      if (why && why !== "not-my-mac") return { why, host: journey.hosts[journey.columns.host[n - 1]] };
      waiting.push(n);
    }
  }
  return null;
}

const LEAST = 6, PER_DECADE = 14, TEN_MICROSECONDS = 1e4, MOST = 96;
/** Between two labels. */
const LABEL = 22;
const TOP = 60, BOTTOM = 60;

/**
 * How far down each moment stands: in the order of time, longer pauses farther apart, but not as much as they are longer,
 * and with room for the label of every arrow.
 */
export class Scale {
  /** @param {Journey} journey @param {Arrow[]} arrows */
  constructor(journey, arrows) {
    const { t } = journey.columns;
    const sends = new Set(arrows.map((arrow) => arrow.sent));
    const numbers = [...new Set(arrows.flatMap((arrow) => (arrow.received ? [arrow.sent, arrow.received] : [arrow.sent])))].sort((one, other) => one - other);
    this.numbers = Uint32Array.from(numbers);
    this.times = Float64Array.from(numbers, (n) => t[n - 1]);
    this.places = new Float64Array(numbers.length);
    let y = TOP, label = -Infinity;
    numbers.forEach((n, at) => {
      const passed = at ? this.times[at] - this.times[at - 1] : 0;
      if (at) y += Math.min(LEAST + (passed ? PER_DECADE * Math.log10(1 + passed / TEN_MICROSECONDS) : 0), MOST);
      if (sends.has(n)) label = y = Math.max(y, label + LABEL);
      this.places[at] = y;
    });
    this.height = y + BOTTOM;
  }

  /** @param {number} n an event @param {number} t its instant, or a later one before the next event */
  at(n, t) {
    const { numbers, times, places } = this;
    let low = 0, high = numbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[middle] <= n) low = middle + 1;
      else high = middle;
    }
    if (!low) return TOP / 2;
    const here = low - 1;
    if (low === numbers.length) return places[here] + (t > times[here] ? BOTTOM / 4 : 0);
    const span = times[low] - times[here];
    return places[here] + (span > 0 ? Math.min((t - times[here]) / span, 1) * (places[low] - places[here]) : 0);
  }
}


// @ts-check
// Every frame on every cable: from when until when, which way, and whether it got through. Columns sorted by time, a
// set a cable, so that what is under way at an instant is found without looking at all of it.
import { kindOf } from "./transfers.js";

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {"tcp" | "udp" | "icmp" | "arp" | "other"} Sort */
/**
 * @typedef {object} Flight
 * @property {number} line index of the cable
 * @property {number} from which of its ends sent it, 0 or 1
 * @property {number} begin when it left, in ns
 * @property {number} end when its last bit was there; of one that got lost, when it would have been
 * @property {number} sent the event that sent it
 * @property {number} over the event by which it was taken in or dropped, 0 if there is none
 * @property {string} why it was lost on the way or dropped at its end, if it was
 * @property {boolean} lost it never reached the other end
 */
/** @typedef {{flights: Flight[], begins: Float64Array, longest: number}} OnLine `longest`: the longest of them, in ns */

/** The frames of a journey by cable. */
export class Flights {
  /** @param {Journey} journey */
  constructor(journey) {
    this.journey = journey;
    const { lines } = journey.about;
    /** @type {Map<string, [number, number]>} by machine and adapter or port: the cable and which end of it */
    this.plugs = new Map();
    lines.forEach((line, index) => line.ends.forEach((end, side) => this.plugs.set(`${end.node} ${end.plug}`, [index, side])));
    this.switches = new Set(journey.about.nodes.filter((node) => node.kind === "switch").map((node) => node.name));
    this.ports = new Map([...this.switches].map((name) => [name, lines.flatMap((line) => line.ends.filter((end) => end.node === name).map((end) => end.plug))]));
    this.whats = journey.kinds.map(([layer, what]) => (layer === "link" ? what : ""));
    /** @type {Flight[][]} */
    const found = lines.map(() => []);
    const frameSent = kindOf(journey, "link", "frame-sent");
    for (let row = 0; row < journey.size; row++) if (journey.columns.kind[row] === frameSent) this.follow(row + 1, found);
    /** @type {OnLine[]} */
    this.lines = found.map((flights) => {
      flights.sort((one, other) => one.begin - other.begin);
      return {
        flights, begins: Float64Array.from(flights, (flight) => flight.begin),
        longest: flights.reduce((most, flight) => Math.max(most, flight.end - flight.begin), 0),
      };
    });
    /** @type {Flight[]} what got lost or was dropped, in its order; not what a switch had sent to all, for one */
    this.drops = found.flat().filter((flight) => flight.why && flight.why !== "not-my-mac").sort((one, other) => (one.over || one.sent) - (other.over || other.sent));
  }

  /** From who sent a frame, through switches, to whoever took it in. @param {number} sent @param {Flight[][]} found */
  follow(sent, found) {
    const { journey } = this;
    const { t, host } = journey.columns;
    const effects = [...journey.effects(sent)].filter((n) => this.whats[journey.columns.kind[n - 1]]);
    /** @type {[string, string, number][]} */
    const leaving = [[journey.hosts[host[sent - 1]], journey.dataOf(sent).interface, t[sent - 1]]];
    for (let at = 0; at < leaving.length; at++) {
      const [node, plug, begin] = leaving[at];
      const place = this.plugs.get(`${node} ${plug}`);
      if (!place) continue;
      const [line, side] = place, far = journey.about.lines[line].ends[1 - side];
      const why = at === 0 ? journey.whys[journey.columns.why[sent - 1]] : this.droppedAt(effects, node, plug);
      const arrivals = effects.filter((n) => journey.hosts[host[n - 1]] === far.node && t[n - 1] > begin && this.takes(n, far.plug));
      if (!arrivals.length || why === "queue-full") {
        const lost = why || "lost";
        found[line].push({ line, from: side, begin, end: begin + journey.about.lines[line].ends[side].delay_ns, sent, over: 0, why: lost, lost: true });
        continue;
      }
      for (const over of arrivals) {
        const what = this.whats[journey.columns.kind[over - 1]];
        const dropped = what === "frame-received" || what === "dropped" ? journey.whys[journey.columns.why[over - 1]] : "";
        found[line].push({ line, from: side, begin, end: t[over - 1], sent, over, why: dropped, lost: false });
        if (what === "switched") leaving.push([far.node, journey.dataOf(over).port, t[over - 1]]);
        if (what === "flooded") for (const port of this.ports.get(far.node) ?? []) if (port !== far.plug) leaving.push([far.node, port, t[over - 1]]);
      }
    }
  }

  /** Whether an event is that a frame came in by that adapter or port. @param {number} n @param {string} plug */
  takes(n, plug) {
    const what = this.whats[this.journey.columns.kind[n - 1]];
    if (what === "switched" || what === "flooded") return true;
    if (what === "frame-received") return this.journey.dataOf(n).interface === plug;
    return what === "dropped" && this.journey.dataOf(n).port === plug;
  }

  /** Why a switch could not send a frame on by a port. @param {number[]} effects @param {string} node @param {string} port */
  droppedAt(effects, node, port) {
    const { columns, hosts, whys } = this.journey;
    const found = effects.find((n) => hosts[columns.host[n - 1]] === node && this.whats[columns.kind[n - 1]] === "dropped" && this.journey.dataOf(n).port === port);
    return found ? whys[columns.why[found - 1]] : "";
  }

  /**
   * What is on a cable at an instant.
   * @param {number} line @param {number} t @param {number} [linger] how long one stays to be seen after its end, in ns
   * @returns {Flight[]}
   */
  on(line, t, linger = 0) {
    const { flights, begins, longest } = this.lines[line];
    const under = [];
    for (let at = before(begins, t) - 1; at >= 0 && begins[at] >= t - longest - linger; at--) {
      if (flights[at].end + linger >= t) under.push(flights[at]);
    }
    return under;
  }

  /** When a cable last carried something by then, -1 if never. @param {number} line @param {number} t */
  lastOn(line, t) {
    const { begins } = this.lines[line];
    const at = before(begins, t);
    return at ? begins[at - 1] : -1;
  }

  /** Whether a segment carries data. @param {Flight} flight */
  loaded(flight) {
    const { columns, headAt, heads } = this.journey;
    const at = headAt[columns.octets[flight.sent - 1] - 1] + 14;
    const header = (heads[at] & 15) * 4;
    return ((heads[at + 2] << 8) | heads[at + 3]) > header + (heads[at + header + 12] >> 4) * 4;
  }

  /** What a frame carries. @param {Flight} flight @returns {Sort} */
  sortOf(flight) {
    const { columns, headAt, heads } = this.journey;
    const id = columns.octets[flight.sent - 1];
    if (!id) return "other";
    const at = headAt[id - 1];
    const type = (heads[at + 12] << 8) | heads[at + 13];
    if (type === 0x0806) return "arp";
    if (type !== 0x0800) return "other";
    return /** @type {Record<number, Sort>} */ ({ 1: "icmp", 6: "tcp", 17: "udp" })[heads[at + 23]] ?? "other";
  }
}

/** @param {Float64Array} begins @param {number} t @returns {number} how many began by then */
function before(begins, t) {
  let low = 0, high = begins.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (begins[middle] <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {Flights} flights @param {number} n @returns {number} how many of the drops have happened by that event */
export function dropsBy(flights, n) {
  let low = 0, high = flights.drops.length;
  while (low < high) {
    const middle = (low + high) >> 1, drop = flights.drops[middle];
    if ((drop.over || drop.sent) <= n) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * What is under way on the cables at instants, for whoever compares it with the trace.
 * @param {Journey} journey @param {number[]} instants
 */
export function underWay(journey, instants) {
  const flights = new Flights(journey);
  return instants.map((t) => journey.about.lines.flatMap((line, index) => flights.on(index, t).filter((flight) => flight.begin <= t && t < flight.end).map((flight) => ({ line: line.name, sent: flight.sent }))));
}

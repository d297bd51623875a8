// @ts-check
// How many frames waited at each end of a cable, worked out again as the cable itself does it: when the line becomes free
// is arithmetic on the instants of sending, the octets on the line (IEEE 802.3 clause 4.4.2) and its rate.
import { kindOf } from "./transfers.js";

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {{n: number, t: number, why: string}} Loss a frame that this end could not send */
/**
 * @typedef {object} Queue
 * @property {string} line
 * @property {string} from
 * @property {string} to
 * @property {number} rate in bit/s
 * @property {number} room how many frames may wait
 * @property {number} most how many ever waited at once
 * @property {number} waited how long all frames together, in ns
 * @property {{n: number[], t: number[], waiting: number[]}} lines
 * @property {Loss[]} losses
 */

const PREAMBLE = 8, FCS = 4, GAP = 12;
/** What is refused at once never takes up the line; what a fault takes away has been on it. */
const REFUSED = new Set(["queue-full", "too-long", "cut"]);

/** @param {string} why */
function ofCable(why) {
  return REFUSED.has(why) || why.startsWith("fault:");
}

/** @param {Journey} journey @returns {Queue[]} both directions of each cable that takes time to send, where frames waited longest first */
export function queuesOf(journey) {
  const given = framesGiven(journey);
  /** @type {Queue[]} */
  const queues = [];
  for (const { name, ends } of journey.about.lines) {
    ends.forEach((end, index) => {
      const numbers = given.get(`${end.node} ${end.plug}`);
      if (!end.rate || !numbers) return;
      const queue = { line: name, from: end.node, to: ends[1 - index].node, rate: end.rate, room: end.queue, ...waitingAt(journey, numbers, end.rate) };
      queues.push(queue);
    });
  }
  return queues.sort((one, other) => other.waited - one.waited || other.losses.length - one.losses.length);
}

/** @typedef {{n: number, octets: number, why: string}} Given a frame given to a cable */

/** @param {Journey} journey @returns {Map<string, Given[]>} by the device and its plug */
function framesGiven(journey) {
  const { kind, why } = journey.columns;
  const sent = kindOf(journey, "link", "frame-sent"), switched = kindOf(journey, "link", "switched"), flooded = kindOf(journey, "link", "flooded"), dropped = kindOf(journey, "link", "dropped");
  /** @type {Map<string, Given[]>} */
  const found = new Map();
  /** @param {string} plug @param {Given} frame */
  const add = (plug, frame) => found.get(plug)?.push(frame) ?? found.set(plug, [frame]);
  const ports = portsOf(journey);
  for (let row = 0; row < journey.size; row++) {
    if (kind[row] === sent) {
      const { host, data } = journey.event(row + 1);
      add(`${host} ${data.interface}`, { n: row + 1, octets: data.octets, why: journey.whys[why[row]] });
    } else if (kind[row] === switched || kind[row] === flooded) {
      const { host, data, cause } = journey.event(row + 1);
      const from = cause ? journey.event(cause) : null;
      if (!from?.data.octets) continue;
      const outward = kind[row] === switched ? [data.port] : floodedTo(ports, host, `${from.host} ${from.data.interface}`);
      for (const port of outward) add(`${host} ${port}`, { n: row + 1, octets: from.data.octets, why: "" });
    } else if (kind[row] === dropped) {
      const { host, data, why: reason } = journey.event(row + 1);
      const last = found.get(`${host} ${data.port}`)?.at(-1);
      // A switch tells why it could not send on right behind what it wanted to send.
      if (last && journey.columns.t[last.n - 1] === journey.columns.t[row] && ofCable(reason)) last.why = reason;
    }
  }
  return found;
}

/** @param {Journey} journey @returns {Map<string, {port: string, beside: string}[]>} of each switch its ports and what is plugged in at their other ends */
function portsOf(journey) {
  const found = new Map(journey.about.nodes.filter((node) => node.kind === "switch").map((node) => [node.name, /** @type {any[]} */ ([])]));
  for (const { ends } of journey.about.lines) {
    ends.forEach((end, index) => found.get(end.node)?.push({ port: end.plug, beside: `${ends[1 - index].node} ${ends[1 - index].plug}` }));
  }
  return found;
}

/** All ports but the one where it came in. @param {Map<string, {port: string, beside: string}[]>} ports @param {string} host @param {string} sender */
function floodedTo(ports, host, sender) {
  const all = ports.get(host) ?? [];
  // A frame that another switch carried here came by a port that cannot be told from the trace: then none is counted.
  if (!all.some(({ beside }) => beside === sender)) return [];
  return all.filter(({ beside }) => beside !== sender).map(({ port }) => port);
}

/** @param {Journey} journey @param {Given[]} given in their order @param {number} rate */
function waitingAt(journey, given, rate) {
  const { t: times } = journey.columns;
  const duration = (/** @type {number} */ octets) => Math.ceil((octets * 8e9) / rate);
  const lines = { n: /** @type {number[]} */ ([]), t: /** @type {number[]} */ ([]), waiting: /** @type {number[]} */ ([]) };
  /** @type {Loss[]} */
  const losses = [];
  /** @type {{n: number, start: number}[]} */
  let starts = [];
  let free = 0, most = 0, waited = 0;
  /** @param {number} n @param {number} t */
  const note = (n, t) => {
    lines.n.push(n);
    lines.t.push(t);
    lines.waiting.push(starts.length);
    most = Math.max(most, starts.length);
  };
  /** Those whose turn has come by then. @param {number} t */
  const leave = (t) => {
    while (starts.length && starts[0].start <= t) {
      const { n, start } = /** @type {{n: number, start: number}} */ (starts.shift());
      note(n, start);
    }
  };
  for (const { n, octets, why } of given) {
    const t = times[n - 1];
    leave(t);
    if (ofCable(why)) losses.push({ n, t, why });
    if (REFUSED.has(why)) continue;
    const start = Math.max(t, free);
    if (start > t) starts.push({ n, start });
    note(n, t);
    waited += start - t;
    free = start + duration(PREAMBLE + octets + FCS) + duration(GAP);
  }
  leave(Infinity);
  return { lines, losses, most, waited };
}

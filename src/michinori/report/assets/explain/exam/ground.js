// @ts-check
// What questions are made of: events with their frames, frames with their values, and packets followed from machine to machine.
import { decodeFrame } from "../decode.js";
import { eventsOf } from "../find.js";
import { frameEventOf } from "../frame_of.js";

/** @typedef {import("../../data.js").Journey} Journey */
/** @typedef {import("../../data.js").Event} Event */
/** @typedef {import("../structures.js").Field} Field */
/** @typedef {{n: number, host: string, number: number, t: number, values: Map<string, any>}} Seen A frame at a machine: its event, its number in that capture, what its headers say */

/**
 * The values of a frame by key: of the outermost header that has it, and of the first record.
 * @param {Journey} journey
 * @param {number} n Event of a frame.
 * @returns {Seen | null}
 */
export function seen(journey, n) {
  const frame = n ? journey.frameOf(n) : null;
  if (!frame) return null;
  const values = new Map();
  const note = (/** @type {Field[]} */ fields) => {
    for (const field of fields) {
      if (!values.has(field.key)) values.set(field.key, field.value);
      note(field.fields ?? []);
    }
  };
  for (const layer of decodeFrame(frame.octets).layers) if (!layer.quoted) note(layer.fields);
  return { n, host: frame.host, number: frame.number, t: frame.t, values };
}

/**
 * The frame of an event of another layer: what carried that segment, query …
 * @param {Journey} journey
 * @param {number} n
 */
export const frameFor = (journey, n) => seen(journey, frameEventOf(journey, n));

/**
 * The handshakes that the browser's machine began, as seen at its own adapter: SYN, SYN/ACK, and the ACK that ends it.
 * @param {Journey} journey
 * @returns {{connection: string, syn: Event, synAck: Event, ack: Event, resent: boolean}[]} `resent`: the SYN was sent more than once
 */
export function handshakes(journey) {
  const host = journey.about.browser_host;
  const syns = new Map(), resent = new Set();
  for (const event of eventsOf(journey, "tcp", "segment-sent", host)) {
    if (event.data.flags !== "SYN") continue;
    if (syns.has(event.connection)) resent.add(event.connection);
    else syns.set(event.connection, event);
  }
  const answers = new Map();
  for (const event of eventsOf(journey, "tcp", "segment-received", host)) {
    if (event.data.flags === "SYN,ACK" && !answers.has(event.connection)) answers.set(event.connection, event);
  }
  const found = [];
  const ended = new Set();
  for (const event of eventsOf(journey, "tcp", "segment-sent", host)) {
    const syn = syns.get(event.connection), synAck = answers.get(event.connection);
    if (!syn || !synAck || ended.has(event.connection) || event.n < synAck.n || event.data.flags === "SYN") continue;
    ended.add(event.connection);
    found.push({ connection: event.connection, syn, synAck, ack: event, resent: resent.has(event.connection) });
  }
  return found;
}

const FAR = 400;

/**
 * The first event that follows from another and passes the test.
 * @param {Journey} journey
 * @param {number} n
 * @param {(n: number) => boolean} test
 * @param {(n: number) => boolean} through Which events to follow on.
 */
function following(journey, n, test, through) {
  const waiting = [n];
  for (let i = 0; i < waiting.length && i < FAR; i += 1) {
    for (const effect of journey.effects(waiting[i])) {
      if (test(effect)) return effect;
      if (through(effect)) waiting.push(effect);
    }
  }
  return 0;
}

/**
 * One packet on its way: each frame that carried it, where it was sent and where it was received.
 * @param {Journey} journey
 * @param {number} n The event of its first frame.
 * @returns {{sent: Seen, received: Seen}[]}
 */
export function hops(journey, n) {
  const { octets, host } = journey.columns;
  const what = (/** @type {number} */ at) => journey.kinds[journey.columns.kind[at - 1]].join(" ");
  const found = [];
  let sent = seen(journey, n);
  const id = sent?.values.get("ip.id"), protocol = sent?.values.get("ip.proto");
  while (sent && found.length < 32) {
    const arrived = following(journey, sent.n, (at) => octets[at - 1] > 0 && what(at) === "link frame-received", (at) => what(at).startsWith("link "));
    const received = seen(journey, arrived);
    if (!received) break;
    found.push({ sent, received });
    const place = host[arrived - 1];
    const carries = (/** @type {number} */ at) => {
      if (!octets[at - 1] || host[at - 1] !== place || what(at) !== "link frame-sent") return false;
      const values = seen(journey, at)?.values;
      return values?.get("ip.id") === id && values?.get("ip.proto") === protocol;
    };
    sent = seen(journey, following(journey, arrived, carries, (at) => host[at - 1] === place));
  }
  return found;
}

/**
 * Whose adapter has that MAC address.
 * @param {Journey} journey
 * @param {string} mac
 * @returns {string | undefined}
 */
export function ownerOf(journey, mac) {
  for (const event of eventsOf(journey, "link", "mac-read")) if (event.data.mac === mac) return event.host;
  return undefined;
}

// @ts-check
// A frame decoded with what only its stream can tell: which chunks a segment holds that begins inside of a chunked body.
import { decodeFrame } from "./decode.js";
import { chunksOfStream } from "./lines.js";
import { loadOf } from "./load.js";
import { kindOf } from "../transfers.js";

/** @typedef {import("../data.js").Journey} Journey */
/** @typedef {import("../data.js").Conversation} Conversation */
/** @typedef {{first: number, pieces: import("./chunks.js").Piece[]}} Stream `first`: the sequence number of its first octet */

/** @type {WeakMap<Journey, Map<string, Stream | null>>} */
const streams = new WeakMap();

/**
 * The frame of an event, with what the stream before it tells about its text.
 * @param {Journey} journey
 * @param {number} n Of an event that has a frame.
 */
export function decodeEvent(journey, n) {
  const frame = /** @type {import("../data.js").Frame} */ (journey.frameOf(n));
  const fcs = frame.fcs ? Uint8Array.of(frame.fcs & 255, (frame.fcs >>> 8) & 255, (frame.fcs >>> 16) & 255, frame.fcs >>> 24) : undefined;
  const alone = decodeFrame(frame.octets, fcs), chunks = chunksIn(journey, n, alone.layers);
  return chunks ? decodeFrame(frame.octets, fcs, chunks) : alone;
}

/**
 * @param {Journey} journey
 * @param {number} n
 * @param {import("./decode.js").Layer[]} layers
 * @returns {import("./chunks.js").Piece[] | undefined} From the segment's first octet of text; undefined if that begins a message, or there are no chunks.
 */
function chunksIn(journey, n, layers) {
  const said = journey.about.conversations[journey.columns.conversation[n - 1] - 1];
  const tcp = layers.find((layer) => layer.key === "tcp" && !layer.quoted);
  if (!said || !tcp || tcp.load === tcp.to) return undefined;
  const stream = streamFrom(journey, said, tcp.values.get("tcp.srcport") === portOf(said.server_end));
  if (!stream?.pieces.length) return undefined;
  const at = (tcp.values.get("tcp.seq_raw") - stream.first) >>> 0, end = at + tcp.to - tcp.load;
  const here = stream.pieces.filter((piece) => piece.from < end && piece.to > at);
  return here.length && here[0].from <= at ? here.map(({ what, from, to }) => ({ what, from: from - at, to: to - at })) : undefined;
}

/** @param {string} end as in "tcp 192.0.2.1:80 198.51.100.7:49152", its own socket first */
const portOf = (end) => Number(end.split(" ")[1].replace(/.*:/, ""));

/** @param {Journey} journey @param {Conversation} said @param {boolean} back whether from the server */
function streamFrom(journey, said, back) {
  /** @type {Map<string, Stream | null>} */
  const known = streams.get(journey) ?? new Map();
  streams.set(journey, known);
  const key = `${said.id} ${back}`;
  if (!known.has(key)) known.set(key, assembled(journey, said, back));
  return known.get(key) ?? null;
}

/**
 * Of a peer in another world there is only what was received.
 * @param {Journey} journey @param {Conversation} said @param {boolean} back @returns {Stream | null}
 */
function assembled(journey, said, back) {
  const [from, to] = back ? [said.server, said.client] : [said.client, said.server];
  const segments = [...segmentsOf(journey, said.id, "segment-sent", from)];
  if (!segments.length) segments.push(...segmentsOf(journey, said.id, "segment-received", to));
  if (!segments.length) return null;
  const stream = new Uint8Array(segments.reduce((size, { data }) => Math.max(size, data.rel_seq - 1 + data.len), 0));
  for (const { n, data } of segments) stream.set(loadOf(journey, n).subarray(0, data.len), data.rel_seq - 1);
  return { first: segments[0].data.seq - segments[0].data.rel_seq + 1, pieces: chunksOfStream(stream) };
}

/** @param {Journey} journey @param {number} conversation @param {string} what @param {string} host */
function* segmentsOf(journey, conversation, what, host) {
  const kind = kindOf(journey, "tcp", what), at = journey.hosts.indexOf(host);
  const { kind: kinds, conversation: conversations, host: hosts } = journey.columns;
  for (let row = 0; row < journey.size; row++) {
    if (kinds[row] !== kind || conversations[row] !== conversation || hosts[row] !== at) continue;
    const data = journey.dataOf(row + 1);
    if (data.len && data.rel_seq) yield { n: row + 1, data };
  }
}

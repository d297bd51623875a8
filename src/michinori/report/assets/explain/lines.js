// HTTP heads: lines of text, taken apart where they stand.
import { chunkFields, piecesOf } from "./chunks.js";
import { text } from "./display.js";
import { makeField } from "./structures.js";
import {
  HEADER_FIELDS, STATUS_CLASSES, body, emptyLine, headerLine, headerParts, requestLine, requestParts, statusLine, statusParts,
} from "./tables/http.js";

/** @typedef {import("./structures.js").Field} Field */
/** @typedef {import("./chunks.js").Piece} Piece */

const REQUEST = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ \S+ HTTP\/\d\.\d$/;
const STATUS = /^HTTP\/\d\.\d \d{3}( |$)/;

/**
 * Whether an HTTP/1 message begins there.
 * @param {Uint8Array} octets
 * @param {number} at
 * @param {number} end
 */
export function beginsMessage(octets, at, end) {
  const stop = lineEnd(octets, at, Math.min(end, at + 8192));
  const line = text(octets.subarray(at, stop.end));
  return REQUEST.test(line) || STATUS.test(line);
}

/**
 * @param {Uint8Array} octets
 * @param {number} at
 * @param {number} end
 * @returns {{end: number, next: number}} Where the line ends, and where the next one begins.
 */
function lineEnd(octets, at, end) {
  let stop = at;
  while (stop < end && octets[stop] !== 0x0a) stop += 1;
  const next = Math.min(stop + 1, end);
  return { end: stop > at && octets[stop - 1] === 0x0d ? stop - 1 : stop, next };
}

const values = new Map();

/**
 * @param {any} spec
 * @param {number} from
 * @param {number} to
 * @param {Uint8Array} octets
 */
function textField(spec, from, to, octets) {
  return makeField(spec, from * 8, (to - from) * 8, text(octets.subarray(from, to)), values);
}

/**
 * The first line, split at its first two spaces.
 * @param {Uint8Array} octets
 * @param {number} at
 * @param {{end: number, next: number}} line
 */
function firstLine(octets, at, line) {
  const isStatus = STATUS.test(text(octets.subarray(at, line.end)));
  const whole = textField(isStatus ? statusLine : requestLine, at, line.next, octets);
  whole.text = whole.text.trimEnd();
  const one = octets.indexOf(0x20, at);
  const two = octets.indexOf(0x20, one + 1);
  const second = two < 0 || two > line.end ? line.end : two;
  const third = Math.min(second + 1, line.end);
  const [first, middle, last] = isStatus ? statusParts : requestParts;
  whole.fields = [textField(first, at, one, octets), textField(middle, one + 1, second, octets), textField(last, third, line.end, octets)];
  if (isStatus && !whole.fields[1].note) {
    const kind = /** @type {any} */ (STATUS_CLASSES)[String(whole.fields[1].value)[0]];
    if (kind) whole.fields[1].note = kind;
  }
  return whole;
}

/**
 * @param {Uint8Array} octets
 * @param {number} at
 * @param {{end: number, next: number}} line
 */
function fieldLine(octets, at, line) {
  const whole = textField(headerLine, at, line.next, octets);
  whole.text = whole.text.trimEnd();
  const colon = octets.indexOf(0x3a, at);
  if (colon < 0 || colon >= line.end) return whole;
  let from = colon + 1;
  while (from < line.end && (octets[from] === 0x20 || octets[from] === 0x09)) from += 1;
  const name = textField(headerParts[0], at, colon, octets);
  const known = /** @type {any} */ (HEADER_FIELDS)[String(name.value).toLowerCase()];
  if (known) {
    whole.meaning = { ja: known[0], en: known[1] };
    whole.source = known[2];
  }
  whole.label = { ja: String(name.value), en: String(name.value) };
  whole.fields = [name, textField(headerParts[1], from, line.end, octets)];
  whole.text = String(whole.fields[1].value);
  return whole;
}

/**
 * The lines of a head, with the empty one if it is there.
 * @param {Uint8Array} octets
 * @param {number} at
 * @param {number} end
 * @returns {{fields: Field[], next: number}}
 */
function readHead(octets, at, end) {
  let line = lineEnd(octets, at, end);
  const fields = [firstLine(octets, at, line)];
  let next = line.next;
  while (next < end) {
    line = lineEnd(octets, next, end);
    const empty = line.end === next;
    fields.push(empty ? { ...textField(emptyLine, next, line.next, octets), text: "CR LF" } : fieldLine(octets, next, line));
    next = line.next;
    if (empty) break;
  }
  return { fields, next };
}

/**
 * How the end of a body is found (RFC 9112 section 6.3), but for what only the request tells: whether it was HEAD or CONNECT.
 * @param {Field[]} head
 * @returns {{chunked: boolean, length: number}} Infinity: to the end of the connection.
 */
function framingOf(head) {
  const valueOf = (/** @type {string} */ name) => head.findLast((field) => field.label.en.toLowerCase() === name)?.text;
  const code = head[0].fields?.find((part) => part.key === "http.response.code")?.text;
  if (code && /^(1..|204|304)$/.test(code)) return { chunked: false, length: 0 };
  if (/(^|,)[ \t]*chunked$/i.test(valueOf("transfer-encoding") ?? "")) return { chunked: true, length: Infinity };
  return { chunked: false, length: Number(valueOf("content-length") ?? (code ? Infinity : 0)) };
}

/**
 * The fields of an HTTP message that begins there, as far as this segment holds it, and of what follows.
 * @param {Uint8Array} octets
 * @param {number} at
 * @param {number} end
 * @returns {Field[]}
 */
export function readMessage(octets, at, end) {
  const { fields, next } = readHead(octets, at, end);
  if (next >= end) return fields;
  const { chunked } = framingOf(fields);
  if (chunked) return [...fields, ...readChunks(octets, piecesOf(octets, next, end), next, end)];
  return [...fields, makeField(body, next * 8, (end - next) * 8, octets.subarray(next, end), values)];
}

/**
 * The fields of a chunked body that goes on there, and of a message behind it.
 * @param {Uint8Array} octets
 * @param {Iterable<Piece>} pieces
 * @param {number} at
 * @param {number} end
 * @returns {Field[]}
 */
export function readChunks(octets, pieces, at, end) {
  const { fields, next } = chunkFields(octets, pieces, at, end, (from, to) => fieldLine(octets, from, lineEnd(octets, from, to)));
  if (next >= end) return fields;
  if (beginsMessage(octets, next, end)) return [...fields, ...readMessage(octets, next, end)];
  return [...fields, makeField(body, next * 8, (end - next) * 8, octets.subarray(next, end), values)];
}

/**
 * Where chunks are in a stream that carries one HTTP message behind the other.
 * @param {Uint8Array} stream
 * @returns {Piece[]}
 */
export function chunksOfStream(stream) {
  /** @type {Piece[]} */
  const found = [];
  for (let at = 0; at < stream.length && beginsMessage(stream, at, stream.length);) {
    const { fields, next } = readHead(stream, at, stream.length);
    const { chunked, length } = framingOf(fields);
    const pieces = chunked ? [...piecesOf(stream, next, stream.length)] : [];
    found.push(...pieces);
    at = chunked ? (pieces.at(-1)?.to ?? Infinity) : next + length;
  }
  return found;
}

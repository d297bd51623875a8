// Chunked bodies (RFC 9112 section 7.1): where their pieces are, in a stream or in what one segment holds of it.
import { text } from "./display.js";
import { makeField } from "./structures.js";
import { chunk, chunkBoundary, chunkData, chunkExtension, chunkLine, chunkSize, trailerEnd } from "./tables/http.js";

/** @typedef {import("./structures.js").Field} Field */
/** @typedef {{what: "size" | "data" | "boundary" | "trailer" | "end", from: number, to: number}} Piece `to` may lie behind what is there */

const SIZE = /^[0-9A-Fa-f]{1,12}(?=[ \t]*(;|$))/;
const LINE_END = 2;

/**
 * @param {Uint8Array} octets
 * @param {number} at
 * @param {number} end
 * @returns {number} Where the next line begins; behind the end if this one has none.
 */
function nextLine(octets, at, end) {
  const feed = octets.subarray(at, end).indexOf(0x0a);
  return feed < 0 ? Infinity : at + feed + 1;
}

/**
 * The pieces of a body that begins there, as far as its octets go; what is no chunk ends it.
 * @param {Uint8Array} octets
 * @param {number} at
 * @param {number} end
 * @returns {Generator<Piece>}
 */
export function* piecesOf(octets, at, end) {
  let from = at;
  while (from < end) {
    const next = nextLine(octets, from, end);
    const size = SIZE.exec(text(octets.subarray(from, Math.min(next, end))).trimEnd());
    if (!size) return;
    yield { what: "size", from, to: next };
    const length = parseInt(size[0], 16), behind = next + length;
    if (length === 0) {
      yield* trailersOf(octets, next, end);
      return;
    }
    if (next < end) yield { what: "data", from: next, to: behind };
    if (behind < end) yield { what: "boundary", from: behind, to: behind + LINE_END };
    from = behind + LINE_END;
  }
}

/**
 * @param {Uint8Array} octets
 * @param {number} at
 * @param {number} end
 * @returns {Generator<Piece>}
 */
function* trailersOf(octets, at, end) {
  let from = at;
  while (from < end) {
    const next = nextLine(octets, from, end);
    const empty = next - from <= LINE_END;
    yield { what: empty ? "end" : "trailer", from, to: next };
    if (empty) return;
    from = next;
  }
}

/**
 * The fields of pieces, chunk by chunk; of those that began in a segment before or end in a later one, what is here.
 * @param {Uint8Array} octets
 * @param {Iterable<Piece>} pieces
 * @param {number} at First octet that is here.
 * @param {number} end
 * @param {(at: number, end: number) => Field} headerLine Reads a trailer, which looks as a header field does.
 * @returns {{fields: Field[], next: number}}
 */
export function chunkFields(octets, pieces, at, end, headerLine) {
  /** @type {Field[]} */
  const fields = [];
  /** @type {Field[]} */
  let parts = [];
  let next = at;
  const close = () => {
    if (!parts.length) return;
    const from = parts[0].bit / 8;
    fields.push({ ...made(chunk, from, next, octets), text: "", fields: parts });
    parts = [];
  };
  for (const piece of pieces) {
    const from = Math.max(piece.from, at), to = Math.min(piece.to, end);
    if (from >= to) continue;
    if (piece.what === "size" || piece.what === "trailer" || piece.what === "end") close();
    next = to;
    if (piece.what === "size") parts.push(sizeLine(octets, from, to, from === piece.from && to === piece.to));
    else if (piece.what === "data") parts.push(made(chunkData, from, to, octets));
    else if (piece.what === "boundary") parts.push({ ...made(chunkBoundary, from, to, octets), text: "CR LF" });
    else if (piece.what === "trailer") fields.push(headerLine(from, to));
    else fields.push({ ...made(trailerEnd, from, to, octets), text: "CR LF" });
  }
  close();
  return { fields, next };
}

const values = new Map();

/**
 * @param {any} spec
 * @param {number} from
 * @param {number} to
 * @param {Uint8Array} octets
 */
const made = (spec, from, to, octets) => makeField(spec, from * 8, (to - from) * 8, octets.subarray(from, to), values);

/**
 * @param {Uint8Array} octets
 * @param {number} from
 * @param {number} to
 * @param {boolean} whole
 */
function sizeLine(octets, from, to, whole) {
  const line = { ...made(chunkLine, from, to, octets), text: text(octets.subarray(from, to)).trimEnd() };
  const size = whole && SIZE.exec(line.text);
  if (!size) return line;
  const digits = size[0].length, read = parseInt(size[0], 16);
  const sized = makeField(chunkSize, from * 8, digits * 8, read, values);
  sized.text = `${size[0]} (16) = ${read}`;
  line.fields = [sized];
  const stop = from + line.text.length;
  if (stop > from + digits) line.fields.push(makeField(chunkExtension, (from + digits) * 8, (stop - from - digits) * 8, text(octets.subarray(from + digits, stop)), values));
  return line;
}

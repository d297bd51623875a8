// The structures that tables are written in, read with a cursor: fields, groups of bits, options, repetitions, choices.
import { Short, bitsAt, domainName } from "./cursor.js";
import { ipv4, ipv6, mac, show, text } from "./display.js";

/** @typedef {import("./tables/field.js").Words} Words */
/** @typedef {import("./tables/field.js").FieldSpec} FieldSpec */
/** @typedef {import("./cursor.js").Cursor} Cursor */

/**
 * A field with its value.
 * @typedef {object} Field
 * @property {string} key
 * @property {string} name
 * @property {Words} label
 * @property {Words} meaning
 * @property {string} source
 * @property {Words} [read]
 * @property {Record<string, Words>} [codes] What its values stand for.
 * @property {number} bit Where it begins, in bits from the first octet that was decoded.
 * @property {number} bits
 * @property {number | string | Uint8Array} value
 * @property {number} [amount] The value times its unit, in octets.
 * @property {string} text The value as it is written.
 * @property {Words | null} note What the value stands for.
 * @property {boolean} [fits] Of checksums: whether it is right; absent where nobody can tell.
 * @property {Field[]} [fields] Its parts.
 */

/**
 * What reading a header leaves: its values by key (the last one where a key comes again).
 * @typedef {Map<string, any>} Values
 */

/**
 * @param {any} spec
 * @param {number} bit
 * @param {number} bits
 * @param {number | string | Uint8Array} value
 * @param {Values} values
 * @returns {Field}
 */
export function makeField(spec, bit, bits, value, values) {
  /** @type {Field} */
  const made = {
    key: spec.key, name: spec.name, label: spec.label, meaning: spec.meaning, source: spec.source,
    bit, bits, value, text: show(spec, value), note: null,
  };
  if (spec.codes) {
    const codes = wordsOf(spec.codes);
    made.note = codes[spec.codesBy ? `${values.get(spec.codesBy)}/${value}` : String(value)] ?? null;
    if (!spec.codesBy) made.codes = codes;
  }
  if (spec.read) made.read = spec.read;
  if (spec.unit) made.amount = /** @type {number} */ (value) * spec.unit;
  return made;
}

/** @type {WeakMap<object, Record<string, Words>>} */
const worded = new WeakMap();

/**
 * Codes with both languages each, made once for a table.
 * @param {Record<string, string | Words>} codes
 */
function wordsOf(codes) {
  let found = worded.get(codes);
  if (!found) {
    found = Object.fromEntries(Object.entries(codes).map(([value, text]) => [value, typeof text === "string" ? { ja: text, en: text } : text]));
    worded.set(codes, found);
  }
  return found;
}

const WHOLE = { mac, ipv4, ipv6, text, octets: (/** @type {Uint8Array} */ octets) => octets };

/**
 * @param {FieldSpec} spec
 * @param {Cursor} cursor
 * @param {Values} values
 */
function readValue(spec, cursor, values) {
  if (spec.kind === "name") return domainName(cursor);
  const whole = /** @type {any} */ (WHOLE)[spec.kind];
  if (!whole) return cursor.number(/** @type {number} */ (spec.bits));
  if (spec.rest) return whole(cursor.take(cursor.left >> 3));
  return whole(cursor.take(spec.length ? values.get(spec.length) : /** @type {number} */ (spec.bits) >> 3));
}

/**
 * @param {any} spec
 * @param {Cursor} cursor
 * @param {Values} values
 * @returns {Field}
 */
function readField(spec, cursor, values) {
  const bit = cursor.bit;
  const value = readValue(spec, cursor, values);
  values.set(spec.key, value);
  const made = makeField(spec, bit, cursor.bit - bit, value, values);
  const inside = (/** @type {any} */ part, /** @type {number} */ at) => makeField(part, at, part.bits, bitsAt(cursor.octets, at, part.bits), values);
  if (spec.parts) made.fields = spec.parts.map((/** @type {any} */ part) => inside(part, bit + part.at));
  if (spec.fields) {
    let at = bit;
    made.fields = spec.fields.map((/** @type {any} */ part) => {
      const child = inside(part, at);
      at += part.bits;
      values.set(part.key, child.value);
      return child;
    });
  }
  return made;
}

/**
 * A list of options: kind, length, body. Which kinds are bare of length and body, which is the last of all, and what the
 * length counts differs from protocol to protocol.
 * @param {Field[]} found
 * @param {any} table
 * @param {Cursor} cursor
 * @param {Values} values
 */
function readOptions(found, table, cursor, values) {
  while (cursor.left > 0) {
    const bit = cursor.bit;
    const kind = readField(table.kind, cursor, values);
    const spec = table.of[/** @type {number} */ (kind.value)] ?? table.unknown;
    const parts = [kind];
    if (!table.bare.includes(kind.value)) {
      const length = readField(table.length, cursor, values);
      const body = cursor.fence(table.body(length.value));
      parts.push(length);
      readInto(parts, spec.fields ?? [], body, values);
    }
    found.push(group(spec, bit, cursor, parts, values));
    if (kind.value === table.last) break;
  }
}

/**
 * @param {any} spec
 * @param {number} bit
 * @param {Cursor} cursor
 * @param {Field[]} parts
 * @param {Values} values
 */
function group(spec, bit, cursor, parts, values) {
  const made = makeField(spec, bit, cursor.bit - bit, cursor.octets.subarray(bit >> 3, cursor.at), values);
  made.text = "";
  made.fields = parts;
  return made;
}

/**
 * Reads fields and structures, appending to `out` as it goes, so that what was read before something was short stays.
 *
 * A structure is one of `options` (in so many `octets`, or to the end), a `choice` among `of`, fields `within` so many octets,
 * and fields that `repeat` so many times or to the "end", as a `group` or `each` as one. A number is the key of a field that holds it,
 * or a function of the values.
 * @param {Field[]} out
 * @param {any[]} specs
 * @param {Cursor} cursor
 * @param {Values} values
 */
export function readInto(out, specs, cursor, values) {
  for (const spec of specs) {
    if (spec.key) out.push(readField(spec, cursor, values));
    else if (spec.options) optionsInto(out, spec, cursor, values);
    else if (spec.choice) readInto(out, spec.of[valueOf(spec.choice, values, cursor)] ?? spec.otherwise, cursor, values);
    else if (spec.within) withinInto(out, spec, cursor, values);
    else if (spec.repeat) repeatInto(out, spec, cursor, values);
  }
}

/**
 * @param {string | ((values: Values, cursor: Cursor) => any)} key
 * @param {Values} values
 * @param {Cursor} cursor
 */
const valueOf = (key, values, cursor) => (typeof key === "function" ? key(values, cursor) : values.get(key));

/**
 * @param {Field[]} out
 * @param {any} spec
 * @param {Cursor} cursor
 * @param {Values} values
 */
function optionsInto(out, spec, cursor, values) {
  const octets = spec.octets ? spec.octets(values) : cursor.left >> 3;
  if (octets === 0) return;
  const parts = spec.group ? [] : out, bit = cursor.bit;
  try {
    readOptions(parts, spec.options, cursor.fence(octets), values);
  } finally {
    if (spec.group && parts.length) out.push(group(spec.group, bit, cursor, parts, values));
  }
}

/**
 * Of what is announced but not all there, as much as there is.
 * @param {Field[]} out
 * @param {any} spec
 * @param {Cursor} cursor
 * @param {Values} values
 */
function withinInto(out, spec, cursor, values) {
  const octets = valueOf(spec.within, values, cursor), there = cursor.left >> 3;
  const parts = spec.group ? [] : out, bit = cursor.bit;
  try {
    readInto(parts, spec.fields, cursor.fence(Math.min(octets, there)), values);
  } finally {
    if (spec.group && parts.length) out.push(group(spec.group, bit, cursor, parts, values));
  }
  if (octets > there) throw new Short();
}

/**
 * @param {Field[]} out
 * @param {any} spec
 * @param {Cursor} cursor
 * @param {Values} values
 */
function repeatInto(out, spec, cursor, values) {
  const parts = spec.group ? [] : out, bit = cursor.bit;
  const times = spec.repeat === "end" ? Infinity : valueOf(spec.repeat, values, cursor);
  try {
    for (let i = 0; i < times && (cursor.left > 0 || times < Infinity); i += 1) onceInto(parts, spec, cursor, values);
  } finally {
    if (spec.group && parts.length) out.push(group(spec.group, bit, cursor, parts, values));
  }
}

/**
 * @param {Field[]} out
 * @param {any} spec
 * @param {Cursor} cursor
 * @param {Values} values
 */
function onceInto(out, spec, cursor, values) {
  if (!spec.each) {
    readInto(out, spec.fields, cursor, values);
    return;
  }
  /** @type {Field[]} */
  const parts = [];
  const bit = cursor.bit;
  try {
    readInto(parts, spec.fields, cursor, values);
  } finally {
    if (parts.length) out.push(group(spec.each, bit, cursor, parts, values));
  }
}

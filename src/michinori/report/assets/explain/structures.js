// The structures that tables are written in, read with a cursor: fields, groups of bits, options, repetitions, choices.
import { bitsAt, domainName } from "./cursor.js";
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
 * A list of options: kind, length, body; two kinds have neither length nor body (IPv4 and TCP alike).
 * @param {any} table
 * @param {Cursor} cursor
 * @param {Values} values
 */
function readOptions(table, cursor, values) {
  /** @type {Field[]} */
  const found = [];
  while (cursor.left > 0) {
    const bit = cursor.bit;
    const kind = readField(table.kind, cursor, values);
    const spec = table.of[/** @type {number} */ (kind.value)] ?? table.unknown;
    const parts = [kind];
    if (/** @type {number} */ (kind.value) > 1) {
      const length = readField(table.length, cursor, values);
      const body = cursor.fence(/** @type {number} */ (length.value) - 2);
      parts.push(length);
      readInto(parts, spec.fields ?? [], body, values);
    }
    found.push(group(spec, bit, cursor, parts, values));
    if (kind.value === 0) break;
  }
  return found;
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
 * @param {Field[]} out
 * @param {any[]} specs
 * @param {Cursor} cursor
 * @param {Values} values
 */
export function readInto(out, specs, cursor, values) {
  for (const spec of specs) {
    if (spec.key) out.push(readField(spec, cursor, values));
    else if (spec.options) optionsInto(out, spec, cursor, values);
    else if (spec.choice) readInto(out, spec.of[values.get(spec.choice)] ?? spec.otherwise, cursor, values);
    else if (spec.within) readInto(out, spec.fields, cursor.fence(values.get(spec.within)), values);
    else if (spec.repeat) repeatInto(out, spec, cursor, values);
  }
}

/**
 * @param {Field[]} out
 * @param {any} spec
 * @param {Cursor} cursor
 * @param {Values} values
 */
function optionsInto(out, spec, cursor, values) {
  const octets = values.get(spec.ends) * 4 - (cursor.at - cursor.origin);
  if (octets === 0) return;
  const bit = cursor.bit;
  const inside = cursor.fence(octets);
  out.push(group(spec.group, bit, cursor, readOptions(spec.options, inside, values), values));
}

/**
 * @param {Field[]} out
 * @param {any} spec
 * @param {Cursor} cursor
 * @param {Values} values
 */
function repeatInto(out, spec, cursor, values) {
  const parts = spec.group ? [] : out;
  const bit = cursor.bit;
  const times = spec.repeat === "end" ? Infinity : values.get(spec.repeat);
  for (let i = 0; i < times && cursor.left > 0; i += 1) readInto(parts, spec.fields, cursor, values);
  if (spec.group && parts.length) out.push(group(spec.group, bit, cursor, parts, values));
}

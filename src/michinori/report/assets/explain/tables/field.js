// The notation of the tables: a header is a list of fields in the order of the wire, written once and read by decode.js.
//
// Keys are the names that Wireshark's display filters use, where Wireshark has one: whoever learns them here can type them there.

/**
 * @typedef {{ja: string, en: string}} Words
 */

/**
 * @typedef {object} FieldSpec
 * @property {string} key Wireshark's name of the field.
 * @property {number} [bits] Width; absent when `length`, `kind` or the rest of the header says it.
 * @property {string} kind How to show the value: uint hex flag mac ipv4 ipv6 octets text name bits.
 * @property {string} name The standard's name of the field.
 * @property {Words} label What stands beside the value: the examination's term, the standard's name.
 * @property {Words} meaning What the field is for, in one sentence.
 * @property {string} source Where it is defined.
 * @property {Record<number|string, string|Words>} [codes] What the values mean.
 * @property {Words} [read] How to read the value: units, arithmetic.
 * @property {number} [unit] The value counts so many octets (header lengths: 4, fragment offsets: 8).
 * @property {string} [length] Key of the field that gives the length in octets.
 * @property {boolean} [rest] Reaches to the end of its header.
 * @property {FieldSpec[]} [fields] What it is made of, for groups of bits.
 */

/**
 * @typedef {object} HeaderSpec
 * @property {string} key
 * @property {string} name
 * @property {Words} label
 * @property {Words} unit What a message of this layer is called (frame, packet, segment …).
 * @property {number} osi Layer of the OSI basic reference model.
 * @property {Words} meaning
 * @property {string} source
 * @property {any[]} fields Fields, and the structures that structures.js knows: options, choice, within, repeat.
 */

/**
 * One field of a table.
 * @param {string} key
 * @param {number | undefined} bits
 * @param {string} kind
 * @param {string} name
 * @param {string} ja
 * @param {string} meaningJa
 * @param {string} meaningEn
 * @param {string} source
 * @param {object} [more]
 * @returns {FieldSpec}
 */
export function field(key, bits, kind, name, ja, meaningJa, meaningEn, source, more = {}) {
  return { key, bits, kind, name, label: { ja, en: name }, meaning: { ja: meaningJa, en: meaningEn }, source, ...more };
}

/**
 * Both languages of a sentence.
 * @param {string} ja
 * @param {string} en
 * @returns {Words}
 */
export const words = (ja, en) => ({ ja, en });

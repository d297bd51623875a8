// How values are written: as people who work with networks write them.

/** @param {Uint8Array} octets */
export const hex = (octets) => Array.from(octets, (octet) => octet.toString(16).padStart(2, "0"));

/** @param {Uint8Array} octets */
export const mac = (octets) => hex(octets).join(":");

/** @param {Uint8Array} octets */
export const ipv4 = (octets) => octets.join(".");

/**
 * RFC 5952: no leading zeros, the longest run of zeros left out.
 * @param {Uint8Array} octets
 */
export function ipv6(octets) {
  const groups = Array.from({ length: 8 }, (_, i) => (octets[2 * i] << 8) | octets[2 * i + 1]);
  let best = { at: 0, size: 1 };
  for (let at = 0; at < 8; at += 1) {
    let size = 0;
    while (at + size < 8 && groups[at + size] === 0) size += 1;
    if (size > best.size) best = { at, size };
  }
  const part = (/** @type {number[]} */ some) => some.map((group) => group.toString(16)).join(":");
  if (best.size === 1) return part(groups);
  return `${part(groups.slice(0, best.at))}::${part(groups.slice(best.at + best.size))}`;
}

/**
 * Text of the wire: UTF-8 where it is, escapes where it is not.
 * @param {Uint8Array} octets
 */
export function text(octets) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(octets);
  } catch {
    return new TextDecoder("latin1").decode(octets);
  }
}

const MOST_OCTETS = 24;

/**
 * The value of a field as text.
 * @param {{kind: string, bits?: number, unit?: number, power?: boolean}} spec
 * @param {number | string | Uint8Array} value
 */
export function show(spec, value) {
  if (value instanceof Uint8Array) {
    const shown = hex(value.subarray(0, MOST_OCTETS)).join(" ");
    return value.length > MOST_OCTETS ? `${shown} …` : shown;
  }
  if (typeof value === "string") return value;
  if (spec.kind === "hex") return `0x${value.toString(16).padStart(Math.ceil((spec.bits ?? 8) / 4), "0")}`;
  if (spec.kind === "bits") return value.toString(2).padStart(spec.bits ?? 1, "0");
  if (spec.unit) return `${value} × ${spec.unit} = ${value * spec.unit}`;
  if (spec.power) return `${value} (×${2 ** value})`;
  return String(value);
}

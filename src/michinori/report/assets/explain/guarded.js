// Whether checksums are right, where the whole of what they guard is here.
import { onesSum, pseudoSum } from "./checksums.js";

/** @typedef {import("./decode.js").Layer} Layer */

const RIGHT = 0xffff;
const PROTOCOLS = new Map([["tcp", 6], ["udp", 17], ["icmpv6", 58]]);

/**
 * Marks the checksum of the last layer as right or wrong; of a fragment nobody can tell.
 * @param {Layer} layer
 * @param {Uint8Array} octets
 * @param {Layer[]} layers
 */
export function checkSums(layer, octets, layers) {
  const field = layer.fields.find((one) => one.key === `${layer.key}.checksum`);
  if (!field) return;
  if (layer.key === "ip") {
    field.fits = onesSum(octets.subarray(layer.from, layer.load)) === RIGHT;
    return;
  }
  const at = layers.findLastIndex((one) => one.key === "ip" || one.key === "ipv6");
  const ip = layers[at], between = layers.slice(at + 1);
  if (!ip || isFragment(ip, between) || goesOn(between)) return;
  const here = octets.subarray(layer.from, layer.to);
  if (layer.key === "icmp") field.fits = onesSum(here) === RIGHT;
  // Over IPv4 nothing was summed; over IPv6 that is not allowed (RFC 8200 section 8.1).
  else if (layer.key === "udp" && field.value === 0) field.fits = ip.key === "ipv6" ? false : undefined;
  else field.fits = onesSum(here, pseudoSum(addressesOf(ip, octets), Number(PROTOCOLS.get(layer.key)), here.length)) === RIGHT;
}

/**
 * @param {Layer} ip
 * @param {Uint8Array} octets
 */
const addressesOf = ({ key, from }, octets) => (key === "ip" ? octets.subarray(from + 12, from + 20) : octets.subarray(from + 8, from + 40));

/**
 * @param {Layer} ip
 * @param {Layer[]} between
 */
function isFragment(ip, between) {
  if (ip.key === "ip") return Boolean(ip.values.get("ip.flags.mf") || ip.values.get("ip.frag_offset"));
  return between.some(({ values }) => values.get("ipv6.fraghdr.more") || values.get("ipv6.fraghdr.offset"));
}

/**
 * Whether the packet is on its way to another destination first: the sum is over the last one (RFC 8200 section 8.1).
 * @param {Layer[]} between
 */
const goesOn = (between) => between.some(({ values }) => values.get("ipv6.routing.segleft"));

// What a header carries: the key of the layer that follows, by the numbers in the header or, over TCP, by the first octets.
import { beginsMessage } from "./lines.js";

/** @typedef {import("./decode.js").Layer} Layer */

const BY_TYPE = new Map([[0x0800, "ip"], [0x0806, "arp"], [0x8100, "vlan"], [0x86dd, "ipv6"], [0x88a8, "vlan"]]);
/** Of both versions of IP, but for those of one alone. */
const BY_PROTOCOL = new Map([[4, "ip"], [6, "tcp"], [17, "udp"], [41, "ipv6"], [50, "esp"], [51, "ah"]]);
const IPV4_ALONE = new Map([[1, "icmp"]]);
const IPV6_ALONE = new Map([[0, "ipv6.hopopts"], [43, "ipv6.routing"], [44, "ipv6.fraghdr"], [58, "icmpv6"], [60, "ipv6.dstopts"]]);
/** Behind a header that stands in packets of both versions. */
const EITHER_ALONE = new Map([...IPV4_ALONE, ...IPV6_ALONE]);
/** Where the headers of IPv6 say what follows. */
const NEXT = new Map([
  ["ipv6", "ipv6.nxt"], ["ipv6.hopopts", "ipv6.hopopts.nxt"], ["ipv6.routing", "ipv6.routing.nxt"], ["ipv6.fraghdr", "ipv6.fraghdr.nxt"], ["ipv6.dstopts", "ipv6.dstopts.nxt"], ["ah", "ah.next_header"],
]);
const DNS_PORT = 53;
/** ICMP errors quote the packet that they are about (RFC 1122 section 3.2.2). */
const QUOTING = new Set([3, 4, 5, 11, 12]);
/** Of ICMPv6 all errors do (RFC 4443 section 2.4 c), and a redirect may (RFC 4861 section 4.5). */
const QUOTING_V6 = new Set([1, 2, 3, 4, 137]);

/**
 * @param {Layer} layer
 * @param {Uint8Array} octets
 * @returns {string | null} Null where nothing follows.
 */
export function nextKey(layer, octets) {
  const { key, values } = layer;
  const next = NEXT.get(key);
  if (next) return values.get("ipv6.fraghdr.offset") ? "data" : byProtocol(values.get(next), key === "ah" ? EITHER_ALONE : IPV6_ALONE);
  switch (key) {
    case "eth": return BY_TYPE.get(values.get("eth.type")) ?? "data";
    case "vlan": return BY_TYPE.get(values.get("vlan.etype")) ?? "data";
    case "ip": return values.get("ip.frag_offset") ? "data" : byProtocol(values.get("ip.proto"), IPV4_ALONE);
    case "icmp": return QUOTING.has(values.get("icmp.type")) ? "ip" : null;
    case "icmpv6": return QUOTING_V6.has(values.get("icmpv6.type")) ? "ipv6" : null;
    case "udp": return usesPort(values, "udp", DNS_PORT) ? "dns" : "data";
    case "tcp": return overTcp(layer, octets);
    default: return null;
  }
}

/**
 * @param {number} protocol
 * @param {Map<number, string>} alone
 */
const byProtocol = (protocol, alone) => alone.get(protocol) ?? BY_PROTOCOL.get(protocol) ?? "data";

/**
 * @param {Map<string, any>} values
 * @param {string} protocol
 * @param {number} port
 */
const usesPort = (values, protocol, port) => values.get(`${protocol}.srcport`) === port || values.get(`${protocol}.dstport`) === port;

/**
 * A segment says nothing about what it carries: its first octets do, if a message begins with it.
 * @param {Layer} layer
 * @param {Uint8Array} octets
 */
function overTcp(layer, octets) {
  const { load, to, values } = layer;
  if (usesPort(values, "tcp", DNS_PORT) && to - load > 2) return ((octets[load] << 8) | octets[load + 1]) === to - load - 2 ? "dns" : "data";
  if (beginsMessage(octets, load, to)) return "http";
  if (to - load > 5 && octets[load] >= 20 && octets[load] <= 23 && octets[load + 1] === 3 && octets[load + 2] <= 4) return "tls";
  return "data";
}

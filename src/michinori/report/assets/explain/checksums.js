// The sums that guard headers, computed anew: the Internet checksum (RFC 1071) and Ethernet's CRC-32 (IEEE 802.3 clause 3.2.9).

const CRC = new Uint32Array(256);
for (let octet = 0; octet < 256; octet += 1) {
  let rest = octet;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  CRC[octet] = rest;
}

/**
 * The frame check sequence in the order of the wire.
 * @param {Uint8Array} frame
 */
export function frameCheckSequence(frame) {
  let rest = 0xffffffff;
  for (const octet of frame) rest = CRC[(rest ^ octet) & 0xff] ^ (rest >>> 8);
  rest = ~rest >>> 0;
  return Uint8Array.of(rest & 0xff, (rest >>> 8) & 0xff, (rest >>> 16) & 0xff, rest >>> 24);
}

/**
 * The one's complement sum of 16-bit words; 0xffff when a checksum inside is right.
 * @param {Uint8Array} octets
 * @param {number} [start]
 */
export function onesSum(octets, start = 0) {
  let sum = start;
  for (let i = 0; i < octets.length; i += 2) sum += (octets[i] << 8) | (octets[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/**
 * The sum over the pseudo-header (RFC 9293 section 3.1, RFC 768; of IPv6, RFC 8200 section 8.1).
 * @param {Uint8Array} addresses Source and destination, as they stand in the IP header.
 * @param {number} protocol
 * @param {number} length Of what the protocol carries, its header included.
 */
export function pseudoSum(addresses, protocol, length) {
  return onesSum(addresses, protocol + length);
}

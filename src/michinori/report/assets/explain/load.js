// @ts-check
// What a segment or datagram carried, from the octets of its frames.
import { joined } from "../joined.js";
import { firstFrames } from "../transfers.js";
import { decodeFrame } from "./decode.js";

/** @typedef {import("../data.js").Journey} Journey */

const CARRIED = new Set(["tcp", "udp"]);

/**
 * What a segment or datagram carries, as it left, with the padding of a short frame; put together again if it left in
 * fragments.
 * @param {Journey} journey @param {number} n of the `segment-sent`, `segment-received`, `sent` or `received`
 */
export function loadOf(journey, n) {
  const left = framesOf(journey, n);
  if (left.length === 1) return journey.payloadOfFrame(journey.columns.octets[left[0] - 1]);
  const parts = left.map((sent) => decodeFrame(journey.frameOf(sent)?.octets ?? new Uint8Array()));
  const pieces = [];
  for (const { octets, layers } of parts) {
    const ip = layers.find((layer) => layer.key === "ip"), carried = layers.find((layer) => CARRIED.has(layer.key));
    const inner = carried ?? ip;
    if (inner) pieces.push({ at: ip?.values.get("ip.frag_offset") ?? 0, octets: octets.subarray(inner.load, inner.to) });
  }
  pieces.sort((one, other) => one.at - other.at);
  return joined(pieces.map((piece) => piece.octets));
}

/** Those it left in, or the one that brought it. @param {Journey} journey @param {number} n */
function framesOf(journey, n) {
  const left = firstFrames(journey, n);
  for (let cause = journey.cause(n); !left.length && cause; cause = journey.cause(cause)) if (journey.columns.octets[cause - 1]) left.push(cause);
  return left;
}

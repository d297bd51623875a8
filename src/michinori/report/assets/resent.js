// @ts-check
// Which segments were sent again.
import { kindOf } from "./transfers.js";

/** @typedef {import("./data.js").Journey} Journey */

/** @type {WeakMap<Journey, Map<number, string>>} */
const known = new WeakMap();

/**
 * The segments that were sent again, each with the reason: the stack tells `retransmitted` right before it sends one.
 * @param {Journey} journey @returns {Map<number, string>} by the number of their `segment-sent`
 */
export function resentOf(journey) {
  const before = known.get(journey);
  if (before) return before;
  const { kind, connection, why } = journey.columns;
  const again = kindOf(journey, "tcp", "retransmitted"), sent = kindOf(journey, "tcp", "segment-sent");
  const found = new Map(), waiting = new Map();
  for (let row = 0; row < journey.size; row++) {
    if (kind[row] === again) waiting.set(connection[row], journey.whys[why[row]]);
    else if (kind[row] === sent && waiting.has(connection[row])) {
      found.set(row + 1, waiting.get(connection[row]));
      waiting.delete(connection[row]);
    }
  }
  known.set(journey, found);
  return found;
}

// One door to the explanations: each stage, row, layer, kind of event and reason is explained once, here, for all parts.
import { EVENTS } from "./words/events.js";
import { REASONS, REASON_BEGINNINGS } from "./words/reasons.js";
import { OSI_WORDS, ROW_WORDS, STAGE_WORDS } from "./words/stages.js";

/** @typedef {{ja: string, en: string, source: string}} Explanation `source`: RFC or IEEE clause, "—" if there is none */

/**
 * @param {[string, string, string] | undefined} told
 * @returns {Explanation | null}
 */
const explained = (told) => (told ? { ja: told[0], en: told[1], source: told[2] } : null);

/**
 * @param {string} layer
 * @param {string} what
 */
export const explainEvent = (layer, what) => explained(EVENTS[`${layer} ${what}`]);

/** @param {string} why The reason of a drop, a retransmission … */
export function explainReason(why) {
  const beginning = Object.entries(REASON_BEGINNINGS).find(([text]) => why.startsWith(text));
  return explained(REASONS[why] ?? (beginning && REASONS[beginning[1]]));
}

/**
 * @param {"out" | "back"} way
 * @param {number} number
 */
export const explainStage = (way, number) => explained(STAGE_WORDS[`${way}-${number}`]);

/** @param {string} row B1 … B26 */
export const explainRow = (row) => explained(ROW_WORDS[row]);

/** @param {number} number 1 … 7 */
export const explainOsi = (number) => explained(OSI_WORDS[number]);

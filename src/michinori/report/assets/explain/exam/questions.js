// @ts-check
// What a question is, and the making of one.

/** @typedef {import("../tables/field.js").Words} Words */
/** @typedef {import("./dice.js").Dice} Dice */
/** @typedef {import("../../data.js").Journey} Journey */
/** @typedef {import("./ground.js").Seen} Seen */
/**
 * @typedef {object} Question
 * @property {string} kind
 * @property {Words} ask
 * @property {"number" | "hex" | "address" | "choice"} form
 * @property {string} answer In decimal for numbers; of a choice its value.
 * @property {string} shown The answer as it is told.
 * @property {{value: string, text: Words}[]} [choices]
 * @property {number} [tolerance] How far a number may be off.
 * @property {Words} explain Why it is so.
 * @property {string} source
 * @property {number} n The event where it is seen.
 * @property {{host: string, frame: number}[]} frames Where tshark finds it, in the order that the kind says.
 * @property {string[]} hidden What the other parts must not show meanwhile.
 */
/**
 * A kind of question: makes one of this journey, or null where the journey has nothing of the kind.
 * @typedef {(journey: Journey, dice: Dice) => Question | null} Kind
 */

/** @param {string} ja @param {string} en @returns {Words} */
export const say = (ja, en) => ({ ja, en });

/** @param {string} text @returns {Words} */
export const same = (text) => ({ ja: text, en: text });

/**
 * @param {string} kind
 * @param {Question["form"]} form
 * @param {string | number} answer
 * @param {Words} ask
 * @param {Words} explain
 * @param {string} source
 * @param {Seen[]} where The frame that is led to, then all that are needed to work it out.
 * @param {Partial<Question>} [more]
 * @returns {Question}
 */
export function make(kind, form, answer, ask, explain, source, where, more = {}) {
  const shown = form === "hex" ? `0x${Number(answer).toString(16).padStart(4, "0")}` : String(answer);
  return {
    kind, form, answer: String(answer), shown, ask, explain, source, n: where[0].n,
    frames: where.map((one) => ({ host: one.host, frame: one.number })), hidden: form === "choice" ? [] : written(form, shown), ...more,
  };
}

const LEAST_HIDDEN = 4;

/**
 * The forms in which other parts may show an answer. Short numbers stand for too much else to be hidden wherever they are.
 * @param {string} form
 * @param {string} shown
 */
function written(form, shown) {
  if (shown.length < LEAST_HIDDEN) return [];
  return form === "number" && /^\d+$/.test(shown) ? [shown, Number(shown).toLocaleString("en-US")] : [shown];
}

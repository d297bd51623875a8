// @ts-check
// The examination that is under way. It outlives the part that asks, so that a reader may look something up in another one.
import { Store } from "./ui.js";

/** @typedef {import("./explain/exam/questions.js").Question} Question */
/** @typedef {{given: string, right: boolean}} Outcome */
/** @typedef {{seed: number, questions: Question[], outcomes: (Outcome | null)[]}} Examination */

/** @type {Store<Examination | null>} */
export const examination = new Store(/** @type {Examination | null} */ (null));

/** @param {Examination | null} one */
export const isUnderWay = (one) => one !== null && one.outcomes.includes(null);

/** @param {Examination | null} one @returns {number} how many answers are hidden */
export const leftToAnswer = (one) => (one ? one.outcomes.filter((outcome) => outcome === null).length : 0);

/** @param {Examination | null} one @returns {string[] | null} what other parts must not show: the answers that are still to be given */
export function stillHidden(one) {
  if (!one || !isUnderWay(one)) return null;
  return one.questions.flatMap((question, index) => (one.outcomes[index] ? [] : question.hidden));
}

/** @param {number} n the event of a frame @returns {boolean} whether a question that is answered leads there, so that it may be seen */
export function isAnswered(n) {
  const one = examination.value;
  return one !== null && one.questions.some((question, index) => question.n === n && one.outcomes[index] !== null);
}

// @ts-check
// Drawing ten questions: of as many kinds as the journey has, in an order that the seed decides.
import { makeDice, shuffled } from "./dice.js";
import { APPLICATIONS } from "./of_applications.js";
import { NETWORK } from "./of_network.js";
import { TRANSPORT } from "./of_transport.js";

/** @typedef {import("./questions.js").Question} Question */
/** @typedef {import("../../data.js").Journey} Journey */

export const QUESTIONS = 10;
const KINDS = [...TRANSPORT, ...NETWORK, ...APPLICATIONS];

const LEAST_TELLING = 4;

/**
 * Whether one question gives away the answer of another.
 * @param {Question} question
 * @param {Question} other
 */
const tells = (question, other) => other.form !== "choice" && other.shown.length >= LEAST_TELLING && question.ask.en.includes(other.shown);

/**
 * @param {Journey} journey
 * @param {number} seed
 * @param {number} [count]
 * @returns {Question[]} Fewer where the journey has not met enough.
 */
export function draw(journey, seed, count = QUESTIONS) {
  const dice = makeDice(seed);
  /** @type {Question[]} */
  const found = [];
  for (const kind of shuffled(KINDS, dice)) {
    const question = kind(journey, dice);
    if (question && !found.some((other) => tells(question, other) || tells(other, question))) found.push(question);
    if (found.length === count) break;
  }
  return found;
}

// @ts-check
// Luck that can be repeated: one seed draws the same questions in the same order.

/** @typedef {() => number} Dice Gives a number from 0 up to, not including, 1. */

/**
 * mulberry32: small, and even enough to draw questions.
 * @param {number} seed A 32-bit number.
 * @returns {Dice}
 */
export function makeDice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * @template T
 * @param {T[]} from
 * @param {Dice} dice
 * @returns {T | undefined}
 */
export const pick = (from, dice) => from[Math.floor(dice() * from.length)];

/**
 * In another order (Fisher and Yates).
 * @template T
 * @param {T[]} from
 * @param {Dice} dice
 * @returns {T[]}
 */
export function shuffled(from, dice) {
  const to = [...from];
  for (let last = to.length - 1; last > 0; last -= 1) {
    const other = Math.floor(dice() * (last + 1));
    [to[last], to[other]] = [to[other], to[last]];
  }
  return to;
}

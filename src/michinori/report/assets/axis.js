// @ts-check
// Where the marks of an axis of time stand.

const STEPS = [1, 2, 5];

/**
 * @param {number} from @param {number} to in ns @param {number} most how many marks there may be
 * @returns {{step: number, marks: number[]}} round instants within
 */
export function marksOf(from, to, most) {
  const span = Math.max(to - from, 1);
  let step = 1;
  for (let power = 1, at = 0; span / step > most; at++) {
    step = STEPS[at % 3] * power;
    if (at % 3 === 2) power *= 10;
  }
  const marks = [];
  for (let mark = Math.ceil(from / step) * step; mark <= to; mark += step) marks.push(mark);
  return { step, marks };
}

// @ts-check
// Where the marks of an axis of time stand, and what they say.

const STEPS = [1, 2, 5];
const NS_PER_S = 1e9, NS_PER_MS = 1e6;
/** From here on, in ns, milliseconds would have too many digits. */
const LONG = 10 * NS_PER_S;

/**
 * @param {number} from @param {number} to in ns @param {number} most how many marks there may be
 * @returns {number[]} round instants within
 */
export function marksOf(from, to, most) {
  let step = 1;
  for (let power = 1, at = 0; Math.floor(to / step) - Math.ceil(from / step) >= most; at++) {
    step = STEPS[at % 3] * power;
    if (at % 3 === 2) power *= 10;
  }
  const marks = [];
  for (let mark = Math.ceil(from / step) * step; mark <= to; mark += step) marks.push(mark);
  return marks;
}

/** @param {number[]} marks in ns, rising @returns {string[]} all in one unit */
export function textsOf(marks) {
  const last = marks[marks.length - 1] ?? 0, isLong = last >= LONG || (marks.length > 1 && marks[1] - marks[0] >= NS_PER_S);
  return marks.map((mark) => (isLong ? `${+(mark / NS_PER_S).toFixed(6)} s` : `${+(mark / NS_PER_MS).toFixed(3)} ms`));
}

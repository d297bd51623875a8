// @ts-check
// The one time cursor: where in the journey the reader is. Every part shows the same moment.
import { Store } from "./ui.js";

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {{n: number, t: number, playing: boolean, pace: number}} Moment the last event that happened, the instant in ns, and how many ns go by in a second */

/** How many nanoseconds of the journey go by in a second of the reader's. */
export const PACES = [1e4, 1e5, 1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8, 1e9];
const SECONDS_FOR_ALL = 25;

/** @param {number} end @returns {number} the pace that takes about so many seconds for the whole */
function paceFor(end) {
  return PACES.find((pace) => end / pace <= SECONDS_FOR_ALL) ?? PACES[PACES.length - 1];
}

/** @extends {Store<Moment>} */
export class Cursor extends Store {
  /** @param {Journey} journey @param {number} n where it stands at first */
  constructor(journey, n) {
    const first = Math.min(Math.max(n, 1), Math.max(journey.size, 1));
    super({ n: first, t: journey.columns.t[first - 1] ?? 0, playing: false, pace: paceFor(journey.end) });
    this.journey = journey;
    this.drawn = 0;
  }

  /** @param {number} n an event's number; beyond the ends it is the end */
  go(n) {
    const to = Math.min(Math.max(Math.round(n), 1), this.journey.size);
    this.set({ ...this.value, n: to, t: this.journey.columns.t[to - 1], playing: false });
  }

  /** @param {number} t an instant in ns */
  goToTime(t) {
    const at = Math.min(Math.max(t, 0), this.journey.end);
    this.set({ ...this.value, n: this.journey.at(at), t: at });
  }

  /** @param {number} by how many events onward; back if it is less than 0 @param {(n: number) => boolean} [wanted] which of them count */
  step(by, wanted) {
    let to = this.value.n + by;
    while (wanted && to >= 1 && to <= this.journey.size && !wanted(to)) to += by;
    if (to >= 1 && to <= this.journey.size) this.go(to);
  }

  /** @param {number} pace one of PACES */
  setPace(pace) {
    this.set({ ...this.value, pace });
  }

  pause() {
    this.set({ ...this.value, playing: false });
  }

  play() {
    if (this.value.playing) return;
    const again = this.value.t >= this.journey.end;
    const t = again ? 0 : this.value.t;
    this.set({ ...this.value, t, n: again ? this.journey.at(0) : this.value.n, playing: true });
    this.drawn = performance.now();
    requestAnimationFrame((now) => this.tick(now));
  }

  /** @param {number} now */
  tick(now) {
    const { playing, t, pace } = this.value;
    if (!playing) return;
    const to = t + (Math.max(now - this.drawn, 0) / 1000) * pace;
    this.drawn = now;
    if (to >= this.journey.end) {
      this.set({ ...this.value, n: this.journey.size, t: this.journey.end, playing: false });
      return;
    }
    this.set({ ...this.value, n: Math.max(this.journey.at(to), 1), t: to });
    requestAnimationFrame((next) => this.tick(next));
  }
}

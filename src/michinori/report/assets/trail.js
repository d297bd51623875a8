// @ts-check
// Where the reader has been: the places left by a jump, to go back to and forward again.
import { Store } from "./ui.js";

/** @typedef {{part: string, n: number}} Place */
/** @typedef {{back: Place[], forward: Place[]}} Steps */

const MOST = 200;

/** @extends {Store<Steps>} */
export class Trail extends Store {
  constructor() {
    super({ back: [], forward: [] });
  }

  /** A jump begins here. @param {Place} from */
  leave(from) {
    const last = this.value.back.at(-1);
    if (last && last.part === from.part && last.n === from.n) return;
    this.set({ back: [...this.value.back, from].slice(-MOST), forward: [] });
  }

  /** @param {Place} from @returns {Place | undefined} where to go */
  goBack(from) {
    const { back, forward } = this.value;
    if (back.length) this.set({ back: back.slice(0, -1), forward: [...forward, from] });
    return back.at(-1);
  }

  /** @param {Place} from @returns {Place | undefined} */
  goForward(from) {
    const { back, forward } = this.value;
    if (forward.length) this.set({ back: [...back, from], forward: forward.slice(0, -1) });
    return forward.at(-1);
  }
}

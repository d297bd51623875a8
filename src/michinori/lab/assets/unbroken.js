// @ts-check
// Names such as TIME-WAIT are one word: no line ends at their hyphen.
import { html } from "../../report/assets/ui.js";

/** In a group, so that `split` keeps them: every second piece is one. */
const JOINED = /([A-Z]+(?:-[A-Z0-9]+)+)/;

/** @param {string} text @returns {any} what to put into the page for it */
export function unbroken(text) {
  return text.split(JOINED).map((piece, at) => (at % 2 ? html`<span class="unbroken" key=${at}>${piece}</span>` : piece));
}

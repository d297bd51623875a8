// @ts-check
// An explanation as it is shown: what it says, and where that is defined.
import { html } from "./ui.js";
import { useSay } from "./i18n.js";

/** @param {{words: import("./explain/words.js").Explanation | null}} props */
export function Explained({ words }) {
  const say = useSay();
  if (!words) return null;
  return html`<p class="explained">${say(words)}${words.source !== "—" && html` <span class="source">${words.source}</span>`}</p>`;
}

// @ts-check
// A fence around what is drawn by itself: what fails inside says so in its place, and everything else goes on.
import { html, useErrorBoundary } from "./ui.js";
import { useSay } from "./i18n.js";

const TEXTS = {
  failed: { ja: "ここは表示できませんでした。ほかの部分はそのまま見られます。", en: "This could not be shown. Everything else can still be read." },
  again: { ja: "もう一度試す", en: "Try again" },
};

/** @param {{children?: any}} props */
export function Fence({ children }) {
  const say = useSay();
  const [error, again] = useErrorBoundary((/** @type {unknown} */ failed) => console.error(failed));
  if (!error) return children;
  return html`<div class="wide fenced" role="alert"><p class="note">${say(TEXTS.failed)} <code>${String(error)}</code>
    <button type="button" class="chip" onClick=${again}>${say(TEXTS.again)}</button></p></div>`;
}

// @ts-check
// Where everything begins: read the journey, choose language and theme, draw the page.
import { Store, html, render } from "./ui.js";
import { chooseLanguage } from "./i18n.js";
import { chooseTheme } from "./theme.js";
import { asked } from "./kept.js";
import { readPage } from "./data.js";
import { Cursor } from "./time.js";
import { App } from "./app.js";

/** @typedef {import("./data.js").Journey} Journey */

/** In both languages, as nothing is known of the journey. */
const UNREADABLE = {
  ja: "この報告は読み出せませんでした。ファイルが途中で切れているか、ブラウザが古いようです。記録は横のファイルにもあります。",
  en: "This report could not be read: the file has been cut short, or the browser is too old. What was recorded is in the files beside it too.",
};

/** @param {HTMLElement} root what the page is drawn into */
export async function start(root) {
  chooseTheme();
  try {
    const { journey, picture } = await readPage();
    chooseLanguage(journey.about.language);
    const report = reportOf(journey, picture);
    render(html`<${App} report=${report} />`, root);
    // For the console, and for whoever wants to compare what is shown with what is there.
    Object.assign(globalThis, { michinori: report });
  } catch (error) {
    render(html`<main class="wide">${Object.entries(UNREADABLE).map(([lang, text]) => html`<p key=${lang} lang=${lang} class="note">${text}</p>`)}</main>`, root);
    throw error;
  }
}

/** @param {Journey} journey @param {string} picture as a URL */
export function reportOf(journey, picture) {
  const cursor = new Cursor(journey, Number(asked().get("n")) || firstOnTheWay(journey));
  return { journey, cursor, picture, go: (/** @type {number} */ n) => cursor.go(n), examining: new Store(false) };
}

/** @param {Journey} journey @returns {number} the first event that is not before the way */
function firstOnTheWay(journey) {
  return journey.columns.stage.findIndex((stage) => stage > 0) + 1 || 1;
}

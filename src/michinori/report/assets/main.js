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

/** @param {HTMLElement} root what the page is drawn into */
export async function start(root) {
  chooseTheme();
  const { journey, picture } = await readPage();
  chooseLanguage(journey.about.language);
  const report = reportOf(journey, picture);
  render(html`<${App} report=${report} />`, root);
  // For the console, and for whoever wants to compare what is shown with what is there.
  Object.assign(globalThis, { michinori: report });
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

// @ts-check
// Japanese and English: every text is an object with both, and components say the one that was chosen.
import { Store, useStore } from "./ui.js";
import { asked, keep, kept } from "./kept.js";

/** @typedef {"ja" | "en"} Language */
/** @typedef {{ja: string, en: string}} Texts */
/** @typedef {(texts: Texts, values?: Record<string, string | number>) => string} Say */

/** @type {Store<Language>} */
export const language = new Store(/** @type {Language} */ ("ja"));

/** @param {string} fallback what the report was written in */
export function chooseLanguage(fallback) {
  const wanted = asked().get("lang") ?? kept("language") ?? fallback;
  speak(wanted === "en" ? "en" : "ja");
}

/** @param {Language} wanted */
export function speak(wanted) {
  document.documentElement.lang = wanted;
  language.set(wanted);
}

/** The other language, from now on. */
export function switchLanguage() {
  speak(language.value === "ja" ? "en" : "ja");
  keep("language", language.value);
}

/** @returns {Say} puts texts into the chosen language; `{name}` in a text is replaced by `values.name` */
export function useSay() {
  const chosen = useStore(language, (value) => value);
  return (texts, values) => fill(texts[chosen], values);
}

/** @param {string} text @param {Record<string, string | number>} [values] */
function fill(text, values) {
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole)) : text;
}

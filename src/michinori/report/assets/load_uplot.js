// @ts-check
// uPlot, loaded when the first graph is drawn: where that fails there are no graphs, but all the rest.
import { useEffect, useState } from "./ui.js";

/** @typedef {{uPlot: any, failed: string}} Loaded `uPlot` is null until it is there */

/** @type {Promise<Loaded> | null} */
let loading = null;

/** @returns {Promise<Loaded>} once for all graphs */
function load() {
  return (loading ??= inSpokenLanguage(() => import("uplot")).then(({ default: uPlot }) => ({ uPlot, failed: "" }), (error) => ({ uPlot: null, failed: String(error) })));
}

/**
 * What is loaded while `navigator.language` is one that Intl knows. A browser in the locale "C" names one that Intl refuses,
 * and uPlot asks Intl for numbers in it as it is loaded; the graphs write their numbers themselves, so any other will do.
 * @template T
 * @param {() => Promise<T>} loads
 */
async function inSpokenLanguage(loads) {
  if (spoken(navigator.language)) return loads();
  Object.defineProperty(navigator, "language", { value: "en", configurable: true });
  try {
    return await loads();
  } finally {
    Reflect.deleteProperty(navigator, "language"); // what it inherits shows again
  }
}

/** @param {string} language @returns {boolean} whether Intl knows such a language */
function spoken(language) {
  try {
    return Boolean(Intl.getCanonicalLocales(language));
  } catch {
    return false;
  }
}

/** @returns {Loaded} */
export function useUPlot() {
  const [loaded, settle] = useState(/** @type {Loaded} */ ({ uPlot: null, failed: "" }));
  useEffect(() => void load().then(settle), []);
  return loaded;
}

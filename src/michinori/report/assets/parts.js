// @ts-check
// The parts of the report, in their order: to add one, write its module and add a line.
import { WholeWay } from "./whole_way.js";

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./time.js").Cursor} Cursor */
/** @typedef {import("./i18n.js").Texts} Texts */
/**
 * What every part is given.
 * @typedef {object} Report
 * @property {Journey} journey
 * @property {Cursor} cursor
 * @property {string} picture the page as a URL, empty if it was not drawn
 * @property {(n: number) => void} go moves the time cursor to an event
 * @property {(part: string, n?: number) => void} show opens a part, at an event if one is named
 * @property {import("./ui.js").Store<boolean>} examining whether values are hidden (examination mode)
 */
/** @typedef {{id: string, name: Texts, lead: Texts, view: (props: {report: Report}) => any}} Part */

/** @type {Part[]} */
export const PARTS = [
  {
    id: "way",
    name: { ja: "全体の道のり", en: "The whole way" },
    lead: {
      ja: "URLの入力からページの表示まで、実際に起きたことを順に。",
      en: "From the typed URL to the drawn page: what really happened, in order.",
    },
    view: WholeWay,
  },
];

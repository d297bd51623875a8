// @ts-check
// Whether an answer is right, however it is written: full-width digits, hexadecimal, commas, units, spaces.

/** @typedef {import("./questions.js").Question} Question */

const UNITS = /(ミリ秒|オクテット|バイト|台|個|octets?|bytes?|ms|番)$/i;

/**
 * In one form: half-width (NFKC), no spaces around, lower case.
 * @param {string} text
 */
export const plain = (text) => text.normalize("NFKC").replace(/[\s\u3000]+/g, " ").trim().toLowerCase();

/**
 * A number that somebody wrote; NaN if it is none.
 * @param {string} text
 */
function numberOf(text) {
  const bare = plain(text).replace(UNITS, "").replace(/(?<=\d)[, _](?=\d{3}(\D|$))/g, "").trim();
  if (/^(0x)[0-9a-f]+$/.test(bare)) return parseInt(bare.slice(2), 16);
  if (/^[0-9a-f]+h$/.test(bare)) return parseInt(bare.slice(0, -1), 16);
  return /^-?\d+(\.\d+)?$/.test(bare) ? Number(bare) : NaN;
}

/**
 * A hexadecimal value such as a checksum: `0x` may be left out.
 * @param {string} text
 */
function hexOf(text) {
  const bare = plain(text).replace(/^0x|h$/g, "").replace(/ /g, "");
  return /^[0-9a-f]+$/.test(bare) ? parseInt(bare, 16) : NaN;
}

/** @param {string} text */
const addressOf = (text) => plain(text).replace(/ /g, "").replace(/\/32$/, "").split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part)).join(".");

/**
 * @param {Question} question
 * @param {string} given
 */
export function isRight(question, given) {
  if (question.form === "choice") return given === question.answer;
  if (question.form === "address") return addressOf(given) === question.answer;
  const answer = Number(question.answer);
  if (question.form === "hex") return hexOf(given) === answer || numberOf(given) === answer;
  const said = numberOf(given);
  return Math.abs(said - answer) <= (question.tolerance ?? 0);
}

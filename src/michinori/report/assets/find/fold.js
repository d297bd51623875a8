// @ts-check
// Texts made comparable: full-width and half-width forms, capitals, and the long mark at a word's end are all one.

/** With or without it, server is one word in Japanese; but ビール is not ビル: only a mark behind which no katakana follows may be left out. */
const LONG_MARK = /([\u30a1-\u30fa])\u30fc+(?![\u30a1-\u30fa])/g;
const PLAIN = /^[\x00-\x7f]*$/;

/** @param {string} text @returns {string} */
export function fold(text) {
  if (PLAIN.test(text)) return text.toLowerCase();
  return text.normalize("NFKC").toLowerCase().replace(LONG_MARK, "$1");
}

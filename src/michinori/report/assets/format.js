// @ts-check
// Numbers as a reader wants them.

const NS_PER_MS = 1e6;

/** @param {number} nanos @returns {string} milliseconds with three decimals, as `12.345` */
export function ms(nanos) {
  return (nanos / NS_PER_MS).toLocaleString("en-US", { minimumFractionDigits: 3, maximumFractionDigits: 3 });
}

/** @param {number} nanos @returns {string} a duration with its unit, three significant digits */
export function duration(nanos) {
  if (nanos === 0) return "0 ms";
  if (nanos < 1e3) return `${nanos} ns`;
  if (nanos < 1e6) return `${digits(nanos / 1e3)} µs`;
  if (nanos < 1e9) return `${digits(nanos / 1e6)} ms`;
  return `${digits(nanos / 1e9)} s`;
}

/** @param {number} value */
function digits(value) {
  return value.toLocaleString("en-US", { maximumSignificantDigits: Math.max(3, String(Math.floor(value)).length) });
}

/** @param {number} value @returns {string} with commas */
export function count(value) {
  return value.toLocaleString("en-US");
}

/** @param {string} url @returns {string} without scheme and host, `/` at least */
export function pathOf(url) {
  const found = /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(url);
  return found ? found[1] || "/" : url;
}

// @ts-check
// Numbers as a reader wants them.

const NS_PER_MS = 1e6;
// Made once: making one takes longer than everything else about a number.
const THREE_DECIMALS = new Intl.NumberFormat("en-US", { minimumFractionDigits: 3, maximumFractionDigits: 3 });
const PLAIN = new Intl.NumberFormat("en-US");
const SIGNIFICANT = [3, 4, 5, 6].map((digits) => new Intl.NumberFormat("en-US", { maximumSignificantDigits: digits }));

/** @param {number} nanos @returns {string} milliseconds with three decimals, as `12.345` */
export function ms(nanos) {
  return THREE_DECIMALS.format(nanos / NS_PER_MS);
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
  const whole = String(Math.floor(value)).length;
  return (SIGNIFICANT[Math.max(whole, 3) - 3] ?? PLAIN).format(value);
}

/** @param {number} value @returns {string} with commas */
export function count(value) {
  return PLAIN.format(value);
}

/** @param {number} rate in bit/s @returns {string} */
export function bits(rate) {
  for (const [unit, size] of /** @type {[string, number][]} */ ([["Gbit/s", 1e9], ["Mbit/s", 1e6], ["kbit/s", 1e3]])) {
    if (rate >= size) return `${Number((rate / size).toFixed(2))} ${unit}`;
  }
  return `${rate} bit/s`;
}

/** @param {string} url @returns {string} without scheme and host, `/` at least */
export function pathOf(url) {
  const found = /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(url);
  return found ? found[1] || "/" : url;
}

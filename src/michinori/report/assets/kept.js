// @ts-check
// What a reader chose, kept for the next report where the browser allows it, and the fragment of the address, which
// makes a link open the report at a moment.

const PREFIX = "michinori-";

/** @param {string} name @returns {string | null} */
export function kept(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // opened from a place without storage
  }
}

/** @param {string} name @param {string} value */
export function keep(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // as above: then it is not kept
  }
}

/** @param {string} [address] the page's own unless given @returns {URLSearchParams} what the fragment of the address asks for */
export function asked(address = location.href) {
  return new URLSearchParams(new URL(address).hash.slice(1));
}

/** @param {Record<string, string>} wanted the fragment that leads back to here */
export function pointTo(wanted) {
  try {
    history.replaceState(null, "", "#" + new URLSearchParams(wanted));
  } catch {
    // a page inside an attachment's viewer may not change its address
  }
}

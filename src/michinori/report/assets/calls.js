// @ts-check
// The calls of programs to the socket library, and what each led to below.
import { kindOf } from "./transfers.js";

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {{n: number, returned: number}} Call the events of the call and of its return, 0 if it never returned */

/** @param {Journey} journey @param {string} host empty: of all @returns {Call[]} */
export function callsOf(journey, host) {
  const { kind, host: hosts } = journey.columns;
  const called = kindOf(journey, "socket", "called"), returned = kindOf(journey, "socket", "returned");
  const wanted = host ? journey.hosts.indexOf(host) : -1;
  const calls = [];
  for (let row = 0; row < journey.size; row++) {
    if (kind[row] !== called || (host && hosts[row] !== wanted)) continue;
    const back = journey.effects(row + 1).find((effect) => kind[effect - 1] === returned);
    calls.push({ n: row + 1, returned: back ?? 0 });
  }
  return calls;
}

/** @param {Journey} journey @returns {string[]} the hosts whose programs called, the browser's first */
export function callingHosts(journey) {
  const called = kindOf(journey, "socket", "called");
  const { kind, host } = journey.columns;
  const found = new Set([journey.about.browser_host]);
  for (let row = 0; row < journey.size; row++) if (kind[row] === called) found.add(journey.hosts[host[row]]);
  return [...found];
}

/**
 * The call that an event goes back to: for octets of a stream the call that wrote them, whatever let them go.
 * @param {Journey} journey @param {number} n @returns {number} 0 if there is none
 */
export function callOf(journey, n) {
  const { kind } = journey.columns;
  const called = kindOf(journey, "socket", "called"), segment = kindOf(journey, "tcp", "segment-sent");
  for (let cause = n; cause; cause = journey.cause(cause)) {
    if (kind[cause - 1] === called) return cause;
    if (kind[cause - 1] !== segment) continue;
    const { calls, len } = journey.dataOf(cause);
    if (len && calls?.length) return calls[0];
  }
  return 0;
}

/**
 * From the call down to the event, in the order of what led to what. What wrote the octets stands above the segment
 * that carried them, even if an acknowledgment let them go.
 * @param {Journey} journey @param {number} n @returns {number[]} the event itself last
 */
export function chainOf(journey, n) {
  const call = callOf(journey, n);
  const chain = [];
  for (let cause = n; cause && cause !== call; cause = journey.cause(cause)) {
    chain.push(cause);
    if (cause < call || isDataSegment(journey, cause)) break;
  }
  const below = chain.reverse();
  return call ? [...above(journey, call), call, ...below] : below;
}

/** @param {Journey} journey @param {number} n */
function isDataSegment(journey, n) {
  const [layer, what] = journey.kinds[journey.columns.kind[n - 1]];
  return layer === "tcp" && what === "segment-sent" && journey.dataOf(n).len > 0;
}

const APPLICATION = new Set(["browser", "http", "dns", "socket"]);

/** What asked for a call, as far as it is the application itself. @param {Journey} journey @param {number} call @returns {number[]} */
function above(journey, call) {
  const found = [];
  for (let cause = journey.cause(call); cause; cause = journey.cause(cause)) {
    if (!APPLICATION.has(journey.kinds[journey.columns.kind[cause - 1]][0])) break;
    found.push(cause);
  }
  return found.reverse();
}

/** @param {Journey} journey @param {number} call @returns {number[]} what it led to on its own host, down to the frames */
export function belowOf(journey, call) {
  const { host, kind } = journey.columns;
  const own = host[call - 1], called = kindOf(journey, "socket", "called");
  const found = [], next = [call];
  for (let at = 0; at < next.length; at++) {
    for (const effect of journey.effects(next[at])) {
      if (host[effect - 1] !== own || kind[effect - 1] === called) continue;
      found.push(effect);
      next.push(effect);
    }
  }
  return found.sort((one, other) => one - other);
}

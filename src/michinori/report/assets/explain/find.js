// @ts-check
// Looking through a journey: over the columns first, and at the data only of events of the right kind.

/** @typedef {import("../data.js").Journey} Journey */
/** @typedef {import("../data.js").Event} Event */

/**
 * The events of a kind, in their order.
 * @param {Journey} journey
 * @param {string} layer
 * @param {string} what
 * @param {string} [host]
 * @returns {Generator<Event>}
 */
export function* eventsOf(journey, layer, what, host) {
  const kind = journey.kinds.findIndex((one) => one[0] === layer && one[1] === what);
  const at = host === undefined ? -1 : journey.hosts.indexOf(host);
  if (kind < 0 || (host !== undefined && at < 0)) return;
  const { kind: kinds, host: hosts } = journey.columns;
  for (let row = 0; row < journey.size; row += 1) {
    if (kinds[row] === kind && (at < 0 || hosts[row] === at)) yield journey.event(row + 1);
  }
}

/**
 * The first event of a kind that passes the test, or null.
 * @param {Journey} journey
 * @param {string} layer
 * @param {string} what
 * @param {(event: Event) => boolean} [test]
 * @param {string} [host]
 * @returns {Event | null}
 */
export function firstOf(journey, layer, what, test = () => true, host = undefined) {
  for (const event of eventsOf(journey, layer, what, host)) if (test(event)) return event;
  return null;
}

/**
 * The server's side of the browser's first TCP connection: who copied its listening socket for it.
 * @param {Journey} journey
 */
export function serverHost(journey) {
  return firstOf(journey, "tcp", "socket-copied")?.host ?? null;
}

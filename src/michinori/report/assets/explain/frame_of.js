// @ts-check
// Which frame belongs to an event: itself, the one that it led to, the one that led to it, or the last before it.

/** @typedef {import("../data.js").Journey} Journey */

const FAR = 200;

/**
 * @param {Journey} journey
 * @param {number} n
 * @returns {number} The number of a `frame-sent` or `frame-received` whose octets are kept; 0 if the journey has none.
 */
export function frameEventOf(journey, n) {
  const has = journey.columns.octets;
  if (has[n - 1]) return n;
  const host = journey.columns.host[n - 1];
  const below = firstEffect(journey, n, host);
  if (below) return below;
  for (let up = journey.cause(n); up; up = journey.cause(up)) if (has[up - 1] && journey.columns.host[up - 1] === host) return up;
  for (let at = n; at >= 1; at -= 1) if (has[at - 1]) return at;
  for (let at = n; at <= journey.size; at += 1) if (has[at - 1]) return at;
  return 0;
}

/**
 * The first frame that an event led to on its own host.
 * @param {Journey} journey
 * @param {number} n
 * @param {number} host
 */
function firstEffect(journey, n, host) {
  const waiting = [n];
  for (let i = 0; i < waiting.length && i < FAR; i += 1) {
    for (const effect of journey.effects(waiting[i])) {
      if (journey.columns.host[effect - 1] !== host) continue;
      if (journey.columns.octets[effect - 1]) return effect;
      waiting.push(effect);
    }
  }
  return 0;
}

/**
 * The next frame of the same host, or the one before.
 * @param {Journey} journey
 * @param {number} n
 * @param {1 | -1} by
 * @returns {number} 0 if there is none.
 */
export function nextFrame(journey, n, by) {
  const { octets, host } = journey.columns;
  for (let at = n + by; at >= 1 && at <= journey.size; at += by) if (octets[at - 1] && host[at - 1] === host[n - 1]) return at;
  return 0;
}

/**
 * The hosts that have frames, in their order.
 * @param {Journey} journey
 * @returns {string[]}
 */
export function hostsWithFrames(journey) {
  const seen = new Set();
  const { octets, host } = journey.columns;
  for (let row = 0; row < journey.size; row += 1) if (octets[row]) seen.add(host[row]);
  return journey.hosts.filter((_, index) => seen.has(index));
}

/**
 * The frame of a host that is nearest to an instant, looking forward first.
 * @param {Journey} journey
 * @param {string} name
 * @param {number} n
 * @returns {number} 0 if there is none.
 */
export function frameOnHost(journey, name, n) {
  const { octets, host } = journey.columns;
  const wanted = journey.hosts.indexOf(name);
  for (let at = n; at <= journey.size; at += 1) if (octets[at - 1] && host[at - 1] === wanted) return at;
  for (let at = n; at >= 1; at -= 1) if (octets[at - 1] && host[at - 1] === wanted) return at;
  return 0;
}

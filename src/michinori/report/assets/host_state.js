// @ts-check
// What a host holds at any moment of the journey, put together from its events up to then. Going on is a few events
// more; going back, or far, begins at the nearest snapshot.
import { SOCKET_EVENTS, listed } from "./state_sockets.js";
import { TABLE_EVENTS, noTables, tablesAt } from "./state_tables.js";

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./state_sockets.js").Socket} Socket */
/** @typedef {import("./state_sockets.js").Sockets & import("./state_tables.js").Tables} State */
/** @typedef {ReturnType<typeof viewOf>} HostView */
/** @typedef {{numbers: Uint32Array, snapshots: State[], state: State, position: number}} Track `position`: how many of its events the state includes */

const BETWEEN_SNAPSHOTS = 256;
const EVENTS = { ...SOCKET_EVENTS, ...TABLE_EVENTS };

/** The states of all hosts and switches. */
export class HostStates {
  /** @param {Journey} journey */
  constructor(journey) {
    this.journey = journey;
    this.changes = journey.kinds.map((kind) => EVENTS[kind.join(" ")]);
    /** @type {Map<string, Track>} */
    this.tracks = new Map();
  }

  /**
   * @param {string} host @param {number} n the last event that counts
   * @param {number} [t] the instant, if it is later than that event
   * @returns {HostView}
   */
  at(host, n, t = this.journey.columns.t[n - 1]) {
    const track = this.trackOf(host), to = position(track.numbers, n);
    const nearest = Math.floor(to / BETWEEN_SNAPSHOTS);
    if (track.position > to || nearest > Math.floor(track.position / BETWEEN_SNAPSHOTS)) this.jump(track, nearest);
    this.advance(track, to);
    return viewOf(track.state, t);
  }

  /** How many events have changed the host by then: the same number, the same state. @param {string} host @param {number} n */
  version(host, n) {
    return position(this.trackOf(host).numbers, n);
  }

  /** To the last snapshot that is there already, at most the one that is wanted. @param {Track} track @param {number} wanted */
  jump(track, wanted) {
    const from = Math.min(wanted, track.snapshots.length - 1);
    if (track.position <= from * BETWEEN_SNAPSHOTS || track.position > wanted * BETWEEN_SNAPSHOTS) {
      track.state = structuredClone(track.snapshots[from]);
      track.position = from * BETWEEN_SNAPSHOTS;
    }
  }

  /** @param {Track} track @param {number} to */
  advance(track, to) {
    const { journey, changes } = this;
    while (track.position < to) {
      const n = track.numbers[track.position];
      changes[journey.columns.kind[n - 1]](track.state, journey.event(n), journey);
      track.position++;
      if (track.position === track.snapshots.length * BETWEEN_SNAPSHOTS) track.snapshots.push(structuredClone(track.state));
    }
  }

  /** @param {string} host @returns {Track} */
  trackOf(host) {
    let track = this.tracks.get(host);
    if (!track) {
      const { columns, hosts, size } = this.journey;
      const wanted = hosts.indexOf(host), numbers = [];
      for (let row = 0; row < size; row++) if (columns.host[row] === wanted && this.changes[columns.kind[row]]) numbers.push(row + 1);
      const state = { sockets: [], ...noTables() };
      track = { numbers: Uint32Array.from(numbers), snapshots: [structuredClone(state)], state, position: 0 };
      this.tracks.set(host, track);
    }
    return track;
  }
}

/** @param {Uint32Array} numbers sorted @param {number} n @returns {number} how many of them are at most n */
export function position(numbers, n) {
  let low = 0, high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= n) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {State} state @param {number} t */
function viewOf(state, t) {
  return { sockets: listed(state), ...tablesAt(state, t) };
}

/**
 * States of hosts at moments, for whoever compares them with the world's own.
 * @param {Journey} journey @param {[string, number][]} moments host and instant in ns
 * @returns {HostView[]}
 */
export function statesAt(journey, moments) {
  const states = new HostStates(journey);
  return moments.map(([host, t]) => structuredClone(states.at(host, journey.at(t), t)));
}

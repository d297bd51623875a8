// @ts-check
// The one door to preact: markup as tagged templates, hooks, and stores that components listen to.
import { h, options, render } from "preact";
import { useEffect, useErrorBoundary, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import htm from "htm";

export const html = htm.bind(h);
export { options, render, useEffect, useErrorBoundary, useLayoutEffect, useMemo, useRef, useState };

/**
 * A value that tells its listeners when it changes.
 * @template T
 */
export class Store {
  /** @param {T} value */
  constructor(value) {
    this.value = value;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
  }

  /** @param {T} value */
  set(value) {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }

  /**
   * @param {() => void} listener
   * @returns {() => void} ends it
   */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }
}

/**
 * What `select` makes of a store; the component is drawn again when that changes, and only then.
 * @template T
 * @template S
 * @param {Store<T>} store
 * @param {(value: T) => S} select
 * @returns {S}
 */
export function useStore(store, select) {
  const selected = select(store.value);
  const [, redraw] = useState(0);
  const latest = useRef({ select, selected });
  latest.current = { select, selected };
  useLayoutEffect(() => {
    const look = () => {
      if (changed(latest.current, store.value)) redraw((count) => count + 1);
    };
    look();
    return store.subscribe(look);
  }, [store]);
  return selected;
}

/**
 * Whether something else is selected now. What cannot be selected is tried again when the component is drawn, where its fence
 * (fence.js) catches it: thrown from here, it would keep the store's other listeners from hearing of the value.
 * @template T
 * @template S
 * @param {{select: (value: T) => S, selected: S}} latest @param {T} value
 */
function changed({ select, selected }, value) {
  try {
    return !Object.is(select(value), selected);
  } catch {
    return true;
  }
}

/**
 * The value once it has not changed for so long: for what takes too long to be drawn while time is dragged along.
 * @template T
 * @param {T} value
 * @param {number} [after_ms]
 * @returns {T}
 */
export function useSettled(value, after_ms = 120) {
  const [settled, settle] = useState(() => value);
  useEffect(() => {
    if (Object.is(value, settled)) return undefined;
    const waiting = setTimeout(() => settle(() => value), after_ms);
    return () => clearTimeout(waiting);
  }, [value, settled]);
  return settled;
}

/**
 * The value; but while it changes quickly, the one from before until it rests. A single step is shown at once.
 * @template T
 * @param {T} value
 * @param {number} [rest_ms]
 * @returns {T}
 */
export function useCalm(value, rest_ms = 120) {
  const seen = useRef({ value, at: -Infinity, shown: value }).current;
  const [, redraw] = useState(0);
  if (!Object.is(value, seen.value)) {
    const now = performance.now();
    if (now - seen.at > rest_ms) seen.shown = value;
    seen.value = value;
    seen.at = now;
  }
  useEffect(() => {
    if (Object.is(seen.shown, value)) return undefined;
    const waiting = setTimeout(() => {
      seen.shown = value;
      redraw((count) => count + 1);
    }, rest_ms);
    return () => clearTimeout(waiting);
  }, [value]);
  return seen.shown;
}

/**
 * The value, but not a new one sooner than so long after the last: for what is read while time goes by, not while it moves.
 * @template T
 * @param {T} value
 * @param {number} [least_ms]
 * @returns {T}
 */
export function usePaced(value, least_ms = 120) {
  const seen = useRef({ value, at: -Infinity }).current;
  const [, redraw] = useState(0);
  const now = performance.now();
  if (!Object.is(value, seen.value) && now - seen.at >= least_ms) Object.assign(seen, { value, at: now });
  useEffect(() => {
    if (Object.is(seen.value, value)) return undefined;
    const waiting = setTimeout(() => {
      Object.assign(seen, { value, at: performance.now() });
      redraw((count) => count + 1);
    }, Math.max(seen.at + least_ms - performance.now(), 0));
    return () => clearTimeout(waiting);
  }, [value]);
  return seen.value;
}

/**
 * Where a number stands in an ascending list.
 * @param {ArrayLike<number>} numbers
 * @param {number} n
 * @returns {number} the index of the first that is not less than `n`; the length if all are
 */
export function indexFrom(numbers, n) {
  let low = 0, high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < n) low = middle + 1;
    else high = middle;
  }
  return low;
}

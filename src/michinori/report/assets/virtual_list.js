// @ts-check
// A long list of which only what is in view is drawn.
import { html, useLayoutEffect, useRef, useState } from "./ui.js";

const BEYOND = 6;

/**
 * @param {object} props
 * @param {number} props.count how many rows there are
 * @param {number} props.rowHeight in pixels, the same for all
 * @param {(index: number) => any} props.row draws one, as a list item's content
 * @param {string} props.label what the list is, for a screen reader
 * @param {number} [props.at] a row that shall be in view
 * @param {string} [props.className]
 */
export function VirtualList({ count, rowHeight, row, label, at, className }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [view, setView] = useState({ top: 0, height: 400 });
  const look = () => {
    const element = box.current;
    if (element) setView({ top: element.scrollTop, height: element.clientHeight });
  };
  useLayoutEffect(look, [count]);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || at === undefined || at < 0) return;
    const top = at * rowHeight;
    if (top < element.scrollTop || top + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = top - element.clientHeight / 3;
      look();
    }
  }, [at, count]);
  const first = Math.max(0, Math.floor(view.top / rowHeight) - BEYOND);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + BEYOND);
  const rows = [];
  for (let index = first; index < last; index++) {
    rows.push(html`<li key=${index} aria-setsize=${count} aria-posinset=${index + 1}
      style=${{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}>${row(index)}</li>`);
  }
  return html`<div class=${`virtual ${className ?? ""}`} ref=${box} onScroll=${look} tabindex="0" role="region" aria-label=${label}>
    <ul style=${{ height: `${count * rowHeight}px` }}>${rows}</ul></div>`;
}

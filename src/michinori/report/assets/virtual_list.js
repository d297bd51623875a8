// @ts-check
// A long list of which only what is in view is drawn; a short one ends behind its last row.
import { html, useLayoutEffect, useRef, useState } from "./ui.js";

const BEYOND = 6;
/** Above and below. */
const BORDERS = 2;

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
  const view = useRef({ top: 0, height: 400, at: -1, moved: false }).current;
  const [, redraw] = useState(0);
  if (at !== undefined && at >= 0 && at !== view.at) {
    view.at = at;
    const top = at * rowHeight;
    view.moved = top < view.top || top + rowHeight > view.top + view.height;
    if (view.moved) view.top = Math.max(0, Math.min(top - view.height / 3, count * rowHeight - view.height));
  }
  const look = () => {
    const element = box.current;
    if (!element || (Math.abs(element.scrollTop - view.top) < 1 && element.clientHeight === view.height)) return;
    view.top = element.scrollTop;
    view.height = element.clientHeight;
    redraw((times) => times + 1);
  };
  useLayoutEffect(() => {
    if (view.moved && box.current) box.current.scrollTop = view.top;
    view.moved = false;
  });
  useLayoutEffect(() => {
    look();
    const watch = new ResizeObserver(look);
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const first = Math.max(0, Math.floor(view.top / rowHeight) - BEYOND);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + BEYOND);
  const rows = [];
  for (let index = first; index < last; index++) {
    rows.push(html`<li key=${index} aria-setsize=${count} aria-posinset=${index + 1}
      style=${{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}>${row(index)}</li>`);
  }
  return html`<div class=${`virtual ${className ?? ""}`} ref=${box} onScroll=${look} tabindex="0" role="group" aria-label=${label} style=${{ maxHeight: `${count * rowHeight + BORDERS}px` }}>
    <ul style=${{ height: `${count * rowHeight}px` }}>${rows}</ul></div>`;
}

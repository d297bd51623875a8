// @ts-check
// While the reader is examined, what the questions ask for is hidden in every part: all that is drawn passes here.
import { options } from "./ui.js";
import { MASK } from "./explain/hidden.js";

/** Short numbers, hidden only where a word beside them says what they are. */
const SPOKEN = /(TTL[ =]?)\d+(?: → \d+)?|(MSS[ =]?)[\d,]+|(status )\d+|\b[1-5]\d\d(?= (?:OK|Not|Found|Moved|See|No Content)\b)/g;
const NAMED = new Set(["title", "aria-label", "aria-valuetext", "alt"]);
/** The class of an element that holds a status code alone. */
const STATUS_CODE = "status-code";

/** @type {RegExp | null} */
let hidden = null;

/**
 * Hides these texts from now on, in what is drawn anew; null ends it.
 * @param {string[] | null} texts
 */
export function hide(texts) {
  const longest = [...new Set(texts ?? [])].sort((a, b) => b.length - a.length).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  hidden = texts && new RegExp(`(?<![\\w.])(?:${longest.join("|") || "(?!)"})(?![\\w]|\\.\\d)`, "g");
}

/**
 * Draws as if nothing were hidden: the questions themselves.
 * @template T @param {() => T} draw @returns {T}
 */
export function plainly(draw) {
  const before = hidden;
  hidden = null;
  try {
    return draw();
  } finally {
    hidden = before;
  }
}

/** @param {any} value a child of an element, or an attribute @returns {any} */
function masked(value) {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value === "number" && hidden && hidden.test(String(value))) value = String(value);
  if (hidden) hidden.lastIndex = 0;
  if (typeof value !== "string" || !hidden) return value;
  return value.replace(hidden, MASK).replace(SPOKEN, (_, ttl, mss, status) => `${ttl ?? mss ?? status ?? ""}${MASK}`);
}

const before = options.vnode;
options.vnode = (/** @type {any} */ vnode) => {
  if (hidden && typeof vnode.type === "string") {
    const { props } = vnode;
    if (String(props.class ?? "").includes(STATUS_CODE)) props.children = MASK;
    else if (props.children !== undefined) props.children = masked(props.children);
    for (const name of NAMED) if (name in props) props[name] = masked(props[name]);
  }
  before?.(vnode);
};

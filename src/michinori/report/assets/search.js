// @ts-check
// Search and filter (検索): over every part, by Ctrl-K or "/". Results come while the journey is looked through.
import { Store, html, useEffect, useLayoutEffect, useMemo, useRef, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { LAYERS } from "./stages.js";
import { count, ms } from "./format.js";
import { brief } from "./brief.js";
import { VirtualList } from "./virtual_list.js";
import { compile, wrongIn } from "./find/filter.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./i18n.js").Texts} Texts */
/** @typedef {{found: number[], done: boolean, wrong: Texts | null}} Results */

const TEXTS = {
  title: { ja: "事象とパケットの検索", en: "Search events and packets" },
  label: { ja: "言葉または条件", en: "Words or a filter" },
  close: { ja: "閉じる", en: "Close" },
  examples: { ja: "例", en: "Examples" },
  found: { ja: "{count} 件", en: "{count} found" },
  looking: { ja: "{count} 件、検索中…", en: "{count} found, still looking…" },
  none: { ja: "この旅には見つかりません。", en: "Nothing of that on this journey." },
  results: { ja: "見つかった事象", en: "Events found" },
  how: {
    ja: "Enter で移動、↑↓ で選択。and、or、not、( )、==、!=、<、>、contains が使えます。項目: host layer what why row t n request frame.number ip.addr ip.ttl tcp.port udp.port eth.addr data.cwnd …",
    en: "Enter goes there, ↑↓ choose. There are and, or, not, ( ), ==, !=, <, >, contains. Fields: host layer what why row t n request frame.number ip.addr ip.ttl tcp.port udp.port eth.addr data.cwnd …",
  },
};
const EXAMPLES = ["tcp.port == 80", "dropped", "retransmitted", "host == pc and dns", "row == B13", "frame.number == 7", "ip.addr == 192.0.2.0/24", "サーバ"];
const ROW = 46;
/** How long the search may hold up the page at a time. */
const SLICE_MS = 10;

/** Whether the search is open. */
export const searching = new Store(false);

/** @param {{report: Report}} props */
export function Search({ report }) {
  const open = useStore(searching, (value) => value);
  useEffect(() => {
    const press = (/** @type {KeyboardEvent} */ event) => {
      const typing = /** @type {HTMLElement} */ (event.target).closest?.("input, textarea, select");
      const wanted = (event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing && !event.ctrlKey && !event.altKey && !event.metaKey);
      if (!wanted) return;
      event.preventDefault();
      searching.set(true);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  return open ? html`<${Dialog} report=${report} />` : null;
}

/** What was asked for last stays for the next time. */
const asked = new Store("");

/** @param {{report: Report}} props */
function Dialog({ report }) {
  const say = useSay();
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const text = useStore(asked, (value) => value);
  const { found, done, wrong } = useResults(report, text);
  const [chosen, choose] = useState(0);
  useLayoutEffect(() => {
    // At once, so that what is typed right behind the shortcut goes into the field.
    dialog.current?.showModal();
    dialog.current?.querySelector("input")?.select();
  }, []);
  useEffect(() => choose(0), [text]);
  const close = () => dialog.current?.close();
  const go = (/** @type {number | undefined} */ n) => {
    if (!n) return;
    close();
    report.go(n);
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (by) choose(Math.min(Math.max(chosen + by, 0), Math.max(found.length - 1, 0)));
    else if (event.key === "Enter") go(found[chosen]);
    else if (event.key === "Escape") close(); // which would only empty the field
    else return;
    event.preventDefault();
  };
  const list = useMemo(() => html`<${VirtualList} className="search-list" label=${say(TEXTS.results)} count=${found.length} rowHeight=${ROW} at=${chosen}
    row=${(/** @type {number} */ index) => html`<${Found} report=${report} n=${found[index]} current=${index === chosen} go=${go} />`} />`, [found, chosen, say(TEXTS.results)]);
  return html`<dialog class="search" ref=${dialog} aria-label=${say(TEXTS.title)} onClose=${() => searching.set(false)}
      onClick=${(/** @type {MouseEvent} */ event) => event.target === dialog.current && close()}>
    <div class="search-box"><div class="search-head"><input type="search" value=${text} aria-label=${say(TEXTS.label)} placeholder="tcp.port == 80" autocomplete="off" spellcheck=${false}
        aria-invalid=${wrong ? "true" : undefined} aria-describedby="search-said" onInput=${(/** @type {any} */ typed) => asked.set(typed.target.value)} onKeyDown=${press} />
      <button type="button" class="icon" aria-label=${say(TEXTS.close)} title=${say(TEXTS.close)} onClick=${close}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18" /></svg></button></div>
      <p id="search-said" class=${wrong ? "search-said warm" : "search-said soft"} role="status">${wrong ? say(wrong) : text.trim() ? say(!done ? TEXTS.looking : found.length ? TEXTS.found : TEXTS.none, { count: count(found.length) }) : say(TEXTS.how)}</p>
      ${!text.trim() && html`<div class="search-examples" role="group" aria-label=${say(TEXTS.examples)}>${EXAMPLES.map((each) => html`<button type="button" class="chip mono" key=${each} onClick=${() => asked.set(each)}>${each}</button>`)}</div>`}
      ${found.length > 0 && list}</div></dialog>`;
}

/** @param {{report: Report, n: number, current: boolean, go: (n: number) => void}} props */
function Found({ report, n, current, go }) {
  const say = useSay();
  const event = report.journey.event(n);
  return html`<button type="button" class="search-found" tabindex="-1" data-n=${n} aria-current=${current ? "true" : undefined} onClick=${() => go(n)}>
    <span class="search-time num">${ms(event.t)}</span><span class="search-host">${event.host}</span><span class="search-layer soft">${LAYERS[event.layer] ? say(LAYERS[event.layer]) : event.layer}</span>
    <span class="search-what"><b>${event.what}</b> ${brief(event)} ${event.why && html`<span class="warm">${event.why}</span>`}</span></button>`;
}

/**
 * The journey is looked through a slice at a time, so that typing stays quick in a long one.
 * @param {Report} report @param {string} text @returns {Results}
 */
function useResults({ journey }, text) {
  const [results, tell] = useState(/** @type {Results} */ ({ found: [], done: true, wrong: null }));
  useEffect(() => {
    const wrong = wrongIn(text);
    if (wrong) {
      tell({ found: [], done: true, wrong });
      return undefined;
    }
    const test = compile(journey, text);
    /** @type {number[]} */
    const found = [];
    let n = 1, waiting = 0;
    const look = () => {
      const until = performance.now() + SLICE_MS;
      for (; test && n <= journey.size; n++) {
        if (test(n)) found.push(n);
        if ((n & 63) === 0 && performance.now() > until) break;
      }
      const done = !test || n > journey.size;
      if (done || found.length) tell({ found: found.slice(), done, wrong: null });
      if (!done) waiting = setTimeout(look);
    };
    look();
    return () => clearTimeout(waiting);
  }, [journey, text]);
  return results;
}

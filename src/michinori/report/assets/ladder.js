// @ts-check
// The ladder: what the two ends of a connection send each other, an arrow each, down the page as time goes by.
import { html, useLayoutEffect, useMemo, useRef, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { duration, ms, pathOf } from "./format.js";
import { Scale, arrowsOf, lossOf, turnsOf } from "./ladder_rows.js";
import { Drawing, saidBy } from "./ladder_drawing.js";
import { hopsOf, outsideOf } from "./transfers.js";
import { Inspector } from "./inspector.js";
import { explainReason } from "./explain/words.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./ladder_rows.js").Arrow} Arrow */
/** @typedef {{choice: string, arrows: Arrow[], lanes: string[], scale: Scale, conversation: number}} Shown */

const TEXTS = {
  none: { ja: "この旅では、セグメントやデータグラムが記録されていません。", en: "No segments or datagrams were recorded on this journey." },
  choose: { ja: "コネクション", en: "Connection" },
  all: { ja: "すべて", en: "All" },
  arp: { ja: "ARP", en: "ARP" },
  numbers: { ja: "番号", en: "Numbers" },
  relative: { ja: "相対", en: "relative" },
  absolute: { ja: "絶対", en: "absolute" },
  routers: { ja: "途中のルータも", en: "Routers between" },
  ladder: { ja: "シーケンス図: {count} 個の矢印。上下の矢印キーで前後へ、Enterで中身へ。", en: "Sequence diagram: {count} arrows. Up and down keys go from one to the next, Enter opens it." },
  detail: { ja: "選んでいる矢印", en: "The chosen arrow" },
  outside: { ja: "(相手側は記録されていない)", en: "(its other end is not recorded)" },
  took: { ja: "{time} で到着", en: "arrived after {time}" },
  lost: { ja: "届かなかった", en: "did not arrive" },
  refused: { ja: "受け取られなかった", en: "not accepted" },
  underWay: { ja: "旅が終わったときは、まだ途中だった", en: "still under way when the journey ended" },
  at: { ja: "({host} で)", en: "(at {host})" },
  again: { ja: "再送: {why}", en: "sent again: {why}" },
  open: { ja: "フレームの中身を開く", en: "Open the frame" },
  close: { ja: "フレームの中身を閉じる", en: "Close the frame" },
  before: { ja: "前", en: "Before" },
  after: { ja: "次", en: "Next" },
};

/** @param {{report: Report}} props */
export function Ladder({ report }) {
  const say = useSay();
  const all = useMemo(() => arrowsOf(report.journey), [report]);
  if (!all.length) return html`<p class="note">${say(TEXTS.none)}</p>`;
  return html`<${Whole} report=${report} all=${all} />`;
}

/** @param {{report: Report, all: Arrow[]}} props */
function Whole({ report, all }) {
  const { journey, cursor } = report;
  const [choice, choose] = useState(() => choiceAt(journey, all, cursor.value.n));
  const [absolute, setAbsolute] = useState(false);
  const [routers, setRouters] = useState(false);
  const [open, setOpen] = useState(false);
  const shown = useMemo(() => shownOf(journey, all, choice, routers), [journey, all, choice, routers]);
  const at = useStore(cursor, (moment) => arrowAt(shown.arrows, moment.n));
  const pick = (/** @type {Arrow | undefined} */ arrow, /** @type {boolean} */ opens) => {
    if (arrow) report.go(arrow.sent);
    if (opens) setOpen(true);
  };
  const turn = (/** @type {string} */ wanted) => {
    choose(wanted);
    const first = shownOf(journey, all, wanted, false).arrows[0];
    if (first) report.go(first.sent);
  };
  return html`<div class="ladder">
    <${Choices} journey=${journey} all=${all} choice=${choice} choose=${turn} absolute=${absolute} setAbsolute=${setAbsolute} routers=${routers} setRouters=${setRouters} />
    <${Sheet} report=${report} shown=${shown} at=${at} absolute=${absolute} routers=${routers} pick=${pick} />
    <${Detail} report=${report} shown=${shown} at=${at} absolute=${absolute} open=${open} setOpen=${setOpen} pick=${pick} />
    ${open && html`<div class="ladder-inspector"><${Inspector} report=${report} /></div>`}</div>`;
}

/** What the cursor is at decides what is shown at first. @param {Journey} journey @param {Arrow[]} all @param {number} n */
function choiceAt(journey, all, n) {
  const here = journey.columns.conversation[n - 1];
  if (all.some((arrow) => arrow.conversation === here && here)) return String(here);
  const first = all.find((arrow) => arrow.sort === "tcp" && arrow.conversation);
  return first ? String(first.conversation) : "all";
}

/** @param {Journey} journey @param {Arrow[]} all @param {string} choice @param {boolean} routers @returns {Shown} */
function shownOf(journey, all, choice, routers) {
  const conversation = Number(choice) || 0;
  const arrows = all.filter((arrow) => (choice === "all" ? arrow.sort !== "arp" : choice === "arp" ? arrow.sort === "arp" : arrow.sort !== "arp" && arrow.conversation === conversation));
  const said = journey.about.conversations[conversation - 1];
  const ends = new Set(said ? [said.client, said.server].filter(Boolean) : []);
  const lanes = said && routers ? wayOf(journey, arrows, said.client) : said ? [said.client] : [];
  for (const arrow of arrows) for (const host of [arrow.from, arrow.to]) if (host && !lanes.includes(host) && !ends.has(host)) lanes.push(host);
  if (said?.server && !lanes.includes(said.server)) lanes.push(said.server);
  return { choice, arrows, lanes, scale: new Scale(journey, arrows), conversation };
}

/** The machines from one end to the other. @param {Journey} journey @param {Arrow[]} arrows @param {string} client @returns {string[]} */
function wayOf(journey, arrows, client) {
  const whole = arrows.find((arrow) => arrow.received && arrow.from === client && arrow.sort !== "icmp");
  if (!whole) return [client];
  const way = [client];
  for (const hop of hopsOf(journey, whole.sent)) if (hop.to && !way.includes(hop.to)) way.push(hop.to);
  return way;
}

/** @param {Arrow[]} arrows @param {number} n @returns {number} the last that was sent by then, -1 if none was */
function arrowAt(arrows, n) {
  let low = 0, high = arrows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (arrows[middle].sent <= n) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** @param {{journey: Journey, all: Arrow[], choice: string, choose: (choice: string) => void, absolute: boolean, setAbsolute: (on: boolean) => void, routers: boolean, setRouters: (on: boolean) => void}} props */
function Choices({ journey, all, choice, choose, absolute, setAbsolute, routers, setRouters }) {
  const say = useSay();
  const there = useMemo(() => new Set(all.map((arrow) => arrow.conversation)), [all]);
  const conversations = journey.about.conversations.filter((said) => there.has(said.id));
  return html`<div class="ladder-choice">
    <label><span>${say(TEXTS.choose)}</span><select value=${choice} onChange=${(/** @type {any} */ event) => choose(event.target.value)}>
      ${conversations.map((said) => html`<option key=${said.id} value=${String(said.id)}>${nameOf(journey, said)}</option>`)}
      ${all.some((arrow) => arrow.sort === "arp") && html`<option value="arp">${say(TEXTS.arp)}</option>`}
      <option value="all">${say(TEXTS.all)}</option></select></label>
    <div class="ladder-toggle" role="group" aria-label=${say(TEXTS.numbers)}>${[false, true].map((value) => html`<button type="button" class="chip" key=${String(value)}
      aria-pressed=${absolute === value ? "true" : "false"} onClick=${() => setAbsolute(value)}>${say(value ? TEXTS.absolute : TEXTS.relative)}</button>`)}</div>
    ${Number(choice) > 0 && html`<button type="button" class="chip" aria-pressed=${routers ? "true" : "false"} onClick=${() => setRouters(!routers)}>${say(TEXTS.routers)}</button>`}</div>`;
}

/** @param {Journey} journey @param {import("./data.js").Conversation} said */
function nameOf(journey, said) {
  const asked = journey.about.exchanges.filter((exchange) => exchange.conversation === said.id).map((exchange) => `#${exchange.id} ${pathOf(exchange.url)}`);
  const what = said.dns ? "DNS" : said.protocol.toUpperCase();
  return `${what} ${said.client} → ${said.server || outsideOf(journey, said.id) || "?"} ${said.client_end.split(" ")[1] ?? ""}${asked.length ? ` (${asked.slice(0, 2).join(", ")}${asked.length > 2 ? " …" : ""})` : ""}`;
}

/** @param {{report: Report, shown: Shown, at: number, absolute: boolean, routers: boolean, pick: (arrow: Arrow | undefined, opens: boolean) => void}} props */
function Sheet({ report, shown, at, absolute, routers, pick }) {
  const say = useSay();
  const { journey, cursor } = report;
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [view, setView] = useState({ top: 0, height: 600, width: 0 });
  const turns = useMemo(() => (shown.conversation ? turnsOf(journey, shown.conversation) : []), [shown]);
  // Asking the page where it stands makes it lay itself out, so it is asked only when that may be another place.
  const seen = useRef(view);
  const look = (/** @type {Partial<typeof view>} */ change) => setView((seen.current = { ...seen.current, ...change }));
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = () => look({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    measure();
    return () => watch.disconnect();
  }, []);
  useLayoutEffect(() => followCursor(report, shown.scale, () => seen.current, (top) => {
    if (box.current) box.current.scrollTop = top;
    look({ top: Math.min(top, Math.max(shown.scale.height - seen.current.height, 0)) });
  }), [report, shown]);
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "ArrowDown") pick(shown.arrows[Math.min(at + 1, shown.arrows.length - 1)], false);
    else if (event.key === "ArrowUp") pick(shown.arrows[Math.max(at - 1, 0)], false);
    else if (event.key === "Enter") pick(shown.arrows[Math.max(at, 0)], true);
    else return;
    event.preventDefault();
  };
  return html`<div class="ladder-box card" ref=${box} onScroll=${() => look({ top: box.current?.scrollTop ?? 0 })} onKeyDown=${press} tabindex="0" role="region"
      aria-label=${say(TEXTS.ladder, { count: shown.arrows.length })}>
    <div class="ladder-sheet" style=${{ height: `${shown.scale.height}px` }}>
      <${Drawing} journey=${journey} cursor=${cursor} shown=${shown} turns=${turns} view=${view} at=${at} absolute=${absolute} routers=${routers} pick=${(/** @type {Arrow} */ arrow) => pick(arrow, true)} />
    </div></div>`;
}

/** Keeps the cursor in view when it moves. @param {Report} report @param {Scale} scale @param {() => {top: number, height: number}} seen @param {(top: number) => void} scroll */
function followCursor({ cursor }, scale, seen, scroll) {
  const follow = () => {
    const y = scale.at(cursor.value.n, cursor.value.t), { top, height } = seen();
    if (y < top + 60 || y > top + height - 70) scroll(Math.max(y - height / 3, 0));
  };
  follow();
  return cursor.subscribe(follow);
}

/** @param {{report: Report, shown: Shown, at: number, absolute: boolean, open: boolean, setOpen: (open: boolean) => void, pick: (arrow: Arrow | undefined, opens: boolean) => void}} props */
function Detail({ report, shown, at, absolute, open, setOpen, pick }) {
  const say = useSay();
  const { journey } = report;
  const arrow = shown.arrows[at];
  const t = journey.columns.t;
  const loss = arrow && (!arrow.received || arrow.refused) ? lossOf(journey, arrow.sent) : null;
  const why = loss && explainReason(loss.why);
  return html`<section class="ladder-detail" aria-label=${say(TEXTS.detail)}>
    <button type="button" class="icon" aria-label=${say(TEXTS.before)} disabled=${at < 1} onClick=${() => pick(shown.arrows[at - 1], false)}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 15l3-6 3 6z" /></svg></button>
    <button type="button" class="icon" aria-label=${say(TEXTS.after)} disabled=${at >= shown.arrows.length - 1} onClick=${() => pick(shown.arrows[at + 1], false)}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 9l3 6 3-6z" /></svg></button>
    <p aria-live="polite">${arrow && html`<span class="num">${ms(t[arrow.sent - 1])} ms</span>${" "}<b>${arrow.from} → ${arrow.to || "?"}</b>${" "}<span class="mono">${saidBy(journey, arrow, absolute)}</span>${" "}
      ${arrow.received > 0 && html`<span class="soft">${arrow.outside ? say(TEXTS.outside) : say(TEXTS.took, { time: duration(t[arrow.received - 1] - t[arrow.sent - 1]) })}</span>${" "}`}
      ${loss && html`<span class="warm">${say(arrow.refused ? TEXTS.refused : TEXTS.lost)}: ${loss.why} ${say(TEXTS.at, { host: loss.host })}</span>${why && html`<small>${say(why)}</small>`}`}
      ${!arrow.received && !loss && html`<span class="warm">${say(TEXTS.underWay)}</span>`}
      ${arrow.again && html`${" "}<span class="tag warm">${say(TEXTS.again, { why: arrow.again })}</span>`}`}</p>
    <button type="button" class="chip" aria-expanded=${open ? "true" : "false"} onClick=${() => setOpen(!open)}>${say(open ? TEXTS.close : TEXTS.open)}</button></section>`;
}

// @ts-check
// The chain of requests (依頼の連鎖): browser → socket library → protocol stack → driver and adapter. Every call with its
// arguments, how long it blocked, and what it led to below; from any event the call that caused it.
import { html, indexFrom, useEffect, useMemo, useSettled, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { LAYERS, osiOf } from "./stages.js";
import { count, duration, ms } from "./format.js";
import { brief, callText, resultText } from "./brief.js";
import { belowOf, callOf, callingHosts, callsOf, chainOf } from "./calls.js";
import { VirtualList } from "./virtual_list.js";
import { Explained } from "./explained.js";
import { explainEvent } from "./explain/words.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./calls.js").Call} Call */
/** @typedef {import("./i18n.js").Texts} Texts */

const TEXTS = {
  host: { ja: "機器", en: "Device" },
  calls: { ja: "{host} のプログラムによる呼出し: {count} 回", en: "calls by the programs of {host}: {count}" },
  blocked: { ja: "待ち {time}", en: "blocked {time}" },
  atOnce: { ja: "すぐに戻った", en: "returned at once" },
  waiting: { ja: "戻らなかった", en: "never returned" },
  chain: { ja: "この事象までの依頼", en: "What was asked, down to this event" },
  toCall: { ja: "原因の呼出しへ", en: "To the call that caused it" },
  noCall: { ja: "この事象は、どの呼出しの結果でもありません。", en: "This event goes back to no call." },
  below: { ja: "この呼出しが下に起こしたこと", en: "What this call led to below" },
  nothing: { ja: "下では何も起きていません (プロトコルスタックの中で済みました)。", en: "Nothing below: the protocol stack did it alone." },
  more: { ja: "残りの {count} 件も見る", en: "Show the other {count}" },
  here: { ja: "いま見ている事象", en: "The event at the cursor" },
};
/** Who does it, by the layer of the event. @type {Record<string, Texts>} */
const ACTORS = {
  browser: { ja: "ブラウザ", en: "browser" },
  application: { ja: "アプリケーション", en: "application" },
  socket: { ja: "Socketライブラリ", en: "socket library" },
  transport: { ja: "プロトコルスタック (TCP・UDP)", en: "protocol stack (TCP, UDP)" },
  internet: { ja: "プロトコルスタック (IP)", en: "protocol stack (IP)" },
  adapter: { ja: "ドライバとLANアダプタ", en: "driver and LAN adapter" },
};
/** @type {Record<string, keyof typeof ACTORS>} */
const ACTOR_OF = { browser: "browser", http: "application", dns: "application", tls: "application", socket: "socket", tcp: "transport", udp: "transport", ip: "internet", icmp: "internet", arp: "internet", link: "adapter" };
const ROW = 48;
const MOST = 12;

/** @param {{report: Report}} props */
export function Chain({ report }) {
  const say = useSay();
  const { journey, cursor } = report;
  const hosts = useMemo(() => callingHosts(journey), [journey]);
  const [host, setHost] = useState(hosts[0]);
  const n = useStore(cursor, (moment) => moment.n);
  const call = useMemo(() => callOf(journey, n), [journey, n]);
  useEffect(() => {
    if (call) setHost(journey.hosts[journey.columns.host[call - 1]]);
  }, [call]);
  const everyHost = useMemo(() => new Map(hosts.map((each) => [each, callsOf(journey, each)])), [journey]);
  const calls = everyHost.get(host) ?? [];
  const numbers = useMemo(() => calls.map((each) => each.n), [calls]);
  const at = Math.max(indexFrom(numbers, (call || n) + 1) - 1, 0);
  const list = useMemo(() => html`<${VirtualList} className="calls" label=${say(TEXTS.calls, { host, count: calls.length })} count=${calls.length} rowHeight=${ROW} at=${at}
    row=${(/** @type {number} */ index) => html`<${CallRow} report=${report} call=${calls[index]} current=${calls[index].n === call} />`} />`, [calls, at, call, say(TEXTS.host)]);
  return html`<div class="chain">
    <section aria-labelledby="calls-title"><div class="chain-head"><h3 id="calls-title">${say(TEXTS.calls, { host, count: count(calls.length) })}</h3>
      <label><span class="unseen">${say(TEXTS.host)}</span><select value=${host} onChange=${(/** @type {any} */ chosen) => setHost(chosen.target.value)}>
        ${hosts.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select></label></div>
      ${list}
    </section>
    <${Cause} report=${report} n=${n} call=${call} />
  </div>`;
}

/** @param {{report: Report, call: Call, current: boolean}} props */
function CallRow({ report, call, current }) {
  const say = useSay();
  const event = report.journey.event(call.n);
  const returned = call.returned ? report.journey.event(call.returned) : null;
  const waited = returned?.data.waited_ns ?? 0;
  const result = returned ? resultText(returned) : "";
  return html`<button type="button" class="call" data-call=${call.n} aria-current=${current ? "true" : undefined} onClick=${() => report.go(call.n)}>
    <span class="call-time">${ms(event.t)}</span><span class="call-text">${callText(event)}${result && html` <span class="soft">→ ${result}</span>`}</span>
    <span class=${waited ? "call-wait long" : "call-wait"}>${!returned ? say(TEXTS.waiting) : waited ? say(TEXTS.blocked, { time: duration(waited) }) : say(TEXTS.atOnce)}</span></button>`;
}

/** @param {{report: Report, n: number, call: number}} props */
function Cause({ report, n, call }) {
  const say = useSay();
  const { journey } = report;
  const chain = useMemo(() => chainOf(journey, n), [journey, n]);
  const settled = useSettled(call);
  const below = useMemo(() => (settled ? belowOf(journey, settled) : []), [journey, settled]);
  return html`<div class="chain-detail">
    <section aria-labelledby="chain-title"><div class="chain-head"><h3 id="chain-title">${say(TEXTS.chain)}</h3>
      ${call > 0 && call !== n && html`<button type="button" class="chip" id="to-call" data-call=${call} onClick=${() => report.go(call)}>${say(TEXTS.toCall)}</button>`}</div>
      ${!call && html`<p class="soft">${say(TEXTS.noCall)}</p>`}
      <${Steps} report=${report} events=${chain} n=${n} explains=${true} />
    </section>
    ${settled > 0 && html`<section aria-labelledby="below-title"><h3 id="below-title">${say(TEXTS.below)}</h3>
      <${Sum} report=${report} below=${below} />
      <${Steps} report=${report} events=${below} n=${n} most=${MOST} /></section>`}
  </div>`;
}

/** How much a call led to, layer by layer. @param {{report: Report, below: number[]}} props */
function Sum({ report, below }) {
  const say = useSay();
  const { journey } = report;
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const n of below) {
    const [layer, what] = journey.kinds[journey.columns.kind[n - 1]];
    if (what.endsWith("sent") && ACTOR_OF[layer]) counts.set(layer, (counts.get(layer) ?? 0) + 1);
  }
  if (!below.length) return html`<p class="soft">${say(TEXTS.nothing)}</p>`;
  const shown = [...counts].sort(([one], [other]) => osiOf(other) - osiOf(one));
  return html`<p class="chain-sum">${shown.map(([layer, many]) => html`<span key=${layer}>${say(LAYERS[layer])} <b>×${count(many)}</b></span>`)}</p>`;
}

/**
 * Events one below the other, by who does them; of devices on the way, whose parts do not call each other, by device.
 * @param {{report: Report, events: number[], n: number, most?: number, explains?: boolean}} props `explains`: with what each of them means
 */
function Steps({ report, events, n, most = Infinity, explains = false }) {
  const say = useSay();
  const ends = useMemo(() => new Set(callingHosts(report.journey)), [report]);
  const [all, setAll] = useState(false);
  useEffect(() => setAll(false), [events]);
  let before = "";
  return html`<ol class="steps">${(all ? events : events.slice(0, most)).map((each) => {
    const event = report.journey.event(each);
    const actor = ACTOR_OF[event.layer] ? say(ACTORS[ACTOR_OF[event.layer]]) : event.layer;
    const who = ends.has(event.host) ? `${event.host} · ${actor}` : event.host, begins = who !== before;
    before = who;
    const words = explainEvent(event.layer, event.what);
    return html`<li key=${each} class=${begins ? "begins" : undefined}>${begins && html`<span class="actor">${who}</span>`}
      <button type="button" class="step" data-n=${each} title=${words && say(words)} aria-current=${each === n ? "true" : undefined} aria-label=${each === n ? `${say(TEXTS.here)}: ${event.what}` : undefined} onClick=${() => report.go(each)}>
        <span class="step-layer">${LAYERS[event.layer] ? say(LAYERS[event.layer]) : event.layer}</span>
        <span class="step-what">${event.what}</span><span class="step-brief">${brief(event)}</span><span class="step-time">${ms(event.t)}</span></button>
      ${explains && html`<${Explained} words=${words} />`}</li>`;
  })}</ol>${!all && events.length > most && html`<p><button type="button" class="chip" onClick=${() => setAll(true)}>${say(TEXTS.more, { count: count(events.length - most) })}</button></p>`}`;
}

// @ts-check
// Follow one message: a column a link, from end to end, and what changed at each step; its octets in the whole message.
import { html, useMemo, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { count, duration, ms, pathOf } from "./format.js";
import { messagesOf, sendOf } from "./transfers.js";
import { Hops, loadOf } from "./hops.js";
import { OctetView } from "./dump.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./transfers.js").Message} Message */
/** @typedef {import("./transfers.js").Send} Send */

const TEXTS = {
  choose: { ja: "メッセージ", en: "Message" },
  request: { ja: "リクエスト", en: "request" },
  response: { ja: "応答", en: "response" },
  query: { ja: "問合せ", en: "query" },
  answer: { ja: "回答", en: "answer" },
  open: { ja: "3ウェイハンドシェイク", en: "three-way handshake" },
  close: { ja: "コネクションの解放", en: "connection release" },
  out: { ja: "往路", en: "way out" },
  back: { ja: "復路", en: "way back" },
  none: { ja: "この旅では、メッセージを運んだセグメントやデータグラムが記録されていません。", en: "No segment or datagram that carried a message was recorded on this journey." },
  summary: { ja: "{from} から {to} へ、{octets} オクテットを {sends} 個で", en: "from {from} to {to}, {octets} octets in {sends}" },
  segment: { ja: "{number} 番目 / {all}", en: "{number} of {all}" },
  before: { ja: "前のセグメント", en: "Previous segment" },
  after: { ja: "次のセグメント", en: "Next segment" },
  again: { ja: "再送", en: "sent again" },
  whole: { ja: "メッセージ全体と、その中でのこのセグメントの位置", en: "The whole message, and where this segment stands in it" },
  octets: { ja: "{from}–{to} オクテット目", en: "octets {from}–{to}" },
  nothing: { ja: "データのないセグメントです。", en: "A segment without data." },
};

/** @param {{report: Report}} props */
export function FollowMessage({ report }) {
  const say = useSay();
  const { journey, cursor } = report;
  const messages = useMemo(() => messagesOf(journey), [journey]);
  const index = useMemo(() => indexOf(messages), [messages]);
  const n = useStore(cursor, (moment) => sendAt(journey, index, moment.n));
  const message = index.get(n);
  if (!message) return html`<p class="note">${say(TEXTS.none)}</p>`;
  return html`<div class="message">
    <${Chooser} report=${report} messages=${messages} message=${message} />
    <${Segments} report=${report} message=${message} n=${n} />
    <${Hops} report=${report} n=${n} />
    <${Whole} report=${report} message=${message} n=${n} />
  </div>`;
}

/** @param {Message[]} messages @returns {Map<number, Message>} by the number of each segment or datagram */
function indexOf(messages) {
  const found = new Map();
  for (const message of messages) for (const send of message.sends) found.set(send.n, message);
  return new Map([...found].sort(([one], [other]) => one - other));
}

const APPLICATION = new Set(["browser", "http", "socket", "dns"]);

/**
 * The segment that the cursor is at: for an application the next one that it sends for the same request, below the one
 * that led there, or else the next one.
 * @param {Journey} journey @param {Map<number, Message>} index in the order of the numbers @param {number} n
 */
function sendAt(journey, index, n) {
  const { exchange, host, kind } = journey.columns;
  if (APPLICATION.has(journey.kinds[kind[n - 1]][0])) {
    for (const send of index.keys()) {
      if (send > n && host[send - 1] === host[n - 1] && exchange[send - 1] === exchange[n - 1]) return send;
    }
  }
  const own = sendOf(journey, n, index);
  if (own) return own;
  let last = 0;
  for (const send of index.keys()) {
    last = send;
    if (send > n) break;
  }
  return last;
}

/** @param {{report: Report, messages: Message[], message: Message}} props */
function Chooser({ report, messages, message }) {
  const say = useSay();
  const { journey } = report;
  const said = journey.about.conversations[message.conversation - 1];
  const to = message.from === said.client ? said.server : said.client;
  const end = Math.max(...message.sends.map((send) => send.from + send.length));
  const reply = messages.find((each) => each.purpose === REPLIES[message.purpose] && each.conversation === message.conversation && each.exchange === message.exchange);
  const values = { from: message.from, to: to || "?", octets: count(end), sends: message.sends.length };
  return html`<div class="message-choice"><label><span>${say(TEXTS.choose)}</span>
    <select value=${String(message.id)} onChange=${(/** @type {any} */ chosen) => report.go(messages[Number(chosen.target.value)].sends[0].n)}>
      ${messages.map((each) => html`<option key=${each.id} value=${String(each.id)}>${nameOf(journey, each, say)}</option>`)}
    </select></label>
    ${reply && html`<button type="button" class="chip" onClick=${() => report.go(reply.sends[0].n)}>${say(OUTWARD.has(message.purpose) ? TEXTS.back : TEXTS.out)}: ${nameOf(journey, reply, say)}</button>`}
    <p class="soft">${say(TEXTS.summary, values)}</p></div>`;
}

const OUTWARD = new Set(["request", "query"]);
/** @type {Record<string, string>} */
const REPLIES = { request: "response", response: "request", query: "answer", answer: "query" };

/** @param {Journey} journey @param {Message} message @param {import("./i18n.js").Say} say */
function nameOf(journey, message, say) {
  const exchange = journey.about.exchanges[message.exchange - 1];
  const said = journey.about.conversations[message.conversation - 1];
  const what = say(TEXTS[message.purpose]);
  if (message.purpose === "query" || message.purpose === "answer") return `DNS ${what}: ${said.client} ↔ ${said.server || "?"}`;
  if (message.purpose === "close" || !exchange) return `${what}: ${said.client_end}`;
  return `#${exchange.id} ${what} ${exchange.method} ${pathOf(exchange.url)}`;
}

/** The message as a bar, a block a segment. @param {{report: Report, message: Message, n: number}} props */
function Segments({ report, message, n }) {
  const say = useSay();
  const { sends } = message;
  const at = sends.findIndex((send) => send.n === n), send = sends[at];
  const step = (/** @type {number} */ by) => report.go(sends[at + by].n);
  return html`<div class="segments">
    <button type="button" class="icon" aria-label=${say(TEXTS.before)} title=${say(TEXTS.before)} disabled=${at === 0} onClick=${() => step(-1)}>
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M15 5l-9 7 9 7z" /></svg></button>
    <div class="segments-bar" aria-hidden="true">${sends.map((each) => html`<i key=${each.n} title=${`${each.flags} ${count(each.length)}`}
      class=${`${each.n === n ? "on" : ""}${each.again ? " again" : ""}`} style=${{ flexGrow: String(Math.max(each.length, 40)) }} onClick=${() => report.go(each.n)} />`)}</div>
    <button type="button" class="icon" aria-label=${say(TEXTS.after)} title=${say(TEXTS.after)} disabled=${at === sends.length - 1} onClick=${() => step(1)}>
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 5l9 7-9 7z" /></svg></button>
    <p aria-live="polite"><strong>${say(TEXTS.segment, { number: at + 1, all: sends.length })}</strong>${" "}
      ${send.flags && html`<span class="mono">${send.flags}</span> · `}${ms(send.t)} ms
      ${send.length > 0 && html` · ${say(TEXTS.octets, { from: count(send.from + 1), to: count(send.from + send.length) })}`}
      ${send.again && html` <span class="tag warm">${say(TEXTS.again)}</span>`}
      ${send.t > sends[0].t && html` <span class="soft">+${duration(send.t - sends[0].t)}</span>`}</p>
  </div>`;
}

/** The message put together from what was sent. @param {{report: Report, message: Message, n: number}} props */
function Whole({ report, message, n }) {
  const say = useSay();
  const octets = useMemo(() => putTogether(report.journey, message), [message]);
  const send = /** @type {Send} */ (message.sends.find((each) => each.n === n));
  const choose = (/** @type {number} */ at) => {
    const carrier = message.sends.find((each) => each.from <= at && at < each.from + each.length);
    if (carrier) report.go(carrier.n);
  };
  if (!octets.length) return html`<p class="soft">${say(TEXTS.nothing)}</p>`;
  return html`<section class="whole" aria-label=${say(TEXTS.whole)}><h3>${say(TEXTS.whole)}</h3>
    <${OctetView} octets=${octets} from=${send.from} to=${send.from + send.length} label=${say(TEXTS.whole)} choose=${choose} /></section>`;
}

/** @param {Journey} journey @param {Message} message @returns {Uint8Array} */
function putTogether(journey, message) {
  const end = Math.max(...message.sends.map((send) => send.from + send.length));
  const octets = new Uint8Array(end);
  for (const send of message.sends) {
    if (!send.length || send.again) continue;
    octets.set(loadOf(journey, send.n).subarray(0, send.length), send.from);
  }
  return octets;
}

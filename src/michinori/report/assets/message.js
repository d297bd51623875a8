// @ts-check
// Follow one message: a column a link, from end to end, and what changed at each step; its octets in the whole message.
import { html, indexFrom, useMemo, useSettled, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { count, duration, ms, pathOf } from "./format.js";
import { firstFrames, messagesOf, outsideOf, sendOf } from "./transfers.js";
import { Hops } from "./hops.js";
import { loadOf } from "./explain/load.js";
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
  summary: { ja: "{from} から {to} へ、{octets} オクテットを {sends} 個の{units}で", en: "from {from} to {to}, {octets} octets in {sends} {units}" },
  segments: { ja: "セグメント", en: "segments" }, oneSegment: { ja: "セグメント", en: "segment" },
  datagrams: { ja: "データグラム", en: "datagrams" }, oneDatagram: { ja: "データグラム", en: "datagram" },
  segment: { ja: "{number} 番目 / {all}", en: "{number} of {all}" },
  before: { ja: "前のセグメント", en: "Previous segment" },
  after: { ja: "次のセグメント", en: "Next segment" },
  again: { ja: "再送", en: "sent again" },
  wholeDatagram: { ja: "メッセージ全体", en: "The whole message" },
  whole: { ja: "メッセージ全体と、その中でのこのセグメントの位置", en: "The whole message, and where this segment stands in it" },
  octets: { ja: "{from}–{to} オクテット目", en: "octets {from}–{to}" },
  missing: {
    ja: "この旅が運んだデータは多いので、後のほうの中身はこの報告に入れていません (下では00)。キャプチャのファイルにはすべてあります。",
    en: "This journey carried so much that what came later is not in this report (00 below). The capture files have all of it.",
  },
  nothing: { ja: "データのないセグメントです。", en: "A segment without data." },
};

/** @param {{report: Report}} props */
export function FollowMessage({ report }) {
  const say = useSay();
  const { journey, cursor } = report;
  const messages = useMemo(() => messagesOf(journey), [journey]);
  const index = useMemo(() => indexOf(messages), [messages]);
  const n = useStore(cursor, (moment) => sendAt(journey, index, moment.n));
  const settled = useSettled(n);
  const message = index.of.get(n), whole = index.of.get(settled);
  if (!message) return html`<p class="note">${say(TEXTS.none)}</p>`;
  return html`<div class="message">
    <${Chooser} report=${report} messages=${messages} message=${message} />
    <${Segments} report=${report} message=${message} n=${n} />
    <${Hops} report=${report} n=${n} />
    ${useMemo(() => whole && html`<${Whole} report=${report} message=${whole} n=${settled} />`, [report, whole, settled])}
  </div>`;
}

/** @typedef {{of: Map<number, Message>, numbers: number[]}} Index the message of each segment or datagram, and all their numbers in order */

/** @param {Message[]} messages @returns {Index} */
function indexOf(messages) {
  const of = new Map();
  for (const message of messages) for (const send of message.sends) of.set(send.n, message);
  return { of, numbers: [...of.keys()].sort((one, other) => one - other) };
}

const APPLICATION = new Set(["browser", "http", "socket", "dns"]);
/** So many segments further on what an application sends is looked for. */
const NEAR = 500;

/**
 * The segment that the cursor is at: for an application the next one that it sends for the same request, below the one
 * that led there, or else the next one.
 * @param {Journey} journey @param {Index} index @param {number} n
 */
function sendAt(journey, { of, numbers }, n) {
  const { exchange, host, kind } = journey.columns;
  const next = indexFrom(numbers, n);
  if (APPLICATION.has(journey.kinds[kind[n - 1]][0])) {
    for (let at = next; at < Math.min(next + NEAR, numbers.length); at++) {
      const row = numbers[at] - 1;
      if (host[row] === host[n - 1] && exchange[row] === exchange[n - 1]) return numbers[at];
    }
  }
  return sendOf(journey, n, of) || (numbers[next] ?? numbers[numbers.length - 1] ?? 0);
}

/** @param {{report: Report, messages: Message[], message: Message}} props */
function Chooser({ report, messages, message }) {
  const say = useSay();
  const { journey } = report;
  const options = useMemo(
    () => messages.map((each) => html`<option key=${each.id} value=${String(each.id)}>${nameOf(journey, each, say)}</option>`),
    [messages, say(TEXTS.choose)],
  );
  const said = journey.about.conversations[message.conversation - 1];
  const to = message.from === said.client ? said.server : said.client;
  const reply = messages.find((each) => each.purpose === REPLIES[message.purpose] && each.conversation === message.conversation && each.exchange === message.exchange);
  const values = { from: message.from, to: to || outsideOf(journey, message.conversation) || "?", octets: count(message.length), sends: message.sends.length, units: say(TEXTS[unitOf(said.protocol, message.sends.length)]) };
  return html`<div class="message-choice"><label><span>${say(TEXTS.choose)}</span>
    <select value=${String(message.id)} onChange=${(/** @type {any} */ chosen) => report.go(messages[Number(chosen.target.value)].sends[0].n)}>${options}</select></label>
    ${reply && html`<button type="button" class="chip" onClick=${() => report.go(reply.sends[0].n)}>${say(OUTWARD.has(message.purpose) ? TEXTS.back : TEXTS.out)}: ${nameOf(journey, reply, say)}</button>`}
    <p class="soft">${say(TEXTS.summary, values)}</p></div>`;
}

const OUTWARD = new Set(["request", "query"]);
/** @type {Record<string, string>} */
const REPLIES = { request: "response", response: "request", query: "answer", answer: "query" };

/** @param {string} protocol @param {number} count @returns {"segments" | "datagrams" | "oneSegment" | "oneDatagram"} */
function unitOf(protocol, count) {
  if (protocol === "udp") return count === 1 ? "oneDatagram" : "datagrams";
  return count === 1 ? "oneSegment" : "segments";
}

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
    <${Bar} report=${report} message=${message} send=${send} at=${at} />
    <button type="button" class="icon" aria-label=${say(TEXTS.after)} title=${say(TEXTS.after)} disabled=${at === sends.length - 1} onClick=${() => step(1)}>
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 5l9 7-9 7z" /></svg></button>
    <p aria-live="polite"><strong>${say(TEXTS.segment, { number: at + 1, all: sends.length })}</strong>${" "}
      ${send.flags && html`<span class="mono">${send.flags}</span> · `}${ms(send.t)} ms
      ${send.length > 0 && html` · ${say(TEXTS.octets, { from: count(send.from + 1), to: count(send.from + send.length) })}`}
      ${send.again && html` <span class="tag warm">${say(TEXTS.again)}</span>`}
      ${send.t > sends[0].t && html` <span class="soft">+${duration(send.t - sends[0].t)}</span>`}</p>
  </div>`;
}

const MOST_BLOCKS = 150;

/**
 * The message from its first octet to its last, the segment of the moment and those sent again marked; where there is no
 * data, a block a segment.
 * @param {{report: Report, message: Message, send: Send, at: number}} props
 */
function Bar({ report, message, send, at }) {
  const { sends, length } = message;
  const across = length || sends.length;
  const blocks = useMemo(() => (length ? sends.filter((each) => each.again || sends.length <= MOST_BLOCKS) : sends), [message]);
  const place = (/** @type {Send} */ each) => (length ? { from: each.from, size: each.length } : { from: sends.indexOf(each), size: 1 });
  const style = ({ from = 0, size = 0 }) => ({ left: `${(from / across) * 100}%`, width: `${(size / across) * 100}%` });
  const click = (/** @type {any} */ event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const octet = ((event.clientX - box.left) / box.width) * across;
    const carrier = length ? sends.find((each) => each.from <= octet && octet < each.from + each.length) : sends[Math.floor(octet)];
    if (carrier) report.go(carrier.n);
  };
  const drawn = useMemo(() => blocks.map((each) => html`<i key=${each.n} class=${each.again ? "again" : undefined} style=${style(place(each))} />`), [blocks]);
  return html`<div class="segments-bar" aria-hidden="true" onClick=${click}>${drawn}<i key="on" class="on" style=${length ? style(place(send)) : style({ from: at, size: 1 })} /></div>`;
}

/** The message put together from what was sent. @param {{report: Report, message: Message, n: number}} props */
function Whole({ report, message, n }) {
  const say = useSay();
  const octets = useMemo(() => putTogether(report.journey, message), [message]);
  const send = /** @type {Send} */ (message.sends.find((each) => each.n === n));
  const missing = useMemo(() => message.sends.some((each) => isMissing(report.journey, each.n)), [message]);
  const choose = (/** @type {number} */ at) => {
    const carrier = message.sends.find((each) => each.from <= at && at < each.from + each.length);
    if (carrier) report.go(carrier.n);
  };
  if (!octets.length) return html`<p class="soft">${say(TEXTS.nothing)}</p>`;
  const title = say(report.journey.about.conversations[message.conversation - 1].protocol === "udp" ? TEXTS.wholeDatagram : TEXTS.whole);
  return html`<section class="whole"><h3>${title}</h3>
    ${missing && html`<p class="note">${say(TEXTS.missing)}</p>`}
    <${OctetView} octets=${octets} from=${send.from} to=${send.from + send.length} label=${title} choose=${choose} /></section>`;
}

/** Whether the report lacks what a segment carried. @param {Journey} journey @param {number} n */
function isMissing(journey, n) {
  return firstFrames(journey, n).some((sent) => journey.missing(journey.columns.octets[sent - 1]) > 0);
}

/** @param {Journey} journey @param {Message} message @returns {Uint8Array} */
function putTogether(journey, message) {
  const octets = new Uint8Array(message.length);
  for (const send of message.sends) {
    if (!send.length || send.again) continue;
    octets.set(loadOf(journey, send.n).subarray(0, send.length), send.from);
  }
  return octets;
}

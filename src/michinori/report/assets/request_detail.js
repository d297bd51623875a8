// @ts-check
// One request of the waterfall, opened: its phases in numbers and its packets on a strip of time.
import { html, useMemo, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { count, duration, ms } from "./format.js";
import { eventAt, packetsOf } from "./requests.js";
import { PARTS } from "./parts.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./i18n.js").Texts} Texts */
/** @typedef {import("./requests.js").Asked} Asked */
/** @typedef {import("./requests.js").Packet} Packet */

/** @type {{name: import("./requests.js").PhaseName, text: Texts, means: Texts}[]} */
export const PHASES = [
  { name: "blocked", text: { ja: "順番待ち", en: "queued" }, means: { ja: "空いたコネクションを待つ", en: "waits for a free connection" } },
  { name: "dns", text: { ja: "名前解決", en: "DNS" }, means: { ja: "DNSサーバに問い合わせる", en: "the name servers are asked" } },
  { name: "connect", text: { ja: "接続", en: "connect" }, means: { ja: "3ウェイハンドシェイク", en: "the three-way handshake" } },
  { name: "ssl", text: { ja: "TLS", en: "TLS" }, means: { ja: "TLSのハンドシェイク (接続に含む)", en: "the handshake of TLS, part of connecting" } },
  { name: "send", text: { ja: "送信", en: "send" }, means: { ja: "リクエストをTCPに渡す", en: "the request is handed to TCP" } },
  { name: "wait", text: { ja: "応答待ち (TTFB)", en: "wait (TTFB)" }, means: { ja: "応答の最初のオクテットが届くまで", en: "until the first octet of the response" } },
  { name: "receive", text: { ja: "受信", en: "receive" }, means: { ja: "最初のオクテットから最後まで", en: "from the first octet to the last" } },
];
const TEXTS = {
  phases: { ja: "段階", en: "Phases" },
  url: { ja: "URL", en: "URL" },
  initiator: { ja: "呼び出した文書", en: "Initiator" },
  typed: { ja: "アドレスバー", en: "the address bar" },
  connection: { ja: "コネクション", en: "Connection" },
  reused: { ja: "前からあるものを再利用 (キープアライブ)", en: "kept alive, used again" },
  fresh: { ja: "このリクエストのために確立", en: "established for this request" },
  sizes: { ja: "大きさ", en: "Sizes" },
  octets: { ja: "リクエスト {ask} + 応答のヘッダ {head} + ボディ {body} オクテット", en: "request {ask} + response head {head} + body {body} octets" },
  decoded: { ja: "(復号後 {octets})", en: "({octets} when decoded)" },
  why: { ja: "失敗の理由", en: "Why it failed" },
  packets: { ja: "このリクエストのパケット", en: "The packets of this request" },
  sum: { ja: "送信 {out}・受信 {back}、再送 {again}、喪失 {lost}", en: "{out} sent, {back} received, {again} sent again, {lost} lost" },
  noPackets: { ja: "ソケットより下は記録されていません。", en: "What is below the sockets was not recorded." },
  nothingSent: { ja: "このリクエストのためのパケットは、ひとつも送られていません。", en: "No packet was sent for this request." },
  out: { ja: "送信", en: "sent" },
  back: { ja: "受信", en: "received" },
  again: { ja: "再送", en: "sent again" },
  lost: { ja: "喪失", en: "lost" },
  before: { ja: "前のパケット", en: "Previous packet" },
  after: { ja: "次のパケット", en: "Next packet" },
  strip: { ja: "押すと、いちばん近いパケットへ", en: "Press to move to the nearest packet" },
  open: { ja: "このパケットを見る:", en: "Look at this packet:" },
};
/** Parts that show a packet from another side, as far as this report has them. */
const BESIDE = ["inspector", "message", "chain", "ladder"];

/** @param {{report: Report, one: Asked}} props */
export function RequestDetail({ report, one }) {
  const say = useSay();
  const { data } = one;
  const coded = data.content_octets !== data.response_body_octets;
  const sizes = { ask: count((data.request_head_octets ?? 0) + (data.request_body_octets ?? 0)), head: count(data.response_head_octets ?? 0), body: count(data.response_body_octets ?? 0) };
  return html`<div class="waterfall-detail">
    <dl class="waterfall-facts">
      <dt>${say(TEXTS.url)}</dt><dd class="mono">${data.url}</dd>
      <dt>${say(TEXTS.initiator)}</dt><dd class="mono">${data.initiator || say(TEXTS.typed)}</dd>
      ${one.connection && html`<dt>${say(TEXTS.connection)}</dt><dd><span class="mono">${one.connection}</span> <span class="soft">(${say(one.reused ? TEXTS.reused : TEXTS.fresh)})</span></dd>`}
      <dt>${say(TEXTS.sizes)}</dt><dd>${say(TEXTS.octets, sizes)} ${coded && say(TEXTS.decoded, { octets: count(data.content_octets) })}</dd>
      ${one.why && html`<dt>${say(TEXTS.why)}</dt><dd class="warm">${say(one.why)}</dd>`}
    </dl>
    <${PhaseTable} report=${report} one=${one} />
    <${Packets} report=${report} one=${one} />
  </div>`;
}

/** @param {{report: Report, one: Asked}} props */
function PhaseTable({ report, one }) {
  const say = useSay();
  if (!one.phases.length) return null;
  const span = Math.max(one.to - one.from, 1);
  return html`<section><h3>${say(TEXTS.phases)}</h3><ol class="waterfall-phases">${one.phases.map((phase) => {
    const { text, means } = /** @type {typeof PHASES[0]} */ (PHASES.find((each) => each.name === phase.name));
    const width = { left: `${((phase.from - one.from) / span) * 100}%`, width: `${((phase.to - phase.from) / span) * 100}%` };
    return html`<li key=${phase.name}><button type="button" data-phase=${phase.name} onClick=${() => report.go(eventAt(report.journey, one.id, phase.from))}>
      <i class=${`phase ${phase.name}`}></i><b>${say(text)}</b><span class="soft">${say(means)}</span>
      <span class="num end">${ms(phase.from)} ms</span><strong class="num end">${duration(phase.to - phase.from)}</strong>
      <span class="waterfall-share" aria-hidden="true"><i class=${`phase ${phase.name}`} style=${width}></i></span></button></li>`;
  })}</ol></section>`;
}

/** @param {{report: Report, one: Asked}} props */
function Packets({ report, one }) {
  const say = useSay();
  const { journey, cursor } = report;
  const packets = useMemo(() => packetsOf(journey, one), [journey, one]);
  const at = useStore(cursor, (moment) => nearest(packets, moment.n));
  if (!packets.length) return html`<p class="soft">${say(journey.about.below_sockets ? TEXTS.nothingSent : TEXTS.noPackets)}</p>`;
  const packet = packets[at], beside = BESIDE.map((id) => PARTS.find((part) => part.id === id)).filter((part) => part !== undefined);
  const many = (/** @type {(each: Packet) => boolean} */ which) => packets.filter(which).length;
  const sum = { out: many((each) => each.out), back: many((each) => !each.out && !each.lost), again: many((each) => each.again), lost: many((each) => each.lost) };
  const step = (/** @type {number} */ by) => report.go(packets[at + by].n);
  return html`<section><h3>${say(TEXTS.packets)}</h3><p class="soft">${say(TEXTS.sum, sum)}</p>
    <${Strip} report=${report} one=${one} packets=${packets} packet=${packet} />
    <div class="waterfall-packet">
      <button type="button" class="icon" aria-label=${say(TEXTS.before)} title=${say(TEXTS.before)} disabled=${at === 0} onClick=${() => step(-1)}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M15 5l-9 7 9 7z" /></svg></button>
      <button type="button" class="icon" aria-label=${say(TEXTS.after)} title=${say(TEXTS.after)} disabled=${at === packets.length - 1} onClick=${() => step(1)}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 5l9 7-9 7z" /></svg></button>
      <p aria-live="polite"><button type="button" class="link" onClick=${() => report.go(packet.n)}><b>${at + 1} / ${packets.length}</b> ${say(packet.out ? TEXTS.out : TEXTS.back)}
        <span class="mono"> ${packet.flags || "UDP"}</span> ${count(packet.length)} · ${ms(packet.t)} ms</button>
        ${packet.again && html` <span class="tag warm">${say(TEXTS.again)}</span>`}${packet.lost && html` <span class="tag warm">${say(TEXTS.lost)}</span>`}</p>
      <p class="waterfall-beside"><span class="soft">${say(TEXTS.open)}</span>${beside.map((part) => html`<button type="button" class="chip" key=${part.id} data-open=${part.id}
        onClick=${() => report.show(part.id, packet.n)}>${say(part.name)}</button>`)}</p>
    </div></section>`;
}

/** The packet that the cursor is at, or the last before it. @param {Packet[]} packets @param {number} n */
function nearest(packets, n) {
  let best = 0;
  packets.forEach((each, index) => {
    if (each.n <= n && each.n >= packets[best].n) best = index;
  });
  return best;
}

/** @param {{report: Report, one: Asked, packets: Packet[], packet: Packet}} props */
function Strip({ report, one, packets, packet }) {
  const say = useSay();
  const first = Math.min(one.from, packets[0].t), span = Math.max(one.to, packets[packets.length - 1].t) - first || 1;
  const x = (/** @type {number} */ t) => (((t - first) / span) * 1000).toFixed(2);
  const drawn = useMemo(() => {
    const path = (/** @type {(each: Packet) => boolean} */ which) => packets.filter(which).map((each) => {
      const [top, height] = each.out ? [2, 16] : [22, 16];
      const share = each.length ? Math.min(1, 0.45 + each.length / 2600) : 0.3;
      return `M${x(each.t)} ${each.out ? top + height : top}v${(each.out ? -1 : 1) * height * share}`;
    }).join("");
    return html`<path class="waterfall-plain" d=${path((each) => !each.again && !each.lost)} /><path class="waterfall-again" d=${path((each) => each.again && !each.lost)} />
      <path class="waterfall-lost" d=${path((each) => each.lost)} />`;
  }, [packets]);
  const press = (/** @type {MouseEvent} */ event) => {
    const box = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
    const t = first + ((event.clientX - box.left) / box.width) * span, out = event.clientY < box.top + box.height / 2;
    const far = (/** @type {Packet} */ each) => Math.abs(each.t - t);
    const lane = packets.filter((each) => each.out === out);
    report.go((lane.length ? lane : packets).reduce((best, each) => (far(each) < far(best) ? each : best)).n);
  };
  return html`<div class="waterfall-strip"><span aria-hidden="true">${say(TEXTS.out)}</span><span aria-hidden="true">${say(TEXTS.back)}</span>
    <svg viewBox="0 0 1000 40" preserveAspectRatio="none" role="img" aria-label=${say(TEXTS.strip)} onClick=${press}>
      <path class="waterfall-line" d="M0 20H1000" />${drawn}<path class="waterfall-now" d=${`M${x(packet.t)} 0V40`} /></svg></div>`;
}

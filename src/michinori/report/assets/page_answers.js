// @ts-check
// What each response was: its head, its coding, its declared and its true type, and where its character encoding came from.
import { html, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { count, pathOf } from "./format.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./i18n.js").Texts} Texts */
/** @typedef {import("./page_data.js").Answer} Answer */

const TEXTS = {
  answers: { ja: "それぞれの応答", en: "The responses" },
  coding: { ja: "符号化", en: "Coding" },
  declared: { ja: "宣言された型", en: "Declared type" },
  sniffed: { ja: "中身から判断した型", en: "Sniffed type" },
  charset: { ja: "文字コード", en: "Character encoding" },
  plain: { ja: "なし: {octets} オクテット", en: "none: {octets} octets" },
  coded: { ja: "{coding}: {from} → {to} オクテット ({share})", en: "{coding}: {from} → {to} octets ({share})" },
  from: { ja: "{charset} ({how})", en: "{charset} ({how})" },
  headers: { ja: "応答のヘッダ", en: "Response head" },
  sent: { ja: "リクエストのヘッダ", en: "Request head" },
  none: { ja: "応答はありませんでした。", en: "There was no response." },
};
/** How the character encoding was found out, by what the trace calls it. @type {Record<string, Texts>} */
const HOWS = {
  bom: { ja: "バイト順マーク", en: "byte order mark" },
  header: { ja: "Content-Typeヘッダ", en: "Content-Type header" },
  meta: { ja: "<meta> 要素", en: "<meta> element" },
  "at-charset": { ja: "@charset規則", en: "@charset rule" },
  document: { ja: "文書から受け継ぐ", en: "inherited from the document" },
  guess: { ja: "中身から推測", en: "guessed from the octets" },
  default: { ja: "既定値", en: "default" },
};

/** By which rule of WHATWG MIME Sniffing the type was settled, by what the trace calls it. @type {Record<string, Texts>} */
const RULES = {
  header: { ja: "ヘッダのとおり", en: "as the header says" },
  nosniff: { ja: "ヘッダのとおり (nosniff)", en: "as the header says (nosniff)" },
  "image-table": { ja: "画像の先頭のオクテットから", en: "by an image's first octets" },
  "font-table": { ja: "フォントの先頭のオクテットから", en: "by a font's first octets" },
  "feed-or-html": { ja: "HTMLかフィードかを中身で", en: "HTML or a feed, by what it holds" },
  "text-or-binary": { ja: "文字かバイナリかを中身で", en: "text or binary, by what it holds" },
  "unknown-type": { ja: "ヘッダになく、先頭のオクテットから", en: "no header: by its first octets" },
};

/** @param {{report: Report, answers: Answer[]}} props */
export function Answers({ report, answers }) {
  const say = useSay();
  const current = useStore(report.cursor, (moment) => report.journey.columns.exchange[moment.n - 1]);
  return html`<section aria-labelledby="page-answers"><h3 id="page-answers">${say(TEXTS.answers)}</h3>
    <ol class="page-answers card">${answers.map((answer) => html`<${One} key=${answer.asked.id} report=${report} answer=${answer} current=${answer.asked.id === current} />`)}</ol></section>`;
}

/** @param {{report: Report, answer: Answer, current: boolean}} props */
function One({ report, answer, current }) {
  const say = useSay();
  const [open, setOpen] = useState(false);
  const { asked, coded, sniffed, decoded } = answer, { data } = asked;
  const how = decoded ? (HOWS[decoded.how] ? say(HOWS[decoded.how]) : decoded.how) : "";
  return html`<li class="page-answer" aria-current=${current ? "true" : undefined}>
    <button type="button" class="page-answer-head" aria-expanded=${open ? "true" : "false"} data-exchange=${asked.id} onClick=${() => setOpen(!open)}>
      <svg viewBox="0 0 10 10" aria-hidden="true"><path d="M3 1l5 4-5 4z" /></svg><span class=${data.status ? (data.status >= 400 ? "num warm status-code" : "num status-code") : "num warm"}>${data.status || "✕"}</span><b>${pathOf(data.url)}</b></button>
    ${data.status ? html`<dl>
      <div><dt>${say(TEXTS.coding)}</dt><dd>${coded ? html`<${Go} report=${report} n=${coded.n}>${say(TEXTS.coded, { coding: coded.coding, from: count(coded.from), to: count(coded.to), share: `${Math.round((coded.from / coded.to) * 100)} %` })}<//>` : say(TEXTS.plain, { octets: count(data.response_body_octets) })}</dd></div>
      <div><dt>${say(TEXTS.declared)}</dt><dd class="mono">${sniffed?.header_type || data.content_type || "–"}</dd></div>
      <div><dt>${say(TEXTS.sniffed)}</dt><dd class=${sniffed?.differs ? "warm" : undefined}>${sniffed ? html`<span class="mono"><${Go} report=${report} n=${sniffed.n}>${sniffed.type}<//></span> <span class="soft">(${RULES[sniffed.rule] ? say(RULES[sniffed.rule]) : sniffed.rule})</span>` : "–"}</dd></div>
      <div><dt>${say(TEXTS.charset)}</dt><dd>${decoded ? html`<${Go} report=${report} n=${decoded.n}>${say(TEXTS.from, { charset: decoded.charset, how })}<//>` : "–"}</dd></div>
    </dl>` : html`<p class="warm">${say(asked.why ?? TEXTS.none)}</p>`}
    ${open && html`<div class="page-heads"><${Head} title=${say(TEXTS.sent)} first=${`${data.method} ${pathOf(data.url)} ${data.request_version}`} headers=${data.request_headers ?? []} />
      ${data.status > 0 && html`<${Head} title=${say(TEXTS.headers)} first=${`${data.response_version} ${data.status} ${data.reason}`} headers=${data.response_headers ?? []} />`}</div>`}</li>`;
}

/** @param {{report: Report, n: number, children?: any}} props */
function Go({ report, n, children }) {
  return html`<button type="button" class="link" onClick=${() => report.go(n)}>${children}</button>`;
}

/** @param {{title: string, first: string, headers: [string, string][]}} props */
function Head({ title, first, headers }) {
  return html`<section><h4>${title}</h4><pre class="page-lines">${first}${headers.map(([name, value]) => html`${"\n"}<b>${name}</b>: ${value}`)}</pre></section>`;
}

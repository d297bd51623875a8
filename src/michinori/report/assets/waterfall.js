// @ts-check
// The waterfall (ウォーターフォール): every request with its phases, as browsers' tools show them, and the packets under each.
import { html, useEffect, useMemo, useRef, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { marksOf, textsOf } from "./axis.js";
import { count, duration, pathOf } from "./format.js";
import { requestsOf } from "./requests.js";
import { PHASES, RequestDetail } from "./request_detail.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./requests.js").Asked} Asked */

const TEXTS = {
  request: { ja: "リクエスト", en: "Request" },
  status: { ja: "ステータス", en: "Status" },
  kind: { ja: "種類", en: "Kind" },
  priority: { ja: "優先度", en: "Priority" },
  size: { ja: "大きさ", en: "Size" },
  time: { ja: "時間", en: "Time" },
  none: { ja: "この旅では、リクエストは送られていません。", en: "No request was sent on this journey." },
  sum: {
    ja: "{requests} 件のリクエスト、{connections} 本のコネクション、転送 {octets} オクテット、{time} で完了",
    en: "{requests} requests over {connections} connections, {octets} octets transferred, done in {time}",
  },
  legend: { ja: "段階の色", en: "The phases" },
  failed: { ja: "失敗", en: "failed" },
  toTime: { ja: "押した時刻へ移る", en: "Move to the moment pressed" },
};
/** From the most urgent, 0. @type {import("./i18n.js").Texts[]} */
const PRIORITIES = [
  { ja: "最高", en: "highest" }, { ja: "高", en: "high" }, { ja: "中", en: "medium" },
  { ja: "低", en: "low" }, { ja: "低", en: "low" }, { ja: "最低", en: "lowest" },
];
/** What was asked for, by what the trace calls it. @type {Record<string, import("./i18n.js").Texts>} */
const KINDS = {
  document: { ja: "文書", en: "document" }, stylesheet: { ja: "スタイルシート", en: "style sheet" }, image: { ja: "画像", en: "image" },
  icon: { ja: "アイコン", en: "icon" }, font: { ja: "フォント", en: "font" },
};
const MARKS = 7;
const LONG = 18, ENDING = 9;

/** @param {{report: Report}} props */
export function Waterfall({ report }) {
  const say = useSay();
  const requests = useMemo(() => requestsOf(report.journey), [report.journey]);
  if (!requests.length) return html`<p class="note">${say(TEXTS.none)}</p>`;
  return html`<div class="waterfall">
    <${Sum} requests=${requests} />
    <${List} report=${report} requests=${requests} />
  </div>`;
}

/** @param {{requests: Asked[]}} props */
function Sum({ requests }) {
  const say = useSay();
  const shown = PHASES.filter(({ name }) => requests.some((one) => one.phases.some((phase) => phase.name === name)));
  const values = {
    requests: count(requests.length), connections: new Set(requests.map((one) => one.connection).filter(Boolean)).size,
    octets: count(requests.reduce((sum, one) => sum + transferred(one), 0)),
    time: duration(lastOf(requests) - requests[0].from),
  };
  return html`<p class="waterfall-sum">${say(TEXTS.sum, values)}</p>
    <ul class="waterfall-legend" aria-label=${say(TEXTS.legend)}>${shown.map(({ name, text }) => html`<li key=${name}><i class=${`phase ${name}`}></i>${say(text)}</li>`)}</ul>`;
}

/** @param {Asked[]} requests */
function lastOf(requests) {
  return requests.reduce((last, one) => Math.max(last, one.to), 0);
}

/** @param {Asked} one @returns {number} octets of head and body of the response */
function transferred({ data }) {
  return (data.response_head_octets ?? 0) + (data.response_body_octets ?? 0);
}

/** @param {{report: Report, requests: Asked[]}} props */
function List({ report, requests }) {
  const say = useSay();
  const { cursor, journey } = report;
  const [open, setOpen] = useState(/** @type {ReadonlySet<number>} */ (new Set()));
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const from = requests[0].from, span = Math.max(lastOf(requests) - from, 1);
  const current = useStore(cursor, (moment) => journey.columns.exchange[moment.n - 1]);
  useEffect(() => {
    // A custom property instead of drawing: all rows show the line of time, and it moves with every frame.
    const follow = () => box.current?.style.setProperty("--at", String((cursor.value.t - from) / span));
    follow();
    return cursor.subscribe(follow);
  }, [cursor, from, span]);
  const toggle = (/** @type {number} */ id) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  const marks = marksOf(from, from + span, MARKS), texts = textsOf(marks);
  const place = (/** @type {number} */ t) => `${((t - from) / span) * 100}%`;
  return html`<div class="waterfall-list card" ref=${box}>
    <div class="waterfall-head waterfall-grid" aria-hidden="true">
      <span>${say(TEXTS.request)}</span><span>${say(TEXTS.status)}</span><span>${say(TEXTS.kind)}</span><span>${say(TEXTS.priority)}</span>
      <span class="end">${say(TEXTS.size)}</span><span class="end">${say(TEXTS.time)}</span>
      <div class="waterfall-axis">${marks.map((mark, index) => html`<span key=${mark} class=${mark - from > span * 0.93 ? "last" : undefined} style=${{ left: place(mark) }}>${texts[index]}</span>`)}</div></div>
    <ol>${requests.map((one) => html`<li key=${one.id} class="waterfall-item" aria-current=${one.id === current ? "true" : undefined}>
      <${Row} report=${report} one=${one} place=${place} marks=${marks} from=${from} span=${span} open=${open.has(one.id)} toggle=${toggle} />
      ${open.has(one.id) && html`<${RequestDetail} report=${report} one=${one} />`}</li>`)}</ol>
  </div>`;
}

/**
 * @param {{report: Report, one: Asked, place: (t: number) => string, marks: number[], from: number, span: number, open: boolean, toggle: (id: number) => void}} props
 */
function Row({ report, one, place, marks, from, span, open, toggle }) {
  const say = useSay();
  const { data } = one;
  const method = data.method === "GET" ? "" : `${data.method} `, name = nameOf(data.url);
  const failed = one.why !== null || data.status >= 400;
  const press = (/** @type {MouseEvent} */ event) => {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    report.cursor.goToTime(from + ((event.clientX - box.left) / box.width) * span);
  };
  return html`<div class="waterfall-row waterfall-grid">
    <button type="button" class="waterfall-name" aria-expanded=${open ? "true" : "false"} aria-label=${`#${one.id} ${method}${name}`} data-exchange=${one.id} onClick=${() => toggle(one.id)}>
      <svg viewBox="0 0 10 10" aria-hidden="true"><path d="M3 1l5 4-5 4z" /></svg>
      <span><small>#${one.id}</small> ${method}</span><span class="waterfall-path" title=${data.url}>${ends(name).map((part) => html`<span>${part}</span>`)}</span></button>
    <span class=${failed ? "warm" : ""}><span class="unseen">${say(TEXTS.status)}: </span>${data.status ? html`<span class="status-code">${data.status}</span>` : say(TEXTS.failed)}</span>
    <span class="soft"><span class="unseen">${say(TEXTS.kind)}: </span>${KINDS[data.kind] ? say(KINDS[data.kind]) : data.content_type}</span>
    <span class="soft"><span class="unseen">${say(TEXTS.priority)}: </span>${PRIORITIES[data.priority] ? say(PRIORITIES[data.priority]) : data.priority}</span>
    <span class="num end"><span class="unseen">${say(TEXTS.size)}: </span>${count(transferred(one))}</span>
    <span class="num end"><span class="unseen">${say(TEXTS.time)}: </span>${duration(one.to - one.from)}</span>
    <div class="waterfall-bar" title=${say(TEXTS.toTime)} onClick=${press}>
      ${marks.map((mark) => html`<b key=${mark} style=${{ left: place(mark) }}></b>`)}
      ${one.phases.map((phase) => html`<i key=${phase.name} class=${`phase ${phase.name}`} style=${{ left: place(phase.from), width: `${((phase.to - phase.from) / span) * 100}%` }}></i>`)}
    </div></div>`;
}

/** What may be cut short when there is no room, and the end, in which long names differ. @param {string} name */
function ends(name) {
  return name.length > LONG ? [name.slice(0, -ENDING), name.slice(-ENDING)] : [name];
}

/** The last part of a path, as lists of requests show it; all of it where that says nothing. @param {string} url */
function nameOf(url) {
  const path = pathOf(url);
  const last = path.replace(/\?.*/, "").split("/").pop();
  return last ? path.slice(path.indexOf(last, path.replace(/\?.*/, "").lastIndexOf("/"))) : path;
}

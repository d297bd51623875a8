// @ts-check
// The whole way: every row of the article in its order, what really happened in it, and each time that it happened.
import { html, indexFrom, useMemo, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { STAGES, WAYS } from "./stages.js";
import { count, duration, ms, pathOf } from "./format.js";
import { TUTORIAL_ROWS } from "./tutorial_rows.js";
import { Explained } from "./explained.js";
import { explainRow, explainStage } from "./explain/words.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./data.js").Row} Row */
/** @typedef {{name: string, begin: number, end: number, first: number, events: number}} Time one time that a row happened */

const TEXTS = {
  events: { ja: "{count} 件の事象", en: "{count} events" }, event: { ja: "{count} 件の事象", en: "{count} event" },
  times: { ja: "{count} 回", en: "{count} times" },
  more: { ja: "ほか {count} 回", en: "{count} more" },
  notMet: { ja: "起きていません", en: "not met" },
  byOs: {
    ja: "この旅はOSのソケットで行いました。ソケットより下 (TCP、IP、フレーム) はOSの中で起き、記録されていません。",
    en: "This journey went over the sockets of the operating system: what is below them (TCP, IP, frames) happened inside it and was not recorded.",
  },
  tutorial: { ja: "ブラウザを待ち受けるサーバ (A)", en: "The server that listens to a browser (A)" },
  otherCommands: {
    ja: "URLへの旅では起きていません。次のコマンドで見られます。",
    en: "Not met on a journey to a URL. These commands show them.",
  },
  release: { ja: "最後にパイプを外す", en: "In the end the pipe is taken away" },
  through: { ja: "全体を通して", en: "All the way through" },
  again: { ja: "サーバが受信したときと同じこと (復路1のB21、B22) が、ブラウザのPCで起きます。", en: "What the server did when it received (B21 and B22 of way back 1) the browser's PC does now." },
  show: { ja: "この行の最初の事象へ", en: "To the first event of this row" },
};
const SHOWN = 8;

/** @param {{report: Report}} props */
export function WholeWay({ report }) {
  const say = useSay();
  const rows = new Map(report.journey.rows.map((row) => [row.name, row]));
  const sections = [
    ...STAGES.map((stage) => ({ name: `${say(WAYS[stage.way])} ${stage.number}`, title: say(stage.name), words: explainStage(stage.way, stage.number), rows: stage.rows })),
    { name: "", title: say(TEXTS.release), words: null, rows: ["B25"] },
    { name: "", title: say(TEXTS.through), words: null, rows: ["B26"] },
  ];
  return html`<div class="way">
    ${!report.journey.about.below_sockets && html`<p class="note">${say(TEXTS.byOs)}</p>`}
    ${sections.map((section) => html`<section key=${section.title}>
      <div class="way-head"><h3><span>${section.name}</span>${section.title}</h3><${Explained} words=${section.words} /></div>
      ${section.rows.length > 0 && html`<ol class="rows">${section.rows.map((name) => {
        const row = rows.get(name);
        return row && html`<${RowCard} key=${name} report=${report} row=${row} />`;
      })}</ol>`}
      ${!section.rows.length && html`<p class="soft">${say(TEXTS.again)}</p>`}</section>`)}
    <${Tutorial} />
  </div>`;
}

/** The rows of the other document, which a journey to a URL does not meet. */
function Tutorial() {
  const say = useSay();
  return html`<section><h3>${say(TEXTS.tutorial)}</h3><div><p class="soft">${say(TEXTS.otherCommands)}</p>
    <ol class="rows">${TUTORIAL_ROWS.map(({ name, title, command }) => html`<li key=${name} class="row unmet" id=${name}><span class="badge">${name}</span>
      <div><h4>${say(title)}</h4><p><code>${command}</code></p></div></li>`)}</ol></div></section>`;
}

/** @param {{report: Report, row: Row}} props */
function RowCard({ report, row }) {
  const say = useSay();
  const { journey, cursor } = report;
  const current = useStore(cursor, (moment) => row.numbers[indexFrom(row.numbers, moment.n)] === moment.n);
  const times = useMemo(() => timesOf(journey, row), [journey, row]);
  const words = html`<${Explained} words=${explainRow(row.name)} />`;
  if (row.unmet) {
    return html`<li class="row unmet" id=${row.name}><span class="badge">${row.name}</span><div>
      <h4>${say(row.title)}<span class="tag">${say(TEXTS.notMet)}</span></h4>${words}<p>${say(row.unmet)}</p></div></li>`;
  }
  const first = row.numbers[0], last = row.numbers[row.numbers.length - 1];
  const begin = journey.columns.t[first - 1], end = journey.columns.t[last - 1];
  return html`<li class="row" id=${row.name} aria-current=${current ? "true" : undefined}>
    <span class="badge">${row.name}</span><div>
      <h4><button type="button" class="link" title=${say(TEXTS.show)} onClick=${() => report.go(first)}>${say(row.title)}</button>
        <span class="when">${begin === end ? ms(begin) : `${ms(begin)} – ${ms(end)}`} ms</span>
        <span class="many">${say(row.numbers.length === 1 ? TEXTS.event : TEXTS.events, { count: count(row.numbers.length) })}</span></h4>${words}
      <ul class="facts">${row.facts.map((fact, index) => html`<li key=${index}>${say(fact)}</li>`)}</ul>
      ${times.length > 1 && html`<${Times} report=${report} times=${times} />`}
    </div></li>`;
}

/** @param {{report: Report, times: Time[]}} props */
function Times({ report, times }) {
  const say = useSay();
  return html`<ol class="times" aria-label=${say(TEXTS.times, { count: times.length })}>
    ${times.slice(0, SHOWN).map((time) => html`<li key=${time.first}><button type="button" class="chip" onClick=${() => report.go(time.first)}>
      <span>${time.name}</span> <b>${ms(time.begin)}</b>${time.end > time.begin && html` <small>+${duration(time.end - time.begin)}</small>`}</button></li>`)}
    ${times.length > SHOWN && html`<li class="soft">${say(TEXTS.more, { count: times.length - SHOWN })}</li>`}
  </ol>`;
}

/**
 * The events of a row by what they were for: a request, or else a conversation.
 * @param {import("./data.js").Journey} journey @param {Row} row @returns {Time[]}
 */
function timesOf(journey, row) {
  const { exchange, conversation, t } = journey.columns;
  /** @type {Map<string, Time>} */
  const found = new Map();
  for (const n of row.numbers) {
    const id = exchange[n - 1], said = conversation[n - 1];
    const key = id ? `#${id}` : said ? `c${said}` : "";
    if (!key) continue;
    const time = found.get(key);
    if (time) {
      time.end = t[n - 1];
      time.events++;
    } else {
      found.set(key, { name: nameOf(journey, id, said), begin: t[n - 1], end: t[n - 1], first: n, events: 1 });
    }
  }
  return [...found.values()];
}

/** Short, and no two connections alike. @param {import("./data.js").Journey} journey @param {number} exchange @param {number} conversation */
function nameOf(journey, exchange, conversation) {
  if (exchange) return `#${exchange} ${pathOf(journey.about.exchanges[exchange - 1].url)}`;
  const { client_end: ends, server } = journey.about.conversations[conversation - 1];
  const [protocol, own, other = ""] = ends.split(" "), [ownPort, otherPort] = [own, other].map((end) => end.slice(end.lastIndexOf(":")));
  return other ? `${protocol} ${ownPort} → ${server}${otherPort}` : ends;
}

// @ts-check
// The graphs (グラフ): how a connection sent, over time, and how full the cables' queues were.
import { Store, html, useMemo, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { count, ms } from "./format.js";
import { Plot } from "./plot.js";
import { queuesOf } from "./queues.js";
import { sendersOf, seriesOf, valueAt } from "./series.js";
import { connectionGraphs, queueGraph } from "./graph_kinds.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./plot.js").Stretch} Stretch */
/** @typedef {import("./graph_kinds.js").Kind} Kind */
/** @typedef {ReturnType<typeof sendersOf>[0]} Sender */

const TEXTS = {
  sender: { ja: "送信する側", en: "Sender" },
  senderName: { ja: "{host}: {connection} ({octets} オクテット)", en: "{host}: {connection} ({octets} octets)" },
  atCursor: { ja: "今のコネクションへ", en: "To the cursor's connection" },
  cable: { ja: "ケーブルの向き", en: "Cable and direction" },
  cableName: { ja: "{line}: {from} → {to} (最大 {most}、破棄 {losses})", en: "{line}: {from} → {to} (at most {most}, {losses} dropped)" },
  none: { ja: "この旅では、TCPのセグメントが記録されていません。", en: "No TCP segment was recorded on this journey." },
  hidden: { ja: "試験中はグラフを伏せています。", en: "The graphs are hidden during the examination." },
  how: { ja: "押すとその時刻へ、横に引くと拡大します。", en: "Press to move there in time; drag across to look closer." },
  closer: { ja: "今の時刻を拡大", en: "Closer at the cursor" },
  whole: { ja: "全体", en: "The whole" },
  range: { ja: "{from}–{to} ms", en: "{from}–{to} ms" },
  now: { ja: "{time} ms での値", en: "Values at {time} ms" },
  cables: { ja: "ケーブルの待ち行列", en: "Queues of the cables" },
};
const CLOSER = 4;

/** @param {{report: Report}} props */
export function Graphs({ report }) {
  const say = useSay();
  const senders = useMemo(() => sendersOf(report.journey), [report.journey]);
  const examining = useStore(report.examining, (value) => value);
  if (examining) return html`<p class="note">${say(TEXTS.hidden)}</p>`;
  if (!senders.length) return html`<p class="note">${say(TEXTS.none)}</p>`;
  return html`<${Connection} report=${report} senders=${senders} />`;
}

/** @param {{report: Report, senders: Sender[]}} props */
function Connection({ report, senders }) {
  const say = useSay();
  const { journey, cursor } = report;
  const [sender, choose] = useState(senders[0]);
  const series = useMemo(() => seriesOf(journey, sender.connection), [journey, sender]);
  const queues = useMemo(() => queuesOf(journey), [journey]);
  const [cable, chooseCable] = useState(0);
  const all = useMemo(() => stretchOf(series), [series]);
  const stretch = useMemo(() => new Store(all), [all]);
  const kinds = useMemo(() => connectionGraphs(series), [series]);
  const queue = queues[cable], queueKind = useMemo(() => queue && queueGraph(queue), [queue]);
  const here = useStore(cursor, (moment) => senders.find((each) => each.conversation === journey.columns.conversation[moment.n - 1]) ?? null);
  const name = (/** @type {Sender} */ each) => say(TEXTS.senderName, { host: each.host, connection: each.connection.replace("tcp ", "").replace(" ", " → "), octets: count(each.octets) });
  return html`<div class="graphs">
    <div class="graphs-choice"><label><span>${say(TEXTS.sender)}</span><select id="graphs-sender" value=${sender.connection}
      onChange=${(/** @type {any} */ chosen) => choose(senders.find((each) => each.connection === chosen.target.value) ?? sender)}>
      ${senders.map((each) => html`<option key=${each.connection} value=${each.connection}>${name(each)}</option>`)}</select></label>
      ${here && here.conversation !== sender.conversation && html`<button type="button" class="chip" onClick=${() => choose(here)}>${say(TEXTS.atCursor)}</button>`}
      <${Zoom} report=${report} stretch=${stretch} all=${all} /></div>
    ${kinds.map((kind) => html`<${Panel} key=${kind.graph.id} report=${report} kind=${kind} stretch=${stretch} />`)}
    ${queue && queueKind && html`<div class="graphs-choice"><h3>${say(TEXTS.cables)}</h3><label><span>${say(TEXTS.cable)}</span><select id="graphs-cable" value=${String(cable)}
      onChange=${(/** @type {any} */ chosen) => chooseCable(Number(chosen.target.value))}>
      ${queues.map((each, index) => html`<option key=${index} value=${String(index)}>${say(TEXTS.cableName, { line: each.line, from: each.from, to: each.to, most: each.most, losses: each.losses.length })}</option>`)}</select></label></div>
      <${Panel} report=${report} kind=${queueKind} stretch=${stretch} />`}
  </div>`;
}

/** @param {ReturnType<typeof seriesOf>} series @returns {Stretch} from its first segment to its last */
function stretchOf({ sent, sequence, times }) {
  const from = sent[0]?.t ?? 0;
  const to = Math.max(sent.at(-1)?.t ?? from, sequence.t.at(-1) ?? from, times.t.at(-1) ?? from);
  const margin = Math.max((to - from) * 0.02, 1000);
  return { from: from - margin, to: to + margin };
}

/** @param {{report: Report, stretch: Store<Stretch>, all: Stretch}} props */
function Zoom({ report, stretch, all }) {
  const say = useSay();
  const { from, to } = useStore(stretch, (value) => value);
  const closer = () => {
    const half = (to - from) / CLOSER / 2, at = Math.min(Math.max(report.cursor.value.t, from + half), to - half);
    stretch.set({ from: at - half, to: at + half });
  };
  return html`<p class="graphs-zoom"><button type="button" class="chip" onClick=${closer}>${say(TEXTS.closer)}</button>
    <button type="button" class="chip" disabled=${from === all.from && to === all.to} onClick=${() => stretch.set(all)}>${say(TEXTS.whole)}</button>
    <span class="soft num">${say(TEXTS.range, { from: ms(Math.max(from, 0)), to: ms(to) })}</span> <span class="soft">${say(TEXTS.how)}</span></p>`;
}

/** A graph with its lines named and what they are worth at the cursor. @param {{report: Report, kind: Kind, stretch: Store<Stretch>}} props */
function Panel({ report, kind, stretch }) {
  const say = useSay();
  const { graph, title, legend } = kind;
  return html`<section class="graphs-panel card" aria-labelledby=${`graph-${graph.id}`}>
    <div class="graphs-head"><h3 id=${`graph-${graph.id}`}>${say(title)}</h3>
      <${Legend} report=${report} kind=${kind} /></div>
    <${Plot} report=${report} graph=${graph} stretch=${stretch} label=${`${say(title)}: ${legend.map((each) => say(each.text)).join(", ")}`} /></section>`;
}

/** @param {{report: Report, kind: Kind}} props */
function Legend({ report, kind }) {
  const say = useSay();
  const t = useStore(report.cursor, (moment) => moment.t);
  return html`<dl class="graphs-legend" title=${say(TEXTS.now, { time: ms(t) })}>${kind.legend.map((each) => {
    const value = each.of ? valueAt(each.of, each.name, t) : null;
    return html`<div key=${each.name} data-name=${each.name}><dt><i class=${`swatch ${each.mark}`}></i>${say(each.text)}</dt>
      ${each.of && html`<dd class="num">${value === null ? "–" : kind.exact(value)}</dd>`}</div>`;
  })}</dl>`;
}


// @ts-check
// What each graph shows: its lines, their names and units, and the marks that are drawn besides.
import { bits, count, duration } from "./format.js";
import { valueAt } from "./series.js";

/** @typedef {import("./series.js").Series} Series */
/** @typedef {import("./series.js").Lines} Lines */
/** @typedef {import("./series.js").Sent} Sent */
/** @typedef {import("./queues.js").Queue} Queue */
/** @typedef {import("./plot.js").Graph} Graph */
/** @typedef {import("./i18n.js").Texts} Texts */
/** @typedef {{name: string, text: Texts, mark: string, of?: Lines}} Entry `of`: where its value is looked up */
/** @typedef {{graph: Graph, title: Texts, legend: Entry[], exact: (value: number) => string}} Kind `exact` writes a value out, with its unit */

const TEXTS = {
  sequence: { ja: "シーケンス番号", en: "Sequence numbers" },
  sent: { ja: "送信", en: "sent" },
  again: { ja: "再送", en: "sent again" },
  acked: { ja: "確認応答された", en: "acknowledged" },
  held: { ja: "SACK (選択確認応答)", en: "SACK" },
  edge: { ja: "ウィンドウの端", en: "window's edge" },
  windows: { ja: "輻輳ウィンドウと送信中のデータ", en: "Congestion window and data in flight" },
  cwnd: { ja: "輻輳ウィンドウ (cwnd)", en: "cwnd" },
  ssthresh: { ja: "スロースタートのしきい値 (ssthresh)", en: "ssthresh" },
  flight: { ja: "送信中", en: "in flight" },
  times: { ja: "往復遅延時間 (RTT) と再送タイムアウト (RTO)", en: "Round-trip time and retransmission time-out" },
  srtt: { ja: "平滑化したRTT (SRTT)", en: "SRTT" },
  rttvar: { ja: "RTTのゆらぎ (RTTVAR)", en: "RTTVAR" },
  least: { ja: "最小のRTT", en: "least RTT" },
  rto: { ja: "RTO", en: "RTO" },
  rates: { ja: "スループット", en: "Throughput" },
  rateSent: { ja: "送信 (再送を含む、{step}ごと)", en: "sent, repeats included (each {step})" },
  rateArrived: { ja: "届いた (ACKとSACKによる)", en: "arrived (by ACK and SACK)" },
  queue: { ja: "待ち行列にあるフレーム", en: "Frames in the queue" },
  waiting: { ja: "待っているフレーム", en: "waiting" },
  losses: { ja: "破棄", en: "dropped" },
};

const WINDOW_ROOM = 0.4;

/** @param {Series} series @returns {Kind[]} */
export function connectionGraphs(series) {
  return [sequenceKind(series), windowsKind(series), timesKind(series), ratesKind(series)];
}

/** @param {Series} series @returns {Kind} */
function sequenceKind({ sent, held, sequence }) {
  const draw = (/** @type {any} */ plot, /** @type {(name: string) => string} */ colour) => {
    bars(plot, held, 4, colour("soft"));
    bars(plot, sent.filter((each) => !each.again), 2, colour("accent"));
    bars(plot, sent.filter((each) => each.again), 3, colour("warm"));
  };
  const merged = withSent(sequence, sent);
  return {
    title: TEXTS.sequence, exact: count,
    graph: {
      id: "sequence", height: 320, t: merged.t, n: merged.n, draw, value: short, range: (from, to) => sequenceRange(sent, merged, from, to),
      lines: [{ name: "acked", colour: "ink", values: merged.acked, width: 1 }, { name: "edge", colour: "soft", values: merged.edge, width: 1, dash: [4, 4] }],
    },
    legend: [
      { name: "sent", text: TEXTS.sent, mark: "bar" }, { name: "again", text: TEXTS.again, mark: "bar warm-bar" }, { name: "held", text: TEXTS.held, mark: "bar soft-bar" },
      { name: "acked", text: TEXTS.acked, mark: "ink", of: merged }, { name: "edge", text: TEXTS.edge, mark: "soft dashed", of: merged },
    ],
  };
}

/** Room for what was sent, and for the window as long as that does not press everything flat. @type {(sent: Sent[], lines: Lines, from: number, to: number) => [number, number]} */
function sequenceRange(sent, lines, from, to) {
  const parts = sent.filter(({ t }) => t >= from && t <= to);
  let least = Infinity, most = 0;
  for (const part of parts) {
    least = Math.min(least, part.from);
    most = Math.max(most, part.to);
  }
  const edge = valueAt(lines, "edge", to) ?? most;
  if (!parts.length) return [0, Math.max(edge, 1)];
  least = Math.min(least, valueAt(lines, "acked", from) ?? least);
  const room = (most - least) * WINDOW_ROOM;
  return [least - (most - least) * 0.03, Math.max(Math.min(edge, most + room), most) + (most - least) * 0.05];
}

/** The instants of sending too, so that a press finds them. @param {Lines} sequence @param {{n: number, t: number}[]} sent @returns {Lines} */
function withSent(sequence, sent) {
  /** @type {Lines} */
  const merged = { n: [], t: [], acked: [], edge: [] };
  let at = 0;
  const add = (/** @type {number} */ n, /** @type {number} */ t) => {
    merged.n.push(n);
    merged.t.push(t);
    merged.acked.push(at ? sequence.acked[at - 1] : null);
    merged.edge.push(at ? sequence.edge[at - 1] : null);
  };
  for (const one of sent) {
    for (; at < sequence.n.length && sequence.n[at] < one.n; ) add(sequence.n[at], sequence.t[at++]);
    add(one.n, one.t);
  }
  for (; at < sequence.n.length; ) add(sequence.n[at], sequence.t[at++]);
  return merged;
}

/** Upright bars from a sequence number to the next, as tcptrace draws them. @param {any} plot @param {{t: number, from: number, to: number}[]} parts @param {number} width @param {string} colour */
function bars(plot, parts, width, colour) {
  const { ctx } = plot, { min, max } = plot.scales.x;
  const scale = devicePixelRatio;
  ctx.fillStyle = colour;
  for (const { t, from, to } of parts) {
    if (t < min || t > max) continue;
    const x = plot.valToPos(t, "x", true), top = plot.valToPos(to, "y", true), bottom = plot.valToPos(from, "y", true);
    ctx.fillRect(x - (width * scale) / 2, top, width * scale, Math.max(bottom - top, 2 * scale));
  }
}

/** @param {Series} series @returns {Kind} */
function windowsKind({ windows }) {
  return {
    title: TEXTS.windows, exact: count,
    graph: {
      id: "windows", t: windows.t, n: windows.n, value: short,
      lines: [
        { name: "flight", colour: "soft", values: windows.flight, fill: true, width: 1 },
        { name: "cwnd", colour: "accent", values: windows.cwnd, width: 2 },
        { name: "ssthresh", colour: "warm", values: windows.ssthresh, dash: [6, 4] },
      ],
    },
    legend: [
      { name: "cwnd", text: TEXTS.cwnd, mark: "accent", of: windows }, { name: "ssthresh", text: TEXTS.ssthresh, mark: "warm dashed", of: windows },
      { name: "flight", text: TEXTS.flight, mark: "soft", of: windows },
    ],
  };
}

/** @param {Series} series @returns {Kind} */
function timesKind({ times }) {
  return {
    title: TEXTS.times, exact: duration,
    graph: {
      id: "times", t: times.t, n: times.n, value: (value) => (value ? duration(value) : "0"),
      lines: [
        { name: "srtt", colour: "accent", values: times.srtt, width: 2 }, { name: "rttvar", colour: "soft", values: times.rttvar },
        { name: "least", colour: "ink", values: times.least, dash: [2, 3], width: 1 }, { name: "rto", colour: "warm", values: times.rto, dash: [6, 4] },
      ],
    },
    legend: [
      { name: "srtt", text: TEXTS.srtt, mark: "accent", of: times }, { name: "rttvar", text: TEXTS.rttvar, mark: "soft", of: times },
      { name: "least", text: TEXTS.least, mark: "ink dashed", of: times }, { name: "rto", text: TEXTS.rto, mark: "warm dashed", of: times },
    ],
  };
}

/** @param {Series} series @returns {Kind} */
function ratesKind({ rates, step }) {
  const each = { step: duration(step) };
  const named = { ja: TEXTS.rateSent.ja.replace("{step}", each.step), en: TEXTS.rateSent.en.replace("{step}", each.step) };
  return {
    title: TEXTS.rates, exact: bits,
    graph: {
      id: "rates", t: rates.t, n: rates.n, value: bits,
      lines: [{ name: "sent", colour: "soft", values: rates.sent, width: 1 }, { name: "arrived", colour: "accent", values: rates.arrived, fill: true }],
    },
    legend: [{ name: "arrived", text: TEXTS.rateArrived, mark: "accent", of: rates }, { name: "sent", text: named, mark: "soft", of: rates }],
  };
}

/** @param {Queue} queue @returns {Kind} */
export function queueGraph({ lines, losses, most }) {
  const shown = /** @type {Lines} */ (/** @type {unknown} */ (lines));
  const draw = (/** @type {any} */ plot, /** @type {(name: string) => string} */ colour) => {
    const height = Math.max(most, 1) * 1.06;
    bars(plot, losses.map(({ t }) => ({ t, from: height * 0.9, to: height })), 2, colour("warm"));
  };
  return {
    title: TEXTS.queue, exact: count,
    graph: { id: "queue", t: shown.t, n: shown.n, draw, value: (value) => (Number.isInteger(value) ? count(value) : ""), lines: [{ name: "waiting", colour: "accent", values: lines.waiting, fill: true }] },
    legend: [{ name: "waiting", text: TEXTS.waiting, mark: "accent", of: shown }, { name: "losses", text: TEXTS.losses, mark: "bar warm-bar" }],
  };
}

/** @param {number} value a number of the axis, shortly */
function short(value) {
  return value >= 1e6 ? `${+(value / 1e6).toFixed(2)} M` : value >= 1e4 ? `${+(value / 1e3).toFixed(1)} k` : count(value);
}

// @ts-check
// A graph over the time of the journey, drawn by uPlot: it shows the time cursor and moves it, and the graphs beside it
// show the same stretch of time.
import { Store, html, useEffect, useRef, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { textsOf } from "./axis.js";
import { ms } from "./format.js";
import { useUPlot } from "./load_uplot.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {{from: number, to: number}} Stretch in ns */
/** @typedef {{name: string, colour: string, values: (number | null)[], dash?: number[], fill?: boolean, width?: number, hidden?: boolean}} Line `colour` names a variable of base.css */
/** @typedef {(plot: any, colour: (name: string) => string) => void} Draw */
/**
 * @typedef {object} Graph
 * @property {string} id
 * @property {number[]} t
 * @property {number[]} n the event of each instant
 * @property {Line[]} lines each value holds until the next
 * @property {Draw} [draw] what else is drawn, under the lines
 * @property {(value: number) => string} value with its unit, for the axis
 * @property {(from: number, to: number) => [number, number]} [range] of values in a stretch of time; from 0 to the largest if left out
 * @property {number} [height]
 */

const TEXTS = { missing: { ja: "このブラウザではグラフを描けません。", en: "This browser cannot draw the graphs." } };
const AXIS_FONT = "11px system-ui, sans-serif";
const HEIGHT = 210;
const LEFT = 74;

/** What the themes change is asked for again. */
const appearance = new Store(0);
const changed = () => appearance.set(appearance.value + 1);
if (typeof document !== "undefined") {
  new MutationObserver(changed).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}

/** @param {{report: Report, graph: Graph, stretch: Store<Stretch>, label: string}} props */
export function Plot({ report, graph, stretch, label }) {
  const say = useSay();
  const { uPlot, failed } = useUPlot();
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const line = useRef(/** @type {HTMLElement | null} */ (null));
  const look = useStore(appearance, (value) => value);
  useEffect(() => {
    const element = box.current;
    if (!uPlot || !element || !line.current) return undefined;
    const plot = new uPlot(optionsOf(uPlot, graph, element, stretch), [graph.t, ...graph.lines.map((each) => each.values)], element);
    plot.over.append(line.current);
    const ends = [
      pressed(plot, graph, report),
      stretch.subscribe(() => plot.setScale("x", { min: stretch.value.from, max: stretch.value.to })),
      follow(plot, line.current, report),
    ];
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: graph.height ?? HEIGHT }));
    watch.observe(element);
    return () => {
      for (const end of ends) end();
      watch.disconnect();
      plot.destroy();
    };
  }, [uPlot, graph, look]);
  if (failed) return html`<p class="note" role="alert">${say(TEXTS.missing)} <code>${failed}</code></p>`;
  return html`<div class="plot" ref=${box} role="img" aria-label=${label} style=${{ height: `${graph.height ?? HEIGHT}px` }}><i class="plot-now" ref=${line}></i></div>`;
}

/** @param {Element} beside @returns {(name: string) => string} the colour that a variable stands for here */
function coloursBeside(beside) {
  const probe = document.createElement("i");
  beside.append(probe);
  const known = new Map();
  return (name) => {
    if (!known.has(name)) {
      probe.style.color = `var(--${name})`;
      known.set(name, getComputedStyle(probe).color);
    }
    return known.get(name);
  };
}

/** @param {any} uPlot @param {Graph} graph @param {HTMLElement} element @param {Store<Stretch>} stretch @returns {any} */
function optionsOf(uPlot, graph, element, stretch) {
  const colour = coloursBeside(element);
  const axis = { stroke: colour("soft"), font: AXIS_FONT, grid: { stroke: colour("faint"), width: 1 }, ticks: { show: false } };
  const stepped = uPlot.paths.stepped({ align: 1 });
  return {
    width: element.clientWidth, height: graph.height ?? HEIGHT, legend: { show: false }, padding: [10, 26, 0, 0],
    scales: { x: { time: false, min: stretch.value.from, max: stretch.value.to }, y: { range: rangeOf(graph, stretch) } },
    axes: [
      { ...axis, size: 30, values: (/** @type {any} */ _, /** @type {number[]} */ marks) => textsOf(marks), space: 76 },
      { ...axis, size: LEFT, values: (/** @type {any} */ _, /** @type {number[]} */ marks) => marks.map(graph.value), space: 34 },
    ],
    cursor: { sync: { key: "michinori", scales: ["x", null] }, y: false, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
    series: [{}, ...graph.lines.map((each) => ({
      stroke: colour(each.colour), width: each.width ?? 1.5, dash: each.dash, paths: stepped, points: { show: false }, spanGaps: true, show: !each.hidden,
      fill: each.fill ? colour(each.colour).replace(/^rgb\((.*)\)$/, "rgba($1, 0.12)") : undefined,
    }))],
    hooks: {
      drawSeries: [(/** @type {any} */ plot, /** @type {number} */ index) => index === 1 && graph.draw && clipped(plot, () => graph.draw?.(plot, colour))],
      setSelect: [(/** @type {any} */ plot) => {
        const { left, width } = plot.select;
        if (width > 4) stretch.set({ from: plot.posToVal(left, "x"), to: plot.posToVal(left + width, "x") });
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      }],
    },
  };
}

/** @param {Graph} graph @param {Store<Stretch>} stretch @returns {(plot: any, least: number, most: number) => [number, number]} */
function rangeOf({ range }, stretch) {
  return (_, __, most) => (range ? range(stretch.value.from, stretch.value.to) : [0, (most || 1) * 1.06]);
}

/** @param {any} plot @param {() => void} draw */
function clipped(plot, draw) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw();
  ctx.restore();
}

/** A press that is no drag moves the time cursor to the nearest instant of the graph. @param {any} plot @param {Graph} graph @param {Report} report */
function pressed(plot, graph, report) {
  let at = 0;
  const down = (/** @type {MouseEvent} */ event) => { at = event.clientX; };
  const up = (/** @type {MouseEvent} */ event) => {
    if (Math.abs(event.clientX - at) > 4 || !graph.n.length) return;
    const index = plot.posToIdx(event.clientX - plot.over.getBoundingClientRect().left);
    report.go(graph.n[index]);
  };
  plot.over.addEventListener("mousedown", down);
  plot.over.addEventListener("click", up);
  return () => {
    plot.over.removeEventListener("mousedown", down);
    plot.over.removeEventListener("click", up);
  };
}

/** The line of the time cursor follows without anything being drawn anew. @param {any} plot @param {HTMLElement} line @param {Report} report */
function follow(plot, line, report) {
  const { cursor } = report;
  const place = () => {
    const left = plot.valToPos(cursor.value.t, "x");
    const inside = left >= 0 && left <= plot.over.clientWidth;
    line.hidden = !inside;
    if (inside) line.style.transform = `translateX(${left}px)`;
    line.title = `${ms(cursor.value.t)} ms`;
  };
  plot.hooks.setScale = [...(plot.hooks.setScale ?? []), place];
  plot.hooks.setSize = [...(plot.hooks.setSize ?? []), place];
  plot.hooks.ready = [place];
  place();
  return cursor.subscribe(place);
}

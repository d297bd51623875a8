// @ts-check
// The map: machines, switches and cables, what moves on them at the cursor's time, and what a machine holds then.
import { html, useLayoutEffect, useMemo, useRef, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { bits, duration, ms } from "./format.js";
import { curveOf, layOut, pointOn } from "./map_layout.js";
import { Flights } from "./flights.js";
import { SHAPES, partOn, useFrames } from "./map_frames.js";
import { HostStates } from "./host_state.js";
import { HostPanel } from "./host_panel.js";
import { brief } from "./brief.js";
import { explainReason } from "./explain/words.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./data.js").Line} Line */
/** @typedef {import("./map_layout.js").Curve} Curve */
/** @typedef {import("./map_layout.js").Layout} Layout */
/** @typedef {{index: number, line: Line, from: string, curve: Curve}} Drawn a cable on the sheet */
/** @typedef {{width: number, height: number, across: number, isMany: boolean, upright: boolean, spots: {name: string, kind: string, x: number, y: number, beside: boolean}[], cables: Drawn[]}} Sheet */

const TEXTS = {
  none: { ja: "この旅では、機器の間のフレームが記録されていません。", en: "No frames between machines were recorded on this journey." },
  map: { ja: "ネットワークの地図", en: "Map of the network" },
  host: { ja: "ホスト", en: "host" },
  router: { ja: "ルータ", en: "router" },
  switch: { ja: "L2スイッチ", en: "switch" },
  browser: { ja: "ブラウザのあるPC", en: "where the browser runs" },
  now: { ja: "今の事象", en: "the event of the moment" },
  legend: { ja: "凡例", en: "Key" },
  tcp: { ja: "TCP", en: "TCP" },
  bare: { ja: "TCP (データなし)", en: "TCP without data" },
  udp: { ja: "UDP", en: "UDP" },
  arp: { ja: "ARP", en: "ARP" },
  icmp: { ja: "ICMP", en: "ICMP" },
  dropped: { ja: "破棄", en: "dropped" },
  underWay: { ja: "今、回線の上にあるフレーム", en: "Frames on the cables now" },
  nothing: { ja: "今、回線の上にフレームはありません。", en: "No frame is on a cable now." },
  more: { ja: "ほか {count} 個", en: "and {count} more" },
  drops: { ja: "ここまでに届かなかったもの", en: "What did not get through so far" },
  noDrops: { ja: "ここまで、すべて届いています。", en: "Everything has got through so far." },
  lost: { ja: "応答なく消えた", en: "lost without a word" },
};
const NARROW = 640;
const WIDE_CELL = { across: 104, down: 86 }, NARROW_CELL = { across: 58, down: 104 };
/** With more rows than these, the machines at the ends stand closer, their names beside them. */
const MANY_ROWS = 12, CLOSE = 36;
const AT_MOST = 6, LATEST = 5;
/** Cables that leave one machine are apart there. */
const LABEL_AT = 0.62;
/** @type {Record<string, string>} */
const ICONS = {
  host: "M4 5h20v14H4zM10 23h8M14 19v4",
  router: "M14 4a10 10 0 100 20 10 10 0 000-20zM8 14h12M11 11l-3 3 3 3M17 11l3 3-3 3",
  switch: "M3 8h22v12H3zM7 12h10M15 10l2 2-2 2M21 16H11M13 14l-2 2 2 2",
};

/** @param {{report: Report}} props */
export function MapOfNetwork({ report }) {
  const say = useSay();
  const { journey } = report;
  if (!journey.about.lines.length || !journey.about.below_sockets) return html`<p class="note">${say(TEXTS.none)}</p>`;
  return html`<${Whole} report=${report} />`;
}

/** @param {{report: Report}} props */
function Whole({ report }) {
  const { journey, cursor } = report;
  const flights = useMemo(() => new Flights(journey), [journey]);
  const states = useMemo(() => new HostStates(journey), [journey]);
  const layout = useMemo(() => layOut(journey.about.nodes, journey.about.lines, journey.about.browser_host, serverOf(journey)), [journey]);
  const [chosen, choose] = useState(journey.about.browser_host);
  const [touched, touch] = useState("");
  const here = useStore(cursor, (moment) => journey.hosts[journey.columns.host[moment.n - 1]]);
  return html`<div class="map">
    <${Network} report=${report} layout=${layout} flights=${flights} chosen=${chosen} here=${here} choose=${choose} touched=${touched} touch=${report.faults && touch} />
    <${Legend} />
    ${report.faults && html`<${report.faults} report=${report} host=${chosen} line=${touched} touch=${touch} />`}
    <div class="map-lists"><${UnderWay} report=${report} flights=${flights} /><${Drops} report=${report} flights=${flights} /></div>
    <${HostPanel} report=${report} states=${states} host=${chosen} here=${here} choose=${choose} />
  </div>`;
}

/** Who answered the first request. @param {Journey} journey */
function serverOf({ about }) {
  return about.conversations[(about.exchanges[0]?.conversation ?? 0) - 1]?.server ?? "";
}

/** @param {{report: Report, layout: Layout, flights: Flights, chosen: string, here: string, choose: (host: string) => void, touched: string, touch?: (line: string) => void}} props */
function Network({ report, layout, flights, chosen, here, choose, touched, touch }) {
  const say = useSay();
  const { journey, cursor } = report;
  const [box, width] = useWidth();
  const sheet = useMemo(() => sheetOf(layout, journey.about.lines, width), [layout, width]);
  const drawing = useRef(/** @type {SVGSVGElement | null} */ (null));
  useFrames(report, flights, sheet.cables, drawing);
  useLayoutEffect(() => { // a large network begins at the reader's own machine
    const root = sheet.spots.find((spot) => spot.name === journey.about.browser_host), element = box.current;
    if (root && element) element.scrollTo(root.x - element.clientWidth / 2, root.y - element.clientHeight / 2);
  }, [sheet]);
  const drops = useStore(cursor, (moment) => dropsBy(flights, moment.n));
  return html`<div class=${`map-box card scroll${sheet.isMany ? " map-many" : ""}`} ref=${box} tabindex="0" role="region" aria-label=${say(TEXTS.map)}>
    <div class=${touch ? "map-sheet map-touchable" : "map-sheet"} style=${{ width: `${sheet.width}px`, height: `${sheet.height}px` }}>
      <svg class="map-drawing" ref=${drawing} width=${sheet.width} height=${sheet.height} aria-hidden="true">
        ${sheet.cables.map((cable) => html`<path key=${cable.index} class="map-cable" data-line=${cable.index} d=${pathOf(cable.curve)} />`)}
        ${touch && sheet.cables.map(({ index, line, curve }) => html`<path key=${`touch ${index}`} class=${line.name === touched ? "map-touch touched" : "map-touch"}
          data-touch=${line.name} d=${pathOf(curve)} onClick=${() => touch(line.name)}><title>${line.name}</title></path>`)}
        <g class="map-frames" />
        ${marksOf(flights, sheet.cables, drops).map((mark) => html`<g key=${mark.key} class="map-cross" transform=${`translate(${mark.x} ${mark.y})`}>
          <path d="M-4 -4L4 4M4 -4L-4 4" />${mark.count > 1 && html`<text x="8" y="4">${mark.count}</text>`}</g>`)}
      </svg>
      ${sheet.cables.map((cable) => html`<${CableLabel} key=${cable.index} cable=${cable} upright=${sheet.upright} />`)}
      ${sheet.spots.map((spot) => html`<button type="button" key=${spot.name} class=${`map-node map-${spot.kind}${spot.name === here ? " map-here" : ""}${spot.beside ? " map-beside" : ""}`}
        data-node=${spot.name} aria-pressed=${spot.name === chosen ? "true" : "false"} style=${{ left: `${spot.x}px`, top: `${spot.y}px`, width: `${sheet.across}px` }}
        aria-label=${nameOf(spot, here, say)} onClick=${() => choose(spot.name)}>
        <svg viewBox="0 0 28 28" aria-hidden="true"><path d=${ICONS[spot.kind]} /></svg><span>${broken(spot.name)}</span></button>`)}
    </div></div>`;
}

/** @param {{name: string, kind: string}} spot @param {string} here @param {import("./i18n.js").Say} say */
function nameOf(spot, here, say) {
  const kind = say(/** @type {any} */ (TEXTS)[spot.kind]);
  return `${spot.name} (${kind})${spot.name === here ? `, ${say(TEXTS.now)}` : ""}`;
}

/** A long name may be broken behind its hyphens. @param {string} name */
function broken(name) {
  return name.split(/(?<=-)/).flatMap((part, index) => (index ? [html`<wbr />`, part] : [part]));
}

/** The width that is there, in pixels, kept up to date. @returns {[import("preact").RefObject<HTMLElement>, number]} */
function useWidth() {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    setWidth(element.clientWidth);
    return () => watch.disconnect();
  }, []);
  return [box, width];
}

/** Layers go from left to right, or down the page where it is narrow. @param {Layout} layout @param {Line[]} lines @param {number} width @returns {Sheet} */
function sheetOf(layout, lines, width) {
  const upright = width < NARROW;
  const least = upright ? NARROW_CELL : WIDE_CELL;
  const across = Math.max(least.across, Math.floor(width / (upright ? layout.rows : layout.layers)));
  const isMany = !upright && layout.rows > MANY_ROWS, down = isMany ? CLOSE : least.down;
  const branching = new Set(layout.cables.map((cable) => cable.from));
  const columns = upright ? layout.rows : layout.layers, rows = upright ? layout.layers : layout.rows;
  const spots = layout.spots.map(({ name, kind, layer, row }) => ({
    name, kind, x: ((upright ? row : layer) + 0.5) * across, y: ((upright ? layer : row) + 0.5) * down + (isMany ? 10 : 0),
    beside: isMany && !branching.has(name),
  }));
  const at = new Map(spots.map((spot) => [spot.name, spot]));
  const cables = layout.cables.map((cable) => {
    const from = /** @type {Sheet["spots"][0]} */ (at.get(cable.from)), to = /** @type {Sheet["spots"][0]} */ (at.get(cable.to));
    return { index: cable.line, line: lines[cable.line], from: cable.from, curve: curveOf(leaving(from, upright), arriving(from, to, upright), cable.bow, upright) };
  });
  return { width: columns * across, height: rows * down + (isMany ? 30 : 0), across, isMany, upright, spots, cables };
}

/** Where a cable leaves the picture of a machine, and where it comes in. @param {{x: number, y: number}} spot @param {boolean} upright */
const leaving = ({ x, y }, upright) => (upright ? { x, y: y + 30 } : { x: x + 20, y: y - 12 });
/** @param {{x: number, y: number}} from @param {{x: number, y: number}} to @param {boolean} upright */
function arriving(from, to, upright) {
  if (upright ? from.y === to.y : from.x === to.x) return leaving(to, upright);
  return upright ? { x: to.x, y: to.y - 32 } : { x: to.x - 20, y: to.y - 12 };
}

/** @param {Curve} curve */
function pathOf([a, b, c, d]) {
  return `M${a.x} ${a.y}C${b.x} ${b.y} ${c.x} ${c.y} ${d.x} ${d.y}`;
}

/** What is worth knowing of a cable that is not like those inside a building. @param {{cable: Drawn, upright: boolean}} props */
function CableLabel({ cable, upright }) {
  const { line, curve } = cable;
  const [{ delay_ns: delay, rate }] = line.ends;
  if (delay < 100_000 && line.mtu === 1500 && !line.faults.length) return null;
  const point = pointOn(curve, LABEL_AT);
  const told = [rate === null ? "" : bits(rate), duration(delay), line.mtu === 1500 ? "" : `MTU ${line.mtu}`].filter(Boolean);
  const [first, ...others] = line.faults;
  return html`<span class=${`map-label ${upright ? "upright" : leaning(curve)}`} style=${{ left: `${point.x}px`, top: `${point.y}px` }}>
    ${told.map((text, index) => html`<span key=${index}>${text}</span>`)}
    ${first && html`<span class="warm" title=${line.faults.join(", ")}>${first}${others.length > 0 && " …"}</span>`}</span>`;
}

/** Beside a cable that rises or falls, its label stands on the outer side. @param {Curve} curve */
const leaning = ([from, , , to]) => (to.y > from.y ? "falling" : to.y < from.y ? "rising" : "");

/** @param {Flights} flights @param {number} n @returns {number} how many of the drops have happened by that event */
function dropsBy(flights, n) {
  let low = 0, high = flights.drops.length;
  while (low < high) {
    const middle = (low + high) >> 1, drop = flights.drops[middle];
    if ((drop.over || drop.sent) <= n) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A cross where things got lost, and how many. @param {Flights} flights @param {Drawn[]} cables @param {number} count */
function marksOf(flights, cables, count) {
  /** @type {Map<string, {key: string, x: number, y: number, count: number}>} */
  const marks = new Map();
  const byLine = new Map(cables.map((cable) => [cable.index, cable]));
  for (const drop of flights.drops.slice(0, count)) {
    const cable = byLine.get(drop.line);
    if (!cable) continue;
    const key = `${drop.line} ${drop.from} ${drop.lost}`;
    const mark = marks.get(key);
    if (mark) mark.count++;
    else marks.set(key, { key, count: 1, ...pointOn(cable.curve, partOn(cable, drop.from, drop.lost ? 0.45 : 0.94)) });
  }
  return [...marks.values()];
}

function Legend() {
  const say = useSay();
  const sorts = /** @type {const} */ (["tcp", "bare", "udp", "arp", "icmp"]);
  return html`<p class="map-legend"><span class="unseen">${say(TEXTS.legend)}: </span>${sorts.map((sort) => html`<span key=${sort}><svg viewBox="-7 -7 14 14" aria-hidden="true"><path class=${`map-frame ${sort}`} d=${SHAPES[sort]} /></svg>${say(TEXTS[sort])}</span>`)}
    <span><svg viewBox="-7 -7 14 14" class="map-cross" aria-hidden="true"><path d="M-4 -4L4 4M4 -4L-4 4" /></svg>${say(TEXTS.dropped)}</span></p>`;
}

/** The frames on the cables in words, to be chosen by whoever does not use a mouse. @param {{report: Report, flights: Flights}} props */
function UnderWay({ report, flights }) {
  const say = useSay();
  const { journey, cursor } = report;
  const numbers = useStore(cursor, ({ t }) => underWayAt(flights, t));
  const found = numbers ? numbers.split(" ").map(Number) : [];
  const show = (/** @type {number} */ n) => report.show("inspector", n);
  return html`<section class="map-list"><h3>${say(TEXTS.underWay)}</h3>
    ${!found.length && html`<p class="soft">${say(TEXTS.nothing)}</p>`}
    <ul>${found.slice(0, AT_MOST).map((n) => html`<li key=${n}><button type="button" class="link" onClick=${() => show(n)}>
      <b>${journey.hosts[journey.columns.host[n - 1]]}</b> ${carriedBy(journey, n)}</button></li>`)}</ul>
    ${found.length > AT_MOST && html`<p class="soft">${say(TEXTS.more, { count: found.length - AT_MOST })}</p>`}</section>`;
}

/** @param {Flights} flights @param {number} t */
function underWayAt(flights, t) {
  const sent = new Set(flights.lines.flatMap((_, line) => flights.on(line, t).map((flight) => flight.sent)));
  return [...sent].sort((one, other) => one - other).join(" ");
}

/** What a frame was sent for, in a few words. @param {Journey} journey @param {number} n */
function carriedBy(journey, n) {
  for (let cause = journey.cause(n); cause; cause = journey.cause(cause)) {
    const layer = journey.kinds[journey.columns.kind[cause - 1]][0];
    if (layer !== "ip" && layer !== "link") {
      const event = journey.event(cause);
      return `${layer.toUpperCase()} ${brief(event)}`;
    }
  }
  return brief(journey.event(n));
}

/** @param {{report: Report, flights: Flights}} props */
function Drops({ report, flights }) {
  const say = useSay();
  const { journey, cursor } = report;
  const count = useStore(cursor, (moment) => dropsBy(flights, moment.n));
  const latest = flights.drops.slice(Math.max(count - LATEST, 0), count).reverse();
  return html`<section class="map-list"><h3>${say(TEXTS.drops)}${count > 0 && ` (${count})`}</h3>
    ${!count && html`<p class="soft">${say(TEXTS.noDrops)}</p>`}
    <ul>${latest.map((drop, index) => {
      const n = drop.over || drop.sent, line = journey.about.lines[drop.line];
      const why = explainReason(drop.why);
      const where = drop.lost ? `${line.ends[drop.from].node} ⇢ ${line.ends[1 - drop.from].node}` : line.ends[1 - drop.from].node;
      return html`<li key=${`${n} ${index}`}><button type="button" class="link" onClick=${() => report.go(n)}><span class="num">${ms(journey.columns.t[n - 1])}</span>${" "}<b>${where}</b>${" "}
        <span class="warm">${drop.why === "lost" ? say(TEXTS.lost) : drop.why}</span></button>${why && html`<small>${say(why)}</small>`}</li>`;
    })}</ul></section>`;
}

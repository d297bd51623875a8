// @ts-check
// The drawing of the network: machines, cables, what is known of them, and crosses where something got lost.
import { html, useLayoutEffect, useMemo, useRef, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { dropsBy } from "./flights.js";
import { partOn, useFrames } from "./map_frames.js";
import { labelsOf } from "./map_labels.js";
import { pointOn } from "./map_layout.js";
import { sheetOf } from "./map_sheet.js";
import { ZoomButtons, useZoom } from "./map_zoom.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./flights.js").Flights} Flights */
/** @typedef {import("./map_layout.js").Curve} Curve */
/** @typedef {import("./map_layout.js").Layout} Layout */
/** @typedef {import("./map_labels.js").Label} Label */
/** @typedef {import("./map_sheet.js").Drawn} Drawn */
/** @typedef {import("./map_sheet.js").Spot} Spot */

const TEXTS = {
  map: { ja: "ネットワークの地図 (+と−で拡大と縮小、0でもとに戻す)", en: "Map of the network (+ and − zoom, 0 resets)" },
  host: { ja: "ホスト", en: "host" },
  router: { ja: "ルータ", en: "router" },
  switch: { ja: "L2スイッチ", en: "switch" },
  now: { ja: "今の事象", en: "the event of the moment" },
};
/** @type {Record<string, string>} */
const ICONS = {
  host: "M4 5h20v14H4zM10 23h8M14 19v4",
  router: "M14 4a10 10 0 100 20 10 10 0 000-20zM8 14h12M11 11l-3 3 3 3M17 11l3 3-3 3",
  switch: "M3 8h22v12H3zM7 12h10M15 10l2 2-2 2M21 16H11M13 14l-2 2 2 2",
};

/** @param {{report: Report, layout: Layout, flights: Flights, chosen: string, choose: (host: string) => void, touched: string, touch?: (line: string) => void}} props */
export function Network({ report, layout, flights, chosen, choose, touched, touch }) {
  const say = useSay();
  const { journey, cursor } = report;
  const [box, width] = useWidth();
  const zoom = useZoom(box);
  const sheet = useMemo(() => sheetOf(layout, journey.about.lines, width, zoom.zoom), [layout, width, zoom.zoom]);
  const labels = useMemo(() => (sheet.isFar ? [] : labelsOf(sheet)), [sheet]);
  const drawing = useRef(/** @type {SVGSVGElement | null} */ (null));
  useFrames(report, flights, sheet.cables, drawing);
  useLayoutEffect(() => { // a large network begins at the reader's own machine
    const root = sheet.spots.find((spot) => spot.name === journey.about.browser_host), element = box.current;
    if (root && element) element.scrollTo(root.x - element.clientWidth / 2, root.y - element.clientHeight / 2);
  }, [layout, width]);
  const drops = useStore(cursor, (moment) => dropsBy(flights, moment.n));
  const marks = useMemo(() => marksOf(flights, sheet.cables, drops), [flights, sheet, drops]);
  const boxClass = `map-box card scroll${sheet.isMany ? " map-many" : ""}${sheet.isFar ? " map-far" : ""}`;
  return html`<div class="map-view"><${ZoomButtons} zoom=${zoom} />
    <div class=${boxClass} ref=${box} tabindex="0" role="region" aria-label=${say(TEXTS.map)} style=${{ maxHeight: zoom.zoom > 1 && !sheet.isMany ? `${sheet.height / zoom.zoom}px` : "" }}>
    <div class=${touch ? "map-sheet map-touchable" : "map-sheet"} style=${{ width: `${sheet.width}px`, height: `${sheet.height}px`, "--size": String(sheet.size) }}>
      <svg class="map-drawing" ref=${drawing} width=${sheet.width} height=${sheet.height} aria-hidden="true">
        ${sheet.cables.map((cable) => html`<path key=${cable.index} class="map-cable" data-line=${cable.index} d=${pathOf(cable.curve)} />`)}
        ${touch && sheet.cables.map(({ index, line, curve }) => html`<path key=${`touch ${index}`} class=${line.name === touched ? "map-touch touched" : "map-touch"}
          data-touch=${line.name} d=${pathOf(curve)} onClick=${() => touch(line.name)}><title>${line.name}</title></path>`)}
        <g class="map-frames" />
        ${marks.map((mark) => html`<g key=${mark.key} class="map-cross" transform=${`translate(${mark.x} ${mark.y})`}>
          <path d="M-4 -4L4 4M4 -4L-4 4" />${mark.count > 1 && html`<text x=${sheet.upright ? -8 : 8} y="4" text-anchor=${sheet.upright ? "end" : "start"}>${mark.count}</text>`}</g>`)}
      </svg>
      ${labels.map((label) => html`<${CableLabel} key=${label.cable.index} label=${label} />`)}
      ${sheet.spots.map((spot) => html`<${Machine} key=${spot.name} report=${report} spot=${spot} across=${sheet.across} chosen=${spot.name === chosen} choose=${choose} />`)}
    </div></div></div>`;
}

/** @param {{report: Report, spot: Spot, across: number, chosen: boolean, choose: (host: string) => void}} props */
function Machine({ report, spot, across, chosen, choose }) {
  const say = useSay();
  const { journey, cursor } = report;
  const here = useStore(cursor, (moment) => journey.hosts[journey.columns.host[moment.n - 1]] === spot.name);
  const kind = say(/** @type {any} */ (TEXTS)[spot.kind]);
  return html`<button type="button" class=${`map-node map-${spot.kind}${here ? " map-here" : ""}${spot.beside ? " map-beside" : ""}`}
    data-node=${spot.name} aria-pressed=${chosen ? "true" : "false"} style=${{ left: `${spot.x}px`, top: `${spot.y}px`, width: `${across}px` }}
    aria-label=${`${spot.name} (${kind})${here ? `, ${say(TEXTS.now)}` : ""}`} onClick=${() => choose(spot.name)}>
    <svg viewBox="0 0 28 28" aria-hidden="true"><path d=${ICONS[spot.kind]} /></svg><span>${broken(spot.name)}</span></button>`;
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

/** @param {Curve} curve */
function pathOf([a, b, c, d]) {
  return `M${a.x} ${a.y}C${b.x} ${b.y} ${c.x} ${c.y} ${d.x} ${d.y}`;
}

/** @param {{label: Label}} props */
function CableLabel({ label: { cable, lines, x, y, side } }) {
  const { faults } = cable.line;
  return html`<span class=${`map-label ${side}`} style=${{ left: `${x}px`, top: `${y}px` }}>
    ${lines.map((text, index) => html`<span key=${index} class=${faults.length && index === lines.length - 1 ? "warm" : undefined} title=${faults.join(", ")}>${text}</span>`)}</span>`;
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

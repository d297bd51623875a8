// @ts-check
// The frames on the map move without the page being drawn anew: those that are under way are one path for each look of
// theirs, made as often as the cursor moves, so that a thousand of them are but a few elements.
import { useLayoutEffect } from "./ui.js";
import { pointOn } from "./map_layout.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./flights.js").Flights} Flights */
/** @typedef {import("./flights.js").Flight} Flight */
/** @typedef {import("./map_sheet.js").Drawn} Drawn */

const NAMESPACE = "http://www.w3.org/2000/svg";
const MOST = 1500;
/** How long a cable stays lit behind a frame, in seconds of the reader. */
const AFTERGLOW_S = 0.25;
/** A frame that gets lost is not seen beyond this part of its way. */
const LOST_AT = 0.45;

/** What a frame looks like on its way, by what it carries: a path around the point where it is. @type {Record<string, string>} */
export const SHAPES = {
  tcp: "m0 -5a5 5 0 110 10a5 5 0 110 -10z",
  bare: "m0 -3.6a3.6 3.6 0 110 7.2a3.6 3.6 0 110 -7.2z",
  udp: "m-4.4 -4.4h8.8v8.8h-8.8z",
  arp: "m0 -6l6 6l-6 6l-6 -6z",
  icmp: "m0 -5.6l5.6 10h-11.2z",
  other: "m-4 -4h8v8h-8z",
};

/** @param {Drawn} cable @param {number} side the end of the line that sent @param {number} part of the way from there */
export function partOn(cable, side, part) {
  return cable.line.ends[side].node === cable.from ? part : 1 - part;
}

/** @param {Report} report @param {Flights} flights @param {Drawn[]} cables @param {import("preact").RefObject<SVGSVGElement>} drawing */
export function useFrames(report, flights, cables, drawing) {
  useLayoutEffect(() => {
    const sheet = drawing.current, group = sheet?.querySelector(".map-frames");
    if (!sheet || !group) return undefined;
    /** @type {SVGPathElement | undefined} */
    let chosen;
    const paths = new Map([...sheet.querySelectorAll(".map-cable")].map((path) => [Number(path.getAttribute("data-line")), path]));
    /** @type {Map<string, SVGPathElement>} */
    const pool = new Map();
    const draw = () => {
      const { t, n, pace } = report.cursor.value;
      /** @type {Map<string, string[]>} */
      const shapes = new Map();
      /** @type {Placed | undefined} */
      let now;
      let drawn = 0;
      for (const cable of cables) {
        const last = flights.lastOn(cable.index, t);
        let busy = last >= 0 && t - last <= pace * AFTERGLOW_S;
        for (const flight of flights.on(cable.index, t)) {
          busy = true;
          if (drawn++ >= MOST) continue;
          const placed = placeOf(flights, cable, flight, t);
          if (flight.sent === n || flight.over === n) now = placed;
          else if (shapes.has(placed.look)) shapes.get(placed.look)?.push(placed.path);
          else shapes.set(placed.look, [placed.path]);
        }
        paths.get(cable.index)?.classList.toggle("busy", busy);
      }
      for (const look of shapes.keys()) if (!pool.has(look)) pool.set(look, added(group, `map-frame ${look}`));
      for (const [look, path] of pool) set(path, "d", shapes.get(look)?.join("") ?? "");
      chosen ??= added(group, "map-frame now");
      set(chosen, "visibility", now ? "visible" : "hidden");
      if (!now) return;
      set(chosen, "class", `map-frame ${now.look} now`);
      set(chosen, "d", now.shape);
      set(chosen, "transform", `translate(${now.at}) scale(1.5)`);
    };
    draw();
    const end = report.cursor.subscribe(draw);
    return () => {
      end();
      group.replaceChildren();
    };
  }, [report, flights, cables]);
}

/** @typedef {{look: string, shape: string, at: string, path: string}} Placed `look`: its class */

/** @param {Element} group @param {string} look @returns {SVGPathElement} */
function added(group, look) {
  const path = document.createElementNS(NAMESPACE, "path");
  path.setAttribute("class", look);
  group.append(path);
  return path;
}

/** Where a frame is and what it looks like. @param {Flights} flights @param {Drawn} cable @param {Flight} flight @param {number} t @returns {Placed} */
function placeOf(flights, cable, flight, t) {
  const way = flight.end > flight.begin ? (t - flight.begin) / (flight.end - flight.begin) : 1;
  const gone = flight.lost && way > LOST_AT;
  const { x, y } = pointOn(cable.curve, partOn(cable, flight.from, gone ? LOST_AT : Math.min(way, 1)));
  const sort = flights.sortOf(flight), look = sort === "tcp" && !flights.loaded(flight) ? "bare" : sort;
  const at = `${x.toFixed(1)} ${y.toFixed(1)}`;
  return { look: flight.why && (gone || !flight.lost) ? `${look} bad` : look, shape: SHAPES[look], at, path: `M${at}${SHAPES[look]}` };
}

/** Only what changed is worth drawing again. @param {SVGPathElement} path @param {string} name @param {string} value */
function set(path, name, value) {
  if (path.getAttribute(name) !== value) path.setAttribute(name, value);
}

// @ts-check
// The frames on the map move without the page being drawn anew: a few elements are moved along their cables, as often
// as the cursor moves, and only those that are under way.
import { useLayoutEffect } from "./ui.js";
import { pointOn } from "./map_layout.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./flights.js").Flights} Flights */
/** @typedef {import("./flights.js").Flight} Flight */
/** @typedef {import("./map.js").Drawn} Drawn */

const NAMESPACE = "http://www.w3.org/2000/svg";
const MOST = 1500;
/** How long a cable stays lit behind a frame, in seconds of the reader. */
const AFTERGLOW_S = 0.25;
/** A frame that gets lost is not seen beyond this part of its way. */
const LOST_AT = 0.45;

/** What a frame looks like on its way, by what it carries. @type {Record<string, string>} */
export const SHAPES = {
  tcp: "M0 -5A5 5 0 110 5A5 5 0 110 -5Z",
  bare: "M0 -3.6A3.6 3.6 0 110 3.6A3.6 3.6 0 110 -3.6Z",
  udp: "M-4.4 -4.4H4.4V4.4H-4.4Z",
  arp: "M0 -6L6 0L0 6L-6 0Z",
  icmp: "M0 -5.6L5.6 4.4H-5.6Z",
  other: "M-4 -4H4V4H-4Z",
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
    const paths = new Map([...sheet.querySelectorAll(".map-cable")].map((path) => [Number(path.getAttribute("data-line")), path]));
    /** @type {SVGPathElement[]} */
    const pool = [];
    const draw = () => {
      const { t, n, pace } = report.cursor.value;
      let used = 0;
      for (const cable of cables) {
        const last = flights.lastOn(cable.index, t);
        let busy = last >= 0 && t - last <= pace * AFTERGLOW_S;
        for (const flight of flights.on(cable.index, t)) {
          busy = true;
          if (used < MOST) put((pool[used] ??= added(group)), flights, cable, flight, t, n);
          used++;
        }
        paths.get(cable.index)?.classList.toggle("busy", busy);
      }
      for (let at = used; at < pool.length; at++) set(pool[at], "visibility", "hidden");
    };
    draw();
    const end = report.cursor.subscribe(draw);
    return () => {
      end();
      group.replaceChildren();
    };
  }, [report, flights, cables]);
}

/** @param {Element} group @returns {SVGPathElement} */
function added(group) {
  const path = document.createElementNS(NAMESPACE, "path");
  group.append(path);
  return path;
}

/** @param {SVGPathElement} path @param {Flights} flights @param {Drawn} cable @param {Flight} flight @param {number} t @param {number} n */
function put(path, flights, cable, flight, t, n) {
  const way = flight.end > flight.begin ? (t - flight.begin) / (flight.end - flight.begin) : 1;
  const gone = flight.lost && way > LOST_AT;
  const { x, y } = pointOn(cable.curve, partOn(cable, flight.from, gone ? LOST_AT : Math.min(way, 1)));
  const sort = flights.sortOf(flight), shape = sort === "tcp" && !flights.loaded(flight) ? "bare" : sort;
  const now = flight.sent === n || flight.over === n;
  set(path, "visibility", "visible");
  set(path, "d", SHAPES[shape]);
  set(path, "class", `map-frame ${shape}${now ? " now" : ""}${flight.why && (gone || !flight.lost) ? " bad" : ""}`);
  set(path, "transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})${now ? " scale(1.5)" : ""}`);
}

/** Most of them are what they were: only what changed is worth drawing again. @param {SVGPathElement} path @param {string} name @param {string} value */
function set(path, name, value) {
  if (path.getAttribute(name) !== value) path.setAttribute(name, value);
}

// @ts-check
// The ladder's picture: life lines, arrows and states, of which only what is in view is drawn.
import { html, useMemo, useStore } from "./ui.js";
import { ms } from "./format.js";
import { brief } from "./brief.js";
import { lossOf, segmentOf } from "./ladder_rows.js";
import { hopsOf } from "./transfers.js";

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./time.js").Cursor} Cursor */
/** @typedef {import("./ladder_rows.js").Arrow} Arrow */
/** @typedef {import("./ladder_rows.js").Turn} Turn */
/** @typedef {import("./ladder.js").Shown} Shown */
/** @typedef {{top: number, height: number, width: number}} View */
/** @typedef {{x1: number, y1: number, x2: number, y2: number, lost: string}} Stroke */

const NARROW = 640, HEAD = 36, BEYOND = 60;
/** With less width a life line, the names stand in two rows. */
const CROWDED = 140;
/** Of an arrow that never arrives, how far it is drawn, and how far it falls. */
const LOST_AT = 0.5, LOST_FALL = 16;
/** In place of a reason: the journey ended before it got there. */
const UNDER_WAY = "…";

/** @param {{journey: Journey, cursor: Cursor, shown: Shown, turns: Turn[], view: View, at: number, absolute: boolean, routers: boolean, pick: (arrow: Arrow) => void}} props */
export function Drawing({ journey, cursor, shown, turns, view, at, absolute, routers, pick }) {
  const { arrows, lanes, scale } = shown;
  const narrow = view.width < NARROW;
  const x = useMemo(() => placesOf(lanes, view.width, turns.length > 0), [shown, turns, view.width]);
  const crowded = lanes.length > 2 && view.width / lanes.length < CROWDED;
  const reach = useMemo(() => longest(arrows, scale, journey), [shown]);
  const from = view.top - BEYOND, to = view.top + view.height + BEYOND;
  if (!view.width) return null;
  const first = firstFrom(arrows, from - reach, scale, journey);
  // Those that begin in view are drawn each by itself; of those that only pass through, there may be hundreds.
  /** @type {number[]} */
  const visible = [], /** @type {number[]} */ passing = [];
  for (let index = first; index < arrows.length; index++) {
    const y = placeOf(journey, scale, arrows[index].sent);
    if (y > to) break;
    if (y >= from) visible.push(index);
    else if (endOf(journey, scale, arrows[index]) >= from) passing.push(index);
  }
  return html`<svg class="ladder-drawing" width=${view.width} height=${view.height} style=${{ top: `${view.top}px` }} aria-hidden="true">
    <g transform=${`translate(0 ${-view.top})`}>
      ${lanes.map((lane) => html`<line key=${lane} class="ladder-life" x1=${x.get(lane)} x2=${x.get(lane)} y1=${from} y2=${to} />`)}
      <${States} journey=${journey} turns=${turns} scale=${scale} x=${x} lanes=${lanes} view=${view} narrow=${narrow} />
      <${CursorLine} cursor=${cursor} scale=${scale} width=${view.width} />
      <path class="ladder-passing" d=${passing.map((index) => passingPath(strokesOf(journey, arrows[index], scale, x, routers))).join("")} />
      ${[Strokes, Words].map((Part) => visible.map((index) => html`<${Part} key=${arrows[index].sent} journey=${journey} arrow=${arrows[index]} scale=${scale} x=${x}
        absolute=${absolute} routers=${routers} chosen=${index === at} narrow=${narrow} pick=${pick} />`))}
    </g>
    <rect class="ladder-head" width=${view.width} height=${HEAD} />
    ${lanes.map((lane, index) => html`<text key=${lane} class="ladder-name" x=${x.get(lane)} y=${crowded && index % 2 ? 29 : 15} text-anchor=${anchorOf(index, lanes.length, narrow)}>${lane}</text>`)}
    <line class="ladder-rule" x1="0" x2=${view.width} y1=${HEAD} y2=${HEAD} /></svg>`;
}

/** At a narrow width the outer names would not fit around their lines. @param {number} index @param {number} count @param {boolean} narrow */
function anchorOf(index, count, narrow) {
  if (!narrow) return "middle";
  return index === 0 ? "start" : index === count - 1 ? "end" : "middle";
}

/** Where the life lines stand. @param {string[]} lanes @param {number} width @param {boolean} states whether states stand beside them @returns {Map<string, number>} */
function placesOf(lanes, width, states) {
  const [left, right] = width < NARROW ? [26, 26] : states ? [180, 120] : [130, 70];
  const step = lanes.length > 1 ? (width - left - right) / (lanes.length - 1) : 0;
  return new Map(lanes.map((lane, index) => [lane, left + index * step]));
}

/** @param {Journey} journey @param {import("./ladder_rows.js").Scale} scale @param {number} n */
const placeOf = (journey, scale, n) => scale.at(n, journey.columns.t[n - 1]);

/** @param {Journey} journey @param {import("./ladder_rows.js").Scale} scale @param {Arrow} arrow */
const endOf = (journey, scale, arrow) => (arrow.received ? placeOf(journey, scale, arrow.received) : placeOf(journey, scale, arrow.sent) + LOST_FALL);

/** How far down the longest arrow reaches. @param {Arrow[]} arrows @param {import("./ladder_rows.js").Scale} scale @param {Journey} journey */
function longest(arrows, scale, journey) {
  return arrows.reduce((most, arrow) => Math.max(most, endOf(journey, scale, arrow) - placeOf(journey, scale, arrow.sent)), 0);
}

/** @param {Arrow[]} arrows @param {number} y @param {import("./ladder_rows.js").Scale} scale @param {Journey} journey */
function firstFrom(arrows, y, scale, journey) {
  let low = 0, high = arrows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (placeOf(journey, scale, arrows[middle].sent) < y) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where it is narrow, the words of arrows to the left stand above its right end. @param {{cursor: Cursor, scale: import("./ladder_rows.js").Scale, width: number}} props */
function CursorLine({ cursor, scale, width }) {
  const y = useStore(cursor, ({ n, t }) => Math.round(scale.at(n, t) * 2) / 2);
  return html`<g class="ladder-cursor" transform=${`translate(0 ${y})`}><line x1="0" x2=${width} y1="0" y2="0" />
    <text x=${width - 6} y=${width < NARROW ? 12 : -4} text-anchor="end">${ms(cursor.value.t)}</text></g>`;
}

/** @typedef {{journey: Journey, arrow: Arrow, scale: import("./ladder_rows.js").Scale, x: Map<string, number>, absolute: boolean, routers: boolean, chosen: boolean, narrow: boolean, pick: (arrow: Arrow) => void}} ArrowProps */

/** @param {ArrowProps} props */
function Strokes({ journey, arrow, scale, x, routers, chosen, pick }) {
  const strokes = useMemo(() => strokesOf(journey, arrow, scale, x, routers), [arrow, scale, x, routers]);
  const lost = strokes.some((stroke) => stroke.lost);
  return html`<g class=${`ladder-arrow ${arrow.sort}${chosen ? " now" : ""}${arrow.again ? " again" : ""}${lost ? " bad" : ""}`} data-sent=${arrow.sent} onClick=${() => pick(arrow)}>
    ${strokes.map((stroke, index) => html`<g key=${index}><line class="ladder-touch" ...${lineOf(stroke)} /><line class="ladder-stroke" ...${lineOf(stroke)} />
      <path class=${stroke.lost ? "ladder-cross" : "ladder-tip"} d=${stroke.lost ? "M-4 -4L4 4M4 -4L-4 4" : stroke.x2 >= stroke.x1 ? "M0 0L-8 -4V4Z" : "M0 0L8 -4V4Z"}
        transform=${`translate(${stroke.x2} ${stroke.y2})${stroke.lost ? "" : ` rotate(${angleOf(stroke)})`}`} /></g>`)}</g>`;
}

/** The words stand above all strokes. @param {ArrowProps} props */
function Words({ journey, arrow, scale, x, absolute, routers, chosen, narrow, pick }) {
  const strokes = useMemo(() => strokesOf(journey, arrow, scale, x, routers), [arrow, scale, x, routers]);
  const said = useMemo(() => saidBy(journey, arrow, absolute), [arrow, absolute]);
  const first = strokes[0];
  if (!first) return null;
  const rightward = first.x2 >= first.x1, lost = strokes.find((stroke) => stroke.lost);
  const marks = [arrow.again && `↻ ${arrow.again} `, lost && narrow && `✕ ${lost.lost} `].filter(Boolean).join("");
  return html`<g class=${`ladder-words${chosen ? " now" : ""}`} onClick=${() => pick(arrow)}>
    <text x=${rightward ? first.x1 + 7 : first.x1 - 7} y=${first.y1 - 4} text-anchor=${rightward ? "start" : "end"}>${marks && html`<tspan class="warm">${marks}</tspan>`}${said}</text>
    ${lost && !narrow && html`<text class="warm" x=${lost.x2 + (rightward ? 9 : -9)} y=${lost.y2 + 4} text-anchor=${rightward ? "start" : "end"}>${lost.lost}</text>`}
    ${!narrow && html`<text class="ladder-time" x="8" y=${first.y1 + 3}>${ms(journey.columns.t[arrow.sent - 1])}</text>`}</g>`;
}

/** @param {Stroke[]} strokes */
const passingPath = (strokes) => strokes.map(({ x1, y1, x2, y2 }) => `M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}`).join("");

/** @param {Stroke} stroke */
const lineOf = ({ x1, y1, x2, y2 }) => ({ x1, y1, x2, y2 });

/** @param {Stroke} stroke */
function angleOf({ x1, y1, x2, y2 }) {
  const angle = (Math.atan2(y2 - y1, Math.abs(x2 - x1)) * 180) / Math.PI;
  return (x2 >= x1 ? angle : -angle).toFixed(1);
}

/** One line, or with the routers between, one a link. @param {Journey} journey @param {Arrow} arrow @param {import("./ladder_rows.js").Scale} scale @param {Map<string, number>} x @param {boolean} routers @returns {Stroke[]} */
function strokesOf(journey, arrow, scale, x, routers) {
  const y = (/** @type {number} */ n) => placeOf(journey, scale, n);
  const hops = routers && arrow.sort !== "arp" && !arrow.outside ? hopsOf(journey, arrow.sent).filter((hop) => x.has(hop.from)) : [];
  if (hops.length) {
    const forward = directionOf(arrow, x);
    return hops.map((hop) => {
      const from = Number(x.get(hop.from)), to = x.get(hop.to) ?? from + forward * 60;
      if (hop.received) return { x1: from, y1: y(hop.sent), x2: to, y2: y(hop.received), lost: hop.why };
      return { x1: from, y1: y(hop.sent), x2: from + (to - from) * LOST_AT, y2: y(hop.sent) + LOST_FALL / 2, lost: hop.why || UNDER_WAY };
    });
  }
  const from = Number(x.get(arrow.from)), to = x.get(arrow.to);
  if (arrow.received && to !== undefined) return [{ x1: from, y1: y(arrow.sent), x2: to, y2: y(arrow.received), lost: arrow.refused }];
  const far = [...x.values()].reduce((most, place) => (Math.abs(place - from) > Math.abs(most - from) ? place : most), from);
  return [{ x1: from, y1: y(arrow.sent), x2: from + (far - from) * LOST_AT, y2: y(arrow.sent) + LOST_FALL, lost: lossOf(journey, arrow.sent)?.why ?? UNDER_WAY }];
}

/** @param {Arrow} arrow @param {Map<string, number>} x */
function directionOf(arrow, x) {
  const places = [...x.values()];
  return Number(x.get(arrow.from)) <= (places[0] + places[places.length - 1]) / 2 ? 1 : -1;
}

/** What an arrow says. @param {Journey} journey @param {Arrow} arrow @param {boolean} absolute whether numbers are those on the wire */
export function saidBy(journey, arrow, absolute) {
  if (arrow.sort === "tcp") {
    const data = segmentOf(journey, arrow);
    const [seq, ack] = absolute ? [data.seq, data.ack] : [data.rel_seq, data.rel_ack];
    return [`[${data.flags}]`, `seq ${seq}`, ack === undefined ? "" : `ack ${ack}`, data.len ? `len ${data.len}` : "", `win ${data.window}`, data.mss ? `mss ${data.mss}` : "",
      data.sack ? "SACK" : ""].filter(Boolean).join(" ");
  }
  const event = journey.event(arrow.sent), { data } = event;
  if (arrow.sort === "icmp") return `ICMP ${data.meaning ?? `${data.type}/${data.code}`}${data.mtu ? ` mtu ${data.mtu}` : ""}`;
  if (arrow.sort === "arp") return event.what === "asked" ? `${data.address} ?` : `${data.address} = ${data.mac}`;
  for (let cause = event.cause; cause; cause = journey.cause(cause)) {
    const up = journey.event(cause);
    if (up.layer === "dns" && up.host === event.host && up.what !== "query-received") return `DNS ${brief(up)}`;
    if (up.layer === "link") break;
  }
  const dns = journey.about.conversations[arrow.conversation - 1]?.dns;
  return `${dns ? "DNS" : "UDP"} len ${data.octets}`;
}

/** How the state of a connection looks. @type {Record<string, string>} */
const PHASES = { ESTABLISHED: "established", CLOSED: "closed", "TIME-WAIT": "waiting", LISTEN: "closed" };

/** The states of both ends, beside their life lines. @param {{journey: Journey, turns: Turn[], scale: import("./ladder_rows.js").Scale, x: Map<string, number>, lanes: string[], view: View, narrow: boolean}} props */
function States({ journey, turns, scale, x, lanes, view, narrow }) {
  return lanes.map((lane) => {
    const own = turns.filter((turn) => turn.host === lane);
    const outward = lanes.indexOf(lane) < lanes.length / 2 ? -1 : 1, place = Number(x.get(lane));
    return own.map((turn, index) => {
      const top = placeOf(journey, scale, turn.n), next = own[index + 1];
      const bottom = next ? placeOf(journey, scale, next.n) : scale.height;
      if (bottom < view.top || top > view.top + view.height || turn.state === "CLOSED") return null;
      const said = Math.min(Math.max(top + 12, view.top + HEAD + 16), Math.max(bottom - 4, top + 12));
      const text = narrow ? html`<text transform=${`translate(${place + outward * 12 + (outward > 0 ? -3 : 3)} ${said - 8}) rotate(90)`}>${turn.state}</text>`
        : html`<text x=${place + outward * 12} y=${said} text-anchor=${outward < 0 ? "end" : "start"}>${turn.state}</text>`;
      return html`<g key=${turn.n} class=${`ladder-state ${PHASES[turn.state] ?? "passing"}`} data-host=${lane} data-state=${turn.state}>
        <rect x=${place - 3} width="6" y=${top} height=${Math.max(bottom - top, 1)} />${bottom - top > 11 && text}</g>`;
    });
  });
}

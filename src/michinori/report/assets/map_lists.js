// @ts-check
// Beside the map in words: the frames on the cables now, and what did not get through so far.
import { html, usePaced, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { ms } from "./format.js";
import { dropsBy } from "./flights.js";
import { brief } from "./brief.js";
import { explainReason } from "./explain/words.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./flights.js").Flights} Flights */

const TEXTS = {
  underWay: { ja: "今、回線の上にあるフレーム", en: "Frames on the cables now" },
  nothing: { ja: "今、回線の上にフレームはありません。", en: "No frame is on a cable now." },
  more: { ja: "ほか {count} 個", en: "and {count} more" },
  drops: { ja: "ここまでに届かなかったもの", en: "What did not get through so far" },
  noDrops: { ja: "ここまで、すべて届いています。", en: "Everything has got through so far." },
  lost: { ja: "応答なく消えた", en: "lost without a word" },
};
const AT_MOST = 6, LATEST = 5;

/** The frames on the cables in words, to be chosen by whoever does not use a mouse. @param {{report: Report, flights: Flights}} props */
export function UnderWay({ report, flights }) {
  const say = useSay();
  const { journey, cursor } = report;
  const numbers = usePaced(useStore(cursor, ({ t }) => underWayAt(flights, t)));
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
    const [layer, what] = kindAt(journey, cause);
    const above = journey.cause(cause), isReply = what === "sent" && above > 0 && kindAt(journey, above).join(" ") === "ip received";
    if ((layer !== "ip" && layer !== "link") || isReply) { // to a segment of no socket IP alone tells of the reply
      const event = journey.event(cause);
      return `${layer.toUpperCase()} ${brief(event)}`;
    }
  }
  return brief(journey.event(n));
}

/** @param {Journey} journey @param {number} n */
const kindAt = (journey, n) => journey.kinds[journey.columns.kind[n - 1]];

/** @param {{report: Report, flights: Flights}} props */
export function Drops({ report, flights }) {
  const say = useSay();
  const { journey, cursor } = report;
  const count = usePaced(useStore(cursor, (moment) => dropsBy(flights, moment.n)));
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

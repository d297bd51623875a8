// @ts-check
// The inspector: one frame down to its bits. Layers and fields on one side, the octets on the other; each lights the other.
import { html, useCalm, useEffect, useMemo, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { count, ms } from "./format.js";
import { isAnswered } from "./examination.js";
import { Encapsulation } from "./encapsulation.js";
import { Fields } from "./fields_view.js";
import { Octets } from "./octets_view.js";
import { frameEventOf, frameOnHost, hostsWithFrames, nextFrame } from "./explain/frame_of.js";
import { HIDDEN_FIELDS } from "./explain/hidden.js";
import { lineAt, outline, tintOf } from "./explain/outline.js";
import { decodeEvent } from "./explain/stream.js";
import { explainReason } from "./explain/words.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./explain/outline.js").Line} Line */

const TEXTS = {
  none: { ja: "この旅にはフレームの記録がありません。", en: "No frames of this journey were recorded." },
  host: { ja: "どの機器で", en: "At which machine" },
  before: { ja: "この機器の前のフレーム", en: "Frame before of this machine" },
  next: { ja: "この機器の次のフレーム", en: "Next frame of this machine" },
  frame: { ja: "フレーム {number}", en: "Frame {number}" },
  sent: { ja: "送信", en: "sent" },
  received: { ja: "受信", en: "received" },
  octets: { ja: "{count} オクテット", en: "{count} octets" },
  dropped: { ja: "破棄: {why}", en: "dropped: {why}" },
};
const NARROW = "(max-width: 640px)";

/** @param {{report: Report}} props */
export function Inspector({ report }) {
  const say = useSay();
  const { journey, cursor } = report;
  const n = useStore(cursor, (moment) => frameEventOf(journey, moment.n));
  const calm = useCalm(n);
  // Taking a frame apart takes longer than a frame of the screen: while time is dragged along only its head follows.
  const whole = useMemo(() => html`<${OneFrame} report=${report} n=${calm} />`, [report, calm]);
  if (!n) return html`<p class="note">${say(TEXTS.none)}</p>`;
  return html`<div class="inspector"><${Choice} report=${report} n=${n} />${whole}</div>`;
}

/** @param {{report: Report, n: number}} props */
function Choice({ report, n }) {
  const say = useSay();
  const { journey, go } = report;
  const hosts = useMemo(() => hostsWithFrames(journey), [journey]);
  const frame = useMemo(() => /** @type {import("./data.js").Frame} */ (journey.frameOf(n)), [journey, n]);
  const before = nextFrame(journey, n, -1), next = nextFrame(journey, n, 1);
  const why = frame.comment ? explainReason(frame.comment) : null;
  return html`<div class="inspector-choice">
    <label><span class="unseen">${say(TEXTS.host)}</span><select value=${frame.host} onChange=${(/** @type {any} */ event) => go(frameOnHost(journey, event.target.value, n))}>
      ${hosts.map((host) => html`<option key=${host} value=${host} selected=${host === frame.host}>${host}</option>`)}</select></label>
    <div class="inspector-steps"><button type="button" class="chip" disabled=${!before} onClick=${() => go(before)} aria-label=${say(TEXTS.before)}>‹</button>
    <h3>${say(TEXTS.frame, { number: frame.number })}</h3>
    <button type="button" class="chip" disabled=${!next} onClick=${() => go(next)} aria-label=${say(TEXTS.next)}>›</button></div>
    <p class="soft num">${frame.interface} · ${say(frame.sent ? TEXTS.sent : TEXTS.received)} · ${ms(frame.t)} ms · ${say(TEXTS.octets, { count: count(frame.octets.length) })}</p>
    ${frame.comment && html`<p class="dropped">${say(TEXTS.dropped, { why: frame.comment })}${why && html` — ${say(why)} <span class="source">${why.source}</span>`}</p>`}
  </div>`;
}

/** @param {{report: Report, n: number}} props */
function OneFrame({ report, n }) {
  const { journey } = report;
  const { octets, layers, lines } = useMemo(() => decoded(journey, n), [journey, n]);
  const examining = useStore(report.examining, (value) => value);
  const hidesHere = examining && !isAnswered(n);
  const hides = (/** @type {string} */ key) => hidesHere && HIDDEN_FIELDS.has(key);
  const [chosen, setChosen] = useState("");
  const [octet, setOctet] = useState(8);
  const [pointed, point] = useState(/** @type {Line | null} */ (null));
  const [open, setOpen] = useState(() => new Set(lines.filter((line) => line.level === 1).map((line) => line.id)));
  const line = lines.find((one) => one.id === chosen) ?? best(lines);
  useEffect(() => {
    setOpen((before) => new Set([...before, ...lines.filter((one) => one.level === 1).map((one) => one.id)]));
    point(null);
  }, [lines]);
  const choose = (/** @type {Line} */ to, at = to.bit >> 3) => {
    setChosen(to.id);
    setOctet(at);
    point(null); // the pointer may rest on something else while the keys move
    setOpen((before) => new Set([...before, ...parents(to)]));
  };
  const toggle = (/** @type {Line} */ to, /** @type {boolean} */ on) => setOpen((before) => {
    const after = new Set(before);
    if (on) after.add(to.id);
    else after.delete(to.id);
    return after;
  });
  const shown = pointed ?? line;
  const lit = { from: shown.bit >> 3, to: Math.ceil((shown.bit + shown.bits) / 8) };
  const kinds = useMemo(() => tintOfEach(layers, octets.length), [layers, octets]);
  const hidden = useMemo(() => hiddenOctets(lines, hides), [lines, hidesHere]);
  return html`<${Encapsulation} layers=${layers} size=${octets.length} chosen=${line.layer}
      choose=${(/** @type {any} */ layer) => { const head = lines.find((one) => one.layer === layer && !one.field); if (head) choose(head); }} />
    <div class="inspector-sides">
      <${Fields} lines=${lines} chosen=${line.id} open=${open} octets=${octets} hides=${hides} choose=${choose} toggle=${toggle} point=${point} />
      <${Octets} octets=${octets} wide=${useNarrow() ? 8 : 16} chosen=${octet < octets.length ? octet : 0} lit=${lit} kinds=${kinds} hidden=${hidden}
        choose=${(/** @type {number} */ at) => { const found = lineAt(lines, at); if (found) choose(found, at); }}
        point=${(/** @type {number | null} */ at) => point(at === null ? null : (lineAt(lines, at) ?? null))} />
    </div>`;
}

/** @param {import("./data.js").Journey} journey @param {number} n */
function decoded(journey, n) {
  const { octets, layers } = decodeEvent(journey, n);
  return { octets, layers, lines: outline(layers) };
}

/** What is looked at first: the layer that is furthest in. @param {Line[]} lines @returns {Line} */
function best(lines) {
  return lines.filter((line) => line.level === 1 && !line.layer.quoted && line.layer.key !== "eth").pop() ?? lines[0];
}

/** @param {Line} line @returns {string[]} ids of the lines above */
function parents(line) {
  const ids = [];
  for (let id = line.parent; id; id = id.includes("-") ? id.slice(0, id.lastIndexOf("-")) : "") ids.push(id);
  return ids;
}

/** @param {import("./explain/decode.js").Layer[]} layers @param {number} size @returns {string[]} the tint of each octet */
function tintOfEach(layers, size) {
  /** @type {string[]} */
  const kinds = new Array(size).fill("eth");
  for (const layer of layers) if (!layer.quoted) kinds.fill(tintOf(layer.key), layer.from, layer.key === "eth" ? layer.load : layer.to);
  return kinds;
}

/** @param {Line[]} lines @param {(key: string) => boolean} hides @returns {Set<number>} */
function hiddenOctets(lines, hides) {
  const found = new Set();
  for (const line of lines) {
    if (!line.field || !hides(line.field.key)) continue;
    for (let at = line.bit >> 3; at < Math.ceil((line.bit + line.bits) / 8); at += 1) found.add(at);
  }
  return found;
}

/** Whether the page is as narrow as a phone. */
function useNarrow() {
  const [narrow, set] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const look = () => set(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return narrow;
}

// @ts-check
// The page: what it is about, where the reader is, the parts to choose from, the chosen part, and the time cursor.
import { html, useEffect, useMemo, useRef, useState, useStore } from "./ui.js";
import { language, switchLanguage, useSay } from "./i18n.js";
import { switchTheme } from "./theme.js";
import { asked, pointTo } from "./kept.js";
import { count, duration } from "./format.js";
import { Fence } from "./fence.js";
import { Here } from "./place.js";
import { Player } from "./player.js";
import { Search } from "./search.js";
import { Tools } from "./tools.js";
import { Trail } from "./trail.js";
import { examination, leftToAnswer } from "./examination.js";
import { PARTS } from "./parts.js";

/** @typedef {import("./parts.js").Report} Report */

const TEXTS = {
  brand: { ja: "道のり", en: "Michinori" },
  other: { ja: "English", en: "日本語" },
  theme: { ja: "明暗を切り替える", en: "Light or dark" },
  parts: { ja: "この報告の部", en: "Parts of this report" },
  arrived: { ja: "到着", en: "Arrived" },
  failed: { ja: "到着できず", en: "Did not arrive" },
  virtual_ms: { ja: "仮想の時間", en: "virtual time" },
  real_ms: { ja: "かかった時間", en: "time taken" },
  requests: { ja: "リクエスト", en: "requests" },
  frames: { ja: "フレーム", en: "frames" },
  dropped: { ja: "破棄", en: "dropped" },
  retransmitted: { ja: "再送", en: "retransmitted" },
  dns_queries: { ja: "DNSの問合せ", en: "DNS queries" },
  seed: { ja: "乱数の種", en: "seed" },
};
const ADDRESS_AFTER_MS = 250;
const LOGO = html`<svg class="logo" viewBox="0 0 32 32" aria-hidden="true"><path d="M6 27c0-7 20-6 20-13 0-5-8-5-8-9" /><circle cx="6" cy="27" r="2.6" /><circle cx="18" cy="4.6" r="2.6" /></svg>`;

/** @param {{report: Omit<Report, "show">, framed?: boolean}} props `framed`: the page around it has the brand and the switches */
export function App({ report: given, framed = false }) {
  const [part, setPart] = useState(() => PARTS.find((each) => each.id === asked().get("part")) ?? PARTS[0]);
  const trail = useMemo(() => new Trail(), []);
  const shown = useRef(part);
  shown.current = part;
  const here = () => ({ part: shown.current.id, n: given.cursor.value.n });
  const open = (/** @type {string} */ id, /** @type {number | undefined} */ n) => {
    if (n) given.go(n);
    setPart((before) => PARTS.find((each) => each.id === id) ?? before);
  };
  /** @type {Report} */
  const report = useRef({
    ...given,
    go: (/** @type {number} */ n) => {
      trail.leave(here());
      given.go(n);
    },
    show: (/** @type {string} */ id, /** @type {number | undefined} */ n) => {
      trail.leave(here());
      open(id, n);
    },
  }).current;
  const move = (/** @type {"back" | "forward"} */ which) => {
    const place = which === "back" ? trail.goBack(here()) : trail.goForward(here());
    if (place) open(place.part, place.n);
  };
  useAddress(report, part.id);
  useEffect(() => {
    const follow = (/** @type {HashChangeEvent} */ { newURL }) => {
      const wanted = asked(newURL); // by now the address may have been made to follow the reader again
      open(wanted.get("part") ?? shown.current.id, Number(wanted.get("n")) || undefined);
    };
    addEventListener("hashchange", follow); // a link to another moment of this very report
    return () => removeEventListener("hashchange", follow);
  }, []);
  const masks = useStore(examination, leftToAnswer); // what is always in view is drawn anew when more or less is hidden
  return html`<${Fence}><${Masthead} key=${`head ${masks}`} report=${report} framed=${framed} /><//>
    <div class="pinned"><${Fence}><${Here} key=${masks} report=${report} /><//><div class="pinned-row"><${Parts} chosen=${part.id} choose=${report.show} />
      <${Tools} trail=${trail} move=${move} address=${() => addressOf(report, here())} /></div></div>
    <${Chosen} report=${report} part=${part} />
    <${Fence}><${Player} key=${`player ${masks}`} report=${report} /><//><${Fence}><${Search} report=${report} /><//>`;
}

/** @param {Report} report @param {import("./trail.js").Place} place @returns {string} the link that opens this report there */
function addressOf(report, { part, n }) {
  return location.href.replace(/#.*/, "") + "#" + new URLSearchParams({ ...report.address, part, n: String(n) });
}

/** @param {{report: Report, part: import("./parts.js").Part}} props */
function Chosen({ report, part }) {
  const say = useSay();
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  const shown = useRef(part.id);
  useEffect(() => {
    if (shown.current !== part.id) heading.current?.focus({ preventScroll: false });
    shown.current = part.id;
  }, [part]);
  return html`<main id="main" class="wide" key=${part.id}>
    <h2 class="part-title" tabindex="-1" ref=${heading}>${say(part.name)}</h2><p class="lead">${say(part.lead)}</p>
    <${Fence}><${part.view} report=${report} /><//></main>`;
}

/** The address follows the reader, so that it can be handed on. @param {Report} report @param {string} part */
function useAddress(report, part) {
  useEffect(() => {
    let waiting = 0;
    const note = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => pointTo({ ...report.address, part, n: String(report.cursor.value.n) }), ADDRESS_AFTER_MS);
    };
    note();
    const end = report.cursor.subscribe(note);
    return () => {
      clearTimeout(waiting);
      end();
    };
  }, [report, part]);
}

/** @param {{chosen: string, choose: (id: string) => void}} props */
function Parts({ chosen, choose }) {
  const say = useSay();
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const current = /** @type {HTMLElement | null | undefined} */ (list.current?.querySelector("[aria-current]"));
    if (list.current && current) list.current.scrollLeft = current.offsetLeft - (list.current.clientWidth - current.offsetWidth) / 2;
  }, [chosen]);
  return html`<nav class="parts" aria-label=${say(TEXTS.parts)}><ul class="wide" ref=${list}>
    ${PARTS.map((part) => html`<li key=${part.id}><button type="button" aria-current=${part.id === chosen ? "page" : undefined}
      onClick=${() => choose(part.id)}>${say(part.name)}</button></li>`)}
  </ul></nav>`;
}

/** The brand, and the switches of language and light. */
export function Brand() {
  const say = useSay();
  const other = useStore(language, (value) => (value === "ja" ? "en" : "ja"));
  return html`<p class="brand">${LOGO}<span>${say(TEXTS.brand)}</span></p>
    <p class="switches"><button type="button" id="language" lang=${other} onClick=${switchLanguage}>${say(TEXTS.other)}</button>
      <button type="button" id="theme" class="icon" aria-label=${say(TEXTS.theme)} title=${say(TEXTS.theme)} onClick=${switchTheme}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="8" /><path class="half" d="M12 4a8 8 0 010 16z" /></svg></button></p>`;
}

/** @param {{report: Report, framed: boolean}} props */
function Masthead({ report, framed }) {
  const say = useSay();
  const { about } = report.journey;
  const { failure, numbers } = about;
  const frame = framed ? "section" : "header";
  return html`<${frame} class="masthead" aria-label=${framed ? about.url : undefined}><div class="wide">
    ${!framed && html`<${Brand} />`}
    <h1>${about.url}</h1>
    <p class="sum"><span class=${failure ? "verdict bad" : "verdict"}>${say(failure ? TEXTS.failed : TEXTS.arrived)} ${numbers.status > 0 && html`<span class="status-code">${numbers.status}</span>`}</span>
      ${about.final_url && about.final_url !== about.url && html`<span class="final">→ ${about.final_url}</span>`}</p>
    ${failure && html`<p class="failure">${say(failure)}</p>`}
    <${Tiles} about=${about} />
  </div></${frame}>`;
}

/** @param {{about: import("./data.js").Description}} props */
function Tiles({ about }) {
  const say = useSay();
  const { numbers } = about;
  /** @type {[keyof typeof TEXTS, string][]} */
  const tiles = [[about.virtual ? "virtual_ms" : "real_ms", duration(numbers.virtual_ms * 1e6)], ["requests", count(numbers.requests)]];
  if (about.below_sockets) {
    for (const name of /** @type {const} */ (["frames", "dropped", "retransmitted", "dns_queries", "seed"])) {
      if (numbers[name] !== undefined) tiles.push([name, name === "seed" ? String(numbers[name]) : count(numbers[name])]);
    }
  }
  return html`<dl class="tiles">${tiles.map(([name, value]) => html`<div key=${name}><dt>${say(TEXTS[name])}</dt><dd>${value}</dd></div>`)}</dl>`;
}

// @ts-check
// The page of the lab: what to do, the address bar, how far a journey is, and the report of the journey.
import { html, useEffect, useRef, useStore } from "../../report/assets/ui.js";
import { useSay } from "../../report/assets/i18n.js";
import { App, Brand } from "../../report/assets/app.js";
import { Fence } from "../../report/assets/fence.js";
import { GONE } from "./api.js";
import { AddressBar } from "./address_bar.js";
import { Progress } from "./progress.js";
import { Past } from "./past.js";
import { Compare } from "./compare.js";
import { LessonBar, Tour } from "./tour.js";

/** @typedef {import("./state.js").LabState} LabState */

const TEXTS = {
  views: { ja: "ラボでできること", en: "What the lab does" },
  journey: { ja: "旅をする", en: "Journey" },
  past: { ja: "過去の旅", en: "Past journeys" },
  compare: { ja: "並べて比べる", en: "Side by side" },
  tour: { ja: "十の課", en: "Ten lessons" },
  welcome: { ja: "URLを入力して「出発」を押すと、仮想のインターネットで旅が始まります。", en: "Type a URL and press Go: the journey begins in a virtual internet." },
  welcomeMore: { ja: "条件を変えると、パケットの損失、遅い回線、切れたケーブルの下での旅になります。同じ種 (seed) なら、いつでも1オクテットまで同じ旅です。", en: "Change the conditions for a journey with losses, over a slow line, or past a cut cable. The same seed gives the same journey, to the octet." },
  begin: { ja: "初めてなら、十の課から", en: "New here? Begin with the ten lessons" },
  noJourney: { ja: "この課には旅が要りません。", en: "This lesson needs no journey." },
  noJourneyMore: { ja: "二つのホストを結ぶ一本の回線で、書いた障害をUDPとTCPの両方に試します。", en: "The fault is tried on one line between two hosts, by UDP and by TCP." },
  heading: { ja: "道のり ラボ", en: "Michinori Lab" },
};
/** @type {["journey" | "past" | "compare" | "tour", (props: {lab: LabState}) => any][]} */
const VIEWS = [["journey", JourneyView], ["past", Past], ["compare", Compare], ["tour", Tour]];

/** @param {{lab: LabState}} props */
export function Lab({ lab }) {
  const say = useSay();
  const view = useStore(lab, (state) => state.view);
  const gone = useStore(lab, (state) => state.gone);
  const wrong = useStore(lab, (state) => state.wrong);
  const View = VIEWS.find(([name]) => name === view)?.[1] ?? JourneyView;
  return html`<div class="lab">
    <header class="lab-head"><div class="wide"><h1 class="unseen">${say(TEXTS.heading)}</h1><${Brand} />
      <nav class="lab-views" aria-label=${say(TEXTS.views)}><ul>${VIEWS.map(([name]) => html`<li key=${name}>
        <button type="button" aria-current=${name === view ? "page" : undefined} onClick=${() => lab.show(name)}>${say(TEXTS[name])}</button></li>`)}</ul></nav>
    </div></header>
    ${gone ? html`<div class="lab-gone"><p class="wide" role="alert">${say(GONE)}</p></div>` : wrong && html`<${Wrong} sentence=${wrong} />`}
    <${Fence} key=${view}><${View} lab=${lab} /><//>
  </div>`;
}

/** @param {{sentence: import("./api.js").Texts}} props what was refused; brought into view, as the button may be far below */
function Wrong({ sentence }) {
  const say = useSay();
  const line = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => line.current?.scrollIntoView({ block: "nearest" }), [sentence]);
  return html`<div class="wide"><p class="lab-wrong" role="alert" ref=${line}>${say(sentence)}</p></div>`;
}

/** @param {{lab: LabState}} props */
function JourneyView({ lab }) {
  const say = useSay();
  const told = useStore(lab, (state) => state.told);
  const report = useStore(lab, (state) => state.report);
  const id = useStore(lab, (state) => state.id);
  const lesson = useStore(lab, (state) => state.lesson);
  const bar = lesson && html`<${LessonBar} key=${lesson.id} lab=${lab} lesson=${lesson} />`;
  if (lesson?.kind === "rule") return html`${bar}<${Welcome} one=${TEXTS.noJourney} more=${TEXTS.noJourneyMore} />`;
  const progress = told && html`<${Progress} lab=${lab} told=${told} />`;
  if (report) return html`${bar}<${AddressBar} lab=${lab} />${progress}<${App} key=${id} report=${report} framed=${true} />`;
  return html`${bar}<${AddressBar} lab=${lab} />${progress ? html`<main id="main">${progress}</main>` : html`<${Welcome} one=${TEXTS.welcome} more=${TEXTS.welcomeMore}>
    ${!lesson && html`<p><button type="button" class="chip" id="begin" onClick=${() => lab.show("tour")}>${say(TEXTS.begin)}</button></p>`}<//>`}`;
}

/** @param {Record<"one" | "more", import("./api.js").Texts> & {children?: any}} props what stands where there is no report yet */
function Welcome({ one, more, children }) {
  const say = useSay();
  return html`<main id="main" class="wide lab-welcome"><p>${say(one)}</p><p class="soft">${say(more)}</p>${children}</main>`;
}

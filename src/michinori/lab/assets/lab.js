// @ts-check
// The page of the lab: what to do, the address bar, how far a journey is, and the report of the journey.
import { html, useStore } from "../../report/assets/ui.js";
import { useSay } from "../../report/assets/i18n.js";
import { App, Brand } from "../../report/assets/app.js";
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
};
/** @type {["journey" | "past" | "compare" | "tour", (props: {lab: LabState}) => any][]} */
const VIEWS = [["journey", JourneyView], ["past", Past], ["compare", Compare], ["tour", Tour]];

/** @param {{lab: LabState}} props */
export function Lab({ lab }) {
  const say = useSay();
  const view = useStore(lab, (state) => state.view);
  const wrong = useStore(lab, (state) => state.wrong);
  const View = VIEWS.find(([name]) => name === view)?.[1] ?? JourneyView;
  return html`<div class="lab">
    <header class="lab-head"><div class="wide"><${Brand} />
      <nav class="lab-views" aria-label=${say(TEXTS.views)}><ul>${VIEWS.map(([name]) => html`<li key=${name}>
        <button type="button" aria-current=${name === view ? "page" : undefined} onClick=${() => lab.show(name)}>${say(TEXTS[name])}</button></li>`)}</ul></nav>
    </div></header>
    ${wrong && html`<div class="wide"><p class="lab-wrong" role="alert">${say(wrong)}</p></div>`}
    <${View} lab=${lab} />
  </div>`;
}

/** @param {{lab: LabState}} props */
function JourneyView({ lab }) {
  const told = useStore(lab, (state) => state.told);
  const report = useStore(lab, (state) => state.report);
  const id = useStore(lab, (state) => state.id);
  const lesson = useStore(lab, (state) => state.lesson);
  return html`${lesson && html`<${LessonBar} key=${lesson.id} lab=${lab} lesson=${lesson} />`}<${AddressBar} lab=${lab} />
    ${told && html`<${Progress} lab=${lab} told=${told} />`}
    ${report ? html`<${App} key=${id} report=${report} framed=${true} />` : !told && html`<${Welcome} />`}`;
}

function Welcome() {
  const say = useSay();
  return html`<main id="main" class="wide lab-welcome"><p>${say(TEXTS.welcome)}</p><p class="soft">${say(TEXTS.welcomeMore)}</p></main>`;
}

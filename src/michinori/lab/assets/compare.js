// @ts-check
// Two journeys side by side: pairs to begin with, or two past ones; what differs in words, numbers and pictures.
import { html, useEffect, useState, useStore } from "../../report/assets/ui.js";
import { useSay } from "../../report/assets/i18n.js";
import { get } from "./api.js";
import { plainOrder } from "./state.js";
import { Progress } from "./progress.js";

/** @typedef {import("./state.js").LabState} LabState */
/** @typedef {import("./api.js").Texts} Texts */
/** @typedef {import("./api.js").Past} Past */
/** @typedef {{options: [string, string, string][], numbers: [Texts, number, number][], sentences: Texts[]}} Difference */

const TEXTS = {
  title: { ja: "並べて比べる", en: "Side by side" },
  lead: { ja: "同じURLを二つの条件で。違いを、数と文で。", en: "One URL under two conditions; what differs, in numbers and in sentences." },
  pairs: { ja: "二つの旅をする", en: "Make two journeys" },
  loss: { ja: "損失なし / 損失 5%", en: "no loss / 5% loss" },
  warm: { ja: "DNSキャッシュ 空 / あり", en: "cold / warm DNS caches" },
  congestion: { ja: "CUBIC / Reno（損失 3%、遅延 40ms）", en: "CUBIC / Reno at 3% loss, 40 ms" },
  step: { ja: "{all} つのうち {at} つ目の旅", en: "Journey {at} of {all}" },
  left: { ja: "左", en: "Left" },
  right: { ja: "右", en: "Right" },
  choose: { ja: "過去の旅から選ぶ", en: "Or choose from past journeys" },
  nobody: { ja: "（選んでください）", en: "(choose one)" },
  differences: { ja: "違い", en: "What differs" },
  what: { ja: "数", en: "number" },
  change: { ja: "右 − 左", en: "right − left" },
  chosen: { ja: "条件の違い", en: "Chosen differently" },
  open: { ja: "この旅を開く", en: "Open this journey" },
  picture: { ja: "旅 {id} のページ", en: "The page of journey {id}" },
  noPicture: { ja: "絵は描かれませんでした。", en: "No page was drawn." },
};
const PLAIN = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
/** @type {Record<"loss" | "warm" | "congestion", [Partial<import("./api.js").Order>, Partial<import("./api.js").Order>]>} */
const PAIRS = {
  loss: [{}, { loss: "5%" }],
  warm: [{}, { warm: true }],
  congestion: [{ loss: "3%", delay: "40ms" }, { loss: "3%", delay: "40ms", tcp: { congestion: "reno" } }],
};

/** @param {{lab: LabState}} props */
export function Compare({ lab }) {
  const say = useSay();
  const pair = useStore(lab, (state) => state.pair);
  const told = useStore(lab, (state) => state.told);
  const text = useStore(lab, (state) => state.order.text);
  const [step, setStep] = useState(0);
  const make = async (/** @type {keyof typeof PAIRS} */ name) => {
    const [left, right] = PAIRS[name];
    setStep(1);
    const first = await lab.go({ ...plainOrder(text), ...left });
    setStep(2);
    const second = first && (await lab.go({ ...plainOrder(text), ...right }));
    setStep(0);
    lab.change({ told: null });
    if (second) lab.beside([first, second]);
  };
  return html`<main id="main" class="wide lab-compare"><h2 class="part-title" tabindex="-1">${say(TEXTS.title)}</h2><p class="lead">${say(TEXTS.lead)}</p>
    <form class="lab-pairs" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <label><span>URL</span><input type="text" maxlength="2000" value=${text} onInput=${(/** @type {any} */ typed) => lab.choose({ text: typed.target.value })} /></label>
      <div role="group" aria-label=${say(TEXTS.pairs)}>${/** @type {(keyof typeof PAIRS)[]} */ (Object.keys(PAIRS)).map((name) => html`<button type="button" class="chip" key=${name} data-pair=${name}
        disabled=${told !== null || !text.trim()} onClick=${() => make(name)}>${say(TEXTS[name])}</button>`)}</div></form>
    ${told && step > 0 && html`<p class="soft">${say(TEXTS.step, { at: step, all: 2 })}</p>`}${told && html`<${Progress} lab=${lab} told=${told} />`}
    <${Chooser} lab=${lab} pair=${pair} />
    ${pair[0] && pair[1] && html`<${Pair} key=${pair.join()} lab=${lab} left=${pair[0]} right=${pair[1]} />`}
  </main>`;
}

/** @param {{lab: LabState, pair: number[]}} props */
function Chooser({ lab, pair }) {
  const say = useSay();
  const past = useStore(lab, (state) => state.past);
  if (past.length < 2) return null;
  const choose = (/** @type {number} */ at, /** @type {number} */ id) => lab.beside(at === 0 ? [id, pair[1]] : [pair[0], id]);
  return html`<fieldset class="lab-chooser"><legend>${say(TEXTS.choose)}</legend>${[TEXTS.left, TEXTS.right].map((side, at) => html`<label key=${at}><span>${say(side)}</span>
    <select value=${String(pair[at] ?? "")} onChange=${(/** @type {any} */ event) => choose(at, Number(event.target.value))}>
      <option value="">${say(TEXTS.nobody)}</option>${past.map((one) => html`<option key=${one.id} value=${String(one.id)}>${one.id}: ${one.command.replace("michinori open ", "")}</option>`)}</select></label>`)}</fieldset>`;
}

/** @param {{lab: LabState, left: number, right: number}} props */
function Pair({ lab, left, right }) {
  const say = useSay();
  const [found, setFound] = useState(/** @type {Difference | null} */ (null));
  useEffect(() => {
    get(`/api/journeys/${left}/beside/${right}`).then(setFound, (error) => lab.fail(error));
  }, [left, right]);
  if (!found) return null;
  return html`<section class="lab-differences"><h3>${say(TEXTS.differences)}</h3>
      <ul>${found.sentences.map((sentence, at) => html`<li key=${at}>${say(sentence)}</li>`)}</ul></section>
    <div class="lab-two"><${Side} lab=${lab} id=${left} name=${TEXTS.left} /><${Side} lab=${lab} id=${right} name=${TEXTS.right} /></div>
    <div class="scroll" tabindex="0" role="region" aria-label=${say(TEXTS.what)}><table class="lab-table"><thead><tr><th scope="col">${say(TEXTS.what)}</th><th scope="col">${say(TEXTS.left)}</th><th scope="col">${say(TEXTS.right)}</th><th scope="col">${say(TEXTS.change)}</th></tr></thead>
      <tbody>${found.options.map(([name, one, other]) => html`<tr key=${name} class="chosen"><th scope="row">${say(TEXTS.chosen)}: <code>${name}</code></th><td><code>${one}</code></td><td><code>${other}</code></td><td></td></tr>`)}
      ${found.numbers.map(([name, one, other], at) => html`<tr key=${at}><th scope="row">${say(name)}</th><td class="num">${PLAIN.format(one)}</td><td class="num">${PLAIN.format(other)}</td>
        <td class=${other > one ? "num warm" : "num"}>${other === one ? "0" : (other > one ? "+" : "−") + PLAIN.format(Math.abs(other - one))}</td></tr>`)}</tbody></table></div>`;
}

/** @param {{lab: LabState, id: number, name: Texts}} props */
function Side({ lab, id, name }) {
  const say = useSay();
  const one = useStore(lab, (state) => state.past.find((each) => each.id === id));
  return html`<article class="card"><h3>${say(name)} <small class="soft">${one?.command ?? ""}</small></h3>
    <div class="lab-picture">${one?.drawn ? html`<img src=${`/api/journeys/${id}/picture`} alt=${say(TEXTS.picture, { id })} />` : html`<p class="soft">${say(TEXTS.noPicture)}</p>`}</div>
    <button type="button" class="chip" onClick=${() => lab.open(id)}>${say(TEXTS.open)}</button></article>`;
}

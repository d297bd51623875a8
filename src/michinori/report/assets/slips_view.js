// @ts-check
// Beside the text (本文との違い): the slips of the two documents, put right, and the event of this journey that proves it.
import { html, useMemo, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { ms } from "./format.js";
import { SLIPS, proveAll } from "./explain/slips.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./explain/slips.js").Slip} Slip */
/** @typedef {import("./explain/slips.js").Proof} Proof */

const TEXTS = {
  tutorial: { ja: "サーバを作る本の章", en: "the tutorial's chapter" },
  article: { ja: "URLから表示までの記事", en: "the article" },
  all: { ja: "すべて", en: "all" },
  choose: { ja: "どの文書か", en: "Which document" },
  written: { ja: "本文", en: "The text" },
  right: { ja: "正しくは", en: "Put right" },
  proof: { ja: "この旅の証拠", en: "Proof in this journey" },
  go: { ja: "その事象へ ({time} ms)", en: "To the event ({time} ms)" },
  notHere: { ja: "この旅では起きていません。", en: "This journey did not meet it." },
  shownBy: { ja: "次で見られます:", en: "This shows it:" },
  none: { ja: "まだ見せる旅がありません: {lacks} 規格の記述によります。", en: "No journey can show it yet: {lacks} The standard says so." },
  hidden: { ja: "試験中は証拠を伏せています。", en: "Hidden during the examination." },
  count: { ja: "{all} 件のうち {here} 件をこの旅が証明します。", en: "This journey proves {here} of {all}." },
};

/** @param {{report: Report}} props */
export function Slips({ report }) {
  const say = useSay();
  const [from, choose] = useState(/** @type {"all" | "tutorial" | "article"} */ ("all"));
  const proofs = useMemo(() => proveAll(report.journey), [report.journey]);
  const shown = SLIPS.filter((slip) => from === "all" || slip.from === from);
  const here = shown.filter((slip) => proofs[slip.id]).length;
  return html`<div class="slips">
    <div class="slips-head"><div role="group" aria-label=${say(TEXTS.choose)} class="slips-choice">
      ${/** @type {const} */ (["all", "tutorial", "article"]).map((each) => html`<button type="button" class="chip" key=${each}
        aria-pressed=${from === each ? "true" : "false"} onClick=${() => choose(each)}>${say(TEXTS[each])}</button>`)}</div>
      <p class="soft">${say(TEXTS.count, { all: shown.length, here })}</p></div>
    <ol>${shown.map((slip) => html`<${Card} key=${slip.id} report=${report} slip=${slip} proof=${proofs[slip.id]} />`)}</ol>
  </div>`;
}

/** @param {{report: Report, slip: Slip, proof: Proof | null | undefined}} props */
function Card({ report, slip, proof }) {
  const say = useSay();
  return html`<li class="slip card" id=${"slip-" + slip.id}>
    <p class="slip-from"><span class="badge">${slip.row}</span><span class="soft">${say(TEXTS[slip.from])}</span></p>
    <dl>
      <dt>${say(TEXTS.written)}</dt><dd><q lang="ja" class="slip-quote">${slip.quote}</q></dd>
      <dt>${say(TEXTS.right)}</dt><dd class="slip-right">${say(slip.right)} <span class="source">${slip.source}</span></dd>
      <dt>${say(TEXTS.proof)}</dt><dd><${Proved} report=${report} slip=${slip} proof=${proof} /></dd>
    </dl></li>`;
}

/** @param {{report: Report, slip: Slip, proof: Proof | null | undefined}} props */
function Proved({ report, slip, proof }) {
  const say = useSay();
  const examining = useStore(report.examining, (value) => value);
  if (examining) return html`<span class="soft">${say(TEXTS.hidden)}</span>`;
  if (!proof) {
    return html`<span class="soft">${slip.elsewhere ? html`${say(TEXTS.notHere)} ${say(TEXTS.shownBy)} <code>${slip.elsewhere}</code>` : slip.lacks ? say(TEXTS.none, { lacks: say(slip.lacks) }) : ""}</span>`;
  }
  return html`${say(proof.says)} <button type="button" class="chip go" onClick=${() => report.show("way", proof.n)}>
    ${say(TEXTS.go, { time: ms(report.journey.columns.t[proof.n - 1]) })}</button>`;
}

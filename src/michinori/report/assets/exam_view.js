// @ts-check
// Examination mode (試験モード): ten questions about this journey, whose values are hidden meanwhile. Answers are checked at once
// and lead to the place where they are seen.
import { html as anything, useEffect, useRef, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { examination, isUnderWay, leftToAnswer, stillHidden } from "./examination.js";
import { hide, plainly } from "./mask.js";
import { isRight } from "./explain/exam/answers.js";
import { QUESTIONS, draw } from "./explain/exam/draw.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./explain/exam/questions.js").Question} Question */
/** @typedef {import("./examination.js").Outcome} Outcome */
/** @typedef {import("./examination.js").Examination} Examination */

const TEXTS = {
  intro: { ja: "この旅で実際に起きたことから、{count} 問まで出します。始めると、答えになる値はほかの部でも伏せられます。出題は毎回変わります。",
    en: "Up to {count} questions about what really happened. Once you begin, the values asked for are hidden in the other parts too. The questions change each time." },
  begin: { ja: "試験を始める", en: "Begin" },
  again: { ja: "新しい問題で始める", en: "Begin anew" },
  stop: { ja: "やめる", en: "Stop" },
  none: { ja: "この旅にはフレームの記録がないので、問題を作れません。", en: "No frames of this journey were recorded, so there is nothing to ask." },
  answer: { ja: "答え", en: "Your answer" },
  check: { ja: "答え合わせ", en: "Check" },
  giveUp: { ja: "答えを見る", en: "Show the answer" },
  right: { ja: "正解", en: "Right" },
  wrong: { ja: "不正解", en: "Not right" },
  is: { ja: "答えは {answer}", en: "The answer is {answer}" },
  go: { ja: "その場所を見る", en: "See it there" },
  score: { ja: "{all} 問中 {right} 問正解", en: "{right} of {all} right" },
  left: { ja: "残り {left} 問", en: "{left} left" },
  hex: { ja: "16進で", en: "in hexadecimal" },
  address: { ja: "例: 192.0.2.1", en: "such as 192.0.2.1" },
  progress: { ja: "進み具合", en: "Progress" },
};

examination.subscribe(() => hide(stillHidden(examination.value)));

/** The questions stand here as they are, while what is around them hides the answers. @type {typeof anything} */
const html = (...parts) => plainly(() => anything(...parts));

/** @param {Report} report @param {Examination | null} next */
function put(report, next) {
  examination.set(next);
  report.examining.set(isUnderWay(next));
}

/** @param {{report: Report}} props */
export function Exam({ report }) {
  const say = useSay();
  const current = useStore(examination, (value) => value);
  const begin = () => {
    const seed = crypto.getRandomValues(new Uint32Array(1))[0];
    const questions = draw(report.journey, seed);
    put(report, { seed, questions, outcomes: questions.map(() => null) });
  };
  if (!report.journey.about.below_sockets) return html`<p class="note">${say(TEXTS.none)}</p>`;
  if (!current) {
    return html`<div class="exam-begin card"><p>${say(TEXTS.intro, { count: QUESTIONS })}</p><button type="button" class="exam-main" onClick=${begin}>${say(TEXTS.begin)}</button></div>`;
  }
  const settle = (/** @type {number} */ index, /** @type {string} */ given) => {
    const outcomes = [...current.outcomes];
    outcomes[index] = { given, right: isRight(current.questions[index], given) };
    put(report, { ...current, outcomes });
  };
  return html`<div class="exam" data-seed=${current.seed}>
    <${Progress} current=${current} begin=${begin} stop=${() => put(report, null)} />
    <ol>${current.questions.map((question, index) => html`<${One} key=${current.seed + "-" + index} report=${report} question=${question} number=${index + 1}
      outcome=${current.outcomes[index]} settle=${(/** @type {string} */ given) => settle(index, given)} />`)}</ol>
  </div>`;
}

/** @param {{current: Examination, begin: () => void, stop: () => void}} props */
function Progress({ current, begin, stop }) {
  const say = useSay();
  const { outcomes } = current;
  const left = leftToAnswer(current);
  const right = outcomes.filter((outcome) => outcome?.right).length;
  return html`<div class="exam-progress">
    <p class="exam-dots" role="img" aria-label=${say(TEXTS.progress)}>${outcomes.map((outcome, index) => html`<span key=${index} class=${outcome ? (outcome.right ? "dot right" : "dot wrong") : "dot"}></span>`)}</p>
    <p role="status">${say(TEXTS.score, { all: outcomes.length, right })}${left ? ` · ${say(TEXTS.left, { left })}` : ""}</p>
    ${left ? html`<button type="button" class="chip" onClick=${stop}>${say(TEXTS.stop)}</button>` : html`<button type="button" class="exam-main" onClick=${begin}>${say(TEXTS.again)}</button>`}
  </div>`;
}

/** @param {{report: Report, question: Question, number: number, outcome: Outcome | null, settle: (given: string) => void}} props */
function One({ report, question, number, outcome, settle }) {
  const say = useSay();
  const [given, setGiven] = useState("");
  const told = useRef(/** @type {HTMLElement | null} */ (null));
  const id = `question-${number}`;
  useEffect(() => {
    if (outcome && told.current && document.activeElement === document.body) told.current.focus({ preventScroll: true });
  }, [outcome]);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (given.trim()) settle(given);
  };
  const chosen = question.choices?.find((choice) => choice.value === question.answer);
  return html`<li class=${outcome ? (outcome.right ? "question card done" : "question card done off") : "question card"} data-kind=${question.kind}>
    <h3 id=${id}><span class="badge">${number}</span><span>${say(question.ask)}</span></h3>
    <form onSubmit=${submit} aria-labelledby=${id}>
      ${question.choices ? html`<${Choices} question=${question} name=${id} given=${given} done=${outcome !== null} choose=${setGiven} />`
      : html`<input type="text" autocomplete="off" spellcheck=${false} aria-label=${say(TEXTS.answer)} value=${given} disabled=${outcome !== null}
          placeholder=${say(question.form === "address" ? TEXTS.address : question.form === "hex" ? TEXTS.hex : TEXTS.answer)}
          onInput=${(/** @type {any} */ event) => setGiven(event.target.value)} />`}
      ${!outcome && html`<button type="submit" class="exam-check" disabled=${!given.trim()}>${say(TEXTS.check)}</button>
        <button type="button" class="link soft" onClick=${() => settle("")}>${say(TEXTS.giveUp)}</button>`}
    </form>
    ${outcome && html`<div class="outcome" role="status" tabindex="-1" ref=${told}>
      <p><b class=${outcome.right ? "mark right" : "mark wrong"}>${say(outcome.right ? TEXTS.right : TEXTS.wrong)}</b>
        <span>${say(TEXTS.is, { answer: chosen ? say(chosen.text) : question.shown })}</span></p>
      <p>${say(question.explain)} <span class="source">${question.source}</span></p>
      <button type="button" class="chip go" onClick=${() => report.show("inspector", question.n)}>${say(TEXTS.go)} (${question.frames[0].host} #${question.frames[0].frame})</button>
    </div>`}
  </li>`;
}

/** @param {{question: Question, name: string, given: string, done: boolean, choose: (value: string) => void}} props */
function Choices({ question, name, given, done, choose }) {
  const say = useSay();
  return html`<div class="exam-choices" role="radiogroup" aria-labelledby=${name}>${(question.choices ?? []).map((choice) => html`<label key=${choice.value}>
    <input type="radio" name=${name} value=${choice.value} checked=${given === choice.value} disabled=${done} onChange=${() => choose(choice.value)} />
    <span>${say(choice.text)}</span></label>`)}</div>`;
}

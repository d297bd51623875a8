// @ts-check
// The guided tour: ten lessons in the order of the way. The chosen one stays above the journey until it is answered.
import { html, useEffect, useState, useStore } from "../../report/assets/ui.js";
import { useSay } from "../../report/assets/i18n.js";
import { post } from "./api.js";
import { unbroken } from "./unbroken.js";

/** @typedef {import("./state.js").LabState} LabState */
/** @typedef {import("./api.js").Lesson} Lesson */
/** @typedef {{right: boolean, told: import("./api.js").Texts, n: number}} Verdict */

const TEXTS = {
  title: { ja: "十の課", en: "Ten lessons" },
  lead: { ja: "道のりの順に、問いと実験を一つずつ。答えは、あなたの旅で起きたことで確かめます。", en: "A question and an experiment for each stage of the way. What happened on your own journey checks the answer." },
  solved: { ja: "{total} 課のうち {count} 課が済みました。", en: "{count} of {total} done." },
  done: { ja: "済み", en: "done" },
  lesson: { ja: "第{number}課", en: "Lesson {number}" },
  answer: { ja: "答え", en: "Answer" },
  rule: { ja: "回線の障害", en: "Fault of the line" },
  check: { ja: "確かめる", en: "Check" },
  checkJourney: { ja: "この旅で確かめる", en: "Check this journey" },
  first: { ja: "まず「出発」を押して旅をします。", en: "Press Go first, and make the journey." },
  hint: { ja: "ヒント", en: "Hint" },
  see: { ja: "その事象を見る", en: "See the event" },
  next: { ja: "次の課へ", en: "Next lesson" },
  leave: { ja: "課を閉じる", en: "Close the lesson" },
  list: { ja: "課の一覧へ", en: "To the list of lessons" },
  all: { ja: "十の課がすべて済みました。", en: "All ten are done." },
};

/** @param {{lab: LabState}} props */
export function Tour({ lab }) {
  const say = useSay();
  const solved = useStore(lab, (state) => state.solved);
  return html`<main id="main" class="wide lab-tour"><h2 class="part-title" tabindex="-1">${say(TEXTS.title)}</h2><p class="lead">${say(TEXTS.lead)} ${solved.length > 0 && say(TEXTS.solved, { count: solved.length, total: lab.lessons.length })}</p>
    <ol>${lab.lessons.map((lesson, at) => html`<li key=${lesson.id} class="card"><p class="lab-number">${at + 1}</p>
      <div><h3><button type="button" class="link" data-lesson=${lesson.id} onClick=${() => lab.begin(lesson)}>${unbroken(say(lesson.title))}</button>
        ${solved.includes(lesson.id) && html`<span class="verdict">${say(TEXTS.done)}</span>`}</h3><p class="soft">${unbroken(say(lesson.question))}</p></div></li>`)}</ol></main>`;
}

/** @param {{lab: LabState, lesson: Lesson}} props */
export function LessonBar({ lab, lesson }) {
  const say = useSay();
  const [answer, setAnswer] = useState("");
  const [verdict, setVerdict] = useState(/** @type {Verdict | null} */ (null));
  const [asking, setAsking] = useState(false);
  const id = useStore(lab, (state) => state.id);
  const report = useStore(lab, (state) => state.report);
  const solved = useStore(lab, (state) => state.solved);
  const number = lab.lessons.indexOf(lesson) + 1;
  const next = lab.lessons[number];
  const ready = lesson.kind === "rule" || id > 0;
  useEffect(() => setVerdict(null), [id]);
  const check = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setAsking(true);
    try {
      const found = /** @type {Verdict} */ (await post(`/api/lessons/${lesson.id}/answer`, { journey: id, answer }));
      if (found.right) lab.solve(lesson.id);
      setVerdict(found);
      lab.change({ wrong: null });
    } catch (error) {
      lab.fail(error);
    }
    setAsking(false);
  };
  return html`<section class="lab-lesson" aria-labelledby="lesson-title"><form class="wide" onSubmit=${check}>
    <h2 id="lesson-title" tabindex="-1"><span>${say(TEXTS.lesson, { number })}</span> ${unbroken(say(lesson.title))}</h2>
    <button type="button" class="icon" id="leave" aria-label=${say(TEXTS.leave)} title=${say(TEXTS.leave)} onClick=${() => lab.leave()}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18" /></svg></button>
    <p class="lab-question">${unbroken(say(lesson.question))}</p>
    <div class="lab-answer">${lesson.kind !== "experiment" && html`<label><span class="unseen">${say(lesson.kind === "rule" ? TEXTS.rule : TEXTS.answer)}</span>
        <input type="text" id="answer" autocomplete="off" autocapitalize="none" spellcheck=${false} maxlength="200" required placeholder=${say(lesson.kind === "rule" ? TEXTS.rule : TEXTS.answer)} value=${answer} onInput=${(/** @type {any} */ typed) => setAnswer(typed.target.value)} /></label>`}
      <button type="submit" class="lab-add" id="check" disabled=${!ready || asking}>${say(lesson.kind === "experiment" ? TEXTS.checkJourney : TEXTS.check)}</button>
      ${!ready && html`<span class="soft">${say(TEXTS.first)}</span>`}
      <details><summary>${say(TEXTS.hint)}</summary><p>${unbroken(say(lesson.hint))}</p></details></div>
    <div role="status">${verdict && html`<p class=${verdict.right ? "lab-verdict right" : "lab-verdict"}>${unbroken(say(verdict.told))}
      ${verdict.right && !next && solved.length === lab.lessons.length && say(TEXTS.all)}
      ${verdict.n > 0 && verdict.right && report && html` <button type="button" class="chip" onClick=${() => lab.see(lesson, verdict.n)}>${say(TEXTS.see)}</button>`}
      ${verdict.right && html` <button type="button" class="chip" id="next" onClick=${() => (next ? lab.begin(next) : lab.leave())}>${say(next ? TEXTS.next : TEXTS.list)}</button>`}</p>`}</div>
  </form></section>`;
}

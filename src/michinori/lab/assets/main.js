// @ts-check
// Where the lab's page begins: what there is to choose, the journey that the address names, and the page.
import { html, render } from "../../report/assets/ui.js";
import { chooseLanguage } from "../../report/assets/i18n.js";
import { chooseTheme } from "../../report/assets/theme.js";
import { asked } from "../../report/assets/kept.js";
import { get } from "./api.js";
import { attend } from "./presence.js";
import { LabState, plainOrder } from "./state.js";
import { Lab } from "./lab.js";

async function start() {
  chooseTheme();
  chooseLanguage(document.documentElement.lang);
  const lab = new LabState(...(await Promise.all([get("/api/offer"), get("/api/lessons")])));
  const underWay = await lab.listPast();
  const view = asked().get("view");
  const pair = (asked().get("pair") ?? "").split("-").map(Number).filter(Boolean);
  const lesson = lab.lessons.find(({ id }) => id === asked().get("lesson"));
  if (view === "past" || view === "compare" || view === "tour") lab.change({ view, pair });
  else if (lesson) lab.change({ lesson, order: plainOrder(lesson.text) });
  const id = Number(asked().get("journey"));
  if (id) await lab.open(id);
  addEventListener("hashchange", ({ newURL }) => {
    const other = Number(asked(newURL).get("journey")); // a link to another journey; the report follows those to moments of its own
    if (other && other !== lab.value.id) void lab.open(other);
  });
  render(html`<${Lab} lab=${lab} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
  attend((there) => void lab.attend(there));
  await lab.follow(underWay);
}

start();

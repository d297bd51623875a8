// @ts-check
// Where the lab's page begins: what there is to choose, the journey that the address names, and the page.
import { html, render } from "../../report/assets/ui.js";
import { chooseLanguage } from "../../report/assets/i18n.js";
import { chooseTheme } from "../../report/assets/theme.js";
import { asked } from "../../report/assets/kept.js";
import { get } from "./api.js";
import { LabState } from "./state.js";
import { Lab } from "./lab.js";

async function start() {
  chooseTheme();
  chooseLanguage(document.documentElement.lang);
  const lab = new LabState(...(await Promise.all([get("/api/offer"), get("/api/lessons")])));
  const [underWay] = await lab.listPast();
  const view = asked().get("view");
  if (view === "past" || view === "compare" || view === "tour") lab.change({ view });
  const id = Number(asked().get("journey"));
  if (id) await lab.open(id);
  render(html`<${Lab} lab=${lab} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
  if (underWay && !id) {
    const last = await lab.watched(underWay.id);
    if (last.phase === "done") await lab.open(last.id);
    else lab.change({ told: null });
  }
}

start();

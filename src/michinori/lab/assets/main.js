// @ts-check
// Where the lab's page begins: what there is to choose, the journey that the address names, and the page.
import { html, render } from "../../report/assets/ui.js";
import { chooseLanguage } from "../../report/assets/i18n.js";
import { chooseTheme } from "../../report/assets/theme.js";
import { get } from "./api.js";
import { attend } from "./presence.js";
import { LabState } from "./state.js";
import { Lab } from "./lab.js";

async function start() {
  chooseTheme();
  chooseLanguage(document.documentElement.lang);
  const lab = new LabState(...(await Promise.all([get("/api/offer"), get("/api/lessons")])));
  const underWay = await lab.listPast();
  await lab.arrive();
  addEventListener("hashchange", ({ newURL }) => void lab.arrive(newURL));
  render(html`<${Lab} lab=${lab} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
  attend((there) => void lab.attend(there));
  await lab.follow(underWay);
}

start();

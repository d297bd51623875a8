// @ts-check
// Light and dark: as the system has it until the reader chooses.
import { asked, keep, kept } from "./kept.js";

const page = document.documentElement;

export function chooseTheme() {
  const wanted = asked().get("theme") ?? kept("theme");
  if (wanted === "light" || wanted === "dark") page.dataset.theme = wanted;
}

export function switchTheme() {
  const dark = page.dataset.theme ? page.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  page.dataset.theme = dark ? "light" : "dark";
  keep("theme", page.dataset.theme);
}

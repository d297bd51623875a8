// Language and theme. The theme is kept for the next report, where the browser allows it.
const page = document.documentElement;
const keep = (name, value) => { try { localStorage.setItem(`michinori-${name}`, value); } catch { /* opened from a place without storage */ } };
const kept = (name) => { try { return localStorage.getItem(`michinori-${name}`); } catch { return null; } };

function speak(lang) {
  page.dataset.lang = page.lang = lang;
}
function light(theme) {
  if (theme) page.dataset.theme = theme;
}
document.getElementById("language").addEventListener("click", () => {
  speak(page.dataset.lang === "ja" ? "en" : "ja");
});
document.getElementById("theme").addEventListener("click", () => {
  const dark = page.dataset.theme ? page.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  light(dark ? "light" : "dark");
  keep("theme", page.dataset.theme);
});
const asked = new URLSearchParams(location.hash.slice(1));
speak(asked.get("lang") ?? page.dataset.lang);
light(asked.get("theme") ?? kept("theme"));

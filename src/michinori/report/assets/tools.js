// @ts-check
// In reach from every part: search, back and forward along the jumps, and the link that leads to here.
import { html, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { searching } from "./search.js";

/** @typedef {import("./trail.js").Trail} Trail */

const TEXTS = {
  tools: { ja: "道具", en: "Tools" },
  search: { ja: "検索 (Ctrl+K または /)", en: "Search (Ctrl+K or /)" },
  back: { ja: "前に見ていた所へ戻る", en: "Back to where you were" },
  forward: { ja: "進む", en: "Forward" },
  link: { ja: "この時刻へのリンクを写す", en: "Copy the link to this moment" },
  copied: { ja: "リンクを写しました", en: "Link copied" },
  failed: { ja: "写せませんでした。アドレス欄から写せます。", en: "It could not be copied; the address bar has it." },
};
const SHOWN_MS = 2500;
const ICONS = {
  search: "M10.5 4a6.5 6.5 0 100 13 6.5 6.5 0 000-13zM15.5 15.5L20 20",
  back: "M10 6l-6 6 6 6M4 12h10a6 6 0 016 6",
  forward: "M14 6l6 6-6 6M20 12H10a6 6 0 00-6 6",
  link: "M10 14a4 4 0 006 0l3-3a4 4 0 00-6-6l-1 1M14 10a4 4 0 00-6 0l-3 3a4 4 0 006 6l1-1",
};

/** @param {{trail: Trail, move: (which: "back" | "forward") => void, address: () => string}} props */
export function Tools({ trail, move, address }) {
  const say = useSay();
  const { back, forward } = useStore(trail, (value) => value);
  const [told, tell] = useState(/** @type {"copied" | "failed" | ""} */ (""));
  const copy = async () => {
    tell((await copied(address())) ? "copied" : "failed");
    setTimeout(() => tell(""), SHOWN_MS);
  };
  return html`<section class="tools" aria-label=${say(TEXTS.tools)}>
    <${Tool} name="search" label=${say(TEXTS.search)} act=${() => searching.set(true)} />
    <${Tool} name="back" label=${say(TEXTS.back)} disabled=${!back.length} act=${() => move("back")} />
    <${Tool} name="forward" label=${say(TEXTS.forward)} disabled=${!forward.length} act=${() => move("forward")} />
    <${Tool} name="link" label=${say(TEXTS.link)} act=${copy} />
    <p class="tools-told" role="status">${told && say(TEXTS[told])}</p></section>`;
}

/** @param {{name: keyof typeof ICONS, label: string, act: () => void, disabled?: boolean}} props */
function Tool({ name, label, act, disabled }) {
  return html`<button type="button" class="icon" id=${`tool-${name}`} aria-label=${label} title=${label} disabled=${disabled} onClick=${act}>
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d=${ICONS[name]} /></svg></button>`;
}

/** Where the clipboard may not be used (a file, an attachment), the older way. @param {string} text @returns {Promise<boolean>} */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

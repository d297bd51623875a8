// @ts-check
// The files of the journey, from inside the report: captures and trace built again from what it carries, octet for octet.
import { html, useMemo, useState } from "./ui.js";
import { useSay } from "./i18n.js";
import { count } from "./format.js";
import { captureHosts, captureOf } from "./find/pcapng.js";
import { traceOf } from "./find/trace_lines.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./i18n.js").Texts} Texts */
/** @typedef {{name: string, about: Texts, make: () => Uint8Array<ArrayBuffer>, type: string}} File */

const TEXTS = {
  save: { ja: "保存", en: "Save" },
  saved: { ja: "{octets} オクテット", en: "{octets} octets" },
  packets: { ja: "{host} のすべてのフレーム (Wiresharkで開けます)", en: "every frame of {host}, for Wireshark" },
  har: { ja: "すべてのリクエスト (HAR 1.2、ブラウザの開発者ツールで開けます)", en: "every request, as HAR 1.2, for the developer tools of browsers" },
  trace: { ja: "すべての事象 (1行1件のJSON)", en: "every event, one JSON object a line" },
  page: { ja: "描かれたページ", en: "the page as it was drawn" },
  cut: {
    ja: "この旅は長いので、レポートにはすべてのオクテットは入っていません。キャプチャは、レポートの横のファイルにあります。",
    en: "This journey is long, and its report does not hold all octets: the captures are in the files beside it.",
  },
  same: { ja: "michinori openが書くファイルと、1オクテットも違いません。", en: "Octet for octet what michinori open writes." },
};

/** @param {{report: Report}} props */
export function Files({ report }) {
  const say = useSay();
  const files = useMemo(() => filesOf(report), [report]);
  return html`<div class="files"><p class="soft">${say(TEXTS.same)}</p>
    ${!report.journey.whole && html`<p class="note">${say(TEXTS.cut)}</p>`}
    <ul class="card">${files.map((file) => html`<${Row} key=${file.name} file=${file} />`)}</ul></div>`;
}

/** @param {{file: File}} props */
function Row({ file }) {
  const say = useSay();
  const [octets, setOctets] = useState(0);
  const save = () => {
    const made = file.make();
    setOctets(made.length);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([made], { type: file.type }));
    link.download = /** @type {string} */ (file.name.split("/").pop());
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };
  return html`<li><div><b class="mono">${file.name}</b><p class="soft">${say(file.about)}</p></div>
    <span class="soft num" role="status">${octets > 0 && say(TEXTS.saved, { octets: count(octets) })}</span>
    <button type="button" class="chip" data-file=${file.name} aria-label=${`${say(TEXTS.save)}: ${file.name}`} onClick=${save}>${say(TEXTS.save)}</button></li>`;
}

/** @param {Report} report @returns {File[]} */
function filesOf({ journey, picture }) {
  /** @type {File[]} */
  const files = [];
  const browser = journey.about.browser_host;
  if (journey.whole && journey.about.below_sockets) {
    const hosts = captureHosts(journey).sort((one, other) => Number(other === browser) - Number(one === browser));
    for (const host of hosts) {
      const about = { ja: TEXTS.packets.ja.replace("{host}", host), en: TEXTS.packets.en.replace("{host}", host) };
      files.push({ name: host === browser ? "packets.pcapng" : `captures/${host}.pcapng`, about, make: () => captureOf(journey, host), type: "application/octet-stream" });
    }
  }
  if (journey.har.length) files.push({ name: "page.har", about: TEXTS.har, make: () => journey.har, type: "application/json" });
  files.push({ name: "trace.jsonl", about: TEXTS.trace, make: () => traceOf(journey), type: "application/jsonl" });
  if (picture) files.push({ name: "page.png", about: TEXTS.page, make: () => Uint8Array.from(atob(picture.split(",")[1]), (sign) => sign.charCodeAt(0)), type: "image/png" });
  return files;
}

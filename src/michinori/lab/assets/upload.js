// @ts-check
// A site of the reader's own: a zip file or a folder, put into the virtual internet under a name.
import { html, useState } from "../../report/assets/ui.js";
import { useSay } from "../../report/assets/i18n.js";
import { Refused, get, upload } from "./api.js";

const TEXTS = {
  name: { ja: "サイトの名前", en: "Name of the site" },
  zip: { ja: "zipファイルを渡す", en: "Upload a zip file" },
  folder: { ja: "フォルダを渡す", en: "Upload a folder" },
  came: { ja: "{name} のファイル {files} 個を受け取りました。アドレスバーで開けます。", en: "Took {files} files for {name}: open it by the address bar." },
};
/** @typedef {{path: string, size: number, modified_ms: number}} Entry */

/** @param {{lab: import("./state.js").LabState}} props */
export function Upload({ lab }) {
  const say = useSay();
  const [name, setName] = useState("my.site.example");
  const [came, setCame] = useState(/** @type {{name: string, files: number} | null} */ (null));
  const [refused, setRefused] = useState(/** @type {import("./api.js").Texts | null} */ (null));
  const send = async (/** @type {Blob} */ body, /** @type {string} */ type) => {
    setCame(null);
    setRefused(null);
    try {
      const taken = await upload(name.trim(), body, type);
      lab.offer = await get("/api/offer");
      lab.takeSite(taken.name, true);
      lab.choose({ text: `http://${taken.name}/` });
      lab.change({ wrong: null });
      setCame(taken);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setRefused(error.sentence);
    }
  };
  const chosen = (/** @type {HTMLInputElement} */ input) => {
    const files = [...(input.files ?? [])];
    if (files.length) void (input.webkitdirectory ? send(folderOf(files), "application/x-michinori-folder") : send(files[0], "application/zip"));
    input.value = "";
  };
  return html`<div class="lab-fields lab-upload"><label class="lab-field"><span>${say(TEXTS.name)}</span>
      <input type="text" maxlength="100" autocapitalize="none" spellcheck=${false} value=${name} onInput=${(/** @type {any} */ typed) => setName(typed.target.value)} /></label>
    <label class="lab-file chip"><input type="file" id="upload-zip" accept=".zip,application/zip" onChange=${(/** @type {any} */ event) => chosen(event.target)} /><span>${say(TEXTS.zip)}</span></label>
    <label class="lab-file chip"><input type="file" id="upload-folder" webkitdirectory onChange=${(/** @type {any} */ event) => chosen(event.target)} /><span>${say(TEXTS.folder)}</span></label>
    <p role="status" class="soft">${came && say(TEXTS.came, came)}</p>${refused && html`<p role="alert" class="lab-refused">${say(refused)}</p>`}</div>`;
}

/** The list of the files as a line, then their octets. @param {File[]} files @returns {Blob} */
function folderOf(files) {
  /** @type {Entry[]} */
  const entries = files.map((file) => ({ path: file.webkitRelativePath || file.name, size: file.size, modified_ms: file.lastModified }));
  return new Blob([JSON.stringify(entries), "\n", ...files]);
}

// @ts-check
// The tree that the parser made of the document (DOM), opened node by node.
import { html, useMemo, useState } from "./ui.js";
import { useSay } from "./i18n.js";
import { count } from "./format.js";
import { treeOf } from "./page_data.js";

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./page_data.js").TreeNode} TreeNode */

const TEXTS = {
  tree: { ja: "文書の木構造 (DOMツリー)", en: "The document's tree (DOM)" },
  nodes: { ja: "{count} 個のノード (空白だけのテキストを除く)", en: "{count} nodes, texts of white space left out" },
  cut: { ja: "長いので、途中までを収めています。", en: "It is long: only its beginning is kept here." },
  more: { ja: "ほか {count} 個", en: "{count} more" },
};
const OPEN_TO = 3;
const MOST = 200;

/** @param {{journey: Journey}} props */
export function Tree({ journey }) {
  const say = useSay();
  const document = useMemo(() => journey.document(), [journey]);
  const roots = useMemo(() => treeOf(document?.nodes ?? []), [document]);
  if (!document) return null;
  return html`<section aria-labelledby="page-tree"><h3 id="page-tree">${say(TEXTS.tree)}</h3>
    <p class="soft">${say(TEXTS.nodes, { count: count(document.nodes.length) })} ${document.cut && say(TEXTS.cut)}</p>
    <div class="page-tree card scroll"><${Children} nodes=${roots} depth=${0} /></div></section>`;
}

/** @param {{nodes: TreeNode[], depth: number}} props */
function Children({ nodes, depth }) {
  const say = useSay();
  const [most, setMost] = useState(MOST);
  return html`<ul>${nodes.slice(0, most).map((node, index) => html`<li key=${index}><${NodeView} node=${node} depth=${depth} /></li>`)}
    ${nodes.length > most && html`<li><button type="button" class="chip" onClick=${() => setMost(most + MOST)}>${say(TEXTS.more, { count: count(nodes.length - most) })}</button></li>`}</ul>`;
}

/** @param {{node: TreeNode, depth: number}} props */
function NodeView({ node, depth }) {
  const only = node.children.length === 1 && node.children[0].tag === "#text" && node.children[0].text.length < 60 ? node.children[0].text.trim() : null;
  const leaf = only !== null || !node.children.length;
  const [open, setOpen] = useState(depth < OPEN_TO && node.tag !== "head");
  if (node.tag === "#text") return html`<span class="page-node-text">${node.text.trim()}</span>`;
  if (node.tag === "#comment") return html`<span class="page-node-note">${`<!-- ${node.text.trim()} -->`}</span>`;
  if (node.tag === "#doctype") return html`<span class="page-node-note">${`<!DOCTYPE ${node.text}>`}</span>`;
  const tag = html`<span class="page-node-tag">${node.tag.startsWith("#") ? node.tag : `<${node.tag}`}</span>${node.attributes.map(([name, value]) => html` <span class="page-node-name" key=${name}>${name}</span>${value && html`<span class="page-node-value">="${value}"</span>`}`)}<span class="page-node-tag">${node.tag.startsWith("#") ? "" : ">"}</span>`;
  if (leaf) return html`<span class="page-node-leaf">${tag}${only !== null && html`<span class="page-node-text">${only}</span>`}</span>`;
  return html`<button type="button" class="page-node-open" aria-expanded=${open ? "true" : "false"} onClick=${() => setOpen(!open)}>
    <svg viewBox="0 0 10 10" aria-hidden="true"><path d="M3 1l5 4-5 4z" /></svg>${tag}${!open && html`<span class="page-node-note">… ${count(node.children.length)}</span>`}</button>
    ${open && html`<${Children} nodes=${node.children} depth=${depth + 1} />`}`;
}

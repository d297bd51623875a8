// @ts-check
// Where the machines of a network stand on the map: in layers, by how many cables they are away from the reader's own
// machine, each part of the tree in rows of its own. The same network always looks the same, and nothing overlaps.

/** @typedef {import("./data.js").Node} Node */
/** @typedef {import("./data.js").Line} Line */
/** @typedef {{name: string, kind: Node["kind"], layer: number, row: number}} Spot */
/** @typedef {{line: number, from: string, to: string, bow: number}} Cable `bow`: how far beside the straight way it lies, for those that would cover each other */
/** @typedef {{spots: Spot[], cables: Cable[], layers: number, rows: number}} Layout */

/** @param {Line} line @param {string} name */
const otherEnd = (line, name) => line.ends[line.ends[0].node === name ? 1 : 0].node;

/**
 * @param {Node[]} nodes @param {Line[]} lines @param {string} root who stands at the beginning
 * @param {string} [goal] to whom the way shall be straight
 * @returns {Layout}
 */
export function layOut(nodes, lines, root, goal = "") {
  const tree = treeOf(nodes, lines, root, goal);
  /** @type {Spot[]} */
  const spots = [];
  let rows = 0;
  for (const start of tree.roots) {
    const block = arrange(tree, start);
    place(block, 0, rows, spots);
    rows += block.size;
  }
  const layers = Math.max(0, ...spots.map((spot) => spot.layer)) + 1;
  return { spots, cables: cablesOf(lines, spots, tree.layerOf), layers, rows: Math.max(rows, 1) };
}

/** As if the goal were farther away than anything else. */
const FAR = 1e6;

/** @typedef {{roots: Node[], childrenOf: Map<string, Node[]>, depthOf: Map<string, number>, layerOf: Map<string, number>}} Tree */

/** The tree of shortest ways, breadth first. @param {Node[]} nodes @param {Line[]} lines @param {string} root @param {string} goal @returns {Tree} */
function treeOf(nodes, lines, root, goal) {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  /** @type {Tree} */
  const tree = { roots: [], childrenOf: new Map(), depthOf: new Map(), layerOf: new Map() };
  const starts = [...nodes].sort((one, other) => Number(other.name === root) - Number(one.name === root));
  for (const start of starts) {
    if (tree.layerOf.has(start.name)) continue;
    tree.roots.push(start);
    tree.layerOf.set(start.name, 0);
    const waiting = [start];
    for (const node of waiting) {
      /** @type {Node[]} */
      const children = [];
      for (const line of lines) {
        if (line.ends[0].node !== node.name && line.ends[1].node !== node.name) continue;
        const next = byName.get(otherEnd(line, node.name));
        if (!next || tree.layerOf.has(next.name)) continue;
        tree.layerOf.set(next.name, /** @type {number} */ (tree.layerOf.get(node.name)) + 1);
        children.push(next);
        waiting.push(next);
      }
      tree.childrenOf.set(node.name, children);
    }
    for (const node of waiting.reverse()) {
      const children = tree.childrenOf.get(node.name) ?? [];
      tree.depthOf.set(node.name, (node.name === goal ? FAR : 1) + Math.max(0, ...children.map((child) => tree.depthOf.get(child.name) ?? 0)));
    }
  }
  return tree;
}

/** @typedef {{node: Node, size: number, own: number, parts: {block: Block, at: number}[]}} Block a part of the tree: how many rows it takes, in which of them its first machine stands, and from which on its own parts */

/**
 * Who leads to the goal, or else to the farthest machine, goes straight on; the others stand above and below, on the
 * side where there is less.
 * @param {Tree} tree @param {Node} node @returns {Block}
 */
function arrange(tree, node) {
  const blocks = (tree.childrenOf.get(node.name) ?? []).map((child) => arrange(tree, child));
  const depth = (/** @type {Block} */ block) => tree.depthOf.get(block.node.name) ?? 0;
  const main = blocks.reduce((/** @type {Block | null} */ best, block) => (best && depth(best) >= depth(block) ? best : block), null);
  if (!main) return { node, size: 1, own: 0, parts: [] };
  let above = main.own, below = main.size - 1 - main.own;
  /** @type {Block[]} */
  const before = [], behind = [];
  for (const block of blocks) {
    if (block === main) continue;
    if (above < below) {
      before.push(block);
      above += block.size;
    } else {
      behind.push(block);
      below += block.size;
    }
  }
  let size = 0;
  const parts = [...before, main, ...behind].map((block) => {
    const at = size;
    size += block.size;
    return { block, at };
  });
  return { node, size, own: /** @type {{at: number}} */ (parts.find((part) => part.block === main)).at + main.own, parts };
}

/** @param {Block} block @param {number} layer @param {number} from @param {Spot[]} spots */
function place({ node, own, parts }, layer, from, spots) {
  spots.push({ name: node.name, kind: node.kind, layer, row: from + own });
  for (const { block, at } of parts) place(block, layer + 1, from + at, spots);
}

/** @param {Line[]} lines @param {Spot[]} spots @param {Map<string, number>} layerOf @returns {Cable[]} */
function cablesOf(lines, spots, layerOf) {
  const rowOf = new Map(spots.map((spot) => [spot.name, spot.row]));
  /** @type {Map<string, number>} */
  const beside = new Map();
  /** @type {Cable[]} */
  const cables = [];
  lines.forEach((line, index) => {
    let [from, to] = line.ends.map((end) => end.node);
    if (!layerOf.has(from) || !layerOf.has(to)) return;
    const forward = /** @type {number} */ (layerOf.get(to)) - /** @type {number} */ (layerOf.get(from));
    if (forward < 0 || (forward === 0 && Number(rowOf.get(from)) > Number(rowOf.get(to)))) [from, to] = [to, from];
    const key = `${from} ${to}`, same = beside.get(key) ?? 0;
    beside.set(key, same + 1);
    cables.push({ line: index, from, to, bow: (same % 2 ? -1 : 1) * Math.ceil(same / 2) });
  });
  return cables;
}

/** @typedef {{x: number, y: number}} Point */
/** @typedef {[Point, Point, Point, Point]} Curve a cubic Bézier curve */

const BOW = 14;

/**
 * The curve of a cable. Between neighbouring layers it lies in the gap between them; within one it bows out in front.
 * @param {Point} from @param {Point} to @param {number} bow @param {boolean} upright whether the layers go down the page
 * @returns {Curve}
 */
export function curveOf(from, to, bow, upright) {
  if (upright) {
    const [a, b, c, d] = curveOf(turned(from), turned(to), bow, false);
    return [turned(a), turned(b), turned(c), turned(d)];
  }
  if (from.x === to.x) {
    const out = from.x + 46 + BOW * bow;
    return [from, { x: out, y: from.y }, { x: out, y: to.y }, to];
  }
  const middle = (from.x + to.x) / 2, aside = BOW * bow;
  return [from, { x: middle, y: from.y + aside }, { x: middle, y: to.y + aside }, to];
}

/** @param {Point} point */
const turned = ({ x, y }) => ({ x: y, y: x });

/** @param {Curve} curve @param {number} part from 0 to 1 @returns {Point} */
export function pointOn([a, b, c, d], part) {
  const rest = 1 - part;
  const [p, q, r, s] = [rest ** 3, 3 * rest * rest * part, 3 * rest * part * part, part ** 3];
  return { x: p * a.x + q * b.x + r * c.x + s * d.x, y: p * a.y + q * b.y + r * c.y + s * d.y };
}

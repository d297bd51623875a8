// @ts-check
// Where everything stands on the sheet of the map, in pixels: machines in cells, cables between them, by width and zoom.
import { curveOf } from "./map_layout.js";

/** @typedef {import("./data.js").Line} Line */
/** @typedef {import("./map_layout.js").Curve} Curve */
/** @typedef {import("./map_layout.js").Layout} Layout */
/** @typedef {{index: number, line: Line, from: string, curve: Curve}} Drawn a cable on the sheet */
/** @typedef {{name: string, kind: string, x: number, y: number, beside: boolean}} Spot `beside`: its name stands beside it, not under it */
/** @typedef {{width: number, height: number, across: number, size: number, isMany: boolean, isFar: boolean, upright: boolean, spots: Spot[], cables: Drawn[]}} Sheet `size`: of the pictures, 1 as they are; `isFar`: no room for all names */

const NARROW = 640;
const WIDE_CELL = { across: 104, down: 86 }, NARROW_CELL = { across: 58, down: 112 };
/** With more rows than these, the machines at the ends stand closer, their names beside them; a row with another in it needs more. */
const MANY_ROWS = 12, CLOSE = 36, APART = 58;
/** Above the first row, for what is told of its cables. */
const MARGIN = 12;
/** Pictures grow and shrink less than the room between them. */
const SMALLEST = 0.4, LARGEST = 1.3;
/** Of what a name takes, as a part of its cell unzoomed. */
const READABLE = 0.9;

/**
 * Layers go from left to right, or down the page where it is narrow.
 * @param {Layout} layout @param {Line[]} lines @param {number} width that is there @param {number} zoom 1: fills the width
 * @returns {Sheet}
 */
export function sheetOf(layout, lines, width, zoom) {
  const upright = width < NARROW, least = upright ? NARROW_CELL : WIDE_CELL;
  const columns = upright ? layout.rows : layout.layers, rows = upright ? layout.layers : layout.rows;
  const isMany = !upright && layout.rows > MANY_ROWS;
  const across = Math.max(least.across, Math.floor(width / columns)) * zoom;
  const size = Math.min(Math.max(zoom, SMALLEST), LARGEST), margin = upright ? 0 : MARGIN * size;
  const branching = new Set(layout.cables.map((cable) => cable.from));
  const apart = new Set(layout.spots.filter((spot) => branching.has(spot.name)).map((spot) => spot.row));
  /** Where each row begins, and behind them where the last ends. */
  const tops = [margin];
  for (let row = 0; row < rows; row++) tops.push(tops[row] + (!isMany ? least.down : apart.has(row) ? APART : CLOSE) * zoom);
  const spots = layout.spots.map(({ name, kind, layer, row }) => {
    const [column, line] = upright ? [row, layer] : [layer, row];
    return { name, kind, x: (column + 0.5) * across, y: (tops[line] + tops[line + 1]) / 2, beside: isMany && !branching.has(name) };
  });
  const at = new Map(spots.map((spot) => [spot.name, spot]));
  const cables = layout.cables.map((cable) => {
    const from = /** @type {Spot} */ (at.get(cable.from)), to = /** @type {Spot} */ (at.get(cable.to));
    return { index: cable.line, line: lines[cable.line], from: cable.from, curve: curveOf(leaving(from, upright, size), arriving(from, to, upright, size), cable.bow * size, upright) };
  });
  return { width: columns * across, height: tops[rows] + (isMany ? 2 * margin : 0), across, size, isMany, isFar: zoom < READABLE, upright, spots, cables };
}

/** Where a cable leaves the picture of a machine. @param {{x: number, y: number}} spot @param {boolean} upright @param {number} size */
const leaving = ({ x, y }, upright, size) => (upright ? { x, y: y + 30 * size } : { x: x + 20 * size, y: y - 12 * size });

/** Where it comes in. @param {{x: number, y: number}} from @param {{x: number, y: number}} to @param {boolean} upright @param {number} size */
function arriving(from, to, upright, size) {
  if (upright ? from.y === to.y : from.x === to.x) return leaving(to, upright, size);
  return upright ? { x: to.x, y: to.y - 32 * size } : { x: to.x - 20 * size, y: to.y - 12 * size };
}

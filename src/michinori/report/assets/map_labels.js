// @ts-check
// Where the labels of cables stand on the map: at the first place on or beside their cable where they cover nothing. One that
// finds none is left out; the tables of the machines at its ends tell the same.
import { bits, duration } from "./format.js";
import { pointOn } from "./map_layout.js";

/** @typedef {import("./map_sheet.js").Sheet} Sheet */
/** @typedef {import("./map_sheet.js").Drawn} Drawn */
/** @typedef {{cable: Drawn, lines: string[], x: number, y: number, side: string}} Label `side`: of that point, a class */
/** @typedef {{left: number, right: number, top: number, bottom: number}} Box */

/** Cables as they are inside a building have no label. */
const SHORT_NS = 100_000, USUAL_MTU = 1500;
/** Cables that leave one machine are apart behind their middle. */
const PLACES = [0.62, 0.5, 0.72, 0.4, 0.82, 0.3];
/** In pixels: a character and a line of a label and of a name, wide and narrow. */
const TEXT = { wide: { label: [6.6, 13.6], name: [6.8, 13.8] }, narrow: { label: [6, 11.6], name: [5.5, 11.2] } };
const PICTURE = { wide: 40, narrow: 36 };

/** @param {Sheet} sheet @returns {Label[]} */
export function labelsOf(sheet) {
  const form = sheet.upright ? "narrow" : "wide";
  const taken = sheet.spots.flatMap((spot) => boxesOf(sheet, spot, form));
  const [across, down] = TEXT[form].label;
  /** @type {Label[]} */
  const labels = [];
  for (const cable of sheet.cables) {
    const lines = toldOf(cable);
    if (!lines.length) continue;
    const width = Math.max(...lines.map((line) => line.length)) * across, height = lines.length * down;
    const found = placesOf(cable, sheet.upright).find(({ x, y, side }) => !taken.some((box) => overlap(box, boxAt(side, x, y, width, height))));
    if (!found) continue;
    labels.push({ cable, lines, ...found });
    taken.push(boxAt(found.side, found.x, found.y, width, height));
  }
  return labels;
}

/** What is worth knowing of a cable. @param {Drawn} cable @returns {string[]} the last may be a fault */
function toldOf({ line }) {
  const [{ delay_ns: delay, rate }] = line.ends;
  if (delay < SHORT_NS && line.mtu === USUAL_MTU && !line.faults.length) return [];
  const fault = line.faults.length > 1 ? `${line.faults[0]} …` : line.faults[0];
  return [rate === null ? "" : bits(rate), duration(delay), line.mtu === USUAL_MTU ? "" : `MTU ${line.mtu}`, fault ?? ""].filter(Boolean);
}

/** @param {Drawn} cable @param {boolean} upright */
function placesOf({ curve }, upright) {
  const [from, , , to] = curve;
  const aside = upright ? ["right", "left"] : [to.y > from.y ? "falling" : to.y < from.y ? "rising" : "above", "right"];
  return aside.flatMap((side) => PLACES.map((part) => ({ ...pointOn(curve, part), side })));
}

/** As the style sheet puts it. @param {string} side @param {number} x @param {number} y @param {number} width @param {number} height @returns {Box} */
function boxAt(side, x, y, width, height) {
  if (side === "above") return { left: x - width / 2, right: x + width / 2, top: y - 5 - height, bottom: y - 5 };
  if (side === "right") return { left: x + 9, right: x + 9 + width, top: y - height / 2, bottom: y + height / 2 };
  if (side === "left") return { left: x - 9 - width, right: x - 9, top: y - height / 2, bottom: y + height / 2 };
  return side === "rising" ? { left: x - 4 - width, right: x - 4, top: y - height, bottom: y } : { left: x - 4 - width, right: x - 4, top: y, bottom: y + height };
}

/** A machine's picture and its name. @param {Sheet} sheet @param {import("./map_sheet.js").Spot} spot @param {"wide" | "narrow"} form @returns {Box[]} */
function boxesOf(sheet, { x, y, name, beside }, form) {
  const [across, down] = TEXT[form].name, half = (PICTURE[form] * sheet.size) / 2, top = y - 32 * sheet.size;
  const picture = { left: x - half, right: x + half, top, bottom: top + 2 * half };
  if (beside) return [picture, { left: x, right: x + half + 12 + name.length * across, top: y - 20, bottom: y + 8 }];
  const { lines, longest } = broken(name, Math.floor(sheet.across / across));
  const wide = (longest * across) / 2 + 4;
  return [picture, { left: x - wide, right: x + wide, top: picture.bottom, bottom: picture.bottom + 2 + lines * down }];
}

/** How a name is broken behind its hyphens. @param {string} name @param {number} most characters of a line */
function broken(name, most) {
  let lines = 1, here = 0, longest = 0;
  for (const part of name.split(/(?<=-)/)) {
    if (here && here + part.length > most) {
      lines++;
      here = 0;
    }
    here += part.length;
    longest = Math.max(longest, here);
  }
  return { lines, longest };
}

/** @param {Box} one @param {Box} other */
const overlap = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

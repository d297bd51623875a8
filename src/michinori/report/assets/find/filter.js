// @ts-check
// Filters over the events of a journey: compiled once, then asked event by event.
import { explainEvent } from "../explain/words.js";
import { LAYERS } from "../stages.js";
import { FIELDS, IS, fieldOf } from "./fields.js";
import { fold } from "./fold.js";
import { FilterError, parse } from "./syntax.js";

/** @typedef {import("../data.js").Journey} Journey */
/** @typedef {import("./syntax.js").Tree} Tree */
/** @typedef {import("./syntax.js").Operator} Operator */
/** @typedef {import("./fields.js").Field} Field */
/** @typedef {(n: number) => boolean} Test */

/** @type {Record<string, number>} */
const UNITS = { ns: 1, us: 1e3, "µs": 1e3, ms: 1e6, s: 1e9 };
const NS_PER_MS = 1e6;

/**
 * @param {Journey} journey @param {string} text
 * @returns {Test | null} whether an event is asked for; null if nothing is. Throws FilterError.
 */
export function compile(journey, text) {
  const tree = parse(text);
  return tree && testOf(journey, tree);
}

/** @param {Journey} journey @param {string} text @returns {number[]} the numbers of all events that are asked for */
export function findAll(journey, text) {
  const test = compile(journey, text);
  const found = [];
  for (let n = 1; test && n <= journey.size; n++) if (test(n)) found.push(n);
  return found;
}

/** @param {string} text @returns {{ja: string, en: string, at: number} | null} what is wrong with it, if anything is */
export function wrongIn(text) {
  try {
    const check = (/** @type {Tree | null} */ tree) => {
      if (!tree || tree.kind === "word") return;
      if (tree.kind === "not") check(tree.part);
      else if (tree.kind === "compare") comparisonOf(tree);
      else tree.parts.forEach(check);
    };
    check(parse(text));
    return null;
  } catch (error) {
    if (error instanceof FilterError) return { ...error.says, at: error.at };
    throw error;
  }
}

/** @param {Journey} journey @param {Tree} tree @returns {Test} */
function testOf(journey, tree) {
  switch (tree.kind) {
    case "and": {
      const parts = tree.parts.map((part) => testOf(journey, part));
      return (n) => parts.every((part) => part(n));
    }
    case "or": {
      const parts = tree.parts.map((part) => testOf(journey, part));
      return (n) => parts.some((part) => part(n));
    }
    case "not": {
      const part = testOf(journey, tree.part);
      return (n) => !part(n);
    }
    case "compare": {
      const { field, fits, negative } = comparisonOf(tree);
      return (n) => field.get(journey, n).some(fits) !== negative;
    }
    case "word":
      return wordOf(journey, tree.text, tree.quoted);
    default:
      return tree;
  }
}

/** @param {Extract<Tree, {kind: "compare"}>} tree @returns {{field: Field, fits: (value: any) => boolean, negative: boolean}} */
function comparisonOf({ field: name, operator, value, at }) {
  const field = fieldOf(name.toLowerCase()) ?? fieldOf(name);
  if (!field) throw new FilterError(unknown(name), at);
  // As in Wireshark: not equal means that no value is equal.
  const negative = operator === "!=";
  return { field, negative, fits: fitting(field, name, negative ? "==" : operator, value, at) };
}

/** @param {Field} field @param {string} name @param {Operator} operator @param {string} value @param {number} at @returns {(value: any) => boolean} */
function fitting(field, name, operator, value, at) {
  const wanted = fold(value);
  if (operator === "contains") return (own) => fold(String(own)).includes(wanted);
  const amount = field.type === "address" ? NaN : amountOf(field, wanted);
  if (Number.isNaN(amount) && (field.type === "number" || field.type === "time")) {
    throw new FilterError({ ja: `「${name}」は数と比べます。「${value}」は数ではありません。`, en: `"${name}" is compared with a number, and "${value}" is none.` }, at);
  }
  if (operator === "==") return field.type === "address" ? addressTest(wanted) : (own) => (typeof own === "number" ? own === amount : fold(own) === wanted);
  if (field.type === "address") throw new FilterError({ ja: `「${name}」には == と != だけが使えます。`, en: `"${name}" knows only == and !=.` }, at);
  /** @type {Record<string, (own: any, bound: any) => boolean>} */
  const orders = { "<": (own, bound) => own < bound, ">": (own, bound) => own > bound, "<=": (own, bound) => own <= bound, ">=": (own, bound) => own >= bound };
  const order = orders[operator];
  return (own) => (typeof own === "number" ? order(own, amount) : order(fold(own), wanted));
}

/** @param {Field} field @param {string} text @returns {number} NaN if it is no number; an instant in ns, told in ms unless it has a unit */
function amountOf(field, text) {
  const found = /^(0x[0-9a-f]+|[\d,]*\.?\d+(?:e\d+)?)(ns|us|µs|μs|ms|s)?$/.exec(text);
  if (!found) return NaN;
  const amount = Number(found[1].replaceAll(",", ""));
  if (found[2]) return amount * (UNITS[found[2]] ?? UNITS.us);
  return field.type === "time" ? amount * NS_PER_MS : amount;
}

/** @param {string} wanted an address, or a network as 192.168.0.0/16 @returns {(own: string) => boolean} */
function addressTest(wanted) {
  const network = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(wanted);
  if (!network) return (own) => own === wanted;
  const size = 2 ** (32 - Number(network[2])), base = Math.floor(toNumber(network[1]) / size);
  return (own) => Math.floor(toNumber(own) / size) === base;
}

/** @param {string} address */
function toNumber(address) {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** @param {Journey} journey @param {string} text @param {boolean} quoted @returns {Test} */
function wordOf(journey, text, quoted) {
  const wanted = fold(text);
  if (!quoted && Object.hasOwn(IS, wanted)) return (n) => IS[wanted](journey, n);
  const has = (/** @type {string} */ each) => fold(each).includes(wanted);
  // What stands in the tables of texts is looked through once, not once an event.
  const kinds = journey.kinds.map(([layer, what]) => kindTexts(layer, what).some(has));
  const hosts = journey.hosts.map(has), whys = journey.whys.map(has), connections = journey.connections.map(has);
  const { kind, host, why, connection } = journey.columns;
  return (n) => {
    const row = n - 1;
    if (kinds[kind[row]] || hosts[host[row]] || whys[why[row]] || connections[connection[row]]) return true;
    const from = journey.dataAt[row], to = journey.dataAt[n];
    return from < to && has(journey.text.decode(journey.data.subarray(from, to)));
  };
}

/** @param {string} layer @param {string} what */
function kindTexts(layer, what) {
  const said = explainEvent(layer, what), name = LAYERS[layer];
  return [`${layer} ${what}`, said?.ja ?? "", said?.en ?? "", name?.ja ?? "", name?.en ?? ""];
}

/** @param {string} name @returns {{ja: string, en: string}} */
function unknown(name) {
  const near = Object.keys(FIELDS).map((each) => ({ each, far: distance(each, name.toLowerCase()) })).sort((one, other) => one.far - other.far)[0];
  const hint = near.far <= 2 ? { ja: `「${near.each}」のことですか。`, en: ` Did you mean "${near.each}"?` } : { ja: "", en: "" };
  return { ja: `「${name}」という項目はありません。${hint.ja}`, en: `There is no field "${name}".${hint.en}` };
}

/** How many letters must change (Levenshtein). @param {string} one @param {string} other */
function distance(one, other) {
  let before = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let column = 1; column <= other.length; column++) {
      next.push(Math.min(before[column] + 1, next[column - 1] + 1, before[column - 1] + Number(one[row - 1] !== other[column - 1])));
    }
    before = next;
  }
  return before[other.length];
}

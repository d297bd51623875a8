// @ts-check
// trace.jsonl, built again from what the report carries: a line an event, members with their default value left out.

import { joined } from "../joined.js";

/** @typedef {import("../data.js").Journey} Journey */

/** @param {Journey} journey @returns {Uint8Array<ArrayBuffer>} */
export function traceOf(journey) {
  const { columns: c } = journey;
  const utf8 = new TextEncoder(), end = utf8.encode("}\n");
  const quoted = (/** @type {string[]} */ texts) => texts.map((text) => JSON.stringify(text));
  const hosts = quoted(journey.hosts), connections = quoted(journey.connections), whys = quoted(journey.whys);
  const kinds = journey.kinds.map(([layer, what]) => `"layer":${JSON.stringify(layer)},"what":${JSON.stringify(what)}`);
  /** @type {Uint8Array[]} */
  const parts = [];
  for (let row = 0; row < journey.size; row++) {
    const n = row + 1;
    let line = `{"n":${n},"t":${c.t[row]},"host":${hosts[c.host[row]]},${kinds[c.kind[row]]}`;
    if (c.back[row]) line += `,"cause":${n - c.back[row]}`;
    if (c.connection[row]) line += `,"connection":${connections[c.connection[row]]}`;
    if (c.why[row]) line += `,"why":${whys[c.why[row]]}`;
    if (c.frame[row]) line += `,"frame":${c.frame[row]}`;
    const data = journey.data.subarray(journey.dataAt[row], journey.dataAt[n]);
    parts.push(utf8.encode(data.length ? `${line},"data":` : line), data, end);
  }
  return joined(parts);
}

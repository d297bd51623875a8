// @ts-check
// What happened, as the report carries it: compressed columns, opened once, and objects made only of what is looked at.

/** @typedef {{name: string, type: "u8" | "u16" | "u32" | "f64", at: number, differences?: boolean}} ColumnLayout */
/** @typedef {{rows: number, columns: ColumnLayout[]}} TableLayout */
/** @typedef {Uint8Array | Uint16Array | Uint32Array | Float64Array} Column */
/** @typedef {import("./i18n.js").Texts} Texts */
/** @typedef {{name: string, title: Texts, events: number, facts: Texts[], unmet: Texts | null}} RowLayout */
/** @typedef {RowLayout & {numbers: Uint32Array}} Row the numbers of its events too */
/** @typedef {{id: number, event: number, conversation: number, host: string, method: string, url: string, status: number, kind: string, why: Texts | null}} Exchange */
/** @typedef {{id: number, protocol: string, client: string, client_end: string, server: string, server_end: string, dns: boolean, first: number, last: number}} Conversation */
/** @typedef {{name: string, kind: "host" | "router" | "switch", adapters: {name: string, mac: string, mtu: number, addresses: string[]}[], routes: {prefix: string, via?: string, interface: string, metric?: number}[]}} Node */
/** @typedef {{node: string, plug: string, delay_ns: number, rate: number | null, queue: number}} LineEnd */
/** @typedef {{name: string, mtu: number, faults: string[], ends: [LineEnd, LineEnd]}} Line */
/** @typedef {{url: string, final_url: string, numbers: Record<string, any>, failure: Texts | null, files: Record<string, string>, language: string, epoch_ns: string, browser_host: string, film?: [number, number][], virtual: boolean, below_sockets: boolean, nodes: Node[], lines: Line[], rows: RowLayout[], exchanges: Exchange[], conversations: Conversation[], tables: Record<string, TableLayout>, strings: Record<string, string[]>}} Description */
/** @typedef {{n: number, t: number, host: string, layer: string, what: string, cause: number, connection: string, why: string, frame: number, data: Record<string, any>}} Event */
/** @typedef {{n: number, t: number, host: string, number: number, interface: string, sent: boolean, comment: string, octets: Uint8Array, missing: number, fcs: number}} Frame `missing`: how many octets of its payload the report does not carry */

const ARRAYS = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f64: Float64Array };

/** @param {TableLayout} layout @param {ArrayBuffer} octets @returns {Record<string, any>} */
function columnsOf(layout, octets) {
  /** @type {Record<string, Column>} */
  const columns = {};
  for (const { name, type, at, differences } of layout.columns) {
    const column = new ARRAYS[type](octets, at, layout.rows);
    if (differences) for (let row = 1; row < column.length; row++) column[row] += column[row - 1];
    columns[name] = column;
  }
  return columns;
}

/** @param {ArrayLike<number>} lengths @returns {Uint32Array} where each begins, and behind them where the last ends */
function starts(lengths) {
  const found = new Uint32Array(lengths.length + 1);
  for (let row = 0; row < lengths.length; row++) found[row + 1] = found[row] + lengths[row];
  return found;
}

/** One journey. Numbers of events go from 1; columns are indexed by number less one. */
export class Journey {
  /** @param {Record<string, ArrayBuffer>} blobs the named blobs of a report, uncompressed */
  constructor(blobs) {
    this.text = new TextDecoder();
    /** @type {Description} */
    this.about = JSON.parse(this.text.decode(blobs.journey));
    const { tables, strings } = this.about;
    const events = columnsOf(tables.events, blobs.events);
    /** @type {number} */
    this.size = tables.events.rows;
    /** @type {{t: Float64Array, host: Uint16Array, kind: Uint16Array, back: Uint32Array, connection: Uint32Array, why: Uint32Array, frame: Uint32Array, octets: Uint32Array, stage: Uint8Array, exchange: Uint16Array, conversation: Uint32Array}} */
    this.columns = /** @type {any} */ (events);
    this.hosts = strings.hosts;
    this.kinds = strings.kinds.map((kind) => kind.split(" "));
    this.connections = strings.connections;
    this.whys = strings.whys;
    this.data = new Uint8Array(blobs.data);
    this.dataAt = starts(events.data);
    const frames = columnsOf(tables.frames, blobs.frames);
    this.heads = new Uint8Array(blobs.heads);
    this.headAt = starts(frames.head_length);
    this.fcs = frames.fcs;
    this.payloadOf = frames.payload;
    this.payloads = new Uint8Array(blobs.octets);
    const { length, kept } = columnsOf(tables.payloads, blobs.payloads);
    this.payloadLength = length;
    this.payloadAt = starts(length.map((/** @type {number} */ size, /** @type {number} */ row) => (kept[row] ? size : 0)));
    /** Whether the octets of all frames are here: of very long journeys those of the last payloads are not. */
    this.whole = kept.every((/** @type {number} */ each) => each === 1);
    /** @type {ArrayBuffer | undefined} the tree of the page as JSON, parsed only when looked at */
    this.documentJson = blobs.document;
    /** @type {ArrayBuffer | undefined} the pictures of the film strip, one behind the other */
    this.filmOctets = blobs.film;
    /** page.har, as it was written */
    this.har = new Uint8Array(blobs.har ?? new ArrayBuffer(0));
    this.end = this.size ? this.columns.t[this.size - 1] : 0;
    const numbers = columnsOf(tables.rows, blobs.rows).n;
    let at = 0;
    /** @type {Row[]} */
    this.rows = this.about.rows.map((row) => ({ ...row, numbers: numbers.subarray(at, (at += row.events)) }));
    this.byFrame = /** @type {Map<number, Map<number, number>> | null} */ (null);
    this.childAt = /** @type {Uint32Array | null} */ (null);
    this.children = new Uint32Array(0);
  }

  /** @param {number} n @returns {Event} the event, as a line of trace.jsonl has it */
  event(n) {
    const { columns: c } = this;
    const row = n - 1;
    const [layer, what] = this.kinds[c.kind[row]];
    return {
      n, t: c.t[row], host: this.hosts[c.host[row]], layer, what, cause: c.back[row] ? n - c.back[row] : 0,
      connection: this.connections[c.connection[row]], why: this.whys[c.why[row]], frame: c.frame[row],
      data: this.dataOf(n),
    };
  }

  /** @param {number} n @returns {Record<string, any>} */
  dataOf(n) {
    const from = this.dataAt[n - 1], to = this.dataAt[n];
    return from === to ? {} : JSON.parse(this.text.decode(this.data.subarray(from, to)));
  }

  /** @returns {{cut: boolean, nodes: [number, string, any][]} | null} the nodes of the page, depth first; see `report/dom.py` */
  document() {
    return this.documentJson ? JSON.parse(this.text.decode(this.documentJson)) : null;
  }

  /** @returns {{n: number, jpeg: Uint8Array<ArrayBuffer>}[]} the page as it was painted from what had come at some of the events */
  film() {
    let at = 0;
    return (this.about.film ?? []).map(([n, length]) => ({ n, jpeg: new Uint8Array(/** @type {ArrayBuffer} */ (this.filmOctets), (at += length) - length, length) }));
  }

  /** @param {number} n @returns {number} 0 if it began by itself */
  cause(n) {
    const back = this.columns.back[n - 1];
    return back ? n - back : 0;
  }

  /** @param {number} n @returns {Uint32Array} the numbers of what it led to directly */
  effects(n) {
    const at = this.childAt ?? this.linkEffects();
    return this.children.subarray(at[n], at[n + 1]);
  }

  /** The causes turned round, once. */
  linkEffects() {
    const at = new Uint32Array(this.size + 2);
    for (let n = 1; n <= this.size; n++) at[this.cause(n) + 1]++;
    for (let n = 1; n < at.length; n++) at[n] += at[n - 1];
    const next = at.slice(), children = new Uint32Array(this.size);
    for (let n = 1; n <= this.size; n++) children[next[this.cause(n)]++] = n;
    this.children = children;
    return (this.childAt = at);
  }

  /** @param {number} id @returns {Uint8Array} the octets of a frame, by the number in the column `octets` */
  octetsOf(id) {
    const head = this.heads.subarray(this.headAt[id - 1], this.headAt[id]);
    const body = this.payloadOfFrame(id);
    const octets = new Uint8Array(head.length + body.length);
    octets.set(head);
    octets.set(body, head.length);
    return octets;
  }

  /** @param {number} id as for `octetsOf` @returns {Uint8Array} what follows its headers */
  payloadOfFrame(id) {
    const payload = this.payloadOf[id - 1];
    return this.payloads.subarray(this.payloadAt[payload], this.payloadAt[payload + 1]);
  }

  /** @param {number} id as for `octetsOf` @returns {number} how many octets of its payload were left out of the report */
  missing(id) {
    const payload = this.payloadOf[id - 1];
    return this.payloadLength[payload] - (this.payloadAt[payload + 1] - this.payloadAt[payload]);
  }

  /** @param {number} n @returns {Frame | null} the frame of a `frame-sent` or `frame-received`, else null */
  frameOf(n) {
    const { columns: c } = this;
    const id = c.octets[n - 1];
    if (!id) return null;
    const event = this.event(n);
    return {
      n, t: event.t, host: event.host, number: event.frame, interface: event.data.interface,
      sent: event.what === "frame-sent", comment: event.why, octets: this.octetsOf(id), missing: this.missing(id),
      fcs: this.fcs[id - 1],
    };
  }

  /** @param {string} host @param {number} number as in the capture of that host @returns {Frame | null} */
  frame(host, number) {
    const n = this.frameEvent(host, number);
    return n ? this.frameOf(n) : null;
  }

  /** @param {string} host @param {number} number @returns {number} the event of that frame, 0 if there is none */
  frameEvent(host, number) {
    if (!this.byFrame) {
      const found = (this.byFrame = new Map());
      const { host: hosts, frame: frames } = this.columns;
      for (let row = 0; row < this.size; row++) {
        if (!frames[row]) continue;
        if (!found.has(hosts[row])) found.set(hosts[row], new Map());
        found.get(hosts[row]).set(frames[row], row + 1);
      }
    }
    return this.byFrame.get(this.hosts.indexOf(host))?.get(number) ?? 0;
  }

  /** @param {number} t @returns {number} the last event that has happened by then, at least 1 */
  at(t) {
    const times = this.columns.t;
    let low = 0, high = this.size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= t) low = middle + 1;
      else high = middle;
    }
    return Math.max(low, 1);
  }
}

/** @param {string} text base64 @returns {Uint8Array<ArrayBuffer>} */
function fromBase64(text) {
  const quick = /** @type {any} */ (Uint8Array).fromBase64;
  if (quick) return quick.call(Uint8Array, text);
  const binary = atob(text);
  const octets = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) octets[at] = binary.charCodeAt(at);
  return octets;
}

/** @param {Uint8Array<ArrayBuffer>} octets in zlib's format @returns {Promise<ArrayBuffer>} */
export function inflated(octets) {
  return new Response(new Blob([octets]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
}

/**
 * The journey that stands in this page, and its picture as a URL (empty if there is none).
 * @returns {Promise<{journey: Journey, picture: string}>}
 */
export async function readPage() {
  /** @type {Record<string, ArrayBuffer>} */
  const blobs = {};
  let picture = "";
  const elements = [...document.querySelectorAll("script[data-form]")];
  await Promise.all(elements.map(async (element) => {
    const text = element.textContent ?? "";
    const { form } = /** @type {HTMLElement} */ (element).dataset;
    if (form === "png") picture = "data:image/png;base64," + text;
    else blobs[element.id.slice("blob-".length)] = await inflated(fromBase64(text));
    element.remove(); // its text is large and has been read
  }));
  return { journey: new Journey(blobs), picture };
}

// @ts-check
// The tables of a host or switch, as its events change them: ARP, DNS cache, tracked connections, NAPT, MAC addresses.

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./data.js").Event} Event */
/** @typedef {{interface: string, address: string, mac: string, state: string, until: number}} Neighbour `until`: when it will be stale, 0 if never */
/** @typedef {{name: string, type: string, records: string[], until: number}} Cached */
/** @typedef {{protocol: string, original: string, reply: string, state: string, until: number, lasts: number}} Tracked `lasts`: how long it stays without a packet */
/** @typedef {{protocol: string, inside: string, outside: string}} Mapping */
/** @typedef {{mac: string, port: string, seen: number}} MacEntry */
/** @typedef {{arp: Map<string, Neighbour>, dns: Map<string, Cached>, tracked: Map<string, Tracked>, napt: Map<string, Mapping>, macs: Map<string, MacEntry>}} Tables */

const NS_PER_S = 1e9;
/** How long a switch remembers an address, IEEE 802.1D table 7-5. */
const AGEING_NS = 300 * NS_PER_S;

/** @param {Tables} host @param {Event} event */
function neighbour(host, { data }) {
  const key = `${data.interface} ${data.address}`;
  host.arp.set(key, { interface: data.interface, address: data.address, mac: data.mac ?? "", state: data.state, until: data.until_ns ?? 0 });
}

/** @param {Tables} host @param {Event} event */
function tracked(host, { t, data }) {
  const { protocol, original, reply, state } = data;
  host.tracked.set(`${protocol} ${original}`, { protocol, original, reply, state, until: data.until_ns, lasts: data.until_ns - t });
}

/** A packet was translated, so its connection stays. @param {Tables} host @param {Event} event */
function translated(host, { t, data }) {
  for (const entry of host.tracked.values()) {
    if (entry.protocol === data.protocol && (entry.original === data.from || entry.reply === data.from)) entry.until = t + entry.lasts;
  }
}

/** A switch carries a frame, whose source it has just heard. @param {Tables} host @param {Event} event @param {Journey} journey */
function carried(host, { t, cause }, journey) {
  const id = cause ? journey.columns.octets[cause - 1] : 0;
  if (!id) return;
  const at = journey.headAt[id - 1] + 6;
  const mac = [...journey.heads.subarray(at, at + 6)].map((octet) => octet.toString(16).padStart(2, "0")).join(":");
  const entry = host.macs.get(mac);
  if (entry) entry.seen = t;
}

/** @type {Record<string, (host: any, event: Event, journey: Journey) => void>} by layer and kind of event */
export const TABLE_EVENTS = {
  "arp learned": neighbour,
  "arp failed": neighbour,
  "arp state-changed": neighbour,
  "arp forgotten": (host, { data }) => { host.arp.delete(`${data.interface} ${data.address}`); },
  "dns cached": (host, { t, data }) => {
    host.dns.delete(`${data.name} ${data.type}`);
    host.dns.set(`${data.name} ${data.type}`, { name: data.name, type: data.type, records: data.records, until: t + data.ttl * NS_PER_S });
  },
  "dns forgotten": (host, { data }) => { host.dns.delete(`${data.name} ${data.type}`); },
  "ip tracked": tracked,
  "ip translated": translated,
  "ip nat-mapped": (host, { data }) => {
    const { protocol, inside, outside } = data;
    host.napt.set(`${protocol} ${outside}`, { protocol, inside, outside });
  },
  "link learned": (host, { t, data }) => { host.macs.set(data.mac, { mac: data.mac, port: data.port, seen: t }); },
  "link switched": carried,
  "link flooded": carried,
};

/** @returns {Tables} */
export function noTables() {
  return { arp: new Map(), dns: new Map(), tracked: new Map(), napt: new Map(), macs: new Map() };
}

/**
 * The tables as they are listed at an instant: what has aged is left out or said to be stale.
 * @param {Tables} host @param {number} t
 */
export function tablesAt(host, t) {
  const live = [...host.tracked.values()].filter((entry) => entry.until > t);
  const mappings = [...host.napt.values()].map((mapping) => ({ ...mapping, connections: live.filter((entry) => uses(entry, mapping)).length }));
  return {
    arp: [...host.arp.values()].map((entry) => (entry.state === "reachable" && entry.until <= t ? { ...entry, state: "stale" } : entry)),
    dns: [...host.dns.values()].filter((entry) => entry.until > t).map((entry) => ({ ...entry, ttl: Math.floor((entry.until - t) / NS_PER_S) })),
    tracked: live.map((entry) => ({ ...entry, left: entry.until - t })),
    napt: mappings.filter((mapping) => mapping.connections),
    macs: [...host.macs.values()].filter((entry) => entry.seen >= t - AGEING_NS),
  };
}

/** @param {Tracked} entry @param {Mapping} mapping */
function uses(entry, mapping) {
  return entry.protocol === mapping.protocol && entry.original.startsWith(`${mapping.inside} > `) && entry.reply.endsWith(` > ${mapping.outside}`);
}

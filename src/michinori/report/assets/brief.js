// @ts-check
// An event in one line: what a call was given, what a segment or packet says. Plain text, the same in both languages.

/** @typedef {import("./data.js").Event} Event */

/** @type {Record<string, string[]>} What a call is given, in the order of its arguments. */
const ARGUMENTS = {
  socket: ["family", "type"],
  bind: ["descriptor", "address"],
  listen: ["descriptor", "backlog"],
  accept: ["descriptor"],
  connect: ["descriptor", "address"],
  write: ["descriptor", "octets"],
  send: ["descriptor", "octets"],
  read: ["descriptor", "limit"],
  close: ["descriptor"],
  getaddrinfo: ["name", "port"],
};
const RESULTS = ["descriptor", "octets", "addresses", "address", "accepted", "sender"];
const NOT_ARGUMENTS = new Set(["call"]);

/** @param {Event} event of the socket layer, `called` @returns {string} as it would stand in a program */
export function callText({ data }) {
  const names = ARGUMENTS[data.call] ?? Object.keys(data).filter((name) => !NOT_ARGUMENTS.has(name));
  return `${data.call}(${names.filter((name) => data[name] !== undefined).map((name) => String(data[name])).join(", ")})`;
}

/** @param {Event} event of the socket layer, `returned` @returns {string} what it gave back */
export function resultText({ data, why }) {
  if (why) return why;
  if (data.call === "connect" || data.call === "close" || data.call === "listen" || data.call === "bind") return "";
  const name = RESULTS.find((each) => data[each] !== undefined);
  return name ? [data[name]].flat().join(", ") : "";
}

/** @type {Record<string, (event: Event) => string>} */
const BY_KIND = {
  "socket called": callText,
  "socket returned": (event) => `${event.data.call} → ${resultText(event)}`.replace(/ → $/, ""),
  "tcp segment-sent": segment,
  "tcp segment-received": segment,
  "tcp state-changed": ({ data }) => `${data.from} → ${data.to}`,
  "ip routed": ({ data }) => `${data.dst} ⊂ ${data.chosen} → ${data.next_hop}`,
  "ip translated": ({ data }) => `${data.from} ⇒ ${data.to}`,
  "link frame-sent": frame,
  "link frame-received": frame,
  "link switched": ({ data }) => `→ ${data.port}`,
  "http request-sent": ({ data }) => `${data.method} ${data.target}`,
  "http request-received": ({ data }) => `${data.method} ${data.target}`,
  "http response-head": ({ data }) => `${data.status} ${data.reason}`,
  "http response-sent": ({ data }) => `status ${data.status}`,
  "dns asked": ({ data }) => `${data.name} ${data.type} → ${data.server}`,
  "dns answered": ({ data }) => `${data.name} ${data.type} ${data.rcode}`,
};

/** @param {Event} event @returns {string} its data in a few words */
export function brief(event) {
  const own = BY_KIND[`${event.layer} ${event.what}`];
  if (own) return own(event);
  const { data } = event;
  if (event.layer === "ip" && data.src) return `${data.src} → ${data.dst} TTL ${data.ttl}`;
  if (event.layer === "arp") return [data.address, data.mac].filter(Boolean).join(" = ");
  return String(data.url ?? data.name ?? data.octets ?? "");
}

/** @param {Event} event */
function segment({ data }) {
  const ack = data.rel_ack === undefined ? "" : ` ack ${data.rel_ack}`; // a first SYN acknowledges nothing
  return `[${data.flags}] seq ${data.rel_seq}${ack} len ${data.len}`;
}

/** @param {Event} event */
function frame({ data, frame: number, why }) {
  return `${data.interface} #${number}, ${data.octets}${why ? ` ✕ ${why}` : ""}`;
}

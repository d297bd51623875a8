// @ts-check
// What a machine holds at the cursor's moment: sockets, a connection's numbers, ARP, routes, DNS, NAPT, MAC addresses.
import { html, useMemo, usePaced, useState, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { bits, count, duration } from "./format.js";
import { position } from "./host_state.js";
import { NO_SSTHRESH } from "./series.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./data.js").Node} Node */
/** @typedef {import("./host_state.js").HostStates} HostStates */
/** @typedef {import("./host_state.js").HostView} HostView */
/** @typedef {import("./state_sockets.js").Socket} Socket */
/** @typedef {import("./i18n.js").Texts} Texts */

const TEXTS = {
  at: { ja: "{host} の、この瞬間", en: "{host} at this moment" },
  toHere: { ja: "今の事象の機器へ: {host}", en: "to where it happens now: {host}" },
  empty: { ja: "空です。", en: "Empty." },
  sockets: { ja: "ソケット", en: "Sockets" },
  connection: { ja: "コネクションの中身", en: "Inside the connection" },
  arp: { ja: "ARPテーブル", en: "ARP table" },
  routes: { ja: "ルーティングテーブル", en: "Routing table" },
  dns: { ja: "DNSキャッシュ", en: "DNS cache" },
  napt: { ja: "NAPTの変換表", en: "NAPT mappings" },
  tracked: { ja: "コネクション追跡の表", en: "Tracked connections" },
  macs: { ja: "MACアドレステーブル", en: "MAC address table" },
  adapters: { ja: "LANアダプタ", en: "Adapters" },
  kind: { ja: "種類", en: "Netid" }, state: { ja: "状態", en: "State" },
  local: { ja: "自分", en: "Local" }, peer: { ja: "相手", en: "Peer" }, descriptor: { ja: "ディスクリプタ", en: "Descriptor" },
  address: { ja: "IPアドレス", en: "IP address" }, mac: { ja: "MACアドレス", en: "MAC address" }, interface: { ja: "インタフェース", en: "Interface" },
  prefix: { ja: "宛先", en: "Destination" }, via: { ja: "ネクストホップ", en: "Next hop" }, direct: { ja: "直接", en: "direct" },
  match: { ja: "一致", en: "Match" }, chosen: { ja: "採用 (最長一致)", en: "chosen (longest)" }, matches: { ja: "一致", en: "matches" },
  looked: { ja: "最後に調べた宛先: {dst}", en: "Looked up last: {dst}" },
  name: { ja: "名前", en: "Name" }, type: { ja: "タイプ", en: "Type" }, ttl: { ja: "TTLの残り (秒)", en: "TTL left (s)" }, records: { ja: "レコード", en: "Records" },
  protocol: { ja: "プロトコル", en: "Protocol" }, inside: { ja: "内側", en: "Inside" }, outside: { ja: "外側", en: "Outside" }, connections: { ja: "使用中", en: "In use" },
  original: { ja: "最初の向き", en: "Original" }, reply: { ja: "応答の向き", en: "Reply" },
  lines: { ja: "回線", en: "Cables" }, to: { ja: "つながる先", en: "To" }, rate: { ja: "速度", en: "Rate" }, delay: { ja: "遅延", en: "Delay" }, queue: { ja: "待ち行列", en: "Queue" }, faults: { ja: "障害", en: "Faults" },
  packets: { ja: "{count} パケット", en: "{count} packets" },
  port: { ja: "ポート", en: "Port" }, mtu: { ja: "MTU", en: "MTU" },
  show: { ja: "{local} → {peer} の中身", en: "inside {local} → {peer}" },
  window: { ja: "送信できる量: {window} オクテット (cwnd と相手の受信ウィンドウの小さい方)、うち確認応答待ち {flight}", en: "May send {window} octets (the smaller of cwnd and the peer's window); {flight} of them await acknowledgment" },
};
/** The numbers of a connection, by the names of RFC 9293, RFC 5681 and RFC 6298, and what each is in. */
const NUMBERS = [
  ["snd_una", ""], ["snd_nxt", ""], ["rcv_nxt", ""], ["in_flight", ""], ["unsent", ""], ["snd_wnd", ""], ["rcv_wnd", ""], ["cwnd", ""],
  ["ssthresh", ""], ["mss", ""], ["srtt_ns", "ns"], ["rttvar_ns", "ns"], ["rto_ns", "ns"], ["retransmitted", ""], ["ca_state", "text"],
];

/** @param {{report: Report, states: HostStates, host: string, choose: (host: string) => void}} props */
export function HostPanel({ report, states, host, choose }) {
  const say = useSay();
  const { journey, cursor } = report;
  const node = useMemo(() => journey.about.nodes.find((each) => each.name === host), [host]);
  const version = usePaced(useStore(cursor, ({ n, t }) => `${host} ${states.version(host, n)} ${Math.floor(t / 1e9)}`));
  const tables = useMemo(() => html`<${Tables} report=${report} states=${states} node=${node} />`, [report, states, node, version]);
  const here = useStore(cursor, (moment) => journey.hosts[journey.columns.host[moment.n - 1]]);
  if (!node) return null;
  return html`<section class="host" aria-label=${say(TEXTS.at, { host })} data-host=${host}>
    <div class="host-head"><h3>${say(TEXTS.at, { host })}</h3>
      ${here !== host && html`<button type="button" class="chip" onClick=${() => choose(here)}>${say(TEXTS.toHere, { host: here })}</button>`}</div>
    ${tables}</section>`;
}

/** What a machine holds at the cursor's time. @param {{report: Report, states: HostStates, node: import("./data.js").Node}} props */
function Tables({ report, states, node }) {
  const { journey, cursor } = report;
  const view = states.at(node.name, cursor.value.n, cursor.value.t);
  return html`<div class="host-tables">${node.kind === "switch" ? html`<${Macs} view=${view} /><${Lines} journey=${journey} node=${node} />` : html`
      <${Sockets} key=${node.name} view=${view} />
      <${Arp} view=${view} />
      <${Routes} report=${report} node=${node} />
      ${view.dns.length > 0 && html`<${Dns} view=${view} />`}
      ${view.napt.length > 0 && html`<${Napt} view=${view} />`}
      ${view.tracked.length > 0 && html`<${Tracked} view=${view} />`}
      <${Adapters} node=${node} />
      <${Lines} journey=${journey} node=${node} />`}</div>`;
}

/**
 * A table with its name, or that it is empty.
 * @param {{title: Texts, name: string, heads: Texts[], rows: any[][], marks?: (string | undefined)[], note?: string}} props
 */
function Table({ title, name, heads, rows, marks, note }) {
  const say = useSay();
  return html`<section class="host-table" data-table=${name}><h4>${say(title)}</h4>${note && html`<p class="soft">${note}</p>`}
    ${!rows.length ? html`<p class="soft">${say(TEXTS.empty)}</p>` : html`<div class="scroll" tabindex="0" role="region" aria-label=${say(title)}><table>
      <thead><tr>${heads.map((head, index) => html`<th scope="col" key=${index}>${say(head)}</th>`)}</tr></thead>
      <tbody>${rows.map((row, index) => html`<tr key=${index} class=${marks?.[index]}>${row.map((cell, column) => html`<td key=${column}>${cell}</td>`)}</tr>`)}</tbody></table></div>`}</section>`;
}

/** @param {{view: HostView}} props */
function Sockets({ view }) {
  const say = useSay();
  const [wanted, want] = useState("");
  const endsOf = (/** @type {Socket} */ socket) => `${socket.local} ${socket.remote}`;
  const connected = view.sockets.filter((socket) => socket.tcp.snd_nxt !== undefined);
  const open = connected.find((socket) => endsOf(socket) === wanted) ?? connected.find((socket) => socket.state === "ESTABLISHED") ?? connected[0];
  const rows = view.sockets.map((socket) => [
    socket.kind, socket.state, count(socket.recv_q), count(socket.send_q),
    connected.includes(socket) ? html`<button type="button" class="link" aria-pressed=${socket === open ? "true" : "false"}
      aria-label=${say(TEXTS.show, { local: socket.local, peer: socket.remote })} onClick=${() => want(endsOf(socket))}>${socket.local}</button>` : socket.local,
    socket.remote, socket.descriptor ?? "–",
  ]);
  const heads = [TEXTS.kind, TEXTS.state, same("Recv-Q"), same("Send-Q"), TEXTS.local, TEXTS.peer, TEXTS.descriptor];
  return html`<${Table} name="sockets" title=${TEXTS.sockets} heads=${heads} rows=${rows} marks=${view.sockets.map((socket) => (socket === open ? "now" : undefined))} />
    ${open && html`<${Connection} socket=${open} />`}`;
}

/** @param {string} text @returns {Texts} */
const same = (text) => ({ ja: text, en: text });

/** @param {{socket: Socket}} props */
function Connection({ socket }) {
  const say = useSay();
  const { tcp } = socket;
  const window = Math.min(Number(tcp.cwnd ?? 0), Number(tcp.snd_wnd ?? 0)), flight = Number(tcp.in_flight ?? 0);
  return html`<section class="host-table" data-table="connection"><h4>${say(TEXTS.connection)}</h4>
    <p class="mono">${socket.local} → ${socket.remote} ${socket.state}</p>
    <dl class="host-numbers">${NUMBERS.filter(([name]) => tcp[name] !== undefined).map(([name, unit]) => html`<div key=${name}><dt>${name.replace("_ns", "")}</dt>
      <dd data-number=${name}>${shown(tcp[name], unit)}</dd></div>`)}</dl>
    ${window > 0 && html`<svg class="host-window" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="6" rx="1" />
      <rect class="flight" width=${Math.min((flight / window) * 100, 100)} height="6" rx="1" /></svg>
      <p class="soft">${say(TEXTS.window, { window: count(window), flight: count(flight) })}</p>`}</section>`;
}

/** @param {number | string} value @param {string} unit */
function shown(value, unit) {
  if (unit === "text") return value;
  if (unit === "ns") return duration(Number(value));
  return Number(value) >= NO_SSTHRESH ? "∞" : count(Number(value));
}

/** @param {{view: HostView}} props */
function Arp({ view }) {
  const rows = view.arp.map((entry) => [entry.address, entry.mac || "?", entry.state.toUpperCase(), entry.interface]);
  return html`<${Table} name="arp" title=${TEXTS.arp} heads=${[TEXTS.address, TEXTS.mac, TEXTS.state, TEXTS.interface]} rows=${rows} />`;
}

/** @param {{report: Report, node: Node}} props */
function Routes({ report, node }) {
  const say = useSay();
  const { journey, cursor } = report;
  const decisions = useMemo(() => decisionsOf(journey, node.name), [node]);
  const at = useStore(cursor, ({ n }) => position(decisions, n));
  const data = at ? journey.dataOf(decisions[at - 1]) : null;
  const matches = new Set((data?.matches ?? []).map((/** @type {{prefix: string}} */ route) => route.prefix));
  const markOf = (/** @type {string} */ prefix) => (prefix === data?.chosen ? TEXTS.chosen : matches.has(prefix) ? TEXTS.matches : null);
  const rows = node.routes.map((route) => {
    const mark = markOf(route.prefix);
    return [route.prefix, route.via ?? say(TEXTS.direct), route.interface, mark ? say(mark) : ""];
  });
  return html`<${Table} name="routes" title=${TEXTS.routes} heads=${[TEXTS.prefix, TEXTS.via, TEXTS.interface, TEXTS.match]} rows=${rows}
    marks=${node.routes.map((route) => (route.prefix === data?.chosen ? "now" : undefined))} note=${data ? say(TEXTS.looked, { dst: data.dst }) : ""} />`;
}

/** The events at which a machine looked a destination up. @param {Journey} journey @param {string} name */
function decisionsOf(journey, name) {
  const wanted = journey.kinds.map(([layer, what]) => layer === "ip" && (what === "routed" || what === "forwarded"));
  const host = journey.hosts.indexOf(name), found = [];
  for (let row = 0; row < journey.size; row++) if (journey.columns.host[row] === host && wanted[journey.columns.kind[row]]) found.push(row + 1);
  return Uint32Array.from(found);
}

/** @param {{view: HostView}} props */
function Dns({ view }) {
  const rows = view.dns.map((entry) => [entry.name, entry.type, count(entry.ttl), entry.records.join(", ")]);
  return html`<${Table} name="dns" title=${TEXTS.dns} heads=${[TEXTS.name, TEXTS.type, TEXTS.ttl, TEXTS.records]} rows=${rows} />`;
}

/** @param {{view: HostView}} props */
function Napt({ view }) {
  const rows = view.napt.map((entry) => [entry.protocol, entry.inside, entry.outside, entry.connections]);
  return html`<${Table} name="napt" title=${TEXTS.napt} heads=${[TEXTS.protocol, TEXTS.inside, TEXTS.outside, TEXTS.connections]} rows=${rows} />`;
}

/** @param {{view: HostView}} props */
function Tracked({ view }) {
  const rows = view.tracked.map((entry) => [entry.protocol, entry.original, entry.reply, entry.state]);
  return html`<${Table} name="tracked" title=${TEXTS.tracked} heads=${[TEXTS.protocol, TEXTS.original, TEXTS.reply, TEXTS.state]} rows=${rows} />`;
}

/** @param {{view: HostView}} props */
function Macs({ view }) {
  return html`<${Table} name="macs" title=${TEXTS.macs} heads=${[TEXTS.mac, TEXTS.port]} rows=${view.macs.map((entry) => [entry.mac, entry.port])} />`;
}

/** @param {{node: Node}} props */
function Adapters({ node }) {
  const rows = node.adapters.map((adapter) => [adapter.name, adapter.mac, adapter.addresses.join(", "), count(adapter.mtu)]);
  return html`<${Table} name="adapters" title=${TEXTS.adapters} heads=${[TEXTS.interface, TEXTS.mac, TEXTS.address, TEXTS.mtu]} rows=${rows} />`;
}

/** Its cables, as they are in the direction away from it. @param {{journey: Journey, node: Node}} props */
function Lines({ journey, node }) {
  const say = useSay();
  const rows = journey.about.lines.flatMap(({ ends, mtu, faults }) => ends.filter((end) => end.node === node.name).map((end) => [
    end.plug, ends[ends[0] === end ? 1 : 0].node, end.rate === null ? "∞" : bits(end.rate), duration(end.delay_ns), count(mtu),
    say(TEXTS.packets, { count: count(end.queue) }), faults.join(", ") || "–",
  ]));
  const heads = [TEXTS.interface, TEXTS.to, TEXTS.rate, TEXTS.delay, TEXTS.mtu, TEXTS.queue, TEXTS.faults];
  return html`<${Table} name="lines" title=${TEXTS.lines} heads=${heads} rows=${rows} />`;
}

// @ts-check
// The sockets of a host, as its events change them: what `ss` would list, and what stands in each TCP connection.

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./data.js").Event} Event */
/**
 * @typedef {object} Socket
 * @property {"tcp" | "udp"} kind
 * @property {string} state
 * @property {number} recv_q
 * @property {number} send_q
 * @property {string} local
 * @property {string} remote
 * @property {number | null} descriptor by which the application holds it
 * @property {boolean} passive it was made by a listener
 * @property {boolean} waiting it was not accepted yet
 * @property {number} written where the text that was written ends, counted as `rel_seq` is
 * @property {number} reach where the text that came in order ends
 * @property {[number, number][]} beyond what came before its turn
 * @property {Record<string, number | string>} tcp the connection's numbers, by the names of RFC 9293
 */
/** @typedef {{sockets: Socket[]}} Sockets */

const NOWHERE = "0.0.0.0:*";
/** What the lines of a `table` have that are no numbers of the connection. */
const LISTED = new Set(["kind", "state", "recv_q", "send_q", "local", "remote", "descriptor", "timer", "timer_ns", "half_open"]);

/** @param {"tcp" | "udp"} kind @param {string} local @param {string} remote @returns {Socket} */
function made(kind, local, remote) {
  return {
    kind, local, remote, state: kind === "tcp" ? "CLOSED" : "UNCONNECTED", recv_q: 0, send_q: 0, descriptor: null,
    passive: false, waiting: false, written: 1, reach: 1, beyond: [], tcp: {},
  };
}

/** @param {Sockets} host @param {string} name as events name a connection @returns {Socket | undefined} */
function connectionOf(host, name) {
  const [kind, local, remote] = name.split(" ");
  return host.sockets.find((socket) => socket.kind === kind && socket.local === local && socket.remote === remote && socket.state !== "CLOSED");
}

/** @param {Sockets} host @param {number} descriptor */
function held(host, descriptor) {
  return host.sockets.find((socket) => socket.descriptor === descriptor);
}

/** @param {Sockets} host @param {Socket} gone */
function remove(host, gone) {
  host.sockets = host.sockets.filter((socket) => socket !== gone);
}

/** @param {Sockets} host @param {Event} event */
function created(host, { connection, data }) {
  const accepted = connectionOf(host, connection);
  if (accepted) {
    accepted.descriptor = data.descriptor;
    accepted.waiting = false;
    return;
  }
  const [, local, remote] = connection.split(" ");
  const socket = made(data.kind, local, remote);
  socket.descriptor = data.descriptor;
  host.sockets.push(socket);
}

/** @param {Sockets} host @param {Event} event @param {Journey} journey */
function returned(host, { connection, data, cause }, journey) {
  if (data.error || !cause) return;
  const given = journey.dataOf(cause), socket = held(host, given.descriptor);
  if (!socket) return;
  if (data.call === "bind") socket.local = data.address;
  if (data.call === "listen") Object.assign(socket, { state: "LISTEN", send_q: Math.max(given.backlog, 1) });
  if (data.call === "connect" && socket.kind === "udp") {
    const [, local, remote] = connection ? connection.split(" ") : ["", socket.local, given.address];
    Object.assign(socket, { state: "ESTABLISHED", local, remote });
  }
  if (data.call === "read" && socket.kind === "udp") socket.recv_q = Math.max(socket.recv_q - data.octets, 0);
}

/** @param {Sockets} host @param {Event} event */
function called(host, { data }) {
  if (data.call !== "close") return;
  const socket = held(host, data.descriptor);
  if (!socket) return;
  if (socket.kind === "udp" || socket.state === "LISTEN" || socket.state === "CLOSED") remove(host, socket);
  else socket.descriptor = null;
}

/** @param {Sockets} host @param {Event} event @param {Journey} journey */
function stateChanged(host, event, journey) {
  const { connection, data } = event;
  const socket = connectionOf(host, connection) ?? opened(host, event, journey);
  const [, local, remote] = connection.split(" ");
  Object.assign(socket, { local, remote, state: data.to });
  if (data.to !== "CLOSED") return;
  Object.assign(socket, { recv_q: 0, send_q: 0, waiting: false, tcp: {} });
  if (socket.descriptor === null) remove(host, socket);
}

/**
 * A connection begins: of the socket that was told to connect, else of a listener.
 * @param {Sockets} host @param {Event} event @param {Journey} journey @returns {Socket}
 */
function opened(host, event, journey) {
  for (let cause = event.cause; cause; cause = journey.cause(cause)) {
    const up = journey.event(cause);
    if (up.host !== event.host) break;
    const socket = up.what === "called" && up.data.call === "connect" ? held(host, up.data.descriptor) : undefined;
    if (socket) return socket;
  }
  const [, local, remote] = event.connection.split(" ");
  const socket = { ...made("tcp", local, remote), passive: true, waiting: true };
  host.sockets.push(socket);
  return socket;
}

/** The listing as the host itself wrote it: it counts more than what was put together. @param {Sockets} host @param {Event} event */
function table(host, { data }) {
  const before = host.sockets;
  host.sockets = data.sockets.map((/** @type {Record<string, any>} */ line) => {
    const known = before.find((socket) => socket.kind === line.kind && socket.local === line.local && socket.remote === line.remote && (socket.descriptor === line.descriptor || socket.descriptor === null));
    const socket = known ?? made(line.kind, line.local, line.remote);
    for (const name of /** @type {const} */ (["state", "recv_q", "send_q", "descriptor"])) /** @type {any} */ (socket)[name] = line[name];
    for (const [name, value] of Object.entries(line)) if (!LISTED.has(name)) socket.tcp[name] = value;
    return socket;
  });
}

/** @param {(socket: Socket, event: Event) => void} change @returns {(host: Sockets, event: Event) => void} */
function ofConnection(change) {
  return (host, event) => {
    const socket = connectionOf(host, event.connection);
    if (socket) change(socket, event);
  };
}

/** @param {Socket} socket @param {Event} event */
function segmentSent(socket, { data }) {
  const { tcp } = socket;
  const end = data.rel_seq + data.len + Number(/\bSYN\b/.test(data.flags)) + Number(/\bFIN\b/.test(data.flags));
  tcp.snd_nxt = Math.max(Number(tcp.snd_nxt ?? 0), end);
  if (data.rel_ack !== undefined) tcp.rcv_nxt = data.rel_ack;
  copy(tcp, data, ["in_flight", "cwnd", "snd_wnd"]);
}

/** @param {Socket} socket @param {Event} event */
function segmentReceived(socket, { data }) {
  copy(socket.tcp, data, ["snd_wnd"]);
  if (!data.len) return;
  const from = data.rel_seq + Number(/\bSYN\b/.test(data.flags));
  socket.beyond.push([from, from + data.len]);
  socket.beyond.sort(([one], [other]) => one - other);
  const before = socket.reach;
  while (socket.beyond.length && socket.beyond[0][0] <= socket.reach) {
    socket.reach = Math.max(socket.reach, /** @type {[number, number]} */ (socket.beyond.shift())[1]);
  }
  socket.recv_q += socket.reach - before;
}

/** @param {Socket} socket @param {Event} event */
function acked(socket, { data }) {
  socket.tcp.snd_una = data.rel_ack;
  socket.send_q = Math.max(socket.written - Math.max(data.rel_ack, 1), 0);
  copy(socket.tcp, data, ["cwnd", "ssthresh", "srtt_ns", "rto_ns"]);
  socket.tcp.in_flight = Math.max(Number(socket.tcp.snd_nxt ?? 0) - data.rel_ack, 0);
}

/** @param {Record<string, number | string>} into @param {Record<string, any>} from @param {string[]} names */
function copy(into, from, names) {
  for (const name of names) if (from[name] !== undefined) into[name] = from[name];
}

/** @type {Record<string, (host: any, event: Event, journey: Journey) => void>} by layer and kind of event */
export const SOCKET_EVENTS = {
  "socket created": created,
  "socket called": called,
  "socket returned": returned,
  "socket table": table,
  "tcp state-changed": stateChanged,
  "tcp segment-sent": ofConnection(segmentSent),
  "tcp segment-received": ofConnection(segmentReceived),
  "tcp acked": ofConnection(acked),
  "tcp written": ofConnection((socket, { data }) => {
    socket.written += data.octets;
    socket.send_q = data.unacked;
  }),
  "tcp delivered": ofConnection((socket, { data }) => { socket.recv_q = data.left; }),
  "tcp info": ofConnection((socket, { data }) => { Object.assign(socket.tcp, data); }),
  "tcp cwnd-changed": ofConnection((socket, { data }) => { copy(socket.tcp, data, ["cwnd", "ssthresh"]); }),
  "tcp path-mtu": ofConnection((socket, { data }) => { copy(socket.tcp, data, ["mss"]); }),
  "tcp receive-buffer-grew": ofConnection((socket, { data }) => { socket.tcp.receive_buffer = data.octets; }),
  "udp received": (host, { connection, data }) => {
    const [, local, remote] = connection.split(" ");
    const port = local.slice(local.lastIndexOf(":"));
    const fits = host.sockets.filter((/** @type {Socket} */ socket) => socket.kind === "udp" && (socket.local === local || socket.local === `0.0.0.0${port}`));
    const socket = fits.find((/** @type {Socket} */ one) => one.remote === remote) ?? fits.find((/** @type {Socket} */ one) => one.remote === NOWHERE);
    if (socket) socket.recv_q += data.octets;
  },
};

/** What `ss` would list: the queue of a listener holds what was not accepted yet. @param {Sockets} host @returns {Socket[]} */
export function listed(host) {
  return host.sockets.map((socket) => (socket.state === "LISTEN" ? { ...socket, recv_q: waitingFor(host, socket) } : socket));
}

/** @param {Sockets} host @param {Socket} listener */
function waitingFor(host, listener) {
  const port = listener.local.slice(listener.local.lastIndexOf(":"));
  return host.sockets.filter((socket) => socket.waiting && socket.state !== "SYN-RECEIVED" && (socket.local === listener.local || (listener.local === `0.0.0.0${port}` && socket.local.endsWith(port)))).length;
}

// @ts-check
// Questions about TCP: the handshake, numbers, windows, times.
import { eventsOf } from "../find.js";
import { pick } from "./dice.js";
import { frameFor, handshakes } from "./ground.js";
import { make, same, say } from "./questions.js";

/** @typedef {import("./questions.js").Kind} Kind */
/** @typedef {import("./questions.js").Journey} Journey */
/** @typedef {import("./questions.js").Dice} Dice */

/**
 * One of the handshakes, with its three frames at the browser's machine.
 * @param {Journey} journey
 * @param {Dice} dice
 * @param {ReturnType<typeof handshakes>} [all]
 */
function oneHandshake(journey, dice, all = handshakes(journey)) {
  const chosen = pick(all, dice);
  if (!chosen) return null;
  const syn = frameFor(journey, chosen.syn.n), synAck = frameFor(journey, chosen.synAck.n), ack = frameFor(journey, chosen.ack.n);
  if (!syn || !synAck || !ack) return null;
  return { syn, synAck, ack, peer: String(syn.values.get("ip.dst")), port: String(syn.values.get("tcp.srcport")), host: syn.host };
}

/** @type {Kind} */
const clientIsn = (journey, dice) => {
  const shake = oneHandshake(journey, dice);
  return shake && make("client-isn", "number", shake.syn.values.get("tcp.seq_raw"),
    say(`${shake.host} が ${shake.peer} へ送ったSYN (フレーム ${shake.syn.number}) の初期シーケンス番号は。`, `${shake.host} sends a SYN to ${shake.peer} (frame ${shake.syn.number}). What is its initial sequence number?`),
    say("SYNのシーケンス番号がそのまま初期値になる。予測されない値を選ぶ。", "It is the sequence number of the SYN itself, chosen so that nobody can guess it."), "RFC 9293 3.4.1, RFC 6528", [shake.syn]);
};

/** @type {Kind} */
const serverIsn = (journey, dice) => {
  const shake = oneHandshake(journey, dice);
  return shake && make("server-isn", "number", shake.synAck.values.get("tcp.seq_raw"),
    say(`${shake.peer} が ${shake.host} のSYN (フレーム ${shake.syn.number}) に答えて選んだ、サーバ側の初期シーケンス番号は。`, `Which initial sequence number did ${shake.peer} choose, answering the SYN of ${shake.host} (frame ${shake.syn.number})?`),
    say("SYN/ACKのシーケンス番号。初期値は両端がそれぞれ選ぶ。", "The sequence number of the SYN/ACK: each end chooses its own."), "RFC 9293 3.5", [shake.synAck]);
};

/** @type {Kind} */
const thirdAck = (journey, dice) => {
  const shake = oneHandshake(journey, dice);
  if (!shake) return null;
  const isn = shake.synAck.values.get("tcp.seq_raw");
  return make("third-ack", "number", shake.ack.values.get("tcp.ack_raw"),
    say(`サーバのSYN/ACKのシーケンス番号は ${isn}。3ウェイハンドシェイクの3番目のACKの確認応答番号は。`, `The server's SYN/ACK has the sequence number ${isn}. What is the ACK number of the third segment of the handshake?`),
    say("SYNはシーケンス番号を一つ使うので、次に受け取りたい番号は初期値+1。", "A SYN takes one sequence number, so the next one expected is the initial one + 1."), "RFC 9293 3.5", [shake.ack, shake.synAck]);
};

/** @type {Kind} */
const mssOffered = (journey, dice) => {
  const shake = oneHandshake(journey, dice);
  const mss = shake?.syn.values.get("tcp.options.mss_val");
  return shake && mss !== undefined ? make("mss-offered", "number", mss,
    say(`${shake.host} がSYNで知らせたMSSは何オクテットか。`, `Which MSS, in octets, does ${shake.host} offer in its SYN?`),
    say(`MTU ${mss + 40} からIPヘッダ20とTCPヘッダ20を引く。オプションの分は引かない。`, `The MTU, ${mss + 40}, less 20 for the IP header and 20 for the TCP header; options are not subtracted.`), "RFC 9293 3.7.1, RFC 6691", [shake.syn]) : null;
};

/** @type {Kind} */
const ephemeralPort = (journey, dice) => {
  const shake = oneHandshake(journey, dice);
  return shake && make("ephemeral-port", "number", shake.syn.values.get("tcp.srcport"),
    say(`${shake.host} がSYN (フレーム ${shake.syn.number}) で使ったエフェメラルポート (送信元ポート番号) は。`, `Which ephemeral (source) port does ${shake.host} use in its SYN (frame ${shake.syn.number})?`),
    say("クライアントのポートは接続ごとに選ばれ、四つの組で見分けられる。", "A client's port is chosen for each connection; four numbers tell connections apart."), "RFC 6056, RFC 9293 3.1", [shake.syn]);
};

/** @type {Kind} */
const secondFlags = (journey, dice) => {
  const shake = oneHandshake(journey, dice);
  const choices = ["SYN", "ACK", "SYN,ACK", "FIN,ACK", "RST"].map((value) => ({ value, text: same(value.replace(",", " + ")) }));
  return shake && make("second-flags", "choice", "SYN,ACK", say("3ウェイハンドシェイクの2番目のセグメントで1になっているコントロールビットは。", "Which control bits are set in the second segment of the handshake?"),
    say("SYN、SYN/ACK、ACK の順。2番目は、確認応答と自分のSYNを一度に送る。", "SYN, SYN/ACK, ACK: the second one acknowledges and brings its own SYN."), "RFC 9293 3.5", [shake.synAck], { choices });
};

/** @type {Kind} */
const roundTrip = (journey, dice) => {
  // Which of two SYNs was answered nobody can tell, so they measure nothing (Karn's algorithm, RFC 6298 section 3).
  const shake = oneHandshake(journey, dice, handshakes(journey).filter(({ resent }) => !resent));
  if (!shake) return null;
  const ms = (shake.synAck.t - shake.syn.t) / 1e6;
  return make("rtt", "number", ms.toFixed(3), say(`${shake.host} がSYN (フレーム ${shake.syn.number}) を送ってからSYN/ACK (フレーム ${shake.synAck.number}) を受け取るまでの往復遅延時間 (RTT) は何ミリ秒か (1 % まで)。`,
    `How many milliseconds pass at ${shake.host} from the SYN (frame ${shake.syn.number}) to its SYN/ACK (frame ${shake.synAck.number}), to 1 %?`),
  say("二つのフレームの時刻の差。TCPはここからRTOの初期の見積りを得る。", "The difference of the times of the two frames. TCP takes its first estimate for the RTO from it."), "RFC 6298 2", [shake.synAck, shake.syn], { tolerance: ms / 100 });
};

/**
 * A segment with text that the browser's machine received.
 * @param {Journey} journey
 * @param {Dice} dice
 */
function oneData(journey, dice) {
  const all = [...eventsOf(journey, "tcp", "segment-received", journey.about.browser_host)].filter(({ data }) => data.len > 0 && !String(data.flags).includes("FIN"));
  const event = pick(all, dice);
  const frame = event && frameFor(journey, event.n);
  return frame && !frame.values.get("ip.frag_offset") && !frame.values.get("ip.flags.mf") ? { event, frame } : null;
}

/** @type {Kind} */
const ackAfter = (journey, dice) => {
  const data = oneData(journey, dice);
  if (!data) return null;
  const seq = data.frame.values.get("tcp.seq_raw"), size = data.event.data.len;
  return make("ack-after", "number", (seq + size) % 2 ** 32,
    say(`シーケンス番号 ${seq}、データ ${size} オクテットのセグメントまで、漏れなく受け取った。返すACKの確認応答番号は。`, `All has arrived up to a segment with sequence number ${seq} and ${size} octets of data. Which ACK number is returned?`),
    say("確認応答番号は、次に受け取りたいオクテットの番号。シーケンス番号+データ長。", "The next octet expected: sequence number + length of the data."), "RFC 9293 3.4", [data.frame]);
};

/** @type {Kind} */
const segmentOctets = (journey, dice) => {
  const data = oneData(journey, dice);
  if (!data) return null;
  const { values } = data.frame;
  const total = values.get("ip.len"), ihl = values.get("ip.hdr_len"), offset = values.get("tcp.hdr_len");
  return make("segment-octets", "number", total - ihl * 4 - offset * 4,
    say(`IPヘッダの全長が ${total}、ヘッダ長の欄が ${ihl}、TCPのデータオフセットの欄が ${offset}。このセグメントのデータは何オクテットか。`, `Total length ${total}, IHL ${ihl}, data offset ${offset}: how many octets of data does this segment carry?`),
    say("ヘッダ長とデータオフセットは4オクテット単位。全長からIPヘッダとTCPヘッダを引く。", "IHL and data offset count 4 octets. Subtract both headers from the total length."), "RFC 791 3.1, RFC 9293 3.1", [data.frame], { hidden: [] });
};

/** @type {Kind} */
const windowOctets = (journey, dice) => {
  const shake = oneHandshake(journey, dice);
  const shift = shake?.syn.values.get("tcp.options.wscale.shift");
  if (!shake || shift === undefined || shake.synAck.values.get("tcp.options.wscale.shift") === undefined) return null;
  const window = shake.ack.values.get("tcp.window_size_value");
  return make("window-octets", "number", window * 2 ** shift,
    say(`${shake.host} のSYNのウィンドウスケールは ${shift}。ハンドシェイクの3番目のACKでウィンドウの欄が ${window} なら、受け取れるのは何オクテットまでか。`, `The SYN of ${shake.host} has a window scale of ${shift}. The third segment's window field is ${window}: how many octets may come?`),
    say("SYN以外のセグメントでは、ウィンドウの値をシフト数だけ左にずらして読む。", "Except in a SYN, the window is shifted left by the scale."), "RFC 7323 2.2", [shake.ack, shake.syn], { hidden: [] });
};

/** @type {Kind[]} */
export const TRANSPORT = [clientIsn, serverIsn, thirdAck, mssOffered, ephemeralPort, secondFlags, roundTrip, ackAfter, segmentOctets, windowOctets];

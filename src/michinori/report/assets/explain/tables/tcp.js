import { field, words } from "./field.js";
import { portReading } from "./udp.js";

const S = "RFC 9293 3.1";
const bit = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me, source = S) =>
  field(`tcp.flags.${key}`, 1, "flag", name, ja, mj, me, source, { codes: { 0: "—", 1: name } });

const flags = [
  field("tcp.flags.res", 3, "bits", "Reserved", "予約", "0。", "Zero.", S),
  bit("ae", "AE", "AE", "高精度ECNのビット。", "A bit of accurate ECN.", "RFC 9768"),
  bit("cwr", "CWR", "CWR", "輻輳ウィンドウを減らした、という返事。SYNではECNを使いたいという申出の一部。",
    "“I have reduced my congestion window”; in a SYN part of the offer of ECN.", "RFC 3168 6.1"),
  bit("ece", "ECE", "ECE", "輻輳の印 (CE) の付いたパケットが届いた、という知らせ。SYNではECNの申出。",
    "“A packet marked CE arrived”; in a SYN the offer of ECN.", "RFC 3168 6.1"),
  bit("urg", "URG", "URG", "緊急ポインタが有効。", "The urgent pointer is valid.", "RFC 9293 3.8.5"),
  bit("ack", "ACK", "ACK", "確認応答番号が有効。最初のSYNのほかは普通すべて1。番号そのものとは別物。",
    "The acknowledgment number is valid: set in all but the first SYN. Not the number itself."),
  bit("push", "PSH", "PSH", "溜めずに受信側のアプリケーションに渡してほしい。", "Hand it to the application without waiting for more.", "RFC 9293 3.9.1"),
  bit("reset", "RST", "RST", "コネクションを強制的に終わらせる。", "Ends the connection at once.", "RFC 9293 3.5.2"),
  bit("syn", "SYN", "SYN", "コネクション確立の要求。シーケンス番号は初期値で、SYN自身も番号を一つ使う。",
    "Asks for a connection. The sequence number is the initial one; SYN itself takes one number.", "RFC 9293 3.5"),
  bit("fin", "FIN", "FIN", "こちらからの送信は終わり。FINも番号を一つ使う。", "“I have no more to send.” FIN takes one number too.", "RFC 9293 3.6"),
];

const option = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me,
  /** @type {string} */ source, /** @type {any[]} */ fields = []) => ({ ...field(`tcp.options.${key}`, undefined, "octets", name, ja, mj, me, source), fields });
const word = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me, /** @type {string} */ source) =>
  field(key, 32, "uint", name, ja, mj, me, source);

/** @type {any} */
const tcpOptions = {
  bare: [0, 1], last: 0, body: (/** @type {number} */ length) => length - 2,
  kind: field("tcp.option_kind", 8, "uint", "Kind", "種別", "オプションの種類。", "Which option it is.", "RFC 9293 3.2",
    { codes: { 0: "EOL", 1: "NOP", 2: "MSS", 3: "Window Scale", 4: "SACK Permitted", 5: "SACK", 8: "Timestamps", 28: "User Timeout", 34: "Fast Open" } }),
  length: field("tcp.option_len", 8, "uint", "Length", "長さ", "種別と長さを含むオクテット数。", "Octets, kind and length included.", "RFC 9293 3.2"),
  of: {
    0: option("eol", "End of Option List", "オプションの終わり", "ここから先は詰め物。", "Filling from here on.", "RFC 9293 3.2"),
    1: option("nop", "No-Operation", "NOP", "32ビット境界にそろえるための詰め物。", "Filling, to keep 32-bit boundaries.", "RFC 9293 3.2"),
    2: option("mss", "Maximum Segment Size", "最大セグメントサイズ (MSS)", "受け取れるデータの最大オクテット数。SYNでだけ知らせる。",
      "The most data of a segment that the sender of this can take. Only in a SYN.", "RFC 9293 3.7.1", [
        field("tcp.options.mss_val", 16, "uint", "MSS value", "MSSの値", "MTU−IPヘッダ20−TCPヘッダ20。MTUが1,500なら1,460。",
          "MTU − 20 (IP header) − 20 (TCP header): 1,460 of 1,500.", "RFC 9293 3.7.1, RFC 6691")]),
    3: option("wscale", "Window Scale", "ウィンドウスケール", "ウィンドウの値を左に何ビットずらして読むか。SYNでだけ知らせる。",
      "By how many bits to shift the window field to the left. Only in a SYN.", "RFC 7323 2", [
        field("tcp.options.wscale.shift", 8, "uint", "Shift count", "シフト数", "7なら、以後のウィンドウの値は128倍して読む。",
          "7: later windows are read times 128.", "RFC 7323 2.2", { power: true })]),
    4: option("sack_perm", "SACK Permitted", "SACK可", "選択確認応答 (SACK) を使える。SYNでだけ知らせる。", "Selective acknowledgment may be used. Only in a SYN.", "RFC 2018 2"),
    5: option("sack", "SACK", "SACK (選択確認応答)", "確認応答番号より先で、飛び飛びに届いている範囲。", "Blocks that arrived beyond the acknowledgment number.",
      "RFC 2018 3", [{ repeat: "end", fields: [
        word("tcp.options.sack_le", "Left edge", "左端", "届いている範囲の最初の番号。", "First number of the block.", "RFC 2018 3"),
        word("tcp.options.sack_re", "Right edge", "右端", "届いている範囲の次の番号。", "The number behind the block.", "RFC 2018 3")] }]),
    8: option("timestamp", "Timestamps", "タイムスタンプ", "往復遅延時間を測り、古い重複を見分ける (PAWS)。", "Measures round trips and tells old duplicates (PAWS).", "RFC 7323 3", [
      word("tcp.options.timestamp.tsval", "TSval", "TSval", "送った側の時計。", "The sender's clock.", "RFC 7323 3.2"),
      word("tcp.options.timestamp.tsecr", "TSecr", "TSecr", "相手から最後に受け取ったTSvalの写し。", "The peer's TSval, echoed.", "RFC 7323 3.2")]),
    28: option("user_to", "User Timeout", "ユーザタイムアウト", "確認応答を待つ限度。", "How long unacknowledged data may wait.", "RFC 5482 3", [
      field("tcp.options.user_to_granularity", 1, "flag", "Granularity", "単位", "1なら分、0なら秒。", "1: minutes, 0: seconds.", "RFC 5482 3"),
      field("tcp.options.user_to_val", 15, "uint", "User timeout", "時間", "限度の長さ。", "How long.", "RFC 5482 3")]),
    34: option("tfo", "Fast Open", "TCP Fast Open", "クッキーがあれば、SYNにデータを載せられる。空なら、クッキーの要求。",
      "With a cookie, a SYN may carry data; empty, it asks for a cookie.", "RFC 7413 4.1.1", [
        { ...field("tcp.options.tfo.cookie", undefined, "octets", "Cookie", "クッキー", "サーバが以前に渡した証し。", "What the server gave before.", "RFC 7413 4.1.2"), rest: true }]),
  },
  unknown: option("unknown", "Other option", "その他のオプション", "知らない種別は読み飛ばす。", "Unknown kinds are skipped.", "RFC 9293 3.2"),
};

export const tcp = {
  key: "tcp", name: "TCP", label: words("TCPヘッダ", "TCP header"), unit: words("セグメント", "segment"), osi: 4,
  meaning: words("コネクション型。オクテットごとの番号、確認応答、再送、ウィンドウで、漏れなく順序どおりに届ける。",
    "Connection-oriented: by numbering octets, acknowledging, retransmitting and windows it delivers all, in order."),
  source: S,
  fields: [
    field("tcp.srcport", 16, "uint", "Source Port", "送信元ポート番号", "送信元IPアドレスと合わせて、送り手のソケットを表す。NAPTが書き換えることがある。",
      "With the source address, the sender's socket. NAPT may rewrite it.", S, portReading),
    field("tcp.dstport", 16, "uint", "Destination Port", "宛先ポート番号", "宛先IPアドレスと合わせて、受け手のソケットを表す。",
      "With the destination address, the receiver's socket.", S, portReading),
    word("tcp.seq_raw", "Sequence Number", "シーケンス番号", "このセグメントの最初のオクテットの番号。SYNでは初期シーケンス番号 (双方が選ぶ)。",
      "The number of the segment's first octet. In a SYN the initial one; both ends choose theirs.", "RFC 9293 3.1, RFC 6528"),
    word("tcp.ack_raw", "Acknowledgment Number", "確認応答番号 (ACK番号)", "次に受け取りたいオクテットの番号。その手前まではすべて届いている。",
      "The next octet expected: all before it has arrived.", S),
    field("tcp.hdr_len", 4, "uint", "Data Offset", "データオフセット (ヘッダ長)", "TCPヘッダの長さ。データはその後ろから始まる。",
      "Length of the header: where the data begins.", S, { unit: 4, read: words("値×4オクテット", "the value × 4 octets") }),
    field("tcp.flags", 12, "hex", "Control bits", "コントロールビット", "セグメントの役割。", "What the segment is for.", S, { fields: flags }),
    field("tcp.window_size_value", 16, "uint", "Window", "ウィンドウサイズ", "確認応答を待たずに受け取れるオクテット数 (フロー制御)。SYN以外ではウィンドウスケールを掛けて読む。",
      "Octets that may come without waiting for an ACK (flow control). Except in a SYN it is scaled.", "RFC 9293 3.8, RFC 7323 2.2"),
    field("tcp.checksum", 16, "hex", "Checksum", "チェックサム", "擬似ヘッダ (IPアドレス、プロトコル番号、長さ)、TCPヘッダ、データを守る。",
      "Guards the pseudo-header (addresses, protocol, length), the header and the data.", S),
    field("tcp.urgent_pointer", 16, "uint", "Urgent Pointer", "緊急ポインタ", "URGが1のとき、緊急データの終わりを指す。", "With URG, the end of urgent data.", "RFC 9293 3.8.5"),
    { options: tcpOptions, octets: (/** @type {Map<string, number>} */ values) => Number(values.get("tcp.hdr_len")) * 4 - 20, group: field("tcp.options", undefined, "octets", "Options", "オプション", "MSS、SACKなどの追加の取決め。",
      "Further agreements: MSS, SACK and so on.", "RFC 9293 3.2") },
  ],
};

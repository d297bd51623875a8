import { field, words } from "./field.js";

const ICMP_TYPES = {
  0: words("エコー応答", "echo reply"), 3: words("到達不能", "destination unreachable"), 4: words("送出抑制 (廃止)", "source quench (obsolete)"),
  5: words("リダイレクト", "redirect"), 8: words("エコー要求", "echo request"), 9: words("ルータ広告", "router advertisement"),
  10: words("ルータ要請", "router solicitation"), 11: words("時間超過", "time exceeded"), 12: words("パラメータ異常", "parameter problem"),
  13: words("タイムスタンプ要求", "timestamp request"), 14: words("タイムスタンプ応答", "timestamp reply"),
};

/** By `type/code`, since a code means nothing without its type. */
const ICMP_CODES = {
  "3/0": words("ネットワーク到達不能", "network unreachable"), "3/1": words("ホスト到達不能", "host unreachable"),
  "3/2": words("プロトコル到達不能", "protocol unreachable"), "3/3": words("ポート到達不能", "port unreachable"),
  "3/4": words("分割が必要だがDFが1", "fragmentation needed and DF set"), "3/5": words("ソースルート失敗", "source route failed"),
  "3/6": words("宛先ネットワーク不明", "destination network unknown"), "3/7": words("宛先ホスト不明", "destination host unknown"),
  "3/9": words("宛先ネットワークは管理上禁止", "network administratively prohibited"),
  "3/10": words("宛先ホストは管理上禁止", "host administratively prohibited"),
  "3/13": words("通信は管理上禁止 (フィルタリング)", "communication administratively prohibited"),
  "5/0": words("ネットワークへの別経路", "redirect for the network"), "5/1": words("ホストへの別経路", "redirect for the host"),
  "11/0": words("転送中にTTLが0になった", "time to live exceeded in transit"),
  "11/1": words("再構築が時間内に終わらない", "fragment reassembly time exceeded"),
  "12/0": words("ポインタの示す場所が誤り", "the pointer indicates the error"),
};

const unused = (/** @type {number} */ bits) => field("icmp.unused", bits, "octets", "Unused", "未使用", "0。", "Zero.", "RFC 792");
const ident = field("icmp.ident", 16, "uint", "Identifier", "識別子", "どのpingのものか。応答は要求の値を写す。", "Which ping it belongs to; the reply copies it.", "RFC 792");
const seq = field("icmp.seq", 16, "uint", "Sequence Number", "シーケンス番号", "何番目の要求か。応答は要求の値を写す。", "Which request it is; the reply copies it.", "RFC 792");
const quoted = { quoted: true };
const data = { ...field("data.data", undefined, "octets", "Data", "データ", "応答はそのまま送り返す。", "The reply returns it as it is.", "RFC 792"), rest: true };

export const icmp = {
  key: "icmp", name: "ICMP", label: words("ICMPメッセージ", "ICMP message"), unit: words("メッセージ", "message"), osi: 3,
  meaning: words("IPの誤りや状態を送信元に知らせる。誤りの通知には、原因のパケットの先頭が引用される。",
    "Tells the sender of errors and states of IP. Errors quote the beginning of the packet that they are about."),
  source: "RFC 792",
  fields: [
    field("icmp.type", 8, "uint", "Type", "タイプ", "メッセージの種類。", "The kind of message.", "RFC 792", { codes: ICMP_TYPES }),
    field("icmp.code", 8, "uint", "Code", "コード", "種類の中の細かい理由。", "The reason within the kind.", "RFC 792", { codes: ICMP_CODES, codesBy: "icmp.type" }),
    field("icmp.checksum", 16, "hex", "Checksum", "チェックサム", "ICMPメッセージ全体を守る。", "Guards the whole message.", "RFC 792"),
    { choice: "icmp.type", of: {
      0: [ident, seq, data],
      8: [ident, seq, data],
      3: [{ choice: "icmp.code", of: {
        4: [unused(8), field("icmp.length", 8, "uint", "Length", "引用の長さ", "引用の32ビット語の数。0なら示さない。", "32-bit words quoted; 0: not said.", "RFC 4884 4"),
          field("icmp.mtu", 16, "uint", "Next-Hop MTU", "ネクストホップのMTU", "この大きさまでなら通る。送信元は経路MTUとして覚える。",
            "What would have fitted. The sender keeps it as the path MTU.", "RFC 1191 4"), quoted],
      }, otherwise: [unused(32), quoted] }],
      5: [field("icmp.redir_gw", 32, "ipv4", "Gateway Internet Address", "ゲートウェイアドレス", "もっとよいネクストホップ。", "The better next hop.", "RFC 792"), quoted],
      11: [unused(32), quoted],
      12: [field("icmp.pointer", 8, "uint", "Pointer", "ポインタ", "引用のうち誤りのあるオクテット。", "The wrong octet of the quotation.", "RFC 792"), unused(24), quoted],
      13: [ident, seq, data],
      14: [ident, seq, data],
    }, otherwise: [data] },
  ],
};

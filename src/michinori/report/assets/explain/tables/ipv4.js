import { field, words } from "./field.js";

export const PROTOCOLS = { 1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 41: "IPv6", 47: "GRE", 50: "ESP", 51: "AH", 58: "ICMPv6", 89: "OSPF" };

const DSCP = { 0: "CS0 (default)", 8: "CS1", 10: "AF11", 18: "AF21", 26: "AF31", 34: "AF41", 46: "EF", 48: "CS6", 56: "CS7" };
const ECN = {
  0: words("ECN非対応 (Not-ECT)", "not ECN-capable"), 1: "ECT(1)", 2: "ECT(0)", 3: words("輻輳を経験 (CE)", "congestion experienced (CE)"),
};
/** Of IPv4 and, under other keys, of IPv6. */
export const DS_FIELDS = [
  field("ip.dsfield.dscp", 6, "uint", "DSCP", "DSCP", "QoSのためのパケットの等級。", "The class of the packet, for quality of service.", "RFC 2474 3", { codes: DSCP }),
  field("ip.dsfield.ecn", 2, "uint", "ECN", "ECN (明示的輻輳通知)", "ルータは捨てる代わりにCEの印を付けられる。", "Routers may mark CE instead of dropping.", "RFC 3168 5", { codes: ECN }),
];
const yes = (/** @type {string} */ ja, /** @type {string} */ en) => ({ codes: { 0: "—", 1: words(ja, en) } });

const pointer = field("ip.opt.ptr", 8, "uint", "Pointer", "ポインタ", "次に書く (読む) 場所。オプションの先頭を1と数える。",
  "Where to write (or read) next, counted from 1 at the option's beginning.", "RFC 791 3.1");
const route = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me) => ({
  ...field(key, undefined, "octets", name, ja, mj, me, "RFC 791 3.1"),
  fields: [pointer, { repeat: "end", fields: [field("ip.rec_rt", 32, "ipv4", "Recorded route", "経由アドレス", "経由した (する) ルータ。", "A router on the way.", "RFC 791 3.1")] }],
});

/** @type {any} */
const ipOptions = {
  bare: [0, 1], last: 0, body: (/** @type {number} */ length) => length - 2,
  kind: field("ip.opt.type", 8, "uint", "Type", "オプションタイプ", "最上位ビットが1なら、フラグメントすべてに写す。",
    "With the highest bit set, every fragment carries a copy.", "RFC 791 3.1"),
  length: field("ip.opt.len", 8, "uint", "Length", "オプション長", "タイプと長さを含むオクテット数。", "Octets, type and length included.", "RFC 791 3.1"),
  of: {
    0: field("ip.opt.eol", 8, "octets", "End of Options List", "オプションの終わり", "ここから先は詰め物。", "Filling from here on.", "RFC 791 3.1"),
    1: field("ip.opt.nop", 8, "octets", "No Operation", "NOP", "位置をそろえるための詰め物。", "Filling for alignment.", "RFC 791 3.1"),
    7: route("ip.opt.rr", "Record Route", "経路の記録", "通ったルータが自分のアドレスを書く。", "Routers on the way put their addresses in."),
    131: route("ip.opt.lsr", "Loose Source Route", "緩やかなソースルート", "経由すべきルータを並べる。安全のため普通は破棄される。",
      "Routers to pass. Usually dropped, for safety."),
    137: route("ip.opt.ssr", "Strict Source Route", "厳密なソースルート", "経由すべきルータをすべて並べる。安全のため普通は破棄される。",
      "All routers to pass. Usually dropped, for safety."),
    148: { ...field("ip.opt.alert", undefined, "octets", "Router Alert", "ルータアラート", "途中のルータに中を見るよう求める。",
      "Asks routers on the way to look inside.", "RFC 2113"),
      fields: [field("ip.opt.ra", 16, "uint", "Value", "値", "0: ルータはパケットを調べる。", "0: routers examine the packet.", "RFC 2113")] },
  },
  unknown: field("ip.opt.unknown", undefined, "octets", "Other option", "その他のオプション", "そのまま運ぶ。", "Carried as it is.", "RFC 791 3.1"),
};

export const ipv4 = {
  key: "ip", name: "IPv4", label: words("IPヘッダ", "IPv4 header"), unit: words("パケット", "packet"), osi: 3,
  meaning: words("最終的な宛先まで運ぶ。途中のルータが書き換えるのはTTLとチェックサムだけ (NAPTではアドレスも)。",
    "Carries the data to its final destination. Routers change only TTL and checksum (NAPT the addresses too)."),
  source: "RFC 791 3.1",
  fields: [
    field("ip.version", 4, "uint", "Version", "バージョン", "IPのバージョン。", "The version of IP.", "RFC 791 3.1", { codes: { 4: "IPv4", 6: "IPv6" } }),
    field("ip.hdr_len", 4, "uint", "IHL", "ヘッダ長", "IPヘッダの長さ。オプションがなければ20オクテット。",
      "Length of the header: 20 octets without options.", "RFC 791 3.1", { unit: 4, read: words("値×4オクテット", "the value × 4 octets") }),
    field("ip.dsfield", 8, "hex", "Differentiated Services field", "DSフィールド (旧ToS)", "優先度と輻輳通知。", "Priority and congestion notification.",
      "RFC 2474 3", { fields: DS_FIELDS }),
    field("ip.len", 16, "uint", "Total Length", "パケット長 (全長)", "ヘッダとデータを合わせたオクテット数。後ろのパディングは含まない。",
      "Octets of header and data; padding behind is not counted.", "RFC 791 3.1"),
    field("ip.id", 16, "hex", "Identification", "識別子 (ID)",
      "分割されたパケットを再構築する手掛かり。送信元、宛先、プロトコル、識別子が同じものが一つのパケットになる。",
      "For reassembly: fragments with the same source, destination, protocol and identification are one packet.", "RFC 791 3.1, RFC 6864"),
    field("ip.flags", 3, "hex", "Flags", "フラグ", "分割の可否と、続きの有無。", "Whether it may be cut, and whether more follows.", "RFC 791 3.1", { fields: [
      field("ip.flags.rb", 1, "flag", "Reserved bit", "予約", "0でなければならない。", "Must be zero.", "RFC 791 3.1"),
      field("ip.flags.df", 1, "flag", "Don't Fragment (DF)", "分割禁止 (DF)", "1なら、ルータは分割せずに破棄し、ICMPタイプ3コード4で知らせる (経路MTU探索)。",
        "1: a router does not cut it but drops it and says so by ICMP type 3 code 4 (path MTU discovery).", "RFC 791 3.1, RFC 1191",
        yes("分割禁止", "do not fragment")),
      field("ip.flags.mf", 1, "flag", "More Fragments (MF)", "後続フラグメントあり (MF)", "1なら後ろにまだフラグメントがある。最後のフラグメントでは0。",
        "1: more fragments follow. The last one has 0.", "RFC 791 3.1", yes("続きがある", "more follow")),
    ] }),
    field("ip.frag_offset", 13, "uint", "Fragment Offset", "フラグメントオフセット", "このフラグメントが元のデータのどこから始まるか。",
      "Where this fragment begins in the original data.", "RFC 791 3.1", { unit: 8, read: words("値×8オクテット", "the value × 8 octets") }),
    field("ip.ttl", 8, "uint", "Time to Live", "生存時間 (TTL)", "ルータを経由するたびに1減り、0になると破棄される (ICMP時間超過)。",
      "One less at every router; at 0 the packet is dropped (ICMP time exceeded).", "RFC 791 3.1, RFC 1812 5.3.1"),
    field("ip.proto", 8, "uint", "Protocol", "プロトコル番号", "中身を渡す上位プロトコル。", "Who gets the data.", "RFC 791 3.1", { codes: PROTOCOLS }),
    field("ip.checksum", 16, "hex", "Header Checksum", "ヘッダチェックサム", "ヘッダだけを守る。TTLが変わるのでルータごとに計算し直す。",
      "Guards the header alone. Computed anew by every router, as the TTL changes.", "RFC 791 3.1, RFC 1624",
      { read: words("ヘッダを16ビットずつ1の補数で足した和の、1の補数。", "The one's complement of the one's complement sum of the header's 16-bit words.") }),
    field("ip.src", 32, "ipv4", "Source Address", "送信元IPアドレス", "送り手。NAPTルータを出るときに書き換わる。",
      "The sender. Rewritten where the packet leaves a NAPT router.", "RFC 791 3.1"),
    field("ip.dst", 32, "ipv4", "Destination Address", "宛先IPアドレス", "最終的な宛先。ルータはこれをルーティングテーブルと最長一致で照合する。",
      "The final destination. Routers look it up by longest prefix.", "RFC 791 3.1"),
    { options: ipOptions, octets: (/** @type {Map<string, number>} */ values) => Number(values.get("ip.hdr_len")) * 4 - 20, group: field("ip.options", undefined, "octets", "Options", "オプション", "まれにしか使われない追加の指示。",
      "Further instructions, seldom used.", "RFC 791 3.1") },
  ],
};

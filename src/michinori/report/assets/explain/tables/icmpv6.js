// ICMPv6: errors and echo (RFC 4443), neighbour discovery (RFC 4861) and multicast listeners (RFC 3810).
import { field, words } from "./field.js";
import { ndOptions } from "./nd_options.js";

const ICMPV6_TYPES = {
  1: words("到達不能", "destination unreachable"), 2: words("パケット過大", "packet too big"), 3: words("時間超過", "time exceeded"), 4: words("パラメータ異常", "parameter problem"),
  128: words("エコー要求", "echo request"), 129: words("エコー応答", "echo reply"), 130: words("マルチキャストリスナ照会", "multicast listener query"),
  131: words("マルチキャストリスナ報告", "multicast listener report"), 132: words("マルチキャストリスナ終了", "multicast listener done"), 133: words("ルータ要請 (RS)", "router solicitation (RS)"),
  134: words("ルータ広告 (RA)", "router advertisement (RA)"), 135: words("近隣要請 (NS)", "neighbor solicitation (NS)"), 136: words("近隣広告 (NA)", "neighbor advertisement (NA)"),
  137: words("リダイレクト", "redirect"), 143: words("マルチキャストリスナ報告 v2", "multicast listener report v2"),
};

/** By `type/code`. */
const CODES = {
  "1/0": words("宛先への経路がない", "no route to destination"), "1/1": words("管理上禁止されている", "administratively prohibited"), "1/2": words("送信元アドレスのスコープを越える", "beyond scope of source address"),
  "1/3": words("アドレス到達不能", "address unreachable"), "1/4": words("ポート到達不能", "port unreachable"), "1/5": words("送信元アドレスが方針に反する", "source address failed policy"),
  "1/6": words("宛先への経路が拒否された", "reject route to destination"), "1/7": words("送信元経路制御ヘッダの誤り", "error in source routing header"),
  "3/0": words("転送中にホップリミットが0になった", "hop limit exceeded in transit"), "3/1": words("再構築が時間内に終わらない", "fragment reassembly time exceeded"),
  "4/0": words("ヘッダフィールドの誤り", "erroneous header field"), "4/1": words("知らない次ヘッダ", "unrecognized next header"), "4/2": words("知らないIPv6オプション", "unrecognized IPv6 option"),
  "4/3": words("先頭のフラグメントにヘッダがそろっていない", "first fragment has incomplete IPv6 header chain"),
};

const E = "RFC 4443", N = "RFC 4861";
const reserved = (/** @type {number} */ bits, /** @type {string} */ source) => field("icmpv6.reserved", bits, "octets", "Reserved", "予約", "0。", "Zero.", source);
const data = { ...field("data.data", undefined, "octets", "Data", "データ", "応答はそのまま送り返す。", "The reply returns it as it is.", `${E} 4.1`), rest: true };
const echo = [
  field("icmpv6.echo.identifier", 16, "hex", "Identifier", "識別子", "どのpingのものか。応答は要求の値を写す。", "Which ping it belongs to; the reply copies it.", `${E} 4.1`),
  field("icmpv6.echo.sequence_number", 16, "uint", "Sequence Number", "シーケンス番号", "何番目の要求か。応答は要求の値を写す。", "Which request it is; the reply copies it.", `${E} 4.1`),
  data,
];
const target = (/** @type {string} */ key, /** @type {string} */ mj, /** @type {string} */ me, /** @type {string} */ source) => field(key, 128, "ipv6", "Target Address", "目標アドレス", mj, me, source);
const options = { options: ndOptions };
const flag = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me, /** @type {string} */ source) =>
  field(key, 1, "flag", name, ja, mj, me, source);

const solicitedRouters = [reserved(32, `${N} 4.1`), options];
const A = `${N} 4.2`;
const advertisedRouter = [
  field("icmpv6.nd.ra.cur_hop_limit", 8, "uint", "Cur Hop Limit", "ホップリミット", "ホストがパケットに付けるとよい値。0なら指定しない。", "What hosts should put into their packets; 0: not said.", A),
  field("icmpv6.nd.ra.flag", 8, "hex", "Flags", "フラグ", "アドレスなどの決め方。", "How addresses and more are found.", A, { fields: [
    flag("icmpv6.nd.ra.flag.m", "M (Managed address configuration)", "M (アドレスはDHCPv6)", "1なら、アドレスはDHCPv6でもらう。", "1: addresses come from DHCPv6.", A),
    flag("icmpv6.nd.ra.flag.o", "O (Other configuration)", "O (その他はDHCPv6)", "1なら、DNSサーバなどはDHCPv6で聞く。", "1: DNS servers and more come from DHCPv6.", A),
    flag("icmpv6.nd.ra.flag.h", "H (Home Agent)", "H (ホームエージェント)", "モバイルIPv6。", "Mobile IPv6.", "RFC 6275 7.1"),
    field("icmpv6.nd.ra.flag.prf", 2, "uint", "Prf (Default Router Preference)", "ルータの優先度", "既定ルータとしての優先度。", "Preference as a default router.", "RFC 4191 2.2",
      { codes: { 0: words("中", "medium"), 1: words("高", "high"), 3: words("低", "low") } }),
    flag("icmpv6.nd.ra.flag.p", "P (Proxy)", "P (代理)", "近隣探索の代理。", "Neighbour discovery proxy.", "RFC 4389 4.1.3.3"),
    field("icmpv6.nd.ra.flag.rsv", 2, "bits", "Reserved", "予約", "0。", "Zero.", A)] }),
  field("icmpv6.nd.ra.router_lifetime", 16, "uint", "Router Lifetime", "ルータの有効期間", "この秒数の間、既定ルータにしてよい。0なら既定ルータではない。", "Seconds for which it may be the default router; 0: it is none.", A),
  field("icmpv6.nd.ra.reachable_time", 32, "uint", "Reachable Time", "到達可能時間", "確かめた近隣を到達可能とみなす時間 (ミリ秒)。0なら指定しない。", "How long a confirmed neighbour counts as reachable (ms); 0: not said.", A),
  field("icmpv6.nd.ra.retrans_timer", 32, "uint", "Retrans Timer", "再送間隔", "近隣要請を再送する間隔 (ミリ秒)。0なら指定しない。", "Between repeated neighbor solicitations (ms); 0: not said.", A),
  options,
];
const solicitedNeighbour = [
  reserved(32, `${N} 4.3`), target("icmpv6.nd.ns.target_address", "MACアドレスを知りたい相手。IPv4のARP要求に当たる。", "Whose MAC address is wanted: IPv4's ARP request.", `${N} 4.3`), options,
];
const advertisedNeighbour = [
  field("icmpv6.nd.na.flag", 32, "hex", "Flags", "フラグ", "誰の、何への答えか。", "Whose answer to what it is.", `${N} 4.4`, { fields: [
    flag("icmpv6.nd.na.flag.r", "R (Router)", "R (ルータ)", "1なら、送り手はルータ。", "1: the sender is a router.", `${N} 4.4`),
    flag("icmpv6.nd.na.flag.s", "S (Solicited)", "S (要請への応答)", "1なら、近隣要請への応答。", "1: the answer to a solicitation.", `${N} 4.4`),
    flag("icmpv6.nd.na.flag.o", "O (Override)", "O (上書き)", "1なら、覚えているMACアドレスを書き換える。", "1: replaces the MAC address that is remembered.", `${N} 4.4`),
    field("icmpv6.nd.na.flag.rsv", 29, "hex", "Reserved", "予約", "0。", "Zero.", `${N} 4.4`)] }),
  target("icmpv6.nd.na.target_address", "このアドレスのMACアドレスを答える。IPv4のARP応答に当たる。", "The address whose MAC address is told: IPv4's ARP reply.", `${N} 4.4`), options,
];
const redirected = [
  reserved(32, `${N} 4.5`), target("icmpv6.nd.rd.target_address", "もっとよいネクストホップ。宛先と同じなら、宛先は同じリンクにいる。", "The better next hop; if it is the destination, that is on this link.", `${N} 4.5`),
  field("icmpv6.rd.na.destination_address", 128, "ipv6", "Destination Address", "宛先アドレス", "この宛先について。", "About this destination.", `${N} 4.5`), options,
];

const M = "RFC 3810 5.1";
/** From so much on, a number in the form of exponent and mantissa. */
const floating = (/** @type {number} */ from) => words(`${from.toLocaleString("en-US")}以上は、指数部と仮数部で大きな値を表す。`, `From ${from.toLocaleString("en-US")} on, exponent and mantissa of a larger value.`);
const group = (/** @type {string} */ source) => field("icmpv6.mld.multicast_address", 128, "ipv6", "Multicast Address", "マルチキャストアドレス", "どのグループか。照会で::なら、すべて。", "Which group; in a query :: means all.", source);
const source = (/** @type {string} */ key, /** @type {string} */ from) => field(key, 128, "ipv6", "Source Address", "送信元アドレス", "この送信元からのものだけ (または以外)。", "Only (or not) from this source.", from);
const oldListener = [
  field("icmpv6.mld.maximum_response_delay", 16, "uint", "Maximum Response Delay", "最大応答時間", "報告では0。", "Zero in a report.", "RFC 2710 3.4"), reserved(16, "RFC 2710 3.5"), group("RFC 2710 3.6"),
];
const listenerQuery = [
  field("icmpv6.mld.maximum_response_code", 16, "uint", "Maximum Response Code", "最大応答コード", "この時間 (ミリ秒) のうちに、ばらけて報告する。", "Reports come spread over this time (ms).", `${M}.3`, { read: floating(32768) }),
  reserved(16, `${M}.4`), group(`${M}.5`),
  field("icmpv6.mld.flag", 8, "hex", "Flags", "フラグ", "ルータ向けの指示。", "For routers.", M, { fields: [
    field("icmpv6.mld.flag.reserved", 4, "bits", "Resv", "予約", "0。", "Zero.", M),
    flag("icmpv6.mld.flag.s", "S flag", "S", "1なら、ほかのルータはタイマを変えない。", "1: other routers leave their timers alone.", `${M}.6`),
    field("icmpv6.mld.flag.qrv", 3, "uint", "QRV", "頑健性 (QRV)", "報告を繰り返す回数の目安。", "How often reports are repeated.", `${M}.7`)] }),
  field("icmpv6.mld.qqi", 8, "uint", "QQIC", "照会間隔 (QQIC)", "照会の間隔 (秒)。", "Between queries (s).", `${M}.8`, { read: floating(128) }),
  field("icmpv6.mld.nb_sources", 16, "uint", "Number of Sources", "送信元の数", "続く送信元の数。", "How many sources follow.", `${M}.9`),
  { repeat: "icmpv6.mld.nb_sources", fields: [source("icmpv6.mld.source_address", `${M}.10`)] },
];
const L = "RFC 3810 5.2";
const RECORD_TYPES = { 1: "MODE_IS_INCLUDE", 2: "MODE_IS_EXCLUDE", 3: "CHANGE_TO_INCLUDE_MODE", 4: "CHANGE_TO_EXCLUDE_MODE", 5: "ALLOW_NEW_SOURCES", 6: "BLOCK_OLD_SOURCES" };
const listenerReport = [
  reserved(16, `${L}.1`), field("icmpv6.mldr.nb_mcast_records", 16, "uint", "Nr of Mcast Address Records", "記録の数", "続く記録の数。", "How many records follow.", `${L}.3`),
  { repeat: "icmpv6.mldr.nb_mcast_records", each: field("icmpv6.mldr.mar", undefined, "octets", "Multicast Address Record", "マルチキャストアドレスの記録", "参加しているグループ。", "A group that is listened to.", `${L}.4`), fields: [
    field("icmpv6.mldr.mar.record_type", 8, "uint", "Record Type", "記録の種類", "参加か離脱か。", "Whether it joins or leaves.", `${L}.12`, { codes: RECORD_TYPES }),
    field("icmpv6.mldr.mar.aux_data_len", 8, "uint", "Aux Data Len", "補助データ長", "普通は0。", "Mostly zero.", `${L}.6`, { unit: 4, read: words("値×4オクテット", "the value × 4 octets") }),
    field("icmpv6.mldr.mar.nb_sources", 16, "uint", "Number of Sources", "送信元の数", "続く送信元の数。", "How many sources follow.", `${L}.7`),
    field("icmpv6.mldr.mar.multicast_address", 128, "ipv6", "Multicast Address", "マルチキャストアドレス", "どのグループか。", "Which group.", `${L}.8`),
    { repeat: "icmpv6.mldr.mar.nb_sources", fields: [source("icmpv6.mldr.mar.source_address", `${L}.9`)] },
    { repeat: (/** @type {Map<string, number>} */ values) => (values.get("icmpv6.mldr.mar.aux_data_len") ? 1 : 0), fields: [
      { within: (/** @type {Map<string, number>} */ values) => Number(values.get("icmpv6.mldr.mar.aux_data_len")) * 4, fields: [
        { ...field("icmpv6.mldr.mar.auxiliary_data", undefined, "octets", "Auxiliary Data", "補助データ", "使い道は決まっていない。", "Of no defined use.", `${L}.10`), rest: true }] }] }] },
];

export const icmpv6 = {
  key: "icmpv6", name: "ICMPv6", label: words("ICMPv6メッセージ", "ICMPv6 message"), unit: words("メッセージ", "message"), osi: 3,
  meaning: words("IPv6の誤りの通知とエコーに加え、ARPの役割 (近隣探索) とアドレスの自動設定も受け持つ。",
    "IPv6's errors and echo, and besides them what ARP does for IPv4 (neighbour discovery) and the configuration of addresses."),
  source: "RFC 4443 2.1",
  fields: [
    field("icmpv6.type", 8, "uint", "Type", "タイプ", "メッセージの種類。127までが誤りの通知。", "The kind of message; up to 127 errors.", `${E} 2.1`, { codes: ICMPV6_TYPES }),
    field("icmpv6.code", 8, "uint", "Code", "コード", "種類の中の細かい理由。", "The reason within the kind.", `${E} 2.1`, { codes: CODES, codesBy: "icmpv6.type" }),
    field("icmpv6.checksum", 16, "hex", "Checksum", "チェックサム", "擬似ヘッダ (IPv6アドレスなど) とメッセージ全体を守る。IPv4のICMPと違い、擬似ヘッダを含む。",
      "Guards the pseudo-header (addresses) and the whole message; ICMP of IPv4 has no pseudo-header.", `${E} 2.3`),
    { choice: "icmpv6.type", of: {
      1: [reserved(32, `${E} 3.1`)],
      2: [field("icmpv6.mtu", 32, "uint", "MTU", "ネクストホップのMTU", "この大きさまでなら通る。送信元は経路MTUとして覚える。", "What would have fitted. The sender keeps it as the path MTU.", `${E} 3.2, RFC 8201 4`)],
      3: [reserved(32, `${E} 3.3`)],
      4: [field("icmpv6.pointer", 32, "uint", "Pointer", "ポインタ", "引用のうち誤りのあるオクテット。", "The wrong octet of the quotation.", `${E} 3.4`)],
      128: echo, 129: echo,
      // A query of 24 octets, of which 20 are left here, is one of the first version (RFC 3810 section 8.1).
      130: [{ choice: (/** @type {any} */ _, /** @type {{left: number}} */ cursor) => (cursor.left > 160 ? 2 : 1), of: { 2: listenerQuery }, otherwise: oldListener }], 131: oldListener, 132: oldListener, 143: listenerReport,
      133: solicitedRouters, 134: advertisedRouter, 135: solicitedNeighbour, 136: advertisedNeighbour, 137: redirected,
    }, otherwise: [{ ...field("icmpv6.data", undefined, "octets", "Message body", "本体", "この種類の中身。", "As this type defines.", `${E} 2.1`), rest: true }] },
  ],
};

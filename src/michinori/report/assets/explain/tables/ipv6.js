import { field, words } from "./field.js";
import { DS_FIELDS } from "./ipv4.js";

/** One row of numbers with IPv4's protocols. */
export const NEXT_HEADERS = {
  0: words("ホップバイホップオプション", "Hop-by-Hop Options"), 4: "IPv4", 6: "TCP", 17: "UDP", 41: "IPv6", 43: words("経路制御", "Routing"), 44: words("フラグメント", "Fragment"), 50: "ESP", 51: "AH",
  58: "ICMPv6", 59: words("後続ヘッダなし", "No Next Header"), 60: words("宛先オプション", "Destination Options"), 89: "OSPF",
};

const S = "RFC 8200 3";
const next = (/** @type {string} */ key, /** @type {string} */ source) => field(key, 8, "uint", "Next Header", "次ヘッダ",
  "すぐ後ろに続くもの: 拡張ヘッダか、上位プロトコル。番号はIPv4のプロトコル番号と共通。",
  "What follows at once: an extension header or the upper protocol. The numbers are those of IPv4's protocol field.", source, { codes: NEXT_HEADERS });

export const ipv6 = {
  key: "ipv6", name: "IPv6", label: words("IPv6ヘッダ", "IPv6 header"), unit: words("パケット", "packet"), osi: 3,
  meaning: words("最終的な宛先まで運ぶ。40オクテット固定で、チェックサムはなく、途中のルータは分割しない。",
    "Carries the data to its final destination. Always 40 octets, no checksum, and routers never cut it."),
  source: S,
  fields: [
    field("ipv6.version", 4, "uint", "Version", "バージョン", "IPのバージョン。", "The version of IP.", S, { codes: { 4: "IPv4", 6: "IPv6" } }),
    field("ipv6.tclass", 8, "hex", "Traffic Class", "トラフィッククラス", "優先度と輻輳通知。IPv4のDSフィールドに当たる。", "Priority and congestion notification, as IPv4's DS field.", "RFC 8200 7, RFC 2474 3",
      { fields: DS_FIELDS.map((part) => ({ ...part, key: part.key.replace("ip.dsfield", "ipv6.tclass") })) }),
    field("ipv6.flow", 20, "hex", "Flow Label", "フローラベル", "同じ流れのパケットに付く同じ値。ルータはこれで同じ経路に振り分けられる。0なら付けていない。",
      "The same for all packets of one flow, so that routers can keep them on one way. 0: none.", "RFC 8200 6, RFC 6437"),
    field("ipv6.plen", 16, "uint", "Payload Length", "ペイロード長", "このヘッダより後ろのオクテット数。拡張ヘッダも含む (IPv4のパケット長と違い、40オクテットは数えない)。",
      "Octets behind this header, extension headers included (unlike IPv4's total length, without the header's 40).", S),
    next("ipv6.nxt", S),
    field("ipv6.hlim", 8, "uint", "Hop Limit", "ホップリミット", "ルータを経由するたびに1減り、0になると破棄される (ICMPv6時間超過)。IPv4のTTLに当たる。",
      "One less at every router; at 0 the packet is dropped (ICMPv6 time exceeded). IPv4's TTL.", S),
    field("ipv6.src", 128, "ipv6", "Source Address", "送信元IPアドレス", "送り手。fe80::/10はそのリンクの中だけで使うリンクローカルアドレス。", "The sender. fe80::/10 is link-local: for this link alone.", "RFC 8200 3, RFC 4291 2"),
    field("ipv6.dst", 128, "ipv6", "Destination Address", "宛先IPアドレス", "最終的な宛先。ff00::/8はマルチキャスト (IPv6にブロードキャストはない)。",
      "The final destination. ff00::/8 is multicast; IPv6 has no broadcast.", "RFC 8200 3, RFC 4291 2",
      { codes: { "ff02::1": words("リンク内の全ノード", "all nodes of the link"), "ff02::2": words("リンク内の全ルータ", "all routers of the link"), "ff02::16": words("MLDv2対応の全ルータ", "all MLDv2 routers") } }),
  ],
};

const ACTIONS = {
  0: words("知らなければ読み飛ばす", "skip it if unknown"), 1: words("知らなければパケットを捨てる", "drop the packet if unknown"),
  2: words("捨てて、ICMPv6で知らせる", "drop it and tell by ICMPv6"), 3: words("捨てて、マルチキャストでなければICMPv6で知らせる", "drop it and tell by ICMPv6 unless multicast"),
};
const O = "RFC 8200 4.2";
const option = (/** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me, /** @type {string} */ source, /** @type {any[]} */ fields = []) =>
  ({ ...field("ipv6.opt", undefined, "octets", name, ja, mj, me, source), fields });
const rest = (/** @type {any} */ spec) => ({ ...spec, rest: true });

/** Options of the hop-by-hop and the destination options header; their length counts the data alone. */
const options = {
  bare: [0], body: (/** @type {number} */ length) => length,
  kind: field("ipv6.opt.type", 8, "hex", "Option Type", "オプションタイプ", "オプションの種類。上位ビットが、知らないときの扱いを決める。", "Which option; its upper bits say what to do if it is unknown.", O,
    { codes: { 0: "Pad1", 1: "PadN", 5: "Router Alert", 194: "Jumbo Payload" }, parts: [
      { ...field("ipv6.opt.type.action", 2, "uint", "Action", "知らないときの扱い", "このオプションを知らないノードがすること。", "What a node does that does not know it.", O, { codes: ACTIONS }), at: 0 },
      { ...field("ipv6.opt.type.change", 1, "flag", "May change", "変更の可否", "1なら、途中で中身が変わりうる。", "1: the data may change on the way.", O), at: 2 },
      { ...field("ipv6.opt.type.rest", 5, "hex", "Rest", "残りのビット", "種類の残り。", "The rest of the type.", O), at: 3 },
    ] }),
  length: field("ipv6.opt.length", 8, "uint", "Opt Data Len", "オプション長", "データだけのオクテット数。", "Octets of its data alone.", O),
  of: {
    0: option("Pad1", "Pad1", "1オクテットの詰め物。", "One octet of filling.", O),
    1: option("PadN", "PadN", "2オクテット以上の詰め物。ヘッダを8オクテットの倍数にそろえる。", "Two or more octets of filling, to a multiple of eight.", O,
      [rest(field("ipv6.opt.padn", undefined, "octets", "PadN", "詰め物", "0。", "Zero.", O))]),
    5: option("Router Alert", "ルータアラート", "途中のルータに中を見るよう求める。", "Asks routers on the way to look inside.", "RFC 2711 2.1",
      [field("ipv6.opt.router_alert", 16, "uint", "Value", "値", "何があるか。", "What there is.", "RFC 2711 2.1", { codes: { 0: "MLD", 1: "RSVP", 2: "Active Networks" } })]),
    194: option("Jumbo Payload", "ジャンボペイロード", "65,535オクテットより長いパケットの長さ。", "The length of a packet of more than 65,535 octets.", "RFC 2675 2",
      [field("ipv6.opt.jumbo", 32, "uint", "Jumbo Payload Length", "ジャンボペイロード長", "IPv6ヘッダより後ろのオクテット数。", "Octets behind the IPv6 header.", "RFC 2675 2")]),
  },
  unknown: option("Other option", "その他のオプション", "タイプの上位ビットに従って扱う。", "Handled as the upper bits of its type say.", O,
    [rest(field("ipv6.opt.unknown", undefined, "octets", "Option Data", "データ", "オプションの中身。", "What it says.", O))]),
};

const length = (/** @type {string} */ key, /** @type {string} */ source) => field(key, 8, "uint", "Hdr Ext Len", "ヘッダ長", "この拡張ヘッダの長さ。", "Length of this extension header.", source,
  { read: words("(値+1)×8オクテット", "(the value + 1) × 8 octets") });
/** What is left of an extension header behind its first octets. @param {string} key @param {number} read */
const behind = (key, read) => (/** @type {Map<string, number>} */ values) => (Number(values.get(key)) + 1) * 8 - read;
const unit = words("パケット", "packet");

const optionsHeader = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me, /** @type {string} */ source) => ({
  key, name, label: words(ja, `${name} header`), unit, osi: 3, meaning: words(mj, me), source,
  fields: [next(`${key}.nxt`, source), length(`${key}.len`, source), { options, octets: behind(`${key}.len`, 2) }],
});
export const hopByHop = optionsHeader("ipv6.hopopts", "Hop-by-Hop Options", "ホップバイホップオプションヘッダ", "途中のルータも見る指示。IPv6ヘッダのすぐ後ろに置く。",
  "Instructions that routers on the way look at too. Right behind the IPv6 header.", "RFC 8200 4.3");
export const destinationOptions = optionsHeader("ipv6.dstopts", "Destination Options", "宛先オプションヘッダ", "宛先だけが見る指示。", "Instructions for the destination alone.", "RFC 8200 4.6");

const ROUTING_TYPES = { 0: words("ソースルート (廃止)", "source route (deprecated)"), 2: words("モバイルIPv6", "Mobile IPv6"), 3: "RPL", 4: words("セグメントルーティング (SRH)", "segment routing (SRH)") };
const R = "RFC 8200 4.4";
const reserved = (/** @type {string} */ key, /** @type {string} */ source) => field(key, 32, "octets", "Reserved", "予約", "0。", "Zero.", source);
const address = (/** @type {string} */ key, /** @type {string} */ source) => field(key, 128, "ipv6", "Address", "アドレス", "経由する宛先。", "A destination to pass.", source);

export const routing = {
  key: "ipv6.routing", name: "Routing", label: words("経路制御ヘッダ", "Routing header"), unit, osi: 3,
  meaning: words("宛先の前に経由するノードを並べる。", "Lists nodes to pass before the destination."), source: R,
  fields: [
    next("ipv6.routing.nxt", R), length("ipv6.routing.len", R),
    field("ipv6.routing.type", 8, "uint", "Routing Type", "経路制御タイプ", "経由の方式。", "How the way is told.", R, { codes: ROUTING_TYPES }),
    field("ipv6.routing.segleft", 8, "uint", "Segments Left", "残りセグメント数", "これから経由するノードの数。", "Nodes still to pass.", R),
    { within: behind("ipv6.routing.len", 4), fields: [{ choice: "ipv6.routing.type", of: {
      0: [reserved("ipv6.routing.src.reserved", "RFC 2460 4.4, RFC 5095"), { repeat: "end", fields: [address("ipv6.routing.src.addr", "RFC 2460 4.4, RFC 5095")] }],
      2: [reserved("ipv6.routing.mipv6.reserved", "RFC 6275 6.4.1"), address("ipv6.routing.mipv6.home_address", "RFC 6275 6.4.1")],
      4: [
        field("ipv6.routing.srh.last_entry", 8, "uint", "Last Entry", "最後の要素", "リストの最後の要素の番号。", "Index of the list's last element.", "RFC 8754 2"),
        field("ipv6.routing.srh.flags", 8, "hex", "Flags", "フラグ", "0。", "Zero.", "RFC 8754 2"),
        field("ipv6.routing.srh.tag", 16, "octets", "Tag", "タグ", "同じ扱いのパケットの印。", "Marks packets of one group.", "RFC 8754 2"),
        { repeat: (/** @type {Map<string, number>} */ values) => Number(values.get("ipv6.routing.srh.last_entry")) + 1, fields: [address("ipv6.routing.srh.addr", "RFC 8754 2")] },
      ],
    }, otherwise: [rest(field("ipv6.routing.unknown_data", undefined, "octets", "Type-specific data", "タイプ固有のデータ", "方式ごとの中身。", "As the type defines.", R))] }] },
  ],
};

const F = "RFC 8200 4.5";
export const fragment = {
  key: "ipv6.fraghdr", name: "Fragment", label: words("フラグメントヘッダ", "Fragment header"), unit, osi: 3,
  meaning: words("送信元だけがパケットを分割でき、そのときに付く。再構築は宛先で行う。", "There where the sender, who alone may do so, cut the packet. The destination puts it together."), source: F,
  fields: [
    next("ipv6.fraghdr.nxt", F),
    field("ipv6.fraghdr.reserved_octet", 8, "hex", "Reserved", "予約", "0。", "Zero.", F),
    field("ipv6.fraghdr.offset", 13, "uint", "Fragment Offset", "フラグメントオフセット", "このフラグメントが元のデータのどこから始まるか。", "Where this fragment begins in the original data.", F,
      { unit: 8, read: words("値×8オクテット", "the value × 8 octets") }),
    field("ipv6.fraghdr.reserved_bits", 2, "bits", "Res", "予約", "0。", "Zero.", F),
    field("ipv6.fraghdr.more", 1, "flag", "M flag", "後続フラグメントあり (M)", "1なら後ろにまだフラグメントがある。", "1: more fragments follow.", F,
      { codes: { 0: words("最後のフラグメント", "the last fragment"), 1: words("続きがある", "more follow") } }),
    field("ipv6.fraghdr.ident", 32, "hex", "Identification", "識別子", "再構築の手掛かり。IPv4の2倍の32ビット。", "For reassembly; 32 bits, twice IPv4's.", F),
  ],
};

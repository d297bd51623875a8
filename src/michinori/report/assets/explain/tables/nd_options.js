// Options of neighbour discovery: type, length in units of eight octets, body (RFC 4861 section 4.6).
import { field, words } from "./field.js";

const S = "RFC 4861 4.6";
const option = (/** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me, /** @type {string} */ source, /** @type {any[]} */ fields) =>
  ({ ...field("icmpv6.opt", undefined, "octets", name, ja, mj, me, source), fields });
const reserved = (/** @type {number} */ bits, /** @type {string} */ source) => field("icmpv6.opt.reserved", bits, "octets", "Reserved", "予約", "0。", "Zero.", source);
const lifetime = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me, /** @type {string} */ source) =>
  field(key, 32, "uint", name, ja, mj, me, source, { codes: { 4294967295: words("無期限", "for ever") } });
const rest = (/** @type {any} */ spec) => ({ ...spec, rest: true });
const linkAddress = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me) =>
  option(name, ja, mj, me, `${S}.1`, [field(key, 48, "mac", "Link-Layer Address", "リンク層アドレス", "MACアドレス。", "The MAC address.", `${S}.1`)]);
const prefixLength = (/** @type {string} */ source) => field("icmpv6.opt.prefix.length", 8, "uint", "Prefix Length", "プレフィックス長", "有効な先頭ビットの数。", "How many leading bits count.", source);

const prefixInformation = [
  prefixLength(`${S}.2`),
  field("icmpv6.opt.prefix.flag", 8, "hex", "Flags", "フラグ", "プレフィックスの使い方。", "What the prefix may be used for.", `${S}.2`, { fields: [
    field("icmpv6.opt.prefix.flag.l", 1, "flag", "L (On-link)", "L (リンク上)", "1なら、このプレフィックスの宛先は同じリンクにいる。", "1: destinations with this prefix are on this link.", `${S}.2`),
    field("icmpv6.opt.prefix.flag.a", 1, "flag", "A (Autonomous)", "A (自動設定)", "1なら、ホストはこれから自分のアドレスを作ってよい (SLAAC)。", "1: hosts may make addresses of their own from it (SLAAC).", "RFC 4861 4.6.2, RFC 4862 5.5.3"),
    field("icmpv6.opt.prefix.flag.r", 1, "flag", "R (Router address)", "R (ルータのアドレス)", "モバイルIPv6。", "Mobile IPv6.", "RFC 6275 7.2"),
    field("icmpv6.opt.prefix.flag.reserved", 5, "bits", "Reserved1", "予約", "0。", "Zero.", `${S}.2`)] }),
  lifetime("icmpv6.opt.prefix.valid_lifetime", "Valid Lifetime", "有効期間", "この秒数の間、有効。", "Seconds for which it is valid.", `${S}.2`),
  lifetime("icmpv6.opt.prefix.preferred_lifetime", "Preferred Lifetime", "推奨期間", "この秒数の間、新しい通信に使ってよい。", "Seconds for which new connections should use it.", `${S}.2`),
  reserved(32, `${S}.2`),
  field("icmpv6.opt.prefix", 128, "ipv6", "Prefix", "プレフィックス", "リンクのプレフィックス。", "The link's prefix.", `${S}.2`),
];
const routeInformation = [
  prefixLength("RFC 4191 2.3"),
  field("icmpv6.opt.route_info.flag", 8, "hex", "Flags", "フラグ", "経路の優先度。", "Preference of the route.", "RFC 4191 2.3", { fields: [
    field("icmpv6.opt.route_info.flag.reserved", 3, "bits", "Resvd", "予約", "0。", "Zero.", "RFC 4191 2.3"),
    field("icmpv6.opt.route_info.flag.route_preference", 2, "uint", "Prf", "優先度", "ほかのルータと比べて。", "Compared with other routers.", "RFC 4191 2.3",
      { codes: { 0: words("中", "medium"), 1: words("高", "high"), 3: words("低", "low") } }),
    field("icmpv6.opt.route_info.flag.reserved2", 3, "bits", "Resvd", "予約", "0。", "Zero.", "RFC 4191 2.3")] }),
  lifetime("icmpv6.opt.route_lifetime", "Route Lifetime", "経路の有効期間", "この秒数の間、有効。", "Seconds for which it is valid.", "RFC 4191 2.3"),
  rest(field("icmpv6.opt.route_prefix", undefined, "octets", "Prefix", "プレフィックス", "このルータを通る宛先 (後ろの0は省かれる)。", "Destinations by way of this router (trailing zeros left out).", "RFC 4191 2.3")),
];

/** @type {any} */
export const ndOptions = {
  bare: [], body: (/** @type {number} */ length) => length * 8 - 2,
  kind: field("icmpv6.opt.type", 8, "uint", "Type", "オプションタイプ", "オプションの種類。", "Which option it is.", S,
    { codes: { 1: "Source Link-Layer Address", 2: "Target Link-Layer Address", 3: "Prefix Information", 4: "Redirected Header", 5: "MTU", 14: "Nonce", 24: "Route Information", 25: "RDNSS", 31: "DNSSL" } }),
  length: field("icmpv6.opt.length", 8, "uint", "Length", "オプション長", "タイプと長さを含む長さ。0は誤り。", "Length, type and length included; 0 is an error.", S, { read: words("値×8オクテット", "the value × 8 octets") }),
  of: {
    1: linkAddress("icmpv6.opt.src_linkaddr", "Source Link-Layer Address", "送信元リンク層アドレス", "送った側のMACアドレス。", "The sender's MAC address."),
    2: linkAddress("icmpv6.opt.target_linkaddr", "Target Link-Layer Address", "目標リンク層アドレス", "目標のMACアドレス。これが求めていた答え。", "The target's MAC address: the answer."),
    3: option("Prefix Information", "プレフィックス情報", "ホストはこれから自分のアドレスを作る。", "From it hosts make their addresses.", `${S}.2`, prefixInformation),
    4: option("Redirected Header", "リダイレクトの原因", "原因のパケットの先頭。", "The beginning of the packet that caused it.", `${S}.3`, [
      reserved(48, `${S}.3`), rest(field("icmpv6.opt.redirected_packet", undefined, "octets", "IP header + data", "原因のパケット", "IPヘッダとデータの先頭。", "Its IP header and the beginning of its data.", `${S}.3`))]),
    5: option("MTU", "MTU", "リンクのMTU。", "The link's MTU.", `${S}.4`, [reserved(16, `${S}.4`), field("icmpv6.opt.mtu", 32, "uint", "MTU", "MTU", "このリンクで使うとよいMTU。", "What to use on this link.", `${S}.4`)]),
    14: option("Nonce", "ノンス", "重複アドレス検出で、自分の要請が戻ったものと見分ける。", "Tells one's own solicitation that came back, in duplicate address detection.", "RFC 3971 5.3.2, RFC 7527", [
      rest(field("icmpv6.opt.nonce", undefined, "octets", "Nonce", "ノンス", "乱数。", "Random.", "RFC 3971 5.3.2"))]),
    24: option("Route Information", "経路情報", "既定でない経路。", "A route that is not the default.", "RFC 4191 2.3", routeInformation),
    25: option("Recursive DNS Server", "DNSサーバ (RDNSS)", "使うとよいフルサービスリゾルバ。", "Resolvers to use.", "RFC 8106 5.1", [
      reserved(16, "RFC 8106 5.1"), lifetime("icmpv6.opt.rdnss.lifetime", "Lifetime", "有効期間", "この秒数の間、使ってよい。", "Seconds for which they may be used.", "RFC 8106 5.1"),
      { repeat: "end", fields: [field("icmpv6.opt.rdnss", 128, "ipv6", "Address", "アドレス", "DNSサーバのアドレス。", "The server's address.", "RFC 8106 5.1")] }]),
    31: option("DNS Search List", "検索リスト (DNSSL)", "短い名前の後ろに付けてみるドメイン名。", "Domains to be tried behind a short name.", "RFC 8106 5.2", [
      reserved(16, "RFC 8106 5.2"), lifetime("icmpv6.opt.dnssl.lifetime", "Lifetime", "有効期間", "この秒数の間、使ってよい。", "Seconds for which they may be used.", "RFC 8106 5.2"),
      field("icmpv6.opt.dnssl", undefined, "name", "Domain Name", "ドメイン名", "検索に使う名前。", "A name to search in.", "RFC 8106 5.2"),
      rest(field("icmpv6.opt.padding", undefined, "octets", "Further names and padding", "続きと詰め物", "続く名前と、8オクテットにそろえる0。", "More names, and zeros up to a multiple of eight.", "RFC 8106 5.2"))]),
  },
  unknown: option("Other option", "その他のオプション", "知らない種類は読み飛ばす。", "Unknown kinds are skipped.", S, [
    rest(field("icmpv6.opt.unknown_data", undefined, "octets", "Data", "データ", "オプションの中身。", "What it says.", S))]),
};

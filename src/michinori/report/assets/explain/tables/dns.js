import { field, words } from "./field.js";

const S = "RFC 1035 4.1.1";
const RR_TYPES = {
  1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 41: "OPT", 43: "DS", 46: "RRSIG", 48: "DNSKEY", 64: "SVCB",
  65: "HTTPS", 252: "AXFR", 255: "ANY", 257: "CAA",
};
const CLASSES = { 1: "IN", 3: "CH", 254: "NONE", 255: "ANY" };
const OPCODES = { 0: words("標準問合せ", "standard query"), 2: words("状態", "status"), 4: "NOTIFY", 5: "UPDATE" };
const RCODES = {
  0: words("NOERROR (正常)", "NOERROR"), 1: words("FORMERR (書式の誤り)", "FORMERR"), 2: words("SERVFAIL (サーバの失敗)", "SERVFAIL"),
  3: words("NXDOMAIN (名前は存在しない)", "NXDOMAIN"), 4: words("NOTIMP (未実装)", "NOTIMP"), 5: words("REFUSED (拒否)", "REFUSED"),
};
const OPTION_CODES = { 3: "NSID", 8: "Client Subnet", 10: "COOKIE", 12: "Padding", 15: "Extended DNS Error" };

const bit = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me,
  source = S, /** @type {any} */ codes = { 0: "—", 1: words("はい", "yes") }) => field(`dns.flags.${key}`, 1, "flag", name, ja, mj, me, source, { codes });

const flags = [
  bit("response", "QR", "QR (応答)", "0なら問合せ、1なら応答。", "0: query, 1: response.", S, { 0: words("問合せ", "query"), 1: words("応答", "response") }),
  field("dns.flags.opcode", 4, "uint", "Opcode", "オペコード", "問合せの種類。", "The kind of query.", S, { codes: OPCODES }),
  bit("authoritative", "AA", "AA (権威ある応答)", "応答したのがそのゾーンの権威DNSサーバなら1。", "1: the answer comes from an authority for the zone."),
  bit("truncated", "TC", "TC (切詰め)", "UDPに入りきらず切り詰めた。TCPで問い合わせ直す。", "Cut short to fit UDP: ask again over TCP.", "RFC 1035 4.1.1, RFC 7766"),
  bit("recdesired", "RD", "RD (再帰要求)", "再帰的な問合せなら1。PCはリゾルバに1で頼み、リゾルバは権威DNSサーバに0で反復問合せをする。",
    "1 asks for recursion: a PC asks its resolver with 1, the resolver asks authorities with 0 (iterative)."),
  bit("recavail", "RA", "RA (再帰可)", "応答したサーバが再帰的な問合せに応じるなら1。", "1: this server does recursion."),
  bit("z", "Z", "予約", "0。", "Zero."),
  bit("authenticated", "AD", "AD (検証済み)", "DNSSECで検証した。", "Verified by DNSSEC.", "RFC 4035 3.2.3"),
  bit("checkdisable", "CD", "CD (検証不要)", "DNSSECの検証は要らない。", "No DNSSEC check wanted.", "RFC 4035 3.2.2"),
  field("dns.flags.rcode", 4, "uint", "RCODE", "応答コード", "うまくいったか。", "Whether it went well.", S, { codes: RCODES }),
];

const count = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ en) =>
  field(`dns.count.${key}`, 16, "uint", name, `${ja}の数`, `${ja}の数。`, `How many ${en}.`, S);
const name = (/** @type {string} */ key, /** @type {string} */ label, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me, source = "RFC 1035 3.1, 4.1.4") =>
  field(key, undefined, "name", label, ja, mj, me, source, {
    read: words("長さ1オクテット+ラベルの繰返しで、長さ0で終わる。上位2ビットが11なら、前に出た名前への参照 (圧縮)。",
      "A length octet and a label, again and again, to a length of 0. Two leading 1 bits point back at a name before (compression).") });
const number = (/** @type {string} */ key, /** @type {number} */ bits, /** @type {string} */ label, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me,
  /** @type {string} */ source, more = {}) => field(key, bits, "uint", label, ja, mj, me, source, more);

const question = [
  name("dns.qry.name", "QNAME", "問合せ名", "調べたい名前。", "The name asked about."),
  number("dns.qry.type", 16, "QTYPE", "問合せタイプ", "知りたい資源レコードの種類。", "The kind of record wanted.", "RFC 1035 4.1.2", { codes: RR_TYPES }),
  number("dns.qry.class", 16, "QCLASS", "問合せクラス", "ふつうIN (インターネット)。", "Usually IN, the Internet.", "RFC 1035 4.1.2", { codes: CLASSES }),
];

const R = "RFC 1035 3.3";
const text = { repeat: "end", fields: [
  number("dns.txt.length", 8, "Length", "長さ", "文字列の長さ。", "Length of the string.", `${R}.14`),
  { ...field("dns.txt", undefined, "text", "Text", "文字列", "自由な文字列。", "Any text.", `${R}.14`), length: "dns.txt.length" }] };
/** RDATA by type. */
const rdata = {
  1: [field("dns.a", 32, "ipv4", "Address", "IPv4アドレス", "名前に対応するIPv4アドレス。", "The IPv4 address of the name.", "RFC 1035 3.4.1")],
  2: [name("dns.ns", "NSDNAME", "権威DNSサーバ名", "このゾーンの権威DNSサーバ。", "An authoritative server of the zone.", `${R}.11`)],
  5: [name("dns.cname", "CNAME", "正式名", "別名の指す正式な名前。", "The name that this alias stands for.", `${R}.1`)],
  6: [name("dns.soa.mname", "MNAME", "プライマリサーバ", "ゾーンの元になるサーバ。", "The primary server of the zone.", `${R}.13`),
    name("dns.soa.rname", "RNAME", "管理者", "管理者のメールアドレス (最初の.を@と読む)。", "The mailbox of who is responsible.", `${R}.13`),
    number("dns.soa.serial_number", 32, "SERIAL", "シリアル番号", "ゾーンのバージョン。増えたらゾーン転送する。", "Version of the zone; larger: transfer it.", `${R}.13`),
    number("dns.soa.refresh_interval", 32, "REFRESH", "更新間隔", "セカンダリが確かめる間隔 (秒)。", "How often secondaries check (s).", `${R}.13`),
    number("dns.soa.retry_interval", 32, "RETRY", "再試行間隔", "確かめられなかったときの間隔 (秒)。", "How soon after a failure (s).", `${R}.13`),
    number("dns.soa.expire_limit", 32, "EXPIRE", "期限", "確かめられないまま答えてよい限度 (秒)。", "How long to answer unchecked (s).", `${R}.13`),
    number("dns.soa.minimum_ttl", 32, "MINIMUM", "ネガティブキャッシュTTL", "「ない」という答えを覚えておく秒数の上限。", "How long “there is none” may be kept (s).", "RFC 2308 4")],
  12: [name("dns.ptr.domain_name", "PTRDNAME", "名前", "逆引きの答え。", "The answer of a reverse look-up.", `${R}.12`)],
  15: [number("dns.mx.preference", 16, "PREFERENCE", "優先度", "小さいほど優先。", "Smaller is preferred.", `${R}.9`),
    name("dns.mx.mail_exchange", "EXCHANGE", "メールサーバ", "メールの届け先。", "Where mail goes.", `${R}.9`)],
  16: [text],
  28: [field("dns.aaaa", 128, "ipv6", "Address", "IPv6アドレス", "名前に対応するIPv6アドレス。", "The IPv6 address of the name.", "RFC 3596 2.2")],
  41: [{ repeat: "end", fields: [
    number("dns.opt.code", 16, "OPTION-CODE", "オプションコード", "EDNSオプションの種類。", "Which EDNS option.", "RFC 6891 6.1.2", { codes: OPTION_CODES }),
    number("dns.opt.len", 16, "OPTION-LENGTH", "オプション長", "続くオクテット数。", "Octets that follow.", "RFC 6891 6.1.2"),
    { ...field("dns.opt.data", undefined, "octets", "OPTION-DATA", "オプションデータ", "オプションの中身。", "What it says.", "RFC 6891 6.1.2"), length: "dns.opt.len" }] }],
};
const anything = [{ ...field("dns.data", undefined, "octets", "RDATA", "データ", "この種類の資源レコードのデータ。", "Data of this type.", "RFC 1035 4.1.3"), rest: true }];

const rlength = number("dns.resp.len", 16, "RDLENGTH", "データ長", "続くデータのオクテット数。", "Octets of data that follow.", "RFC 1035 4.1.3");
const record = [
  name("dns.resp.name", "NAME", "名前", "この資源レコードの持ち主の名前。", "Whose record it is."),
  number("dns.resp.type", 16, "TYPE", "タイプ", "資源レコードの種類。", "The kind of record.", "RFC 1035 4.1.3", { codes: RR_TYPES }),
  { choice: "dns.resp.type", of: {
    // EDNS gives class and TTL of its pseudo-record another meaning.
    41: [
      number("dns.rr.udp_payload_size", 16, "UDP payload size", "UDPペイロード長", "UDPで受け取れる応答の大きさ (EDNS0)。なければ512オクテットまで。",
        "How large an answer may be over UDP (EDNS0); without it 512 octets.", "RFC 6891 6.1.2"),
      field("dns.resp.ext_rcode", 8, "hex", "EXTENDED-RCODE", "拡張応答コード", "応答コードの上位8ビット。", "Upper 8 bits of the RCODE.", "RFC 6891 6.1.3"),
      number("dns.resp.edns0_version", 8, "VERSION", "EDNSのバージョン", "0。", "Zero.", "RFC 6891 6.1.3"),
      field("dns.resp.z", 16, "hex", "Z", "フラグ", "EDNSのフラグ。", "Flags of EDNS.", "RFC 6891 6.1.4", { fields: [
        field("dns.resp.z.do", 1, "flag", "DO", "DO", "DNSSECの資源レコードがほしい。", "DNSSEC records wanted.", "RFC 3225 3"),
        field("dns.resp.z.reserved", 15, "hex", "Reserved", "予約", "0。", "Zero.", "RFC 6891 6.1.4")] }),
    ],
  }, otherwise: [
    number("dns.resp.class", 16, "CLASS", "クラス", "ふつうIN。", "Usually IN.", "RFC 1035 4.1.3", { codes: CLASSES }),
    number("dns.resp.ttl", 32, "TTL", "TTL (生存時間)", "キャッシュに置いてよい秒数。IPヘッダのTTLとは別物。", "Seconds for which it may be cached. Not the TTL of the IP header.", "RFC 1035 4.1.3, RFC 2181 8"),
  ] },
  rlength,
  { within: "dns.resp.len", fields: [{ choice: "dns.resp.type", of: rdata, otherwise: anything }] },
];

const section = (/** @type {string} */ key, /** @type {string} */ label, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me, /** @type {any[]} */ fields) => ({
  repeat: key, group: field(`dns.section.${key.split(".").at(-1)}`, undefined, "octets", label, ja, mj, me, "RFC 1035 4.1"), fields });

export const dns = {
  key: "dns", name: "DNS", label: words("DNSメッセージ", "DNS message"), unit: words("メッセージ", "message"), osi: 7,
  meaning: words("名前からIPアドレスなどを調べる (名前解決)。問合せと応答は同じ形。", "Looks up addresses and more by name. Queries and responses have one form."),
  source: "RFC 1035 4.1",
  fields: [
    field("dns.id", 16, "hex", "ID", "識別子", "応答は問合せの値を写す。予想されにくい乱数でなければならない (キャッシュポイズニング対策)。",
      "The response copies it. Must be hard to guess (cache poisoning).", "RFC 1035 4.1.1, RFC 5452"),
    field("dns.flags", 16, "hex", "Flags", "フラグ", "問合せか応答か、再帰か、結果など。", "Query or response, recursion, result.", S, { fields: flags }),
    count("queries", "QDCOUNT", "質問", "questions"), count("answers", "ANCOUNT", "回答", "answer records"),
    count("auth_rr", "NSCOUNT", "権威部のレコード", "records of authority"), count("add_rr", "ARCOUNT", "付加情報部のレコード", "additional records"),
    section("dns.count.queries", "Question", "質問部", "何を知りたいか。", "What is asked.", question),
    section("dns.count.answers", "Answer", "回答部", "求めた資源レコード。", "The records asked for.", record),
    section("dns.count.auth_rr", "Authority", "権威部", "続きを知る権威DNSサーバ (委任)。", "Which servers know more (a referral).", record),
    section("dns.count.add_rr", "Additional", "付加情報部", "そのサーバのアドレス (グルー) や、EDNSのOPT。", "Their addresses (glue), and OPT of EDNS.", record),
  ],
};

/** Over TCP each message follows its length. */
export const dnsLength = field("dns.length", 16, "uint", "Length", "メッセージ長", "TCPでは、メッセージの前に長さを付ける。", "Over TCP, a message follows its length.", "RFC 1035 4.2.2, RFC 7766 8");

// The extensions of TLS's Hellos (RFC 8446 section 4.2): what the client offers, and what the server takes of it.
import { field, words } from "./field.js";
import { EXTENSIONS, GROUPS, SIGNATURES, SUPPORTED_VERSIONS } from "./tls_codes.js";

/** @typedef {Map<string, any>} Values */

const S = "RFC 8446 4.2";
const count = (/** @type {string} */ key, /** @type {number} */ bits, /** @type {string} */ source) => field(key, bits, "uint", "length", "長さ", "続くオクテット数。", "Octets that follow.", source);
const number = (/** @type {string} */ key, /** @type {number} */ bits, /** @type {string} */ kind, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me,
  /** @type {string} */ source, more = {}) => field(key, bits, kind, name, ja, mj, me, source, more);
/** So many octets as the field `length` says. */
const counted = (/** @type {string} */ key, /** @type {string} */ kind, /** @type {string} */ length, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me,
  /** @type {string} */ source) => ({ ...field(key, undefined, kind, name, ja, mj, me, source), length });
const each = (/** @type {any[]} */ fields) => ({ repeat: "end", fields });
const H = "tls.handshake.";

const serverName = [
  count(`${H}extensions_server_name_list_len`, 16, "RFC 6066 3"),
  each([number(`${H}extensions_server_name_type`, 8, "uint", "NameType", "名前の種類", "0: ホスト名。", "0: host_name.", "RFC 6066 3", { codes: { 0: "host_name" } }), count(`${H}extensions_server_name_len`, 16, "RFC 6066 3"),
    counted(`${H}extensions_server_name`, "text", `${H}extensions_server_name_len`, "HostName", "サーバ名", "どのサイトに接続したいか。暗号化されないので、途中の誰にでも見える。",
      "Which site is wanted. Not encrypted: anyone on the way can read it.", "RFC 6066 3")]),
];
const alpn = [
  count(`${H}extensions_alpn_len`, 16, "RFC 7301 3.1"),
  { repeat: "end", group: field(`${H}extensions_alpn_list`, undefined, "octets", "ProtocolNameList", "プロトコルの並び", "クライアントは候補を望む順に、サーバは選んだ一つを。", "The client's choice, best first; of the server, the one it takes.", "RFC 7301 3.1"), fields: [
    count(`${H}extensions_alpn_str_len`, 8, "RFC 7301 3.1"),
    counted(`${H}extensions_alpn_str`, "text", `${H}extensions_alpn_str_len`, "ProtocolName", "プロトコル", "h2はHTTP/2、http/1.1はHTTP/1.1。", "h2 is HTTP/2, http/1.1 is HTTP/1.1.", "RFC 7301 3.1")] },
];
const groups = [
  count(`${H}extensions_supported_groups_length`, 16, `${S}.7`),
  { repeat: "end", group: field(`${H}extensions_supported_groups`, undefined, "octets", "named_group_list", "鍵交換の候補", "鍵交換に使える楕円曲線など。望む順。", "Curves and more for the key exchange, best first.", `${S}.7`),
    fields: [number(`${H}extensions_supported_group`, 16, "hex", "NamedGroup", "グループ", "鍵交換の方式。", "A way to exchange keys.", `${S}.7`, { codes: GROUPS })] },
];
const points = [
  count(`${H}extensions_ec_point_formats_length`, 8, "RFC 8422 5.1.2"),
  { repeat: "end", group: field(`${H}extensions_ec_point_formats`, undefined, "octets", "ec_point_format_list", "点の形式の候補", "曲線上の点の表し方。", "How points of a curve are written.", "RFC 8422 5.1.2"), fields: [
    number(`${H}extensions_ec_point_format`, 8, "uint", "ECPointFormat", "点の形式", "0: 圧縮しない。", "0: uncompressed.", "RFC 8422 5.1.2", { codes: { 0: "uncompressed", 1: "ansiX962_compressed_prime", 2: "ansiX962_compressed_char2" } })] },
];
/** In CertificateRequest of TLS 1.2 too. */
export const signatures = [
  count(`${H}sig_hash_alg_len`, 16, `${S}.3`),
  { within: `${H}sig_hash_alg_len`, group: field(`${H}sig_hash_algs`, undefined, "octets", "supported_signature_algorithms", "署名方式の候補", "確かめられる署名。望む順。", "Signatures that can be checked, best first.", `${S}.3`),
    fields: [each([number(`${H}sig_hash_alg`, 16, "hex", "SignatureScheme", "署名方式", "署名とハッシュの組。", "A signature and a hash.", `${S}.3`, { codes: SIGNATURES })])] },
];
const oneVersion = number(`${H}extensions.supported_version`, 16, "hex", "ProtocolVersion", "バージョン", "TLSのバージョン。", "A version of TLS.", `${S}.1`, { codes: SUPPORTED_VERSIONS });
const modes = [
  count("tls.extension.psk_ke_modes_length", 8, `${S}.9`),
  each([number("tls.extension.psk_ke_mode", 8, "uint", "PskKeyExchangeMode", "再開の方式", "セッションの再開で、鍵交換もするか。", "Whether resumption exchanges keys too.", `${S}.9`, { codes: { 0: "psk_ke", 1: "psk_dhe_ke" } })]),
];
const key = [
  number(`${H}extensions_key_share_group`, 16, "uint", "group", "グループ", "鍵交換の方式。", "The way to exchange keys.", `${S}.8`, { codes: GROUPS }),
  count(`${H}extensions_key_share_key_exchange_length`, 16, `${S}.8`),
  counted(`${H}extensions_key_share_key_exchange`, "octets", `${H}extensions_key_share_key_exchange_length`, "key_exchange", "公開鍵", "双方の公開鍵から共通の鍵を計算する。公開鍵を見ただけの者には計算できない。",
    "Both public keys together give the shared key, which nobody can compute from what is seen here.", `${S}.8.2`),
];
const keys = [count(`${H}extensions_key_share_client_length`, 16, `${S}.8`), each(key)];
const preShared = [
  count(`${H}extensions.psk.identities.length`, 16, `${S}.11`),
  { within: `${H}extensions.psk.identities.length`, fields: [each([
    count(`${H}extensions.psk.identity.identity_length`, 16, `${S}.11`),
    counted(`${H}extensions.psk.identity.identity`, "octets", `${H}extensions.psk.identity.identity_length`, "identity", "チケット", "前のセッションでもらったもの。", "From a session before.", `${S}.11`),
    number(`${H}extensions.psk.identity.obfuscated_ticket_age`, 32, "uint", "obfuscated_ticket_age", "チケットの経過時間 (難読化)", "もらってからのミリ秒に、外から分からなくするための数を足したもの。", "Milliseconds since then, plus a number that hides them.", `${S}.11.1`)])] },
  count(`${H}extensions.psk.binders_len`, 16, `${S}.11`),
  counted(`${H}extensions.psk.binders`, "octets", `${H}extensions.psk.binders_len`, "binders", "検査値", "チケットの秘密を知ることの証し。", "Shows that the ticket's secret is known.", `${S}.11.2`),
];
const status = [
  number(`${H}extensions_status_request_type`, 8, "uint", "status_type", "種類", "1: OCSP。証明書が失効していないかを、サーバに添えてもらう。", "1: OCSP. The server shall add whether its certificate was revoked.", "RFC 6066 8", { codes: { 1: "ocsp" } }),
  count(`${H}extensions_status_request_responder_ids_len`, 16, "RFC 6066 8"),
  { within: `${H}extensions_status_request_responder_ids_len`, fields: [] }, count(`${H}extensions_status_request_exts_len`, 16, "RFC 6066 8"), { within: `${H}extensions_status_request_exts_len`, fields: [] },
];
const renegotiation = [
  count(`${H}extensions_reneg_info_len`, 8, "RFC 5746 3.2"),
  { repeat: (/** @type {Values} */ values) => (values.get(`${H}extensions_reneg_info_len`) ? 1 : 0), fields: [
    counted(`${H}extensions_reneg_info`, "octets", `${H}extensions_reneg_info_len`, "renegotiated_connection", "再ネゴシエーションの証し", "前のハンドシェイクの検査値。", "From the handshake before.", "RFC 5746 3.2")] },
];
const rest = (/** @type {any} */ spec) => [{ ...spec, rest: true }];

/** By type; of the server (2/…) and of a HelloRetryRequest (retry/…) where theirs differ. @type {Record<string, any[]>} */
const CONTENTS = {
  0: serverName, 5: status, 10: groups, 11: points, 13: signatures, 16: alpn, 41: preShared, 45: modes, 50: signatures, 51: keys, 65281: renegotiation,
  1: [number(`${H}max_fragment_length`, 8, "uint", "MaxFragmentLength", "レコードの最大長", "2の(8+値)乗オクテット。", "2 to the power of 8 + the value.", "RFC 6066 4")],
  21: rest(field(`${H}extensions_padding_data`, undefined, "octets", "padding", "詰め物", "長さをそろえる0。", "Zeros, for the length.", "RFC 7685 3")),
  28: [number("tls.record_size_limit", 16, "uint", "RecordSizeLimit", "レコードの最大長", "受け取れる大きさ。", "As large as it can take.", "RFC 8449 4")],
  43: [count(`${H}extensions.supported_versions_len`, 8, `${S}.1`), each([oneVersion])],
  44: [count(`${H}extensions.cookie_len`, 16, `${S}.2`), counted(`${H}extensions.cookie`, "octets", `${H}extensions.cookie_len`, "cookie", "クッキー", "サーバがやり直しの要求で渡したもの。", "Given with a HelloRetryRequest.", `${S}.2`)],
  "2/41": [number(`${H}extensions.psk.identity.selected`, 16, "uint", "selected_identity", "選んだチケット", "何番目のものか。", "Which of them.", `${S}.11`)],
  "2/43": [{ ...oneVersion, meaning: words("サーバが選んだバージョン。", "The version that the server chose.") }],
  "2/51": key,
  "retry/51": [number(`${H}extensions_key_share_selected_group`, 16, "uint", "selected_group", "選んだグループ", "この方式の鍵で、やり直してほしい。", "Come again with a key of this kind.", `${S}.8`, { codes: GROUPS })],
  empty: [],
};

/** @param {Values} values */
function contentsOf(values) {
  const type = values.get(`${H}extension.type`), length = values.get(`${H}extension.len`);
  if (length === 0) return "empty";
  if (values.get(`${H}type`) !== 2) return type;
  if (type === 51 && length === 2) return "retry/51";
  return `2/${type}` in CONTENTS ? `2/${type}` : type;
}

/** One extension, its parts under it. */
export const extension = {
  each: field("tls.handshake.extension", undefined, "octets", "Extension", "拡張", "追加の取決め。サーバはクライアントが申し出たものだけに答える。", "A further agreement; a server answers only what the client offered.", S),
  fields: [
    number(`${H}extension.type`, 16, "uint", "ExtensionType", "拡張の種類", "どの拡張か。", "Which extension it is.", S, { codes: EXTENSIONS }),
    count(`${H}extension.len`, 16, S),
    { within: `${H}extension.len`, fields: [{ choice: contentsOf, of: CONTENTS, otherwise: rest(field(`${H}extension.data`, undefined, "octets", "extension_data", "中身", "この拡張の中身。", "What the extension says.", S)) }] },
  ],
};

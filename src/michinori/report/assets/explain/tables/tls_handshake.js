// The messages of TLS's handshake as far as they go in the clear: the Hellos of all versions, and the rest of TLS 1.2.
import { field, words } from "./field.js";
import { CIPHER_SUITES, SIGNATURES } from "./tls_codes.js";
import { extension, signatures } from "./tls_extensions.js";

/** @typedef {Map<string, any>} Values */

export const VERSIONS = { 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3" };

const S = "RFC 8446 4", OLD = "RFC 5246 7.4";
const count = (/** @type {string} */ key, /** @type {number} */ bits, /** @type {string} */ name, /** @type {string} */ source) => field(key, bits, "uint", name, "長さ", "続くオクテット数。", "Octets that follow.", source);
const octets = (/** @type {string} */ key, /** @type {string} */ length, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me, /** @type {string} */ source) =>
  ({ ...field(key, undefined, "octets", name, ja, mj, me, source), length });
const group = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me, /** @type {string} */ source) =>
  field(key, undefined, "octets", name, ja, mj, me, source);

const version = field("tls.handshake.version", 16, "hex", "legacy_version", "バージョン (互換用)", "TLS 1.2まではこれがバージョン。TLS 1.3では0x0303のままで、supported_versionsが決める。",
  "Up to TLS 1.2 this is the version; in TLS 1.3 it stays 0x0303 and supported_versions decides.", `${S}.1.2`, { codes: VERSIONS });
const random = field("tls.handshake.random", 256, "octets", "random", "乱数", "鍵を作る材料。", "Goes into the keys.", `${S}.1.2`);
const session = [
  count("tls.handshake.session_id_length", 8, "session_id length", `${S}.1.2`),
  octets("tls.handshake.session_id", "tls.handshake.session_id_length", "legacy_session_id", "セッションID (互換用)", "TLS 1.2ではセッション再開の目印。TLS 1.3では互換のための乱数で、サーバはそのまま返す。",
    "In TLS 1.2 for resumption; in TLS 1.3 random, for compatibility, and echoed.", `${S}.1.2`),
];
const suite = (/** @type {string} */ mj, /** @type {string} */ me) => field("tls.handshake.ciphersuite", 16, "hex", "CipherSuite", "暗号スイート", mj, me, `${S}.1.2, B.4`, { codes: CIPHER_SUITES });
const method = field("tls.handshake.comp_method", 8, "uint", "compression_method", "圧縮方式", "0: 圧縮しない。", "0: none.", `${S}.1.2`, { codes: { 0: words("なし", "null") } });
/** Absent in the oldest Hellos. */
const extensions = { repeat: (/** @type {Values} */ _, /** @type {{left: number}} */ cursor) => (cursor.left > 0 ? 1 : 0), fields: [
  count("tls.handshake.extensions_length", 16, "extensions length", `${S}.2`), { within: "tls.handshake.extensions_length", fields: [{ repeat: "end", ...extension }] }] };

const clientHello = [
  version, random, ...session,
  count("tls.handshake.cipher_suites_length", 16, "cipher_suites length", `${S}.1.2`),
  { within: "tls.handshake.cipher_suites_length", group: group("tls.handshake.ciphersuites", "cipher_suites", "暗号スイートの候補", "クライアントが使える方式。望む順。", "What the client can use, best first.", `${S}.1.2`),
    fields: [{ repeat: "end", fields: [suite("暗号とハッシュの組。", "A cipher and a hash.")] }] },
  count("tls.handshake.comp_methods_length", 8, "compression_methods length", `${S}.1.2`),
  { within: "tls.handshake.comp_methods_length", group: group("tls.handshake.comp_methods", "legacy_compression_methods", "圧縮方式の候補", "0だけでなければならない。", "Must be 0 alone.", `${S}.1.2`), fields: [{ repeat: "end", fields: [method] }] },
  extensions,
];
const serverHello = [version, { ...random, meaning: words("鍵を作る材料。決まった値なら、やり直しの要求 (HelloRetryRequest)。", "Goes into the keys. A fixed value makes it a HelloRetryRequest."), source: `${S}.1.3` }, ...session,
  suite("サーバが選んだ方式。", "What the server chose."), method, extensions];

const certificates = [
  count("tls.handshake.certificates_length", 24, "certificate_list length", `${OLD}.2`),
  { within: "tls.handshake.certificates_length", group: group("tls.handshake.certificates", "certificate_list", "証明書の並び", "自分の証明書、それに署名した認証局の証明書、の順。", "The sender's own, then those of the authorities that signed it.", `${OLD}.2`),
    fields: [{ repeat: "end", fields: [
      count("tls.handshake.certificate_length", 24, "certificate length", `${OLD}.2`),
      octets("tls.handshake.certificate", "tls.handshake.certificate_length", "ASN.1Cert", "証明書", "X.509のDER形式。公開鍵と名前、認証局の署名。", "X.509 in DER: a public key, names, an authority's signature.", `${OLD}.2, RFC 5280 4.1`)] }] },
];
const signedAs = (/** @type {string} */ key) => [
  field("tls.handshake.sig_hash_alg", 16, "hex", "algorithm", "署名方式", "何で署名したか。", "How it was signed.", `${OLD}.1.4.1`, { codes: SIGNATURES }),
  count(`${key}_len`, 16, "signature length", `${OLD}.3`),
  octets(key, `${key}_len`, "signature", "署名", "証明書の秘密鍵を持つことの証し。", "Shows that the sender holds the certificate's private key.", `${OLD}.3`),
];
const point = (/** @type {string} */ who) => [
  count(`tls.handshake.${who}_point_len`, 8, "point length", "RFC 8422 5.4"),
  octets(`tls.handshake.${who}_point`, `tls.handshake.${who}_point_len`, "public", "公開鍵", "ECDHEの公開鍵。双方のものから共通の鍵を計算する。", "The public key of ECDHE: both together give the shared key.", "RFC 8422 5.4, 5.7"),
];
const rest = { ...field("tls.handshake.data", undefined, "octets", "body", "中身", "このメッセージの中身。", "What the message holds.", S), rest: true };
const serverKeyExchange = [
  field("tls.handshake.server_curve_type", 8, "uint", "curve_type", "曲線の表し方", "3: 名前で。", "3: by name.", "RFC 8422 5.4", { codes: { 3: "named_curve" } }),
  { choice: "tls.handshake.server_curve_type", of: { 3: [
    field("tls.handshake.server_named_curve", 16, "hex", "namedcurve", "曲線", "鍵交換の楕円曲線。", "The elliptic curve of the key exchange.", "RFC 8422 5.1.1", { codes: { 23: "secp256r1", 24: "secp384r1", 25: "secp521r1", 29: "x25519", 30: "x448" } }),
    ...point("server"), ...signedAs("tls.handshake.sig")] }, otherwise: [rest] },
];
/** Of ECDHE a point with its length, else a secret that RSA hides. */
const clientKeyExchange = [{ choice: (/** @type {Values} */ _, /** @type {import("../cursor.js").Cursor} */ { octets: all, at, left }) => (all[at] * 8 + 8 === left ? "point" : "secret"), of: { point: point("client") }, otherwise: [
  count("tls.handshake.epms_len", 16, "length", `${OLD}.7.1`),
  octets("tls.handshake.epms", "tls.handshake.epms_len", "encrypted_premaster_secret", "暗号化された共通の秘密", "サーバの公開鍵で暗号化してある。", "Encrypted by the server's public key.", `${OLD}.7.1`)] }];
const ticket = [
  field("tls.handshake.session_ticket_lifetime_hint", 32, "uint", "ticket_lifetime_hint", "有効期間の目安 (秒)", "この間、セッションを再開できる。", "For so many seconds the session can be resumed.", "RFC 5077 3.3"),
  count("tls.handshake.session_ticket_length", 16, "ticket length", "RFC 5077 3.3"),
  octets("tls.handshake.session_ticket", "tls.handshake.session_ticket_length", "ticket", "チケット", "サーバだけが読める。再開のときに示す。", "Readable by the server alone; shown to resume.", "RFC 5077 3.3"),
];
const certificateRequest = [
  count("tls.handshake.cert_types_count", 8, "certificate_types length", `${OLD}.4`),
  { within: "tls.handshake.cert_types_count", group: group("tls.handshake.cert_types", "certificate_types", "証明書の種類", "受け取れるクライアント証明書。", "Client certificates that are welcome.", `${OLD}.4`),
    fields: [{ repeat: "end", fields: [field("tls.handshake.cert_type", 8, "uint", "ClientCertificateType", "種類", "鍵の種類。", "The kind of key.", `${OLD}.4`, { codes: { 1: "rsa_sign", 2: "dss_sign", 64: "ecdsa_sign" } })] }] },
  ...signatures,
  count("tls.handshake.dnames_len", 16, "certificate_authorities length", `${OLD}.4`),
  { within: "tls.handshake.dnames_len", fields: [{ repeat: (/** @type {Values} */ values) => (values.get("tls.handshake.dnames_len") ? 1 : 0),
    fields: [{ ...field("tls.handshake.dnames", undefined, "octets", "certificate_authorities", "認証局", "信用する認証局の名前。", "Names of authorities that are trusted.", `${OLD}.4`), rest: true }] }] },
];

export const handshakeType = field("tls.handshake.type", 8, "uint", "HandshakeType", "ハンドシェイクの種類", "何のメッセージか。", "Which message it is.", S,
  { codes: { 0: "HelloRequest", 1: "ClientHello", 2: "ServerHello", 4: "NewSessionTicket", 11: "Certificate", 12: "ServerKeyExchange", 13: "CertificateRequest", 14: "ServerHelloDone",
    15: "CertificateVerify", 16: "ClientKeyExchange", 22: "CertificateStatus" } });

/** One message, its parts under it. */
export const handshake = {
  each: field("tls.handshake", undefined, "octets", "Handshake", "ハンドシェイクメッセージ", "鍵と方式を取り決める。", "Agrees on keys and methods.", S),
  fields: [
    handshakeType,
    count("tls.handshake.length", 24, "length", S),
    { within: "tls.handshake.length", fields: [{ choice: "tls.handshake.type", of: {
      0: [], 1: clientHello, 2: serverHello, 4: ticket, 11: certificates, 12: serverKeyExchange, 13: certificateRequest, 14: [], 15: signedAs("tls.handshake.client_cert_vrfy.sig"), 16: clientKeyExchange,
    }, otherwise: [rest] }] },
  ],
};

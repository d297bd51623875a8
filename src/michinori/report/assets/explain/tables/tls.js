// TLS: its records, and what in them is not encrypted.
import { field, words } from "./field.js";
import { VERSIONS, handshake, handshakeType } from "./tls_handshake.js";

/** @typedef {Map<string, any>} Values */

const S = "RFC 8446 5.1";
const CONTENT = {
  20: words("暗号仕様の変更", "change cipher spec"), 21: words("アラート", "alert"), 22: words("ハンドシェイク", "handshake"), 23: words("アプリケーションデータ (暗号化)", "application data (encrypted)"),
};
const LEVELS = { 1: words("警告", "warning"), 2: words("致命的", "fatal") };
const ALERTS = {
  0: words("close_notify (正常な終わり)", "close_notify (an orderly end)"), 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 40: "handshake_failure", 42: "bad_certificate",
  43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error",
  70: "protocol_version", 71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension", 110: "unsupported_extension",
  112: "unrecognized_name", 113: "bad_certificate_status_response", 115: "unknown_psk_identity", 116: "certificate_required",
  120: "no_application_protocol",
};

const opaque = (/** @type {string} */ key, /** @type {string} */ ja, /** @type {string} */ en, /** @type {string} */ mj, /** @type {string} */ me, /** @type {string} */ source) =>
  ({ ...field(key, undefined, "octets", en, ja, mj, me, source), rest: true });
const encryptedData = opaque("tls.app_data", "暗号化されたデータ", "encrypted_record", "鍵がなければ読めない。TLS 1.3では、ハンドシェイクの続きもこの形で送られる。",
  "Unreadable without the key. In TLS 1.3 the rest of the handshake looks so too.", "RFC 8446 5.2");
const encryptedHandshake = opaque("tls.handshake", "暗号化されたハンドシェイク", "encrypted handshake message", "暗号仕様の変更の後なので、鍵がなければ読めない (または、前のレコードの続き)。",
  "Behind the change of cipher spec: unreadable without the key (or the rest of a message of the record before).", "RFC 5246 7.1");
const encryptedAlert = opaque("tls.alert_message", "暗号化されたアラート", "encrypted alert", "多くは終わりの合図 (close_notify)。", "Mostly the sign of the end (close_notify).", "RFC 8446 6");
const alert = [{ within: "tls.record.length", group: field("tls.alert_message", undefined, "octets", "Alert", "アラート", "終わりや誤りの知らせ。", "Tells of the end, or of an error.", "RFC 8446 6"), fields: [
  field("tls.alert_message.level", 8, "uint", "level", "重大さ", "続けられるか。", "Whether it can go on.", "RFC 8446 6", { codes: LEVELS }),
  field("tls.alert_message.desc", 8, "uint", "description", "理由", "何が起きたか。", "What happened.", "RFC 8446 6", { codes: ALERTS }),
] }];
const LONGEST = 1 << 14;
const RETRIED = new Set([1, 2]);

/**
 * Whether a handshake record can be read: what it says must make sense. Behind a change of cipher spec only another Hello can
 * (RFC 8446 appendix D.4).
 * @param {Values} values
 * @param {import("../cursor.js").Cursor} cursor
 */
function handshakeForm(values, cursor) {
  const { octets, at, left } = cursor, type = octets[at], record = values.get("tls.record.length");
  const known = left >= 8 && handshakeType.codes !== undefined && type in handshakeType.codes;
  if (!known || (values.has("tls.change_cipher_spec") && !RETRIED.has(type))) return "encrypted";
  if (left < 32) return "clear";
  const length = (octets[at + 1] << 16) | (octets[at + 2] << 8) | octets[at + 3];
  return length + 4 <= record || record === LONGEST ? "clear" : "encrypted";
}

const record = field("tls.record", undefined, "octets", "TLSPlaintext / TLSCiphertext", "TLSレコード", "TLSが運ぶ単位。中身は16,384オクテットまで。", "The unit in which TLS carries data: up to 16,384 octets.", S);

export const tls = {
  key: "tls", name: "TLS", label: words("TLSレコード", "TLS records"), unit: words("レコード", "record"), osi: 6,
  meaning: words("TCPの確立の後、リクエストの前に鍵を取り決め、以後のデータを暗号化する。", "After TCP is up and before the request, agrees on keys; then encrypts what follows."),
  source: S,
  fields: [{ repeat: "end", each: record, fields: [
    field("tls.record.content_type", 8, "uint", "ContentType", "コンテンツタイプ", "レコードの中身。", "What the record holds.", S, { codes: CONTENT }),
    field("tls.record.version", 16, "hex", "legacy_record_version", "バージョン (互換用)", "互換のための値で、実際のバージョンはハンドシェイクで決まる。", "For compatibility; the handshake settles the version.", S, { codes: VERSIONS }),
    field("tls.record.length", 16, "uint", "length", "長さ", "続くオクテット数。", "Octets that follow.", S),
    { within: "tls.record.length", fields: [{ choice: "tls.record.content_type", of: {
      20: [field("tls.change_cipher_spec", 8, "uint", "change_cipher_spec", "暗号仕様の変更", "1。TLS 1.2では、ここから先が暗号化される。TLS 1.3では互換のためだけに送る。",
        "1. In TLS 1.2 all that follows is encrypted; in TLS 1.3 it is sent for compatibility alone.", "RFC 5246 7.1, RFC 8446 D.4")],
      21: [{ choice: (/** @type {Values} */ values) => (values.get("tls.record.length") === 2 ? "clear" : "encrypted"), of: { clear: alert }, otherwise: [encryptedAlert] }],
      22: [{ choice: handshakeForm, of: { clear: [{ repeat: "end", ...handshake }] }, otherwise: [encryptedHandshake] }],
    }, otherwise: [encryptedData] }] },
  ] }],
};

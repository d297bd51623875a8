// TLS, as far as it can be seen from outside: its records.
import { field, words } from "./field.js";

const CONTENT = {
  20: words("暗号仕様の変更", "change cipher spec"), 21: words("警告", "alert"), 22: words("ハンドシェイク", "handshake"), 23: words("応用データ (暗号化)", "application data (encrypted)"),
};
const HANDSHAKE = { 1: "ClientHello", 2: "ServerHello", 4: "NewSessionTicket", 8: "EncryptedExtensions", 11: "Certificate", 12: "ServerKeyExchange", 14: "ServerHelloDone", 15: "CertificateVerify", 16: "ClientKeyExchange", 20: "Finished" };

const content = { ...field("tls.app_data", undefined, "octets", "Fragment", "中身", "暗号化されていれば、鍵がなければ読めない。", "If encrypted, unreadable without the key.", "RFC 8446 5.2"), rest: true };

export const tls = {
  key: "tls", name: "TLS", label: words("TLSレコード", "TLS records"), unit: words("レコード", "record"), osi: 6,
  meaning: words("TCPの確立の後、リクエストの前に鍵を取り決め、以後のデータを暗号化する。", "After TCP is up and before the request, agrees on keys; then encrypts what follows."),
  source: "RFC 8446 5.1",
  fields: [{ repeat: "end", fields: [
    field("tls.record.content_type", 8, "uint", "ContentType", "コンテンツタイプ", "レコードの中身。", "What the record holds.", "RFC 8446 5.1", { codes: CONTENT }),
    field("tls.record.version", 16, "hex", "legacy_record_version", "版 (互換用)", "互換のための値で、実際の版はハンドシェイクで決まる。", "For compatibility; the handshake settles the version.", "RFC 8446 5.1",
      { codes: { 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3" } }),
    field("tls.record.length", 16, "uint", "length", "長さ", "続くオクテット数。", "Octets that follow.", "RFC 8446 5.1"),
    { within: "tls.record.length", fields: [{ choice: "tls.record.content_type", of: {
      22: [field("tls.handshake.type", 8, "uint", "HandshakeType", "ハンドシェイクの種類", "暗号化された後は読めない。", "Not readable once encrypted.", "RFC 8446 4", { codes: HANDSHAKE }), content],
    }, otherwise: [content] }] },
  ] }],
};

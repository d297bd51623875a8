// IPsec's two headers, as far as they can be seen from outside.
import { field, words } from "./field.js";
import { NEXT_HEADERS } from "./ipv6.js";

const spi = (/** @type {string} */ key, /** @type {string} */ source) => field(`${key}.spi`, 32, "hex", "Security Parameters Index (SPI)", "SPI (セキュリティパラメタインデックス)",
  "受け手はこれで、どのSA (鍵と方式の取決め) のパケットか分かる。", "By it the receiver knows which security association (keys and methods) the packet belongs to.", source);
const sequence = (/** @type {string} */ key, /** @type {string} */ source) => field(`${key}.sequence`, 32, "uint", "Sequence Number", "シーケンス番号",
  "1ずつ増える。同じパケットの再送り (リプレイ攻撃) を見破る。", "Grows by one; shows replayed packets.", source);

export const ah = {
  key: "ah", name: "AH", label: words("認証ヘッダ (AH)", "Authentication header (AH)"), unit: words("パケット", "packet"), osi: 3,
  meaning: words("IPsecの認証ヘッダ。パケットが改ざんされていないことを示す (暗号化はしない)。", "IPsec's authentication: shows that the packet was not changed; hides nothing."),
  source: "RFC 4302 2",
  fields: [
    field("ah.next_header", 8, "uint", "Next Header", "次ヘッダ", "後ろに続くもの。", "What follows.", "RFC 4302 2.1", { codes: NEXT_HEADERS }),
    field("ah.length", 8, "uint", "Payload Len", "長さ", "このヘッダの長さ。", "Length of this header.", "RFC 4302 2.2",
      { read: words("(値+2)×4オクテット", "(the value + 2) × 4 octets") }),
    field("ah.reserved", 16, "octets", "RESERVED", "予約", "0。", "Zero.", "RFC 4302 2.3"),
    spi("ah", "RFC 4302 2.4"), sequence("ah", "RFC 4302 2.5"),
    { within: (/** @type {Map<string, number>} */ values) => (Number(values.get("ah.length")) + 2) * 4 - 12, fields: [
      { ...field("ah.icv", undefined, "octets", "Integrity Check Value (ICV)", "完全性検査値 (ICV)", "鍵を知る者だけが計算できる検査値。", "A check value that only who knows the key can compute.", "RFC 4302 2.6"), rest: true }] },
  ],
};

export const esp = {
  key: "esp", name: "ESP", label: words("暗号ペイロード (ESP)", "Encapsulating Security Payload (ESP)"), unit: words("パケット", "packet"), osi: 3,
  meaning: words("IPsecの暗号化。中身のパケットやセグメントは、鍵がなければ読めない。", "IPsec's encryption: the packet or segment inside is unreadable without the key."),
  source: "RFC 4303 2",
  fields: [spi("esp", "RFC 4303 2.1"), sequence("esp", "RFC 4303 2.2"),
    { ...field("esp.encrypted_data", undefined, "octets", "Payload Data", "ペイロード", "暗号化された中身と、パディング、次ヘッダ、検査値。", "The encrypted load, padding, next header and check value.", "RFC 4303 2.3"), rest: true }],
};

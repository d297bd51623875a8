import { field, words } from "./field.js";

/** Well-known ports that journeys meet, and some that examinations ask for. */
export const PORTS = {
  20: "FTP-DATA", 21: "FTP", 22: "SSH", 23: "TELNET", 25: "SMTP", 53: "DNS", 67: "DHCP (server)", 68: "DHCP (client)", 80: "HTTP", 110: "POP3", 123: "NTP",
  143: "IMAP", 161: "SNMP", 443: "HTTPS", 587: "SMTP submission", 993: "IMAPS", 995: "POP3S", 8080: "HTTP (8080)",
};
const port = words("0–1023はウェルノウンポート。クライアントには49152以上などからエフェメラルポートが選ばれる。",
  "0–1023 are well-known ports. A client gets an ephemeral one, from 49152 for example.");
export const portReading = { codes: PORTS, read: port };

export const udp = {
  key: "udp", name: "UDP", label: words("UDPヘッダ", "UDP header"), unit: words("データグラム", "datagram"), osi: 4,
  meaning: words("ポート番号でアプリケーションに届けるだけの、コネクションレス型。届いたかどうかは確かめない。",
    "Connectionless: gets the data to an application by its port and does not check whether it arrived."),
  source: "RFC 768",
  fields: [
    field("udp.srcport", 16, "uint", "Source Port", "送信元ポート番号", "返事の宛先になる。", "Where the answer goes.", "RFC 768", portReading),
    field("udp.dstport", 16, "uint", "Destination Port", "宛先ポート番号", "受け取るアプリケーション。", "The application that gets it.", "RFC 768", portReading),
    field("udp.length", 16, "uint", "Length", "データグラム長", "ヘッダ8オクテットを含む長さ。", "Octets, the 8 of the header included.", "RFC 768"),
    field("udp.checksum", 16, "hex", "Checksum", "チェックサム", "擬似ヘッダ (IPアドレスなど) とデータを守る。IPv4では0なら省略。",
      "Guards the pseudo-header (addresses) and the data. 0 over IPv4: left out.", "RFC 768"),
  ],
};

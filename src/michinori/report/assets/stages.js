// @ts-check
// The way as the article tells it: seven stages out, four back, and the layers that it goes through.

/** @typedef {import("./i18n.js").Texts} Texts */
/** @typedef {{way: "out" | "back", number: number, name: Texts, rows: string[]}} Stage */

/** @type {Record<"out" | "back", Texts>} */
export const WAYS = { out: { ja: "往路", en: "Way out" }, back: { ja: "復路", en: "Way back" } };

/** Before the way begins, as at boot. @type {Texts} */
export const BEFORE = { ja: "出発の前 (起動時)", en: "before the way (at boot)" };

/** By the number of the stage in the column `stage`, less one. @type {Stage[]} */
export const STAGES = [
  { way: "out", number: 1, name: { ja: "URLの解析", en: "The URL is parsed" }, rows: ["B1", "B2", "B3"] },
  { way: "out", number: 2, name: { ja: "リクエストメッセージの作成", en: "The request message is made" }, rows: ["B4", "B5"] },
  { way: "out", number: 3, name: { ja: "DNSサーバへの問合せ", en: "The name servers are asked" }, rows: ["B6"] },
  { way: "out", number: 4, name: { ja: "TCPコネクションの確立", en: "The TCP connection is established" }, rows: ["B7", "B8", "B9", "B12"] },
  { way: "out", number: 5, name: { ja: "データの送信", en: "Data is sent" }, rows: ["B10", "B11", "B13"] },
  { way: "out", number: 6, name: { ja: "ヘッダの付与と信号の送信", en: "Headers are added, signals are sent" }, rows: ["B14", "B15", "B16", "B17"] },
  { way: "out", number: 7, name: { ja: "ルータを経てサーバへ", en: "From router to router to the server" }, rows: ["B18", "B19"] },
  { way: "back", number: 1, name: { ja: "サーバが受信", en: "The server receives" }, rows: ["B20", "B21", "B22"] },
  { way: "back", number: 2, name: { ja: "サーバのアプリケーション", en: "The server's application" }, rows: ["B23"] },
  { way: "back", number: 3, name: { ja: "ブラウザ側が受信", en: "The browser's side receives" }, rows: [] },
  { way: "back", number: 4, name: { ja: "応答の処理と表示", en: "The response is processed and shown" }, rows: ["B24"] },
];

/** The layers of the OSI basic reference model, from 1. @type {Texts[]} */
export const OSI = [
  { ja: "物理層", en: "Physical" },
  { ja: "データリンク層", en: "Data link" },
  { ja: "ネットワーク層", en: "Network" },
  { ja: "トランスポート層", en: "Transport" },
  { ja: "セション層", en: "Session" },
  { ja: "プレゼンテーション層", en: "Presentation" },
  { ja: "アプリケーション層", en: "Application" },
];

/** Which layer of the model the layer of an event is. The calls of sockets begin and end a dialogue: layer 5. @type {Record<string, number>} */
const LAYER_OF = { signal: 1, link: 2, arp: 3, ip: 3, icmp: 3, tcp: 4, udp: 4, socket: 5, tls: 6, dns: 7, http: 7, browser: 7 };

/** @param {string} layer of an event @returns {number} from 1 to 7; 0 when it is on none */
export function osiOf(layer) {
  return LAYER_OF[layer] ?? 0;
}

/** What a reader calls the layer of an event. @type {Record<string, Texts>} */
export const LAYERS = {
  browser: { ja: "ブラウザ", en: "browser" },
  http: { ja: "HTTP", en: "HTTP" },
  tls: { ja: "TLS", en: "TLS" },
  dns: { ja: "DNS", en: "DNS" },
  socket: { ja: "ソケット", en: "socket" },
  tcp: { ja: "TCP", en: "TCP" },
  udp: { ja: "UDP", en: "UDP" },
  icmp: { ja: "ICMP", en: "ICMP" },
  ip: { ja: "IP", en: "IP" },
  arp: { ja: "ARP", en: "ARP" },
  link: { ja: "イーサネット", en: "Ethernet" },
  world: { ja: "世界", en: "world" },
};

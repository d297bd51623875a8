// @ts-check
// The rows of the tutorial whose server listens to a browser: which command shows each, as a journey to a URL does not.

/** @typedef {import("./i18n.js").Texts} Texts */

/** @type {{name: string, title: Texts, command: string}[]} */
export const TUTORIAL_ROWS = [
  { name: "A1", title: { ja: "ソケットの作成から受信、ファイル、closeまでを一つのコマンドで", en: "From socket to recv, file and close, as one command" }, command: "michinori catch" },
  { name: "A2", title: { ja: "各段階を画面に記録する", en: "Each stage is logged on the console" }, command: "michinori catch --lang ja" },
  { name: "A3", title: { ja: "ブラウザが送ったオクテットを、そのまま全部ファイルに", en: "The file holds exactly the octets that the browser sent" }, command: "michinori catch -o server_recv.txt" },
  { name: "A4", title: { ja: "何が起きてもソケットを閉じ、書きかけのファイルを残さない", en: "Sockets are closed whatever happens, and no half-written file is left" }, command: "michinori catch" },
  { name: "A5", title: { ja: "ブロッキングとノンブロッキング", en: "Blocking and non-blocking calls" }, command: "michinori experiment blocking" },
  { name: "A6", title: { ja: "きちんと閉じるFINと、打ち切るRST", en: "FIN, which closes properly, and RST, which breaks off" }, command: "michinori experiment close" },
  { name: "A7", title: { ja: "SO_REUSEADDRのあるとき、ないとき (TIME-WAIT)", en: "With SO_REUSEADDR and without (TIME-WAIT)" }, command: "michinori experiment reuseaddr" },
  { name: "A8", title: { ja: "listen(n) が決めるもの", en: "What listen(n) bounds" }, command: "michinori experiment backlog" },
  { name: "A9", title: { ja: "同じ悪い回線でのUDPとTCP", en: "UDP beside TCP over one bad line" }, command: "michinori experiment udp-tcp" },
  { name: "A10", title: { ja: "記録したリクエストを本物のサーバへもう一度", en: "The kept request, sent again to a real server" }, command: "michinori replay server_recv.txt --to URL" },
  { name: "A11", title: { ja: "TCPサーバからWebサーバへ", en: "The TCP server grows into a web server" }, command: "michinori serve DIR" },
  { name: "A12", title: { ja: "本物のブラウザと、OSのTCPでもMichinoriのTCPでも", en: "A real browser, on the system's TCP and on Michinori's own" }, command: "michinori serve DIR --via tap" },
  { name: "A13", title: { ja: "間に立って、往復の両方をそのまま記録する", en: "Standing between, and keeping both directions" }, command: "michinori catch --forward URL" },
];

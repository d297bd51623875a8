// @ts-check
// The parts of the report, in their order: to add one, write its module and add a line.
import { Exam } from "./exam_view.js";
import { Inspector } from "./inspector.js";
import { Slips } from "./slips_view.js";
import { Files } from "./files.js";
import { Graphs } from "./graphs.js";
import { Page } from "./page.js";
import { Waterfall } from "./waterfall.js";
import { WholeWay } from "./whole_way.js";
import { FollowMessage } from "./message.js";
import { Chain } from "./chain.js";
import { MapOfNetwork } from "./map.js";
import { Ladder } from "./ladder.js";

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {import("./time.js").Cursor} Cursor */
/** @typedef {import("./i18n.js").Texts} Texts */
/**
 * What every part is given.
 * @typedef {object} Report
 * @property {Journey} journey
 * @property {Cursor} cursor
 * @property {string} picture the page as a URL, empty if it was not drawn
 * @property {(n: number) => void} go moves the time cursor to an event
 * @property {(part: string, n?: number) => void} show opens a part, at an event if one is named
 * @property {(props: {report: Report, host: string, line: string, touch: (line: string) => void}) => any} [faults] what may befall the machine or the cable that was clicked on the map, where a journey can be made again
 * @property {Record<string, string>} [address] what else belongs into the address of this page
 * @property {import("./ui.js").Store<boolean>} examining whether values are hidden (examination mode)
 */
/** @typedef {{id: string, name: Texts, lead: Texts, view: (props: {report: Report}) => any}} Part */

/** @type {Part[]} */
export const PARTS = [
  {
    id: "way",
    name: { ja: "全体の道のり", en: "The whole way" },
    lead: {
      ja: "URLの入力からページの表示まで、実際に起きたことを順に。",
      en: "From the typed URL to the drawn page: what really happened, in order.",
    },
    view: WholeWay,
  },
  {
    id: "message",
    name: { ja: "メッセージを追う", en: "Follow one message" },
    lead: {
      ja: "一つのメッセージを、端から端まで、リンクごとに。書き換わった値に印を付けます。",
      en: "One message from end to end, link by link, with what changed marked.",
    },
    view: FollowMessage,
  },
  {
    id: "chain",
    name: { ja: "依頼の連鎖", en: "The chain of requests" },
    lead: {
      ja: "ブラウザはSocketライブラリに、Socketライブラリはプロトコルスタックに、プロトコルスタックはドライバとLANアダプタに頼みます。",
      en: "The browser asks the socket library, the library the protocol stack, the stack the driver and the LAN adapter.",
    },
    view: Chain,
  },
  {
    id: "map",
    name: { ja: "地図", en: "The map" },
    lead: {
      ja: "機器と回線の上を、フレームが実際の時刻どおりに動きます。機器を選ぶと、その瞬間に持っているものが見えます。",
      en: "Frames move over machines and cables at their real times. Choose a machine to see what it holds at that moment.",
    },
    view: MapOfNetwork,
  },
  {
    id: "ladder",
    name: { ja: "シーケンス図", en: "The ladder" },
    lead: {
      ja: "両端の間を行き来するセグメントを、時刻の順に。届かなかったものと再送、それぞれの端の状態も。",
      en: "What the two ends send each other, in the order of time, with what got lost, what was sent again, and the state of each end.",
    },
    view: Ladder,
  },
  {
    id: "waterfall",
    name: { ja: "ウォーターフォール", en: "The waterfall" },
    lead: {
      ja: "すべてのリクエストを、順番待ちから受信まで段階ごとに。開くと、その下のパケットが見えます。",
      en: "Every request, phase by phase, from the queue to the last octet. Open one to see the packets under it.",
    },
    view: Waterfall,
  },
  {
    id: "inspector",
    name: { ja: "フレームの中身", en: "The inspector" },
    lead: {
      ja: "今のフレームを1ビットまで。フィールドとオクテットは、どちらを指しても対応する側が光ります。",
      en: "The frame of the moment, down to the bit. Point at a field or at an octet, and the other lights up.",
    },
    view: Inspector,
  },
  {
    id: "graphs",
    name: { ja: "グラフ", en: "The graphs" },
    lead: {
      ja: "一本のコネクションの送り方と、ケーブルの待ち行列を、時間を追って。",
      en: "How a connection sent, and how full the cables' queues were, over time.",
    },
    view: Graphs,
  },
  {
    id: "page",
    name: { ja: "ページ", en: "The page" },
    lead: {
      ja: "描かれた絵と、その要素、届いた順、文書の木、それぞれの応答。",
      en: "The picture, what stands where on it, how it filled in, the tree behind it, and every response.",
    },
    view: Page,
  },
  {
    id: "slips",
    name: { ja: "本文との違い", en: "Beside the text" },
    lead: {
      ja: "もとになった二つの文書の書き違いを正し、この旅で実際に起きたことで確かめます。",
      en: "Slips of the two documents behind this, put right and proved by what really happened.",
    },
    view: Slips,
  },
  {
    id: "exam",
    name: { ja: "試験モード", en: "Examination" },
    lead: { ja: "この旅から出される問題に、値を見ずに答えます。", en: "Questions about this journey, its values hidden." },
    view: Exam,
  },
  {
    id: "files",
    name: { ja: "ファイル", en: "Files" },
    lead: { ja: "この旅のキャプチャ、HAR、トレースを取り出します。", en: "Take this journey's captures, HAR and trace with you." },
    view: Files,
  },
];

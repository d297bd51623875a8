// What is left when no table fits.
import { field, words } from "./field.js";

const octets = { ...field("data.data", undefined, "octets", "Data", "データ", "ここまでのヘッダが運んでいる中身。", "What the headers so far carry.", "—"), rest: true };

export const data = {
  key: "data", name: "Data", label: words("データ", "Data"), unit: words("データ", "data"), osi: 7,
  meaning: words("中身。続きのセグメントやフラグメントでは、前のものと合わせて一つのメッセージになる。", "The load. Of later segments and fragments, a piece of one message."),
  source: "—",
  fields: [octets],
};

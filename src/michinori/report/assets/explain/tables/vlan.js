// The tag of a virtual LAN, which switches put behind the addresses of a frame and take out again.
import { ETHERTYPES } from "./ethernet.js";
import { field, words } from "./field.js";

const S = "IEEE 802.1Q 9.6";
const PRIORITIES = {
  0: words("ベストエフォート", "best effort"), 1: words("バックグラウンド", "background"), 2: words("エクセレントエフォート", "excellent effort"), 3: words("クリティカルアプリケーション", "critical applications"),
  4: words("映像", "video"), 5: words("音声", "voice"), 6: words("網間制御", "internetwork control"), 7: words("網内制御", "network control"),
};

export const vlan = {
  key: "vlan", name: "IEEE 802.1Q", label: words("VLANタグ (IEEE 802.1Q)", "VLAN tag (IEEE 802.1Q)"), unit: words("フレーム", "frame"), osi: 2,
  meaning: words("どのVLANのフレームかを表す4オクテット。トランクポートの間だけ付き、普通の端末に渡す前に外される。",
    "Four octets that tell which VLAN a frame belongs to: there between trunk ports, taken out before ordinary hosts get it."),
  source: "IEEE 802.1Q 9.3",
  fields: [
    field("vlan.priority", 3, "uint", "Priority Code Point (PCP)", "優先度 (PCP)", "フレームの優先度。大きいほど先に送られる。", "The priority of the frame: greater goes first.", S, { codes: PRIORITIES }),
    field("vlan.dei", 1, "flag", "Drop Eligible Indicator (DEI)", "廃棄可能 (DEI)", "1なら、混雑したとき先に捨ててよい。", "1: may be dropped first under congestion.", S),
    field("vlan.id", 12, "uint", "VLAN Identifier (VID)", "VLAN ID", "VLANの番号 (1–4094)。", "The number of the VLAN (1–4094).", S,
      { codes: { 0: words("優先度だけ (VLANなし)", "priority only, no VLAN"), 1: words("既定のVLAN", "the default VLAN"), 4095: words("予約", "reserved") } }),
    field("vlan.etype", 16, "hex", "EtherType", "タイプ", "タグの後ろの中身のプロトコル。", "The protocol behind the tag.", "IEEE 802.3 3.2.6", { codes: ETHERTYPES }),
  ],
};

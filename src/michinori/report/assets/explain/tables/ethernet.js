// The frame as it goes over the cable, from the first bit of the preamble to the last of the check sequence.
import { field, words } from "./field.js";

export const ETHERTYPES = {
  0x0800: "IPv4", 0x0806: "ARP", 0x8100: "IEEE 802.1Q VLAN", 0x86dd: "IPv6", 0x8863: "PPPoE Discovery", 0x8864: "PPPoE Session",
};

const addressBits = (/** @type {string} */ key) => [
  field(`${key}.lg`, 1, "flag", "U/L bit", "U/Lビット",
    "1ならローカルに決めたアドレス、0ならベンダが製造時に付けたアドレス (先頭3オクテットがベンダ識別子)。",
    "1: assigned locally; 0: burnt in by the maker (whose identifier is the first three octets).", "IEEE 802 8.2.2",
    { codes: { 0: words("グローバル", "universal"), 1: words("ローカル", "local") }, at: 6 }),
  field(`${key}.ig`, 1, "flag", "I/G bit", "I/Gビット",
    "1ならグループ宛 (マルチキャスト、ブロードキャスト)、0なら1台宛。ケーブルには最初に出るビット。",
    "1: a group (multicast, broadcast); 0: one station. The very first bit on the cable.", "IEEE 802 8.2.2",
    { codes: { 0: words("個別", "individual"), 1: words("グループ", "group") }, at: 7 }),
];

export const physical = {
  key: "phy", name: "Preamble and SFD", label: words("プリアンブルとSFD", "Preamble and SFD"), unit: words("ビット", "bits"), osi: 1,
  meaning: words("フレームの前に送る同期用のビット列。取り込んだデータ (キャプチャ) には残らない。",
    "Bits in front of the frame for synchronisation. Captures do not keep them."),
  source: "IEEE 802.3 3.1.1",
  fields: [
    field("eth.preamble", 56, "octets", "Preamble", "プリアンブル",
      "1と0の繰返し7オクテット。受信側がビットの区切り (タイミング) を合わせるために使う。",
      "Seven octets of alternating 1 and 0, by which the receiver finds the rhythm of the bits.", "IEEE 802.3 3.2.1",
      { read: words("各オクテットは下位ビットから送るので、55はケーブル上で10101010になる。",
        "Each octet leaves with its lowest bit first: 55 is 10101010 on the cable.") }),
    field("eth.sfd", 8, "hex", "Start Frame Delimiter", "SFD (フレーム開始デリミタ)",
      "最後の2ビットが11になったところで、次のビットから宛先MACアドレスが始まると分かる。",
      "Its last two bits are 11: the next bit is the first of the destination address.", "IEEE 802.3 3.2.2",
      { read: words("D5はケーブル上で10101011。", "D5 is 10101011 on the cable.") }),
  ],
};

export const ethernet = {
  key: "eth", name: "Ethernet II", label: words("イーサネットヘッダ (MACヘッダ)", "Ethernet header"), unit: words("フレーム", "frame"), osi: 2,
  meaning: words("同じリンクの上で、次に渡す相手を指す。ルータを越えるたびに付け替わる。",
    "Points at who is next on this link. Replaced at every router."),
  source: "IEEE 802.3 3.1.1",
  fields: [
    field("eth.dst", 48, "mac", "Destination address", "宛先MACアドレス",
      "次にフレームを受け取るアダプタ。最終的な宛先ではなく、ネクストホップのMACアドレス (ARPで調べる)。",
      "The adapter that takes the frame next: the next hop (found by ARP), not the final destination.", "IEEE 802.3 3.2.4",
      { codes: { "ff:ff:ff:ff:ff:ff": words("ブロードキャスト", "broadcast") }, parts: addressBits("eth.dst") }),
    field("eth.src", 48, "mac", "Source address", "送信元MACアドレス",
      "このリンクに送り出したアダプタ。スイッチはこれを見てMACアドレステーブルを学習する。",
      "The adapter that sent it onto this link. Switches learn their MAC address table from it.", "IEEE 802.3 3.2.5",
      { parts: addressBits("eth.src") }),
    field("eth.type", 16, "hex", "EtherType", "タイプ",
      "中身のプロトコル。受信したドライバはこれを見て渡す先を決める。",
      "The protocol inside. The receiving driver hands the payload on by it.", "IEEE 802.3 3.2.6",
      { codes: ETHERTYPES, read: words("0x0600以上ならタイプ、1500以下なら長さ。", "From 0x0600 a type, up to 1500 a length.") }),
  ],
};

/** Behind the payload. */
export const trailer = [
  field("eth.padding", undefined, "octets", "Pad", "パディング",
    "フレームが最小の64オクテット (FCS込み) に足りないとき、データの後ろに詰める0。",
    "Zeros behind the data where the frame would be shorter than the least of 64 octets with its FCS.", "IEEE 802.3 3.2.8"),
  field("eth.fcs", 32, "hex", "Frame Check Sequence", "FCS (フレームチェックシーケンス)",
    "宛先MACアドレスからデータ (パディングを含む) の終わりまでのCRC-32。受信側の計算と合わなければフレームは破棄される (この層では再送しない)。",
    "CRC-32 over everything from the destination address on. A frame that does not fit is dropped; this layer does not retransmit.",
    "IEEE 802.3 3.2.9"),
];

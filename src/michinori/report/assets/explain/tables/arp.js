import { ETHERTYPES } from "./ethernet.js";
import { field, words } from "./field.js";

export const arp = {
  key: "arp", name: "ARP", label: words("ARP", "ARP"), unit: words("ARPパケット", "ARP packet"), osi: 3,
  meaning: words("同じネットワークにある相手のIPアドレスからMACアドレスを得る。要求はブロードキャスト、応答はユニキャスト。",
    "Gets the MAC address that belongs to an IP address on the same network. The request is broadcast, the reply unicast."),
  source: "RFC 826",
  fields: [
    field("arp.hw.type", 16, "uint", "Hardware type", "ハードウェアタイプ", "リンクの種類。", "The kind of link.", "RFC 826 (ar$hrd)",
      { codes: { 1: "Ethernet" } }),
    field("arp.proto.type", 16, "hex", "Protocol type", "プロトコルタイプ", "調べるアドレスのプロトコル。", "Whose addresses are asked about.",
      "RFC 826 (ar$pro)", { codes: ETHERTYPES }),
    field("arp.hw.size", 8, "uint", "Hardware address length", "ハードウェアアドレス長", "MACアドレスのオクテット数。",
      "Octets of a MAC address.", "RFC 826 (ar$hln)"),
    field("arp.proto.size", 8, "uint", "Protocol address length", "プロトコルアドレス長", "IPアドレスのオクテット数。",
      "Octets of an IP address.", "RFC 826 (ar$pln)"),
    field("arp.opcode", 16, "uint", "Opcode", "オペレーション", "要求か応答か。", "Request or reply.", "RFC 826 (ar$op)",
      { codes: { 1: words("ARP要求", "request"), 2: words("ARP応答", "reply") } }),
    field("arp.src.hw_mac", 48, "mac", "Sender MAC address", "送信元MACアドレス", "送った側のMACアドレス。応答では、これが求めていた答え。",
      "The sender's MAC address. In a reply, this is the answer.", "RFC 826 (ar$sha)"),
    field("arp.src.proto_ipv4", 32, "ipv4", "Sender IP address", "送信元IPアドレス",
      "送った側のIPアドレス。要求を受けた側もこの組をARPテーブルに覚える。",
      "The sender's IP address. Who gets a request remembers this pair too.", "RFC 826 (ar$spa)"),
    field("arp.dst.hw_mac", 48, "mac", "Target MAC address", "目標MACアドレス", "要求ではまだ分からないので0。",
      "Not known yet in a request, so zero.", "RFC 826 (ar$tha)",
      { codes: { "00:00:00:00:00:00": words("まだ分からない", "not known yet") } }),
    field("arp.dst.proto_ipv4", 32, "ipv4", "Target IP address", "目標IPアドレス",
      "MACアドレスを知りたい相手。宛先が別のネットワークなら、ネクストホップのルータ。",
      "Whose MAC address is wanted: of a destination elsewhere, the next hop's.", "RFC 826 (ar$tpa)"),
  ],
};

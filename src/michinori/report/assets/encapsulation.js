// @ts-check
// The encapsulation (カプセル化) of one frame: message, segment, packet, frame and bits, one inside the other.
import { html } from "./ui.js";
import { useSay } from "./i18n.js";
import { pieces, tintOf } from "./explain/outline.js";

/** @typedef {import("./explain/decode.js").Layer} Layer */

const TEXTS = {
  title: { ja: "カプセル化", en: "Encapsulation" },
  message: { ja: "メッセージ", en: "message" },
  segment: { ja: "セグメント", en: "segment" },
  datagram: { ja: "データグラム", en: "datagram" },
  icmp: { ja: "ICMPメッセージ", en: "ICMP message" },
  icmpv6: { ja: "ICMPv6メッセージ", en: "ICMPv6 message" },
  packet: { ja: "パケット", en: "packet" },
  frame: { ja: "フレーム", en: "frame" },
  bits: { ja: "ビット", en: "bits" },
  arp: { ja: "ARPパケット", en: "ARP packet" },
  octets: { ja: "{count} オクテット", en: "{count} octets" },
  bitCount: { ja: "{count} ビット", en: "{count} bits" },
  load: { ja: "データ", en: "data" },
  pad: { ja: "パディング", en: "pad" },
  phy: { ja: "プリアンブル", en: "pre\u00adamble" },
  eth: { ja: "イーサネット", en: "Ether\u00adnet" },
};
const PLAIN = /** @type {Record<string, string>} */ ({ ip: "IP", ipv6: "IPv6", icmpv6: "ICMPv6", esp: "ESP", vlan: "VLAN", tcp: "TCP", udp: "UDP", icmp: "ICMP", arp: "ARP", fcs: "FCS", dns: "DNS", http: "HTTP", tls: "TLS" });
/** What a row holds: from its own header to the end of what it wraps. */
const ROWS = /** @type {const} */ ([
  ["load", "message"], ["tcp", "segment"], ["udp", "datagram"], ["icmp", "icmp"], ["icmpv6", "icmpv6"], ["ip", "packet"], ["ipv6", "packet"], ["arp", "arp"], ["eth", "frame"], ["phy", "bits"],
]);

/** @param {{layers: Layer[], size: number, chosen: Layer | null, choose: (layer: Layer) => void}} props */
export function Encapsulation({ layers, size, chosen, choose }) {
  const say = useSay();
  const parts = pieces(layers, size);
  const end = (/** @type {string} */ key) => {
    if (key === "phy" || key === "eth") return parts.length;
    const pad = parts.findIndex((part) => part.key === "pad" || part.key === "fcs");
    return pad < 0 ? parts.length : pad;
  };
  const name = (/** @type {{key: string, layer: Layer | null}} */ part) => {
    const key = pieceKey(part);
    return PLAIN[key] ?? say(TEXTS[/** @type {keyof typeof TEXTS} */ (key)] ?? TEXTS.load);
  };
  return html`<figure class="capsule" aria-label=${say(TEXTS.title)}>
    <figcaption>${say(TEXTS.title)}</figcaption>
    <ol>${ROWS.map(([key, unit]) => {
      const from = parts.findIndex((part) => part.key === key);
      if (from < 0) return null;
      const inside = parts.slice(from, end(key));
      const octets = inside.reduce((sum, part) => sum + part.octets, 0);
      return html`<li key=${key}><p class="capsule-unit">${say(TEXTS[unit])}
          <small>${key === "phy" ? say(TEXTS.bitCount, { count: octets * 8 }) : say(TEXTS.octets, { count: octets })}</small></p>
        <div class=${`capsule-row parts-${parts.length} from-${from} to-${end(key)}`}>${parts.map((part, index) => {
          if (index < from || index >= end(key)) return html`<span key=${index} class=${`gap ${part.key}`}></span>`;
          const layer = part.layer ?? layers.find((one) => one.key === (part.key === "load" ? "data" : "eth"));
          return html`<button type="button" key=${index} class=${`piece ${part.key} tint-${tintOf(pieceKey(part))} ${index === from ? "own" : "inner"}`}
            aria-pressed=${layer === chosen && part.layer ? "true" : "false"} onClick=${() => layer && choose(layer)}>
            <span>${name(part)}</span><small>${part.octets}</small></button>`;
        })}</div></li>`;
    })}</ol></figure>`;
}

/** What is innermost goes by its own name, if it has one. @param {{key: string, layer: Layer | null}} part */
const pieceKey = ({ key, layer }) => (key === "load" && layer && layer.key !== "data" ? layer.key : key);

// @ts-check
// The map: machines, switches and cables, what moves on them at the cursor's time, and what a machine holds then.
import { html, useMemo, useState } from "./ui.js";
import { useSay } from "./i18n.js";
import { Flights } from "./flights.js";
import { HostPanel } from "./host_panel.js";
import { HostStates } from "./host_state.js";
import { SHAPES } from "./map_frames.js";
import { layOut } from "./map_layout.js";
import { Drops, UnderWay } from "./map_lists.js";
import { Network } from "./map_network.js";

/** @typedef {import("./parts.js").Report} Report */
/** @typedef {import("./data.js").Journey} Journey */

const TEXTS = {
  none: { ja: "この旅では、機器の間のフレームが記録されていません。", en: "No frames between machines were recorded on this journey." },
  legend: { ja: "凡例", en: "Key" },
  tcp: { ja: "TCP", en: "TCP" },
  bare: { ja: "TCP (データなし)", en: "TCP without data" },
  udp: { ja: "UDP", en: "UDP" },
  arp: { ja: "ARP", en: "ARP" },
  icmp: { ja: "ICMP", en: "ICMP" },
  dropped: { ja: "破棄", en: "dropped" },
};

/** @param {{report: Report}} props */
export function MapOfNetwork({ report }) {
  const say = useSay();
  const { journey } = report;
  if (!journey.about.lines.length || !journey.about.below_sockets) return html`<p class="note">${say(TEXTS.none)}</p>`;
  return html`<${Whole} report=${report} />`;
}

/** @param {{report: Report}} props */
function Whole({ report }) {
  const { journey } = report;
  const flights = useMemo(() => new Flights(journey), [journey]);
  const states = useMemo(() => new HostStates(journey), [journey]);
  const layout = useMemo(() => layOut(journey.about.nodes, journey.about.lines, journey.about.browser_host, serverOf(journey)), [journey]);
  const [chosen, choose] = useState(journey.about.browser_host);
  const [touched, touch] = useState("");
  return html`<div class="map">
    <${Network} report=${report} layout=${layout} flights=${flights} chosen=${chosen} choose=${choose} touched=${touched} touch=${report.faults && touch} />
    <${Legend} />
    ${report.faults && html`<${report.faults} report=${report} host=${chosen} line=${touched} touch=${touch} />`}
    <div class="map-lists"><${UnderWay} report=${report} flights=${flights} /><${Drops} report=${report} flights=${flights} /></div>
    <${HostPanel} report=${report} states=${states} host=${chosen} choose=${choose} />
  </div>`;
}

/** Who answered the first request. @param {Journey} journey */
function serverOf({ about }) {
  return about.conversations[(about.exchanges[0]?.conversation ?? 0) - 1]?.server ?? "";
}

function Legend() {
  const say = useSay();
  const sorts = /** @type {const} */ (["tcp", "bare", "udp", "arp", "icmp"]);
  return html`<p class="map-legend"><span class="unseen">${say(TEXTS.legend)}: </span>${sorts.map((sort) => html`<span key=${sort}><svg viewBox="-7 -7 14 14" aria-hidden="true"><path class=${`map-frame ${sort}`} d=${SHAPES[sort]} /></svg>${say(TEXTS[sort])}</span>`)}
    <span><svg viewBox="-7 -7 14 14" class="map-cross" aria-hidden="true"><path d="M-4 -4L4 4M4 -4L-4 4" /></svg>${say(TEXTS.dropped)}</span></p>`;
}

// @ts-check
// Questions about IP and Ethernet: next hops, TTL, NAPT, checksums, fragments, ARP.
import { eventsOf, firstOf } from "../find.js";
import { pick, shuffled } from "./dice.js";
import { frameFor, handshakes, hops, ownerOf } from "./ground.js";
import { make, same, say } from "./questions.js";

/** @typedef {import("./questions.js").Kind} Kind */
/** @typedef {import("./questions.js").Journey} Journey */
/** @typedef {import("./questions.js").Dice} Dice */

/**
 * The SYN of a connection, followed to the server.
 * @param {Journey} journey
 * @param {Dice} dice
 */
function oneWay(journey, dice) {
  const chosen = pick(handshakes(journey), dice);
  const syn = chosen && frameFor(journey, chosen.syn.n);
  if (!syn) return null;
  const way = hops(journey, syn.n);
  const last = way[way.length - 1]?.received;
  // A SYN that was lost on the way, or that left the recorded network, proves nothing about the server.
  const taken = last && firstOf(journey, "tcp", "segment-received", ({ data }) => data.flags === "SYN" && data.seq === syn.values.get("tcp.seq_raw"), last.host);
  return last && taken && way.length > 1 ? { syn, way, last } : null;
}

/** @type {Kind} */
const ttlAtServer = (journey, dice) => {
  const found = oneWay(journey, dice);
  return found && make("ttl-at-server", "number", found.last.values.get("ip.ttl"),
    say(`${found.syn.host} はTTL ${found.syn.values.get("ip.ttl")} でSYNを送った (フレーム ${found.syn.number})。${found.last.host} に届いたときのTTLは。`,
      `${found.syn.host} sends its SYN with TTL ${found.syn.values.get("ip.ttl")} (frame ${found.syn.number}). What is the TTL when it reaches ${found.last.host}?`),
    say("ルータを経由するたびに1減る。スイッチでは減らない。", "One less at every router; switches do not count."), "RFC 791 3.1, RFC 1812 5.3.1", [found.last, found.syn]);
};

/** @type {Kind} */
const routersCrossed = (journey, dice) => {
  const found = oneWay(journey, dice);
  return found && make("routers-crossed", "number", found.way.length - 1,
    say(`${found.syn.host} から ${found.last.host} まで、パケットはルータを何台経由したか。`, `How many routers does a packet cross from ${found.syn.host} to ${found.last.host}?`),
    say(`TTLの差と等しい。経由したのは ${found.way.slice(1).map((hop) => hop.sent.host).join("、")}。`, `As many as the TTL went down: ${found.way.slice(1).map((hop) => hop.sent.host).join(", ")}.`), "RFC 1812 5.3.1", [found.last, found.syn]);
};

/**
 * Where the source address of a packet changes: the frame before and after.
 * @param {Journey} journey
 * @param {Dice} dice
 */
function translation(journey, dice) {
  const found = oneWay(journey, dice);
  const at = found ? found.way.findIndex((hop) => hop.received.values.get("ip.src") !== found.syn.values.get("ip.src")) : -1;
  return found && at > 0 ? { before: found.way[at - 1].received, after: found.way[at].sent, syn: `${found.syn.host} #${found.syn.number}` } : null;
}

/** @type {Kind} */
const naptField = (journey, dice) => {
  const found = translation(journey, dice);
  const choices = [
    { value: "src", text: say("送信元IPアドレス (と送信元ポート番号)", "source IP address (and source port)") },
    { value: "dst", text: say("宛先IPアドレス (と宛先ポート番号)", "destination IP address (and destination port)") },
    { value: "both", text: say("送信元と宛先のIPアドレスの両方", "both IP addresses") },
    { value: "none", text: say("MACアドレスだけ", "MAC addresses alone") },
  ];
  return found && make("napt-field", "choice", "src", say(`${found.before.host} のNAPTが、内側から外側へ出るSYN (${found.syn}) で書き換えたのはどれか。`, `What does NAPT at ${found.before.host} rewrite in the SYN (${found.syn}) on its way out?`),
    say("外へは送信元、内へは宛先を書き換える。ポート番号は、空いていればそのまま使うこともある。", "Outward the source, inward the destination. The port may stay as it is when it is free."), "RFC 3022 4.1", [found.after, found.before], { choices: shuffled(choices, dice) });
};

/** @type {Kind} */
const naptAddress = (journey, dice) => {
  const found = translation(journey, dice);
  return found && make("napt-address", "address", found.after.values.get("ip.src"),
    say(`${found.before.host} を外側へ出た後の、SYN (${found.syn}) の送信元IPアドレスは。`, `What is the source address of the SYN (${found.syn}) when it has left ${found.before.host}?`),
    say("NAPTルータの外側のインタフェースのアドレスになる。", "The address of the outer interface of the NAPT router."), "RFC 3022 2.2", [found.after, found.before]);
};

/** @type {Kind} */
const nextHop = (journey, dice) => {
  const several = [...eventsOf(journey, "ip", "forwarded")].filter(({ data }) => data.matches?.length > 1 && data.matches.every((/** @type {any} */ one) => one.via));
  const event = pick(several, dice);
  const after = event && frameFor(journey, event.n);
  if (!event || !after) return null;
  const routes = shuffled(event.data.matches, dice).map((one) => `${one.prefix} → ${one.via}`).join(", ");
  return make("next-hop", "address", event.data.next_hop,
    say(`${event.host} のルーティングテーブルで宛先 ${event.data.dst} に合うのは ${routes}。ネクストホップは。`, `At ${event.host} these routes match ${event.data.dst}: ${routes}. Which is the next hop?`),
    say(`最長一致: プレフィックスが最も長い ${event.data.chosen} を選ぶ。`, `The longest prefix wins: ${event.data.chosen}.`), "RFC 1812 5.2.4.3", [after], { hidden: [] });
};

/** @type {Kind} */
const checksumAfter = (journey, dice) => {
  const found = oneWay(journey, dice);
  // Past NAPT, where nothing but TTL and checksum changes.
  const pairs = found ? found.way.slice(1).map((hop, index) => ({ before: found.way[index].received, after: hop.sent })).filter(({ before, after }) => before.values.get("ip.src") === after.values.get("ip.src")) : [];
  const pair = pick(pairs, dice);
  if (!pair) return null;
  const sum = pair.before.values.get("ip.checksum"), ttl = pair.before.values.get("ip.ttl");
  return make("checksum-after", "hex", pair.after.values.get("ip.checksum"),
    say(`${pair.before.host} に届いたパケットはTTL ${ttl}、ヘッダチェックサム 0x${sum.toString(16).padStart(4, "0")}。TTLだけを減らして送り出すときのヘッダチェックサムは (16進)。`,
      `A packet reaches ${pair.before.host} with TTL ${ttl} and header checksum 0x${sum.toString(16).padStart(4, "0")}. Which checksum (hex) does it leave with, only the TTL being lower?`),
    say("TTLは16ビット語の上位オクテットにあるので、語が0x0100減り、チェックサムは0x0100増える (1の補数の和なので、桁あふれは下位に戻す)。",
      "The TTL is the upper octet of its word: the word is 0x0100 less, so the checksum 0x0100 more (with the end-around carry of one's complement)."), "RFC 1624, RFC 791 3.1", [pair.after, pair.before]);
};

/** @type {Kind} */
const mtuTold = (journey, dice) => {
  const event = pick([...eventsOf(journey, "icmp", "sent")].filter(({ data }) => data.type === 3 && data.code === 4), dice);
  const frame = event && frameFor(journey, event.n);
  return frame?.values.get("icmp.mtu") ? make("mtu-told", "number", frame.values.get("icmp.mtu"),
    say(`${frame.host} は「分割が必要だがDFが1」のICMPを送った。そこで知らせたネクストホップのMTUは。`, `${frame.host} sent ICMP “fragmentation needed and DF set”. Which next-hop MTU does it tell?`),
    say("タイプ3コード4。送信元はこの値を経路MTUとして覚え、セグメントを小さくする (経路MTU探索)。", "Type 3 code 4. The sender keeps it as the path MTU and makes its segments smaller."), "RFC 1191 4", [frame]) : null;
};

/** @type {Kind} */
const fragmentOffset = (journey, dice) => {
  const cut = pick([...eventsOf(journey, "ip", "fragmented")], dice);
  if (!cut) return null;
  // What was cut and what it was cut into have one cause.
  const frames = [...journey.effects(cut.cause)].map((n) => frameFor(journey, n))
    .filter((frame) => frame && frame.host === cut.host && frame.values.get("ip.id") === cut.data.id && frame.values.get("ip.frag_offset") > 0);
  const frame = frames[0];
  return frame ? make("fragment-offset", "number", frame.values.get("ip.frag_offset"),
    say(`${frame.host} は全長 ${cut.data.length} オクテットのパケットを分割した。フレーム ${frame.number} のフラグメントより前にデータが ${frame.values.get("ip.frag_offset") * 8} オクテットある。このフラグメントのフラグメントオフセットの欄の値は。`,
      `${frame.host} cut a packet of ${cut.data.length} octets. The fragments before that of frame ${frame.number} hold ${frame.values.get("ip.frag_offset") * 8} octets of data: what stands in its fragment offset field?`),
    say("単位は8オクテット。", "It counts units of 8 octets."), "RFC 791 3.1", [frame], { hidden: [] }) : null;
};

/** @type {Kind} */
const whoseMac = (journey, dice) => {
  const found = oneWay(journey, dice);
  const owner = found && ownerOf(journey, found.syn.values.get("eth.dst"));
  if (!found || !owner) return null;
  const names = [...new Set([owner, found.last.host, found.way[1].received.host, found.syn.host])];
  return make("whose-mac", "choice", owner, say(`${found.syn.host} が ${found.last.host} 宛のSYNを送るとき、フレームの宛先MACアドレスはどの機器のものか。`, `${found.syn.host} sends a SYN for ${found.last.host}. Whose is the frame's destination MAC address?`),
    say("宛先IPアドレスは最終的な宛先、宛先MACアドレスは次に渡す相手 (ネクストホップ)。L2スイッチは書き換えない。", "The IP address names the final destination, the MAC address the next hop. Switches change neither."), "RFC 1122 3.3.1.1", [found.syn],
    { choices: shuffled(names, dice).map((name) => ({ value: name, text: same(name) })) });
};

/** Why an ARP request asks about that address. @type {Record<"near" | "far", import("./questions.js").Words>} */
const ASKED_ABOUT = {
  near: say("宛先が同じネットワークにあるので、宛先そのもののMACアドレスを尋ねる。", "The destination is on the same network, so it asks for the destination itself."),
  far: say("宛先が別のネットワークにあるので、サーバではなくネクストホップ (デフォルトゲートウェイ) を尋ねる。", "The destination is on another network, so it asks for the next hop (the default gateway), not the server."),
};

/** @type {Kind} */
const arpTarget = (journey) => {
  const host = journey.about.browser_host;
  const asked = firstOf(journey, "arp", "asked", () => true, host);
  const frame = asked && frameFor(journey, asked.n);
  const packet = asked && asked.cause ? journey.dataOf(asked.cause) : {};
  return frame?.values.get("arp.opcode") === 1 ? make("arp-target", "address", frame.values.get("arp.dst.proto_ipv4"),
    say(`${host} が最初に送ったARP要求は、どのIPアドレスのMACアドレスを尋ねたか。`, `Which IP address does the first ARP request of ${host} ask about?`),
    packet.dst === asked?.data.address ? ASKED_ABOUT.near : ASKED_ABOUT.far, "RFC 826, RFC 1122 3.3.1.1", [frame]) : null;
};

/** @type {Kind[]} */
export const NETWORK = [ttlAtServer, routersCrossed, naptField, naptAddress, nextHop, checksumAfter, mtuTold, fragmentOffset, whoseMac, arpTarget];

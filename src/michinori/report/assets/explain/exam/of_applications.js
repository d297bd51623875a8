// @ts-check
// Questions about DNS and HTTP.
import { eventsOf, serverHost } from "../find.js";
import { pick, shuffled } from "./dice.js";
import { frameFor } from "./ground.js";
import { make, say } from "./questions.js";

/** @typedef {import("./questions.js").Kind} Kind */
/** @typedef {import("./questions.js").Journey} Journey */
/** @typedef {import("./questions.js").Dice} Dice */

/**
 * The queries over UDP, with their frames at the asker.
 * @param {Journey} journey
 * @param {boolean} recursive
 */
function queries(journey, recursive) {
  return [...eventsOf(journey, "dns", "asked")].filter(({ data }) => data.transport === "udp" && data.recursion_desired === recursive && data.attempt === 1);
}

/** @type {Kind} */
const serverAsked = (journey, dice) => {
  const all = queries(journey, false);
  const first = all[0];
  const walk = all.filter((event) => event.host === first.host && event.data.name === first.data.name);
  const event = pick(walk, dice);
  const frame = event && frameFor(journey, event.n);
  if (!event || !frame) return null;
  const order = walk.indexOf(event) + 1;
  return make("server-asked", "address", frame.values.get("ip.dst"),
    say(`${event.host} が ${event.data.name} の反復問合せで ${order} 番目に尋ねたDNSサーバのIPアドレスは。`, `Looking up ${event.data.name}, ${event.host} asks several name servers. What is the address of number ${order}?`),
    say("ルート、TLD、権威DNSサーバの順に、委任をたどって下りる。", "Root, TLD, authoritative: down along the referrals."), "RFC 1034 5.3.3", [frame]);
};

/** @type {Kind} */
const recursion = (journey, dice) => {
  const event = pick([...queries(journey, true), ...queries(journey, false)], dice);
  const frame = event && frameFor(journey, event.n);
  if (!event || !frame || frame.values.get("dns.flags.recdesired") === undefined) return null;
  const choices = [
    { value: "1", text: say("1 (再帰的な問合せ)", "1 (recursive)") },
    { value: "0", text: say("0 (反復問合せ)", "0 (iterative)") },
  ];
  return make("recursion", "choice", frame.values.get("dns.flags.recdesired"),
    say(`${event.host} が ${event.data.server} に送ったDNS問合せのRDビットは。`, `What is the RD bit of the query that ${event.host} sends to ${event.data.server}?`),
    say("PCからフルサービスリゾルバへは再帰 (RD=1)、リゾルバから権威DNSサーバへは反復 (RD=0)。", "From the PC to its resolver recursive (RD=1), from the resolver to authorities iterative (RD=0)."), "RFC 1034 4.3.1", [frame], { choices });
};

/** @type {Kind} */
const address = (journey, dice) => {
  const all = [...eventsOf(journey, "dns", "answered", journey.about.browser_host)].filter(({ data }) => data.type === "A" && data.answers?.length === 1 && data.transport === "udp");
  const event = pick(all, dice);
  const frame = event && frameFor(journey, event.n);
  return frame?.values.get("dns.a") ? make("address", "address", frame.values.get("dns.a"),
    say(`${event?.data.name} のA資源レコードとして ${frame.host} が受け取ったIPアドレスは。`, `Which address does ${frame.host} get in the A record of ${event?.data.name}?`),
    say("正引きの答え。ブラウザはこのアドレスへconnectする。", "The answer of the look-up; the browser connects to it."), "RFC 1035 3.4.1", [frame]) : null;
};

const LOOKED_AT = 80;

/** @type {Kind} */
const statusCode = (journey, dice) => {
  const sent = [...eventsOf(journey, "tcp", "segment-sent", serverHost(journey) ?? "")].filter(({ data }) => data.len > 0);
  /** @type {import("./ground.js").Seen | null} */
  let frame = null;
  for (const event of shuffled(sent, dice).slice(0, LOOKED_AT)) {
    frame = frameFor(journey, event.n);
    if (frame?.values.has("http.response.code")) break;
    frame = null;
  }
  if (!frame) return null;
  return make("status-code", "number", String(frame.values.get("http.response.code")),
    say(`${frame.host} のフレーム ${frame.number} で始まる応答のステータスコードは。`, `Which status code does the response have that begins in frame ${frame.number} of ${frame.host}?`),
    say("先頭の数字が種類を表す: 2 成功、3 リダイレクト、4 クライアント側の誤り、5 サーバ側の誤り。", "Its first digit says the kind: 2 success, 3 redirection, 4 the client's error, 5 the server's."), "RFC 9110 15", [frame]);
};

/** @type {Kind[]} */
export const APPLICATIONS = [serverAsked, recursion, address, statusCode];

// @ts-check
// Talking to the lab's server: orders, progress, past journeys, and a journey's data as the report takes it.
import { Journey, inflated } from "../../report/assets/data.js";
import { reportOf } from "../../report/assets/main.js";

/** @typedef {import("../../report/assets/i18n.js").Texts} Texts */
/** @typedef {{text: string, scenario: string, seed: number, loss?: string, delay?: string, rate?: string, mtu?: string, warm: boolean, tcp: Record<string, boolean | string | number>, faults: string[], sites: string[], language: string}} Order */
/** @typedef {{phase: string, id: number, virtual_ns?: number, frames?: number, rows?: string[], numbers?: Record<string, any>, failure?: Texts | null, sentence?: Texts}} Told how far a journey is */
/** @typedef {{id: number, order: Order, numbers: Record<string, number>, failed: boolean, command: string, drawn: boolean}} Past */
/** @typedef {{title: Texts, url: string, access: string, line: Record<string, string>, lines: Record<string, [string, string]>, machines: Record<string, string>}} ScenarioOffer */
/** @typedef {{scenarios: Record<string, ScenarioOffer>, rows: Record<string, Texts>, congestion: string[], switches: Record<string, Texts>, sites: string[]}} Offer */
/** @typedef {{id: string, title: Texts, question: Texts, hint: Texts, kind: "value" | "experiment" | "rule", text: string, part: string, seen: string}} Lesson */
/** @typedef {Omit<import("../../report/assets/parts.js").Report, "show">} OpenReport */

let token = tokenIn(document);
export const GONE = {
  ja: "ラボに届きません。michinori lab を起動し直すと、このページはひとりでにつながります。",
  en: "The lab cannot be reached. Start michinori lab again, and this page connects by itself.",
};

/** @param {Document} page @returns {string} */
function tokenIn(page) {
  return /** @type {HTMLMetaElement | null} */ (page.querySelector("meta[name=michinori-token]"))?.content ?? "";
}

/** Take the token and the cookie of the lab that runs now. @returns {Promise<boolean>} whether it is another than before */
export async function meetAgain() {
  const before = token;
  token = tokenIn(new DOMParser().parseFromString(await (await ask("/")).text(), "text/html"));
  return token !== before;
}

/** What the lab refused, in both languages. */
export class Refused extends Error {
  /** @param {Texts} sentence */
  constructor(sentence) {
    super(sentence.en);
    this.sentence = sentence;
  }
}

/** @param {string} path @param {RequestInit} [settings] @returns {Promise<Response>} raises `Refused` */
async function ask(path, settings = {}) {
  const headers = { ...settings.headers, ...(settings.method ? { "X-Michinori-Token": token } : {}) };
  const answer = await fetch(path, { ...settings, headers }).catch(() => {
    throw new Refused(GONE);
  });
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw new Refused(told.sentence ?? GONE);
  }
  return answer;
}

/** @param {string} path @returns {Promise<any>} */
export async function get(path) {
  return (await ask(path)).json();
}

/** @param {string} path @param {unknown} value @returns {Promise<any>} */
export async function post(path, value) {
  return (await ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) })).json();
}

/** @param {number} id */
export async function discard(id) {
  await ask(`/api/journeys/${id}`, { method: "DELETE" });
}

/** @param {string} name @param {Blob} body @param {string} type @returns {Promise<{name: string, files: number}>} */
export async function upload(name, body, type) {
  const path = `/api/sites/${encodeURIComponent(name)}`;
  return (await ask(path, { method: "PUT", headers: { "Content-Type": type }, body })).json();
}

/** After these nothing more is told. */
export const OVER = ["done", "refused", "stopped", "lost"];

/**
 * Hear how far a journey is until it is over.
 * @param {number} id @param {(told: Told) => void} hear
 * @returns {() => void} ends it before
 */
export function watch(id, hear) {
  const source = new EventSource(`/api/journeys/${id}/progress`);
  source.onmessage = (message) => {
    const told = JSON.parse(message.data);
    if (OVER.includes(told.phase)) source.close();
    hear(told);
  };
  source.onerror = () => {
    source.close();
    hear({ phase: "lost", id, sentence: GONE }); // or the page is being left
  };
  return () => source.close();
}

/** @param {number} id @returns {Promise<Journey>} a past journey */
export async function readJourney(id) {
  /** @type {Record<string, ArrayBuffer>} */
  const blobs = {};
  const { blobs: names } = await get(`/api/journeys/${id}`);
  await Promise.all(names.map(async (/** @type {string} */ name) => {
    const answer = await ask(`/api/journeys/${id}/blobs/${name}`);
    blobs[name] = await inflated(new Uint8Array(await answer.arrayBuffer()));
  }));
  return new Journey(blobs);
}

/** @param {number} id @returns {Promise<OpenReport>} a past journey as the report shows it */
export async function openReport(id) {
  const journey = await readJourney(id);
  const picture = "page.png" in journey.about.files ? `/api/journeys/${id}/picture` : "";
  return reportOf(journey, picture);
}

// @ts-check
// What the page of the lab knows, and what can be done on it.
import { Store } from "../../report/assets/ui.js";
import { language } from "../../report/assets/i18n.js";
import { keep, kept, pointTo } from "../../report/assets/kept.js";
import { faultBar } from "./fault_bar.js";
import { Refused, discard, get, openReport, post, watch } from "./api.js";

/** @typedef {import("./api.js").Texts} Texts */
/** @typedef {import("./api.js").Order} Order */
/** @typedef {import("./api.js").Told} Told */
/** @typedef {import("./api.js").OpenReport} OpenReport */
/** @typedef {"journey" | "past" | "compare" | "tour"} View */
/** @typedef {{view: View, order: Order, told: Told | null, report: OpenReport | null, id: number, past: import("./api.js").Past[], pair: number[], wrong: Texts | null, lesson: import("./api.js").Lesson | null, solved: string[]}} State */

/** @param {string} text @returns {Order} a journey with nothing special */
export function plainOrder(text) {
  return { text, scenario: "home", seed: 0, warm: false, tcp: {}, faults: [], sites: [], language: language.value };
}

/** @extends {Store<State>} */
export class LabState extends Store {
  /** @param {import("./api.js").Offer} offer @param {import("./api.js").Lesson[]} lessons */
  constructor(offer, lessons) {
    super({ view: "journey", order: plainOrder(offer.scenarios.home.url), told: null, report: null, id: 0, past: [], pair: [], wrong: null, lesson: null, solved: (kept("lessons") ?? "").split(",").filter(Boolean) });
    this.offer = offer;
    this.lessons = lessons;
    this.unwatch = () => {};
  }

  /** @param {Partial<State>} changes */
  change(changes) {
    this.set({ ...this.value, ...changes });
  }

  /** @param {Partial<Order>} changes */
  choose(changes) {
    this.change({ order: { ...this.value.order, ...changes } });
  }

  /** Everything but the address as it is at first. */
  reset() {
    this.change({ order: plainOrder(this.value.order.text) });
  }

  /** @param {string} name @param {boolean | string} value @param {boolean | string} usual what need not be said */
  switchTcp(name, value, usual) {
    const { [name]: _, ...others } = this.value.order.tcp;
    this.choose({ tcp: value === usual ? others : { ...others, [name]: value } });
  }

  /** @param {string} name of a site @param {boolean} wanted */
  takeSite(name, wanted) {
    const others = this.value.order.sites.filter((one) => one !== name);
    this.choose({ sites: wanted ? [...others, name] : others });
  }

  /** @param {string} fault as the command line takes it */
  addFault(fault) {
    const { faults } = this.value.order;
    if (!faults.includes(fault)) this.choose({ faults: [...faults, fault] });
  }

  /** @param {View} view */
  show(view) {
    this.change({ view, wrong: null });
    if (view !== "journey") pointTo({ view });
  }

  /** A lesson, with its journey to be made. @param {import("./api.js").Lesson} lesson */
  begin(lesson) {
    pointTo({ part: lesson.part });
    this.change({ lesson, view: "journey", wrong: null, report: null, id: 0, order: plainOrder(lesson.text) });
  }

  /** @param {string} id of a lesson that was answered rightly */
  solve(id) {
    const solved = [...new Set([...this.value.solved, id])];
    keep("lessons", solved.join(","));
    this.change({ solved });
  }

  /** Walk the journey that was chosen. Gives its number once it is done, else 0. @param {Order} [order] @returns {Promise<number>} */
  async go(order = this.value.order) {
    try {
      const told = await post("/api/journeys", { ...order, language: language.value });
      this.change({ told, wrong: null });
      const last = await this.watched(told.id);
      await this.listPast();
      if (last.phase !== "done") {
        this.change({ told: null, wrong: last.sentence ?? null });
        return 0;
      }
      return told.id;
    } catch (error) {
      this.fail(error);
      return 0;
    }
  }

  /** Walk, and show what came of it. */
  async goAndShow() {
    this.change({ view: "journey" });
    const id = await this.go();
    if (id) await this.open(id);
  }

  /** @param {number} id @returns {Promise<Told>} what is told last */
  watched(id) {
    this.unwatch();
    return new Promise((done) => {
      this.unwatch = watch(id, (told) => {
        this.change({ told });
        if (["done", "refused", "stopped"].includes(told.phase)) done(told);
      });
    });
  }

  async stop() {
    const { told } = this.value;
    if (told) await post(`/api/journeys/${told.id}/stop`, {}).catch((error) => this.fail(error));
  }

  /** Show a past journey, and choose again what was chosen for it. @param {number} id */
  async open(id) {
    try {
      const [report, kept] = await Promise.all([openReport(id), get(`/api/journeys/${id}`)]);
      this.change({ view: "journey", report: { ...report, faults: faultBar(this) }, id, told: null, wrong: null, order: { ...kept.order } });
      Object.assign(globalThis, { michinori: report });
    } catch (error) {
      this.fail(error);
    }
  }

  /** @param {number} id */
  async forget(id) {
    try {
      await discard(id);
      const { report } = this.value;
      this.change({ pair: this.value.pair.filter((one) => one !== id), ...(this.value.id === id ? { report: null, id: 0 } : { report }) });
      await this.listPast();
    } catch (error) {
      this.fail(error);
    }
  }

  async listPast() {
    const { past, under_way: underWay } = await get("/api/journeys");
    this.change({ past });
    return underWay;
  }

  /** @param {unknown} error */
  fail(error) {
    if (!(error instanceof Refused)) throw error;
    this.change({ told: null, wrong: error.sentence });
  }
}

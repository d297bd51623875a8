// @ts-check
// What the page of the lab knows, and what can be done on it.
import { Store } from "../../report/assets/ui.js";
import { language } from "../../report/assets/i18n.js";
import { asked, keep, kept, pointTo } from "../../report/assets/kept.js";
import { examination } from "../../report/assets/examination.js";
import { faultBar } from "./fault_bar.js";
import { GONE, OVER, Refused, discard, get, meetAgain, openReport, post, watch } from "./api.js";

/** @typedef {import("./api.js").Texts} Texts */
/** @typedef {import("./api.js").Order} Order */
/** @typedef {import("./api.js").Told} Told */
/** @typedef {import("./api.js").OpenReport} OpenReport */
const OWN = "michinori-lab-journey";
/** By then what was turned to is drawn, and has its height. */
const DRAWN_AFTER_MS = 60;
/** @typedef {"journey" | "past" | "compare" | "tour"} View */
const VIEWS = /** @type {const} */ (["journey", "past", "compare", "tour"]);
/** @typedef {{view: View, order: Order, told: Told | null, report: OpenReport | null, id: number, past: import("./api.js").Past[], pair: number[], wrong: Texts | null, removed: number, gone: boolean, lesson: import("./api.js").Lesson | null, solved: string[]}} State */

/** The journey that this tab waits for, remembered while the page is loaded again. */
const own = {
  begin: (/** @type {number} */ id) => sessionStorage.setItem(OWN, String(id)),
  end: (/** @type {number} */ id) => own.is(id) && sessionStorage.removeItem(OWN),
  is: (/** @type {number} */ id) => sessionStorage.getItem(OWN) === String(id),
};

/** Something else is shown: it is read from its beginning. Where the button that was pressed is gone, its heading takes the focus. */
function turned() {
  scrollTo(0, 0);
  setTimeout(() => {
    const heading = /** @type {HTMLElement | null} */ (document.querySelector("#lesson-title, h2.part-title"));
    if (document.activeElement === document.body) heading?.focus({ preventScroll: true });
  }, DRAWN_AFTER_MS);
}

/** As `pointTo`, and the browser's Back leads to what was shown before. @param {Record<string, string>} wanted */
function turnTo(wanted) {
  history.pushState(null, "", "#" + new URLSearchParams(wanted));
}

/** @param {string} text @returns {Order} a journey with nothing special */
export function plainOrder(text) {
  return { text, scenario: "home", seed: 0, warm: false, tcp: {}, faults: [], sites: [], language: language.value };
}

/** Numbers as a Japanese keyboard may type them, as they are written. @param {Order} order @returns {Order} */
function halfWidth(order) {
  const { loss, delay, rate, mtu } = order;
  return { ...order, ...Object.fromEntries(Object.entries({ loss, delay, rate, mtu }).map(([name, value]) => [name, value?.normalize("NFKC")])) };
}

/** @extends {Store<State>} */
export class LabState extends Store {
  /** @param {import("./api.js").Offer} offer @param {import("./api.js").Lesson[]} lessons */
  constructor(offer, lessons) {
    super({ view: "journey", order: plainOrder(offer.scenarios.home.url), told: null, report: null, id: 0, past: [], pair: [], wrong: null, removed: 0, gone: false, lesson: null, solved: (kept("lessons") ?? "").split(",").filter(Boolean) });
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

  /** @returns {import("./api.js").ScenarioOffer} where the journey is made */
  scenario() {
    return this.offer.scenarios[this.value.order.scenario] ?? this.offer.scenarios.home;
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
    this.change({ view, wrong: null, removed: 0 });
    this.point();
    turned();
    if (view === "past" || view === "compare") void this.listPast().catch((error) => this.fail(error)); // another tab may have walked
  }

  /** The address leads back to what is shown; at which moment of a report, the report itself sees to. */
  point(turn = turnTo) {
    const { view, lesson, pair, id } = this.value;
    if (view === "compare" && pair[0] && pair[1]) turn({ view, pair: pair.join("-") });
    else if (view !== "journey") turn({ view });
    else if (id) turn(this.address(id));
    else turn(lesson ? { lesson: lesson.id, part: lesson.part } : {});
  }

  /** Put these two side by side. @param {number[]} pair */
  beside(pair) {
    this.change({ pair });
    this.point(pointTo);
  }

  /** Show what the address names: when the page is opened, by the browser's Back, by a link. */
  async arrive(address = location.href) {
    const at = asked(address);
    const view = /** @type {View} */ (VIEWS.find((name) => name === at.get("view")) ?? "journey");
    const pair = (at.get("pair") ?? "").split("-").map(Number).filter(Boolean);
    const lesson = this.lessons.find(({ id }) => id === at.get("lesson")) ?? null;
    const id = Number(at.get("journey")) || 0;
    if (view !== "journey") {
      this.change({ view, pair, wrong: null });
      await this.listPast().catch((error) => this.fail(error)); // another tab may have walked
      return;
    }
    this.change({ view, lesson, wrong: null, ...(!id && { report: null, id: 0 }), ...(lesson && !id && { order: plainOrder(lesson.text) }) });
    if (id && id !== this.value.id) await this.open(id);
  }

  /** A lesson, with its journey to be made. @param {import("./api.js").Lesson} lesson */
  begin(lesson) {
    this.change({ lesson, view: "journey", wrong: null, report: null, id: 0, order: plainOrder(lesson.text) });
    this.point();
    turned();
  }

  /** Back to the list of lessons. */
  leave() {
    this.change({ lesson: null });
    this.show("tour");
  }

  /** Show the event that answers a lesson, in the part that shows it best. @param {import("./api.js").Lesson} lesson @param {number} n */
  see(lesson, n) {
    location.hash = String(new URLSearchParams({ ...this.address(this.value.id), part: lesson.seen, n: String(n) })); // the report listens
    setTimeout(() => (document.querySelector("main [aria-current]") ?? document.querySelector("h2.part-title"))?.scrollIntoView(), DRAWN_AFTER_MS);
  }

  /** @param {number} id @returns {Record<string, string>} what the address says besides the moment in the report */
  address(id) {
    const { lesson } = this.value;
    return { journey: String(id), ...(lesson && { lesson: lesson.id }) };
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
      const told = await post("/api/journeys", { ...halfWidth(order), language: language.value });
      this.change({ told, wrong: null });
      own.begin(told.id);
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

  /**
   * Journeys were under way when the page was opened. Show what comes of the one that this tab began before it was loaded
   * again, or else of another tab's, if nothing else is shown and nothing was typed meanwhile.
   * @param {number[]} underWay
   */
  async follow(underWay) {
    const begun = underWay.find((id) => own.is(id));
    const ended = this.value.past.find(({ id }) => own.is(id));
    if (ended) {
      own.end(ended.id);
      await this.open(ended.id);
      return;
    }
    const id = begun ?? underWay[0];
    if (!id || (!begun && this.value.report)) return;
    const { order } = this.value;
    const last = await this.watched(id);
    await this.listPast();
    const { view, report } = this.value;
    if (last.phase === "done" && view === "journey" && (begun || (!report && order === this.value.order))) await this.open(id);
    else this.change({ told: null, wrong: last.sentence ?? null });
  }

  /** Walk, and show what came of it. */
  async goAndShow() {
    this.change({ view: "journey" });
    turned(); // what is told of it stands above, and the button may be far below
    const id = await this.go();
    if (id) await this.open(id);
  }

  /** @param {number} id @returns {Promise<Told>} what is told last */
  watched(id) {
    this.unwatch();
    return new Promise((done) => {
      this.unwatch = watch(id, (told) => {
        this.change({ told });
        if (!OVER.includes(told.phase)) return;
        if (told.phase !== "lost") own.end(id);
        done(told);
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
      examination.set(null); // it asked about the journey before
      this.turnToJourney(id);
      this.change({ view: "journey", report: { ...report, address: this.address(id), faults: faultBar(this) }, id, told: null, wrong: null, order: { ...kept.order } });
      turned();
      Object.assign(globalThis, { michinori: report });
    } catch (error) {
      this.fail(error);
    }
  }

  /** What the address says of the part and the moment still holds; what it says of anything else does not. @param {number} id */
  turnToJourney(id) {
    const { journey, part, n } = Object.fromEntries(asked());
    if (journey !== String(id)) turnTo({ ...this.address(id), ...(part && { part }), ...(n && { n }) });
  }

  /** @param {number} id */
  async forget(id) {
    try {
      await discard(id);
      const { report } = this.value;
      this.change({ removed: id, pair: this.value.pair.filter((one) => one !== id), ...(this.value.id === id ? { report: null, id: 0 } : { report }) });
      await this.listPast();
    } catch (error) {
      this.fail(error);
    }
  }

  /** The journey that was removed last is wanted after all. */
  async restore() {
    try {
      await post(`/api/journeys/${this.value.removed}/restore`, {});
      this.change({ removed: 0 });
      await this.listPast();
    } catch (error) {
      this.fail(error);
    }
  }

  /** @returns {Promise<number[]>} those that are under way */
  async listPast() {
    const { past, under_way: underWay } = await get("/api/journeys");
    this.change({ past });
    return underWay.map((/** @type {Told} */ { id }) => id);
  }

  /** The lab is there, or is not. @param {boolean} there */
  async attend(there) {
    if (!there) {
      this.change({ gone: true });
      return;
    }
    try {
      if (await meetAgain()) await this.takeStock();
      this.change({ gone: false, ...(this.value.wrong === GONE && { wrong: null }) });
    } catch (error) {
      this.fail(error);
    }
  }

  /** Another lab has taken the place of the one before: what it does not have cannot be asked about any more. */
  async takeStock() {
    const { id, past } = this.value;
    const before = past.find((one) => one.id === id)?.command;
    this.offer = await get("/api/offer");
    await this.listPast();
    const { past: now, pair } = this.value;
    if (now.find((one) => one.id === id)?.command !== before) this.change({ id: 0 });
    this.change({ pair: pair.filter((one) => now.some((each) => each.id === one)) });
  }

  /** @param {unknown} error */
  fail(error) {
    if (!(error instanceof Refused)) throw error;
    this.change({ told: null, wrong: error.sentence });
  }
}

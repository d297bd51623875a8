// @ts-check
// Where am I (現在地): the stage of the way, the layer, the device and the request of the event at the cursor. In view
// in every part.
import { html, useStore } from "./ui.js";
import { useSay } from "./i18n.js";
import { BEFORE, LAYERS, OSI, STAGES, WAYS, osiOf } from "./stages.js";
import { pathOf } from "./format.js";
import { explainOsi, explainStage } from "./explain/words.js";

/** @typedef {import("./data.js").Journey} Journey */
/** @typedef {{stage: number, osi: number, layer: string, host: string, exchange: number, conversation: number}} Place */

const TEXTS = {
  here: { ja: "現在地", en: "You are here" },
  device: { ja: "機器", en: "Device" },
  layer: { ja: "OSI基本参照モデルの層", en: "Layer of the OSI model" },
  exchange: { ja: "どのやりとりか", en: "Which exchange" },
};

/** @param {Journey} journey @param {number} n @returns {Place} */
export function placeOf(journey, n) {
  const c = journey.columns, row = n - 1;
  const layer = journey.kinds[c.kind[row]][0];
  return {
    stage: c.stage[row], osi: osiOf(layer), layer, host: journey.hosts[c.host[row]],
    exchange: c.exchange[row], conversation: c.conversation[row],
  };
}

/** @param {Journey} journey @param {number} stage from 1 @returns {number} the first event of a stage, 0 if there is none */
function firstOf(journey, stage) {
  return journey.columns.stage.indexOf(stage) + 1;
}

/** @param {{report: import("./parts.js").Report}} props */
export function Here({ report }) {
  const say = useSay();
  const { journey, cursor } = report;
  const n = useStore(cursor, (moment) => moment.n);
  const place = placeOf(journey, n);
  const stage = STAGES[place.stage - 1];
  return html`<section class="here" aria-label=${say(TEXTS.here)} data-stage=${place.stage} data-osi=${place.osi}
      data-host=${place.host} data-exchange=${place.exchange}>
    <h2 class="here-title">${say(TEXTS.here)}</h2>
    <${Rail} report=${report} now=${place.stage} />
    <p class="here-now">
      <strong class="here-stage">${stage ? html`<span class="here-way">${say(WAYS[stage.way])} ${stage.number}</span> ${say(stage.name)}` : say(BEFORE)}</strong>
      <${Layers} osi=${place.osi} layer=${place.layer} />
      <span class="here-host"><span class="unseen">${say(TEXTS.device)}: </span>${place.host}</span>
      <span class="here-exchange"><span class="unseen">${say(TEXTS.exchange)}: </span>${exchangeName(journey, place)}</span>
    </p>
  </section>`;
}

/** @param {Journey} journey @param {Place} place @returns {string} */
function exchangeName(journey, place) {
  const exchange = journey.about.exchanges[place.exchange - 1];
  const said = journey.about.conversations[place.conversation - 1];
  const dns = said?.dns ? `DNS ${said.client} → ${said.server || "?"}` : "";
  const asked = exchange ? `#${exchange.id} ${exchange.method} ${pathOf(exchange.url)}` : "";
  return [asked, dns].filter(Boolean).join(" · ") || (said ? said.client_end : "–");
}

/** @param {{report: import("./parts.js").Report, now: number}} props */
function Rail({ report, now }) {
  const say = useSay();
  return html`<ol class="rail">
    ${STAGES.map((stage, index) => {
      const first = firstOf(report.journey, index + 1);
      const name = `${say(WAYS[stage.way])} ${stage.number} ${say(stage.name)}`;
      const words = explainStage(stage.way, stage.number);
      return html`<li key=${index} class=${`${stage.way}${index === 7 ? " turn" : ""}`}>
        <button type="button" disabled=${!first} aria-current=${now === index + 1 ? "step" : undefined}
          aria-label=${name} title=${words ? `${name}\n${say(words)}` : name} onClick=${() => report.go(first)}>${stage.number}</button></li>`;
    })}
  </ol>`;
}

/** @param {{osi: number, layer: string}} props */
function Layers({ osi, layer }) {
  const say = useSay();
  const name = osi ? `L${osi} ${say(OSI[osi - 1])}` : "";
  const words = explainOsi(osi);
  return html`<span class="here-layer" title=${words ? say(words) : undefined}><span class="unseen">${say(TEXTS.layer)}: </span>
    <svg class="stack" viewBox="0 0 18 21" aria-hidden="true">
      ${OSI.map((_, index) => html`<rect key=${index} x="0" y=${(6 - index) * 3} width="18" height="2.2" rx="1" class=${osi === index + 1 ? "on" : ""} />`)}
    </svg>${name} <span class="here-protocol">${LAYERS[layer] ? say(LAYERS[layer]) : layer}</span></span>`;
}

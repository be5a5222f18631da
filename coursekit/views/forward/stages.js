// The stage of each kind of step, with the numbers of the chosen token.
// @ts-nocheck  (typed next: see the issue on the scripts)

import { h } from "../page/dom.js";
import { grouped, shareText, signed } from "../page/numbers/format.js";
import { attentionStage } from "./attention.js";
import { arrow, vectorRow } from "./strips.js";

const erf = (/** @type {number} */ x) => {
  // Abramowitz and Stegun 7.1.26: wrong by less than 2e-7, which no picture shows.
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const y = 1 - ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x);
  return x < 0 ? -y : y;
};

/** @type {Object<string, (x: number) => number>} */
const ACTIVATIONS = {
  GELU: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  "GELU (tanh)": (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  ReLU: (x) => Math.max(0, x),
  SiLU: (x) => x / (1 + Math.exp(-x)),
  "quick GELU": (x) => x / (1 + Math.exp(-1.702 * x)),
  "squared ReLU": (x) => Math.max(0, x) ** 2,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};

/** @param {any} step @param {any} at @returns {(Node|null)[]} */
export function stageOf(step, at) {
  if (step.closed) {
    return [h("p", { class: "ck-note ck-warning" }, `The inside of this step is not shown: ${step.closed}.`),
      vectorRow("", "takes", step.before, at.row, at.scales.vector), vectorRow("=", "gives", step.after, at.row, at.scales.vector, { strong: true })];
  }
  if (step.products) return attentionStage(step, at);
  if (step.parts) return embeddingsStage(step, at);
  if (step.wide && step.activation && step.kind === "feed-forward") return feedForwardStage(step, at);
  if (step.kind === "pooler" || step.kind === "head") return headStage(step, at);
  if (step.total) return sumStage(step, at);
  return [vectorRow("", "the vector", step.after, at.row, at.scales.vector, { strong: true })];
}

function normRows(/** @type {any} */ step, /** @type {any} */ at) {
  if (!step.norm) return [];
  const row = Math.min(at.row, step.spread.data.length - 1);
  const mean = h("b", {}, signed(step.mean.data[row], 3));
  const spread = h("b", {}, signed(step.spread.data[row], 3));
  const said = step.norm === "LayerNorm"
    ? ["its mean ", mean, " is taken away, it is divided by its spread ", spread, ", then scaled and shifted by learned weights"]
    : ["it is divided by the root of its mean square ", spread, ", then scaled by learned weights"];
  return [arrow(h("b", {}, step.norm), ": ", ...said), vectorRow("=", "the result", step.after, at.row, at.scales.vector, { strong: true })];
}

function embeddingsStage(/** @type {any} */ step, /** @type {any} */ at) {
  return [
    ...step.parts.map((/** @type {any} */ part, /** @type {number} */ index) => vectorRow(index ? "+" : "",
      part.rows
        ? h("span", {}, h("code", {}, part.name), h("span", { class: "ck-row-number" }, ` row ${grouped(part.rows[at.token] ?? 0)}`))
        : h("code", {}, part.name), part.vectors, at.row, at.scales.embedding, { name: part.name })),
    step.parts.length > 1 || step.norm ? vectorRow("=", "the sum", step.total, at.row, at.scales.embedding, { strong: !step.norm }) : null,
    ...normRows(step, at),
  ];
}

function sumStage(/** @type {any} */ step, /** @type {any} */ at) {
  const rows = step.around
    ? [vectorRow("", "went around", step.around, at.row, at.scales.vector),
      ...step.through.map((/** @type {any} */ each) => vectorRow("+", "came through", each, at.row, at.scales.vector)),
      vectorRow("=", "the sum", step.total, at.row, at.scales.vector, { strong: !step.norm })]
    : [vectorRow("", "takes", step.before, at.row, at.scales.vector)];
  return [...rows, ...normRows(step, at)];
}

function feedForwardStage(/** @type {any} */ step, /** @type {any} */ at) {
  const wide = step.wide;
  const inside = step.inside[1] ? `${grouped(step.inside[0])} = ${step.inside[1]}` : grouped(step.inside[0]);
  return [
    vectorRow("", "takes", step.before, at.row, at.scales.vector),
    arrow(`times the first matrix: widened to ${inside} numbers`),
    vectorRow("", step.up ? "gate" : "widened", step.wide, at.row, at.scales.wide),
    step.up ? vectorRow("", "and beside it", step.up, at.row, at.scales.wide) : null,
    arrow(`${step.activation}: each number by itself${step.up ? ", then times the one beside it" : ""}`),
    curve(wide, Math.min(at.row, wide.count - 1), step.activation),
    step.inner ? vectorRow("", "what is left", step.inner, at.row, at.scales.wide) : null,
    arrow("times the second matrix: narrowed again"),
    vectorRow("=", "feed-forward gives", step.after, at.row, at.scales.branch, { strong: true }),
  ];
}

/** The activation's curve with this token's numbers on it. */
function curve(/** @type {Vectors} */ vectors, /** @type {number} */ row, /** @type {string} */ name) {
  const f = ACTIVATIONS[name];
  if (!f) return null;
  const values = Array.from({ length: vectors.width }, (_, at) => vectors.at(row, at)).filter(Number.isFinite);
  const low = Math.min(-3, ...values);
  const high = Math.max(3, ...values);
  const [width, height, edge] = [520, 190, 24];
  const line = Array.from({ length: 121 }, (_, at) => low + ((high - low) * at) / 120);
  const tops = [...line, ...values].map(f);
  const [bottom, top] = [Math.min(-0.4, ...tops), Math.max(...tops, 0.4)];
  const x = (/** @type {number} */ value) => edge + ((value - low) / (high - low)) * (width - 2 * edge);
  const y = (/** @type {number} */ value) => height - edge - ((value - bottom) / (top - bottom)) * (height - 2 * edge);
  const quiet = values.filter((value) => Math.abs(f(value)) < 0.2).length;
  const below = values.filter((value) => value < 0).length;
  const text = (/** @type {number} */ px, /** @type {number} */ py, /** @type {string} */ what, anchor = "middle") => h("svg:text", { x: px, y: py, "text-anchor": anchor }, what);
  return h("div", { class: "ck-curve" },
    h("svg:svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${name} with ${values.length} numbers on its curve` },
      h("svg:line", { class: "ck-curve-axis", x1: edge, x2: width - edge, y1: y(0), y2: y(0) }),
      h("svg:line", { class: "ck-curve-axis", x1: x(0), x2: x(0), y1: edge / 2, y2: height - edge }),
      h("svg:polyline", { class: "ck-curve-line", points: line.map((value) => `${x(value).toFixed(1)},${y(f(value)).toFixed(1)}`).join(" ") }),
      ...values.map((value) => h("svg:circle", { class: "ck-curve-dot", cx: x(value).toFixed(1), cy: y(f(value)).toFixed(1), r: 2.6 })),
      text(edge, height - 6, signed(low, 1), "start"), text(x(0), height - 6, "0"), text(width - edge, height - 6, signed(high, 1), "end"),
      text(x(0) + 5, 14, name, "start")),
    h("p", {}, h("b", {}, grouped(quiet)), ` of ${grouped(values.length)} numbers come out smaller than 0.2. `,
      h("b", {}, grouped(below)), " went in negative. The few on the right are what this layer noticed in this token."));
}

function headStage(/** @type {any} */ step, /** @type {any} */ at) {
  const parts = [vectorRow("", step.rows ? "the first token's vector" : "takes", step.before, at.row, at.scales.vector)];
  for (const [title, vectors] of step.stages) {
    parts.push(arrow(title === "matrix" ? "times a matrix" : title));
    parts.push(vectorRow("", title, vectors, at.row, at.scales.vector));
    if (title === "matrix" && step.activation) {
      const wide = vectors;
      parts.push(curve(wide, Math.min(at.row, wide.count - 1), step.activation));
    }
  }
  if (step.kind === "pooler") return [...parts, arrow(step.activation || ""), vectorRow("=", "the pooled vector", step.after, at.row, at.scales.vector, { strong: true })];
  return [...parts, arrow("times the last matrix, one score for each answer; softmax makes chances"), answers(step, at), lensTable(step, at)];
}

/** The best answers with their chances. */
function answers(/** @type {any} */ step, /** @type {any} */ at) {
  const row = Math.min(at.row, step.best.length - 1);
  const count = step.best[row].length;
  return h("ol", { class: "ck-answers", "aria-label": "The best answers" }, ...step.best[row].map((/** @type {string} */ word, /** @type {number} */ index) => {
    const share = step.shares.data[row * count + index];
    const bar = h("span", { class: "ck-answer-bar", "aria-hidden": "true" });
    bar.style.setProperty("--ck-size", String(share));
    return h("li", {}, h("span", { class: "ck-answer-word" }, word), h("span", { class: "ck-answer-axis" }, bar),
      h("span", { class: "ck-figure" }, shareText(share)), h("span", { class: "ck-muted ck-figure" }, signed(step.scores.data[row * count + index], 2)));
  }));
}

/** The logit lens: what the same head would say after each layer. */
function lensTable(/** @type {any} */ step, /** @type {any} */ at) {
  const lens = at.run.lens;
  const place = lens ? lens.tokens.indexOf(at.token) : -1;
  if (!step.vocabulary || place < 0) return null;
  const [, tokens, best] = lens.shares.shape;
  const last = lens.words[lens.layers.length - 1][place][0];
  return h("section", { class: "ck-lens", "aria-label": "Logit lens" },
    h("h5", {}, "Before the last layer: what the same head would say after each one (logit lens)"),
    h("div", { class: "ck-scroll", tabindex: 0, role: "group", "aria-label": "Words after each layer" },
      h("table", {}, h("tbody", {}, ...lens.layers.map((/** @type {string} */ layer, /** @type {number} */ index) => h("tr", {},
        h("th", { scope: "row" }, layer),
        ...lens.words[index][place].map((/** @type {string} */ word, /** @type {number} */ rank) => {
          const share = lens.shares.data[(index * tokens + place) * best + rank];
          const cell = h("td", { class: word === last ? "ck-lens-last" : null, title: shareText(share) }, word);
          cell.style.setProperty("--ck-size", String(Math.sqrt(share)));
          return cell;
        }),
        h("td", { class: "ck-figure ck-muted" }, `“${last}” ${shareText(lens.final.data[index * tokens + place])}`)))))));
}

// Attention for one token and one head: query, keys, products, mask, softmax, values, and their weighted sum.
// @ts-nocheck  (typed next: see the issue on the scripts)

import { h, paint } from "../page/dom.js";
import { shareText, signed } from "../page/numbers/format.js";
import { Quantized } from "../page/numbers/quantized.js";
import { arrow, strip, vectorRow } from "./strips.js";

const MOST_KEYS = 20;

/**
 * @param {any} step
 * @param {any} at what is chosen: `{run, row, token, head, scales, chooseHead, word}`
 * @returns {(Node|null)[]}
 */
export function attentionStage(step, at) {
  const head = Math.min(at.head, step.heads - 1);
  const keys = at.run.tokens[step.source];
  const kept = at.run.kept[step.source];
  const [products, weights] = ["products", "weights"].map((name) => {
    step[name].numbers ??= new Quantized(step[name]);
    return step[name].numbers;
  });
  if (step.bias) step.bias.numbers ??= new Quantized(step.bias);
  const queries = step.products.codes.shape[1];
  const flat = (/** @type {number} */ of, /** @type {number} */ key) => (of * queries + at.row) * keys.length + key;
  const weight = (/** @type {number} */ key, of = head) => weights.at(flat(of, key));
  const order = keys.map((/** @type {any} */ _, /** @type {number} */ key) => key);
  let shown = order;
  if (keys.length > MOST_KEYS) {
    shown = [...order].sort((one, other) => weight(other) - weight(one)).slice(0, MOST_KEYS).sort((one, other) => one - other);
  }
  const rest = 1 - shown.reduce((/** @type {number} */ sum, /** @type {number} */ key) => sum + weight(key), 0);
  return [
    headPicker(step, at, head, order, weight),
    attentionTable(step, at, head, { keys, kept, shown, products, weight, flat }),
    shown.length < keys.length
      ? h("p", { class: "ck-muted" }, `The ${shown.length} highest of ${keys.length} keys; the others take ${shareText(Math.max(0, rest))} together.`)
      : null,
    h("h5", {}, "All heads side by side, then the output matrix"),
    vectorRow("", `${step.heads} heads × ${step.valueSize}`, step.context, at.row, at.scales.values,
      { name: "context", part: [head * step.valueSize, (head + 1) * step.valueSize] }),
    arrow("times the output matrix: what the heads found is mixed into one vector"),
    vectorRow("=", "attention gives", step.after, at.row, at.scales.branch, { strong: true }),
  ];
}

/** A small picture of each head's weights for this token, to choose from. */
function headPicker(/** @type {any} */ step, /** @type {any} */ at, /** @type {number} */ head, /** @type {number[]} */ order, /** @type {any} */ weight) {
  const buttons = Array.from({ length: step.heads }, (_, of) => {
    const canvas = h("canvas", { "aria-hidden": "true" });
    paint(canvas, order.length, at.scales.share.pixels(1, order.length, (_row, key) => weight(key, of)));
    const best = order.reduce((most, key) => (weight(key, of) > weight(most, of) ? key : most), 0);
    return h("button", { type: "button", class: "ck-head-button", "aria-pressed": String(of === head), tabindex: of === head ? 0 : -1,
      "data-head": of, "aria-label": `Head ${of}, most at ${at.run.tokens[step.source][best][0]}`,
      title: `head ${of}: ${shareText(weight(best, of))} at “${at.run.tokens[step.source][best][0]}”`,
      onclick: () => at.chooseHead(of) }, h("span", {}, of), canvas);
  });
  const groups = step.keyHeads < step.heads ? ` Groups of ${step.heads / step.keyHeads} heads share keys and values.` : "";
  return h("div", { class: "ck-head-picker" },
    h("p", { class: "ck-muted" }, `Choose a head: each strip shows where it looks from “${at.word}”, first token left.${groups}`),
    h("div", { role: "group", "aria-label": "Heads", class: "ck-head-buttons" }, ...buttons));
}

/** The table: a row for each key, the query above the keys, the weighted sum below the values. */
function attentionTable(/** @type {any} */ step, /** @type {any} */ at, /** @type {number} */ head, /** @type {any} */ { keys, kept, shown, products, weight, flat }) {
  const [from, to] = [head * step.size, (head + 1) * step.size];
  const [valueFrom, valueTo] = [head * step.valueSize, (head + 1) * step.valueSize];
  const limit = Math.max(...shown.map((/** @type {number} */ key) => Math.abs(products.at(flat(head, key)))), 1e-9);
  const query = step.query;
  const [keyVectors, valueVectors, context] = [step.key, step.value, step.context];
  const masked = Boolean(step.blocked);
  const root = Math.abs(step.scale - step.size ** -0.5) < 1e-5;
  const measure = root ? `q · k / √${step.size}` : `q · k${step.scale === 1 ? "" : ` × ${Number(step.scale.toPrecision(3))}`}`;
  const row = (/** @type {number} */ key) => {
    const [word, kind] = keys[key];
    const place = kept.indexOf(key);
    const product = products.at(flat(head, key));
    const blocked = masked && step.blocked.data[at.row * keys.length + key];
    const share = weight(key);
    const value = h("div", { class: "ck-value-strip" }, place < 0 ? null : strip(valueVectors, place, at.scales.values, `value of ${word}`, { from: valueFrom, to: valueTo }));
    value.style.opacity = String(0.16 + 0.84 * Math.sqrt(share));
    const bar = h("span", { class: `ck-product-bar${product < 0 ? " ck-negative" : ""}`, "aria-hidden": "true" });
    bar.style.setProperty("--ck-size", String(Math.abs(product) / limit));
    const part = h("span", { class: "ck-weight-bar", "aria-hidden": "true" });
    part.style.setProperty("--ck-size", String(share));
    const added = step.bias ? step.bias.numbers.at(flat(head, key)) : 0;
    return h("tr", { class: blocked ? "ck-blocked" : null },
      h("th", { scope: "row" }, h("span", { class: `ck-token ck-token-${kind}${key === at.token && step.source === step.stack ? " ck-on" : ""}` }, word)),
      h("td", {}, place < 0 ? null : strip(keyVectors, place, at.scales.heads, `key of ${word}`, { from, to })),
      h("td", { class: "ck-product" }, h("span", { class: "ck-product-axis" }, bar), h("span", { class: "ck-figure" }, signed(product, 2))),
      masked || step.bias ? h("td", { class: "ck-mask" }, blocked ? "blocked" : step.bias ? `${added < 0 ? "" : "+"}${signed(added, 2)}` : "") : null,
      h("td", { class: "ck-weight" }, h("span", { class: "ck-weight-axis" }, part), h("span", { class: "ck-figure" }, shareText(share))),
      h("td", {}, value));
  };
  return h("div", { class: "ck-scroll", tabindex: 0, role: "group", "aria-label": `Attention of head ${head}` },
    h("table", { class: "ck-attention" },
      h("caption", { class: "ck-visually-hidden" }, `Head ${head}: how “${at.word}” attends to each token`),
      h("thead", {},
        h("tr", {}, h("th", { scope: "col" }, "token"), h("th", { scope: "col" }, "its key ", h("i", {}, "k")),
          h("th", { scope: "col" }, measure), masked || step.bias ? h("th", { scope: "col" }, step.bias ? "position" : "mask") : null,
          h("th", { scope: "col" }, "softmax"), h("th", { scope: "col" }, "its value ", h("i", {}, "v"))),
        h("tr", { class: "ck-query" },
          h("th", { scope: "row" }, h("span", { class: "ck-token ck-on" }, at.word)),
          h("td", {}, strip(query, at.row, at.scales.heads, "query", { from, to, height: 22 })),
          h("td", { colspan: masked || step.bias ? 4 : 3 }, h("span", { class: "ck-muted" }, "← its query ", h("i", {}, "q"), ": it meets every key below, number by number")))),
      h("tbody", {}, ...shown.map(row)),
      h("tfoot", {}, h("tr", { class: "ck-context" },
        h("td", { colspan: masked || step.bias ? 5 : 4 }, h("span", { class: "ck-muted" }, `the values, each times its weight, added up: what head ${head} gives →`)),
        h("td", {}, strip(context, at.row, at.scales.values, "context", { from: valueFrom, to: valueTo, height: 22 }))))));
}

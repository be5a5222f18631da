// A vector as a strip of colours: one for each number, its first numbers written out, its length beside it.
// @ts-nocheck  (typed next: see the issue on the scripts)

import { h, paint } from "../page/dom.js";
import { decimal, signed } from "../page/numbers/format.js";
import { Quantized } from "../page/numbers/quantized.js";

/** Vectors of a step: a byte for each number, the first ones exactly. */
export class Vectors {
  /** @param {any} packed what `vectors` in payload.py wrote */
  constructor(packed) {
    this.parts = packed.sum ?? null; // a sum is added up here
    this.numbers = this.parts ? null : new Quantized(packed);
    this.width = this.parts ? this.parts[0].width : packed.codes.shape[1];
    this.count = packed.length.shape[0];
    this.first = packed.first;
    this.length = packed.length.data;
  }

  /** @param {number} row @param {number} at @returns {number} */
  at(row, at) {
    const few = this.first.shape[1];
    if (at < few) return this.first.data[row * few + at];
    if (this.parts) return this.parts.reduce((/** @type {number} */ sum, /** @type {Vectors} */ part) => sum + part.at(row, at), 0);
    return this.numbers.at(row * this.width + at);
  }

  /** @param {number} row @param {number} at @returns {string} */
  text(row, at) {
    const few = this.first.shape[1];
    if (at < few) return signed(this.first.data[row * few + at], 4);
    return this.parts ? `about ${signed(this.at(row, at), 2)}` : this.numbers.text(row * this.width + at);
  }

  /** @param {number} row @param {number} from @param {number} to @returns {string} the first few of a part */
  some(row, from, to, most = 5) {
    const end = Math.min(to, from + most);
    const parts = [];
    for (let at = from; at < end; at += 1) parts.push(decimal(this.at(row, at), 2));
    return `${parts.join("  ")}${end < to ? "  …" : ""}`;
  }
}

/** Put the vectors of a pass in the places of its steps where their numbers in the pool stand. */
export function unpool(/** @type {any} */ run) {
  const pool = run.pool.map((/** @type {any} */ packed) => new Vectors(packed));
  const at = (/** @type {number|null|undefined} */ place) => (typeof place === "number" ? pool[place] : null);
  for (const step of run.steps) {
    for (const name of ["before", "after", "around", "query", "key", "value", "context", "wide", "up", "inner"]) step[name] = at(step[name]);
    step.through = (step.through ?? []).map(at);
    for (const part of step.parts ?? []) part.vectors = at(part.vectors);
    for (const stage of step.stages ?? []) stage[1] = at(stage[1]);
    if (step.total) step.total = new Vectors({ ...step.total, sum: step.total.sum.map(at) });
  }
}

/**
 * @param {Vectors} vectors
 * @param {number} row
 * @param {Scale} scale
 * @param {string} name
 * @param {{from?: number, to?: number, height?: number, part?: [number, number], width?: string}} [options]
 * @returns {HTMLElement} the strip alone
 */
export function strip(vectors, row, scale, name, { from = 0, to = vectors.width, height = 18, part, width } = {}) {
  const count = to - from;
  const canvas = h("canvas", { class: "ck-strip-canvas", role: "img",
    "aria-label": `${name}: ${count} numbers, the first ${vectors.some(row, from, to)}` });
  paint(canvas, count, scale.pixels(1, count, (_row, at) => vectors.at(row, from + at)));
  const frame = h("div", { class: "ck-strip-frame" }, canvas);
  frame.style.height = `${height}px`;
  if (width) frame.style.width = width;
  if (part) {
    const mark = h("div", { class: "ck-strip-part", "aria-hidden": "true" });
    mark.style.left = `${(100 * part[0]) / count}%`;
    mark.style.width = `${(100 * (part[1] - part[0])) / count}%`;
    frame.append(mark);
  }
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    const at = Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - box.left) / box.width) * count)));
    canvas.title = `${name}[${from + at}] = ${vectors.text(row, from + at)}`;
  });
  return frame;
}

/**
 * A row: what the vector is, its strip, its first numbers and its length.
 * @param {string} sign such as "+" or "="
 * @param {string|Node} label
 * @param {Vectors|null} vectors
 * @param {number} row
 * @param {Scale} scale
 * @param {any} [options]
 * @returns {HTMLElement|null}
 */
export function vectorRow(sign, label, vectors, row, scale, options = {}) {
  if (!vectors) return null;
  const at = Math.min(row, vectors.count - 1);
  const name = options.name ?? (typeof label === "string" ? label : label.textContent);
  return h("div", { class: `ck-vector${options.strong ? " ck-vector-strong" : ""}` },
    h("span", { class: "ck-vector-sign", "aria-hidden": "true" }, sign),
    h("span", { class: "ck-vector-label" }, label),
    strip(vectors, at, scale, name, options),
    h("span", { class: "ck-vector-numbers", "aria-hidden": "true" }, vectors.some(at, 0, vectors.width, 3)),
    h("span", { class: "ck-vector-length", title: "its length: the root of the sum of its squares" }, `length ${vectors.length[at].toFixed(1)}`));
}

/** An arrow down with what happens on the way. */
export function arrow(/** @type {(Node|string)[]} */ ...what) {
  return h("div", { class: "ck-arrow" }, h("span", { "aria-hidden": "true" }, "↓"), h("span", {}, ...what));
}


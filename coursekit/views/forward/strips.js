// A vector as a strip of colours: one for each number, its first numbers written out, its length beside it.

import { h, paint } from "../page/dom.js";
import { decimal, signed } from "../page/numbers/format.js";
import { Quantized } from "../page/numbers/quantized.js";
import { shade } from "../page/parts/legend.js";

/** @import { Child } from "../page/types.d.ts" */
/** @import { Scale } from "../page/numbers/colour.js" */
/** @import { Exact, RowOptions, Run, SentRun, SentSum, SentStep, SentVectors, Step } from "./types.d.ts" */

/** Vectors of a step, `(rows, width)`: the first numbers and the length of each are exact. */
export class Vectors {
	/**
	 * @param {Exact} exact
	 * @param {number} width
	 * @param {(row: number, at: number) => number} number the numbers after the first ones
	 * @param {(row: number, at: number) => string} written
	 */
	constructor({ first, length }, width, number, written) {
		this.first = first.data;
		this.few = first.shape[1];
		this.length = length.data;
		this.count = length.shape[0];
		this.width = width;
		this.number = number;
		this.written = written;
	}

	/**
	 * @param {number} row
	 * @param {number} at
	 * @returns {number}
	 */
	at(row, at) {
		return at < this.few ? this.first[row * this.few + at] : this.number(row, at);
	}

	/**
	 * @param {number} row
	 * @param {number} at
	 * @returns {string} with what it may be wrong by
	 */
	text(row, at) {
		return at < this.few ? signed(this.at(row, at), 4) : this.written(row, at);
	}

	/**
	 * @param {number} row
	 * @param {number} from
	 * @param {number} to
	 * @param {number} [most]
	 * @returns {string} the first few of a part
	 */
	some(row, from, to, most = 5) {
		const end = Math.min(to, from + most);
		const numbers = Array.from({ length: end - from }, (_, at) => decimal(this.at(row, from + at), 2));
		return `${numbers.join("  ")}${end < to ? "  …" : ""}`;
	}
}

/** @param {SentVectors} sent */
function stored(sent) {
	const numbers = new Quantized(sent);
	const width = sent.codes.shape[1];
	return new Vectors(
		sent,
		width,
		(row, at) => numbers.at(row * width + at),
		(row, at) => numbers.text(row * width + at),
	);
}

/**
 * A sum is not sent: its parts are added up here.
 * @param {SentSum} sent
 * @param {Vectors[]} parts
 */
function summed(sent, parts) {
	/** @param {number} row @param {number} at */
	const number = (row, at) => parts.reduce((sum, part) => sum + part.at(row, at), 0);
	return new Vectors(sent, parts[0].width, number, (row, at) => `about ${signed(number(row, at), 2)}`);
}

/**
 * A run with the vectors of its pool in the places of its steps.
 * @param {SentRun} sent
 * @returns {Run}
 */
export function readRun(sent) {
	const pool = sent.pool.map(stored);
	return { ...sent, steps: sent.steps.map((step) => readStep(step, pool)) };
}

/**
 * @param {SentStep} sent
 * @param {Vectors[]} pool
 * @returns {Step}
 */
function readStep(sent, pool) {
	/** @param {number | null} place */
	const at = (place) => (place === null ? null : pool[place]);
	/** @param {SentSum | null} sum */
	const total = (sum) =>
		sum &&
		summed(
			sum,
			sum.sum.map((place) => pool[place]),
		);
	const { embeddings, attention, sum, feedForward, head } = sent;
	return {
		...sent,
		before: at(sent.before),
		after: at(sent.after),
		embeddings: embeddings && {
			...embeddings,
			parts: embeddings.parts.map((part) => ({ ...part, vectors: pool[part.vectors] })),
			total: total(embeddings.total),
		},
		attention: attention && {
			...attention,
			query: pool[attention.query],
			key: pool[attention.key],
			value: pool[attention.value],
			context: pool[attention.context],
			products: new Quantized(attention.products),
			weights: new Quantized(attention.weights),
			bias: attention.bias && new Quantized(attention.bias),
		},
		sum: sum && {
			...sum,
			around: at(sum.around),
			through: sum.through.map((place) => pool[place]),
			total: total(sum.total),
		},
		feedForward: feedForward && {
			...feedForward,
			wide: pool[feedForward.wide],
			up: at(feedForward.up),
			inner: at(feedForward.inner),
		},
		head: head && { ...head, stages: head.stages.map(([title, place]) => [title, pool[place]]) },
	};
}

/**
 * The strip alone.
 * @param {Vectors} vectors
 * @param {number} row
 * @param {Scale} scale
 * @param {string} name
 * @param {{from?: number, to?: number, height?: number, part?: [number, number]}} [options]
 */
export function strip(vectors, row, scale, name, { from = 0, to = vectors.width, height = 18, part } = {}) {
	const count = to - from;
	const canvas = h("canvas", {
		class: `ck-strip-canvas ${shade(scale)}`,
		role: "img",
		"aria-label": `${name}: ${count} numbers, the first ${vectors.some(row, from, to)}`,
	});
	paint(
		canvas,
		count,
		scale.pixels(1, count, (_row, at) => vectors.at(row, from + at)),
	);
	const frame = h("div", { class: "ck-strip-frame" }, canvas);
	frame.style.height = `${height}px`;
	if (part) {
		const mark = h("div", { class: "ck-strip-part", "aria-hidden": "true" });
		mark.style.left = `${(100 * part[0]) / count}%`;
		mark.style.width = `${(100 * (part[1] - part[0])) / count}%`;
		frame.append(mark);
	}
	canvas.addEventListener("pointermove", (event) => {
		const box = canvas.getBoundingClientRect();
		const at = Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - box.left) / box.width) * count)));
		canvas.title = `${name}[${from + at}] = ${vectors.text(row, from + at)}`;
	});
	return frame;
}

/**
 * A row: what the vector is, its strip, its first numbers and its length.
 * @param {string} sign such as "+" or "="
 * @param {string | Node} label
 * @param {Vectors | null} vectors
 * @param {number} row
 * @param {Scale} scale
 * @param {RowOptions} [options]
 */
export function vectorRow(sign, label, vectors, row, scale, { name, strong, part } = {}) {
	if (!vectors) return null;
	const at = Math.min(row, vectors.count - 1);
	return h(
		"div",
		{ class: `ck-vector${strong ? " ck-vector-strong" : ""}` },
		h("span", { class: "ck-vector-sign", "aria-hidden": "true" }, sign),
		h("span", { class: "ck-vector-label" }, label),
		strip(vectors, at, scale, name ?? (typeof label === "string" ? label : (label.textContent ?? "")), { part }),
		h("span", { class: "ck-vector-numbers", "aria-hidden": "true" }, vectors.some(at, 0, vectors.width, 3)),
		h(
			"span",
			{ class: "ck-vector-length", title: "its length: the root of the sum of its squares" },
			`length ${vectors.length[at].toFixed(1)}`,
		),
	);
}

/**
 * An arrow down with what happens on the way.
 * @param {...Child} what
 */
export const arrow = (...what) =>
	h("div", { class: "ck-arrow" }, h("span", { "aria-hidden": "true" }, "↓"), h("span", {}, what));

// Attention: all heads as small pictures, and one head as lines from each token (query) to those it takes from (keys).

import { fill, h, paint } from "../page/dom.js";
import { roam } from "../page/keys.js";
import { grouped } from "../page/numbers/format.js";
import { cellHeight, labelStep } from "../page/numbers/grid.js";
import { curve, MOST_LINES, stroke, strongest } from "./lines.js";

/** @import { Scale } from "../page/numbers/colour.js" */

/**
 * @typedef {object} Overview
 * @property {number[]} layers their numbers
 * @property {number[]} heads
 * @property {number} rows of a matrix
 * @property {number} columns of a matrix
 * @property {(layer: number, head: number, query: number, key: number) => number} value of indices
 * @property {Scale} scale
 * @property {string} run
 * @property {(layer: number, head: number) => void} onchoose told indices
 */

/**
 * All heads of all layers.
 * @param {Overview} scene
 */
export function headOverview({ layers, heads, rows, columns: wide, value, scale, run, onchoose }) {
	const buttons = layers.flatMap((layer, row) =>
		heads.map((head, column) => {
			const canvas = h("canvas", { "aria-hidden": "true", class: Math.max(rows, wide) > 44 ? "ck-smooth" : null });
			paint(
				canvas,
				wide,
				scale.pixels(rows, wide, (query, key) => value(row, column, query, key)),
			);
			return h(
				"button",
				{
					type: "button",
					class: "ck-head",
					"aria-label": `${run}: layer ${layer}, head ${head}`,
					title: `layer ${layer}, head ${head}`,
					tabindex: -1,
					onclick: () => onchoose(row, column),
				},
				canvas,
			);
		}),
	);
	const columns = heads.length;
	const element = h(
		"div",
		{
			class: "ck-heads",
			role: "group",
			"aria-label": `${run}: all layers and heads`,
			style: `--ck-heads:${columns}`,
			onkeydown: (event) => roam(event, buttons, { columns, click: true }),
		},
		h("span", { class: "ck-heads-corner" }, "layer"),
		heads.map((head, column) => h("span", { class: "ck-heads-head" }, column ? head : `head ${head}`)),
		layers.map((layer, row) => [
			h("span", { class: "ck-heads-layer" }, layer),
			buttons.slice(row * columns, (row + 1) * columns),
		]),
	);
	/** @type {(row: number, column: number) => void} */
	const choose = (row, column) => {
		for (const [at, button] of buttons.entries()) {
			const chosen = at === row * columns + column;
			button.setAttribute("aria-pressed", String(chosen));
			button.tabIndex = chosen ? 0 : -1;
		}
	};
	return { element, choose };
}

/**
 * @typedef {object} Scene
 * @property {string[]} tokens the queries
 * @property {string[]} keys
 * @property {(query: number, key: number) => number} value
 * @property {number} limit
 * @property {string} label
 */

export class AttentionLines {
	/** @param {(token: number | null) => void} onpoint told which row is pointed at */
	constructor(onpoint) {
		this.onpoint = onpoint;
		this.svg = h("svg:svg", { class: "ck-lines", role: "img", width: 320, onpointerleave: () => onpoint(null) });
		this.note = h("p", { class: "ck-muted ck-lines-note" });
		this.lines = h("svg:g");
		this.limit = 1;
		this.step = 0;
		this.same = true;
		this.top = 0;
		/** @type {string[]} */
		this.tokens = [];
		/** @type {string[]} */
		this.keys = [];
		/** @type {SVGElement[]} */
		this.left = [];
		/** @type {SVGElement[]} */
		this.right = [];
		this.strongest = strongest(0, () => 0);
		const scroll = { class: "ck-lines-scroll", tabindex: 0, role: "group", "aria-label": "Lines of attention" };
		this.element = h("div", { class: "ck-lines-frame" }, h("div", scroll, this.svg), this.note);
	}

	/** The height of a row's middle. @param {number} row */
	y(row) {
		return this.top + this.step * (row + 0.5);
	}

	/** @param {Scene} scene */
	show({ tokens, keys, value, limit, label }) {
		this.tokens = tokens;
		this.keys = keys;
		this.same = tokens === keys;
		this.limit = limit;
		this.strongest = strongest(tokens.length, value, keys.length);
		this.svg.setAttribute("aria-label", label);
		this.place(this.top, this.step || cellHeight(tokens.length, true, false));
	}

	/**
	 * Draw, with each row as high as that of the matrix beside it.
	 * @param {number} top where the rows begin, in pixels
	 * @param {number} step the height of a row
	 */
	place(top, step) {
		this.top = Math.max(top, 24);
		this.step = step;
		const count = Math.max(this.tokens.length, this.keys.length);
		const high = this.top + step * count;
		this.svg.setAttribute("viewBox", `0 0 320 ${high}`);
		this.svg.setAttribute("height", String(high));
		const every = labelStep(step * count, count, 11.5);
		this.left = this.tokens.map((text, row) => this.word(row % every ? "" : text, row, true));
		this.right = this.keys.map((text, row) => this.word(row % every ? "" : text, row, false));
		const y = this.top - 8;
		fill(
			this.svg,
			h("svg:text", { x: 95, y, "text-anchor": "end", class: "ck-lines-title" }, "query"),
			h("svg:text", { x: 225, y, class: "ck-lines-title" }, "key"),
			this.lines,
			this.left,
			this.right,
		);
		this.mark([]);
	}

	/**
	 * @param {string} text
	 * @param {number} row
	 * @param {boolean} left
	 */
	word(text, row, left) {
		const short = text.length > 13 ? `${text.slice(0, 12)}…` : text;
		const box = { x: left ? 0 : 220, y: this.y(row) - this.step / 2, width: 100, height: this.step, rx: 3 };
		const place = { x: left ? 95 : 225, y: this.y(row) + 4, "text-anchor": left ? "end" : "start" };
		// A key is a row as well only where queries and keys are the same tokens.
		return h(
			"svg:g",
			{ class: "ck-lines-token", onpointerenter: () => this.onpoint(left || this.same ? row : null) },
			h("svg:rect", box),
			h("svg:text", place, short),
		);
	}

	/** @param {number[]} rows tokens whose lines stand alone */
	mark(rows) {
		const wanted = rows.length ? this.strongest.filter(({ query }) => rows.includes(query)) : this.strongest;
		const drawn = wanted.slice(0, MOST_LINES);
		fill(
			this.lines,
			drawn.map(({ query, key, weight }) => {
				const { width, opacity } = stroke(weight, this.limit);
				const d = curve(this.y(query), this.y(key));
				return h("svg:path", { d, class: "ck-line", "stroke-width": width, "stroke-opacity": opacity });
			}),
		);
		for (const [row, token] of this.left.entries()) token.classList.toggle("ck-on", rows.includes(row));
		const keys = new Map(rows.length ? drawn.map(({ key, weight }) => [key, weight]) : []);
		for (const [row, token] of this.right.entries()) token.classList.toggle("ck-on", (keys.get(row) ?? 0) > 0.2);
		const more = `The ${MOST_LINES} strongest of ${grouped(wanted.length)} lines.`;
		this.note.textContent = wanted.length > drawn.length ? more : "";
	}
}

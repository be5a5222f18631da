// The pictures of attention and logits.

import { fill, h } from "../page/dom.js";
import { Scale } from "../page/numbers/colour.js";
import { signed } from "../page/numbers/format.js";
import { legend } from "../page/parts/legend.js";
import { AttentionLines, headOverview } from "./attention.js";
import { HeatPicture } from "./picture.js";

/** @import { Cell } from "../page/parts/types.d.ts" */
/** @import { Shown } from "./picture.js" */
/** @import { Page, Token } from "./types.d.ts" */

/** A row of a picture: its name, where it stands among the numbers, its tokens. */
/** @typedef {{text: string, words: string, at: number, keys: string[]}} Line */

/** Attention of one sequence: all heads, one head as a matrix and as lines. */
export class Attention extends HeatPicture {
	/** @param {Page} page */
	constructor(page) {
		super(page, "attention");
		/** @type {Line[]} */
		this.rows = [];
		this.columnsOf = this.rows;
		this.scale = new Scale(this.data.colours.sequential, this.data.limits.attention, false);
		this.chosen = { layer: 0, head: 0 };
		this.invitation = "Rows are queries, columns are keys. Each row sums to 1.";
		this.name = h("strong", { class: "ck-head-name" });
		this.controls.append(this.name);
		this.overviews = this.runs.map(() => ({
			slot: h("div", { class: "ck-heads-slot" }),
			choose: /** @type {(layer: number, head: number) => void} */ (() => {}),
		}));
		this.lines = this.runs.map((_, index) => {
			const lines = new AttentionLines((row) => this.page.point(row === null ? [] : this.rows[row].keys));
			const head = h("div", { class: "ck-one-head" }, this.heats[index].element, lines.element);
			this.columns[index].append(h("div", { class: "ck-attention" }, this.overviews[index].slot, head));
			return lines;
		});
		const level = new ResizeObserver(() => this.level());
		for (const { body } of this.heats) level.observe(body);
		this.element.append(legend(this.scale, "attention weight (common scale)", this.precision));
	}

	/**
	 * The rows of a matrix, or its columns: tokens, or blocks of them.
	 * @param {Token[]} tokens
	 * @returns {Line[]}
	 */
	layout(tokens) {
		const { block } = this.data;
		if (block === 1) {
			const seen = tokens.filter((token) => this.page.isVisible(token));
			return (seen.length ? seen : tokens).map(({ text, position, key }) => ({
				text,
				words: text,
				at: position,
				keys: [key],
			}));
		}
		return Array.from({ length: Math.ceil(tokens.length / block) }, (_, at) => {
			const part = tokens.slice(at * block, (at + 1) * block);
			const first = at * block;
			return {
				text: part.length > 1 ? `${first}–${first + part.length - 1}` : String(first),
				words: part.map(({ text }) => text).join(" "),
				at,
				keys: part.map(({ key }) => key),
			};
		});
	}

	/** @override */
	refresh() {
		const { sequence: slot } = this.state;
		this.rows = this.layout(this.page.all(slot));
		const keys = this.page.keys(slot);
		this.columnsOf = keys ? this.layout(keys) : this.rows;
		for (const [index, run] of this.runs.entries()) {
			const overview = headOverview({
				layers: run.attentionLayers,
				heads: run.heads,
				rows: this.rows.length,
				columns: this.columnsOf.length,
				scale: this.scale,
				run: run.name,
				value: (layer, head, query, key) => run.numbers.at(this.at(run, layer, head, query, key)),
				onchoose: (layer, head) => {
					this.chosen = { layer, head };
					this.showHead();
				},
			});
			this.overviews[index].choose = overview.choose;
			fill(this.overviews[index].slot, overview.element);
		}
		this.showHead();
	}

	showHead() {
		const words = this.rows.map(({ text }) => text);
		const keys = this.columnsOf === this.rows ? words : this.columnsOf.map(({ text }) => text);
		const [first] = this.runs;
		const shown = this.head(first);
		this.name.textContent = `Layer ${first.attentionLayers[shown.layer]}, head ${first.heads[shown.head]}`;
		for (const [index, run] of this.runs.entries()) {
			const { layer, head } = this.head(run);
			this.overviews[index].choose(layer, head);
			/** @type {(query: number, key: number) => number} */
			const value = (query, key) => run.numbers.at(this.at(run, layer, head, query, key));
			const label = `Attention of ${run.name}, layer ${run.attentionLayers[layer]}, head ${run.heads[head]}`;
			this.heats[index].show({
				rows: words,
				columns: keys,
				square: true,
				scale: this.scale,
				value,
				label,
				corner: "query ↓  key →",
			});
			const { attention: limit } = this.data.limits;
			this.lines[index].show({ tokens: words, keys, value, limit, label: `${label}, as lines` });
		}
		this.level();
		this.invite();
		this.mark();
	}

	/** Give the rows of the lines the height of the matrix beside them. */
	level() {
		for (const [index, { body, columnLabels }] of this.heats.entries()) {
			const step = body.clientHeight / this.rows.length;
			const lines = this.lines[index];
			if (!step || (step === lines.step && columnLabels.offsetHeight === lines.top)) continue;
			lines.place(columnLabels.offsetHeight, step);
		}
		this.mark();
	}

	/** The chosen head, as far as a run has it. @param {Shown} run */
	head(run) {
		return {
			layer: Math.min(this.chosen.layer, run.attentionLayers.length - 1),
			head: Math.min(this.chosen.head, run.heads.length - 1),
		};
	}

	/**
	 * @param {Shown} run
	 * @param {number} layer
	 * @param {number} head
	 * @param {number} query
	 * @param {number} key
	 */
	at(run, layer, head, query, key) {
		const [, sequences, heads, high, wide] = run.numbers.shape;
		const matrix = (layer * sequences + this.state.sequence) * heads + head;
		return (matrix * high + this.rows[query].at) * wide + this.columnsOf[key].at;
	}

	/**
	 * @override
	 * @param {Cell} cell
	 */
	tokensAt(cell) {
		return this.rows[cell.row].keys;
	}

	/**
	 * @override
	 * @param {Cell} cell
	 */
	describe({ row, column }) {
		const [query, key] = [this.rows[row], this.columnsOf[column]];
		const [run] = this.runs;
		const { layer, head } = this.head(run);
		const place = [this.data.numbers[this.data.shown[this.state.sequence]], run.heads[head], query.at, key.at].join(
			", ",
		);
		const where =
			this.data.block === 1
				? `${this.data.paths.attention}[${run.attentionLayers[layer] - 1}][${place}]`
				: "mean of the block";
		this.read(`“${query.words}” takes from “${key.words}”: ${where}`, (one) => {
			const at = this.head(one);
			return one.numbers.text(this.at(one, at.layer, at.head, row, column));
		});
	}

	/** @override */
	mark() {
		const rows = this.marked(this.rows);
		this.markCells(this.cell ? [this.cell.row] : rows, this.cell ? [this.cell.column] : []);
		for (const lines of this.lines) lines.mark(rows);
	}
}

/** Scores before softmax: of each label, or the highest of many labels. */
export class Logits extends HeatPicture {
	/** @param {Page} page */
	constructor(page) {
		super(page, "logits");
		/** @type {Line[]} */
		this.rows = [];
		const [{ words, scores }] = this.runs;
		const unknown = "The numbers of each sequence; what they mean is not known.";
		const labels = scores === "Logits" ? "One score for each label; softmax turns a row to probabilities." : unknown;
		this.invitation = words
			? "The highest scores of each row, and what they stand for; softmax over all scores turns them to probabilities."
			: scores === "Probabilities"
				? "One probability for each label: each row sums to 1."
				: labels;
		this.scale = new Scale(this.data.colours.diverging, this.data.limits.logits, true);
		const meaning = `${scores === "Logits" ? "score" : scores} (common scale)`;
		this.element.append(legend(this.scale, meaning, this.precision));
	}

	/** @returns {Line[]} */
	layout() {
		const [, length] = this.runs[0].numbers.shape;
		if (this.runs[0].numbers.shape.length === 3) {
			return this.page
				.visible(this.state.sequence)
				.map(({ text, slot, position, key }) => ({ text, words: text, at: slot * length + position, keys: [key] }));
		}
		return this.data.shown.map((index, at) => {
			const text = `${this.data.numbers[index]}  ${this.data.sequences[index].label}`.trim();
			return { text, words: text, at, keys: [] };
		});
	}

	/** @override */
	refresh() {
		this.rows = this.layout();
		for (const [index, run] of this.runs.entries()) {
			/** @type {(row: number, column: number) => number} */
			const value = (row, column) => run.numbers.at(this.at(run, row, column));
			/** @type {(row: number, column: number) => string} */
			const write = (row, column) => run.words?.[this.at(run, row, column)] ?? signed(value(row, column), 2);
			this.heats[index].show({
				rows: this.rows.map(({ text }) => text),
				columns: run.labels,
				square: false,
				scale: this.scale,
				write: run.labels.length > 12 ? undefined : write,
				label: `${run.scores} of ${run.name}`,
				value,
			});
			this.heats[index].element.classList.toggle("ck-heat-wide-labels", run.numbers.shape.length < 3);
		}
		this.invite();
		this.mark();
	}

	/**
	 * @param {Shown} run
	 * @param {number} row
	 * @param {number} column
	 */
	at(run, row, column) {
		return this.rows[row].at * (run.numbers.shape.at(-1) ?? 1) + column;
	}

	/**
	 * @override
	 * @param {Cell} cell
	 */
	tokensAt(cell) {
		return this.rows[cell.row].keys;
	}

	/**
	 * @override
	 * @param {Cell} cell
	 */
	describe({ row, column }) {
		this.read(`“${this.rows[row].text}”, ${this.runs[0].labels[column]}`, (run) => {
			const at = this.at(run, row, column);
			return `${run.words ? `“${run.words[at]}” ` : ""}${run.numbers.text(at)}`;
		});
	}

	/** @override */
	mark() {
		this.markCells(this.marked(this.rows), []);
	}
}

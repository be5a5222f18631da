// The pictures of hidden states: the vectors, and how alike they are. They share the layer.

import { Scale } from "../page/numbers/colour.js";
import { decimal } from "../page/numbers/format.js";
import { triangle } from "../page/numbers/grid.js";
import { legend } from "../page/parts/legend.js";
import { breaks, HeatPicture } from "./picture.js";

/** @import { Cell } from "../page/parts/types.d.ts" */
/** @import { Shown } from "./picture.js" */
/** @import { Page, Token } from "./types.d.ts" */

/** A token of a picture that has only a part of them, with its place there. @typedef {Token & {index: number}} Placed */

/** The tokens of a page's smaller pictures that are not hidden. @type {(page: Page) => Placed[]} */
export const placedTokens = (page) =>
	page.data.tokens
		.map(([slot, position], index) => ({ ...page.token(slot, position), index }))
		.filter((token) => page.isVisible(token));

/** Hidden states: tokens × dimensions. */
export class Hidden extends HeatPicture {
	/** @param {Page} page */
	constructor(page) {
		super(page, "hidden");
		/** @type {Token[]} */
		this.rows = [];
		this.layerSlider();
		this.invitation =
			"Each row is the vector of one token, each column one dimension. Point at a cell, or move with the arrow keys.";
		this.scale = new Scale(this.data.colours.diverging, this.data.limits.hidden, true);
		const meaning = "value (common scale; the 0.5 % furthest from zero are cut)";
		this.element.append(legend(this.scale, meaning, this.precision));
	}

	/** @override */
	refresh() {
		this.showLayer();
		this.rows = this.page.visible(this.page.few ? null : this.state.sequence);
		for (const [index, run] of this.runs.entries()) {
			this.heats[index].show({
				rows: this.rows.map(({ text }) => text),
				columns: null,
				count: run.numbers.shape[3],
				square: false,
				scale: this.scale,
				breaks: breaks(this.rows),
				corner: "dimension →",
				label: `Hidden states of ${run.name}, ${run.layers[this.layerOf(run)]}`,
				value: (row, column) => run.numbers.at(this.at(run, row) + column),
			});
		}
		this.invite();
		this.mark();
	}

	/**
	 * Where the vector of a row begins.
	 * @param {Shown} run
	 * @param {number} row
	 */
	at(run, row) {
		const [, sequences, length, dimensions] = run.numbers.shape;
		const token = this.rows[row];
		return ((this.layerOf(run) * sequences + token.slot) * length + token.position) * dimensions;
	}

	/**
	 * @override
	 * @param {Cell} cell
	 */
	tokensAt(cell) {
		return [this.rows[cell.row].key];
	}

	/**
	 * @override
	 * @param {Cell} cell
	 */
	describe({ row, column }) {
		const { text, sequence, position } = this.rows[row];
		const many = this.runs.some((run) => run.layers.length > 1);
		const [{ layers }] = this.runs;
		const { hidden, last } = this.data.paths;
		const known = many ? `${hidden}[${this.state.layer}]` : last;
		const name = layers[0].startsWith("array") ? layers[this.layerOf(this.runs[0])] : known;
		this.read(`“${text}”, dimension ${column}: ${name}[${sequence}, ${position}, ${column}]`, (run) =>
			column < run.numbers.shape[3] ? run.numbers.text(this.at(run, row) + column) : "not there",
		);
	}

	/** @override */
	mark() {
		this.markCells(this.marked(this.rows.map(({ key }) => ({ keys: [key] }))), []);
	}
}

/** Similarity of tokens, within and across sequences. */
export class Tokens extends HeatPicture {
	/** @param {Page} page */
	constructor(page) {
		super(page, "tokens");
		/** @type {Placed[]} */
		this.rows = [];
		this.layerSlider();
		this.invitation =
			"Cosine similarity of each token with each other: 1 for the same direction, 0 for nothing in common.";
		this.scale = new Scale(this.data.colours.diverging, 1, true);
		this.element.append(legend(this.scale, "cosine similarity", this.precision));
	}

	/** @override */
	refresh() {
		this.showLayer();
		this.rows = placedTokens(this.page);
		const words = this.rows.map(({ text }) => text);
		for (const [index, run] of this.runs.entries()) {
			this.heats[index].show({
				rows: words,
				columns: words,
				square: true,
				scale: this.scale,
				breaks: breaks(this.rows),
				label: `Similarity of tokens in ${run.name}, ${run.layers[this.layerOf(run)]}`,
				value: (row, column) => run.numbers.at(this.at(run, row, column)),
			});
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
		return this.layerOf(run) * run.numbers.shape[1] + triangle(this.rows[row].index, this.rows[column].index);
	}

	/**
	 * @override
	 * @param {Cell} cell
	 */
	tokensAt(cell) {
		return [this.rows[cell.row].key, this.rows[cell.column].key];
	}

	/**
	 * @override
	 * @param {Cell} cell
	 */
	describe({ row, column }) {
		const [a, b] = [this.rows[row], this.rows[column]];
		const both = `in sequences ${a.sequence} and ${b.sequence}`;
		const where = a.sequence === b.sequence ? `in sequence ${a.sequence}` : both;
		this.read(`“${a.text}” and “${b.text}” ${where}`, (run) => run.numbers.text(this.at(run, row, column)));
	}

	/** @override */
	mark() {
		const marked = this.marked(this.rows.map(({ key }) => ({ keys: [key] })));
		if (this.cell) this.markCells([this.cell.row], [this.cell.column]);
		else this.markCells(marked, marked.slice(0, 1));
	}
}

/** Similarity of sequences: of the means of their real tokens. */
export class Sequences extends HeatPicture {
	/** @param {Page} page */
	constructor(page) {
		super(page, "sequences");
		this.layerSlider();
		this.invitation =
			"Each sequence as one vector, the mean of its tokens without padding, compared with each other one.";
		this.scale = new Scale(this.data.colours.diverging, 1, true);
		this.element.append(legend(this.scale, "cosine similarity", this.precision));
	}

	/** @override */
	refresh() {
		this.showLayer();
		const names = this.data.sequences.map(({ label }) => label);
		for (const [index, run] of this.runs.entries()) {
			/** @type {(row: number, column: number) => number} */
			const value = (row, column) => run.numbers.at(this.at(run, row, column));
			this.heats[index].show({
				rows: names.map((name, row) => `${this.data.numbers[row]}  ${name}`.trim()),
				columns: names.map((_, column) => String(this.data.numbers[column])),
				square: true,
				scale: this.scale,
				label: `Similarity of sequences in ${run.name}, ${run.layers[this.layerOf(run)]}`,
				write: (row, column) => decimal(value(row, column), 2),
				value,
			});
			this.heats[index].element.classList.add("ck-heat-wide-labels");
		}
		this.invite();
	}

	/**
	 * @param {Shown} run
	 * @param {number} row
	 * @param {number} column
	 */
	at(run, row, column) {
		return this.layerOf(run) * run.numbers.shape[1] + triangle(row, column);
	}

	/**
	 * @override
	 * @param {Cell | null} cell
	 */
	point(cell) {
		super.point(cell);
		this.markCells(cell ? [cell.row] : [], cell ? [cell.column] : []);
	}

	/**
	 * @override
	 * @param {Cell} cell
	 */
	describe({ row, column }) {
		/** @type {(index: number) => string} */
		const name = (index) => {
			const { label } = this.data.sequences[index];
			return label ? `“${label}”` : `sequence ${this.data.numbers[index]}`;
		};
		this.read(`${name(row)} and ${name(column)}`, (run) => run.numbers.text(this.at(run, row, column)));
	}
}

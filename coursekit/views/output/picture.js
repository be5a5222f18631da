// What all pictures of an output have in common.

import { fill, h } from "../page/dom.js";
import { HeatMap } from "../page/parts/heatmap.js";

/** @import { Cell } from "../page/parts/types.d.ts" */
/** @import { Quantized } from "../page/numbers/quantized.js" */
/** @import { Page, Picture as Name, Run } from "./types.d.ts" */

/** The runs that have a field, each with its decoded numbers. @type {(page: Page, field: Name) => Shown[]} */
const runsWith = (page, field) =>
	page.data.runs.flatMap((run) => (run[field] ? [{ ...run, numbers: run[field] }] : []));

/** @typedef {Run & {numbers: Quantized}} Shown a run, and the numbers that a picture shows of it */

/** One column for each run, a line that reads the cell pointed at, a slider for the layer. */
export class Picture {
	/**
	 * @param {Page} page
	 * @param {Name} field
	 */
	constructor(page, field) {
		this.page = page;
		this.data = page.data;
		this.state = page.state;
		this.invitation = "";
		this.runs = runsWith(page, field);
		this.precision = this.runs.every(({ numbers }) => numbers.exact)
			? "The page holds the numbers themselves (float32)."
			: "The page holds one byte for each number: wrong by at most 1/255 of full scale after a square root. " +
				"Point at a cell to read by how much.";
		this.readout = h("p", { class: "ck-readout", role: "status", "aria-live": "polite" });
		this.controls = h("div", { class: "ck-controls" });
		const many = this.data.runs.length > 1;
		this.columns = this.runs.map(({ name }) =>
			h("section", { class: "ck-run", "aria-label": name }, many && h("h5", {}, name)),
		);
		const columns = h("div", { class: `ck-runs ck-runs-${field}` }, this.columns);
		this.element = h("div", { class: "ck-picture" }, this.controls, this.readout, columns);
		/** @type {string[]} */
		this.layers = [];
		this.layerName = h("output", { class: "ck-layer-name" });
		this.slider = h("input", {
			type: "range",
			min: 0,
			step: 1,
			"aria-label": "Layer",
			oninput: () => {
				this.state.layer = Number(this.slider.value);
				this.refresh();
			},
		});
	}

	/** Draw again after a choice. */
	refresh() {}

	mark() {}

	/** Add a slider for the layer; the other pictures of hidden states follow it. */
	layerSlider() {
		this.layers = this.runs.map(({ layers }) => layers).reduce((a, b) => (b.length > a.length ? b : a));
		this.slider.max = String(this.layers.length - 1);
		const one = this.layers.length === 1;
		const label = h("label", { class: "ck-layer" }, "Layer", this.slider, this.layerName);
		if (!one) this.controls.append(label, this.player());
	}

	/** A button that goes through the layers, one after the other. */
	player() {
		let timer = 0;
		const stop = () => {
			clearInterval(timer);
			timer = 0;
			button.textContent = "▶ Play";
		};
		const next = () => {
			if (!button.isConnected || this.state.layer >= this.layers.length - 1) {
				stop();
				return;
			}
			this.state.layer += 1;
			this.refresh();
		};
		const start = () => {
			if (this.state.layer >= this.layers.length - 1) this.state.layer = -1;
			next();
			timer = setInterval(next, 700);
			button.textContent = "❚❚ Stop";
		};
		const button = h(
			"button",
			{ type: "button", class: "ck-button", onclick: () => (timer ? stop() : start()) },
			"▶ Play",
		);
		this.slider.addEventListener("pointerdown", stop);
		return button;
	}

	showLayer() {
		this.state.layer = Math.min(this.state.layer, this.layers.length - 1);
		this.slider.value = String(this.state.layer);
		this.layerName.textContent = this.layers[this.state.layer];
		this.slider.setAttribute("aria-valuetext", this.layers[this.state.layer]);
	}

	/** @param {Run} run */
	layerOf(run) {
		return Math.min(this.state.layer, run.layers.length - 1);
	}

	/**
	 * Write one line: where, then the value in each run.
	 * @param {string} where
	 * @param {(run: Shown) => string} value
	 */
	read(where, value) {
		const many = this.data.runs.length > 1;
		fill(
			this.readout,
			h("span", { class: "ck-readout-where" }, where),
			this.runs.map((run) =>
				h(
					"span",
					{ class: "ck-readout-value" },
					many && h("span", { class: "ck-muted" }, `${run.name} `),
					h("strong", {}, value(run)),
				),
			),
		);
	}

	invite() {
		fill(this.readout, h("span", { class: "ck-muted" }, this.invitation));
	}
}

/** One heat map for each run, which share their rows, columns and the cell pointed at. */
export class HeatPicture extends Picture {
	/**
	 * @param {Page} page
	 * @param {Name} field
	 */
	constructor(page, field) {
		super(page, field);
		this.heats = this.runs.map((_, index) => {
			const heat = new HeatMap((cell) => this.point(cell));
			this.columns[index].append(heat.element);
			return heat;
		});
		this.cell = /** @type {Cell | null} */ (null);
	}

	/** @param {Cell | null} cell */
	point(cell) {
		this.cell = cell;
		this.page.point(cell ? this.tokensAt(cell) : []);
		if (cell) this.describe(cell);
		else this.invite();
	}

	/**
	 * @param {Cell} _cell
	 * @returns {string[]} keys of the tokens that a cell belongs to
	 */
	tokensAt(_cell) {
		return [];
	}

	/** Read a cell. @param {Cell} _cell */
	describe(_cell) {}

	/**
	 * @param {number[]} rows
	 * @param {number[]} columns
	 */
	markCells(rows, columns) {
		for (const heat of this.heats) heat.mark(rows, columns, this.cell);
	}

	/** The rows whose tokens are marked. @param {{keys: string[]}[]} rows */
	marked(rows) {
		return rows.flatMap(({ keys }, row) => (keys.some((key) => this.page.isMarked(key)) ? [row] : []));
	}
}

/** Rows before which another sequence begins. @type {(rows: {slot: number}[]) => number[]} */
export const breaks = (rows) => rows.flatMap(({ slot }, row) => (row && slot !== rows[row - 1].slot ? [row] : []));

// A heat map that a pointer and the arrow keys can read cell by cell.

import { fill, h, paint } from "../dom.js";
import { keep, moved } from "../keys.js";
import { cellHeight, columnNumbers, labelStep, partAt } from "../numbers/grid.js";

/** @import { Cell, Cells } from "./types.d.ts" */

/** @type {(part: number, count: number) => string} */
const middle = (part, count) => `${(100 * (part + 0.5)) / count}%`;

export class HeatMap {
	/** @param {(cell: Cell | null) => void} onpoint told which cell is pointed at */
	constructor(onpoint) {
		this.onpoint = onpoint;
		this.cell = { row: 0, column: 0 };
		this.columns = 0;
		this.cells = /** @type {Cells | null} */ (null);
		this.canvas = h("canvas", {
			class: "ck-heat-canvas",
			tabindex: 0,
			role: "application",
			"aria-roledescription": "heat map",
			onpointermove: (event) => this.point(event),
			onpointerleave: () => this.onpoint(null),
			onfocus: () => {
				if (this.canvas.matches(":focus-visible")) this.onpoint(this.cell);
			},
			onblur: () => this.onpoint(null),
			onkeydown: (event) => this.key(event),
		});
		this.marks = h("div", { class: "ck-heat-marks", "aria-hidden": "true" });
		this.figures = h("div", { class: "ck-heat-figures", "aria-hidden": "true" });
		this.corner = h("div", { class: "ck-heat-corner", "aria-hidden": "true" });
		this.rowLabels = h("div", { class: "ck-heat-rows", "aria-hidden": "true" });
		this.columnLabels = h("div", { class: "ck-heat-columns", "aria-hidden": "true" });
		this.body = h("div", { class: "ck-heat-body" }, this.canvas, this.figures, this.marks);
		this.element = h("div", { class: "ck-heat" }, this.corner, this.columnLabels, this.rowLabels, this.body);
		this.sizes = new ResizeObserver(() => this.thin());
		this.sizes.observe(this.body);
	}

	/** @param {Cells} cells */
	show(cells) {
		this.cells = cells;
		const rows = cells.rows.length;
		const columns = cells.columns?.length ?? cells.count ?? 0;
		this.columns = columns;
		this.cell = { row: Math.min(this.cell.row, rows - 1), column: Math.min(this.cell.column, columns - 1) };
		paint(this.canvas, columns, cells.scale.pixels(rows, columns, cells.value));
		const size = `${rows} rows, ${columns} columns`;
		this.canvas.setAttribute("aria-label", `${cells.label}. ${size}. Arrow keys move from cell to cell.`);
		this.measure(cells, columns);
		this.corner.textContent = cells.corner ?? "";
		fill(
			this.rowLabels,
			cells.rows.map((text, row) => h("span", { style: `top:${middle(row, rows)}` }, text)),
		);
		fill(
			this.columnLabels,
			(cells.columns ?? columnNumbers(columns)).map((text, column) =>
				h("span", { style: `left:${middle(column, columns)}` }, text),
			),
		);
		this.mark([], [], null);
		this.thin();
	}

	/**
	 * Give the picture its size, and figures to its cells where they are large enough.
	 * @param {Cells} cells
	 * @param {number} columns
	 */
	measure(cells, columns) {
		const { square, write, scale } = cells;
		const rows = cells.rows.length;
		const high = cellHeight(rows, square, Boolean(write));
		const longest = Math.max(...cells.rows.map((text) => text.length), (cells.corner ?? "").length - 2);
		const width = square ? `${Math.round(high * columns)}px` : "";
		this.element.style.setProperty("--ck-label-width", `${Math.round(Math.min(longest, 34) * 7.3) + 4}px`);
		this.element.style.setProperty("--ck-columns", String(columns));
		this.element.classList.toggle("ck-heat-square", square);
		this.canvas.classList.toggle("ck-diverging", scale.diverging);
		this.figures.classList.toggle("ck-diverging", scale.diverging);
		this.element.classList.toggle("ck-heat-words", Boolean(write) && !square);
		this.element.classList.toggle("ck-heat-across", Boolean(write) || !cells.columns);
		this.columnLabels.style.width = width;
		Object.assign(this.body.style, {
			width,
			height: square ? "" : `${Math.round(high * rows)}px`,
			aspectRatio: square ? `${columns} / ${rows}` : "",
		});
		if (!write || high <= (square ? 34 : 16)) {
			fill(this.figures);
			return;
		}
		const most = `max-width:${100 / columns}%`;
		fill(
			this.figures,
			cells.rows.map((_, row) =>
				Array.from({ length: columns }, (__, column) =>
					h(
						"span",
						{
							class: scale.isDark(cells.value(row, column)) ? "ck-light" : null,
							style: `top:${middle(row, rows)};left:${middle(column, columns)};${most}`,
						},
						write(row, column),
					),
				),
			),
		);
	}

	/** Leave out labels that would lie on each other. */
	thin() {
		if (!this.cells) return;
		const { rows, columns, write } = this.cells;
		const lines = [
			{ labels: this.rowLabels, step: labelStep(this.body.clientHeight, rows.length, 11.5) },
			{ labels: this.columnLabels, step: labelStep(this.body.clientWidth, this.columns, write ? 24 : 11.5) },
		];
		for (const { labels, step } of columns ? lines : lines.slice(0, 1)) {
			for (const [at, label] of [...labels.children].entries()) label.toggleAttribute("hidden", at % step !== 0);
		}
	}

	/**
	 * Mark rows, columns and one cell.
	 * @param {number[]} rows
	 * @param {number[]} columns
	 * @param {Cell | null} cell
	 */
	mark(rows, columns, cell) {
		const high = 100 / (this.cells?.rows.length ?? 1);
		const wide = 100 / this.columns;
		/** @type {(kind: string, style: string) => HTMLElement} */
		const box = (kind, style) => h("div", { class: `ck-heat-${kind}`, style });
		/** @type {(row: number) => string} */
		const across = (row) => `top:${row * high}%;height:${high}%;`;
		/** @type {(column: number) => string} */
		const down = (column) => `left:${column * wide}%;width:${wide}%;`;
		fill(
			this.marks,
			this.cells?.breaks?.map((row) => box("break", `top:${row * high}%`)),
			rows.map((row) => box("row", across(row))),
			columns.map((column) => box("column", down(column))),
			cell && box("cell", across(cell.row) + down(cell.column)),
		);
		for (const [at, label] of [...this.rowLabels.children].entries()) {
			label.classList.toggle("ck-on", rows.includes(at));
		}
		for (const [at, label] of [...this.columnLabels.children].entries()) {
			label.classList.toggle("ck-on", columns.includes(at));
		}
	}

	/** @param {PointerEvent} event */
	point(event) {
		if (!this.cells) return;
		const place = this.canvas.getBoundingClientRect();
		this.cell = {
			row: partAt(event.clientY - place.top, place.height, this.cells.rows.length),
			column: partAt(event.clientX - place.left, place.width, this.columns),
		};
		this.onpoint(this.cell);
	}

	/** @param {KeyboardEvent} event */
	key(event) {
		if (!this.cells) return;
		const { columns } = this;
		const at = moved(event, this.cell.row * columns + this.cell.column, this.cells.rows.length * columns, columns);
		if (at === null) return;
		keep(event);
		this.cell = { row: Math.floor(at / columns), column: at % columns };
		this.onpoint(this.cell);
	}
}

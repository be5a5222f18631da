// The weights of one to three models: a table of tensors, and the chosen one as histograms and pictures.

import { fill, h, paint } from "../page/dom.js";
import { define } from "../page/explorer.js";
import { Scale } from "../page/numbers/colour.js";
import { decimal, figure, grouped, shareText } from "../page/numbers/format.js";
import { partAt } from "../page/numbers/grid.js";
import { choice } from "../page/parts/choice.js";
import { nameInGroup } from "../page/parts/rows.js";
import { virtualTable } from "../page/parts/table.js";
import { axisTicks, BINS, Frame, HIGH, shares, shareTicks, WIDE } from "./histogram.js";

/** @import { Column } from "../page/parts/types.d.ts" */
/** @import { Figures, Payload, Row } from "./types.d.ts" */

const FOOT = 34; // below the bars, for the axis

class Comparison {
	/**
	 * @param {Payload} data
	 * @param {HTMLElement} root
	 * @param {AbortSignal} signal
	 */
	constructor(data, root, signal) {
		this.data = data;
		this.model = data.labels.length - 1;
		this.listed = data.rows;
		this.detail = h("section", { class: "ck-weights-detail", "aria-live": "polite" });
		this.table = virtualTable({
			label: "Tensors of the models",
			noun: ["tensor", "tensors"],
			height: 270,
			minWidth: data.labels.length > 1 ? "67.5em" : "60em",
			columns: this.columns(),
			rows: data.rows,
			group: (row) => row.group,
			onselect: (row) => this.choose(row),
			signal,
		});
		fill(
			root,
			h("h3", {}, data.title),
			h("p", { class: "ck-muted" }, data.summary),
			data.labels.length > 1 && this.tools(),
			this.table.element,
			h("p", { class: "ck-muted ck-weights-words" }, data.words),
			this.detail,
		);
		const telling = data.rows.find((row) => /position_embeddings|wpe/.test(row.name) && row.picture);
		this.first = telling ?? data.rows.find((row) => row.picture) ?? data.rows[0];
		this.choose(this.first);
	}

	/** @returns {Column<Row>[]} */
	columns() {
		/** @type {(title: string, name: "mean" | "std" | "smallest" | "largest", hint?: string) => Column<Row>} */
		const column = (title, name, hint) => ({
			title,
			hint,
			width: "5.3em",
			numeric: true,
			value: (row) => row.numbers[this.model][name],
			show: (row) => figure(row.numbers[this.model][name]),
		});
		/** @type {Column<Row>} */
		const difference = {
			title: "Difference",
			width: "6.8em",
			numeric: true,
			hint: "root mean squared difference",
			value: apart,
			show: (row) => (same(row) ? "identical" : figure(apart(row))),
		};
		return [
			{
				title: "Name",
				width: "minmax(15em, 3fr)",
				mono: true,
				value: (row) => row.name,
				below: (row) => nameInGroup(row.name, row.group),
			},
			{ title: "Shape", width: "7em", value: (row) => row.shape, searched: true },
			{
				title: "Parameters",
				width: "7.2em",
				numeric: true,
				value: (row) => row.count,
				show: (row) => grouped(row.count),
			},
			{
				title: "Share",
				width: "4.6em",
				numeric: true,
				hint: "of all parameters of the model",
				value: (row) => row.share,
				show: (row) => shareText(row.share),
			},
			...(this.data.labels.length > 1 ? [difference] : []),
			column("Mean", "mean"),
			column("Std", "std", "standard deviation"),
			column("Smallest", "smallest"),
			column("Largest", "largest"),
		];
	}

	/** Which model's figures the table shows, and which tensors. */
	tools() {
		const { labels, rows } = this.data;
		const identical = rows.filter(same);
		const differ = rows.filter((row) => !same(row));
		const kinds = [`all ${rows.length}`, `${differ.length} that differ`, `${identical.length} identical`];
		return h(
			"div",
			{ class: "ck-weights-tools" },
			choice("Figures of", labels, this.model, (at) => {
				this.model = at;
				this.table.setRows(this.listed);
			}),
			choice("Show", kinds, 0, (at) => {
				this.listed = [rows, differ, identical][at];
				this.table.setRows(this.listed);
			}),
		);
	}

	/** @param {Row} row */
	choose(row) {
		const size = `${row.shape} · ${grouped(row.count)} parameters · ${shareText(row.share)} of the model`;
		const also = h("code", {}, row.also.join(", "));
		fill(
			this.detail,
			h("h4", {}, h("code", {}, row.name)),
			h("p", { class: "ck-muted" }, `${size} · ${[...new Set(row.dtypes)].join(", ")}`),
			row.also.length > 0 && h("p", { class: "ck-note" }, "Also used as ", also, ": one tensor, counted once."),
			this.warnings(row),
			this.differences(row),
			h("div", { class: "ck-weights-pair" }, this.histogram(row), this.pictures(row)),
		);
	}

	/** @param {Row} row */
	warnings(row) {
		return row.numbers.map(({ nans, infinities }, at) => {
			const found = [nans && `${grouped(nans)} NaN`, infinities && `${grouped(infinities)} infinite`].filter(Boolean);
			const words = `${this.data.labels[at]}: ${found.join(" and ")}. The figures leave them out.`;
			return found.length > 0 && h("p", { class: "ck-note ck-error" }, words);
		});
	}

	/** @param {Row} row */
	differences(row) {
		const { labels } = this.data;
		const lines = row.differences.map(([first, second, identical, largest, rms, cosine]) => {
			const pair = `${labels[first]} and ${labels[second]}`;
			if (identical) return h("li", {}, `${pair} are identical, number for number`);
			const alike = cosine === null ? "" : `; cosine similarity ${decimal(cosine, 2)}`;
			const words =
				rms === null
					? "no place where both have a finite number"
					: `${figure(rms)} (root mean square), ${figure(largest)} at most${alike}`;
			return h("li", {}, h("strong", {}, "Difference"), ` between ${pair}: ${words}`);
		});
		const label = "How far the models are apart";
		return lines.length > 0 && h("ul", { class: "ck-weights-differences", "aria-label": label }, lines);
	}

	/** Histograms over each other, and the curves of the initializers. @param {Row} row */
	histogram(row) {
		const { labels, bars } = this.data;
		const frame = new Frame(row.low, row.high, row.numbers, row.curves);
		const says = row.numbers.map(
			({ mean, std }, at) => `${labels[at]}: mean ${figure(mean)}, standard deviation ${figure(std)}`,
		);
		const ticks = axisTicks(row.low, row.high).map(({ value, text }) => {
			const x = frame.x(value);
			const side = x < 30 ? "start" : x > WIDE - 30 ? "end" : "middle";
			return [
				h("svg:line", { x1: x, x2: x, y1: 0, y2: HIGH, class: "ck-weights-tick" }),
				h("svg:text", { x, y: HIGH + 20, "text-anchor": side, class: "ck-weights-axis" }, text),
			];
		});
		const sides = shareTicks(frame.top).map(({ value, text }) => {
			const y = frame.y(value);
			return [
				h("svg:line", { x1: 0, x2: WIDE, y1: y, y2: y, class: "ck-weights-tick" }),
				h("svg:text", { x: 2, y: y - 4, class: "ck-weights-axis" }, text),
			];
		});
		const first = this.data.rows.indexOf(row) * labels.length;
		const heights = row.numbers.map(({ highest }, at) => shares(bars.data, first + at, highest));
		const drawn = row.numbers.map(({ constant, mean }, at) => {
			if (!constant) return h("svg:path", { d: frame.bars(heights[at]), class: `ck-weights-area ck-weights-${at}` });
			const x = frame.x(mean ?? 0);
			return h("svg:line", { x1: x, x2: x, y1: 0, y2: HIGH, class: `ck-weights-line ck-weights-${at}` });
		});
		const words = "Across: the value of a weight. Upwards: the share of the weights. Point at a bar to read it.";
		const caption = h("figcaption", { class: "ck-muted" }, words);
		/** @param {PointerEvent} event */
		const read = (event) => {
			const { left, width } = drawing.getBoundingClientRect();
			const bin = partAt(event.clientX - left, width, BINS);
			const [from, to] = [bin, bin + 1].map((edge) => figure(row.low + frame.bin * edge));
			const said = row.numbers.map(({ constant }, at) => !constant && `${labels[at]} ${shareText(heights[at][bin])}`);
			caption.textContent = `From ${from} to ${to}: ${said.filter(Boolean).join(", ")}`;
		};
		const drawing = h(
			"svg:svg",
			{
				viewBox: `0 0 ${WIDE} ${HIGH + FOOT}`,
				role: "img",
				class: "ck-weights-histogram",
				"aria-label": `Histogram of ${row.name}. ${says.join("; ")}`,
				onpointermove: read,
				onpointerleave: () => {
					caption.textContent = words;
				},
			},
			ticks,
			drawn,
			frame.curves.map((curve) => h("svg:path", { d: frame.curve(curve), class: "ck-weights-curve" })),
			h("svg:line", { x1: 0, x2: WIDE, y1: HIGH, y2: HIGH, class: "ck-weights-base" }),
			sides,
		);
		return h("figure", { class: "ck-weights-figure" }, this.names(row), drawing, caption);
	}

	/** What is what in a histogram. @param {Row} row */
	names(row) {
		const models = row.numbers.map((figures, at) =>
			h("li", {}, swatch(at), h("strong", {}, this.data.labels[at]), ` ${says(figures)}`),
		);
		const curves = row.curves.map(({ text }) =>
			h("li", {}, swatch("dashed"), h("strong", {}, "initializer"), ` ${text}`),
		);
		const unnamed = h("li", { class: "ck-muted" }, "The initializer of this tensor has no name.");
		return h("ul", { class: "ck-weights-legend" }, models, curves.length ? curves : unnamed);
	}

	/** A small picture of the matrix of each model, in one colour scale. @param {Row} row */
	pictures(row) {
		if (!row.picture) return null;
		const { labels, pictures, palette } = this.data;
		const [offset, rows, columns, limit, blockRows, blockColumns] = row.picture;
		// What was sent are indices into the scale; 255 is no finite number.
		const scale = new Scale(palette, 127, true);
		const drawn = labels.map((label, at) => {
			const canvas = h("canvas", {
				role: "img",
				class: "ck-weights-canvas ck-diverging",
				"aria-label": `${row.name} of ${label}, as a picture of ${rows} × ${columns} squares`,
			});
			const start = offset + at * rows * columns;
			/** @type {(row: number, column: number) => number} */
			const value = (line, column) => {
				const code = pictures.data[start + line * columns + column];
				return code === 255 ? Number.NaN : code - 127;
			};
			paint(canvas, columns, scale.pixels(rows, columns, value));
			return h("div", { class: "ck-weights-picture" }, canvas, h("div", {}, swatch(at), label));
		});
		const stops = Array.from({ length: 9 }, (_, at) => `rgb(${scale.colour(Math.round((at * 254) / 8)).join(" ")})`);
		const bar = h("span", { class: "ck-weights-scale ck-diverging", "aria-hidden": "true" });
		bar.style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
		const block =
			blockRows * blockColumns === 1
				? "Each square is one weight"
				: `Each square is the mean of a block of about ${blockRows} × ${blockColumns} weights`;
		const all = labels.length > 1 ? ", in one colour scale for all models" : "";
		return h(
			"figure",
			{ class: "ck-weights-figure" },
			h("div", { class: "ck-weights-pictures" }, drawn),
			h("div", { class: "ck-weights-legend-bar" }, `−${figure(limit)}`, bar, `+${figure(limit)}`),
			h("figcaption", { class: "ck-muted" }, `${block}${all}. Rows go down, columns across.`),
		);
	}
}

/** @type {(row: Row) => boolean} */
const same = (row) => row.differences.every(([, , identical]) => identical);

/** The largest root mean squared difference of a pair of models. @type {(row: Row) => number | null} */
const apart = (row) => {
	const found = row.differences.flatMap(([, , , , rms]) => (rms === null ? [] : [rms]));
	return found.length ? Math.max(...found) : null;
};

/** @type {(kind: number | string) => HTMLElement} */
const swatch = (kind) => h("span", { class: `ck-weights-swatch ck-weights-${kind}`, "aria-hidden": "true" });

/** @type {(figures: Figures) => string} */
const says = ({ mean, std, smallest, largest, constant, outside }) => {
	const rest = outside ? ` (${grouped(outside)} outside of the drawing)` : "";
	if (mean === null) return `no finite number${rest}`;
	if (constant) return `all ${figure(mean).replace(/\.?0+$/, "") || "0"}${rest}`;
	const range = `from ${figure(smallest)} to ${figure(largest)}`;
	return `mean ${figure(mean)}, standard deviation ${figure(std)}, ${range}${rest}`;
};

define("ck-weight-comparison", (/** @type {Payload} */ data, root, signal) => {
	const view = new Comparison(data, root, signal);
	return () => view.table.select(view.first);
});

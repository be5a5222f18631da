// The fields of an output, their shapes with named axes, and where the numbers come from.

import { h } from "../page/dom.js";
import { grouped } from "../page/numbers/format.js";

/** @import { Field, Run, SentRun } from "./types.d.ts" */

/**
 * The fields, folded below the pictures; open where there are none.
 * @param {{runs: (Run | SentRun)[]}} data
 * @param {boolean} open
 */
export function fields({ runs }, open) {
	// Runs whose fields are alike share a table; how many numbers are not finite does not matter for that.
	/** @type {Map<string, (Run | SentRun)[]>} */
	const groups = new Map();
	for (const run of runs) {
		const key = JSON.stringify([run.kind, run.fields.map((field) => ({ ...field, notFinite: 0 }))]);
		groups.set(key, [...(groups.get(key) ?? []), run]);
	}
	const names = new Set(runs.flatMap((run) => run.fields.map(({ name }) => name)));
	const axes = runs.flatMap((run) => run.fields.flatMap((field) => field.axes)).filter(([, , origin]) => origin);
	const origins = new Map(axes.map((axis) => [axis.join(" "), axis]));
	return h(
		"details",
		{ class: "ck-anatomy", open },
		h("summary", {}, h("strong", {}, "Fields"), h("span", { class: "ck-muted" }, ` ${[...names].join(", ")}`)),
		[...groups.values()].map((alike) => fieldTable(alike, runs.length > 1)),
		h(
			"dl",
			{ class: "ck-origins" },
			[...origins.values()].map(([name, size, origin]) =>
				h("div", {}, h("dt", { class: `ck-axis-${name}` }, `${name} ${grouped(size)}`), h("dd", {}, origin)),
			),
		),
	);
}

/** What an output could have and has not, and how to get it. @param {{runs: (Run | SentRun)[]}} data */
export function missing({ runs }) {
	const all = new Map(runs.flatMap((run) => run.missing).map((one) => [one.name + one.line, one]));
	return [...all.values()].map(({ name, reason, line }) => {
		const change = line && h("code", { class: "ck-line-to-change" }, line);
		return h("p", { class: "ck-note" }, h("code", {}, name), ` is not here. ${reason} `, change);
	});
}

/**
 * @param {(Run | SentRun)[]} runs alike in their fields
 * @param {boolean} named
 */
function fieldTable(runs, named) {
	const [{ kind, name, fields }] = runs;
	const names = named ? ` (${runs.map((run) => run.name).join(", ")})` : "";
	const heads = ["Field", "Shape", "dtype", "What it holds"].map((head) => h("th", { scope: "col" }, head));
	return h(
		"div",
		{ class: "ck-scroll", tabindex: 0, role: "group", "aria-label": `Fields of ${name}` },
		h(
			"table",
			{ class: "ck-table" },
			h("caption", {}, kind + names),
			h("thead", {}, h("tr", {}, heads)),
			h("tbody", {}, fields.map(fieldRow)),
		),
	);
}

/** @param {Field} field */
function fieldRow({ name, axes, dtype, meaning, notFinite, withoutAxes }) {
	const shape = axes.map(([axis, size], index) => [
		index > 0 && h("span", { class: "ck-times", "aria-hidden": "true" }, "×"),
		h("span", { class: `ck-axis ck-axis-${axis}` }, h("b", {}, grouped(size)), h("small", {}, axis)),
	]);
	const broken = ` ${grouped(notFinite)} of its numbers are NaN or infinite.`;
	return h(
		"tr",
		{},
		h("th", { scope: "row" }, h("code", {}, name)),
		h("td", {}, axes.length ? h("span", { class: "ck-axes" }, shape) : h("span", { class: "ck-muted" }, withoutAxes)),
		h("td", {}, h("code", {}, dtype)),
		h("td", {}, meaning, notFinite > 0 && h("strong", { class: "ck-bad" }, broken)),
	);
}

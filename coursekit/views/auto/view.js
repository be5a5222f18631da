// From a name to a model: the steps as a path, and beside it what the chosen step looked at.

import { fill, h } from "../page/dom.js";
import { define } from "../page/explorer.js";
import { roam } from "../page/keys.js";
import { virtualTable } from "../page/parts/table.js";

/** @import { Payload, Step } from "./types.d.ts" */

const MARKS = { done: "✓", failed: "✗", "not reached": "" };
const STATES = { done: "done", failed: "fails here", "not reached": "not reached" };

class Trace {
	/**
	 * @param {Payload} data
	 * @param {HTMLElement} root
	 * @param {AbortSignal} signal
	 */
	constructor(data, root, signal) {
		this.data = data;
		this.signal = signal;
		this.detail = h("section", { class: "ck-trace-detail", role: "tabpanel", tabindex: 0 });
		this.tabs = data.steps.map((step, at) => this.tab(step, at));
		const failed = data.steps.findIndex((step) => step.state === "failed");
		const kind = failed >= 0 ? "ck-error" : data.fresh.length ? "ck-warning" : "";
		const path = h(
			"div",
			{
				role: "tablist",
				"aria-orientation": "vertical",
				"aria-label": "Steps",
				class: "ck-trace-path",
				onkeydown: (event) => roam(event, this.tabs, { click: true }),
			},
			this.tabs,
		);
		root.append(
			h("h3", { class: "ck-trace-call" }, h("code", {}, data.call)),
			h("p", { class: `ck-note ${kind}` }, data.outcome),
			h("div", { class: "ck-trace" }, path, this.detail),
		);
		this.choose(failed >= 0 ? failed : data.fresh.length ? data.steps.length - 1 : 3);
	}

	/**
	 * @param {Step} step
	 * @param {number} at
	 */
	tab(step, at) {
		return h(
			"button",
			{
				type: "button",
				role: "tab",
				class: `ck-trace-step ck-trace-${step.state.replace(" ", "-")}`,
				onclick: () => this.choose(at),
			},
			h("span", { class: "ck-trace-mark", "aria-hidden": "true" }, MARKS[step.state] || at + 1),
			h(
				"span",
				{ class: "ck-trace-words" },
				h("span", { class: "ck-trace-title" }, `${at + 1}. ${step.title}`),
				h(
					"span",
					{ class: "ck-trace-answer" },
					step.answer || STATES[step.state],
					step.state === "failed" && h("span", { class: "ck-visually-hidden" }, " (this step fails)"),
				),
			),
		);
	}

	/** @param {number} at */
	choose(at) {
		const step = this.data.steps[at];
		for (const [other, tab] of this.tabs.entries()) {
			tab.setAttribute("aria-selected", String(other === at));
			tab.tabIndex = other === at ? 0 : -1;
		}
		this.detail.setAttribute("aria-label", step.title);
		const reached = step.state !== "not reached";
		fill(
			this.detail,
			h("h4", {}, step.title),
			reached
				? h("p", { class: "ck-trace-result" }, step.answer)
				: h("p", { class: "ck-muted" }, "An earlier step fails, so this one is not reached."),
			step.notes.map((note) => h("p", {}, note)),
			step.reason &&
				h(
					"div",
					{ class: "ck-note ck-error" },
					h("p", { class: "ck-muted" }, "transformers says:"),
					h("p", { class: "ck-mono ck-trace-reason" }, step.reason),
				),
			this.lookedAt(at, reached),
		);
	}

	/**
	 * What a step looked at: the config, the mapping, the files, the tensors.
	 * @param {number} at
	 * @param {boolean} reached
	 */
	lookedAt(at, reached) {
		const { data } = this;
		if (at === 1 && data.settings.length) return this.settings();
		if (at === 3 && (reached || data.modelType)) return this.mapping();
		if (at === 4 && data.files.length) {
			const columns = ["File", "Size", "What becomes of it", "Why"];
			return table("Weight files", columns, data.files, (row) => row[2] === "taken");
		}
		if (at !== 5) return null;
		const surplus = data.surplus.map((name) => [name]);
		return [
			data.fresh.length > 0 && table("Newly initialized", ["Tensor", "Shape", "Its numbers"], data.fresh),
			surplus.length > 0 && table(`Not used by ${data.modelClass}`, ["Tensor"], surplus),
		];
	}

	settings() {
		return h(
			"dl",
			{ class: "ck-trace-json ck-mono", "aria-label": "config.json" },
			this.data.settings.map(([name, value]) =>
				h(
					"div",
					{ class: name === "model_type" ? "ck-trace-marked" : "" },
					h("dt", {}, `"${name}"`),
					h("dd", {}, value),
				),
			),
		);
	}

	/** The mapping of the auto class: which class other architectures would get. */
	mapping() {
		const { rows, modelType, auto } = this.data;
		const found = virtualTable({
			label: `Mapping of ${auto}`,
			noun: ["architecture", "architectures"],
			height: 240,
			minWidth: "20em",
			placeholder: "Search: gpt2, roberta, ...",
			columns: [
				{ title: "model_type", width: "minmax(8em, 1fr)", value: (row) => row[0], mono: true },
				{ title: `${auto} makes a`, width: "minmax(11em, 1.6fr)", value: (row) => row[1], mono: true },
			],
			rows,
			onselect: () => {},
			signal: this.signal,
		});
		const chosen = rows.find((row) => row[0] === modelType);
		if (chosen) requestAnimationFrame(() => found.select(chosen));
		const words = "The whole mapping. Look up what another model_type would become.";
		return h("div", {}, h("p", { class: "ck-muted" }, words), found.element);
	}
}

/**
 * A small table.
 * @param {string} caption
 * @param {string[]} columns
 * @param {string[][]} rows
 * @param {(row: string[]) => boolean} [marked]
 */
function table(caption, columns, rows, marked = () => false) {
	/** @type {(cell: string, at: number) => HTMLElement} */
	const cell = (words, at) => (at ? h("td", {}, words) : h("th", { scope: "row", class: "ck-mono" }, words));
	return h(
		"div",
		{ class: "ck-trace-scroll", tabindex: 0, role: "region", "aria-label": caption },
		h(
			"table",
			{ class: "ck-table" },
			h("caption", {}, caption),
			h(
				"thead",
				{},
				h(
					"tr",
					{},
					columns.map((name) => h("th", { scope: "col" }, name)),
				),
			),
			h(
				"tbody",
				{},
				rows.map((row) => h("tr", { class: marked(row) ? "ck-trace-marked" : "" }, row.map(cell))),
			),
		),
	);
}

define("ck-auto-model-trace", (/** @type {Payload} */ data, root, signal) => void new Trace(data, root, signal));

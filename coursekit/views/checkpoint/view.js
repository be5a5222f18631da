// The files of a checkpoint: config and weights side by side, and between them whether they fit.

import { fill, h } from "../page/dom.js";
import { define } from "../page/explorer.js";
import { bytesText, grouped } from "../page/numbers/format.js";
import { choice } from "../page/parts/choice.js";
import { findingsList } from "../page/parts/findings.js";
import { nameInGroup } from "../page/parts/rows.js";
import { shareBar } from "../page/parts/share.js";
import { virtualTable } from "../page/parts/table.js";
import { tabs } from "../page/parts/tabs.js";
import { STATES, shapeText, tensorRows } from "./rows.js";

/** @import { Column } from "../page/parts/types.d.ts" */
/** @import { Payload, Row, Weights } from "./types.d.ts" */

const SIGNS = { good: "✓", bad: "✗", open: "?" };

/** What the format in a safetensors header tells. @type {Record<string, string>} */
const WRITERS = { pt: ": PyTorch wrote it", tf: ": TensorFlow wrote it", flax: ": Flax wrote it" };

define("ck-checkpoint-inspector", (/** @type {Payload} */ data, root, signal) => {
	const pages = [
		{ title: "State dictionary", content: () => stateDictionary(data.weights, signal), has: data.weights.length },
		{ title: "Config", content: () => config(data), has: data.groups.length },
		{ title: "Files", content: () => files(data), has: data.files.length },
	].filter(({ has }) => has);
	const commit = h("code", {}, data.commit?.slice(0, 12));
	fill(
		root,
		h("h3", {}, data.source),
		data.commit && h("p", { class: "ck-muted" }, "Revision ", commit, " in the Hugging Face cache"),
		pair(data),
		findingsList(data.findings),
		pages.length > 0 && tabs("Parts of the checkpoint", pages, { panel: "ck-tab-panel" }).element,
	);
});

/** Config and weights, hand in hand. @param {Payload} data */
function pair(data) {
	const { config, state, verdict } = data;
	/** @type {Weights | undefined} */
	const weights = data.weights[0];
	/** @type {(title: string, name: string, about: string, facts: [string, string][]) => HTMLElement} */
	const card = (title, name, about, facts) =>
		h(
			"section",
			{ class: "ck-card", "aria-label": title },
			h("h4", {}, name),
			h("p", { class: "ck-muted" }, about),
			facts.length > 0 &&
				h(
					"dl",
					{ class: "ck-card-facts" },
					facts.map(([what, value]) => h("div", {}, h("dd", {}, value), h("dt", {}, what))),
				),
		);
	const saved = config?.savedBy && `saved by transformers ${config.savedBy}`;
	const about = config ? listed(config.type || "no model_type", saved) : "Not there, or not readable.";
	return h(
		"div",
		{ class: `ck-pair ck-pair-${state}` },
		card("Config", "config.json", about, config?.sizes ?? []),
		h("div", { class: "ck-pair-sign", "aria-hidden": "true" }, SIGNS[state]),
		weights
			? card(
					"Weights",
					weights.name,
					listed(weights.format, weights.shards > 1 && `${weights.shards} shards`, weights.dtypes.join(", ")),
					sizes(weights),
				)
			: card("Weights", "Weights", "There is no file with weights.", []),
		h("p", { class: "ck-pair-verdict" }, verdict),
	);
}

/** @type {(...parts: (string | null | undefined | false)[]) => string} */
const listed = (...parts) => parts.filter(Boolean).join(" · ");

/** @type {(weights: Weights) => [string, string][]} */
const sizes = ({ tensors, parameters, nbytes }) => [
	...(tensors.length
		? /** @type {[string, string][]} */ ([
				["tensors", grouped(tensors.length)],
				["parameters", grouped(parameters)],
			])
		: []),
	["on disk", bytesText(nbytes)],
];

/**
 * The tensors of one set of weights, and a choice where there are several.
 * @param {Weights[]} sets
 * @param {AbortSignal} signal
 */
function stateDictionary(sets, signal) {
	const place = h("div", {}, tensors(sets[0], signal));
	if (sets.length === 1) return place;
	const names = sets.map(({ name }) => name);
	return h(
		"div",
		{},
		choice("Weight files", names, 0, (at) => fill(place, tensors(sets[at], signal)), false),
		place,
	);
}

/**
 * @param {Weights} weights
 * @param {AbortSignal} signal
 */
function tensors(weights, signal) {
	const rows = tensorRows(weights);
	const imperfect = rows.some(({ state }) => state);
	const table = virtualTable({
		label: `Tensors of ${weights.name}`,
		noun: ["tensor", "tensors"],
		columns: columns(weights, imperfect),
		rows,
		minWidth: imperfect ? "58em" : "50em",
		placeholder: "Search tensors, such as layer.0 attention",
		group: (row) => (row.state === "missing" ? `${row.part}: missing, the config calls for it` : row.part),
		signal,
	});
	const kinds = STATES.map((state) => ({ name: state || "fit", found: rows.filter((row) => row.state === state) }));
	const shown = [{ name: "all", found: rows }, ...kinds].filter(({ found }) => found.length);
	const names = shown.map(({ name, found }) => `${name} ${grouped(found.length)}`);
	const about = notes(weights);
	return [
		about && h("p", { class: "ck-muted" }, about),
		imperfect && choice("Show", names, 0, (at) => table.setRows(shown[at].found)),
		table.element,
	];
}

/** @param {Weights} weights */
function notes({ takenBy, shards, metadata }) {
	const said = metadata.map((pair) => pair.join(" = ")).join(", ");
	const format = metadata.find(([name]) => name === "format")?.[1] ?? "";
	return [
		takenBy.length && `from_pretrained of ${takenBy.join(" and ")} takes this ${shards > 1 ? "set" : "file"}.`,
		said && `Its header also says ${said}${WRITERS[format] ?? ""}.`,
	]
		.filter(Boolean)
		.join(" ");
}

/**
 * @param {Weights} weights
 * @param {boolean} imperfect
 * @returns {Column<Row>[]}
 */
function columns(weights, imperfect) {
	/** @type {Column<Row>} */
	const fit = {
		title: "Fit",
		width: "8.5em",
		searched: true,
		value: ({ state }) => state || null,
		show: ({ state }) =>
			state
				? h("span", { class: `ck-state ck-state-${state.replace(" ", "-")}` }, state)
				: h("span", { class: "ck-muted" }, "fits"),
	};
	return [
		{
			title: "Name",
			width: "minmax(17em, 4fr)",
			mono: true,
			value: (row) => row.name,
			below: (row) => nameInGroup(row.name, row.part),
		},
		...(imperfect ? [fit] : []),
		{
			title: "Shape",
			width: weights.fit?.mismatched.length ? "minmax(17em, 1.5fr)" : "minmax(8em, 1fr)",
			value: ({ shape }) => shape && shapeText(shape),
			show: ({ shape, wanted }) => (shape ? shapeText(shape) : "–") + (wanted ? ` (config: ${shapeText(wanted)})` : ""),
		},
		{ title: "Type", width: "5.5em", value: (row) => row.dtype },
		{
			title: "Parameters",
			width: "7.5em",
			numeric: true,
			value: (row) => row.count,
			show: ({ count }) => (count === null ? "–" : grouped(count)),
		},
		{
			title: "Size",
			width: "5.5em",
			numeric: true,
			value: (row) => row.nbytes,
			show: ({ nbytes }) => (nbytes === null ? "–" : bytesText(nbytes)),
		},
		{
			title: "Share",
			width: "8em",
			numeric: true,
			hint: "of all bytes of the weights",
			value: (row) => row.share,
			show: (row) => shareBar(row.share),
		},
		...(weights.shards > 1
			? [{ title: "File", width: "minmax(9em, 1.5fr)", value: (/** @type {Row} */ row) => row.file }]
			: []),
	];
}

/** @param {Payload} data */
function config(data) {
	return data.groups.map(({ title, entries }) => {
		const [name, what] = title.split(": ");
		return [
			h("h4", {}, name, " ", h("span", { class: "ck-muted ck-soft" }, what)),
			h(
				"dl",
				{ class: "ck-config" },
				entries.map(([key, value, meaning]) => [
					h("dt", { class: "ck-mono" }, key),
					h(
						"dd",
						{},
						h("code", { class: "ck-config-value" }, value),
						meaning && h("span", { class: "ck-muted" }, meaning),
					),
				]),
			),
		];
	});
}

/** @param {Payload} data */
function files(data) {
	const rows = data.files.map(([name, nbytes, role]) =>
		h(
			"tr",
			{},
			h("th", { scope: "row", class: "ck-mono" }, name),
			h("td", { class: "ck-number" }, name.endsWith("/") ? "" : bytesText(nbytes)),
			h("td", {}, role),
		),
	);
	return h(
		"table",
		{ class: "ck-table" },
		h("caption", {}, "The files and what they are for"),
		h(
			"thead",
			{},
			h(
				"tr",
				{},
				h("th", { scope: "col" }, "File"),
				h("th", { scope: "col", class: "ck-number" }, "Size"),
				h("th", { scope: "col" }, "Role"),
			),
		),
		h("tbody", {}, rows),
	);
}

// The cache: where it is, what takes how much space, and for the chosen repository its revisions and files.

import { fill, h } from "../page/dom.js";
import { define } from "../page/explorer.js";
import { bytesText, counted } from "../page/numbers/format.js";
import { findingsList } from "../page/parts/findings.js";
import { shareBar } from "../page/parts/share.js";
import { virtualTable } from "../page/parts/table.js";

/** @import { Payload, Repository, Revision } from "./types.d.ts" */

define("ck-cache-browser", (/** @type {Payload} */ data, root, signal) => {
	const detail = h("section", { class: "ck-cache-detail", "aria-live": "polite" });
	const [first] = data.repositories;
	const listed = data.all && first ? repositories(data, detail, signal) : null;
	if (!data.all) fill(detail, data.repositories.map(contents));
	const size = h("span", { class: "ck-muted ck-soft" }, ` ${bytesText(data.nbytes)} on the disk`);
	fill(
		root,
		h("h3", {}, "Hugging Face cache", listed && size),
		place(data),
		data.empty && h("p", { class: "ck-note" }, data.empty),
		findingsList(data.findings),
		listed?.element,
		detail,
	);
	return () => listed?.select(first);
});

/** @param {Payload} data */
function place({ folder, decided, steps }) {
	const items = steps.map(([name, value, gives, decides]) => {
		const set = name === "the default" || value;
		return h(
			"li",
			{ class: decides ? "ck-step ck-step-decides" : "ck-step" },
			h("span", { class: "ck-mono" }, name),
			h("span", { class: "ck-muted" }, set ? ["→ ", h("code", {}, gives)] : "not set"),
			decides && h("strong", {}, "decides"),
		);
	});
	return h(
		"div",
		{ class: "ck-cache-place" },
		h(
			"p",
			{},
			h("code", { class: "ck-cache-folder" }, folder),
			decided && h("span", { class: "ck-muted" }, `  ${decided}`),
		),
		steps.length > 1 &&
			h(
				"details",
				{},
				h("summary", {}, "What decides where it is"),
				h("p", { class: "ck-muted" }, "The first of these that is set:"),
				h("ol", { class: "ck-steps" }, items),
			),
	);
}

/**
 * The list of all repositories, above what one of them holds.
 * @param {Payload} data
 * @param {HTMLElement} detail
 * @param {AbortSignal} signal
 */
function repositories(data, detail, signal) {
	return virtualTable({
		label: "Repositories in the cache",
		noun: ["repository", "repositories"],
		height: 240,
		minWidth: "43em",
		rows: data.repositories,
		columns: [
			{ title: "Repository", width: "minmax(13em, 3fr)", value: (row) => row.id },
			{
				title: "Size",
				width: "5.5em",
				numeric: true,
				value: (row) => row.nbytes,
				show: (row) => bytesText(row.nbytes),
			},
			{
				title: "Share",
				width: "9em",
				numeric: true,
				hint: "of the whole cache",
				value: (row) => row.nbytes,
				show: (row) => shareBar(data.nbytes ? row.nbytes / data.nbytes : 0),
			},
			{ title: "Last used", width: "6.5em", value: (row) => row.lastUsed || null },
			{ title: "Kind", width: "5em", value: (row) => row.kind },
			{ title: "Revisions", width: "6em", numeric: true, value: (row) => row.revisions.length },
		],
		onselect: (row) => fill(detail, contents(row)),
		signal,
	});
}

/** @param {Repository} repository */
function contents({ id, kind, folder, lastUsed, unfinished, revisions, free, nbytes }) {
	return [
		h("h4", {}, id),
		h(
			"p",
			{ class: "ck-muted" },
			`${kind} in the folder `,
			h("code", {}, folder),
			lastUsed && `, last used ${lastUsed}`,
			unfinished.length > 0 && `, ${counted(unfinished.length, "download")} unfinished`,
		),
		revisions.map(revision),
		free &&
			h(
				"div",
				{ class: "ck-free" },
				h("p", {}, `To free ${bytesText(nbytes)}, run this in a terminal. This page does not run it.`),
				h("pre", { class: "ck-command", tabindex: 0, "aria-label": "Command" }, free),
			),
	];
}

/** @param {Revision} revision */
function revision([commit, refs, nbytes, files]) {
	const noted = files.some(([, , revisions, broken]) => broken || revisions > 1);
	const rows = files.map(([name, size, revisions, broken]) => {
		const shared = revisions > 1 && `shared by ${revisions} revisions, on the disk once`;
		return h(
			"tr",
			{},
			h("th", { scope: "row", class: "ck-mono" }, name),
			h("td", { class: "ck-number" }, broken ? "missing" : bytesText(size)),
			noted && h("td", {}, broken ? "its link leads nowhere" : shared),
		);
	});
	const short = commit.slice(0, 12);
	return h(
		"section",
		{ class: "ck-revision" },
		h(
			"h5",
			{},
			"Revision ",
			h("code", {}, short),
			refs.map((ref) => h("span", { class: "ck-ref" }, ref)),
			h("span", { class: "ck-muted ck-soft" }, `${counted(files.length, "file")}, ${bytesText(nbytes)}`),
		),
		h(
			"table",
			{ class: "ck-table" },
			h("caption", { class: "ck-visually-hidden" }, `Files of revision ${short}`),
			h(
				"thead",
				{},
				h(
					"tr",
					{},
					h("th", { scope: "col" }, "File"),
					h("th", { scope: "col", class: "ck-number" }, "Size"),
					noted && h("th", { scope: "col" }, "Note"),
				),
			),
			h("tbody", {}, rows),
		),
	);
}

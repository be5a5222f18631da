// The tree of a model's modules, repeated ones folded, with a search.

import { fill, h } from "../page/dom.js";
import { keep } from "../page/keys.js";
import { bytesText, counted, grouped } from "../page/numbers/format.js";
import { product } from "../page/numbers/unpack.js";
import { shapeNode, shapeText } from "./shapes.js";

/** @import { Model, Tensor, TreeNode } from "./types.d.ts" */
/** @typedef {{node: TreeNode, depth: number, tensor?: Tensor}} Line */

const MOST_ROWS = 400;

/**
 * The rows that are open, or those that a search finds with all above them.
 * @param {TreeNode} tree
 * @param {Set<string>} open the paths of nodes that are
 * @param {string} search in small letters
 */
export function treeRows(tree, open, search) {
	/** @type {Line[]} */
	const rows = [];
	let hits = 0;
	/** @type {(node: TreeNode) => string} */
	const says = (node) => `${node.p} ${node.c} ${node.l ? shapeText(node.l) : ""}`.toLowerCase();
	/** @type {(node: TreeNode, tensor: Tensor) => string} */
	const saysTensor = (node, [name, shape, dtype]) => `${node.p}.${name} ${shapeText(shape)} ${dtype}`.toLowerCase();
	/** @type {(node: TreeNode, depth: number) => boolean} */
	const collect = (node, depth) => {
		const at = rows.length;
		rows.push({ node, depth });
		const own = !search || says(node).includes(search);
		const tensors = node.t.filter((tensor) => own || saysTensor(node, tensor).includes(search));
		let found = own || tensors.length > 0;
		if (found && search) hits += 1;
		if (search || open.has(node.p)) {
			for (const tensor of tensors) rows.push({ node, tensor, depth: depth + 1 });
			for (const child of node.k) found = collect(child, depth + 1) || found;
		}
		if (!found) rows.length = at;
		return found;
	};
	collect(tree, 0);
	return { rows, hits };
}

/** @type {(words: string, kind?: string) => HTMLElement} */
const tag = (words, kind = "") => h("span", { class: `ck-tag ${kind}` }, words);

export class ModelTree {
	/**
	 * @param {Model[]} models
	 * @param {() => void} redrawn called when there are new rows
	 */
	constructor(models, redrawn) {
		this.model = models[0];
		this.redrawn = redrawn;
		this.open = new Set([""]);
		this.search = h("input", {
			class: "ck-input",
			type: "search",
			placeholder: "Search the tree",
			"aria-label": "Search the tree",
			oninput: () => this.fill(),
		});
		this.found = h("span", { class: "ck-muted", role: "status" });
		const title = "All modules, equal ones folded";
		this.rows = h("div", {
			class: "ck-tree",
			role: "tree",
			"aria-label": title,
			onkeydown: (event) => this.walk(event),
		});
		const tools = [h("h4", {}, title), this.found, this.choice(models), this.search];
		this.element = h("div", {}, h("div", { class: "ck-find" }, tools), this.rows);
		for (const { tree } of models) {
			if (tree.k.length < 8) for (const child of tree.k) this.open.add(child.p);
		}
		this.fill();
	}

	/** @param {Model[]} models */
	choice(models) {
		if (models.length < 2) return null;
		const select = h(
			"select",
			{
				class: "ck-select",
				"aria-label": "Which model",
				onchange: () => {
					this.model = models[select.selectedIndex];
					this.fill();
				},
			},
			models.map((model) => h("option", {}, model.name)),
		);
		return select;
	}

	fill() {
		const wanted = this.search.value.trim().toLowerCase();
		const { rows, hits } = treeRows(this.model.tree, this.open, wanted);
		const more = rows.length - MOST_ROWS;
		fill(
			this.rows,
			rows
				.slice(0, MOST_ROWS)
				.map((row) => (row.tensor ? this.tensorRow(row.tensor, row.depth) : this.moduleRow(row, Boolean(wanted)))),
			more > 0 && h("p", { class: "ck-muted ck-more" }, `${grouped(more)} more rows; search to see them.`),
		);
		this.found.textContent = wanted ? `${counted(hits, "module")} found` : "";
		this.items()[0]?.setAttribute("tabindex", "0");
		this.redrawn();
	}

	/** @returns {HTMLElement[]} */
	items() {
		return [.../** @type {NodeListOf<HTMLElement>} */ (this.rows.querySelectorAll(".ck-item"))];
	}

	/**
	 * @param {Tensor} tensor
	 * @param {number} depth
	 */
	tensorRow([name, shape, dtype, nbytes, trainable, tied, device], depth) {
		const attributes = [...new Set(shape.flatMap((dimension) => dimension[2] ?? []))];
		const place = device && device.toLowerCase().split(":")[0] !== "cpu" ? ` on ${device}` : "";
		return h(
			"div",
			{
				class: "ck-item ck-tensor",
				role: "treeitem",
				"aria-level": depth + 1,
				tabindex: -1,
				"data-attributes": attributes.join(" "),
				style: `--depth:${depth}`,
			},
			h("span", { class: "ck-name" }, name, tied && tag(`tied to ${tied}`), !trainable && tag("frozen")),
			h("span", { class: "ck-what" }, shapeNode(shape), ` ${dtype}${place}`),
			h("span", { class: "ck-number" }, tied ? "counted once" : grouped(product(shape.map(([size]) => size)))),
			h("span", { class: "ck-number" }, tied ? "" : bytesText(nbytes)),
		);
	}

	/**
	 * @param {Line} line
	 * @param {boolean} searching
	 */
	moduleRow({ node, depth }, searching) {
		const inside = node.k.length + node.t.length > 0;
		const open = searching || this.open.has(node.p);
		const [length] = node.l ?? [];
		const repeated = length?.[1] && h("span", { class: "ck-shape" }, `${length[1]} `, h("b", {}, length[0]));
		return h(
			"div",
			{
				class: "ck-item",
				role: "treeitem",
				tabindex: -1,
				"aria-level": depth + 1,
				"aria-expanded": inside ? String(open) : null,
				"data-path": node.p,
				style: `--depth:${depth}`,
				onclick: inside && !searching ? () => this.toggle(node.p) : null,
			},
			h("span", { class: "ck-name" }, node.n || this.model.name, node.r > 1 && tag(`× ${node.r}`, "ck-times")),
			h("span", { class: "ck-what" }, h("span", { class: "ck-muted" }, node.c), repeated && [" ", repeated]),
			h("span", { class: "ck-number" }, node.s ? grouped(node.s) : ""),
			h("span", { class: "ck-number" }, node.s ? bytesText(node.b) : ""),
		);
	}

	/** @param {string} path */
	toggle(path) {
		if (!this.open.delete(path)) this.open.add(path);
		this.fill();
		this.items()
			.find((item) => item.dataset.path === path)
			?.focus();
	}

	/** The keys of a tree: up and down walk, right opens, left closes. @param {KeyboardEvent} event */
	walk(event) {
		const items = this.items();
		const at = items.indexOf(/** @type {HTMLElement} */ (event.target));
		if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
		const item = items[at];
		const expanded = item.getAttribute("aria-expanded");
		/** @type {(row: HTMLElement) => number} */
		const level = (row) => Number(row.getAttribute("aria-level"));
		const above = () =>
			items
				.slice(0, at)
				.reverse()
				.find((other) => level(other) < level(item));
		/** @type {Record<string, () => void>} */
		const moves = {
			ArrowDown: () => items[at + 1]?.focus(),
			ArrowUp: () => items[at - 1]?.focus(),
			Home: () => items[0].focus(),
			End: () => items.at(-1)?.focus(),
			ArrowRight: () => expanded === "false" && item.click(),
			ArrowLeft: () => (expanded === "true" ? item.click() : above()?.focus()),
			Enter: () => expanded && item.click(),
			" ": () => expanded && item.click(),
		};
		if (!moves[event.key]) return;
		keep(event);
		moves[event.key]();
	}
}

// The picture of a model: its stacks, the blocks in them, and inside of a layer what is added to what.

import { h } from "../page/dom.js";
import { grouped } from "../page/numbers/format.js";
import { arrow, attributesOf, percent } from "./shapes.js";

/** @import { Block, Drawn, Model, Stack, Step } from "./types.d.ts" */

export class Picture {
	/**
	 * @param {Model} model
	 * @param {{alone: boolean, at: number, onchoose: (drawn: Drawn) => void}} scene the model's place among all
	 */
	constructor(model, { alone, at, onchoose }) {
		this.model = model;
		this.alone = alone;
		this.at = at;
		this.onchoose = onchoose;
		/** @type {Drawn[]} */
		this.drawn = [];
		this.stacks = model.stacks.length ? model.stacks.map((stack, index) => this.stack(stack, index)) : [this.none()];
	}

	none() {
		return h(
			"div",
			{ class: "ck-stack" },
			!this.alone && h("h4", {}, this.model.name),
			h("p", { class: "ck-note" }, `No picture: ${this.model.reason}. The tree below is complete.`),
		);
	}

	/**
	 * @param {Stack} stack
	 * @param {number} index
	 */
	stack({ title, input, blocks, outputs }, index) {
		const { model } = this;
		const name = [this.alone ? "" : model.name, title].filter(Boolean).join(", ");
		const crosses = blocks.some((block) => block.steps.some((step) => step.kind === "cross-attention"));
		const rows = blocks.map((block, order) => {
			const given = outputs.filter(([, , after]) => after === order);
			const last = order === blocks.length - 1;
			return [
				block.kind === "layers" ? this.layers(block, blocks) : this.block(block, model.parameters),
				(given.length > 0 || !last) && arrow(block.shape),
				given.map(([output, shape], nth) => [nth > 0 && arrow(shape), h("div", { class: "ck-data" }, output)]),
				given.length > 0 && !last && arrow(null),
			];
		});
		const encoder = `Its cross-attention looks at ${this.encoder}.`;
		return h(
			"section",
			{ class: "ck-stack", "data-model": this.at, "aria-label": name || model.name },
			name && h("h4", {}, name),
			index > 0 && crosses && h("p", { class: "ck-muted ck-crossing" }, encoder),
			h("div", { class: "ck-data" }, input[0]),
			arrow(input[1]),
			rows,
			index === model.stacks.length - 1 && model.notes.map((note) => h("p", { class: "ck-muted ck-note-below" }, note)),
		);
	}

	/** What cross-attention looks at. */
	get encoder() {
		return this.model.stacks[0].outputs[0]?.[0] ?? "the encoder";
	}

	/**
	 * @param {Block | Step} part
	 * @param {number} whole the parameters of which its bar shows a share
	 * @param {string} [note]
	 */
	block(part, whole, note = "") {
		const layers = "class" in part && part.kind === "layers" ? part : null;
		const times = layers?.calls ? layers.calls[0] : (layers?.repeat ?? 1);
		const title = times > 1 ? `${times} × ${part.title.toLowerCase()}` : part.title;
		const shared = !part.parameters && (part.tied || part.terms.length) ? "shared, counted once" : null;
		const calls = layers?.calls && ` called ${layers.calls[1]} times, the same weights each time`;
		const repeated = calls || (layers?.repeatName && ` ${layers.repeatName}`);
		const filled = `width:${((100 * part.parameters) / (whole || 1)).toFixed(2)}%`;
		const button = h(
			"button",
			{
				class: `ck-block ck-kind-${part.kind}`,
				type: "button",
				"aria-pressed": "false",
				"data-attributes": attributesOf(part).join(" "),
				onclick: () => this.onchoose(drawn),
			},
			h(
				"span",
				{ class: "ck-line" },
				h("strong", {}, title),
				h("span", { class: "ck-class" }, "class" in part && part.class, repeated),
				h(
					"span",
					{ class: "ck-count" },
					shared ?? [grouped(part.parameters), h("i", {}, percent(part.parameters, whole))],
				),
			),
			note && h("span", { class: "ck-beside" }, note),
			h("span", { class: "ck-share", style: "display:block", "aria-hidden": "true" }, h("span", { style: filled })),
		);
		const drawn = { part, model: this.model, button };
		this.drawn.push(drawn);
		return button;
	}

	/**
	 * Equal layers, with a button that unfolds one of them.
	 * @param {Block} block
	 * @param {Block[]} blocks of the same stack
	 */
	layers(block, blocks) {
		const top = h("div", { class: "ck-top" }, this.block(block, this.model.parameters));
		const box = h("div", { class: `ck-layers${block.repeat > 1 || block.calls ? " ck-many" : ""}` }, top);
		if (!block.steps.length) {
			const why = `Its inside is no row of blocks: ${block.unread || "it has no weights"}. The tree shows it.`;
			box.append(h("p", { class: "ck-muted ck-beside" }, why));
			return box;
		}
		const steps = this.steps(block);
		const fold = h("button", {
			class: "ck-button ck-fold",
			type: "button",
			onclick: () => set(fold.textContent === "Unfold"),
		});
		/** @param {boolean} open */
		const set = (open) => {
			steps.hidden = !open;
			fold.setAttribute("aria-expanded", String(open));
			fold.textContent = open ? "Fold" : "Unfold";
		};
		// Of several kinds of layers only the largest opens, so that the picture stays in sight; of two models none.
		const kinds = blocks.filter((one) => one.kind === "layers");
		set(this.alone && kinds.every((one) => one === block || one.parameters < block.parameters));
		top.append(fold);
		box.append(steps);
		return box;
	}

	/** The inside of one layer: a grid, so that a skipping connection is one element that spans its rows. @param {Block} block */
	steps(block) {
		const grid = h("div", { class: "ck-steps", role: "group", "aria-label": `Inside one ${block.class}` });
		/** @type {number[]} */
		const starts = []; // the row of each step
		let row = 1;
		/** @type {(node: Node, kind?: string) => void} */
		const put = (node, kind = "") => {
			grid.append(h("div", { class: `ck-row ${kind}`, style: `grid-row:${row}` }, node));
			row += 1;
		};
		const crossing = this.model.stacks.length > 1 ? `looks at ${this.encoder}` : "";
		/** @type {(step: Step) => HTMLElement} */
		const draw = (step) => this.block(step, block.layer, step.kind === "cross-attention" ? crossing : "");
		for (let at = 0; at < block.steps.length; ) {
			const end = branchesEnd(block.steps, at);
			const last = block.steps[end];
			for (let each = at; each <= end; each += 1) starts[each] = row;
			if (last.kind === "apart") {
				put(draw(last), "ck-apart");
			} else {
				put(arrow(at ? block.steps[at - 1].shape : block.takes), end > at ? "ck-splits" : "");
				put(end > at ? branches(block.steps.slice(at, end + 1), at, draw) : draw(last));
			}
			const added = last.added === null ? null : block.steps[last.added];
			if (last.added !== null) {
				const rows = `grid-row:${starts[last.added]}/${row + 1}`;
				grid.append(h("div", { class: "ck-skip", style: rows, "aria-hidden": "true" }));
			}
			if (added || last.met) {
				const said = [last.met && "what the branches gave", added && `the input of ${added.title}`].filter(Boolean);
				put(h("span", { role: "img", "aria-label": `${said.join(" and ")} is added` }, "+"), "ck-add");
			}
			at = end + 1;
		}
		return grid;
	}
}

/**
 * The last step of the branches that begin with the step `at`; `at` itself where it is no branch.
 * @param {Step[]} steps
 * @param {number} at
 */
export function branchesEnd(steps, at) {
	if (!steps.some((step, index) => index > at && step.beside === at)) return at;
	const end = steps.findIndex((step, index) => index > at && step.met);
	return end < 0 ? steps.length - 1 : end;
}

/**
 * Branches on one input, side by side.
 * @param {Step[]} steps
 * @param {number} first
 * @param {(step: Step) => HTMLElement} block
 */
function branches(steps, first, block) {
	let column = h("div");
	const columns = [column];
	for (const [index, step] of steps.entries()) {
		if (index && step.beside === first) {
			column = h("div");
			columns.push(column);
		}
		column.append(arrow(column.childElementCount ? steps[index - 1].shape : null), block(step));
	}
	return h("div", { class: "ck-branches", style: `--columns:${columns.length}` }, columns);
}

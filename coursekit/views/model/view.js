// The picture of a model, and what each attribute of the config shapes.

import { fill, h } from "../page/dom.js";
import { define } from "../page/explorer.js";
import { roam } from "../page/keys.js";
import { counted, grouped } from "../page/numbers/format.js";
import { attributeGroups, shapesText } from "./attributes.js";
import { Picture } from "./picture.js";
import { attributesOf, shapeNode } from "./shapes.js";
import { ModelTree } from "./tree.js";

/** @import { Drawn, Payload } from "./types.d.ts" */

class ModelMap {
	/**
	 * @param {Payload} data
	 * @param {HTMLElement} root
	 */
	constructor({ models }, root) {
		this.root = root;
		this.models = models;
		this.chosen = /** @type {string | null} */ (null); // the attribute's name
		this.selected = /** @type {Drawn | null} */ (null);
		this.says = h("p", { class: "ck-says", role: "status" });
		this.panel = h("section", { class: "ck-panel", "aria-label": "Details of the chosen block" });
		const groups = attributeGroups(models);
		this.chips = [...groups.shapes, ...groups.modules].map(({ name, value }) =>
			this.chip(name, value, () => this.light(this.chosen === name ? null : name)),
		);
		const alone = models.length === 1;
		const pictures = models.map(
			(model, at) =>
				new Picture(model, {
					alone,
					at,
					onchoose: (block) => this.select(this.selected === block ? null : block),
				}),
		);
		this.blocks = pictures.flatMap(({ drawn }) => drawn);
		const pictured = this.blocks.length > 0;
		this.tree = new ModelTree(models, () => this.applyLight());
		root.classList.add("ck-map");
		const bars = "A bar shows the share of the whole model; inside a layer, the share of the layer.";
		fill(
			root,
			h(
				"div",
				{ class: "ck-heads" },
				models.map(({ name, line }) => h("div", {}, h("h3", {}, name), h("p", { class: "ck-lead" }, line))),
			),
			this.chips.length > 0 && this.chooser(),
			h(
				"div",
				{ class: `ck-body${pictured ? "" : " ck-wide"}` },
				h(
					"div",
					{ class: "ck-stacks" },
					pictures.map(({ stacks }) => stacks),
				),
				h(
					"aside",
					{ class: "ck-side", "aria-label": "Details" },
					pictured && [this.panel, h("p", { class: "ck-muted ck-legend" }, bars)],
					this.chips.length > 0 && otherAttributes(groups),
				),
			),
			this.tree.element,
		);
		const layers = this.blocks.filter(({ part, model }) => part.kind === "layers" && model === models[0]);
		this.select(layers.sort((a, b) => b.part.parameters - a.part.parameters)[0] ?? null);
		this.light(null);
		root.addEventListener("keydown", (event) => {
			if (event.key !== "Escape") return;
			this.light(null);
			this.select(null);
		});
	}

	/**
	 * @param {string} name
	 * @param {string} value
	 * @param {() => void} onclick
	 */
	chip(name, value, onclick) {
		const state = { "aria-pressed": "false", "data-name": name };
		return h("button", { class: "ck-chip", type: "button", ...state, onclick }, name, " ", h("b", {}, value));
	}

	chooser() {
		return [
			h("h4", {}, "Choose an attribute: what does it shape?"),
			h(
				"div",
				{
					class: "ck-chips",
					role: "group",
					"aria-label": "Attributes of the config",
					onkeydown: (event) => roam(event, this.chips),
				},
				this.chips,
			),
			this.says,
		];
	}

	/** Light up everything that an attribute shapes; null puts the light out. @param {string | null} name */
	light(name) {
		this.chosen = name;
		for (const chip of this.chips) chip.setAttribute("aria-pressed", String(chip.dataset.name === name));
		const sentences = this.models.flatMap((model) => {
			const words = shapesText(model, name);
			return words === null ? [] : [this.models.length > 1 ? `${model.name}: ${words}` : words];
		});
		this.says.textContent =
			sentences.join(" ") || "Everything that it shapes lights up, in the picture and in the tree.";
		this.says.classList.toggle("ck-muted", !name);
		this.applyLight();
	}

	applyLight() {
		const name = this.chosen;
		const numbers = this.models.map((model) => String(model.attributes.findIndex((each) => each[0] === name)));
		for (const element of this.root.querySelectorAll("[data-attributes]")) {
			const at = element.closest("[data-model]")?.getAttribute("data-model") ?? this.models.indexOf(this.tree.model);
			const held = element.getAttribute("data-attributes") ?? "";
			const lit = name !== null && held.split(" ").includes(numbers[Number(at)]);
			if (element.matches(".ck-block")) {
				element.classList.toggle("ck-dimmed", name !== null && !lit);
				element.classList.toggle("ck-lit-block", lit);
			} else element.classList.toggle(element.matches(".ck-item") ? "ck-lit" : "ck-lit-dim", lit);
		}
	}

	/** Show what a block is made of. @param {Drawn | null} chosen */
	select(chosen) {
		this.selected = chosen;
		for (const { button } of this.blocks) button.setAttribute("aria-pressed", String(button === chosen?.button));
		if (!chosen) {
			const hint = "It tells you its tensors, its attributes, and how its parameters are counted.";
			fill(this.panel, h("h4", {}, "Choose a block"), h("p", { class: "ck-muted" }, hint));
			return;
		}
		const { part, model } = chosen;
		const attributes = attributesOf(part).map((number) => model.attributes[number]);
		const more = part.paths.length - 8;
		fill(
			this.panel,
			h("h4", {}, "class" in part && part.kind === "layers" ? part.class : part.title),
			part.about
				.filter(([name, about]) => about || !("class" in part) || name !== part.class)
				.slice(0, 3)
				.map(([name, about]) => h("p", {}, h("code", {}, name), about && `: ${about}`)),
			h("p", { class: "ck-muted ck-mono" }, part.paths.slice(0, 8).join(", "), more > 0 && ` and ${more} more`),
			attributes.length > 0 && [
				h("h5", {}, "Shaped by"),
				h(
					"div",
					{ class: "ck-chips" },
					attributes.map(([name, value]) => this.chip(name, value, () => this.light(name))),
				),
			],
			part.terms.length > 0 && parameterTable(chosen),
			part.tied > 0 &&
				h("p", { class: "ck-muted" }, `${counted(part.tied, "tensor")} tied to an earlier one, counted once.`),
		);
		this.panel.dataset.model = String(this.models.indexOf(model));
		this.applyLight();
	}
}

/** @param {ReturnType<typeof attributeGroups>} groups */
function otherAttributes({ nothing, untested, unset }) {
	/** @type {(title: string, names: string[]) => HTMLElement | false} */
	const list = (title, names) =>
		names.length > 0 &&
		h(
			"details",
			{ class: "ck-idle" },
			h("summary", {}, `${title} (${names.length})`),
			h("p", { class: "ck-mono ck-muted" }, names.join(", ")),
		);
	const tried = nothing.map(({ name, value }) => `${name} = ${value}`);
	const others = untested.map(({ name, value, note }) => `${name} = ${value} (${note})`);
	const absent = unset.map(({ name }) => name);
	return [
		h("h5", {}, "All other attributes"),
		list("Shape nothing, used at run time", tried),
		list("Not tried", others),
		list("Not set", absent),
	];
}

/** How the parameters of a block are counted. @param {Drawn} block */
function parameterTable({ part }) {
	const repeat = "repeat" in part && part.kind === "layers" ? part.repeat : 1;
	const name = part.title.toLowerCase();
	const rows = part.terms.map(([count, shape, total]) => {
		const sizes = [...(count > 1 ? [count] : []), ...shape.map(([size]) => size)].map(grouped).join(" × ");
		const factor = count > 1 && `${grouped(count)} × `;
		const formula = h("td", {}, factor, shapeNode(shape), h("br"), h("span", { class: "ck-muted" }, sizes));
		return h("tr", {}, formula, h("td", {}, grouped(total)));
	});
	/** @type {(words: string, total: number) => HTMLElement} */
	const sum = (words, total) => h("tr", { class: "ck-sum" }, h("td", {}, words), h("td", {}, grouped(total)));
	const one = part.terms.reduce((total, term) => total + term[2], 0);
	return [
		h("h5", {}, repeat > 1 ? `Parameters of one ${name}` : "Parameters"),
		h("table", {}, h("tbody", {}, rows, sum("together", one), repeat > 1 && sum(`× ${repeat} ${name}s`, one * repeat))),
	];
}

define("ck-model-map", (/** @type {Payload} */ data, root) => void new ModelMap(data, root));

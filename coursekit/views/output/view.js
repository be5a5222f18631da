// OutputExplorer: the fields of an output, its tokens, and the pictures that they choose and mark.

import { fill, h } from "../page/dom.js";
import { define } from "../page/explorer.js";
import { roam } from "../page/keys.js";
import { Quantized } from "../page/numbers/quantized.js";
import { tabs } from "../page/parts/tabs.js";
import { fields, missing } from "./fields.js";
import { TokenMap } from "./map.js";
import { Attention, Logits } from "./pictures.js";
import { Hidden, Sequences, Tokens } from "./states.js";

/** @import { Data, Drawn, Page, Payload, Picture, Run, SentRun, State, Token } from "./types.d.ts" */

/** @type {{name: Picture, title: string, type: new (page: Page) => Drawn}[]} */
const PICTURES = [
	{ name: "hidden", title: "Hidden states", type: Hidden },
	{ name: "tokens", title: "Tokens alike", type: Tokens },
	{ name: "sequences", title: "Sequences alike", type: Sequences },
	{ name: "map", title: "Map", type: TokenMap },
	{ name: "attention", title: "Attention", type: Attention },
	{ name: "logits", title: "Logits", type: Logits },
];

/** @type {(run: SentRun) => Run} */
const decoded = (run) => {
	const numbers = PICTURES.map(({ name }) => [name, run[name] && new Quantized(run[name])]);
	return { ...run, ...Object.fromEntries(numbers) };
};

/** @implements {Page} */
class OutputExplorer {
	/**
	 * @param {Payload} payload
	 * @param {HTMLElement} root
	 */
	constructor(payload, root) {
		/** @type {Data} */
		this.data = { ...payload, runs: payload.runs.map(decoded) };
		const { data } = this;
		/** @type {State} */
		this.state = {
			sequence: 0,
			layer: Math.max(...data.runs.map((run) => run.layers.length)) - 1,
			special: true,
			padding: false,
		};
		/** @type {string[]} */
		this.pointed = [];
		this.pinned = /** @type {string | null} */ (null);
		this.few = data.shown.length <= 8 && this.visible(null).length <= 64;
		this.picture = /** @type {Drawn | null} */ (null);
		this.strip = h("div", { class: "ck-strip" });
		/** @type {Map<string, HTMLElement>} */
		this.chips = new Map();
		this.fillStrip();
		fill(
			root,
			data.notes.map((note) => h("p", { class: "ck-note" }, note)),
			this.tokens(),
			data.signs.map((sign) => h("p", { class: "ck-muted" }, sign)),
			this.pictures(),
		);
		root.onkeydown = (event) => {
			if (event.key === "Escape") this.pin(null);
		};
	}

	/** A tab for each picture; it is drawn when it is opened first. */
	pictures() {
		const { runs, sequences, picture } = this.data;
		const there = PICTURES.filter(
			({ name }) => runs.some((run) => run[name]) && !(name === "sequences" && sequences.length < 2),
		);
		/** @type {Map<string, Drawn>} */
		const made = new Map();
		const pages = there.map(({ name, title, type: Type }) => ({
			title: name === "logits" ? (runs.find((run) => run.logits)?.scores ?? title) : title,
			content: () => {
				this.picture = made.get(name) ?? new Type(this);
				made.set(name, this.picture);
				this.picture.refresh();
				return this.picture.element;
			},
		}));
		if (!pages.length) return null;
		const at = Math.max(
			there.findIndex(({ name }) => name === picture),
			0,
		);
		const { bar, panel } = tabs("Pictures", pages, { at });
		return h("section", { class: "ck-pictures", "aria-label": "Pictures" }, bar, panel);
	}

	/** The tokens: pointing at one marks it in every picture, a click keeps it marked. */
	tokens() {
		const { shown, sequences, numbers, unit } = this.data;
		const kinds = new Set(shown.flatMap((_, slot) => this.all(slot).map(({ kind }) => kind)));
		if (!kinds.size) return null; // neither inputs nor a field say what stands at a position
		const title = unit === "token" ? "Tokens" : "Positions";
		/** @type {(name: string, key: "special" | "padding") => HTMLElement | null} */
		const toggle = (name, key) => {
			if (!kinds.has(key)) return null;
			const box = h("input", {
				type: "checkbox",
				checked: this.state[key],
				onchange: () => {
					this.state[key] = box.checked;
					this.fillStrip();
					this.picture?.refresh();
				},
			});
			return h("label", { class: "ck-toggle" }, box, name);
		};
		const options = shown.map((index, slot) =>
			h("option", { value: slot }, `${numbers[index]}  ${sequences[index].label}`),
		);
		const select = h("select", { class: "ck-select", onchange: () => this.choose(select.selectedIndex) }, options);
		return h(
			"section",
			{ class: "ck-tokens", "aria-label": title },
			h(
				"div",
				{ class: "ck-controls" },
				h("h4", {}, title),
				shown.length > 8 && h("label", { class: "ck-toggle" }, "Sequence ", select),
				toggle("Special tokens", "special"),
				toggle("Padding", "padding"),
			),
			this.strip,
		);
	}

	fillStrip() {
		const { shown } = this.data;
		const slots = shown.length > 8 ? [this.state.sequence] : shown.map((_, slot) => slot);
		this.chips = new Map();
		fill(
			this.strip,
			slots.map((slot) => this.row(slot)),
		);
	}

	/** The tokens of one sequence. @param {number} slot */
	row(slot) {
		const { shown, numbers } = this.data;
		const index = numbers[shown[slot]];
		const number = h(
			"button",
			{
				type: "button",
				class: "ck-button ck-sequence",
				"aria-pressed": String(slot === this.state.sequence),
				"aria-label": `Sequence ${index}`,
				onclick: () => this.choose(slot),
			},
			index,
		);
		const chips = this.visible(slot).map((token, at) => this.chip(token, at));
		return h(
			"div",
			{
				class: "ck-strip-row",
				role: "group",
				"aria-label": `Tokens of sequence ${index}`,
				onkeydown: (event) => roam(event, chips),
			},
			shown.length > 1 && number,
			h("div", { class: "ck-strip-chips" }, chips),
		);
	}

	/**
	 * @param {Token} token
	 * @param {number} index
	 */
	chip({ key, kind, id, text }, index) {
		const chip = h(
			"button",
			{
				type: "button",
				class: `ck-token ck-token-${kind}`,
				"aria-pressed": "false",
				tabindex: index ? -1 : 0,
				title: id === null ? null : `id ${id}`,
				onpointerenter: () => this.point([key]),
				onpointerleave: () => this.point([]),
				onfocus: () => this.point([key]),
				onblur: () => this.point([]),
				onclick: () => this.pin(this.pinned === key ? null : key),
			},
			text,
		);
		this.chips.set(key, chip);
		return chip;
	}

	/** @param {number} slot */
	choose(slot) {
		this.state.sequence = slot;
		this.fillStrip();
		this.picture?.refresh();
	}

	/** @param {string[]} keys the tokens that are pointed at now */
	point(keys) {
		this.pointed = keys;
		this.showMarks();
	}

	/** @param {string | null} key */
	pin(key) {
		this.pinned = key;
		this.showMarks();
	}

	showMarks() {
		for (const [key, chip] of this.chips) {
			chip.classList.toggle("ck-on", this.isMarked(key));
			chip.setAttribute("aria-pressed", String(key === this.pinned));
		}
		this.picture?.mark();
	}

	/** @param {string} key */
	isMarked(key) {
		return this.pointed.length ? this.pointed.includes(key) : key === this.pinned;
	}

	/**
	 * @param {number} slot
	 * @param {number} position
	 * @returns {Token}
	 */
	token(slot, position) {
		return this.all(slot)[position];
	}

	/** All tokens of a shown sequence. @param {number} slot @returns {Token[]} */
	all(slot) {
		const place = this.data.shown[slot];
		const sequence = this.data.numbers[place];
		const tokens = this.data.sequences[place].tokens ?? [];
		return tokens.map(([text, kind, id], position) => {
			return { text, kind, id, slot, sequence, position, key: `${slot}:${position}` };
		});
	}

	/** The keys of attention, where they are not the tokens. @param {number} slot @returns {Token[] | null} */
	keys(slot) {
		const place = this.data.shown[slot];
		const sequence = this.data.numbers[place];
		const keys = this.data.sequences[place].keys?.map(([text, kind, id], position) => {
			return { text, kind, id, slot, sequence, position, key: `key ${slot}:${position}` };
		});
		return keys ?? null;
	}

	/** @param {Token} token */
	isVisible({ kind }) {
		return kind === "real" || this.state[kind];
	}

	/** The tokens that are not hidden, of one shown sequence or of all; never none. @param {number | null} slot */
	visible(slot) {
		const tokens = slot === null ? this.data.shown.flatMap((_, each) => this.all(each)) : this.all(slot);
		const kept = tokens.filter((token) => this.isVisible(token));
		return kept.length ? kept : tokens;
	}
}

/** The pictures of one side of the output, a button for each side where it has several, and below them the fields. */
define("ck-output-explorer", (/** @type {Payload} */ data, root) => {
	const sides = [data, ...(data.others ?? [])];
	const page = h("div", { class: "ck-side" });
	const buttons = sides.map((side, at) =>
		h("button", { type: "button", class: "ck-button", onclick: () => open(at) }, side.side),
	);
	/** @param {number} at */
	const open = (at) => {
		for (const [index, button] of buttons.entries()) button.setAttribute("aria-pressed", String(index === at));
		new OutputExplorer(sides[at], page);
	};
	open(0);
	fill(
		root,
		h("h3", {}, data.title),
		sides.length > 1 && h("div", { class: "ck-controls", role: "group", "aria-label": "Side of the model" }, buttons),
		page,
		missing(data),
		fields(data, !page.querySelector(".ck-pictures")),
	);
});

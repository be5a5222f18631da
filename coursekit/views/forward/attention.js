// Attention for one token and one head: query, keys, products, mask, softmax, values, and their weighted sum.

import { h, paint } from "../page/dom.js";
import { shareText, signed } from "../page/numbers/format.js";
import { arrow, strip, vectorRow } from "./strips.js";

/** @import { Quantized } from "../page/numbers/quantized.js" */
/** @import { Child } from "../page/types.d.ts" */
/** @import { Vectors } from "./strips.js" */
/** @import { AttentionInside, Chosen, Step } from "./types.d.ts" */

const MOST_KEYS = 20;

/** The keys of a token and a head, and what each of them gets. */
class Attending {
	/**
	 * @param {string} stack that the token stands in
	 * @param {AttentionInside<Vectors, Quantized>} inside
	 * @param {Chosen} chosen
	 */
	constructor(stack, inside, chosen) {
		this.inside = inside;
		this.self = inside.source === stack; // it is one of the keys
		this.row = chosen.row;
		this.head = Math.min(chosen.head, inside.heads - 1);
		this.keys = chosen.run.tokens[inside.source];
		this.kept = chosen.run.kept[inside.source];
		const order = this.keys.map((_token, key) => key);
		const best = [...order].sort((one, other) => this.weight(other) - this.weight(one));
		this.shown = best.slice(0, MOST_KEYS).sort((one, other) => one - other);
	}

	/**
	 * @param {Quantized} numbers (heads, tokens that are followed, keys)
	 * @param {number} key
	 * @param {number} [head]
	 */
	of(numbers, key, head = this.head) {
		return numbers.at((head * numbers.shape[1] + this.row) * this.keys.length + key);
	}

	/**
	 * @param {number} key
	 * @param {number} [head]
	 */
	weight(key, head) {
		return this.of(this.inside.weights, key, head);
	}

	/** @param {number} key */
	product(key) {
		return this.of(this.inside.products, key);
	}

	/** @param {number} key */
	blocked(key) {
		return Boolean(this.inside.blocked?.data[this.row * this.keys.length + key]);
	}
}

/**
 * @param {Step} step
 * @param {AttentionInside<Vectors, Quantized>} inside
 * @param {Chosen} chosen
 * @returns {Child[]}
 */
export function attentionStage(step, inside, chosen) {
	const attending = new Attending(step.stack, inside, chosen);
	const { head, keys, shown } = attending;
	const { scales, row } = chosen;
	const rest = 1 - shown.reduce((sum, key) => sum + attending.weight(key), 0);
	const left = `the others take ${shareText(Math.max(0, rest))} together.`;
	return [
		headPicker(attending, chosen),
		attentionTable(attending, chosen),
		shown.length < keys.length &&
			h("p", { class: "ck-muted" }, `The ${shown.length} highest of ${keys.length} keys; ${left}`),
		h("h5", {}, "All heads side by side, then the output matrix"),
		vectorRow("", `${inside.heads} heads × ${inside.valueSize}`, inside.context, row, scales.values, {
			name: "context",
			part: [head * inside.valueSize, (head + 1) * inside.valueSize],
		}),
		arrow("times the output matrix: what the heads found is mixed into one vector"),
		vectorRow("=", "attention gives", step.after, row, scales.branch, { strong: true }),
	];
}

/**
 * A small picture of each head's weights for this token, to choose from.
 * @param {Attending} attending
 * @param {Chosen} chosen
 */
function headPicker(attending, { scales, word, chooseHead }) {
	const { inside, keys } = attending;
	const buttons = Array.from({ length: inside.heads }, (_, head) => {
		const canvas = h("canvas", { "aria-hidden": "true" });
		const pixels = scales.share.pixels(1, keys.length, (_row, key) => attending.weight(key, head));
		paint(canvas, keys.length, pixels);
		const weights = keys.map((_token, key) => attending.weight(key, head));
		const best = weights.indexOf(Math.max(...weights));
		const on = head === attending.head;
		return h(
			"button",
			{
				type: "button",
				class: "ck-head-button",
				"aria-pressed": String(on),
				tabindex: on ? 0 : -1,
				"data-head": head,
				"aria-label": `Head ${head}, most at ${keys[best][0]}`,
				title: `head ${head}: ${shareText(weights[best])} at “${keys[best][0]}”`,
				onclick: () => chooseHead(head),
			},
			h("span", {}, head),
			canvas,
		);
	});
	const groups =
		inside.keyHeads < inside.heads ? ` Groups of ${inside.heads / inside.keyHeads} heads share keys and values.` : "";
	return h(
		"div",
		{ class: "ck-head-picker" },
		h(
			"p",
			{ class: "ck-muted" },
			`Choose a head: each strip shows where it looks from “${word}”, first token left.${groups}`,
		),
		h("div", { role: "group", "aria-label": "Heads", class: "ck-head-buttons" }, buttons),
	);
}

/**
 * The table: a row for each key, the query above the keys, the weighted sum below the values.
 * @param {Attending} attending
 * @param {Chosen} chosen
 */
function attentionTable(attending, chosen) {
	const { inside, head } = attending;
	const { word, scales, row } = chosen;
	const added = inside.bias ? "position" : inside.blocked ? "mask" : "";
	const [keyPart, valuePart] = [inside.size, inside.valueSize].map((size) => ({
		from: head * size,
		to: (head + 1) * size,
	}));
	const columns = [
		"token",
		["its key ", h("i", {}, "k")],
		measure(inside),
		added,
		"softmax",
		["its value ", h("i", {}, "v")],
	];
	return h(
		"div",
		{ class: "ck-scroll", tabindex: 0, role: "group", "aria-label": `Attention of head ${head}` },
		h(
			"table",
			{ class: "ck-attention" },
			h("caption", { class: "ck-visually-hidden" }, `Head ${head}: how “${word}” attends to each token`),
			h(
				"thead",
				{},
				h(
					"tr",
					{},
					columns.map((name) => name && h("th", { scope: "col" }, name)),
				),
				h(
					"tr",
					{ class: "ck-query" },
					h("th", { scope: "row" }, h("span", { class: "ck-token ck-on" }, word)),
					h("td", {}, strip(inside.query, row, scales.heads, "query", { ...keyPart, height: 22 })),
					h(
						"td",
						{ colspan: added ? 4 : 3 },
						h(
							"span",
							{ class: "ck-muted" },
							"← its query ",
							h("i", {}, "q"),
							": it meets every key below, number by number",
						),
					),
				),
			),
			h(
				"tbody",
				{},
				attending.shown.map((key) => keyRow(attending, chosen, key, { keyPart, valuePart })),
			),
			h(
				"tfoot",
				{},
				h(
					"tr",
					{ class: "ck-context" },
					h(
						"td",
						{ colspan: added ? 5 : 4 },
						h("span", { class: "ck-muted" }, `the values, each times its weight, added up: what head ${head} gives →`),
					),
					h("td", {}, strip(inside.context, row, scales.values, "context", { ...valuePart, height: 22 })),
				),
			),
		),
	);
}

/**
 * How a query and a key are compared.
 * @param {AttentionInside<Vectors, Quantized>} inside
 */
function measure({ scale, size }) {
	if (Math.abs(scale - size ** -0.5) < 1e-5) return `q · k / √${size}`;
	return scale === 1 ? "q · k" : `q · k × ${Number(scale.toPrecision(3))}`;
}

/**
 * A token that is looked at.
 * @param {Attending} attending
 * @param {Chosen} chosen
 * @param {number} key
 * @param {Record<"keyPart" | "valuePart", {from: number, to: number}>} parts of the head in all keys and values
 */
function keyRow(attending, { token, scales }, key, { keyPart, valuePart }) {
	const { inside, kept, keys, shown } = attending;
	const [word, kind] = keys[key];
	const place = kept.indexOf(key);
	const product = attending.product(key);
	const blocked = attending.blocked(key);
	const share = attending.weight(key);
	const value = h(
		"div",
		{ class: "ck-value-strip" },
		place >= 0 && strip(inside.value, place, scales.values, `value of ${word}`, valuePart),
	);
	value.style.opacity = String(0.16 + 0.84 * Math.sqrt(share));
	const limit = Math.max(...shown.map((each) => Math.abs(attending.product(each))), 1e-9);
	const bar = h("span", { class: `ck-product-bar${product < 0 ? " ck-negative" : ""}`, "aria-hidden": "true" });
	bar.style.setProperty("--ck-size", String(Math.abs(product) / limit));
	const part = h("span", { class: "ck-weight-bar", "aria-hidden": "true" });
	part.style.setProperty("--ck-size", String(share));
	const bias = inside.bias ? attending.of(inside.bias, key) : 0;
	const own = key === token && attending.self;
	return h(
		"tr",
		{ class: blocked && "ck-blocked" },
		h("th", { scope: "row" }, h("span", { class: `ck-token ck-token-${kind}${own ? " ck-on" : ""}` }, word)),
		h("td", {}, place >= 0 && strip(inside.key, place, scales.heads, `key of ${word}`, keyPart)),
		h(
			"td",
			{ class: "ck-product" },
			h("span", { class: "ck-product-axis" }, bar),
			h("span", { class: "ck-figure" }, signed(product, 2)),
		),
		Boolean(inside.blocked || inside.bias) &&
			h("td", { class: "ck-mask" }, blocked ? "blocked" : inside.bias && `${bias < 0 ? "" : "+"}${signed(bias, 2)}`),
		h(
			"td",
			{ class: "ck-weight" },
			h("span", { class: "ck-weight-axis" }, part),
			h("span", { class: "ck-figure" }, shareText(share)),
		),
		h("td", {}, value),
	);
}

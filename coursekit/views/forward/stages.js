// The stage of each kind of step, with the numbers of the chosen token.

import { h, there } from "../page/dom.js";
import { grouped, shareText, signed } from "../page/numbers/format.js";
import { attentionStage } from "./attention.js";
import { curve } from "./curve.js";
import { arrow, vectorRow } from "./strips.js";

/** @import { Child } from "../page/types.d.ts" */
/** @import { Vectors } from "./strips.js" */
/** @import { Chosen, FeedForwardInside, HeadInside, Norm, Step } from "./types.d.ts" */

/**
 * @param {Step} step
 * @param {Chosen} chosen
 * @returns {Child[]}
 */
export function stageOf(step, chosen) {
	const { row, scales } = chosen;
	if (step.closed) {
		return [
			h("p", { class: "ck-note ck-warning" }, `The inside of this step is not shown: ${step.closed}.`),
			vectorRow("", "takes", step.before, row, scales.vector),
			vectorRow("=", "gives", step.after, row, scales.vector, { strong: true }),
		];
	}
	if (step.attention) return attentionStage(step, step.attention, chosen);
	if (step.embeddings) return embeddingsStage(step, step.embeddings, chosen);
	if (step.feedForward) return feedForwardStage(step, step.feedForward, chosen);
	if (step.head) return headStage(step, step.head, chosen);
	if (step.sum) return sumStage(step, step.sum, chosen);
	return [vectorRow("", "the vector", step.after, row, scales.vector, { strong: true })];
}

/**
 * @param {Step} step
 * @param {Norm | null} norm
 * @param {Chosen} chosen
 * @returns {Child[]}
 */
function normRows(step, norm, { row, scales }) {
	if (!norm) return [];
	const at = Math.min(row, norm.spread.data.length - 1);
	const mean = h("b", {}, signed(norm.mean.data[at], 3));
	const spread = h("b", {}, signed(norm.spread.data[at], 3));
	/** @type {Child[]} */
	const said =
		norm.kind === "LayerNorm"
			? [
					["its mean ", mean, " is taken away, it is divided by its spread ", spread],
					", then scaled and shifted by learned weights",
				]
			: ["it is divided by the root of its mean square ", spread, ", then scaled by learned weights"];
	return [
		arrow(h("b", {}, norm.kind), ": ", said),
		vectorRow("=", "the result", step.after, row, scales.vector, { strong: true }),
	];
}

/**
 * @param {Step} step
 * @param {NonNullable<Step["embeddings"]>} inside
 * @param {Chosen} chosen
 * @returns {Child[]}
 */
function embeddingsStage(step, { parts, total, norm }, chosen) {
	const { token, row, scales } = chosen;
	return [
		parts.map(({ name, rows, vectors }, index) => {
			const place = rows && h("span", { class: "ck-row-number" }, ` row ${grouped(rows[token] ?? 0)}`);
			const label = h("span", {}, h("code", {}, name), place);
			return vectorRow(index ? "+" : "", label, vectors, row, scales.embedding, { name });
		}),
		(parts.length > 1 || norm) && vectorRow("=", "the sum", total, row, scales.embedding, { strong: !norm }),
		normRows(step, norm, chosen),
	];
}

/**
 * @param {Step} step
 * @param {NonNullable<Step["sum"]>} inside
 * @param {Chosen} chosen
 * @returns {Child[]}
 */
function sumStage(step, { around, through, total, norm }, chosen) {
	const { row, scales } = chosen;
	const added = around && [
		vectorRow("", "went around", around, row, scales.vector),
		through.map((each) => vectorRow("+", "came through", each, row, scales.vector)),
		vectorRow("=", "the sum", total, row, scales.vector, { strong: !norm }),
	];
	return [added ?? vectorRow("", "takes", step.before, row, scales.vector), normRows(step, norm, chosen)];
}

/**
 * @param {Step} step
 * @param {FeedForwardInside<Vectors>} inside
 * @param {Chosen} chosen
 * @returns {Child[]}
 */
function feedForwardStage(step, { wide, up, inner, activation, width }, { row, scales }) {
	const [size, attribute] = width;
	return [
		vectorRow("", "takes", step.before, row, scales.vector),
		arrow(`times the first matrix: widened to ${grouped(size)}${attribute && ` = ${attribute}`} numbers`),
		vectorRow("", up ? "gate" : "widened", wide, row, scales.wide),
		vectorRow("", "and beside it", up, row, scales.wide),
		arrow(`${activation}: each number by itself${up ? ", then times the one beside it" : ""}`),
		curve(wide, Math.min(row, wide.count - 1), activation),
		vectorRow("", "what is left", inner, row, scales.wide),
		arrow("times the second matrix: narrowed again"),
		vectorRow("=", "feed-forward gives", step.after, row, scales.branch, { strong: true }),
	];
}

/**
 * @param {Step} step
 * @param {HeadInside<Vectors>} inside
 * @param {Chosen} chosen
 * @returns {Child[]}
 */
function headStage(step, inside, chosen) {
	const { row, scales } = chosen;
	const { stages, activation, best } = inside;
	/** @type {(title: string, taken: Vectors | null) => Child[]} what a stage does to what the one before it gave */
	const way = (title, taken) => {
		if (title === "matrix") return [arrow("times a matrix")];
		if (title !== activation) return [arrow(title)];
		return [
			arrow(`${title}: each number by itself`),
			taken && curve(taken, Math.min(row, taken.count - 1), activation),
		];
	};
	const rows = stages.map(([title, vectors], index) => [
		way(title, index ? stages[index - 1][1] : step.before),
		vectorRow("", `after the ${title}`, vectors, row, scales.vector),
	]);
	const begin = vectorRow("", step.rows ? "the first token's vector" : "takes", step.before, row, scales.vector);
	if (!best) {
		const last = stages.at(-1);
		return [
			begin,
			rows,
			activation && last?.[0] !== activation && way(activation, last ? last[1] : step.before),
			vectorRow("=", "the pooled vector", step.after, row, scales.vector, { strong: true }),
		];
	}
	return [
		begin,
		rows,
		arrow("times the last matrix, one score for each answer; softmax makes chances"),
		answers(best, row),
		inside.vocabulary && lensTable(chosen),
	];
}

/**
 * The best answers with their chances and scores.
 * @param {NonNullable<HeadInside<Vectors>["best"]>} best
 * @param {number} wanted
 */
function answers({ words, shares, scores }, wanted) {
	const row = Math.min(wanted, words.length - 1);
	const count = words[row].length;
	return h(
		"ol",
		{ class: "ck-answers", "aria-label": "The best answers" },
		words[row].map((word, index) => {
			const share = shares.data[row * count + index];
			const bar = h("span", { class: "ck-answer-bar", "aria-hidden": "true" });
			bar.style.setProperty("--ck-size", String(share));
			return h(
				"li",
				{},
				h("span", { class: "ck-answer-word" }, word),
				h("span", { class: "ck-answer-axis" }, bar),
				h("span", { class: "ck-figure" }, shareText(share)),
				h("span", { class: "ck-muted ck-figure", title: "its score" }, signed(scores.data[row * count + index], 2)),
			);
		}),
	);
}

/**
 * The logit lens: what the same head would say after each layer.
 * @param {Chosen} chosen
 */
function lensTable({ run: { lens }, token }) {
	const place = lens?.tokens.indexOf(token) ?? -1;
	if (!lens || place < 0) return null;
	const [, tokens, best] = lens.shares.shape;
	const last = there(lens.words.at(-1))[place][0];
	return h(
		"section",
		{ class: "ck-lens", "aria-label": "Logit lens" },
		h("h5", {}, "Before the last layer: what the same head would say after each one (logit lens)"),
		h(
			"div",
			{ class: "ck-scroll", tabindex: 0, role: "group", "aria-label": "Words after each layer" },
			h(
				"table",
				{},
				h(
					"tbody",
					{},
					lens.layers.map((layer, index) =>
						h(
							"tr",
							{},
							h("th", { scope: "row" }, layer),
							lens.words[index][place].map((word, rank) => {
								const share = lens.shares.data[(index * tokens + place) * best + rank];
								const on = word === last && "ck-lens-last";
								const cell = h("td", { class: on, title: shareText(share) }, word);
								cell.style.setProperty("--ck-size", String(Math.sqrt(share)));
								return cell;
							}),
							h(
								"td",
								{ class: "ck-figure ck-muted" },
								`“${last}” ${shareText(lens.final.data[index * tokens + place])}`,
							),
						),
					),
				),
			),
		),
	);
}

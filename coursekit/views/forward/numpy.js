// The lines of NumPy that give the numbers of a step, to be copied.

import { h } from "../page/dom.js";

/** @import { Step } from "./types.d.ts" */

/**
 * Copy a text, and say so on the button.
 * @param {HTMLElement} button
 * @param {string} text
 */
export async function copyText(button, text) {
	const name = button.textContent;
	try {
		await navigator.clipboard.writeText(text);
		button.textContent = "Copied";
	} catch {
		button.textContent = "Not allowed here";
	}
	setTimeout(() => {
		button.textContent = name;
	}, 1500);
}

/**
 * @param {Step} step
 * @param {{token: number, head: number, run: string}} chosen `run` is the name of the pass, where there are several
 */
export function numpyLines(step, chosen) {
	if (!step.lines.length) return null;
	return h(
		"details",
		{ class: "ck-lines-numpy" },
		h("summary", {}, "The same in NumPy: copy a line, run it, compare"),
		step.lines.map(([title, code]) => {
			const text = filled(code, step, chosen);
			const button = h("button", { type: "button", class: "ck-button ck-quiet" }, "Copy");
			button.setAttribute("aria-label", `Copy the line for: ${title}`);
			button.addEventListener("click", () => copyText(button, text));
			return h(
				"div",
				{ class: "ck-numpy" },
				h("span", { class: "ck-numpy-title" }, title),
				h("code", {}, text),
				button,
			);
		}),
		h(
			"p",
			{ class: "ck-muted" },
			h("code", {}, "view"),
			" is this ForwardPass: ",
			h("code", {}, "view = ck.ForwardPass(model, inputs, tokenizer)"),
			".",
		),
	);
}

/**
 * A line with what is chosen in the places of `TOKEN`, `HEAD` and `ROW`.
 * @param {string} code
 * @param {Step} step
 * @param {{token: number, head: number, run: string}} chosen
 */
function filled(code, step, { token, head, run }) {
	const which = run ? `, ${JSON.stringify(run)}` : "";
	let text = code.replaceAll("HEAD", String(Math.min(head, (step.attention?.heads ?? 1) - 1)));
	text = text.replaceAll("TOKEN", String(token)).replaceAll("[ROW]", `[${step.rows ? 0 : token}]`);
	for (const [at, { rows }] of (step.embeddings?.parts ?? []).entries()) {
		text = text.replaceAll(`ROW${at}`, String(rows?.[token] ?? 0));
	}
	if (which) text = text.replaceAll(/view\.weight\("([^"]+)"/g, (found) => `${found}${which}`);
	const begin = text.includes("s.") ? `s = view.step("${step.name}"${which}); ` : "";
	return `${text.includes("math.") ? "import math; " : ""}${begin}${text}`;
}

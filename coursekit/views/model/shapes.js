// Shapes as text and as elements whose dimensions light up.

import { h } from "../page/dom.js";
import { shareText } from "../page/numbers/format.js";

/** @import { Part, Shape } from "./types.d.ts" */

const DATA = new Set(["batch", "sequence", "target sequence"]);

/** A shape as text: what search looks into, and what screen readers say. @type {(shape: Shape) => string} */
export const shapeText = (shape) =>
	`(${shape.map(([size, name]) => (name ? (DATA.has(name) ? name : `${name} ${size}`) : size)).join(", ")})`;

/** A shape whose dimensions can light up. @param {Shape | null} shape */
export function shapeNode(shape) {
	if (!shape) return null;
	const parts = shape.map(([size, name, attributes], index) => {
		const data = name && DATA.has(name);
		return [
			index > 0 && ", ",
			h(
				"span",
				{ "data-attributes": attributes?.join(" ") || null },
				name,
				name && !data && " ",
				!data && h("b", {}, size),
			),
		];
	});
	return h("span", { class: "ck-shape" }, "(", parts, ")");
}

/** @type {(shape: Shape | null) => HTMLElement} */
export const arrow = (shape) => h("div", { class: "ck-arrow" }, shapeNode(shape));

/** @type {(part: number, whole: number) => string} */
export const percent = (part, whole) => shareText(whole ? part / whole : 0);

/** The numbers of all attributes that shape a part of the picture. @type {(part: Part) => number[]} */
export const attributesOf = (part) => [...new Set([...part.attributes, ...(part.repeatAttributes ?? [])])];

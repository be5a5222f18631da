// A colour scale with the values at its ticks.

import { h, paint } from "../dom.js";
import { rough } from "../numbers/format.js";

/** @import { Scale } from "../numbers/colour.js" */

/** The class of a canvas in a scale: the white middle of a diverging one is dark on a dark page. @type {(scale: Scale) => string} */
export const shade = (scale) => (scale.diverging ? "ck-diverging" : "");

/**
 * @param {Scale} scale
 * @param {string} meaning
 * @param {string} [more] said when the pointer rests on it
 */
export function legend(scale, meaning, more) {
	const strip = h("canvas", { class: `ck-legend-strip ${shade(scale)}`, "aria-hidden": "true" });
	const colours = Array.from({ length: 255 }, (_, index) => [...scale.colour(index), 255]);
	paint(strip, 255, Uint8ClampedArray.from(colours.flat()));
	return h(
		"div",
		{ class: "ck-legend", title: more },
		h("span", {}, meaning),
		h(
			"div",
			{ class: "ck-legend-scale" },
			strip,
			h(
				"div",
				{ class: "ck-legend-ticks" },
				scale.ticks().map((tick) => h("span", {}, rough(tick))),
			),
		),
	);
}

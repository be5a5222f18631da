// A colour scale with the values at its ticks.

import { h, paint } from "../dom.js";
import { rough } from "../numbers/format.js";

/** @import { Scale } from "../numbers/colour.js" */

/**
 * @param {Scale} scale
 * @param {string} meaning
 */
export function legend(scale, meaning) {
	const strip = h("canvas", { class: "ck-legend-strip", "aria-hidden": "true" });
	const colours = Array.from({ length: 255 }, (_, index) => [...scale.colour(index), 255]);
	paint(strip, 255, Uint8ClampedArray.from(colours.flat()));
	return h(
		"div",
		{ class: "ck-legend" },
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

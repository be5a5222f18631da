// The curve of an activation with the numbers of one token on it.

import { h } from "../page/dom.js";
import { grouped, signed } from "../page/numbers/format.js";

/** @import { Vectors } from "./strips.js" */

/** The error function, wrong by less than 2e-7, which no picture shows (Abramowitz and Stegun 7.1.26). */
const erf = (/** @type {number} */ x) => {
	const t = 1 / (1 + 0.3275911 * Math.abs(x));
	const factors = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
	const y = 1 - factors.reduce((sum, factor) => (sum + factor) * t, 0) * Math.exp(-x * x);
	return x < 0 ? -y : y;
};

/** @type {Record<string, (x: number) => number>} */
const ACTIVATIONS = {
	GELU: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
	"GELU (tanh)": (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
	ReLU: (x) => Math.max(0, x),
	SiLU: (x) => x / (1 + Math.exp(-x)),
	"quick GELU": (x) => x / (1 + Math.exp(-1.702 * x)),
	"squared ReLU": (x) => Math.max(0, x) ** 2,
	tanh: Math.tanh,
	sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};

const WIDTH = 520;
const HEIGHT = 190;
const EDGE = 24;

/**
 * @param {Vectors} vectors
 * @param {number} row
 * @param {string} name
 */
export function curve(vectors, row, name) {
	const f = ACTIVATIONS[name];
	if (!f) return null;
	const numbers = Array.from({ length: vectors.width }, (_, at) => vectors.at(row, at)).filter(Number.isFinite);
	const low = Math.min(-3, ...numbers);
	const high = Math.max(3, ...numbers);
	const line = Array.from({ length: 121 }, (_, at) => low + ((high - low) * at) / 120);
	const heights = [...line, ...numbers].map(f);
	const [bottom, top] = [Math.min(-0.4, ...heights), Math.max(...heights, 0.4)];
	/** @param {number} value */
	const x = (value) => EDGE + ((value - low) / (high - low)) * (WIDTH - 2 * EDGE);
	/** @param {number} value */
	const y = (value) => HEIGHT - EDGE - ((value - bottom) / (top - bottom)) * (HEIGHT - 2 * EDGE);
	/** @type {(px: number, py: number, what: string, anchor?: string) => SVGElement} */
	const label = (px, py, what, anchor = "middle") => h("svg:text", { x: px, y: py, "text-anchor": anchor }, what);
	const points = line.map((value) => `${x(value).toFixed(1)},${y(f(value)).toFixed(1)}`).join(" ");
	return h(
		"div",
		{ class: "ck-curve" },
		h(
			"svg:svg",
			{
				viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
				role: "img",
				"aria-label": `${name} with ${grouped(numbers.length)} numbers on its curve`,
			},
			h("svg:line", { class: "ck-curve-axis", x1: EDGE, x2: WIDTH - EDGE, y1: y(0), y2: y(0) }),
			h("svg:line", { class: "ck-curve-axis", x1: x(0), x2: x(0), y1: EDGE / 2, y2: HEIGHT - EDGE }),
			h("svg:polyline", { class: "ck-curve-line", points }),
			numbers.map((value) =>
				h("svg:circle", { class: "ck-curve-dot", cx: x(value).toFixed(1), cy: y(f(value)).toFixed(1), r: 2.6 }),
			),
			label(EDGE, HEIGHT - 6, signed(low, 1), "start"),
			label(x(0), HEIGHT - 6, "0"),
			label(WIDTH - EDGE, HEIGHT - 6, signed(high, 1), "end"),
			label(x(0) + 5, 14, name, "start"),
		),
		h("p", {}, counts(numbers, f, name)),
	);
}

/**
 * What the curve does to these numbers.
 * @param {number[]} numbers
 * @param {(x: number) => number} f
 * @param {string} name
 */
function counts(numbers, f, name) {
	const below = numbers.filter((value) => value < 0).length;
	if (name === "tanh" || name === "sigmoid") {
		const least = name === "tanh" ? "−1" : "0";
		return [
			h("b", {}, grouped(below)),
			` of ${grouped(numbers.length)} numbers went in negative. All come out between ${least} and 1.`,
		];
	}
	const loud = numbers.filter((value) => Math.abs(f(value)) >= 0.2).length;
	return [
		h("b", {}, grouped(below)),
		` of ${grouped(numbers.length)} numbers went in negative, and come out near 0. `,
		h("b", {}, grouped(loud)),
		` come out at 0.2 or more in size: ${loud ? "what was noticed in this token" : "little was noticed in this token"}.`,
	];
}

// The lines of a histogram: its bars, the axis below them, the curve of an initializer above them.

import { minus } from "../page/numbers/format.js";

/** @import { Curve, Figures } from "./types.d.ts" */

export const BINS = 64;
export const WIDE = 620; // units of the drawing; the page scales it
export const HIGH = 230;

/**
 * The step of an axis: the round number next above a fifth of the range.
 * @param {number} range
 */
export function axisStep(range) {
	const rough = range / 5;
	const power = 10 ** Math.floor(Math.log10(rough));
	return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
}

/**
 * The ticks of an axis and what is written at them.
 * @param {number} low
 * @param {number} high
 */
export function axisTicks(low, high) {
	const step = axisStep(high - low);
	const digits = Math.max(0, -Math.floor(Math.log10(step)));
	const first = Math.ceil(low / step);
	return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, at) => {
		const value = (first + at) * step;
		const text = digits > 6 ? value.toExponential(1) : value.toFixed(digits);
		return { value, text: minus(text.replace(/^-(?=0(?:\.0*)?$)/, "")) };
	});
}

/**
 * The ticks of the axis upwards: one to three shares in per cent, none at the very top.
 * @param {number} top
 */
export function shareTicks(top) {
	const step = axisStep(125 * top);
	return [1, 2, 3]
		.map((times) => (step * times) / 100)
		.filter((value) => value < 0.95 * top)
		.map((value) => ({ value, text: `${Number((100 * value).toPrecision(3))} %` }));
}

/**
 * erf by its power series (Abramowitz and Stegun 7.1.5), exact for the small arguments of a cut.
 * @param {number} x
 */
export function errorFunction(x) {
	let term = x;
	let sum = x;
	for (let n = 1; n < 80; n += 1) {
		term *= -(x * x) / n;
		sum += term / (2 * n + 1);
	}
	return Math.min(1, (2 / Math.sqrt(Math.PI)) * sum);
}

/**
 * The probability density of an initializer; the same formula as in initializers.py.
 * @param {Curve} curve
 * @param {number} value
 */
export function density({ kind, center, spread, cut }, value) {
	const distance = value - center;
	if (kind === "uniform") return Math.abs(distance) <= spread ? 0.5 / spread : 0;
	if (cut !== null && Math.abs(distance) > cut) return 0;
	const inside = cut === null ? 1 : errorFunction(cut / spread / Math.SQRT2);
	return Math.exp(-0.5 * (distance / spread) ** 2) / (spread * Math.sqrt(2 * Math.PI) * inside);
}

/** The places of a drawing: `low` to `high` across, shares of all weights upwards. */
export class Frame {
	/**
	 * @param {number} low
	 * @param {number} high
	 * @param {Figures[]} figures of each model
	 * @param {Curve[]} curves
	 */
	constructor(low, high, figures, curves) {
		this.low = low;
		this.high = high;
		this.curves = curves.filter(({ kind }) => kind !== "constant");
		const bars = figures.map(({ constant, highest }) => (constant ? 0 : highest));
		const peaks = this.curves.map((curve) => density(curve, curve.center) * this.bin);
		this.top = Math.max(1e-9, ...bars, ...peaks) * 1.06;
	}

	/** The width of a bar, in values. */
	get bin() {
		return (this.high - this.low) / BINS;
	}

	/** @param {number} value */
	x(value) {
		return (WIDE * (value - this.low)) / (this.high - this.low);
	}

	/** @param {number} share */
	y(share) {
		return HIGH * (1 - share / this.top);
	}

	/**
	 * The outline of the bars.
	 * @param {ArrayLike<number>} shares of all weights, one for each bin
	 */
	bars(shares) {
		const steps = Array.from(shares, (share, bin) => {
			const right = (WIDE * (bin + 1)) / BINS;
			return `V${this.y(share).toFixed(2)}H${right.toFixed(2)}`;
		});
		return `M0 ${HIGH}${steps.join("")}V${HIGH}`;
	}

	/**
	 * The line of an initializer: the share of weights that a bar would have.
	 * @param {Curve} curve
	 */
	curve(curve) {
		const points = Array.from({ length: 4 * BINS + 1 }, (_, at) => {
			const value = this.low + (this.bin * at) / 4;
			return `${this.x(value).toFixed(2)} ${this.y(density(curve, value) * this.bin).toFixed(2)}`;
		});
		return `M${points.join("L")}`;
	}
}

/**
 * The shares of one model's bars of one tensor.
 * @param {Uint16Array} bars of all tensors and models: `(tensors, models, bins)`
 * @param {number} at tensor × models + model
 * @param {number} highest the share of the highest bar
 */
export function shares(bars, at, highest) {
	return Array.from(bars.subarray(at * BINS, (at + 1) * BINS), (part) => (part / 65535) * highest);
}

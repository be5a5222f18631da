// Numbers of a picture, decoded, and written with what they may be wrong by. See facts/output/quantization.py.

import { signed } from "./format.js";

/** @import { Coded } from "./types.d.ts" */

const STEPS = { share: 127.5, signed: 127, linear: 127 };

/** An array in one byte a number, or exact. */
export class Quantized {
	/** @param {Coded} coded */
	constructor({ codes, curve, scale }) {
		this.codes = codes.data;
		this.shape = codes.shape;
		this.exact = this.codes instanceof Float32Array;
		this.curve = curve;
		this.scale = scale;
		this.shift = curve === "share" ? 0 : 128;
		this.table = Float64Array.from({ length: 256 }, (_, index) => {
			const code = index - this.shift;
			if (code === (this.shift ? -128 : 255)) return Number.NaN;
			const bent = Math.min(code / STEPS[curve], 1);
			return scale * (curve === "linear" ? bent : bent * Math.abs(bent));
		});
	}

	/** @param {number} index into the flat array */
	at(index) {
		return this.exact ? this.codes[index] : this.table[this.codes[index] + this.shift];
	}

	/**
	 * How far a decoded value may lie from the number that was sent.
	 * @param {number} value
	 */
	bound(value) {
		if (this.exact || !this.scale) return 0;
		const half = 0.5 / STEPS[this.curve];
		if (this.curve === "linear") return this.scale * half;
		const bent = Math.sqrt(Math.abs(value) / this.scale);
		return this.scale * ((bent + half) ** 2 - bent ** 2);
	}

	/**
	 * @param {number} index
	 * @returns {string} such as `0.2130` or `0.213 ± 0.003`
	 */
	text(index) {
		const value = this.at(index);
		if (!Number.isFinite(value)) return this.exact ? String(value) : "not a finite number";
		if (this.exact || !this.scale) return signed(value, 4);
		return `${signed(value, 3)} ± ${this.bound(value).toPrecision(1)}`;
	}
}

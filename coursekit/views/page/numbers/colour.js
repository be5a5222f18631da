// A colour scale: from 0 to `limit` (sequential, by square root) or from -limit to limit (diverging). See colours.py.

/** @import { Packed, Pixels } from "./types.d.ts" */

/** The colour of NaN and of the infinities; it stands in neither scale. */
export const NOT_FINITE = [214, 0, 110];

export class Scale {
	/**
	 * @param {Packed<Uint8Array>} colours 255 of them
	 * @param {number} limit
	 * @param {boolean} diverging
	 */
	constructor(colours, limit, diverging) {
		this.table = colours.data;
		this.limit = limit || 1;
		this.diverging = diverging;
	}

	/**
	 * @param {number} value
	 * @returns {number} the index of its colour, or -1
	 */
	index(value) {
		if (!Number.isFinite(value)) return -1;
		const share = Math.max(-1, Math.min(1, value / this.limit));
		return Math.round(this.diverging ? 127 + 127 * share : 254 * Math.sqrt(Math.max(0, share)));
	}

	/**
	 * Red, green and blue of an index.
	 * @param {number} index
	 */
	colour(index) {
		return index < 0 ? NOT_FINITE : this.table.subarray(3 * index, 3 * index + 3);
	}

	/**
	 * Whether the colour of a value needs light text on it.
	 * @param {number} value
	 */
	isDark(value) {
		const [red, green, blue] = this.colour(this.index(value));
		return 0.3 * red + 0.6 * green + 0.1 * blue < 135;
	}

	/**
	 * The pixels of a grid of values, row by row.
	 * @param {number} rows
	 * @param {number} columns
	 * @param {(row: number, column: number) => number} value
	 * @returns {Pixels}
	 */
	pixels(rows, columns, value) {
		const pixels = new Uint8ClampedArray(4 * rows * columns);
		for (let row = 0, at = 0; row < rows; row += 1) {
			for (let column = 0; column < columns; column += 1, at += 4) {
				const index = this.index(value(row, column));
				const [from, first] = index < 0 ? [NOT_FINITE, 0] : [this.table, 3 * index];
				pixels[at] = from[first];
				pixels[at + 1] = from[first + 1];
				pixels[at + 2] = from[first + 2];
				pixels[at + 3] = 255;
			}
		}
		return pixels;
	}

	/** The values at the ticks of the scale's legend: evenly spaced, as its colours are. */
	ticks() {
		return this.diverging ? [-this.limit, 0, this.limit] : [0, this.limit / 4, this.limit];
	}
}

// The tensors of a checkpoint, each with how it fits the config.

import { grouped } from "../page/numbers/format.js";
import { product } from "../page/numbers/unpack.js";

/** @import { Row, State, Weights } from "./types.d.ts" */

/** @type {State[]} */
export const STATES = ["", "missing", "wrong shape", "no place", "not needed"];

/** @type {(shape: number[]) => string} */
export const shapeText = (shape) => shape.map(grouped).join(" × ") || "one number";

/**
 * @param {Weights} weights
 * @returns {Row[]} those of the file, then those that are missing there
 */
export function tensorRows({ tensors, fit }) {
	const total = tensors.reduce((sum, row) => sum + row[3], 0) || 1;
	/** @type {Map<string, State>} */
	const states = new Map();
	/** @type {Map<string, number[]>} */
	const wanted = new Map();
	for (const name of fit?.surplus ?? []) states.set(name, "no place");
	for (const name of fit?.harmless ?? []) states.set(name, "not needed");
	for (const [name, , calledFor] of fit?.mismatched ?? []) {
		states.set(name, "wrong shape");
		wanted.set(name, calledFor);
	}
	const there = tensors.map(([name, shape, dtype, nbytes, file, part]) => ({
		name,
		shape,
		dtype,
		nbytes,
		file,
		part,
		share: nbytes / total,
		state: states.get(name) ?? /** @type {const} */ (""),
		count: product(shape),
		wanted: wanted.get(name),
	}));
	const nothing = { shape: null, dtype: "", nbytes: null, file: "", share: null, count: null };
	const missing = (fit?.missing ?? []).map(([name, part]) => ({
		...nothing,
		name,
		part,
		state: /** @type {const} */ ("missing"),
	}));
	return [...there, ...missing];
}

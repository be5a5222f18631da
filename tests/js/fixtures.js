// What Python wrote for these tests: `python tests/js/fixtures.py tests/js/fixtures.json`, which pytest does.

import { readFileSync } from "node:fs";

const path = process.env.FIXTURES ?? new URL("fixtures.json", import.meta.url);

/** @type {import("./types.d.ts").Fixtures} */
export const fixtures = JSON.parse(readFileSync(path, "utf-8"));

/** Numbers as Python wrote them: what is not finite by its name. @type {(values: (number | string)[]) => number[]} */
export const numbers = (values) =>
	values.map((value) => (value === "inf" ? Infinity : value === "-inf" ? -Infinity : Number(value)));

/**
 * Whether two numbers are the same but for what float32 loses; NaN is like NaN.
 * @param {number} a
 * @param {number} b
 * @param {number} [tolerance] of the larger one
 */
export const close = (a, b, tolerance = 1e-6) =>
	Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b), 1e-3);

// Colours, cells and labels of heat maps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { NOT_FINITE, Scale } from "../../coursekit/views/page/numbers/colour.js";
import * as grid from "../../coursekit/views/page/numbers/grid.js";
import { fixtures, numbers } from "./fixtures.js";

const { sequential, diverging, limit, values, signed, unsigned, shares, cividis } = fixtures.colours;
/** @type {(limit?: number) => Scale} */
const signedScale = (end = limit) => new Scale({ data: Uint8Array.from(diverging), shape: [255, 3] }, end, true);
/** @type {(limit?: number) => Scale} */
const shareScale = (end = limit) => new Scale({ data: Uint8Array.from(sequential), shape: [255, 3] }, end, false);

test("a value has the colour that it has in Python's pictures", () => {
	for (const [at, value] of numbers(values).entries()) {
		const [first, second] = [signedScale().index(value), shareScale().index(value)];
		// Python's pictures keep index 254 for frames, and 255 for what is not finite.
		assert.equal(first < 0 ? 255 : Math.min(first, 253), signed[at], `signed ${value}`);
		assert.equal(second < 0 ? 255 : Math.min(second, 253), unsigned[at], `unsigned ${value}`);
	}
	for (const [at, share] of shares.entries()) {
		const scale = shareScale(1);
		const colour = [...scale.colour(scale.index(share))];
		for (const [channel, part] of colour.entries()) assert.ok(Math.abs(part - cividis[at][channel]) <= 2);
	}
});

test("the ends and the middle of both scales", () => {
	const scale = signedScale();
	assert.deepEqual(
		[-9, -2, 0, 2, 9, Number.NaN].map((value) => scale.index(value)),
		[0, 0, 127, 254, 254, -1],
	);
	assert.deepEqual(
		[-1, 0, 0.5, 2, 9].map((value) => shareScale().index(value)),
		[0, 0, 127, 254, 254],
	);
	assert.deepEqual(scale.colour(-1), NOT_FINITE);
	assert.deepEqual([...scale.colour(254)], diverging.slice(-3));
	assert.deepEqual(scale.ticks(), [-2, 0, 2]);
	assert.deepEqual(shareScale().ticks(), [0, 0.5, 2]);
	assert.deepEqual(signedScale(0).limit, 1);
});

test("text on dark colours is light", () => {
	const scale = signedScale();
	assert.deepEqual(
		[-2, 0, 2, Number.NaN].map((value) => scale.isDark(value)),
		[true, false, true, true],
	);
	const grey = (/** @type {number} */ part) =>
		new Scale({ data: new Uint8Array(765).fill(part), shape: [255, 3] }, 1, false).isDark(0);
	assert.deepEqual([grey(134), grey(135)], [true, false]);
	const only = (/** @type {number} */ channel) => {
		const data = new Uint8Array(765);
		for (let at = channel; at < 765; at += 3) data[at] = 255;
		return new Scale({ data, shape: [255, 3] }, 1, false).isDark(0);
	};
	assert.deepEqual([only(0), only(1), only(2)], [true, false, true]);
});

test("the pixel of each cell has the colour of its value, row by row", () => {
	const scale = signedScale();
	const cells = [
		[-2, -1, 0],
		[1, 2, Number.NaN],
	];
	const pixels = scale.pixels(2, 3, (row, column) => cells[row][column]);

	assert.equal(pixels.length, 24);
	for (const [at, value] of cells.flat().entries()) {
		const expected = [...scale.colour(scale.index(value)), 255];
		assert.deepEqual([...pixels.subarray(4 * at, 4 * at + 4)], expected, `cell ${at}`);
	}
	assert.deepEqual([...pixels.subarray(20)], [...NOT_FINITE, 255]);
});

test("a pointer lies in the cell under it, and at the edge in the last one", () => {
	assert.deepEqual(
		[-3, 0, 24.9, 25, 99.9, 100, 130].map((place) => grid.partAt(place, 100, 4)),
		[0, 0, 0, 1, 3, 3, 3],
	);
});

test("columns without names are numbered at round steps, at most about ten", () => {
	assert.deepEqual(grid.columnNumbers(4), ["0", "1", "2", "3"]);
	for (const [count, step] of [
		[10, 1],
		[11, 2],
		[384, 50],
		[768, 100],
		[2000, 200],
		[9000, 1000],
		[1_000, 100],
	]) {
		const labels = grid.columnNumbers(count);
		const written = labels.flatMap((label, column) => (label ? [[label, column]] : []));
		assert.equal(labels.length, count);
		assert.deepEqual(
			written,
			Array.from({ length: Math.ceil(count / step) }, (_, at) => [String(at * step), at * step]),
		);
	}
});

test("cells are as high as there is room for, and labels stand where they do not touch", () => {
	assert.deepEqual(
		[1, 1000].map((rows) => grid.cellHeight(rows, false, false)),
		[26, 3],
	);
	assert.deepEqual(
		[1, 20, 50].map((rows) => grid.cellHeight(rows, true, false)),
		[40, 25, 10],
	);
	assert.deepEqual(
		[1, 10].map((rows) => grid.cellHeight(rows, true, true)),
		[72, 50],
	);
	assert.equal(grid.cellHeight(1, false, true), 26);
	assert.deepEqual([grid.labelStep(500, 40, 12), grid.labelStep(500, 64, 12), grid.labelStep(0, 3, 12)], [1, 2, 36]);
});

test("a pair finds its place in the lower half that Python sends", () => {
	const { square, lower } = fixtures.similar;
	for (const [a, row] of square.entries()) {
		for (const [b, value] of row.entries()) assert.equal(lower[grid.triangle(a, b)], value);
	}
});

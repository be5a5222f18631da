// Lines of attention, and the places of tokens on a map.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as lines from "../../coursekit/views/output/lines.js";
import * as places from "../../coursekit/views/output/places.js";
import { close, fixtures, numbers } from "./fixtures.js";

/** @import { Point } from "../../coursekit/views/output/places.js" */

test("the lines that can be seen come from the strongest to the weakest, as NumPy sorts them", () => {
	const { weights, lines: expected } = fixtures.attention;
	const found = lines.strongest(9, (query, key) => weights[query][key]);

	assert.deepEqual(
		found.map(({ query, key }) => [query, key]),
		expected,
	);
	for (const { query, key, weight } of found) assert.equal(weight, weights[query][key]);
	assert.deepEqual(
		lines.strongest(2, () => 0.004),
		[],
	);
	assert.deepEqual(
		lines.strongest(1, () => 1),
		[{ query: 0, key: 0, weight: 1 }],
	);
});

test("a stronger line is wider and less transparent", () => {
	assert.deepEqual(lines.stroke(0, 1), { width: "0.50", opacity: "0.06" });
	assert.deepEqual(lines.stroke(1, 1), { width: "4.00", opacity: "0.90" });
	assert.deepEqual(lines.stroke(0.2, 0.8), { width: "2.25", opacity: "0.34" });
	assert.deepEqual(lines.stroke(3, 0.8), lines.stroke(0.8, 0.8));
	assert.deepEqual(lines.stroke(0.25, 0), lines.stroke(0.25, 1));
	assert.equal(lines.curve(10, 30), "M100 10C150 10 170 30 220 30");
});

test("all maps have one scale, each around the middle of its points, upwards what is larger", () => {
	const { runs, spans, middles, scale, drawn } = fixtures.places;
	const points = runs.map((run) => run.map((point) => /** @type {Point} */ (numbers(point))));
	const extents = points.map(places.extent);

	for (const [run, { width, height, middle }] of extents.entries()) {
		assert.ok(close(width, spans[run][0]) && close(height, spans[run][1]));
		assert.ok(close(middle[0], middles[run][0]) && close(middle[1], middles[run][1]));
	}
	assert.ok(close(places.commonScale(extents), scale));
	for (const [run, { middle }] of extents.entries()) {
		for (const [at, point] of points[run].entries()) {
			const [x, y] = places.project(point, middle, scale);
			const [right, down] = numbers(drawn[run][at]);
			assert.ok(close(x, right) && close(y, down), `${x}, ${y} for ${right}, ${down}`);
			assert.ok(!Number.isFinite(x) || (x >= 35 - 1e-9 && x <= 365 + 1e-9 && y >= 20 - 1e-9 && y <= 300 + 1e-9));
		}
	}
});

test("points that are one, or none that is finite, still have a place", () => {
	assert.deepEqual(places.extent([[Number.NaN, Number.NaN]]), { middle: [0, 0], width: 0, height: 0 });
	assert.deepEqual(places.extent([[2, 3]]), { middle: [2, 3], width: 0, height: 0 });
	const [small, large] = [
		{ width: 11, height: 1 },
		{ width: 33, height: 28 },
	];
	assert.deepEqual(places.mapScales([small, large]), [10, 10]);
	assert.deepEqual(places.mapScales([{ width: 10, height: 1 }, large]), [33, 10]);
	assert.ok(Number.isFinite(places.commonScale([{ width: 0, height: 0 }])));
	assert.equal(
		places.commonScale([
			{ width: 33, height: 1 },
			{ width: 1, height: 10 },
		]),
		10,
	);
	assert.equal(places.commonScale([{ width: 1, height: 140 }]), 2);
});

test("a name stands right of its point, else left, else waits for the pointer", () => {
	/** @type {(x: number, y: number, text?: string) => {point: Point, text: string}} */
	const name = (x, y, text = "word") => ({ point: [x, y], text });
	assert.deepEqual(places.labelSides([name(200, 100)]), [1]);
	assert.deepEqual(places.labelSides([name(380, 100)]), [-1], "at the right edge");
	assert.deepEqual(places.labelSides([name(200, 100), name(215, 104)]), [-1, 1], "a point lies on the right");
	assert.deepEqual(places.labelSides([name(200, 100), name(200, 100)]), [1, -1], "two of one place");
	assert.deepEqual(places.labelSides([name(200, 100), name(200, 100), name(200, 100)]), [1, -1, 0]);
	assert.deepEqual(places.labelSides([name(200, 100), name(215, 111)]), [1, 1], "in the next line");
	assert.deepEqual(
		places.labelSides([name(5, 100, "a very long name that goes on and on and reaches the other side")]),
		[0],
	);
	assert.deepEqual(places.labelSides([name(Number.NaN, 1), name(359, 100), name(358, 50)]), [0, -1, 1]);
});

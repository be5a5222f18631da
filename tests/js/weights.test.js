// The histogram of WeightComparison: bars that NumPy counted, the curve of an initializer, the axis.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as histogram from "../../coursekit/views/weights/histogram.js";
import { close, fixtures } from "./fixtures.js";

/** @import { Figures } from "../../coursekit/views/weights/types.d.ts" */

const { low, high, bars, highest, shares, at, curves, erf } = fixtures.histogram;

/** @type {(over?: Partial<Figures>) => Figures} */
const figures = (over = {}) => ({
	mean: 0,
	std: 1,
	smallest: -1,
	largest: 1,
	nans: 0,
	infinities: 0,
	outside: 0,
	highest,
	constant: false,
	...over,
});

/** The heights of a path's bars, from left to right. @type {(path: string) => [right: number, top: number][]} */
const steps = (path) =>
	[...path.matchAll(/V([-\d.]+)H([-\d.]+)/g)].map(([, top, right]) => [Number(right), Number(top)]);

test("a bar is the share that NumPy counted", () => {
	const sent = Uint16Array.from([
		...Array.from({ length: 64 }, () => 9),
		...bars,
		...Array.from({ length: 64 }, () => 7),
	]);
	const found = histogram.shares(sent, 1, highest);

	assert.equal(found.length, 64);
	for (const [bin, share] of shares.entries()) assert.ok(Math.abs(found[bin] - share) < highest / 65535);
});

test("the outline steps up and down with the bars, bin by bin", () => {
	const frame = new histogram.Frame(low, high, [figures()], []);
	const path = frame.bars(shares);
	const found = steps(path);

	assert.ok(path.startsWith("M0 230V") && path.endsWith("V230"));
	assert.match(path, /^M0 230(?:V[-\d.]+H[-\d.]+){64}V230$/);
	assert.equal(found.length, 64);
	for (const [bin, [right, top]] of found.entries()) {
		assert.ok(Math.abs(right - (620 * (bin + 1)) / 64) < 0.006);
		assert.ok(Math.abs(top - 230 * (1 - shares[bin] / (highest * 1.06))) < 0.006);
	}
});

test("the highest of bars and curves fits under the top", () => {
	const { curve } = curves[0];
	const tall = new histogram.Frame(low, high, [figures({ highest: 0.01 })], [curve]);
	const peak = histogram.density(curve, curve.center) * ((high - low) / 64);
	assert.ok(close(tall.top, peak * 1.06));
	assert.ok(close(new histogram.Frame(low, high, [figures(), figures({ highest: 0.9 })], []).top, 0.9 * 1.06));
	assert.ok(close(new histogram.Frame(low, high, [figures({ constant: true, highest: 1 })], []).top, 1.06e-9));
	const constant = /** @type {const} */ ({ ...curve, kind: "constant" });
	assert.deepEqual(new histogram.Frame(low, high, [figures()], [constant, curve]).curves, [curve]);
});

test("a value lies between the edges of its bar", () => {
	const frame = new histogram.Frame(low, high, [figures()], []);
	assert.ok(close(frame.bin, (high - low) / 64));
	assert.deepEqual([frame.x(low), frame.x(high)], [0, 620]);
	assert.ok(close(frame.x(low + 16 * frame.bin), 155));
	assert.deepEqual([frame.y(0), frame.y(frame.top)], [230, 0]);
});

test("the curve of an initializer is its density, as the standard library has it", () => {
	for (const { curve, density } of curves) {
		for (const [index, value] of at.entries()) {
			assert.ok(close(histogram.density(curve, value), density[index], 1e-9), `${curve.kind} at ${value}`);
		}
	}
	for (const [x, value] of erf) assert.ok(close(histogram.errorFunction(x), value, 1e-9), `erf(${x})`);
	assert.equal(histogram.density({ ...curves[2].curve, spread: 1 }, 1.01), 0.5);
	assert.equal(histogram.density({ ...curves[2].curve, spread: 1 }, -0.99), 0.5);
	assert.ok(histogram.density({ ...curves[1].curve, center: 0, cut: 0.04 }, 0.04) > 0);
});

test("the line of an initializer passes through the share of each quarter of a bin", () => {
	const { curve } = curves[0];
	const frame = new histogram.Frame(low, high, [figures()], [curve]);
	const path = frame.curve(curve);
	const points = path
		.slice(1)
		.split("L")
		.map((point) => point.split(" ").map(Number));

	assert.equal(path[0], "M");
	assert.equal(points.length, 257);
	for (const [index, [x, y]] of points.entries()) {
		const value = low + ((high - low) * index) / 256;
		const share = histogram.density(curve, value) * frame.bin;
		assert.ok(Math.abs(x - frame.x(value)) < 0.006);
		assert.ok(Math.abs(y - frame.y(share)) < 0.006);
	}
});

test("the axis has round numbers, none outside of the drawing, and no minus before a zero", () => {
	const cases = /** @type {[number, number, string[]][]} */ ([
		[-0.08, 0.1, ["−0.05", "0.00", "0.05", "0.10"]],
		[-1, 1, ["−1.0", "−0.5", "0.0", "0.5", "1.0"]],
		[0.4, 9, ["2", "4", "6", "8"]],
		[3, 60, ["20", "40", "60"]],
		[-1e-8, 1e-8, ["−1.0e−8", "−5.0e−9", "0.0e+0", "5.0e−9", "1.0e−8"]],
	]);
	for (const [from, to, texts] of cases) {
		const ticks = histogram.axisTicks(from, to);
		assert.deepEqual(
			ticks.map(({ text }) => text),
			texts,
		);
		for (const { value, text } of ticks) {
			assert.ok(value >= from - 1e-12 && value <= to + 1e-12);
			assert.ok(Math.abs(value - Number(text.replaceAll("−", "-"))) < 1e-12);
		}
	}
	assert.deepEqual(
		[0.18, 1, 5, 10, 26, 50].map(histogram.axisStep).map((step) => Number(step.toPrecision(6))),
		[0.05, 0.2, 1, 2, 10, 10],
	);
});

test("the axis upwards has one to three shares in per cent", () => {
	/** @type {(top: number) => string[]} */
	const texts = (top) => histogram.shareTicks(top).map(({ text }) => text);
	assert.deepEqual([texts(0.085), texts(1), texts(0.05)], [["5 %"], ["50 %"], ["2 %", "4 %"]]);
	for (const { value, text } of histogram.shareTicks(0.11)) assert.ok(close(value, Number.parseFloat(text) / 100));
});

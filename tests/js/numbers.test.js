// Numbers are unpacked, decoded, bounded and written as Python says.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../coursekit/views/page/numbers/format.js";
import { Quantized } from "../../coursekit/views/page/numbers/quantized.js";
import { product, unpack } from "../../coursekit/views/page/numbers/unpack.js";
import { close, fixtures, numbers } from "./fixtures.js";

test("arrays of every kind arrive as Python sent them", async () => {
	const { base64, arrays, text, deep } = fixtures.packed;
	const found = /** @type {Record<string, {data: Int8Array, shape: number[]}>} */ (await unpack(base64));

	for (const [name, { data, shape }] of Object.entries(arrays)) {
		assert.deepEqual([...found[name].data], data, name);
		assert.deepEqual(found[name].shape, shape, name);
		assert.equal(found[name].data.constructor.name.replace("Array", "").toLowerCase(), name);
	}
	assert.deepEqual([...found.empty.data], []);
	assert.equal(found.text, text);
	assert.equal(found.nothing, null);
	assert.deepEqual(found.deep, deep);
});

test("a byte decodes to what Python decodes, and is wrong by no more than its bound", () => {
	for (const { curve, scale, values, codes, decoded, bounds } of fixtures.quantized) {
		const data = curve === "share" ? Uint8Array.from(codes) : Int8Array.from(codes);
		const found = new Quantized({ codes: { data, shape: [codes.length] }, curve, scale });
		const sent = numbers(values);
		assert.equal(found.exact, false);
		assert.deepEqual(found.shape, [codes.length]);
		for (const [at, expected] of numbers(decoded).entries()) {
			const value = found.at(at);
			assert.ok(close(value, expected), `${curve} ${scale}: ${value} for ${expected}`);
			if (!Number.isFinite(value)) {
				assert.equal(found.text(at), "not a finite number");
				continue;
			}
			const bound = numbers(bounds)[at];
			assert.ok(close(found.bound(value), bound, 1e-4), `${curve} ${scale}: ±${found.bound(value)} for ${bound}`);
			const within = Math.max(-scale, Math.min(scale, sent[at]));
			assert.ok(Math.abs(within - value) <= found.bound(value) * 1.0001 + 1e-7);
			const text = scale
				? `${format.signed(value, 3)} ± ${found.bound(value).toPrecision(1)}`
				: format.signed(value, 4);
			assert.equal(found.text(at), text);
		}
	}
});

test("exact numbers stay what they are, and have no bound", () => {
	const data = Float32Array.of(0.5, Number.NaN, -0.00001, Infinity);
	const found = new Quantized({ codes: { data, shape: [4] }, curve: "signed", scale: 3 });

	assert.equal(found.exact, true);
	assert.equal(found.bound(0.5), 0);
	assert.deepEqual(
		[0, 1, 2, 3].map((at) => found.text(at)),
		["0.5000", "NaN", "−1.0e-5", "Infinity"],
	);
	assert.equal(found.at(0), 0.5);
});

test("the full byte is the full scale, and one step beyond it is no number", () => {
	const share = new Quantized({ codes: { data: Uint8Array.of(254, 255), shape: [2] }, curve: "share", scale: 2 });
	const signed = new Quantized({ codes: { data: Int8Array.of(-127, -128), shape: [2] }, curve: "signed", scale: 2 });

	assert.deepEqual([share.at(0), share.at(1)], [2, Number.NaN]);
	assert.deepEqual([signed.at(0), signed.at(1)], [-2, Number.NaN]);
});

test("numbers are written as Python writes them", () => {
	const { bytes, grouped, shares, figures, decimals, products } = fixtures.figures;
	for (const [value, text] of bytes) assert.equal(format.bytesText(value), text);
	for (const [value, text] of grouped) assert.equal(format.grouped(value), text);
	for (const [value, text] of shares) assert.equal(format.shareText(value), text);
	for (const [value, text] of figures) assert.equal(format.figure(value), text);
	for (const [value, text] of decimals) assert.equal(format.decimal(value, 2), text);
	for (const [shape, size] of products) assert.equal(product(shape), size);
});

test("what is tiny, large, nothing or not there is written so", () => {
	assert.equal(format.figure(null), "none");
	assert.equal(format.figure(0.0005), "0.0005");
	assert.equal(format.figure(0.00049), "4.9e−4");
	assert.equal(format.figure(-123456), "−1.2e+5");
	assert.equal(format.figure(1e5), "1.0e+5");
	assert.equal(format.figure(99999), "99999.0");
	assert.equal(format.figure(100), "100.0");
	assert.equal(format.decimal(-0.001, 2), "0.00");
	assert.equal(format.decimal(-0.4, 0), "0");
	assert.equal(format.signed(-0.5, 3), "−0.500");
	assert.equal(format.signed(0, 2), "0.00");
	assert.equal(format.signed(0.01, 2), "0.01");
	assert.equal(format.signed(0.009, 2), "9.0e-3");
	assert.equal(format.shareText(0.0005), "0.1 %");
	assert.equal(format.rough(-0.1234), "−0.12");
	assert.equal(format.rough(1200), "1200");
	assert.equal(format.minus("-1e-3"), "−1e−3");
	assert.deepEqual([format.counted(1, "tensor"), format.counted(1200, "tensor")], ["1 tensor", "1,200 tensors"]);
});

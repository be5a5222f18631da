// Where arrow keys move to.

import assert from "node:assert/strict";
import { test } from "node:test";
import { moved } from "../../coursekit/views/page/keys.js";

/** @type {(key: string, over?: object) => Parameters<typeof moved>[0]} */
const press = (key, over = {}) => ({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...over });

test("a list goes round, and Home and End are its ends", () => {
	/** @type {(at: number, count?: number) => (number | null)[]} */
	const all = (at, count = 4) =>
		["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "Home", "End"].map((key) => moved(press(key), at, count));
	assert.deepEqual(all(1), [2, 2, 0, 0, 0, 3]);
	assert.deepEqual(all(3), [0, 0, 2, 2, 0, 3]);
	assert.deepEqual(all(0), [1, 1, 3, 3, 0, 3]);
});

test("a grid ends at its edges, and Shift goes ten cells far", () => {
	const keys = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"];
	/** @type {(at: number, over?: object) => (number | null)[]} */
	const all = (at, over) => keys.map((key) => moved(press(key, over), at, 12, 4)); // three rows of four
	assert.deepEqual(all(5), [1, 9, 4, 6, 4, 7]);
	assert.deepEqual(all(0), [0, 4, 0, 1, 0, 3]);
	assert.deepEqual(all(11), [7, 11, 10, 11, 8, 11]);
	assert.deepEqual(all(6, { shiftKey: true }), [2, 10, 4, 7, 4, 7]);
	assert.equal(moved(press("ArrowRight", { shiftKey: true }), 3, 40, 40), 13);
	assert.equal(moved(press("ArrowDown", { shiftKey: true }), 3, 40, 1), 13);
});

test("keys of others are left to them", () => {
	assert.equal(moved(press("a"), 1, 4), null);
	assert.equal(moved(press("a"), 1, 4, 2), null);
	assert.equal(moved(press("ArrowRight", { shiftKey: true }), 1, 4), 2);
	for (const held of ["ctrlKey", "metaKey", "altKey"])
		assert.equal(moved(press("ArrowUp", { [held]: true }), 1, 4), null);
});

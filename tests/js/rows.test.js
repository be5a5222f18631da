// What the tables and the tree of the views list.

import assert from "node:assert/strict";
import { test } from "node:test";
import { STATES, tensorRows, shapeText as tensorShape } from "../../coursekit/views/checkpoint/rows.js";
import { attributeGroups, shapesText } from "../../coursekit/views/model/attributes.js";
import { branchesEnd } from "../../coursekit/views/model/picture.js";
import { attributesOf, percent, shapeText } from "../../coursekit/views/model/shapes.js";
import { treeRows } from "../../coursekit/views/model/tree.js";

/** @import { Weights } from "../../coursekit/views/checkpoint/types.d.ts" */
/** @import { Attribute, Model, Step, TreeNode } from "../../coursekit/views/model/types.d.ts" */

/** @type {Weights} */
const weights = {
	name: "model.safetensors",
	format: "safetensors",
	shards: 1,
	takenBy: [],
	nbytes: 100,
	parameters: 25,
	dtypes: ["float32"],
	metadata: [],
	tensors: [
		["a.weight", [2, 8], "float32", 64, "model.safetensors", "a"],
		["a.bias", [], "float32", 4, "model.safetensors", "a"],
		["b.weight", [4], "float32", 12, "model.safetensors", "b"],
		["c.ids", [5], "float32", 20, "model.safetensors", "c"],
	],
	fit: null,
};

test("each tensor of a file has its share, its count and how it fits", () => {
	const fit = {
		model: "M",
		missing: /** @type {[string, string][]} */ ([["d.weight", "d"]]),
		surplus: ["b.weight"],
		mismatched: /** @type {[string, number[], number[]][]} */ ([["a.weight", [2, 8], [2, 9]]]),
		harmless: ["c.ids"],
	};
	const found = tensorRows({ ...weights, fit });
	const listed = found.map(({ name, count, share, state, wanted }) => [name, count, share, state, wanted]);

	assert.deepEqual(listed, [
		["a.weight", 16, 0.64, "wrong shape", [2, 9]],
		["a.bias", 1, 0.04, "", undefined],
		["b.weight", 4, 0.12, "no place", undefined],
		["c.ids", 5, 0.2, "not needed", undefined],
		["d.weight", null, null, "missing", undefined],
	]);
	assert.deepEqual(new Set(STATES), new Set(found.map(({ state }) => state)));
	assert.deepEqual(
		tensorRows(weights).map(({ state }) => state),
		["", "", "", ""],
	);
	assert.deepEqual(found[4], { ...found[4], shape: null, nbytes: null, dtype: "", file: "", part: "d" });
	assert.equal(tensorRows({ ...weights, tensors: [["e", [0], "float32", 0, "", ""]] })[0].share, 0);
	assert.deepEqual([tensorShape([1024, 2]), tensorShape([])], ["1,024 × 2", "one number"]);
});

/** @type {(path: string, over?: Partial<TreeNode>) => TreeNode} */
const node = (path, over = {}) => ({
	n: path.split(".").at(-1) ?? "",
	p: path,
	c: "Linear",
	r: 1,
	l: null,
	t: [["weight", [[3, "hidden_size", [0]], [7]], "float32", 84, true, "", ""]],
	k: [],
	s: 21,
	b: 84,
	...over,
});
const layer = node("encoder.layer", {
	c: "Layer",
	r: 12,
	l: [[12, "num_layers", [1]]],
	t: [],
	k: [node("encoder.layer.query")],
});
const tree = node("", { c: "Model", t: [], k: [node("encoder", { c: "Encoder", t: [], k: [layer] }), node("pooler")] });

test("the tree lists what is open, and a search what it finds with all above it", () => {
	/** @type {(open: string[], search?: string) => string[]} */
	const list = (open, search = "") =>
		treeRows(tree, new Set(open), search).rows.map(
			(row) => `${row.depth} ${row.node.p}${row.tensor ? ` ${row.tensor[0]}` : ""}`,
		);
	assert.deepEqual(list([]), ["0 "]);
	assert.deepEqual(list(["", "pooler"]), ["0 ", "1 encoder", "1 pooler", "2 pooler weight"]);
	const query = ["0 ", "1 encoder", "2 encoder.layer", "3 encoder.layer.query", "4 encoder.layer.query weight"];
	assert.deepEqual(list([], "query"), query);
	assert.deepEqual(list([], "num_layers 12"), query.slice(0, 3));
	assert.deepEqual(list([], "pooler.weight (hidden_size 3, 7) float32"), ["0 ", "1 pooler", "2 pooler weight"]);
	assert.deepEqual(list([], "nowhere"), []);
	assert.equal(treeRows(tree, new Set(), "linear").hits, 2);
	assert.equal(treeRows(tree, new Set(), "").hits, 0);
});

test("shapes name their dimensions, and those of the data have no size", () => {
	assert.equal(shapeText([[8, "batch"], [768, "hidden_size", [1]], [3]]), "(batch, hidden_size 768, 3)");
	assert.deepEqual([percent(1, 4), percent(1, 0)], ["25.0 %", "0.0 %"]);
	const part = /** @type {Step} */ ({ attributes: [2, 0] });
	assert.deepEqual(
		[attributesOf(part), attributesOf({ ...part, repeatAttributes: [0, 5] })],
		[
			[2, 0],
			[2, 0, 5],
		],
	);
});

test("attributes stand in the group of what they do, once for all models", () => {
	/** @type {(attributes: Attribute[]) => Model} */
	const model = (attributes) => /** @type {Model} */ ({ attributes, parameters: 200 });
	const first = model([
		["hidden_size", "32", "shapes", "", 4, 100],
		["tie", "true", "modules", "", 0, 0],
		["dropout", "0.1", "nothing", "", 0, 0],
		["other", "x", "untested", "it is text", 0, 0],
		["absent", "null", "untested", "not set", 0, 0],
	]);
	const second = model([
		["hidden_size", "64", "nothing", "", 0, 0],
		["other", "x", "untested", "", 0, 0],
	]);
	const groups = attributeGroups([first, second]);

	assert.deepEqual(groups.shapes, [{ name: "hidden_size", value: "32 | 64", note: "not tried" }]);
	assert.deepEqual(
		[groups.modules, groups.nothing, groups.unset].map((group) => group.map(({ name }) => name)),
		[["tie"], ["dropout"], ["absent"]],
	);
	assert.deepEqual(groups.untested, [{ name: "other", value: "x", note: "it is text" }]);
	assert.equal(
		shapesText(first, "hidden_size"),
		"hidden_size = 32 shapes 4 tensors with 100 parameters, 50.0 % of the model.",
	);
	assert.equal(shapesText(second, "hidden_size"), "hidden_size shapes nothing.");
	assert.match(shapesText(first, "tie") ?? "", /^tie decides which modules are built/);
	assert.deepEqual([shapesText(second, "tie"), shapesText(first, null)], [null, null]);
});

test("branches on one input end where they meet", () => {
	/** @type {(beside: number | null, met?: boolean) => Step} */
	const step = (beside, met = false) => /** @type {Step} */ ({ beside, met });
	const steps = [step(null), step(null), step(1), step(1, true), step(null)];
	assert.deepEqual(
		[0, 1, 4].map((at) => branchesEnd(steps, at)),
		[0, 3, 4],
	);
	assert.equal(branchesEnd([step(null), step(0), step(null)], 0), 2);
});

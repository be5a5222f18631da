// The table's rows: found, sorted and grouped, and those in sight.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as rows from "../../coursekit/views/page/parts/rows.js";
import { fixtures } from "./fixtures.js";

/** @typedef {{name: string, size: number | null}} Row */
/** @import { Column } from "../../coursekit/views/page/parts/types.d.ts" */

/** @type {Column<Row>} */
const name = { title: "Name", width: "", value: (row) => row.name };
/** @type {Column<Row>} */
const size = { title: "Size", width: "", numeric: true, value: (row) => row.size };
const table = fixtures.rows.rows;

test("rows are sorted as Python sorts them, digits in names as numbers, unknown sizes last", () => {
	/** @type {(column: Column<Row>, direction: 1 | -1) => string[]} */
	const sorted = (column, direction) => rows.sortRows(table, { column, direction }).map((row) => row.name);
	assert.deepEqual(sorted(name, 1), fixtures.rows["by name"]);
	assert.deepEqual(sorted(name, -1), fixtures.rows["by name"].toReversed());
	assert.deepEqual(sorted(size, 1), fixtures.rows["by size"]);
	assert.deepEqual(sorted(size, -1), fixtures.rows["from largest"]);
	assert.equal(rows.sortRows(table, null), table);
});

test("what is unknown comes last in both directions", () => {
	const values = [2, null, 10, Number.NaN, -1, undefined];
	/** @type {(direction: 1 | -1) => unknown[]} */
	const known = (direction) => values.toSorted((a, b) => rows.compareCells(a, b, direction)).slice(0, 3);
	assert.deepEqual(
		[known(1), known(-1)],
		[
			[-1, 2, 10],
			[10, 2, -1],
		],
	);
	assert.equal(rows.compareCells("layer.2", "layer.10", 1), -1);
	assert.equal(rows.compareCells("a", "B", 1), -1);
	assert.equal(rows.compareCells("a", "a", -1) === 0, true);
	assert.ok(rows.compareCells(5, "10", 1) < 0);
	assert.ok(rows.compareCells(0.25, 0.5, 1) < 0 && rows.compareCells(-2, -1, 1) < 0, "numbers, not their digits");
	assert.equal(rows.compareCells(5, 5, 1), 0);
});

test("a title sorts its own way first, then the other, then not", () => {
	const first = rows.nextSorting(null, size);
	const second = rows.nextSorting(first, size);
	assert.deepEqual(
		[first, second, rows.nextSorting(second, size)],
		[{ column: size, direction: -1 }, { column: size, direction: 1 }, null],
	);
	const words = rows.nextSorting(second, name);
	assert.deepEqual(
		[words, rows.nextSorting(words, name)],
		[
			{ column: name, direction: 1 },
			{ column: name, direction: -1 },
		],
	);
});

test("a search wants all words, in any order, in the columns that it looks at", () => {
	const columns = [
		name,
		size,
		{ ...size, searched: true, value: () => "Big" },
		{ ...name, searched: false, value: () => "no" },
	];
	/** @type {(search: string) => string[]} */
	const found = (search) => rows.searchRows(table, search, (row) => rows.rowWords(columns, row)).map((row) => row.name);
	assert.equal(rows.rowWords(columns, table[0]), `${table[0].name}\nbig`);
	assert.deepEqual(
		found(" WEIGHT  layer.1"),
		table.map((row) => row.name).filter((text) => /layer\.1.*weight/.test(text)),
	);
	assert.deepEqual(found("big").length, table.length);
	assert.deepEqual([found("no"), found(`${table[0].size}x`)], [[], []]);
	assert.equal(
		rows.searchRows(table, "  ", () => ""),
		table,
	);
	assert.equal(rows.rowWords([{ ...name, value: () => null }], table[0]), "");
});

test("a heading stands before each run of rows with the same one", () => {
	assert.deepEqual(
		rows.withHeadings(["a1", "a2", "b1", "a3"], (row) => row[0]),
		[{ heading: "a" }, { row: "a1" }, { row: "a2" }, { heading: "b" }, { row: "b1" }, { heading: "a" }, { row: "a3" }],
	);
	assert.deepEqual(rows.withHeadings(["a1"], undefined), [{ row: "a1" }]);
});

test("keys pass over headings and stop at the ends", () => {
	const items = rows.withHeadings(["a1", "a2", "b1"], (row) => row[0]); // heading, row, row, heading, row
	assert.deepEqual(
		[0, 1, 3, 5].map((start) => rows.nextRow(items, start, 1, -9)),
		[1, 1, 4, -9],
	);
	assert.deepEqual(
		[4, 3, 0, -1].map((start) => rows.nextRow(items, start, -1, -9)),
		[4, 2, -9, -9],
	);
});

test("of ten thousand rows those in sight are drawn, and eight more on each side", () => {
	assert.deepEqual(rows.inSight(0, 360, 10_000), { first: 0, last: 20 });
	assert.deepEqual(rows.inSight(15_000, 360, 10_000), { first: 492, last: 520 });
	assert.deepEqual(rows.inSight(15_010, 345, 10_000), { first: 492, last: 520 });
	assert.deepEqual(rows.inSight(299_700, 360, 10_000), { first: 9982, last: 10_000 });
	assert.deepEqual(rows.inSight(0, 360, 3), { first: 0, last: 3 });
});

test("the chosen row is scrolled into sight, the first of a group with its heading", () => {
	const items = rows.withHeadings(["a1", "a2", "a3", "a4", "b1", "b2"], (row) => row[0]);
	assert.equal(rows.scrollTo(items, 2, 0, 120), 0, "in sight already");
	assert.equal(rows.scrollTo(items, 2, 90, 120), 60, "above");
	assert.equal(rows.scrollTo(items, 6, 300, 120), 150, "above, below its heading");
	assert.equal(rows.scrollTo(items, 4, 0, 120), 30, "below");
	assert.equal(rows.scrollTo(items, 4, 0, 0), 0, "not laid out yet");
	assert.equal(rows.scrollTo(items, 3, 0, 120), 0, "the last that fits");
});

test("under the heading of its group a name is shorter", () => {
	assert.equal(rows.nameInGroup("encoder.layer.0.weight", "encoder.layer.0"), "weight");
	assert.equal(rows.nameInGroup("encoder/layer", "encoder"), "layer");
	assert.equal(rows.nameInGroup("encoder", "encoder"), "encoder");
	assert.equal(rows.nameInGroup("pooler.bias", "encoder"), "pooler.bias");
});

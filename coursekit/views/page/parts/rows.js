// Which rows of a table are shown, in which order, and which of them are in sight.

/** @import { Column, Item, Sorting, Value } from "./types.d.ts" */

export const ROW = 30; // pixels, also in table.css
const MARGIN = 8; // rows drawn above and below what is in sight

/** Digits inside of names count as numbers: layer.2 stands before layer.10. */
const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** @type {(value: Value) => boolean} */
const missing = (value) => value === null || value === undefined || Number.isNaN(value);

/**
 * Compare two values: numbers as numbers, text as text; null and NaN come last in both directions.
 * @param {Value} a
 * @param {Value} b
 * @param {1 | -1} direction
 */
export function compareCells(a, b, direction) {
	if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
	if (typeof a === "number" && typeof b === "number") return direction * (a - b);
	return direction * order.compare(String(a), String(b));
}

/**
 * The words of a row, in small letters, that a search looks at.
 * @template Row
 * @param {Column<Row>[]} columns
 * @param {Row} row
 */
export function rowWords(columns, row) {
	const searched = columns.filter((column) => column.searched ?? !column.numeric);
	return searched
		.map((column) => String(column.value(row) ?? ""))
		.join("\n")
		.toLowerCase();
}

/**
 * The rows in which all words stand.
 * @template Row
 * @param {Row[]} rows
 * @param {string} search
 * @param {(row: Row) => string} words
 */
export function searchRows(rows, search, words) {
	const wanted = search.toLowerCase().split(/\s+/).filter(Boolean);
	return wanted.length ? rows.filter((row) => wanted.every((word) => words(row).includes(word))) : rows;
}

/**
 * The rows as a column sorts them; rows that are alike keep their order.
 * @template Row
 * @param {Row[]} rows
 * @param {Sorting<Row> | null} sorting
 */
export function sortRows(rows, sorting) {
	if (!sorting) return rows;
	const { column, direction } = sorting;
	const keyed = rows.map((row) => ({ row, key: column.value(row) }));
	return keyed.sort((a, b) => compareCells(a.key, b.key, direction)).map(({ row }) => row);
}

/**
 * How a column is sorted after its title was pressed: its own way first, then the other, then not.
 * @template Row
 * @param {Sorting<Row> | null} sorting
 * @param {Column<Row>} column
 * @returns {Sorting<Row> | null}
 */
export function nextSorting(sorting, column) {
	const first = column.numeric ? -1 : 1;
	if (sorting?.column !== column) return { column, direction: first };
	return sorting.direction === first ? { column, direction: first === 1 ? -1 : 1 } : null;
}

/**
 * The rows, with a heading before each run that has the same one.
 * @template Row
 * @param {Row[]} rows
 * @param {((row: Row) => string) | undefined} group
 * @returns {Item<Row>[]}
 */
export function withHeadings(rows, group) {
	if (!group) return rows.map((row) => ({ row }));
	return rows.flatMap((row, at) => {
		const heading = group(row);
		return at && heading === group(rows[at - 1]) ? [{ row }] : [{ heading }, { row }];
	});
}

/**
 * The next place from `start` in `direction` that is a row and not a heading; `none` where there is no such place.
 * @param {Item<unknown>[]} items
 * @param {number} start
 * @param {1 | -1} direction
 * @param {number} none
 */
export function nextRow(items, start, direction, none) {
	for (let at = start; at >= 0 && at < items.length; at += direction) if (items[at].row !== undefined) return at;
	return none;
}

/**
 * The items to draw: those in sight and a few around them, as the first and the one after the last.
 * @param {number} top pixels that are scrolled away
 * @param {number} height pixels in sight
 * @param {number} count
 */
export function inSight(top, height, count) {
	const first = Math.max(0, Math.floor(top / ROW) - MARGIN);
	return { first, last: Math.min(count, Math.ceil((top + height) / ROW) + MARGIN) };
}

/**
 * Where a table must be scrolled to, so that an item is in sight, and with a first row the heading above it.
 * @param {Item<unknown>[]} items
 * @param {number} at
 * @param {number} scrolled
 * @param {number} height pixels for items in sight
 */
export function scrollTo(items, at, scrolled, height) {
	const top = at * ROW;
	const above = items[at - 1]?.heading === undefined ? top : top - ROW;
	const up = Math.min(scrolled, above);
	return height > 0 && top + ROW > up + height ? top + ROW - height : up;
}

/** The name of a tensor without the group at its beginning. @type {(name: string, group: string) => string} */
export const nameInGroup = (name, group) =>
	name.startsWith(group) ? name.slice(group.length).replace(/^[./]/, "") || name : name;

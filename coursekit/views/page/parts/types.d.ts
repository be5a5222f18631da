import type { Scale } from "../numbers/colour.js";

export interface Cell {
	row: number;
	column: number;
}

export interface Cells {
	rows: string[];
	/** Their labels; null numbers them. */
	columns: string[] | null;
	/** How many columns, where they have no labels. */
	count?: number;
	value: (row: number, column: number) => number;
	scale: Scale;
	/** What the picture shows. */
	label: string;
	/** Cells as wide as high. */
	square: boolean;
	/** The figure to write into a cell, where cells are large. */
	write?: (row: number, column: number) => string;
	/** Rows above which a line separates groups. */
	breaks?: number[];
	/** What rows and columns are, such as "query ↓  key →". */
	corner?: string;
}
export type Value = string | number | null | undefined;

export interface Column<Row> {
	title: string;
	/** A grid track that does not depend on its content: "6em", "minmax(12em, 2fr)". */
	width: string;
	/** What sorting compares (numbers or text; null comes last) and, without `show`, the cell. */
	value: (row: Row) => Value;
	/** What the cell holds; a node is made anew each time it is asked for. */
	show?: (row: Row) => string | Node;
	/** To the right, and sorted from the largest first. */
	numeric?: boolean;
	/** What the cell holds instead while the heading of its group stands above it. */
	below?: (row: Row) => string;
	/** In the font for code. */
	mono?: boolean;
	/** Whether the search looks at its value; by default it does unless the column is numeric. */
	searched?: boolean;
	/** A tooltip on the title. */
	hint?: string;
}

export interface Sorting<Row> {
	column: Column<Row>;
	direction: 1 | -1;
}

/** What stands in a table from top to bottom: a row, or the heading of a group. */
export type Item<Row> = { row: Row; heading?: undefined } | { row?: undefined; heading: string };

export interface TableOptions<Row> {
	/** What the table is, for screen readers. */
	label: string;
	columns: Column<Row>[];
	rows: Row[];
	/** What a row is, one and many; ["row", "rows"]. */
	noun?: [one: string, many: string];
	/** Pixels that the rows may take; 360. */
	height?: number;
	/** Below this width the table scrolls sideways; "40em". */
	minWidth?: string;
	/** In the search field. */
	placeholder?: string;
	/** A heading stands before each run of rows with the same answer. */
	group?: (row: Row) => string;
	/** A click, or an arrow key, chose this row. */
	onselect?: (row: Row) => void;
	/** Stops what the table listens to. */
	signal?: AbortSignal;
}

export interface Table<Row> {
	element: HTMLElement;
	/** Choose a row from outside, bring it into sight, call `onselect`. */
	select: (row: Row) => void;
	/** Show other rows; search and sorting stay. */
	setRows: (rows: Row[]) => void;
}

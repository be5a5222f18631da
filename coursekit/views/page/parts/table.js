// A searchable, sortable table that draws only the rows in sight, so ten thousand rows scroll as well as ten.
//
//   const tensors = virtualTable({
//     label: "Tensors of the file",
//     noun: ["tensor", "tensors"],
//     columns: [{ title: "Name", width: "minmax(18em, 3fr)", value: (row) => row.name, mono: true }],
//     rows: data.tensors, // any objects; the table keeps and changes none of them
//   });
//
// Keys: arrows, Page Up/Down, Home and End move the chosen row; Escape empties the search field; a column's title is a
// button that sorts, sorts the other way round, and gives the first order back.

import { fill, h } from "../dom.js";
import { keep } from "../keys.js";
import { grouped } from "../numbers/format.js";
import { inSight, nextRow, nextSorting, ROW, rowWords, scrollTo, searchRows, sortRows, withHeadings } from "./rows.js";

/** @import { Column, Item, Sorting, Table, TableOptions } from "./types.d.ts" */

const SEARCHED = 10; // fewer rows than this are found without a search field

/**
 * @template Row
 * @param {TableOptions<Row>} options
 * @returns {Table<Row>}
 */
export function virtualTable(options) {
	const { label, columns, onselect, group } = options;
	const [one, many] = options.noun ?? ["row", "rows"];
	let { rows } = options;
	/** @type {Map<Row, string>} */
	const texts = new Map();
	let sorting = /** @type {Sorting<Row> | null} */ (null);
	/** @type {Item<Row>[]} */
	let items = [];
	let chosen = /** @type {Row | null} */ (null);
	let active = 0; // the item that the Tab key reaches
	/** @type {Map<number, HTMLElement>} */
	const drawn = new Map();

	const search = h("input", {
		type: "search",
		class: "ck-input ck-grid-search",
		"aria-label": `Search ${many}`,
		spellcheck: "false",
		autocomplete: "off",
		placeholder: options.placeholder ?? `Search ${many}`,
		oninput: () => arrange(),
		onkeydown: (event) => {
			event.stopPropagation(); // a notebook has single-letter shortcuts
			if (event.key === "Escape" && search.value) {
				search.value = "";
				arrange();
				event.preventDefault();
			}
			if (event.key === "ArrowDown" && items.length) {
				activate(nextRow(items, 0, 1, active), true);
				event.preventDefault();
			}
		},
	});
	const count = h("span", { class: "ck-muted ck-grid-count", role: "status" });
	const arrows = columns.map(() => h("span", { class: "ck-grid-arrow", "aria-hidden": "true" }));
	const heads = columns.map((column, at) =>
		h(
			"div",
			{ role: "columnheader", "aria-sort": "none", class: column.numeric ? "ck-number" : "" },
			h(
				"button",
				{ type: "button", class: "ck-grid-sort", title: column.hint, onclick: () => sortBy(column) },
				h("span", {}, column.title),
				arrows[at],
			),
		),
	);
	const head = h("div", { role: "row", "aria-rowindex": 1, class: "ck-grid-row ck-grid-head" }, heads);
	const body = h("div", { role: "rowgroup", class: "ck-grid-body" });
	const grid = h(
		"div",
		{ role: "grid", class: "ck-grid", "aria-label": label, "aria-colcount": columns.length, onkeydown: onKey },
		h("div", { role: "rowgroup", class: "ck-grid-top" }, head),
		body,
	);
	grid.style.setProperty("--ck-grid-columns", columns.map((column) => column.width).join(" "));
	grid.style.setProperty("--ck-grid-min", options.minWidth ?? "40em");
	grid.style.maxHeight = `${(options.height ?? 360) + ROW}px`;
	const none = h("p", { class: "ck-muted ck-grid-none", hidden: true }, `No ${one} has all of these words.`);
	const element = h("div", { class: "ck-grid-frame" }, h("div", { class: "ck-grid-tools" }, search, count), grid, none);
	search.hidden = rows.length < SEARCHED;

	let waiting = 0;
	const later = () => {
		waiting ||= requestAnimationFrame(() => {
			waiting = 0;
			draw();
		});
	};
	grid.addEventListener("scroll", later, { passive: true, signal: options.signal });
	const sizes = new ResizeObserver(later);
	sizes.observe(grid);
	options.signal?.addEventListener("abort", () => {
		sizes.disconnect();
		cancelAnimationFrame(waiting);
	});

	/** The words of a row: made once, when the first search needs them. @type {(row: Row) => string} */
	const words = (row) => {
		const found = texts.get(row) ?? rowWords(columns, row);
		texts.set(row, found);
		return found;
	};

	/** The height of the rows in sight. */
	const room = () => grid.clientHeight - head.offsetHeight;

	/** Decide which rows are shown and in which order, then draw from the top. */
	function arrange() {
		const shown = sortRows(searchRows(rows, search.value, words), sorting);
		items = withHeadings(shown, sorting ? undefined : group);
		const found =
			shown.length === rows.length ? grouped(rows.length) : `${grouped(shown.length)} of ${grouped(rows.length)}`;
		count.textContent = `${found} ${rows.length === 1 && shown.length === 1 ? one : many}`;
		none.hidden = shown.length > 0 || !search.value.trim();
		grid.setAttribute("aria-rowcount", String(items.length + 1));
		body.style.height = `${items.length * ROW}px`;
		fill(body);
		drawn.clear();
		const at = items.findIndex((item) => item.row !== undefined && item.row === chosen);
		active = at < 0 ? nextRow(items, 0, 1, 0) : at;
		grid.scrollTop = 0;
		draw();
	}

	function draw() {
		const { first, last } = inSight(grid.scrollTop, grid.clientHeight, items.length);
		for (const [at, old] of drawn) {
			// The row that has the focus stays, wherever the mouse wheel went: keys go on from it.
			if ((at < first || at >= last) && at !== active) {
				old.remove();
				drawn.delete(at);
			}
		}
		const wanted = new Set(drawn.keys());
		for (let at = first; at < last; at += 1) wanted.add(at);
		if (active < items.length) wanted.add(active);
		let next = /** @type {HTMLElement | null} */ (null);
		// From below, so that each new row knows what follows it.
		for (const at of [...wanted].sort((a, b) => b - a)) {
			let row = drawn.get(at);
			if (!row) {
				row = makeRow(at);
				drawn.set(at, row);
				body.insertBefore(row, next);
			}
			next = row;
		}
	}

	/** @param {number} at */
	function makeRow(at) {
		const { row, heading } = items[at];
		const place = { role: "row", "aria-rowindex": at + 2, style: `transform: translateY(${at * ROW}px)` };
		if (row === undefined) {
			const cell = h("div", { role: "gridcell", "aria-colspan": columns.length }, heading);
			return h("div", { ...place, class: "ck-grid-row ck-grid-heading" }, cell);
		}
		const cells = columns.map((column) => {
			const whole = column.show ? column.show(row) : String(column.value(row) ?? "");
			const shown = column.below && group && !sorting ? column.below(row) : whole;
			const kind = `${column.numeric ? "ck-number" : ""} ${column.mono ? "ck-mono" : ""}`.trim();
			const title = typeof whole === "string" ? whole : null;
			return h("div", { role: "gridcell", class: kind, title }, column.mono ? h("bdi", { dir: "ltr" }, shown) : shown);
		});
		return h(
			"div",
			{
				...place,
				class: "ck-grid-row",
				tabindex: at === active ? 0 : -1,
				"aria-selected": onselect ? String(row === chosen) : null,
				onclick: () => activate(at, true),
			},
			cells,
		);
	}

	/**
	 * Make the item at this place the one with the focus, in sight and, where rows can be chosen, the chosen one.
	 * @param {number} at
	 * @param {boolean} focus
	 */
	function activate(at, focus) {
		const row = items[at]?.row;
		if (row === undefined) return;
		drawn.get(active)?.setAttribute("tabindex", "-1");
		active = at;
		grid.scrollTop = scrollTo(items, at, grid.scrollTop, room());
		draw();
		drawn.get(at)?.setAttribute("tabindex", "0");
		if (focus) drawn.get(at)?.focus({ preventScroll: true });
		choose(row);
	}

	/** @param {Row} row */
	function choose(row) {
		if (!onselect || row === chosen) return;
		chosen = row;
		for (const [at, shown] of drawn) {
			if (items[at].row !== undefined) shown.setAttribute("aria-selected", String(items[at].row === chosen));
		}
		onselect(row);
	}

	/** @param {KeyboardEvent} event */
	function onKey(event) {
		if (!(event.target instanceof Element) || !event.target.matches(".ck-grid-body > [role=row]")) return;
		const page = Math.max(1, Math.floor(room() / ROW) - 1);
		const last = items.length - 1;
		/** @type {Record<string, () => number>} */
		const moves = {
			ArrowDown: () => nextRow(items, active + 1, 1, active),
			ArrowUp: () => nextRow(items, active - 1, -1, active),
			PageDown: () => nextRow(items, Math.min(active + page, last), 1, active),
			PageUp: () => nextRow(items, Math.max(active - page, 0), active - page > 0 ? -1 : 1, active),
			Home: () => nextRow(items, 0, 1, active),
			End: () => nextRow(items, last, -1, active),
			Enter: () => active,
			" ": () => active,
		};
		if (!moves[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
		keep(event);
		activate(moves[event.key](), true);
	}

	/** @param {Column<Row>} column */
	function sortBy(column) {
		sorting = nextSorting(sorting, column);
		for (const [at, other] of columns.entries()) {
			const direction = sorting?.column === other ? sorting.direction : 0;
			heads[at].setAttribute("aria-sort", ["descending", "none", "ascending"][direction + 1]);
			arrows[at].textContent = ["▼", "", "▲"][direction + 1];
		}
		arrange();
	}

	arrange();
	return {
		element,
		select(row) {
			const at = items.findIndex((item) => item.row === row);
			if (at < 0) {
				choose(row);
				return;
			}
			// With what comes before and behind it in sight, as far as there is any.
			grid.scrollTop = (at + 0.5) * ROW - room() / 2;
			activate(at, false);
		},
		setRows(others) {
			rows = others;
			arrange();
		},
	};
}

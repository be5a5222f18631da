// A searchable, sortable table that draws only the rows in sight, so ten thousand rows scroll as well as ten.
//
// A view uses it with `shared = ("table.js",)` in Python (table.css comes along), and in its script:
//
//   const tensors = virtualTable({
//     label: "Tensors of the file",
//     noun: ["tensor", "tensors"],
//     columns: [
//       { title: "Name", width: "minmax(18em, 3fr)", value: (row) => row.name, mono: true },
//       { title: "Parameters", width: "8em", numeric: true, value: (row) => row.count, show: (row) => grouped(row.count) },
//     ],
//     rows: data.tensors,                       // any objects; the table keeps and changes none of them
//     group: (row) => row.layer,                // optional: a heading before each run of rows with the same answer
//     onselect: (row) => drawDetail(row),       // optional: a click, or an arrow key, chose this row
//     signal: this.signal,                      // optional: stops what it listens to
//   });
//   root.append(tensors.element);
//   tensors.select(data.tensors[0]);            // choose a row from outside; calls onselect
//   tensors.setRows(others);                    // show other rows; search and sorting stay
//
// Keys: arrows, Page Up/Down, Home and End move the chosen row; Escape empties the search field; a column's title is a
// button that sorts, sorts the other way round, and gives the first order back.

/**
 * @typedef {Object} TableColumn
 * @property {string} title
 * @property {string} width a grid track that does not depend on its content: "6em", "minmax(12em, 2fr)"
 * @property {(row: any) => any} value what sorting compares (numbers or text; null comes last) and, without `show`, the cell
 * @property {(row: any) => (string|Node)} [show] what the cell holds; a node is made anew each time it is asked for
 * @property {boolean} [numeric] to the right, and sorted from the largest first
 * @property {(row: any) => string} [below] what the cell holds instead while the heading of its group stands above it
 * @property {boolean} [mono] in the font for code
 * @property {boolean} [searched] whether the search looks at its value; by default it does unless the column is numeric
 * @property {string} [hint] a tooltip on the title
 */

/**
 * @typedef {Object} TableOptions
 * @property {string} label what the table is, for screen readers
 * @property {TableColumn[]} columns
 * @property {any[]} rows
 * @property {[string, string]} [noun] what a row is, one and many; ["row", "rows"]
 * @property {number} [height] pixels that the rows may take; 360
 * @property {string} [minWidth] below this width the table scrolls sideways; "40em"
 * @property {string} [placeholder] in the search field
 * @property {(row: any) => string} [group]
 * @property {(row: any) => void} [onselect]
 * @property {(row: any) => string} [rowClass] a further class for the row's element
 * @property {AbortSignal} [signal]
 */

/**
 * @typedef {Object} VirtualTable
 * @property {HTMLElement} element
 * @property {(row: any) => void} select
 * @property {(rows: any[]) => void} setRows
 */

const TABLE_ROW = 30; // pixels, also in table.css
const TABLE_MARGIN = 8; // rows drawn above and below what is in sight
const TABLE_SEARCHED = 10; // fewer rows than this are found without a search field

/** Digits inside of names count as numbers: layer.2 stands before layer.10. */
const tableOrder = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/**
 * Compare two values: numbers as numbers, text as text; null and NaN come last in both directions.
 * @param {any} a
 * @param {any} b
 * @param {number} direction 1 or -1
 */
function compareCells(a, b, direction) {
  const missing = (/** @type {any} */ value) => value === null || value === undefined || Number.isNaN(value);
  if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
  if (typeof a === "number" && typeof b === "number") return direction * (a - b);
  return direction * tableOrder.compare(String(a), String(b));
}

/** The name of a tensor without the group at its beginning. */
const nameInGroup = (/** @type {string} */ name, /** @type {string} */ group) =>
  name.startsWith(group) ? name.slice(group.length).replace(/^[./]/, "") || name : name;

/**
 * @param {TableOptions} options
 * @returns {VirtualTable}
 */
function virtualTable(options) {
  const { label, columns, onselect, group } = options;
  const [one, many] = options.noun ?? ["row", "rows"];
  let rows = options.rows;
  /** @type {Map<any, string>} */
  let texts = new Map();
  /** @type {{column: TableColumn, direction: number}|null} */
  let sorting = null;
  /** What stands in the table from top to bottom: a row, or the heading of a group. @type {{row?: any, heading?: string}[]} */
  let items = [];
  let chosen = /** @type {any} */ (null);
  let active = 0; // the item that the Tab key reaches
  /** @type {Map<number, HTMLElement>} */
  const drawn = new Map();

  const search = h("input", {
    type: "search", class: "ck-input ck-grid-search", "aria-label": `Search ${many}`, spellcheck: "false",
    placeholder: options.placeholder ?? `Search ${many}`, autocomplete: "off",
    oninput: () => arrange(),
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      event.stopPropagation(); // a notebook has single-letter shortcuts
      if (event.key === "Escape" && search.value) { search.value = ""; arrange(); event.preventDefault(); }
      if (event.key === "ArrowDown" && items.length) { activate(firstRow(0, 1), true); event.preventDefault(); }
    },
  });
  const count = h("span", { class: "ck-muted ck-grid-count", role: "status" });
  const heads = columns.map((column) => {
    const button = h("button", {
      type: "button", class: "ck-grid-sort", title: column.hint ?? null, onclick: () => sortBy(column),
    }, h("span", {}, column.title), h("span", { class: "ck-grid-arrow", "aria-hidden": "true" }));
    return h("div", { role: "columnheader", "aria-sort": "none", class: column.numeric ? "ck-number" : "" }, button);
  });
  const head = h("div", { role: "row", "aria-rowindex": 1, class: "ck-grid-row ck-grid-head" }, ...heads);
  const body = h("div", { role: "rowgroup", class: "ck-grid-body" });
  const grid = h("div", {
    role: "grid", class: "ck-grid", "aria-label": label, "aria-colcount": columns.length, onkeydown: onKey,
  }, h("div", { role: "rowgroup", class: "ck-grid-top" }, head), body);
  grid.style.setProperty("--ck-grid-columns", columns.map((column) => column.width).join(" "));
  grid.style.setProperty("--ck-grid-min", options.minWidth ?? "40em");
  grid.style.maxHeight = `${(options.height ?? 360) + TABLE_ROW}px`;
  const none = h("p", { class: "ck-muted ck-grid-none", hidden: true }, `No ${one} has all of these words.`);
  const element = h("div", { class: "ck-grid-frame" },
    h("div", { class: "ck-grid-tools" }, search, count), grid, none);
  search.hidden = rows.length < TABLE_SEARCHED;

  let waiting = 0;
  const later = () => { waiting ||= requestAnimationFrame(() => { waiting = 0; draw(); }); };
  grid.addEventListener("scroll", later, { passive: true, signal: options.signal });
  const sizes = new ResizeObserver(later);
  sizes.observe(grid);
  options.signal?.addEventListener("abort", () => { sizes.disconnect(); cancelAnimationFrame(waiting); });

  /** The words of a row, in small letters: made once, when the first search needs them. */
  function words(/** @type {any} */ row) {
    let found = texts.get(row);
    if (found === undefined) {
      found = columns.filter((column) => column.searched ?? !column.numeric)
        .map((column) => String(column.value(row) ?? "")).join("\n").toLowerCase();
      texts.set(row, found);
    }
    return found;
  }

  /** Decide which rows are shown and in which order, then draw from the top. */
  function arrange() {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = wanted.length ? rows.filter((row) => wanted.every((word) => words(row).includes(word))) : rows;
    if (sorting) {
      const { column, direction } = sorting;
      const keyed = shown.map((row) => ({ row, key: column.value(row) }));
      keyed.sort((a, b) => compareCells(a.key, b.key, direction));
      shown = keyed.map(({ row }) => row);
    }
    items = [];
    let last = null;
    for (const row of shown) {
      if (group && !sorting) {
        const heading = group(row);
        if (heading !== last) items.push({ heading });
        last = heading;
      }
      items.push({ row });
    }
    count.textContent = shown.length === rows.length
      ? `${grouped(rows.length)} ${rows.length === 1 ? one : many}`
      : `${grouped(shown.length)} of ${grouped(rows.length)} ${many}`;
    none.hidden = shown.length > 0 || !wanted.length;
    grid.setAttribute("aria-rowcount", String(items.length + 1));
    body.style.height = `${items.length * TABLE_ROW}px`;
    for (const old of drawn.values()) old.remove();
    drawn.clear();
    active = Math.max(items.findIndex((item) => item.row !== undefined && item.row === chosen), 0);
    if (items[active]?.row === undefined) active = firstRow(active, 1);
    grid.scrollTop = 0;
    draw();
  }

  /** The next position from `start` in `direction` that is a row and not a heading. */
  function firstRow(/** @type {number} */ start, /** @type {number} */ direction) {
    for (let at = start; at >= 0 && at < items.length; at += direction) if (items[at].row !== undefined) return at;
    return active;
  }

  function draw() {
    const first = Math.max(0, Math.floor(grid.scrollTop / TABLE_ROW) - TABLE_MARGIN);
    const last = Math.min(items.length, Math.ceil((grid.scrollTop + grid.clientHeight) / TABLE_ROW) + TABLE_MARGIN);
    for (const [at, old] of drawn) {
      // The row that has the focus stays, wherever the mouse wheel went: keys go on from it.
      if ((at < first || at >= last) && at !== active) { old.remove(); drawn.delete(at); }
    }
    const wanted = new Set(drawn.keys());
    for (let at = first; at < last; at += 1) wanted.add(at);
    if (active < items.length) wanted.add(active);
    let next = /** @type {HTMLElement|null} */ (null);
    for (const at of [...wanted].sort((a, b) => b - a)) { // from below, so that each new row knows what follows it
      let row = drawn.get(at);
      if (!row) { row = makeRow(at); drawn.set(at, row); body.insertBefore(row, next); }
      next = row;
    }
  }

  function makeRow(/** @type {number} */ at) {
    const { row, heading } = items[at];
    const attributes = { role: "row", "aria-rowindex": at + 2, style: `transform: translateY(${at * TABLE_ROW}px)` };
    if (heading !== undefined) {
      return h("div", { ...attributes, class: "ck-grid-row ck-grid-heading" },
        h("div", { role: "gridcell", "aria-colspan": columns.length }, heading));
    }
    const cells = columns.map((column) => {
      const whole = column.show ? column.show(row) : String(column.value(row) ?? "");
      const shown = column.below && group && !sorting ? column.below(row) : whole;
      const classes = [column.numeric && "ck-number", column.mono && "ck-mono"].filter(Boolean).join(" ");
      return h("div", { role: "gridcell", class: classes, title: typeof whole === "string" ? whole : null },
        column.mono ? h("bdi", { dir: "ltr" }, shown) : shown);
    });
    return h("div", {
      ...attributes,
      class: `ck-grid-row ${options.rowClass?.(row) ?? ""}`,
      tabindex: at === active ? 0 : -1,
      "aria-selected": onselect ? String(row === chosen) : null,
      onclick: () => activate(at, true),
    }, ...cells);
  }

  /** Make the item at this position the one with the focus, in sight and, where rows can be chosen, the chosen one. */
  function activate(/** @type {number} */ at, /** @type {boolean} */ focus) {
    if (!items[at] || items[at].row === undefined) return;
    drawn.get(active)?.setAttribute("tabindex", "-1");
    active = at;
    const top = at * TABLE_ROW;
    // A heading right above comes into sight with its first row.
    const above = items[at - 1]?.heading === undefined ? top : top - TABLE_ROW;
    if (above < grid.scrollTop) grid.scrollTop = above;
    const room = grid.clientHeight - head.offsetHeight;
    if (room > 0 && top + TABLE_ROW > grid.scrollTop + room) grid.scrollTop = top + TABLE_ROW - room;
    draw();
    drawn.get(at)?.setAttribute("tabindex", "0");
    if (focus) drawn.get(at)?.focus({ preventScroll: true });
    choose(items[at].row);
  }

  function choose(/** @type {any} */ row) {
    if (!onselect || row === chosen) return;
    chosen = row;
    for (const [at, shown] of drawn) {
      if (items[at].row !== undefined) shown.setAttribute("aria-selected", String(items[at].row === chosen));
    }
    onselect(row);
  }

  function onKey(/** @type {KeyboardEvent} */ event) {
    if (!(event.target instanceof Element) || !event.target.matches(".ck-grid-body > [role=row]")) return;
    const page = Math.max(1, Math.floor((grid.clientHeight - head.offsetHeight) / TABLE_ROW) - 1);
    const last = items.length - 1;
    /** @type {Record<string, () => number>} */
    const moves = {
      ArrowDown: () => firstRow(active + 1, 1),
      ArrowUp: () => firstRow(active - 1, -1),
      PageDown: () => firstRow(Math.min(active + page, last), 1),
      PageUp: () => firstRow(Math.max(active - page, 0), active - page > 0 ? -1 : 1),
      Home: () => firstRow(0, 1),
      End: () => firstRow(last, -1),
      Enter: () => active,
      " ": () => active,
    };
    if (!moves[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation(); // a notebook moves between cells with the same keys
    activate(moves[event.key](), true);
  }

  function sortBy(/** @type {TableColumn} */ column) {
    const start = column.numeric ? -1 : 1;
    if (sorting?.column !== column) sorting = { column, direction: start };
    else sorting = sorting.direction === start ? { column, direction: -start } : null;
    columns.forEach((other, at) => {
      const direction = sorting?.column === other ? sorting.direction : 0;
      heads[at].setAttribute("aria-sort", ["descending", "none", "ascending"][direction + 1]);
      heads[at].querySelector(".ck-grid-arrow").textContent = ["▼", "", "▲"][direction + 1];
    });
    arrange();
  }

  arrange();
  return {
    element,
    select(row) {
      const at = items.findIndex((item) => item.row === row);
      // With what comes before and behind it in sight, as far as there is any.
      if (at >= 0) grid.scrollTop = (at + 0.5) * TABLE_ROW - (grid.clientHeight - head.offsetHeight) / 2;
      if (at >= 0) activate(at, false);
      else choose(row);
    },
    setRows(others) {
      rows = others;
      texts = new Map();
      arrange();
    },
  };
}

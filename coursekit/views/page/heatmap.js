// A heat map that a pointer and the arrow keys can read cell by cell.

/**
 * @typedef {object} Cells
 * @property {string[]} rows their labels
 * @property {string[]|null} columns their labels; null numbers them
 * @property {number} [count] how many columns, where they have no labels
 * @property {(row: number, column: number) => number} value
 * @property {Scale} scale
 * @property {string} label what the picture shows
 * @property {boolean} square cells as wide as high
 * @property {(row: number, column: number) => string} [write] the figure to write into a cell, where cells are large
 * @property {number[]} [breaks] rows above which a line separates groups
 * @property {string} [corner] what rows and columns are, such as "query ↓  key →"
 */

/** Label every fiftieth or so of columns that have only numbers. */
const numbered = (/** @type {number} */ count) => {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((size) => count / size <= 10) ?? 1000;
  return Array.from({ length: count }, (_, column) => (column % step === 0 ? String(column) : ""));
};

class HeatMap {
  /** @param {(cell: {row: number, column: number}|null) => void} onpoint told which cell is pointed at */
  constructor(onpoint) {
    this.onpoint = onpoint;
    this.cell = { row: 0, column: 0 };
    this.canvas = h("canvas", {
      class: "ck-heat-canvas", tabindex: 0, role: "application", "aria-roledescription": "heat map",
      onpointermove: (/** @type {PointerEvent} */ event) => this.point(event),
      onpointerleave: () => this.onpoint(null),
      onfocus: () => { if (this.canvas.matches(":focus-visible")) this.onpoint(this.cell); },
      onblur: () => this.onpoint(null),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
    });
    this.marks = h("div", { class: "ck-heat-marks", "aria-hidden": "true" });
    this.figures = h("div", { class: "ck-heat-figures", "aria-hidden": "true" });
    this.corner = h("div", { class: "ck-heat-corner", "aria-hidden": "true" });
    this.rowLabels = h("div", { class: "ck-heat-rows", "aria-hidden": "true" });
    this.columnLabels = h("div", { class: "ck-heat-columns", "aria-hidden": "true" });
    this.body = h("div", { class: "ck-heat-body" }, this.canvas, this.figures, this.marks);
    this.element = h("div", { class: "ck-heat" }, this.corner, this.columnLabels, this.rowLabels, this.body);
    this.sizes = new ResizeObserver(() => this.thin());
    this.sizes.observe(this.body);
  }

  /** @param {Cells} cells */
  show(cells) {
    this.cells = cells;
    const rows = cells.rows.length;
    const columns = cells.columns ? cells.columns.length : cells.count;
    this.columns = columns;
    this.cell = { row: Math.min(this.cell.row, rows - 1), column: Math.min(this.cell.column, columns - 1) };
    Object.assign(this.canvas, { width: columns, height: rows });
    const image = new ImageData(columns, rows);
    for (let row = 0, at = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1, at += 4) cells.scale.paint(image.data, at, cells.value(row, column));
    }
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    this.canvas.setAttribute("aria-label", `${cells.label}. ${rows} rows, ${columns} columns. Arrow keys move from cell to cell.`);
    const most = cells.square ? (cells.write ? 72 : 40) : 26;
    const high = Math.max(3, Math.min(most, 500 / rows));
    const longest = Math.max(...cells.rows.map((text) => text.length), (cells.corner ?? "").length - 2);
    this.element.style.setProperty("--ck-label-width", `${Math.round(Math.min(longest, 34) * 7.3) + 4}px`);
    this.body.style.height = cells.square ? "" : `${Math.round(high * rows)}px`;
    this.columnLabels.style.width = this.body.style.width = cells.square ? `${Math.round(high * columns)}px` : "";
    this.body.style.aspectRatio = cells.square ? `${columns} / ${rows}` : "";
    this.element.classList.toggle("ck-heat-square", cells.square);
    this.element.classList.toggle("ck-heat-words", Boolean(cells.write) && !cells.square);
    this.element.classList.toggle("ck-heat-across", Boolean(cells.write) || !cells.columns);
    this.element.style.setProperty("--ck-columns", columns);
    this.corner.textContent = cells.corner ?? "";
    this.rowLabels.replaceChildren(...cells.rows.map((text, row) => h("span", { style: `top:${100 * (row + 0.5) / rows}%` }, text)));
    this.columnLabels.replaceChildren(...(cells.columns ?? numbered(columns)).map((text, column) =>
      h("span", { style: `left:${100 * (column + 0.5) / columns}%` }, text)));
    this.figures.replaceChildren(...(cells.write && high > (cells.square ? 34 : 16) ? cells.rows.flatMap((_, row) => cells.columns.map((__, column) => h("span", {
      class: cells.scale.isDark(cells.value(row, column)) ? "ck-light" : null,
      style: `top:${100 * (row + 0.5) / rows}%;left:${100 * (column + 0.5) / columns}%;max-width:${100 / columns}%`,
    }, cells.write(row, column)))) : []));
    this.mark([], [], null);
    this.thin();
  }

  /** Leave out labels that would lie on each other. */
  thin() {
    if (!this.cells) return;
    const every = (/** @type {number} */ size, /** @type {number} */ count, room = 11.5) => Math.max(1, Math.ceil((room * count) / Math.max(size, 1)));
    const rowStep = every(this.body.clientHeight, this.cells.rows.length);
    const columnStep = every(this.body.clientWidth, this.columns, this.cells.write ? 24 : 11.5);
    if (!this.cells.columns) return;
    [...this.rowLabels.children].forEach((label, row) => { label.hidden = row % rowStep !== 0; });
    [...this.columnLabels.children].forEach((label, column) => { label.hidden = column % columnStep !== 0; });
  }

  /**
   * Mark rows, columns and one cell.
   * @param {number[]} rows
   * @param {number[]} columns
   * @param {{row: number, column: number}|null} cell
   */
  mark(rows, columns, cell) {
    const [high, wide] = [100 / this.cells.rows.length, 100 / this.columns];
    const box = (/** @type {string} */ kind, /** @type {string} */ style) => h("div", { class: `ck-heat-${kind}`, style });
    this.marks.replaceChildren(
      ...(this.cells.breaks ?? []).map((row) => box("break", `top:${row * high}%`)),
      ...rows.map((row) => box("row", `top:${row * high}%;height:${high}%`)),
      ...columns.map((column) => box("column", `left:${column * wide}%;width:${wide}%`)),
      ...(cell ? [box("cell", `top:${cell.row * high}%;height:${high}%;left:${cell.column * wide}%;width:${wide}%`)] : []));
    [...this.rowLabels.children].forEach((label, row) => label.classList.toggle("ck-on", rows.includes(row)));
    [...this.columnLabels.children].forEach((label, column) => label.classList.toggle("ck-on", columns.includes(column)));
  }

  /** @param {PointerEvent} event */
  point(event) {
    const place = this.canvas.getBoundingClientRect();
    const at = (/** @type {number} */ part, /** @type {number} */ whole, /** @type {number} */ count) =>
      Math.max(0, Math.min(count - 1, Math.floor((part / whole) * count)));
    this.cell = {
      row: at(event.clientY - place.top, place.height, this.cells.rows.length),
      column: at(event.clientX - place.left, place.width, this.columns),
    };
    this.onpoint(this.cell);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const far = event.shiftKey ? 10 : 1;
    const move = { ArrowUp: [-far, 0], ArrowDown: [far, 0], ArrowLeft: [0, -far], ArrowRight: [0, far],
      Home: [0, -Infinity], End: [0, Infinity] }[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    const within = (/** @type {number} */ value, /** @type {number} */ count) => Math.max(0, Math.min(count - 1, value));
    this.cell = { row: within(this.cell.row + move[0], this.cells.rows.length), column: within(this.cell.column + move[1], this.columns) };
    this.onpoint(this.cell);
  }
}

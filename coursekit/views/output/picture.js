// What all pictures of an output are: a class with `element`, `refresh()` after a choice, and `mark()` for the token pointed at.

/** What the pictures have in common: one column for each run, a line that reads the cell pointed at, a legend. */
class Picture {
  /** @param {any} explorer holds `data`, `state` and the choices of the page */
  constructor(explorer) {
    this.explorer = explorer;
    this.data = explorer.data;
    this.state = explorer.state;
    this.runs = this.data.runs.filter((/** @type {any} */ run) => run[/** @type {any} */ (this.constructor).field]);
    this.readout = h("p", { class: "ck-readout", role: "status", "aria-live": "polite" });
    this.controls = h("div", { class: "ck-controls" });
    this.columns = this.runs.map((run) => h("section", { class: "ck-run", "aria-label": run.name },
      this.data.runs.length > 1 ? h("h5", {}, run.name) : null));
    this.element = h("div", { class: "ck-picture" }, this.controls, this.readout,
      h("div", { class: `ck-runs ck-runs-${this.constructor.name.toLowerCase()}` }, ...this.columns));
  }

  /** Add a slider for the layer; the other pictures of hidden states follow it. */
  layerSlider() {
    const most = Math.max(...this.runs.map((run) => run.layers.length)) - 1;
    const names = this.runs.find((run) => run.layers.length === most + 1).layers;
    this.layerName = h("output", { class: "ck-layer-name" });
    this.slider = h("input", {
      type: "range", min: 0, max: most, step: 1, "aria-label": "Layer",
      oninput: () => { this.state.layer = Number(this.slider.value); this.refresh(); },
    });
    this.names = names;
    this.controls.append(h("label", { class: "ck-layer", hidden: most === 0 }, "Layer", this.slider, this.layerName));
  }

  showLayer() {
    this.state.layer = Math.min(this.state.layer, this.names.length - 1);
    this.slider.value = String(this.state.layer);
    this.layerName.textContent = this.names[this.state.layer];
    this.slider.setAttribute("aria-valuetext", this.names[this.state.layer]);
  }

  layerOf(/** @type {any} */ run) { return Math.min(this.state.layer, run.layers.length - 1); }

  /** Write one line: where, then the value in each run. */
  read(/** @type {string} */ where, /** @type {(run: any) => string} */ value) {
    const many = this.data.runs.length > 1;
    this.readout.replaceChildren(h("span", { class: "ck-readout-where" }, where), ...this.runs.map((run) =>
      h("span", { class: "ck-readout-value" }, many ? h("span", { class: "ck-muted" }, `${run.name} `) : null, h("strong", {}, value(run)))));
  }

  hint(/** @type {string} */ text) { this.readout.replaceChildren(h("span", { class: "ck-muted" }, text)); }

  mark() {}
}

/** One heat map for each run, which share their rows, columns and the cell pointed at. */
class HeatPicture extends Picture {
  constructor(/** @type {any} */ explorer) {
    super(explorer);
    this.heats = this.runs.map((run, index) => {
      const heat = new HeatMap((cell) => this.point(cell));
      this.columns[index].append(heat.element);
      return heat;
    });
    this.cell = null;
  }

  point(/** @type {any} */ cell) {
    this.cell = cell;
    this.explorer.point(cell ? this.tokensAt(cell) : []);
    if (cell) this.describe(cell);
    else this.hint(this.invitation);
  }

  /** @returns {string[]} keys of the tokens that a cell belongs to */
  tokensAt() { return []; }

  markCells(/** @type {number[]} */ rows, /** @type {number[]} */ columns) {
    for (const heat of this.heats) heat.mark(rows, columns, this.cell);
  }
}

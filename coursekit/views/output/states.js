// The pictures of hidden states: the vectors themselves, how alike they are, and where they lie on a map. They share the layer.

/** Hidden states: tokens × dimensions. */
class Hidden extends HeatPicture {
  static field = "hidden";

  constructor(/** @type {any} */ explorer) {
    super(explorer);
    this.layerSlider();
    this.invitation = "Each row is the vector of one token, each column one dimension. Point at a cell, or move with the arrow keys.";
    this.scale = new Scale(this.data.colours.diverging, this.data.limits.hidden, true);
    this.element.append(this.scale.legend("value (common scale; the 0.5 % furthest from zero are cut)"));
  }

  refresh() {
    this.showLayer();
    this.rows = this.explorer.visible(this.explorer.few ? null : this.state.sequence);
    const breaks = this.rows.map((token, row) => (row && token.slot !== this.rows[row - 1].slot ? row : 0)).filter(Boolean);
    this.runs.forEach((run, index) => {
      const [, , , dimensions] = run.hidden.shape;
      this.heats[index].show({
        rows: this.rows.map(({ text }) => text), columns: null, count: dimensions, square: false, scale: this.scale, breaks, corner: "dimension →",
        label: `Hidden states of ${run.name}, ${run.layers[this.layerOf(run)]}`,
        value: (row, column) => run.hidden.at(this.at(run, row) + column),
      });
    });
    this.hint(this.invitation);
    this.mark();
  }

  at(/** @type {any} */ run, /** @type {number} */ row) {
    const [, sequences, length, dimensions] = run.hidden.shape;
    const token = this.rows[row];
    return ((this.layerOf(run) * sequences + token.slot) * length + token.position) * dimensions;
  }

  tokensAt(/** @type {any} */ cell) { return [this.rows[cell.row].key]; }

  describe(/** @type {any} */ { row, column }) {
    const token = this.rows[row];
    const many = this.runs.some((run) => run.layers.length > 1);
    const name = many ? `hidden_states[${this.state.layer}]` : "last_hidden_state";
    this.read(`“${token.text}”, dimension ${column}: ${name}[${token.sequence}, ${token.position}, ${column}]`, (run) =>
      (column < run.hidden.shape[3] ? run.hidden.text(this.at(run, row) + column) : "not there"));
  }

  mark() { this.markCells(this.rows.map(({ key }, row) => (this.explorer.isMarked(key) ? row : -1)).filter((row) => row >= 0), []); }
}

const triangle = (/** @type {number} */ a, /** @type {number} */ b) => (a >= b ? (a * (a + 1)) / 2 + b : (b * (b + 1)) / 2 + a);

/** Similarity of tokens, within and across sequences. */
class Tokens extends HeatPicture {
  static field = "tokens";

  constructor(/** @type {any} */ explorer) {
    super(explorer);
    this.layerSlider();
    this.invitation = "Cosine similarity of each token with each other: 1 for the same direction, 0 for nothing in common.";
    this.scale = new Scale(this.data.colours.diverging, 1, true);
    this.element.append(this.scale.legend("cosine similarity"));
  }

  refresh() {
    this.showLayer();
    this.rows = this.data.tokens.map(([slot, position], index) => ({ ...this.explorer.token(slot, position), index }))
      .filter((token) => this.explorer.isVisible(token));
    const words = this.rows.map(({ text }) => text);
    const breaks = this.rows.map((token, row) => (row && token.slot !== this.rows[row - 1].slot ? row : 0)).filter(Boolean);
    this.runs.forEach((run, index) => this.heats[index].show({
      rows: words, columns: words, square: true, scale: this.scale, breaks,
      label: `Similarity of tokens in ${run.name}, ${run.layers[this.layerOf(run)]}`,
      value: (row, column) => run.tokens.at(this.at(run, row, column)),
    }));
    this.hint(this.invitation);
    this.mark();
  }

  at(/** @type {any} */ run, /** @type {number} */ row, /** @type {number} */ column) {
    return this.layerOf(run) * run.tokens.shape[1] + triangle(this.rows[row].index, this.rows[column].index);
  }

  tokensAt(/** @type {any} */ cell) { return [this.rows[cell.row].key, this.rows[cell.column].key]; }

  describe(/** @type {any} */ { row, column }) {
    const [a, b] = [this.rows[row], this.rows[column]];
    const where = a.sequence === b.sequence ? `in sequence ${a.sequence}` : `in sequences ${a.sequence} and ${b.sequence}`;
    this.read(`“${a.text}” and “${b.text}” ${where}`, (run) => run.tokens.text(this.at(run, row, column)));
  }

  mark() {
    const marked = this.rows.map(({ key }, row) => (this.explorer.isMarked(key) ? row : -1)).filter((row) => row >= 0);
    this.markCells(this.cell ? [this.cell.row] : marked, this.cell ? [this.cell.column] : marked.slice(0, 1));
  }
}

/** Similarity of sequences: of the means of their real tokens. */
class Sequences extends HeatPicture {
  static field = "sequences";

  constructor(/** @type {any} */ explorer) {
    super(explorer);
    this.layerSlider();
    this.invitation = "Each sequence as one vector, the mean of its tokens without padding, compared with each other one.";
    this.scale = new Scale(this.data.colours.diverging, 1, true);
    this.element.append(this.scale.legend("cosine similarity"));
  }

  refresh() {
    this.showLayer();
    const names = this.data.sequences.map(({ label }) => label);
    const numbers = names.map((_, index) => String(index));
    this.runs.forEach((run, index) => {
      this.heats[index].show({
        rows: names.map((name, row) => `${row}  ${name}`.trim()), columns: numbers, square: true, scale: this.scale,
        label: `Similarity of sequences in ${run.name}, ${run.layers[this.layerOf(run)]}`,
        write: (row, column) => run.sequences.at(this.at(run, row, column)).toFixed(2).replace(/^-0\.00$/, "0.00").replace("-", "−"),
        value: (row, column) => run.sequences.at(this.at(run, row, column)),
      });
      this.heats[index].element.classList.add("ck-heat-wide-labels");
    });
    this.hint(this.invitation);
  }

  at(/** @type {any} */ run, /** @type {number} */ row, /** @type {number} */ column) {
    return this.layerOf(run) * run.sequences.shape[1] + triangle(row, column);
  }

  point(/** @type {any} */ cell) {
    super.point(cell);
    this.markCells(cell ? [cell.row] : [], cell ? [cell.column] : []);
  }

  describe(/** @type {any} */ { row, column }) {
    const name = (/** @type {number} */ index) => (this.data.sequences[index].label ? `“${this.data.sequences[index].label}”` : `sequence ${index}`);
    this.read(`${name(row)} and ${name(column)}`, (run) => run.sequences.text(this.at(run, row, column)));
  }
}

/** Tokens of a layer on a map (PCA over all layers). */
class TokenMap extends Picture {
  static field = "map";

  constructor(/** @type {any} */ explorer) {
    super(explorer);
    this.layerSlider();
    this.maps = this.runs.map((run, index) => {
      const map = new Scatter((token) => this.point(token));
      const share = (/** @type {number} */ part) => `${Math.round(100 * part)} %`;
      this.columns[index].append(map.svg, h("p", { class: "ck-muted" },
        `Across: ${share(run.explained[0])} of the variance; upwards: ${share(run.explained[1])}.`));
      return map;
    });
    this.invitation = "Near points are similar vectors. Point at a token to see its way through the layers.";
    this.element.append(h("p", { class: "ck-muted" },
      "The two directions in which the vectors of all layers differ most (PCA). Each run has directions of its own; the scale is common, and fits the layer; the lines cross at zero. ",
      "A colour is a sequence."));
  }

  refresh() {
    this.showLayer();
    const tokens = this.data.tokens.map(([slot, position], index) => ({ ...this.explorer.token(slot, position), index }))
      .filter((token) => this.explorer.isVisible(token));
    this.tokens = tokens;
    const place = (/** @type {any} */ run, /** @type {number} */ token, /** @type {number} */ layer) =>
      [0, 1].map((axis) => run.map.at((layer * run.map.shape[1] + token) * 2 + axis));
    // One scale for both axes and all runs, so that a distance is a distance; each run around the middle of its points.
    const ranges = this.runs.map((run) => [0, 1].map((axis) => {
      const all = tokens.map(({ index }) => place(run, index, this.layerOf(run))[axis]).filter(Number.isFinite);
      return all.length ? [Math.min(...all), Math.max(...all)] : [0, 0];
    }));
    const scale = Math.min(...ranges.flatMap(([across, upwards]) =>
      [330 / Math.max(across[1] - across[0], 1e-9), 280 / Math.max(upwards[1] - upwards[0], 1e-9)]));
    this.runs.forEach((run, index) => this.maps[index].show({
      tokens, layer: this.layerOf(run), layers: run.layers.length, scale, middle: ranges[index].map(([least, most]) => (least + most) / 2),
      label: `Tokens of ${run.name} on a map, ${run.layers[this.layerOf(run)]}`,
      places: (token, layer) => place(run, token, layer),
    }));
    this.hint(this.invitation);
    this.mark();
  }

  point(/** @type {number|null} */ token) {
    const found = this.tokens.find(({ index }) => index === token);
    this.explorer.point(found ? [found.key] : []);
    if (!found) this.hint(this.invitation);
    else this.read(`“${found.text}” in sequence ${found.sequence}`, (run) =>
      [0, 1].map((axis) => signed(run.map.at((this.layerOf(run) * run.map.shape[1] + found.index) * 2 + axis), 2)).join(", "));
  }

  mark() {
    const marked = this.tokens.filter(({ key }) => this.explorer.isMarked(key)).map(({ index }) => index);
    for (const map of this.maps) map.mark(marked);
  }
}

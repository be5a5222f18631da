// The pictures of an output. Each is a class with `element`, `refresh()` after a choice, and `mark()` for the token pointed at.

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
        rows: this.rows.map(({ text }) => text), columns: null, count: dimensions, square: false, scale: this.scale, breaks,
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
        rows: names.map((name, row) => `${row}  ${name}`), columns: numbers, square: true, scale: this.scale,
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
    const name = (/** @type {number} */ index) => `“${this.data.sequences[index].label}”`;
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
      "The two directions in which the vectors of all layers differ most (PCA). Each run has directions of its own; the scale is common, and fits the layer. ",
      "A colour is a sequence."));
  }

  refresh() {
    this.showLayer();
    const tokens = this.data.tokens.map(([slot, position], index) => ({ ...this.explorer.token(slot, position), index }))
      .filter((token) => this.explorer.isVisible(token));
    this.tokens = tokens;
    const place = (/** @type {any} */ run, /** @type {number} */ token, /** @type {number} */ layer) =>
      [0, 1].map((axis) => run.map.at((layer * run.map.shape[1] + token) * 2 + axis));
    const far = this.runs.flatMap((run) => tokens.flatMap(({ index }) => place(run, index, this.layerOf(run)).map(Math.abs))).filter(Number.isFinite);
    const reach = Math.max(...far, 1e-9) * 1.08;
    this.runs.forEach((run, index) => this.maps[index].show({
      tokens, layer: this.layerOf(run), layers: run.layers.length, reach,
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

/** Attention of one sequence: all heads, one head as a matrix and as lines. */
class Attention extends HeatPicture {
  static field = "attention";

  constructor(/** @type {any} */ explorer) {
    super(explorer);
    this.scale = new Scale(this.data.colours.sequential, this.data.limits.attention, false);
    this.chosen = { layer: 0, head: 0 };
    this.invitation = "Rows are queries, columns are keys. Each row sums to 1.";
    this.name = h("strong", { class: "ck-head-name" });
    this.controls.append(this.name);
    this.overviews = this.runs.map(() => null);
    this.lines = this.runs.map((run, index) => {
      const lines = new AttentionLines((row) => this.explorer.point(row === null ? [] : this.keysOf(row)));
      const slot = h("div", { class: "ck-heads-slot" });
      this.columns[index].append(slot, h("div", { class: "ck-one-head" }, this.heats[index].element, lines.element));
      this.overviews[index] = { slot, choose: () => {} };
      return lines;
    });
    this.element.append(this.scale.legend("attention weight (common scale)"));
  }

  /** The rows of a matrix: tokens, or blocks of them. */
  layout() {
    const block = this.data.block;
    const slot = this.state.sequence;
    if (block === 1) return this.explorer.visible(slot).map((token) => ({ text: token.text, at: token.position, keys: [token.key] }));
    const tokens = this.explorer.all(slot);
    return Array.from({ length: Math.ceil(tokens.length / block) }, (_, at) => {
      const part = tokens.slice(at * block, (at + 1) * block);
      const text = part.length > 1 ? `${at * block}–${at * block + part.length - 1}` : String(at * block);
      return { text, words: part.map((token) => token.text).join(" "), at, keys: part.map(({ key }) => key) };
    });
  }

  keysOf(/** @type {number} */ row) { return this.rows[row].keys; }

  refresh() {
    this.rows = this.layout();
    const size = this.rows.length;
    this.runs.forEach((run, index) => {
      const { slot } = this.overviews[index];
      const overview = headOverview({
        layers: run.attentionLayers, heads: run.heads, size, scale: this.scale, run: run.name,
        value: (layer, head, query, key) => run.attention.at(this.at(run, layer, head, query, key)),
        onchoose: (layer, head) => { Object.assign(this.chosen, { layer, head }); this.showHead(); },
      });
      this.overviews[index] = { slot, choose: overview.choose };
      slot.replaceChildren(overview.element);
    });
    this.showHead();
  }

  showHead() {
    const words = this.rows.map(({ text }) => text);
    const first = this.runs[0];
    this.name.textContent = `Layer ${first.attentionLayers[this.clamp(first).layer]}, head ${first.heads[this.clamp(first).head]}`;
    this.runs.forEach((run, index) => {
      const { layer, head } = this.clamp(run);
      this.overviews[index].choose(layer, head);
      const value = (/** @type {number} */ query, /** @type {number} */ key) => run.attention.at(this.at(run, layer, head, query, key));
      const label = `Attention of ${run.name}, layer ${run.attentionLayers[layer]}, head ${run.heads[head]}`;
      this.heats[index].show({ rows: words, columns: words, square: true, scale: this.scale, value, label });
      this.lines[index].show({ tokens: words, value, limit: this.data.limits.attention, label: `${label}, as lines` });
    });
    this.hint(this.invitation);
    this.mark();
  }

  clamp(/** @type {any} */ run) {
    return { layer: Math.min(this.chosen.layer, run.attentionLayers.length - 1), head: Math.min(this.chosen.head, run.heads.length - 1) };
  }

  at(/** @type {any} */ run, /** @type {number} */ layer, /** @type {number} */ head, /** @type {number} */ query, /** @type {number} */ key) {
    const [, sequences, heads, size] = run.attention.shape;
    return ((((layer * sequences + this.state.sequence) * heads + head) * size) + this.rows[query].at) * size + this.rows[key].at;
  }

  tokensAt(/** @type {any} */ cell) { return this.keysOf(cell.row); }

  describe(/** @type {any} */ { row, column }) {
    const [query, key] = [this.rows[row], this.rows[column]];
    const run = this.runs[0];
    const { layer, head } = this.clamp(run);
    const where = `attentions[${run.attentionLayers[layer] - 1}][${this.data.shown[this.state.sequence]}, ${run.heads[head]}, ${query.at}, ${key.at}]`;
    this.read(`“${query.words ?? query.text}” takes from “${key.words ?? key.text}”: ${this.data.block === 1 ? where : "mean of the block"}`, (one) => {
      const at = this.clamp(one);
      return one.attention.text(this.at(one, at.layer, at.head, row, column));
    });
  }

  mark() {
    const rows = this.rows.map(({ keys }, row) => (keys.some((key) => this.explorer.isMarked(key)) ? row : -1)).filter((row) => row >= 0);
    this.markCells(this.cell ? [this.cell.row] : rows, this.cell ? [this.cell.column] : []);
    for (const lines of this.lines) lines.mark(rows);
  }
}

/** Scores before softmax. */
class Logits extends HeatPicture {
  static field = "logits";

  constructor(/** @type {any} */ explorer) {
    super(explorer);
    this.invitation = "One score for each label; softmax turns a row to probabilities.";
    this.scale = new Scale(this.data.colours.diverging, this.data.limits.logits, true);
    this.element.append(this.scale.legend("score (common scale)"));
  }

  refresh() {
    const perToken = this.runs[0].logits.shape.length === 3;
    this.rows = perToken
      ? this.explorer.visible(this.state.sequence).map((token) => ({ text: token.text, at: token.slot * this.runs[0].logits.shape[1] + token.position, keys: [token.key] }))
      : this.data.shown.map((/** @type {number} */ index, /** @type {number} */ slot) => ({ text: `${index}  ${this.data.sequences[index].label}`, at: slot, keys: [] }));
    this.runs.forEach((run, index) => {
      this.heats[index].show({
        rows: this.rows.map(({ text }) => text), columns: run.labels, square: false, scale: this.scale,
        write: run.labels.length > 12 ? undefined : (row, column) => signed(run.logits.at(this.at(run, row, column)), 2),
        label: `Logits of ${run.name}`, value: (row, column) => run.logits.at(this.at(run, row, column)),
      });
      this.heats[index].element.classList.toggle("ck-heat-wide-labels", !perToken);
    });
    this.hint(this.invitation);
    this.mark();
  }

  at(/** @type {any} */ run, /** @type {number} */ row, /** @type {number} */ column) {
    return this.rows[row].at * run.logits.shape[run.logits.shape.length - 1] + column;
  }

  tokensAt(/** @type {any} */ cell) { return this.rows[cell.row].keys; }

  describe(/** @type {any} */ { row, column }) {
    this.read(`“${this.rows[row].text}”, ${this.runs[0].labels[column]}`, (run) => run.logits.text(this.at(run, row, column)));
  }

  mark() {
    this.markCells(this.rows.map(({ keys }, row) => (keys.some((key) => this.explorer.isMarked(key)) ? row : -1)).filter((row) => row >= 0), []);
  }
}

const PICTURES = { hidden: ["Hidden states", Hidden], tokens: ["Tokens alike", Tokens], sequences: ["Sequences alike", Sequences],
  map: ["Map", TokenMap], attention: ["Attention", Attention], logits: ["Logits", Logits] };

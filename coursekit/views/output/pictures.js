// The pictures of attention and logits, and the list of all pictures.

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
      this.heats[index].show({ rows: words, columns: words, square: true, scale: this.scale, value, label, corner: "query ↓  key →" });
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

/** Scores before softmax: of each label, or the highest of many labels. */
class Logits extends HeatPicture {
  static field = "logits";

  constructor(/** @type {any} */ explorer) {
    super(explorer);
    this.invitation = this.runs[0].words
      ? "The highest scores of each row, and what they stand for; softmax over all scores turns them to probabilities."
      : "One score for each label; softmax turns a row to probabilities.";
    this.scale = new Scale(this.data.colours.diverging, this.data.limits.logits, true);
    this.element.append(this.scale.legend("score (common scale)"));
  }

  refresh() {
    const perToken = this.runs[0].logits.shape.length === 3;
    this.rows = perToken
      ? this.explorer.visible(this.state.sequence).map((token) => ({ text: token.text, at: token.slot * this.runs[0].logits.shape[1] + token.position, keys: [token.key] }))
      : this.data.shown.map((/** @type {number} */ index, /** @type {number} */ slot) => ({ text: `${index}  ${this.data.sequences[index].label}`.trim(), at: slot, keys: [] }));
    this.runs.forEach((run, index) => {
      this.heats[index].show({
        rows: this.rows.map(({ text }) => text), columns: run.labels, square: false, scale: this.scale,
        write: run.labels.length > 12 ? undefined : (row, column) => run.words?.[this.at(run, row, column)] ?? signed(run.logits.at(this.at(run, row, column)), 2),
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
    const word = (/** @type {any} */ run) => (run.words ? `“${run.words[this.at(run, row, column)]}” ` : "");
    this.read(`“${this.rows[row].text}”, ${this.runs[0].labels[column]}`, (run) => `${word(run)}${run.logits.text(this.at(run, row, column))}`);
  }

  mark() {
    this.markCells(this.rows.map(({ keys }, row) => (keys.some((key) => this.explorer.isMarked(key)) ? row : -1)).filter((row) => row >= 0), []);
  }
}

const PICTURES = { hidden: ["Hidden states", Hidden], tokens: ["Tokens alike", Tokens], sequences: ["Sequences alike", Sequences],
  map: ["Map", TokenMap], attention: ["Attention", Attention], logits: ["Logits", Logits] };

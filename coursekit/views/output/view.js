// OutputExplorer: the fields of an output, its tokens, and the pictures that they choose and mark.

const NUMBERS = ["hidden", "tokens", "sequences", "map", "attention", "logits"];

class CkOutputExplorer extends CkExplorer {
  draw(/** @type {any} */ data, /** @type {HTMLElement} */ root) {
    this.data = data;
    for (const run of data.runs) for (const name of NUMBERS) if (run[name]) run[name] = new Numbers(run[name]);
    this.state = { sequence: 0, layer: Math.max(...data.runs.map((/** @type {any} */ run) => run.layers.length)) - 1, special: true, padding: false };
    this.pointed = [];
    this.pinned = null;
    this.few = data.shown.length <= 8 && this.visible(null).length <= 64;
    root.append(
      h("h3", {}, data.title), this.anatomy(),
      ...data.notes.map((/** @type {string} */ note) => h("p", { class: "ck-note" }, note)),
      this.tokenStrip(), this.tabs(),
      h("p", { class: "ck-muted ck-precision" }, data.exact
        ? "The page holds the numbers themselves (float32)."
        : "The page holds one byte for each number of a large picture: wrong by at most 1/255 of full scale after a square root. Point at a cell to read by how much."));
    root.addEventListener("keydown", (event) => { if (event.key === "Escape") this.pin(null); });
    this.open(data.picture);
  }

  /** The fields, their shapes with named axes, and where the numbers come from. */
  anatomy() {
    const chip = (/** @type {any[]} */ [name, size]) => h("span", { class: `ck-axis ck-axis-${name}` }, h("b", {}, grouped(size)), h("small", {}, name));
    const shape = (/** @type {any} */ field) => (field.axes.length
      ? h("span", { class: "ck-axes" }, ...field.axes.flatMap((/** @type {any} */ axis, /** @type {number} */ index) =>
        [index ? h("span", { class: "ck-times", "aria-hidden": "true" }, "×") : null, chip(axis)]))
      : h("span", { class: "ck-muted" }, field.withoutAxes));
    const row = (/** @type {any} */ field) => h("tr", {},
      h("th", { scope: "row" }, h("code", {}, field.name)),
      h("td", {}, shape(field)), h("td", {}, h("code", {}, field.dtype)),
      h("td", {}, field.meaning, field.notFinite ? h("strong", { class: "ck-bad" }, ` ${grouped(field.notFinite)} of its numbers are NaN or infinite.`) : null));
    const groups = new Map();
    for (const run of this.data.runs) {
      const key = JSON.stringify([run.kind, run.fields.map((/** @type {any} */ field) => ({ ...field, notFinite: 0 }))]);
      groups.set(key, [...(groups.get(key) ?? []), run]);
    }
    const origins = new Map();
    for (const run of this.data.runs) {
      for (const field of run.fields) for (const [name, size, origin] of field.axes) if (origin) origins.set(`${name}${size}${origin}`, [name, size, origin]);
    }
    return h("section", { class: "ck-anatomy", "aria-label": "Fields of the output" },
      ...[...groups.values()].map((runs) => h("div", { class: "ck-scroll", tabindex: 0, role: "group", "aria-label": `Fields of ${runs[0].name}` },
        h("table", { class: "ck-table" },
          h("caption", {}, `${runs[0].kind}${this.data.runs.length > 1 ? ` (${runs.map((/** @type {any} */ run) => run.name).join(", ")})` : ""}`),
          h("thead", {}, h("tr", {}, ...["Field", "Shape", "dtype", "What it holds"].map((name) => h("th", { scope: "col" }, name)))),
          h("tbody", {}, ...runs[0].fields.map(row))))),
      h("dl", { class: "ck-origins" }, ...[...origins.values()].map(([name, size, origin]) =>
        h("div", {}, h("dt", { class: `ck-axis-${name}` }, `${name} ${grouped(size)}`), h("dd", {}, origin)))),
      ...this.missing());
  }

  missing() {
    const seen = new Map();
    for (const run of this.data.runs) for (const one of run.missing) seen.set(one.name + one.line, one);
    return [...seen.values()].map((one) => h("p", { class: "ck-note" }, h("code", {}, one.name), ` is not here. ${one.reason} `, h("code", { class: "ck-line-to-change" }, one.line)));
  }

  /** The tokens: pointing at one marks it in every picture, a click keeps it marked. */
  tokenStrip() {
    this.strip = h("div", { class: "ck-strip" });
    const kinds = new Set(this.data.shown.flatMap((/** @type {number} */ _, /** @type {number} */ slot) => this.all(slot).map(({ kind }) => kind)));
    const toggle = (/** @type {string} */ name, /** @type {"special"|"padding"} */ key) => (kinds.has(key)
      ? h("label", { class: "ck-toggle" }, h("input", { type: "checkbox", checked: this.state[key],
        onchange: (/** @type {any} */ event) => { this.state[key] = event.target.checked; this.fillStrip(); this.picture.refresh(); } }), name)
      : null);
    this.chooser = this.data.shown.length > 8
      ? h("label", { class: "ck-toggle" }, "Sequence ", h("select", { class: "ck-select", onchange: (/** @type {any} */ event) => this.choose(Number(event.target.value)) },
        ...this.data.shown.map((/** @type {number} */ index, /** @type {number} */ slot) => h("option", { value: slot }, `${index}  ${this.data.sequences[index].label}`))))
      : null;
    this.fillStrip();
    return h("section", { class: "ck-tokens", "aria-label": "Tokens" },
      h("div", { class: "ck-controls" }, h("h4", {}, "Tokens"), this.chooser, toggle("Special tokens", "special"), toggle("Padding", "padding")), this.strip);
  }

  fillStrip() {
    const slots = this.data.shown.length > 8 ? [this.state.sequence] : this.data.shown.map((/** @type {number} */ _, /** @type {number} */ slot) => slot);
    this.chips = new Map();
    this.strip.replaceChildren(...slots.map((/** @type {number} */ slot) => {
      const chosen = slot === this.state.sequence;
      const name = this.data.shown.length > 1
        ? h("button", { type: "button", class: "ck-button ck-sequence", "aria-pressed": String(chosen), "aria-label": `Sequence ${this.data.shown[slot]}`, onclick: () => this.choose(slot) }, this.data.shown[slot])
        : null;
      const chips = this.visible(slot).map((token, index) => {
        const chip = h("button", {
          type: "button", class: `ck-token ck-token-${token.kind}`, "aria-pressed": "false", tabindex: index ? -1 : 0,
          title: token.id === null ? null : `id ${token.id}`,
          onpointerenter: () => this.point([token.key]), onpointerleave: () => this.point([]),
          onfocus: () => this.point([token.key]), onblur: () => this.point([]),
          onclick: () => this.pin(this.pinned === token.key ? null : token.key),
        }, token.text);
        this.chips.set(token.key, chip);
        return chip;
      });
      return h("div", { class: "ck-strip-row", role: "group", "aria-label": `Tokens of sequence ${this.data.shown[slot]}`,
        onkeydown: (/** @type {KeyboardEvent} */ event) => roam(event, chips) }, name, h("div", { class: "ck-strip-chips" }, ...chips));
    }));
  }

  /** A tab for each picture. */
  tabs() {
    this.panel = h("div", { role: "tabpanel", class: "ck-panel" });
    this.made = new Map();
    const there = Object.entries(PICTURES).filter(([name]) => this.data.runs.some((/** @type {any} */ run) => run[name])
      && !(name === "sequences" && this.data.sequences.length < 2));
    this.tabButtons = new Map(there.map(([name, [title]]) => [name, h("button", {
      type: "button", role: "tab", class: "ck-tab", onclick: () => this.open(name),
    }, title)]));
    const bar = h("div", { role: "tablist", class: "ck-tabs", "aria-label": "Pictures",
      onkeydown: (/** @type {KeyboardEvent} */ event) => roam(event, [...this.tabButtons.values()], true) }, ...this.tabButtons.values());
    return h("section", { class: "ck-pictures", "aria-label": "Pictures" }, bar, this.panel);
  }

  open(/** @type {string} */ wanted) {
    const name = this.tabButtons.has(wanted) ? wanted : this.tabButtons.keys().next().value;
    for (const [other, button] of this.tabButtons) {
      button.setAttribute("aria-selected", String(other === name));
      button.tabIndex = other === name ? 0 : -1;
    }
    if (!this.made.has(name)) this.made.set(name, new PICTURES[name][1](this));
    this.picture = this.made.get(name);
    this.panel.setAttribute("aria-label", PICTURES[name][0]);
    this.panel.replaceChildren(this.picture.element);
    this.picture.refresh();
  }

  choose(/** @type {number} */ slot) {
    this.state.sequence = slot;
    this.fillStrip();
    this.picture.refresh();
  }

  /** @param {string[]} keys the tokens that are pointed at now */
  point(keys) { this.pointed = keys; this.showMarks(); }

  pin(/** @type {string|null} */ key) { this.pinned = key; this.showMarks(); }

  showMarks() {
    for (const [key, chip] of this.chips) {
      chip.classList.toggle("ck-on", this.isMarked(key));
      chip.setAttribute("aria-pressed", String(key === this.pinned));
    }
    this.picture.mark();
  }

  isMarked(/** @type {string} */ key) { return this.pointed.length ? this.pointed.includes(key) : key === this.pinned; }

  token(/** @type {number} */ slot, /** @type {number} */ position) {
    const sequence = this.data.shown[slot];
    const [text, kind, id] = this.data.sequences[sequence].tokens[position];
    return { text, kind, id, slot, sequence, position, key: `${slot}:${position}` };
  }

  /** All tokens of a shown sequence. */
  all(/** @type {number} */ slot) {
    return this.data.sequences[this.data.shown[slot]].tokens.map((/** @type {any} */ _, /** @type {number} */ position) => this.token(slot, position));
  }

  isVisible(/** @type {any} */ token) { return token.kind === "real" || this.state[token.kind]; }

  /** The tokens that are not hidden, of one shown sequence or of all; never none. */
  visible(/** @type {number|null} */ slot) {
    const tokens = slot === null ? this.data.shown.flatMap((/** @type {number} */ _, /** @type {number} */ each) => this.all(each)) : this.all(slot);
    const kept = tokens.filter((token) => this.isVisible(token));
    return kept.length ? kept : tokens;
  }
}

/** Move the focus among buttons with the arrow keys, Home and End. */
function roam(/** @type {KeyboardEvent} */ event, /** @type {HTMLElement[]} */ buttons, click = false) {
  const at = buttons.indexOf(/** @type {HTMLElement} */ (event.target));
  const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  const button = buttons[(next + buttons.length) % buttons.length];
  for (const other of buttons) other.tabIndex = other === button ? 0 : -1;
  button.focus();
  if (click) button.click();
}

define("ck-output-explorer", CkOutputExplorer);

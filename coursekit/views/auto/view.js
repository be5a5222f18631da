// From a name to a model: the steps as a path, and beside it what the chosen step looked at.

const TRACE_MARKS = { done: "✓", failed: "✗" };
const TRACE_STATES = { done: "done", failed: "fails here", "not reached": "not reached" };

define("ck-auto-model-trace", class extends CkExplorer {
  draw(/** @type {any} */ data, /** @type {HTMLElement} */ root) {
    this.data = data;
    const failed = data.steps.findIndex((/** @type {any} */ step) => step.state === "failed");
    this.detail = h("section", { class: "ck-trace-detail", role: "tabpanel", tabindex: 0 });
    this.tabs = data.steps.map((/** @type {any} */ step, /** @type {number} */ at) => h("button", {
      type: "button", role: "tab", class: `ck-trace-step ck-trace-${step.state.replace(" ", "-")}`,
      "aria-selected": "false", tabindex: -1, onclick: () => this.choose(at),
    },
    h("span", { class: "ck-trace-mark", "aria-hidden": "true" }, TRACE_MARKS[step.state] ?? String(at + 1)),
    h("span", { class: "ck-trace-words" },
      h("span", { class: "ck-trace-title" }, `${at + 1}. ${step.title}`),
      h("span", { class: "ck-trace-answer" }, step.answer || TRACE_STATES[step.state],
        step.state === "failed" ? h("span", { class: "ck-visually-hidden" }, " (this step fails)") : null))));
    root.append(
      h("h3", { class: "ck-trace-call" }, h("code", {}, data.call)),
      h("p", { class: `ck-note ${failed >= 0 ? "ck-error" : data.fresh.length ? "ck-warning" : ""}` }, data.outcome),
      h("div", { class: "ck-trace" },
        h("div", { role: "tablist", "aria-orientation": "vertical", "aria-label": "Steps", class: "ck-trace-path",
          onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event) }, ...this.tabs),
        this.detail));
    this.choose(failed >= 0 ? failed : data.fresh.length ? data.steps.length - 1 : 3);
  }

  key(/** @type {KeyboardEvent} */ event) {
    const last = this.tabs.length - 1;
    /** @type {Record<string, number>} */
    const moves = { ArrowDown: Math.min(this.at + 1, last), ArrowUp: Math.max(this.at - 1, 0), Home: 0, End: last };
    if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation(); // a notebook moves between cells with the same keys
    this.choose(moves[event.key]);
    this.tabs[this.at].focus();
  }

  choose(/** @type {number} */ at) {
    this.at = at;
    const step = this.data.steps[at];
    this.tabs.forEach((/** @type {HTMLElement} */ tab, /** @type {number} */ other) => {
      tab.setAttribute("aria-selected", String(other === at));
      tab.setAttribute("tabindex", other === at ? "0" : "-1");
    });
    this.detail.setAttribute("aria-label", step.title);
    const reached = step.state !== "not reached";
    this.detail.replaceChildren(...[
      h("h4", {}, step.title),
      reached ? h("p", { class: "ck-trace-result" }, step.answer) : h("p", { class: "ck-muted" }, "An earlier step fails, so this one is not reached."),
      ...step.notes.map((/** @type {string} */ note) => h("p", {}, note)),
      step.reason ? h("div", { class: "ck-note ck-error" }, h("p", { class: "ck-muted" }, "transformers says:"), h("p", { class: "ck-mono ck-trace-reason" }, step.reason)) : null,
      ...this.extras(at, reached),
    ].filter(Boolean));
  }

  /** What a step looked at: the config, the mapping, the files, the tensors. */
  extras(/** @type {number} */ at, /** @type {boolean} */ reached) {
    const { data } = this;
    if (at === 1 && data.settings.length) return [this.settings()];
    if (at === 3 && (reached || data.modelType)) return [this.mapping()];
    if (at === 4 && data.files.length) {
      return [this.plain("Weight files", ["File", "Size", "What becomes of it", "Why"], data.files, (row) => row[2] === "taken")];
    }
    if (at !== 5) return [];
    return [
      data.fresh.length ? this.plain("Newly initialized", ["Tensor", "Shape", "Its numbers"], data.fresh) : null,
      data.surplus.length ? this.plain(`Not used by ${data.modelClass}`, ["Tensor"], data.surplus.map((/** @type {string} */ name) => [name])) : null,
    ];
  }

  settings() {
    return h("dl", { class: "ck-trace-json ck-mono", "aria-label": "config.json" },
      ...this.data.settings.map((/** @type {string[]} */ [name, value]) => h("div", { class: name === "model_type" ? "ck-trace-marked" : "" },
        h("dt", {}, `"${name}"`), h("dd", {}, value))));
  }

  /** The mapping of the auto class: which class other architectures would get. */
  mapping() {
    const { rows, modelType, auto } = this.data;
    const objects = rows.map((/** @type {string[]} */ [type, name]) => ({ type, name }));
    const table = virtualTable({
      label: `Mapping of ${auto}`, noun: ["architecture", "architectures"], height: 240, minWidth: "20em",
      placeholder: "Search: gpt2, roberta, ...",
      columns: [
        { title: "model_type", width: "minmax(8em, 1fr)", value: (row) => row.type, mono: true },
        { title: `${auto} makes a`, width: "minmax(11em, 1.6fr)", value: (row) => row.name, mono: true },
      ],
      rows: objects, onselect: () => {}, signal: this.signal,
    });
    const chosen = objects.find((/** @type {any} */ row) => row.type === modelType);
    if (chosen) requestAnimationFrame(() => table.select(chosen));
    return h("div", {}, h("p", { class: "ck-muted" }, "The whole mapping. Look up what another model_type would become."), table.element);
  }

  /** A small table. @param {(row: string[]) => boolean} [marked] */
  plain(/** @type {string} */ caption, /** @type {string[]} */ columns, /** @type {string[][]} */ rows, marked = () => false) {
    return h("div", { class: "ck-trace-scroll", tabindex: 0, role: "region", "aria-label": caption },
      h("table", { class: "ck-table" }, h("caption", {}, caption),
        h("thead", {}, h("tr", {}, ...columns.map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, ...rows.map((row) => h("tr", { class: marked(row) ? "ck-trace-marked" : "" },
          ...row.map((cell, at) => (at ? h("td", {}, cell) : h("th", { scope: "row", class: "ck-mono" }, cell))))))));
  }
});

// The picture of a model, and what each attribute of the config shapes. Shapes and the tree are in model_tree.js.

const arrow = (/** @type {Dimension[]|null} */ shape) => h("div", { class: "ck-arrow" }, shapeNode(shape));
const percent = (/** @type {number} */ part, /** @type {number} */ whole) => shareText(whole ? part / whole : 0);

class CkModelMap extends CkExplorer {
  draw(/** @type {any} */ data, /** @type {HTMLElement} */ root) {
    root.classList.add("ck-map");
    this.root = root;
    this.models = data.models;
    this.chosen = null; // the attribute's name
    /** @type {{part: any, model: any, button: HTMLElement}[]} */
    this.blocks = [];
    this.says = h("p", { class: "ck-says", role: "status" });
    this.panel = h("section", { class: "ck-panel", "aria-label": "Details of the chosen block" });
    const two = data.models.length > 1;
    const [choice, others] = this.attributes();
    const towers = data.models.flatMap((/** @type {any} */ model) => this.picture(model, two));
    const pictured = data.models.some((/** @type {any} */ model) => model.towers.length);
    const side = h("aside", { class: "ck-side", "aria-label": "Details" }, pictured ? this.panel : null, pictured
      ? h("p", { class: "ck-muted ck-legend" }, "A bar shows the share of the whole model; inside a layer, the share of the layer.") : null, ...others);
    this.tree = new ModelTree(data.models, () => this.applyLight());
    root.append(
      h("div", { class: "ck-heads" }, ...data.models.map((/** @type {any} */ model) => h("div", {}, h("h3", {}, model.name), h("p", { class: "ck-lead" }, model.line)))),
      ...choice, h("div", { class: `ck-body${pictured ? "" : " ck-wide"}` }, h("div", { class: "ck-towers" }, ...towers), side), this.tree.element);
    const layers = this.blocks.filter(({ part, model }) => part.kind === "layers" && model === data.models[0]);
    this.select(layers.reduce((/** @type {any} */ most, one) => (one.part.parameters > (most?.part.parameters ?? -1) ? one : most), null));
    this.light(null);
    root.addEventListener("keydown", (event) => { if (event.key === "Escape") { this.light(null); this.select(null); } });
  }

  // Attributes

  /** The buttons of attributes that shape something, and the lists of all others. */
  attributes() {
    /** @type {Map<string, any[]>} */
    const byName = new Map();
    for (const model of this.models) for (const one of model.attributes) byName.set(one[0], [...(byName.get(one[0]) || []), one]);
    /** @type {Record<string, any[]>} */
    const groups = { shapes: [], modules: [], nothing: [], untested: [], unset: [] };
    for (const [name, ones] of byName) {
      const value = [...new Set(ones.map((one) => one[1]))].join(" | ");
      const kind = ["shapes", "modules", "nothing"].find((kind) => ones.some((one) => one[2] === kind))
        || (ones.every((one) => one[3] === "not set") ? "unset" : "untested");
      groups[kind].push({ name, value, note: ones[0][3] || "not tried" });
    }
    const shaping = [...groups.shapes, ...groups.modules];
    if (!shaping.length) return [[], []];
    this.chips = shaping.map(({ name, value }) => h("button", {
      class: "ck-chip", type: "button", "aria-pressed": "false", "data-name": name,
      onclick: () => this.light(this.chosen === name ? null : name),
    }, name, " ", h("b", {}, value)));
    const list = (/** @type {string} */ title, /** @type {string[]} */ names) => names.length
      ? h("details", { class: "ck-idle" }, h("summary", {}, `${title} (${names.length})`), h("p", { class: "ck-mono ck-muted" }, names.join(", ")))
      : null;
    const choice = [
      h("h4", {}, "Choose an attribute: what does it shape?"),
      h("div", { class: "ck-chips", role: "group", "aria-label": "Attributes of the config", onkeydown: (/** @type {KeyboardEvent} */ event) => this.move(event, this.chips) }, ...this.chips),
      this.says,
    ];
    const others = [
      list("Shape nothing, used at run time", groups.nothing.map(({ name, value }) => `${name} = ${value}`)),
      list("Not tried", groups.untested.map(({ name, value, note }) => `${name} = ${value} (${note})`)),
      list("Not set", groups.unset.map(({ name }) => name)),
    ].filter(Boolean);
    return [choice, [h("h5", {}, "All other attributes"), ...others]];
  }

  /** Arrow keys move between the buttons of a row. */
  move(/** @type {KeyboardEvent} */ event, /** @type {HTMLElement[]} */ items) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const at = items.indexOf(/** @type {HTMLElement} */ (this.shadowRoot.activeElement));
    if (at < 0) return;
    event.preventDefault();
    items[(at + step + items.length) % items.length].focus();
  }

  /** Light up everything that an attribute shapes; null puts the light out. */
  light(/** @type {string|null} */ name) {
    this.chosen = name;
    for (const chip of this.chips || []) chip.setAttribute("aria-pressed", String(chip.dataset.name === name));
    const sentences = this.models.map((/** @type {any} */ model) => {
      const one = model.attributes.find((/** @type {any} */ each) => each[0] === name);
      if (!one) return null;
      const who = this.models.length > 1 ? `${model.name}: ` : "";
      if (one[2] === "modules" && !one[5]) return `${who}${name} decides which modules are built; no tensor of this model has a dimension of its size.`;
      if (one[2] !== "shapes") return `${who}${name} shapes nothing.`;
      return `${who}${name} = ${one[1]} shapes ${plural(one[4], "tensor")} with ${plural(one[5], "parameter")}, ${percent(one[5], model.parameters)} of the model.`;
    }).filter(Boolean);
    this.says.textContent = sentences.join(" ") || "Everything that it shapes lights up, in the picture and in the tree.";
    this.says.classList.toggle("ck-muted", !name);
    this.applyLight();
  }

  applyLight() {
    const name = this.chosen;
    const numbers = this.models.map((/** @type {any} */ model) => model.attributes.findIndex((/** @type {any} */ each) => each[0] === name));
    const hit = (/** @type {string|undefined} */ held, /** @type {number} */ model) =>
      name !== null && held !== undefined && held.split(" ").includes(String(numbers[model]));
    for (const element of this.root.querySelectorAll("[data-attributes]")) {
      const model = this.models.indexOf(this.tree?.model);
      const at = Number(element.closest("[data-model]")?.getAttribute("data-model") ?? model);
      const lit = hit(element.dataset.attributes, at);
      if (element.matches(".ck-block")) {
        element.classList.toggle("ck-dimmed", name !== null && !lit);
        element.classList.toggle("ck-lit-block", lit);
      } else if (element.matches(".ck-item")) element.classList.toggle("ck-lit", lit);
      else element.classList.toggle("ck-lit-dim", lit);
    }
  }

  // Picture

  picture(/** @type {any} */ model, /** @type {boolean} */ named) {
    if (!model.towers.length) {
      return [h("div", { class: "ck-tower" }, named ? h("h4", {}, model.name) : null,
        h("p", { class: "ck-note" }, `No picture: ${model.reason}. The tree below is complete.`))];
    }
    const at = this.models.indexOf(model);
    return model.towers.map((/** @type {any} */ tower, /** @type {number} */ index) => {
      const title = [named ? model.name : "", tower.title].filter(Boolean).join(", ");
      const box = h("section", { class: "ck-tower", "data-model": at, "aria-label": title || model.name }, title ? h("h4", {}, title) : null);
      box.append(h("div", { class: "ck-data" }, tower.input[0]), arrow(tower.input[1]));
      tower.stages.forEach((/** @type {any} */ stage, /** @type {number} */ order) => {
        box.append(stage.kind === "layers" ? this.stack(model, stage) : this.block(model, stage, model.parameters));
        const given = tower.outputs.filter((/** @type {any} */ output) => output[2] === order);
        const last = order === tower.stages.length - 1;
        if (given.length || !last) box.append(arrow(stage.shape));
        given.forEach((/** @type {any} */ [name, shape], /** @type {number} */ nth) => box.append(...(nth ? [arrow(shape)] : []), h("div", { class: "ck-data" }, name)));
        if (given.length && !last) box.append(arrow(null));
      });
      if (index && tower.stages.some((/** @type {any} */ stage) => stage.steps.some((/** @type {any} */ step) => step.kind === "cross-attention"))) {
        box.children[1].before(h("p", { class: "ck-muted ck-crossing" }, `Its cross-attention looks at ${model.towers[0].outputs[0]?.[0] ?? "the encoder"}.`));
      }
      if (index === model.towers.length - 1) box.append(...model.notes.map((/** @type {string} */ note) => h("p", { class: "ck-muted ck-note-below" }, note)));
      return box;
    });
  }

  block(/** @type {any} */ model, /** @type {any} */ part, /** @type {number} */ whole, /** @type {string} */ note = "") {
    const attributes = [...new Set([...part.attributes, ...(part.repeatAttributes || [])])];
    const times = part.calls ? part.calls[0] : part.repeat;
    const layers = part.kind === "layers";
    const title = layers && times > 1 ? `${times} × ${part.title.toLowerCase()}` : part.title;
    const shared = !part.parameters && (part.tied || part.terms.length) ? "shared, counted once" : null;
    const button = h("button", {
      class: `ck-block ck-kind-${part.kind}`, type: "button", "aria-pressed": "false", "data-attributes": attributes.join(" "),
      onclick: () => this.select(this.selected?.part === part ? null : { part, model, button }),
    },
    h("span", { class: "ck-line" }, h("strong", {}, title),
      h("span", { class: "ck-class" }, part.class || null, layers && part.calls ? ` called ${part.calls[1]} times, the same weights each time` : layers && part.repeatName ? ` ${part.repeatName}` : null),
      h("span", { class: "ck-count" }, shared || grouped(part.parameters), shared ? null : h("i", {}, percent(part.parameters, whole)))),
    note ? h("span", { class: "ck-beside" }, note) : null,
    h("span", { class: "ck-share", style: "display:block", "aria-hidden": "true" }, h("span", { style: `width:${((100 * part.parameters) / (whole || 1)).toFixed(2)}%` })));
    this.blocks.push({ part, model, button });
    return button;
  }

  stack(/** @type {any} */ model, /** @type {any} */ stage) {
    const many = stage.repeat > 1 || stage.calls;
    const top = h("div", { class: "ck-top" }, this.block(model, stage, model.parameters));
    const box = h("div", { class: `ck-stack${many ? " ck-many" : ""}` }, top);
    if (!stage.steps.length) {
      box.append(h("p", { class: "ck-muted ck-beside" }, `Its inside is no row of blocks: ${stage.unread || "it has no weights"}. The tree shows it.`));
      return box;
    }
    const steps = this.steps(model, stage);
    const fold = h("button", { class: "ck-button ck-fold", type: "button" });
    const set = (/** @type {boolean} */ open) => {
      steps.hidden = !open;
      fold.setAttribute("aria-expanded", String(open));
      fold.textContent = open ? "Fold" : "Unfold";
    };
    fold.addEventListener("click", () => set(fold.getAttribute("aria-expanded") !== "true"));
    // Of several kinds of layers only the largest opens, so that the picture stays in sight; of two models none.
    const kinds = model.towers.find((/** @type {any} */ tower) => tower.stages.includes(stage)).stages.filter((/** @type {any} */ one) => one.kind === "layers");
    set(this.models.length === 1 && kinds.every((/** @type {any} */ one) => one === stage || one.parameters < stage.parameters));
    top.append(fold);
    box.append(steps);
    return box;
  }

  /** The inside of one layer: a grid, so that a skipping connection is one element that spans its rows. */
  steps(/** @type {any} */ model, /** @type {any} */ stage) {
    const grid = h("div", { class: "ck-steps", role: "group", "aria-label": `Inside one ${stage.class}` });
    /** @type {number[]} */
    const starts = []; // the row of each step
    let row = 1;
    const put = (/** @type {Node} */ node, kind = "") => grid.append(h("div", { class: `ck-row ${kind}`, style: `grid-row:${row++}` }, node));
    const block = (/** @type {any} */ step) => this.block(model, step, stage.layer,
      step.kind === "cross-attention" && model.towers.length > 1 ? `looks at ${model.towers[0].outputs[0]?.[0] ?? "the encoder"}` : "");
    for (let at = 0; at < stage.steps.length;) {
      const end = this.branchesEnd(stage.steps, at);
      const last = stage.steps[end];
      for (let each = at; each <= end; each += 1) starts[each] = row;
      if (last.kind === "apart") {
        put(block(last), "ck-apart");
      } else {
        put(arrow(at ? stage.steps[at - 1].shape : stage.takes), end > at ? "ck-splits" : "");
        put(end > at ? this.branches(stage.steps.slice(at, end + 1), at, block) : block(last));
      }
      if (last.added !== null || last.met) {
        if (last.added !== null) grid.append(h("div", { class: "ck-skip", style: `grid-row:${starts[last.added]}/${row + 1}`, "aria-hidden": "true" }));
        const said = [last.met ? "what the branches gave" : null, last.added === null ? null : `the input of ${stage.steps[last.added].title}`].filter(Boolean).join(" and ");
        put(h("span", { role: "img", "aria-label": `${said} is added` }, "+"), "ck-add");
      }
      at = end + 1;
    }
    return grid;
  }

  /** The last step of the branches that begin with the step `at`; `at` itself where it is no branch. */
  branchesEnd(/** @type {any[]} */ steps, /** @type {number} */ at) {
    if (!steps.some((step, index) => index > at && step.beside === at)) return at;
    const end = steps.findIndex((step, index) => index > at && step.met);
    return end < 0 ? steps.length - 1 : end;
  }

  /** Branches on one input, side by side. */
  branches(/** @type {any[]} */ steps, /** @type {number} */ first, /** @type {(step: any) => HTMLElement} */ block) {
    const columns = [h("div", {})];
    steps.forEach((step, index) => {
      if (index && step.beside === first) columns.push(h("div", {}));
      columns.at(-1).append(arrow(columns.at(-1).childElementCount ? steps[index - 1].shape : null), block(step));
    });
    return h("div", { class: "ck-branches", style: `--columns:${columns.length}` }, ...columns);
  }

  // Details

  showHint() {
    this.panel.replaceChildren(h("h4", {}, "Choose a block"),
      h("p", { class: "ck-muted" }, "It tells you its tensors, its attributes, and how its parameters are counted."));
  }

  select(/** @type {{part: any, model: any, button: HTMLElement}|null} */ chosen) {
    this.selected = chosen;
    for (const block of this.root.querySelectorAll(".ck-block")) block.setAttribute("aria-pressed", String(block === chosen?.button));
    if (!chosen) { this.showHint(); return; }
    const { part, model } = chosen;
    const terms = part.terms.map((/** @type {any} */ [count, shape, total]) => h("tr", {},
      h("td", {}, count > 1 ? `${grouped(count)} × ` : null, shapeNode(shape),
        h("br"), h("span", { class: "ck-muted" }, [...(count > 1 ? [grouped(count)] : []), ...shape.map((/** @type {Dimension} */ one) => grouped(one[0]))].join(" × "))),
      h("td", {}, grouped(total))));
    const one = part.terms.reduce((/** @type {number} */ sum, /** @type {any} */ term) => sum + term[2], 0);
    const layers = part.kind === "layers" && part.repeat > 1;
    const attributes = [...new Set([...part.attributes, ...(part.repeatAttributes || [])])];
    this.panel.replaceChildren(...[
      h("h4", {}, part.kind === "layers" ? part.class : part.title),
      ...part.about.filter((/** @type {any} */ [name, about]) => about || name !== part.class).slice(0, 3).map((/** @type {any} */ [name, about]) => h("p", {}, h("code", {}, name), about ? `: ${about}` : null)),
      h("p", { class: "ck-muted ck-mono" }, part.paths.slice(0, 8).join(", "), part.paths.length > 8 ? ` and ${part.paths.length - 8} more` : null),
      attributes.length ? h("h5", {}, "Shaped by") : null,
      attributes.length ? h("div", { class: "ck-chips" }, ...attributes.map((number) => h("button", { class: "ck-chip", type: "button", onclick: () => this.light(model.attributes[number][0]) },
        model.attributes[number][0], " ", h("b", {}, model.attributes[number][1])))) : null,
      terms.length ? h("h5", {}, layers ? `Parameters of one ${part.title.toLowerCase()}` : "Parameters") : null,
      terms.length ? h("table", {}, h("tbody", {}, ...terms,
        h("tr", { class: "ck-sum" }, h("td", {}, "together"), h("td", {}, grouped(one))),
        layers ? h("tr", { class: "ck-sum" }, h("td", {}, `× ${part.repeat} ${part.title.toLowerCase()}s`), h("td", {}, grouped(one * part.repeat))) : null)) : null,
      part.tied ? h("p", { class: "ck-muted" }, `${plural(part.tied, "tensor")} tied to an earlier one, counted once.`) : null,
    ].filter(Boolean));
    this.panel.dataset.model = String(this.models.indexOf(model));
    this.applyLight();
  }
}

define("ck-model-map", CkModelMap);

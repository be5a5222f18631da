// The picture of a model, its tree, and what each attribute of the config shapes.
// The words of the payload: a dimension is [size, name, attribute numbers]; without a name it is [size].

/** @typedef {[number, string?, number[]?]} Dimension */

const DATA = new Set(["batch", "sequence", "target sequence"]);
const percent = (/** @type {number} */ part, /** @type {number} */ whole) => {
  const share = whole ? (100 * part) / whole : 0;
  return share > 0 && share < 0.05 ? "< 0.1 %" : `${share.toFixed(1)} %`;
};
const bytes = (/** @type {number} */ count) => {
  for (const [unit, size] of [["TB", 1e12], ["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) {
    if (count >= size) return `${(count / size).toFixed(1)} ${unit}`;
  }
  return `${count} B`;
};
const plural = (/** @type {number} */ count, /** @type {string} */ word) => `${grouped(count)} ${word}${count === 1 ? "" : "s"}`;

/** A shape as text: what search looks into, and what screen readers say. */
const shapeText = (/** @type {Dimension[]} */ shape) =>
  `(${shape.map(([size, name]) => (name ? (DATA.has(name) ? name : `${name} ${size}`) : size)).join(", ")})`;

/** A shape whose dimensions can light up. */
function shapeNode(/** @type {Dimension[]|null} */ shape) {
  if (!shape) return null;
  const parts = shape.map(([size, name, attributes], index) => [
    index ? ", " : null,
    h("span", { "data-attributes": attributes?.join(" ") || null },
      name || null, name && !DATA.has(name) ? " " : null, name && DATA.has(name) ? null : h("b", {}, size)),
  ]);
  return h("span", { class: "ck-shape" }, "(", ...parts.flat(), ")");
}

const arrow = (/** @type {Dimension[]|null} */ shape) => h("div", { class: "ck-arrow" }, shapeNode(shape));

class CkModelMap extends CkExplorer {
  draw(/** @type {any} */ data, /** @type {HTMLElement} */ root) {
    root.classList.add("ck-map");
    this.models = data.models;
    this.model = data.models[0];
    this.chosen = null; // the attribute's name
    this.says = h("p", { class: "ck-says", role: "status" });
    this.panel = h("aside", { class: "ck-panel", "aria-label": "Details of the chosen block" });
    this.treeBox = h("div");
    const two = data.models.length > 1;
    root.append(...data.models.map((/** @type {any} */ model) => [
      h("h3", {}, model.name), h("p", { class: "ck-lead" }, model.line)]).flat());
    root.append(...this.attributeChips());
    root.append(this.says);
    const towers = data.models.flatMap((/** @type {any} */ model) => this.picture(model, two));
    const pictures = h("div", { class: "ck-towers" }, ...towers);
    const hasPicture = data.models.some((/** @type {any} */ model) => model.towers.length);
    root.append(h("div", { class: `ck-body${hasPicture ? "" : " ck-wide"}` }, pictures, hasPicture ? this.panel : null));
    root.append(this.treeBox);
    this.root = root;
    this.showHint();
    this.showTree();
    this.light(null);
    root.addEventListener("keydown", (event) => { if (event.key === "Escape") { this.light(null); this.select(null); } });
  }

  // Attributes

  attributeChips() {
    /** @type {Map<string, any[][]>} */
    const byName = new Map();
    this.models.forEach((/** @type {any} */ model, /** @type {number} */ at) => model.attributes.forEach((/** @type {any} */ one) => {
      if (!byName.has(one[0])) byName.set(one[0], []);
      byName.get(one[0])[at] = one;
    }));
    const shaping = [], idle = [], untested = [], unset = [];
    for (const [name, ones] of byName) {
      const known = ones.filter(Boolean);
      const value = [...new Set(known.map((one) => one[1]))].join(" | ");
      if (known.some((one) => one[2] === "shapes")) shaping.push([name, value]);
      else if (known.some((one) => one[2] === "modules")) shaping.push([name, value]);
      else if (known.some((one) => one[2] === "nothing")) idle.push(`${name} = ${value}`);
      else if (known.every((one) => one[3] === "not set")) unset.push(name);
      else untested.push(`${name} = ${value} (${known[0][3] || "not tried"})`);
    }
    if (!shaping.length) return [];
    this.chips = shaping.map(([name, value]) => h("button", {
      class: "ck-chip", type: "button", "aria-pressed": "false", "data-name": name,
      onclick: () => this.light(this.chosen === name ? null : name),
    }, name, " ", h("b", {}, value)));
    const list = (/** @type {string} */ title, /** @type {string[]} */ names) => names.length
      ? h("details", { class: "ck-idle" }, h("summary", {}, `${title} (${names.length})`), h("p", { class: "ck-mono ck-muted" }, names.join(", ")))
      : null;
    return [
      h("h4", {}, "Choose an attribute: what does it shape?"),
      h("div", { class: "ck-chips", role: "group", "aria-label": "Attributes of the config", onkeydown: (/** @type {KeyboardEvent} */ event) => this.move(event, this.chips) }, ...this.chips),
      list("Shape nothing, used at run time", idle), list("Not tried", untested), list("Not set", unset),
    ].filter(Boolean);
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
    this.says.textContent = name ? sentences.join(" ") : "";
    this.applyLight();
  }

  applyLight() {
    const name = this.chosen;
    const numbers = this.models.map((/** @type {any} */ model) => model.attributes.findIndex((/** @type {any} */ each) => each[0] === name));
    const hit = (/** @type {string|undefined} */ held, /** @type {number} */ model) =>
      name !== null && held !== undefined && held.split(" ").includes(String(numbers[model]));
    for (const element of this.root.querySelectorAll("[data-attributes]")) {
      const model = this.models.indexOf(this.model);
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
        for (const output of given) box.append(h("div", { class: "ck-data" }, output[0]));
        if (given.length && !last) box.append(arrow(null));
      });
      if (index && tower.stages.some((/** @type {any} */ stage) => stage.steps.some((/** @type {any} */ step) => step.kind === "cross-attention"))) {
        box.children[1].before(h("p", { class: "ck-muted ck-crossing" }, `Its cross-attention looks at ${model.towers[0].outputs[0]?.[0] ?? "the encoder"}.`));
      }
      if (index === model.towers.length - 1) {
        if (model.elsewhere) box.append(h("p", { class: "ck-muted" }, `${plural(model.elsewhere, "parameter")} are not on this way; the tree shows them.`));
        if (model.assumed.length) box.append(h("p", { class: "ck-muted" }, `Which experts work depends on the tokens, so the output of ${model.assumed.join(", ")} was taken to have the shape of its input.`));
      }
      return box;
    });
  }

  block(/** @type {any} */ model, /** @type {any} */ part, /** @type {number} */ whole, /** @type {string} */ note = "") {
    const attributes = [...new Set([...part.attributes, ...(part.repeatAttributes || [])])];
    const times = part.calls ? part.calls[0] : part.repeat;
    const layers = part.kind === "layers";
    const title = layers && times > 1 ? `${times} × layer` : layers ? "Layer" : part.title;
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
    return button;
  }

  stack(/** @type {any} */ model, /** @type {any} */ stage) {
    const steps = this.steps(model, stage);
    const fold = h("button", { class: "ck-button ck-fold", type: "button", "aria-expanded": "false" }, "Unfold");
    const set = (/** @type {boolean} */ open) => {
      steps.hidden = !open;
      steps.style.display = open ? "" : "none";
      fold.setAttribute("aria-expanded", String(open));
      fold.textContent = open ? "Fold" : "Unfold";
    };
    fold.addEventListener("click", () => set(fold.getAttribute("aria-expanded") !== "true"));
    // One kind of layer opens at once; of several only the largest, so that the picture stays in sight.
    const kinds = model.towers.flatMap((/** @type {any} */ tower) => tower.stages).filter((/** @type {any} */ one) => one.kind === "layers");
    set(this.models.length === 1 && kinds.length === 1);
    const many = stage.repeat > 1 || stage.calls;
    return h("div", { class: `ck-stack${many ? " ck-many" : ""}` },
      h("div", { class: "ck-top" }, this.block(model, stage, model.parameters), fold), steps);
  }

  /** The inside of one layer: a grid, so that a skipping connection is one element that spans its rows. */
  steps(/** @type {any} */ model, /** @type {any} */ stage) {
    const grid = h("div", { class: "ck-steps", role: "group", "aria-label": `Inside one ${stage.class}` });
    let row = 1;
    /** @type {number[]} */
    const starts = [];
    stage.steps.forEach((/** @type {any} */ step, /** @type {number} */ index) => {
      const before = index ? stage.steps[index - 1].shape : stage.shape;
      starts.push(row);
      grid.append(h("div", { class: "ck-row", style: `grid-row:${row++}` }, arrow(before)));
      const crossing = step.kind === "cross-attention" && model.towers.length > 1 ? `looks at ${model.towers[0].outputs[0]?.[0] ?? "the encoder"}` : "";
      const beside = step.beside !== null && step.beside < index ? `works beside ${stage.steps.slice(step.beside, index).map((/** @type {any} */ one) => one.title.toLowerCase()).join(" and ")}, on the same input` : "";
      grid.append(h("div", { class: "ck-row", style: `grid-row:${row++}` }, this.block(model, step, stage.layer, beside || crossing)));
      if (step.added !== null) {
        grid.append(h("div", { class: "ck-skip", style: `grid-row:${starts[step.added]}/${row + 1}`, "aria-hidden": "true" }));
        grid.append(h("div", { class: "ck-row ck-add", style: `grid-row:${row++}` },
          h("span", { role: "img", "aria-label": `the input of ${stage.steps[step.added].title} is added` }, "+")));
      }
    });
    return grid;
  }

  // Details

  showHint() {
    this.panel.replaceChildren(h("h4", {}, "Choose a block"), h("p", { class: "ck-muted" },
      "It tells you its tensors, its attributes, and how its parameters are counted. Bars show the share of the whole model; inside a layer, the share of the layer."));
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
      ...part.about.slice(0, 3).map((/** @type {any} */ [name, about]) => h("p", {}, h("code", {}, name), about ? `: ${about}` : null)),
      h("p", { class: "ck-muted ck-mono" }, part.paths.slice(0, 8).join(", "), part.paths.length > 8 ? ` and ${part.paths.length - 8} more` : null),
      attributes.length ? h("h5", {}, "Shaped by") : null,
      attributes.length ? h("div", { class: "ck-chips" }, ...attributes.map((number) => h("button", { class: "ck-chip", type: "button", onclick: () => this.light(model.attributes[number][0]) },
        model.attributes[number][0], " ", h("b", {}, model.attributes[number][1])))) : null,
      terms.length ? h("h5", {}, layers ? "Parameters of one layer" : "Parameters") : null,
      terms.length ? h("table", {}, h("tbody", {}, ...terms,
        h("tr", { class: "ck-sum" }, h("td", {}, "together"), h("td", {}, grouped(one))),
        layers ? h("tr", { class: "ck-sum" }, h("td", {}, `× ${part.repeat} layers`), h("td", {}, grouped(one * part.repeat))) : null)) : null,
      part.tied ? h("p", { class: "ck-muted" }, `${plural(part.tied, "tensor")} tied to an earlier one, counted once.`) : null,
    ].filter(Boolean));
    this.panel.dataset.model = String(this.models.indexOf(model));
    this.applyLight();
  }

  // Tree

  showTree() {
    this.open = new Set([""]);
    const search = h("input", { class: "ck-input", type: "search", placeholder: "Search the tree", "aria-label": "Search the tree", oninput: () => this.fill(search.value) });
    const choice = this.models.length > 1 ? h("select", { class: "ck-select", "aria-label": "Which model", onchange: () => { this.model = this.models[choice.selectedIndex]; this.fill(search.value); } },
      ...this.models.map((/** @type {any} */ model) => h("option", {}, model.name))) : null;
    this.found = h("span", { class: "ck-muted", role: "status" });
    this.tree = h("div", { class: "ck-tree", role: "tree", "aria-label": "All modules, equal ones folded", onkeydown: (/** @type {KeyboardEvent} */ event) => this.walk(event) });
    this.treeBox.append(h("div", { class: "ck-find" }, h("h4", {}, "All modules, equal ones folded"), this.found, choice, search), this.tree);
    const first = this.model.tree.k;
    first.forEach((/** @type {any} */ child) => { if (first.length < 8) this.open.add(child.p); });
    this.fill("");
  }

  /** Draw the rows that are open, or those that the search finds with all above them. */
  fill(/** @type {string} */ text) {
    const wanted = text.trim().toLowerCase();
    /** @type {any[]} */
    const rows = [];
    let hits = 0;
    const says = (/** @type {any} */ node) => `${node.p} ${node.c} ${node.l ? shapeText(node.l) : ""}`.toLowerCase();
    const collect = (/** @type {any} */ node, /** @type {number} */ depth) => {
      const at = rows.length;
      rows.push({ node, depth });
      const tensors = node.t.filter((/** @type {any} */ one) => !wanted || says(node).includes(wanted) || `${node.p}.${one[0]} ${shapeText(one[1])} ${one[2]}`.toLowerCase().includes(wanted));
      let found = wanted ? says(node).includes(wanted) || tensors.length > 0 : true;
      if (found && wanted) hits += 1;
      if (wanted || this.open.has(node.p)) {
        for (const tensor of tensors) rows.push({ node, tensor, depth: depth + 1 });
        for (const child of node.k) found = collect(child, depth + 1) || found;
      }
      if (!found) rows.length = at;
      return found;
    };
    collect(this.model.tree, 0);
    this.tree.replaceChildren(...rows.slice(0, 400).map((row) => this.row(row, Boolean(wanted))));
    this.found.textContent = wanted ? `${plural(hits, "module")} found` : "";
    if (rows.length > 400) this.tree.append(h("p", { class: "ck-muted" }, `${rows.length - 400} more rows; search to see them.`));
    this.tree.querySelector(".ck-item")?.setAttribute("tabindex", "0");
    this.applyLight();
  }

  row(/** @type {any} */ { node, tensor, depth }, /** @type {boolean} */ searching) {
    const tag = (/** @type {string} */ words, /** @type {string} */ kind = "") => h("span", { class: `ck-tag ${kind}` }, words);
    if (tensor) {
      const [name, shape, dtype, size, trainable, tied, device] = tensor;
      const attributes = [...new Set(shape.flatMap((/** @type {Dimension} */ one) => one[2] || []))];
      const count = shape.reduce((/** @type {number} */ product, /** @type {Dimension} */ one) => product * one[0], 1);
      return h("div", { class: "ck-item ck-tensor", role: "treeitem", "aria-level": depth + 1, tabindex: "-1", "data-attributes": attributes.join(" "), style: `--depth:${depth}` },
        h("span", { class: "ck-name" }, name, tied ? tag(`tied to ${tied}`) : null, trainable ? null : tag("frozen")),
        h("span", {}, shapeNode(shape), ` ${dtype}${device && device !== "cpu" ? ` on ${device}` : ""}`),
        h("span", { class: "ck-number" }, tied ? "counted once" : grouped(count)), h("span", { class: "ck-number" }, tied ? "" : bytes(size)));
    }
    const inside = node.k.length + node.t.length > 0;
    const open = searching || this.open.has(node.p);
    return h("div", {
      class: "ck-item", role: "treeitem", tabindex: "-1", "aria-level": depth + 1, "aria-expanded": inside ? String(open) : null, "data-path": node.p, style: `--depth:${depth}`,
      onclick: inside && !searching ? () => this.toggle(node.p) : null,
    },
    h("span", { class: "ck-name" }, node.n || this.model.name, node.r > 1 ? tag(`× ${node.r}`, "ck-times") : null),
    h("span", {}, h("span", { class: "ck-muted" }, node.c), node.l && node.l[0][1] ? [" ", h("span", { class: "ck-shape" }, `${node.l[0][1]} `, h("b", {}, node.l[0][0]))] : null),
    h("span", { class: "ck-number" }, node.s ? grouped(node.s) : ""), h("span", { class: "ck-number" }, node.s ? bytes(node.b) : ""));
  }

  toggle(/** @type {string} */ path) {
    if (!this.open.delete(path)) this.open.add(path);
    this.fill("");
    this.tree.querySelector(`[data-path="${CSS.escape(path)}"]`)?.focus();
  }

  /** The keys of a tree: up and down walk, right opens, left closes. */
  walk(/** @type {KeyboardEvent} */ event) {
    const items = [...this.tree.querySelectorAll(".ck-item")];
    const at = items.indexOf(this.shadowRoot.activeElement);
    if (at < 0) return;
    const item = items[at];
    const expanded = item.getAttribute("aria-expanded");
    if (event.key === "ArrowDown") items[at + 1]?.focus();
    else if (event.key === "ArrowUp") items[at - 1]?.focus();
    else if (event.key === "Home") items[0].focus();
    else if (event.key === "End") items.at(-1).focus();
    else if ((event.key === "ArrowRight" && expanded === "false") || (event.key === "ArrowLeft" && expanded === "true") || ((event.key === "Enter" || event.key === " ") && expanded)) item.click();
    else if (event.key === "ArrowLeft") items.slice(0, at).reverse().find((/** @type {Element} */ one) => Number(one.getAttribute("aria-level")) < Number(item.getAttribute("aria-level")))?.focus();
    else return;
    event.preventDefault();
  }
}

define("ck-model-map", CkModelMap);

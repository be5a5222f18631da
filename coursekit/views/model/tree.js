// The tree of a model's modules, repeated ones folded, with a search; and shapes as text and as elements.
// A dimension is [size, name, attribute numbers]; without a name it is [size].

/** @typedef {[number, string?, number[]?]} Dimension */

const DATA = new Set(["batch", "sequence", "target sequence"]);
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

const MOST_ROWS = 400;

class ModelTree {
  /**
   * @param {any[]} models as in the payload
   * @param {() => void} redrawn called when there are new rows
   */
  constructor(models, redrawn) {
    this.models = models;
    this.model = models[0];
    this.redrawn = redrawn;
    this.open = new Set([""]);
    this.search = h("input", { class: "ck-input", type: "search", placeholder: "Search the tree", "aria-label": "Search the tree", oninput: () => this.fill() });
    const choice = models.length > 1 ? h("select", { class: "ck-select", "aria-label": "Which model", onchange: () => { this.model = models[choice.selectedIndex]; this.fill(); } },
      ...models.map((model) => h("option", {}, model.name))) : null;
    this.found = h("span", { class: "ck-muted", role: "status" });
    this.rows = h("div", { class: "ck-tree", role: "tree", "aria-label": "All modules, equal ones folded", onkeydown: (/** @type {KeyboardEvent} */ event) => this.walk(event) });
    this.element = h("div", {}, h("div", { class: "ck-find" }, h("h4", {}, "All modules, equal ones folded"), this.found, choice, this.search), this.rows);
    for (const { tree } of models) if (tree.k.length < 8) for (const child of tree.k) this.open.add(child.p);
    this.fill();
  }

  /** Draw the rows that are open, or those that the search finds with all above them. */
  fill() {
    const wanted = this.search.value.trim().toLowerCase();
    /** @type {any[]} */
    const rows = [];
    let hits = 0;
    const says = (/** @type {any} */ node) => `${node.p} ${node.c} ${node.l ? shapeText(node.l) : ""}`.toLowerCase();
    const collect = (/** @type {any} */ node, /** @type {number} */ depth) => {
      const at = rows.length;
      rows.push({ node, depth });
      const own = !wanted || says(node).includes(wanted);
      const tensors = node.t.filter((/** @type {any} */ one) => own || `${node.p}.${one[0]} ${shapeText(one[1])} ${one[2]}`.toLowerCase().includes(wanted));
      let found = own || tensors.length > 0;
      if (found && wanted) hits += 1;
      if (wanted || this.open.has(node.p)) {
        for (const tensor of tensors) rows.push({ node, tensor, depth: depth + 1 });
        for (const child of node.k) found = collect(child, depth + 1) || found;
      }
      if (!found) rows.length = at;
      return found;
    };
    collect(this.model.tree, 0);
    this.rows.replaceChildren(...rows.slice(0, MOST_ROWS).map((row) => (row.tensor ? this.tensorRow(row) : this.moduleRow(row, Boolean(wanted)))));
    this.found.textContent = wanted ? `${plural(hits, "module")} found` : "";
    if (rows.length > MOST_ROWS) this.rows.append(h("p", { class: "ck-muted ck-more" }, `${grouped(rows.length - MOST_ROWS)} more rows; search to see them.`));
    this.rows.querySelector(".ck-item")?.setAttribute("tabindex", "0");
    this.redrawn();
  }

  tensorRow(/** @type {any} */ { tensor, depth }) {
    const [name, shape, dtype, size, trainable, tied, device] = tensor;
    const attributes = [...new Set(shape.flatMap((/** @type {Dimension} */ one) => one[2] || []))];
    const count = shape.reduce((/** @type {number} */ product, /** @type {Dimension} */ one) => product * one[0], 1);
    return h("div", { class: "ck-item ck-tensor", role: "treeitem", "aria-level": depth + 1, tabindex: "-1", "data-attributes": attributes.join(" "), style: `--depth:${depth}` },
      h("span", { class: "ck-name" }, name, tied ? this.tag(`tied to ${tied}`) : null, trainable ? null : this.tag("frozen")),
      h("span", { class: "ck-what" }, shapeNode(shape), ` ${dtype}${device && device.toLowerCase().split(":")[0] !== "cpu" ? ` on ${device}` : ""}`),
      h("span", { class: "ck-number" }, tied ? "counted once" : grouped(count)), h("span", { class: "ck-number" }, tied ? "" : bytesText(size)));
  }

  moduleRow(/** @type {any} */ { node, depth }, /** @type {boolean} */ searching) {
    const inside = node.k.length + node.t.length > 0;
    const open = searching || this.open.has(node.p);
    return h("div", {
      class: "ck-item", role: "treeitem", tabindex: "-1", "aria-level": depth + 1, "aria-expanded": inside ? String(open) : null, "data-path": node.p, style: `--depth:${depth}`,
      onclick: inside && !searching ? () => this.toggle(node.p) : null,
    },
    h("span", { class: "ck-name" }, node.n || this.model.name, node.r > 1 ? this.tag(`× ${node.r}`, "ck-times") : null),
    h("span", { class: "ck-what" }, h("span", { class: "ck-muted" }, node.c), node.l && node.l[0][1] ? [" ", h("span", { class: "ck-shape" }, `${node.l[0][1]} `, h("b", {}, node.l[0][0]))] : null),
    h("span", { class: "ck-number" }, node.s ? grouped(node.s) : ""), h("span", { class: "ck-number" }, node.s ? bytesText(node.b) : ""));
  }

  tag(/** @type {string} */ words, /** @type {string} */ kind = "") { return h("span", { class: `ck-tag ${kind}` }, words); }

  toggle(/** @type {string} */ path) {
    if (!this.open.delete(path)) this.open.add(path);
    this.fill();
    this.rows.querySelector(`[data-path="${CSS.escape(path)}"]`)?.focus();
  }

  /** The keys of a tree: up and down walk, right opens, left closes. */
  walk(/** @type {KeyboardEvent} */ event) {
    const items = [...this.rows.querySelectorAll(".ck-item")];
    const at = items.indexOf(this.rows.getRootNode().activeElement);
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

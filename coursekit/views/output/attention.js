// Attention: all heads as small pictures, and one head as lines from each token (query) to those it takes from (keys).

/**
 * Draw the overview.
 * @param {{layers: number[], heads: number[], size: number, value: (layer: number, head: number, query: number, key: number) => number,
 *   scale: Scale, run: string, onchoose: (layer: number, head: number) => void}} scene layer and head are indices
 * @returns {{element: HTMLElement, choose: (layer: number, head: number) => void}}
 */
function headOverview({ layers, heads, size, value, scale, run, onchoose }) {
  /** @type {HTMLElement[][]} */
  const buttons = layers.map((layer, row) => heads.map((head, column) => {
    const image = new ImageData(size, size);
    for (let query = 0, at = 0; query < size; query += 1) {
      for (let key = 0; key < size; key += 1, at += 4) scale.paint(image.data, at, value(row, column, query, key));
    }
    const canvas = h("canvas", { width: size, height: size, "aria-hidden": "true", class: size > 44 ? "ck-smooth" : null });
    canvas.getContext("2d").putImageData(image, 0, 0);
    return h("button", {
      type: "button", class: "ck-head", "aria-label": `${run}: layer ${layer}, head ${head}`, title: `layer ${layer}, head ${head}`,
      tabindex: -1, onclick: () => onchoose(row, column),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
        const next = move && buttons[row + move[0]]?.[column + move[1]];
        if (!move) return;
        event.preventDefault();
        event.stopPropagation();
        if (next) { next.focus(); next.click(); }
      },
    }, canvas);
  }));
  const element = h("div", { class: "ck-heads", role: "group", "aria-label": `${run}: all layers and heads`, style: `--ck-heads:${heads.length}` },
    h("span", { class: "ck-heads-corner" }, "layer"), ...heads.map((head, column) => h("span", { class: "ck-heads-head" }, column ? head : `head ${head}`)),
    ...layers.flatMap((layer, row) => [h("span", { class: "ck-heads-layer" }, layer), ...buttons[row]]));
  const choose = (/** @type {number} */ row, /** @type {number} */ column) => buttons.forEach((line, r) => line.forEach((button, c) => {
    const chosen = r === row && c === column;
    button.setAttribute("aria-pressed", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  }));
  return { element, choose };
}

const MOST_LINES = 400;

class AttentionLines {
  /** @param {(token: number|null) => void} onpoint told which row is pointed at */
  constructor(onpoint) {
    this.onpoint = onpoint;
    this.svg = h("svg:svg", { class: "ck-lines", role: "img", onpointerleave: () => onpoint(null) });
    this.note = h("p", { class: "ck-muted ck-lines-note" });
    this.element = h("div", { class: "ck-lines-frame" }, h("div", { class: "ck-lines-scroll", tabindex: 0, role: "group", "aria-label": "Lines of attention" }, this.svg), this.note);
  }

  /** @param {{tokens: string[], value: (query: number, key: number) => number, limit: number, label: string}} scene */
  show(scene) {
    this.scene = scene;
    const count = scene.tokens.length;
    const step = Math.max(13, Math.min(34, 460 / count));
    this.y = (/** @type {number} */ row) => 26 + step * (row + 0.5);
    const high = 30 + step * count;
    this.svg.setAttribute("viewBox", `0 0 320 ${high}`);
    this.svg.setAttribute("aria-label", scene.label);
    const word = (/** @type {string} */ text, /** @type {number} */ row, /** @type {boolean} */ left) => {
      const short = text.length > 13 ? `${text.slice(0, 12)}…` : text;
      return h("svg:g", { class: "ck-lines-token", onpointerenter: () => this.onpoint(row) },
        h("svg:rect", { x: left ? 0 : 220, y: this.y(row) - step / 2, width: 100, height: step, rx: 3 }),
        h("svg:text", { x: left ? 95 : 225, y: this.y(row) + 4, "text-anchor": left ? "end" : "start" }, short));
    };
    this.lines = h("svg:g", {});
    this.left = scene.tokens.map((text, row) => word(text, row, true));
    this.right = scene.tokens.map((text, row) => word(text, row, false));
    this.svg.replaceChildren(
      h("svg:text", { x: 95, y: 16, "text-anchor": "end", class: "ck-lines-title" }, "query"),
      h("svg:text", { x: 225, y: 16, class: "ck-lines-title" }, "key"),
      this.lines, ...this.left, ...this.right);
    this.strongest = [];
    for (let query = 0; query < count; query += 1) {
      for (let key = 0; key < count; key += 1) {
        const weight = scene.value(query, key);
        if (weight > 0.004) this.strongest.push({ query, key, weight });
      }
    }
    this.strongest.sort((a, b) => b.weight - a.weight);
    this.mark([]);
  }

  /** @param {number[]} rows tokens whose lines stand alone */
  mark(rows) {
    const wanted = rows.length ? this.strongest.filter(({ query }) => rows.includes(query)) : this.strongest;
    const drawn = wanted.slice(0, MOST_LINES);
    this.lines.replaceChildren(...drawn.map(({ query, key, weight }) => {
      const share = Math.sqrt(Math.min(1, weight / (this.scene.limit || 1)));
      return h("svg:path", {
        d: `M100 ${this.y(query)}C150 ${this.y(query)} 170 ${this.y(key)} 220 ${this.y(key)}`,
        class: "ck-line", "stroke-width": (0.5 + 3.5 * share).toFixed(2), "stroke-opacity": (0.06 + 0.84 * share ** 1.6).toFixed(2),
      });
    }));
    this.left.forEach((token, row) => token.classList.toggle("ck-on", rows.includes(row)));
    const keys = new Map(rows.length ? drawn.map(({ key, weight }) => [key, weight]) : []);
    this.right.forEach((token, row) => token.classList.toggle("ck-on", (keys.get(row) ?? 0) > 0.2));
    this.note.textContent = wanted.length > drawn.length ? `The ${MOST_LINES} strongest of ${grouped(wanted.length)} lines.` : "";
  }
}

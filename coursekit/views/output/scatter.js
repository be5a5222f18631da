// Tokens as points on a map of two dimensions, with the way that a token takes through the layers.

class Scatter {
  /** @param {(token: number|null) => void} onpoint told which token is pointed at */
  constructor(onpoint) {
    this.onpoint = onpoint;
    this.svg = h("svg:svg", { viewBox: "0 0 400 320", class: "ck-map", role: "img", onpointerleave: () => onpoint(null) });
  }

  /**
   * @param {{places: (token: number, layer: number) => number[], middle: number[], scale: number, layer: number, layers: number,
   *   tokens: {index: number, text: string, kind: string, sequence: number}[], label: string}} scene
   */
  show(scene) {
    this.scene = scene;
    this.way = h("svg:g", { class: "ck-map-way" });
    const place = (/** @type {number} */ token, /** @type {number} */ layer) => {
      const [x, y] = scene.places(token, layer);
      return [200 + scene.scale * (x - scene.middle[0]), 160 - scene.scale * (y - scene.middle[1])];
    };
    this.place = place;
    /** @type {number[][]} boxes of the labels that are written; others would lie on them and wait for the pointer */
    const taken = scene.tokens.map(({ index }) => place(index, scene.layer)).map(([x, y]) => [x - 4, y, 8]);
    const free = (/** @type {number} */ left, /** @type {number} */ y, /** @type {number} */ wide) => {
      const clear = left > 3 && taken.every(([l, t, w]) => left > l + w || l > left + wide || Math.abs(y - t) > 10);
      if (clear) taken.push([left, y, wide]);
      return clear;
    };
    this.dots = scene.tokens.map((token) => {
      const [x, y] = place(token.index, scene.layer);
      if (!Number.isFinite(x)) return null;
      const wide = 6 * token.text.length + 2;
      const right = x + wide < 385 && free(x + 6, y, wide);
      const side = right || !free(x - 6 - wide, y, wide) ? 1 : -1;
      const dense = side > 0 && !right;
      const dot = h("svg:g", {
        class: `ck-map-token ck-map-${token.kind} ck-map-of-${token.sequence % 6}`, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
        onpointerenter: () => this.onpoint(token.index),
      }, h("svg:circle", { r: 4 }), h("svg:text", { x: 6 * side, y: 3.5, "text-anchor": side > 0 ? "start" : "end", class: dense ? "ck-map-dense" : null }, token.text));
      return { index: token.index, dot };
    }).filter(Boolean);
    const [left, top] = [200 - scene.scale * scene.middle[0], 160 + scene.scale * scene.middle[1]];
    this.svg.replaceChildren(
      h("svg:path", { d: `M10 ${top}H390M${left} 10V310`, class: "ck-map-axis" }), this.way, ...this.dots.map(({ dot }) => dot));
    this.svg.setAttribute("aria-label", scene.label);
  }

  /** @param {number[]} tokens to stand out, with their way through the layers */
  mark(tokens) {
    for (const { index, dot } of this.dots) dot.classList.toggle("ck-on", tokens.includes(index));
    const last = this.dots.find(({ index }) => tokens.includes(index));
    if (last && this.svg.lastChild !== last.dot) this.svg.append(last.dot);
    this.way.replaceChildren(...tokens.slice(0, 3).map((token) => h("svg:polyline", {
      points: Array.from({ length: this.scene.layers }, (_, layer) => this.place(token, layer).map((part) => part.toFixed(1)).join(",")).join(" "),
    })));
  }
}

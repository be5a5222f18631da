// The weights of one to three models: a table of tensors, and the chosen one as histograms and pictures.

const BINS = 64;
const WIDE = 620; // units of the histogram's drawing; the page scales it
const HIGH = 230;
const FOOT = 34; // room below the bars, for the axis

/** A figure with four decimals; smaller ones in powers of ten; what is not finite by its name. */
function figure(/** @type {number|null} */ value) {
  if (value === null || value === undefined) return "none";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const shown = size < 0.0005 || size >= 1e5 ? value.toExponential(1) : size >= 100 ? value.toFixed(1) : value.toFixed(4);
  return shown.replaceAll("-", "−");
}

/** The round number nearest to a fifth of the range, as steps of an axis. */
function axisStep(/** @type {number} */ range) {
  const rough = range / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
}

/** The probability density of an initializer; the same formula as in initializers.py. */
function density(/** @type {any} */ curve, /** @type {number} */ value) {
  const distance = value - curve.center;
  if (curve.kind === "uniform") return Math.abs(distance) <= curve.spread ? 0.5 / curve.spread : 0;
  if (curve.cut !== null && Math.abs(distance) > curve.cut) return 0;
  const inside = curve.cut === null ? 1 : errorFunction(curve.cut / curve.spread / Math.SQRT2);
  return Math.exp(-0.5 * (distance / curve.spread) ** 2) / (curve.spread * Math.sqrt(2 * Math.PI) * inside);
}

/** erf by its power series (Abramowitz and Stegun 7.1.5), exact for the small arguments of a cut. */
function errorFunction(/** @type {number} */ x) {
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n += 1) { term *= -(x * x) / n; sum += term / (2 * n + 1); }
  return Math.min(1, 2 / Math.sqrt(Math.PI) * sum);
}

define("ck-weight-comparison", class extends CkExplorer {
  draw(/** @type {any} */ data, /** @type {HTMLElement} */ root) {
    this.data = data;
    this.model = data.labels.length - 1;
    data.rows.forEach((/** @type {any} */ row, /** @type {number} */ at) => { row.at = at; });
    this.detail = h("section", { class: "ck-weights-detail", "aria-live": "polite" });
    const one = (/** @type {string} */ name) => (/** @type {any} */ row) => row.numbers[this.model][name];
    const column = (/** @type {string} */ title, /** @type {string} */ name) => ({
      title, width: "5.3em", numeric: true, value: one(name), show: (/** @type {any} */ row) => figure(one(name)(row)),
    });
    this.table = virtualTable({
      label: "Tensors of the models",
      noun: ["tensor", "tensors"],
      height: 270,
      minWidth: data.labels.length > 1 ? "69.5em" : "62em",
      columns: [
        { title: "Name", width: "minmax(17em, 3fr)", value: (row) => row.name, mono: true,
          below: (row) => nameInGroup(row.name, row.group) },
        { title: "Shape", width: "7em", value: (row) => row.shape, searched: true },
        { title: "Parameters", width: "7.2em", numeric: true, value: (row) => row.count, show: (row) => grouped(row.count) },
        { title: "Share", width: "4.6em", numeric: true, value: (row) => row.share, hint: "of all parameters of the model",
          show: (row) => shareText(row.share) },
        column("Mean", "mean"),
        { ...column("Std", "std"), hint: "standard deviation" },
        column("Smallest", "smallest"),
        column("Largest", "largest"),
        ...(data.labels.length > 1 ? [{
          title: "Difference", width: "6.8em", numeric: true, value: this.apart, hint: "root mean squared difference",
          show: (/** @type {any} */ row) => this.same(row) ? "identical" : figure(this.apart(row)),
        }] : []),
      ],
      rows: data.rows,
      group: (row) => row.group,
      onselect: (row) => this.choose(row),
      signal: this.signal,
    });
    root.append(
      h("h3", {}, data.title), h("p", { class: "ck-muted" }, data.summary),
      this.tools(), this.table.element, h("p", { class: "ck-muted ck-weights-words" }, data.words), this.detail,
    );
    const telling = data.rows.find((/** @type {any} */ row) => /position_embeddings|wpe/.test(row.name) && row.picture);
    this.first = telling ?? data.rows.find((/** @type {any} */ row) => row.picture) ?? data.rows[0];
    this.choose(this.first);
  }

  drawn() { this.table.select(this.first); }

  same(/** @type {any} */ row) { return row.differences.every((/** @type {any[]} */ pair) => pair[2]); }

  apart(/** @type {any} */ row) {
    const found = row.differences.map((/** @type {any[]} */ pair) => pair[4]).filter((/** @type {any} */ rms) => rms !== null);
    return found.length ? Math.max(...found) : null;
  }

  /** Which model's figures the table shows, and which tensors. */
  tools() {
    const { labels, rows } = this.data;
    this.listed = rows;
    if (labels.length < 2) return h("div");
    const identical = rows.filter((/** @type {any} */ row) => this.same(row));
    const differ = rows.filter((/** @type {any} */ row) => !this.same(row));
    return h("div", { class: "ck-weights-tools" },
      choice("Figures of", labels, this.model, (at) => { this.model = at; this.table.setRows(this.listed); }),
      choice("Show", [`all ${rows.length}`, `${differ.length} that differ`, `${identical.length} identical`], 0, (at) => {
        this.listed = [rows, differ, identical][at];
        this.table.setRows(this.listed);
      }));
  }

  choose(/** @type {any} */ row) {
    const also = row.also.length
      ? h("p", { class: "ck-note" }, "Also used as ", h("code", {}, row.also.join(", ")), ": one tensor, counted once.") : null;
    const types = new Set(row.dtypes);
    this.detail.replaceChildren(...[
      h("h4", {}, h("code", {}, row.name)),
      h("p", { class: "ck-muted" }, `${row.shape} · ${grouped(row.count)} parameters · ${shareText(row.share)} of the model · ${[...types].join(", ")}`),
      also, ...this.warnings(row), this.differences(row),
      h("div", { class: "ck-weights-pair" }, this.histogram(row), row.picture ? this.pictures(row) : null),
    ].filter(Boolean));
  }

  warnings(/** @type {any} */ row) {
    return row.numbers.map((/** @type {any} */ one, /** @type {number} */ at) => {
      const found = [[one.nans, "NaN"], [one.infinities, "infinite"]].filter(([count]) => count);
      return found.length ? h("p", { class: "ck-note ck-error" },
        `${this.data.labels[at]}: ${found.map(([count, name]) => `${grouped(count)} ${name}`).join(" and ")}. The figures leave them out.`) : null;
    });
  }

  differences(/** @type {any} */ row) {
    const { labels } = this.data;
    const lines = row.differences.map((/** @type {any[]} */ [first, second, identical, largest, rms, cosine]) => h("li", {},
      identical ? `${labels[first]} and ${labels[second]} are identical, number for number`
        : [h("strong", {}, "Difference"), ` between ${labels[first]} and ${labels[second]}: `,
          rms === null ? "no place where both have a finite number" : `${figure(rms)} (root mean square), ${figure(largest)} at most`
            + (cosine === null ? "" : `; cosine similarity ${cosine.toFixed(2).replace(/^-0\.00$/, "0.00").replace("-", "−")}`)]));
    return lines.length ? h("ul", { class: "ck-weights-differences", "aria-label": "How far the models are apart" }, ...lines) : null;
  }

  /** Histograms over each other, and the curves of the initializers. */
  histogram(/** @type {any} */ row) {
    const { labels, bars } = this.data;
    const x = (/** @type {number} */ value) => WIDE * (value - row.low) / (row.high - row.low);
    const width = (row.high - row.low) / BINS;
    const spread = row.numbers.map((/** @type {any} */ one) => !one.constant && one.highest > 0);
    const curves = row.curves.filter((/** @type {any} */ curve) => curve.kind !== "constant");
    const top = Math.max(1e-9, ...row.numbers.map((/** @type {any} */ one, /** @type {number} */ at) => spread[at] ? one.highest : 0),
      ...curves.map((/** @type {any} */ curve) => density(curve, curve.center) * width)) * 1.06;
    const y = (/** @type {number} */ share) => HIGH * (1 - share / top);
    const drawing = h("svg:svg", { viewBox: `0 0 ${WIDE} ${HIGH + FOOT}`, role: "img", class: "ck-weights-histogram",
      "aria-label": `Histogram of ${row.name}. ${row.numbers.map((/** @type {any} */ one, /** @type {number} */ at) => `${labels[at]}: mean ${figure(one.mean)}, standard deviation ${figure(one.std)}`).join("; ")}` });
    const step = axisStep(row.high - row.low);
    for (let tick = Math.ceil(row.low / step) * step; tick <= row.high; tick += step) {
      const digits = Math.max(0, -Math.floor(Math.log10(step)));
      const words = digits > 6 ? tick.toExponential(1) : tick.toFixed(digits).replace(/^-(0(?:\.0*)?)$/, "$1").replace("-", "−");
      const side = x(tick) < 30 ? "start" : x(tick) > WIDE - 30 ? "end" : "middle";
      drawing.append(h("svg:line", { x1: x(tick), x2: x(tick), y1: 0, y2: HIGH, class: "ck-weights-tick" }),
        h("svg:text", { x: x(tick), y: HIGH + 20, "text-anchor": side, class: "ck-weights-axis" }, words));
    }
    row.numbers.forEach((/** @type {any} */ one, /** @type {number} */ at) => {
      if (one.constant) {
        drawing.append(h("svg:line", { x1: x(one.mean), x2: x(one.mean), y1: 0, y2: HIGH, class: `ck-weights-line ck-weights-${at}` }));
        return;
      }
      let path = `M0 ${HIGH}`;
      for (let bin = 0; bin < BINS; bin += 1) {
        const share = bars.data[(row.at * labels.length + at) * BINS + bin] / 65535 * one.highest;
        path += `V${y(share).toFixed(2)}H${(WIDE * (bin + 1) / BINS).toFixed(2)}`;
      }
      drawing.append(h("svg:path", { d: `${path}V${HIGH}`, class: `ck-weights-area ck-weights-${at}` }));
    });
    for (const curve of curves) {
      let path = "";
      for (let at = 0; at <= 4 * BINS; at += 1) {
        const value = row.low + (row.high - row.low) * at / (4 * BINS);
        path += `${at ? "L" : "M"}${x(value).toFixed(2)} ${y(density(curve, value) * width).toFixed(2)}`;
      }
      drawing.append(h("svg:path", { d: path, class: "ck-weights-curve" }));
    }
    drawing.append(h("svg:line", { x1: 0, x2: WIDE, y1: HIGH, y2: HIGH, class: "ck-weights-base" }));
    const legend = row.numbers.map((/** @type {any} */ one, /** @type {number} */ at) => h("li", {},
      h("span", { class: `ck-weights-swatch ck-weights-${at}`, "aria-hidden": "true" }), h("strong", {}, labels[at]), " ",
      one.mean === null ? "no finite number" : one.constant ? `all ${figure(one.mean).replace(/\.?0+$/, "") || "0"}`
        : `mean ${figure(one.mean)}, standard deviation ${figure(one.std)}, from ${figure(one.smallest)} to ${figure(one.largest)}`,
      one.outside ? ` (${grouped(one.outside)} outside of the drawing)` : ""));
    legend.push(...row.curves.map((/** @type {any} */ curve) => h("li", {},
      h("span", { class: "ck-weights-swatch ck-weights-dashed", "aria-hidden": "true" }), h("strong", {}, "initializer"), ` ${curve.text}`)));
    if (!row.curves.length) legend.push(h("li", { class: "ck-muted" }, "The initializer of this tensor has no name."));
    return h("figure", { class: "ck-weights-figure" }, h("ul", { class: "ck-weights-legend" }, ...legend), drawing,
      h("figcaption", { class: "ck-muted" }, "Across: the value of a weight. Upwards: the share of the weights."));
  }

  /** A small picture of the matrix of each model, in one colour scale. */
  pictures(/** @type {any} */ row) {
    const { labels, pictures, palette } = this.data;
    const [offset, rows, columns, limit, blockRows, blockColumns] = row.picture;
    const drawn = labels.map((/** @type {string} */ label, /** @type {number} */ at) => {
      const canvas = h("canvas", { width: columns, height: rows, role: "img", class: "ck-weights-canvas",
        "aria-label": `${row.name} of ${label}, as a picture of ${rows} × ${columns} squares` });
      const pixels = new ImageData(columns, rows);
      for (let cell = 0; cell < rows * columns; cell += 1) {
        const code = pictures.data[offset + at * rows * columns + cell];
        const colour = code === 255 ? [214, 0, 110] : palette.data.subarray(3 * code, 3 * code + 3);
        pixels.data.set([colour[0], colour[1], colour[2], 255], 4 * cell);
      }
      canvas.getContext("2d").putImageData(pixels, 0, 0);
      return h("div", { class: "ck-weights-picture" }, canvas, h("div", {},
        h("span", { class: `ck-weights-swatch ck-weights-${at}`, "aria-hidden": "true" }), label));
    });
    const stops = Array.from({ length: 9 }, (_, at) => `rgb(${palette.data.subarray(3 * Math.round(at * 254 / 8), 3 * Math.round(at * 254 / 8) + 3).join(" ")})`);
    const bar = h("span", { class: "ck-weights-scale", "aria-hidden": "true" });
    bar.style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
    const block = blockRows * blockColumns === 1 ? "Each square is one weight"
      : `Each square is the mean of a block of about ${blockRows} × ${blockColumns} weights`;
    return h("figure", { class: "ck-weights-figure" }, h("div", { class: "ck-weights-pictures" }, ...drawn),
      h("div", { class: "ck-weights-legend-bar" }, `−${figure(limit)}`, bar, `+${figure(limit)}`),
      h("figcaption", { class: "ck-muted" }, `${block}${labels.length > 1 ? ", in one colour scale for all models" : ""}. Rows go down, columns across.`));
  }
});

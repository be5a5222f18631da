// Numbers of a picture: decoded, coloured and written with what they may be wrong by. See facts/quantization.py.

const STEPS = { share: 127.5, signed: 127, linear: 127 };

/** An array in one byte a number, or exact. */
class Numbers {
  /** @param {{codes: {data: any, shape: number[]}, curve: string, scale: number}} packed */
  constructor({ codes, curve, scale }) {
    this.codes = codes.data;
    this.shape = codes.shape;
    this.exact = this.codes instanceof Float32Array;
    this.curve = curve;
    this.scale = scale;
    this.shift = curve === "share" ? 0 : 128;
    this.table = Float64Array.from({ length: 256 }, (_, index) => {
      const code = index - this.shift;
      if (code === (this.shift ? -128 : 255)) return NaN;
      const bent = Math.min(code / STEPS[curve], 1);
      return scale * (curve === "linear" ? bent : bent * Math.abs(bent));
    });
  }

  /** @param {number} index into the flat array */
  at(index) { return this.exact ? this.codes[index] : this.table[this.codes[index] + this.shift]; }

  /** @param {number} index @returns {string} such as `0.213` or `0.21 ± 0.003` */
  text(index) {
    const value = this.at(index);
    if (!Number.isFinite(value)) return this.exact ? String(value) : "not a finite number";
    if (this.exact || !this.scale) return signed(value, 4);
    const half = 0.5 / STEPS[this.curve];
    const bent = Math.sqrt(Math.abs(value) / this.scale);
    const bound = this.scale * (this.curve === "linear" ? half : (bent + half) ** 2 - bent ** 2);
    return `${signed(value, 3)} ± ${bound.toPrecision(1)}`;
  }
}

/** Write a number with so many decimals and a true minus sign; tiny ones in powers of ten. */
function signed(/** @type {number} */ value, /** @type {number} */ decimals) {
  const size = Math.abs(value);
  const text = size && size < 10 ** -decimals ? size.toExponential(1) : size.toFixed(decimals);
  return `${value < 0 ? "−" : ""}${text}`;
}

/** A colour scale: from 0 to `limit` (sequential, by square root) or from -limit to limit (diverging). */
class Scale {
  /**
   * @param {{data: Uint8Array}} table 255 colours
   * @param {number} limit
   * @param {boolean} diverging
   */
  constructor(table, limit, diverging) {
    Object.assign(this, { table: table.data, limit: limit || 1, diverging });
  }

  /** @param {number} value @returns {number} the index of its colour, or -1 */
  index(value) {
    if (!Number.isFinite(value)) return -1;
    const share = Math.max(-1, Math.min(1, value / this.limit));
    return Math.round(this.diverging ? 127 + 127 * share : 254 * Math.sqrt(Math.max(0, share)));
  }

  /** Tell whether the colour of `value` needs light text on it. */
  isDark(/** @type {number} */ value) {
    const index = this.index(value);
    return index < 0 || this.table[3 * index] * 0.3 + this.table[3 * index + 1] * 0.6 + this.table[3 * index + 2] * 0.1 < 135;
  }

  /** Write the colour of `value` at byte `at` of image data. */
  paint(/** @type {Uint8ClampedArray} */ pixels, /** @type {number} */ at, /** @type {number} */ value) {
    const index = this.index(value);
    if (index < 0) pixels.set([214, 0, 110, 255], at);
    else pixels.set([this.table[3 * index], this.table[3 * index + 1], this.table[3 * index + 2], 255], at);
  }

  /** @param {string} meaning @returns {HTMLElement} the scale with its ends named */
  legend(meaning) {
    const strip = h("canvas", { width: 255, height: 1, class: "ck-legend-strip", "aria-hidden": "true" });
    const image = new ImageData(255, 1);
    for (let index = 0; index < 255; index += 1) image.data.set([...this.table.subarray(3 * index, 3 * index + 3), 255], 4 * index);
    strip.getContext("2d").putImageData(image, 0, 0);
    const short = (/** @type {number} */ value) => String(Number(value.toPrecision(2))).replace("-", "−");
    const ticks = this.diverging ? [-this.limit, 0, this.limit] : [0, this.limit / 4, this.limit];
    return h("div", { class: "ck-legend" },
      h("span", {}, meaning),
      h("div", { class: "ck-legend-scale" }, strip,
        h("div", { class: "ck-legend-ticks" }, ...ticks.map((tick) => h("span", {}, short(tick))))));
  }
}

// The base of all explorers. It stands before a view's own script, inside one function: nothing here is global.

/**
 * Create an element.
 * @param {string} name such as "div" or "svg:path"
 * @param {Object<string, any>} [attributes] `class`, `aria-…`, any attribute; `on…` adds a listener; null is left out
 * @param {...(Node|string|number|null)} children
 * @returns {any}
 */
function h(name, attributes = {}, ...children) {
  const svg = name.startsWith("svg:");
  const element = svg
    ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4))
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined).map((child) =>
    child instanceof Node ? child : String(child)));
  return element;
}

const ARRAYS = {
  uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array,
  uint32: Uint32Array, int32: Int32Array, float32: Float32Array, float64: Float64Array,
};

/**
 * Read what `pack` in explorer.py wrote. Arrays become `{data: typed array, shape: number[]}`.
 * @param {string} base64
 * @returns {Promise<any>}
 */
async function unpack(base64) {
  const deflated = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const start = 4 + length;
  const revive = (/** @type {string} */ _key, /** @type {any} */ value) => {
    if (!value || !Array.isArray(value.$array)) return value;
    const [offset, dtype, shape] = value.$array;
    const count = shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
    return { data: new ARRAYS[dtype](buffer, start + offset, count), shape };
  };
  return JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)), revive);
}

const grouping = new Intl.NumberFormat("en-US"); // made once: a table asks ten thousand times

/** Group the digits of a whole number as the lessons do: 109,482,240. */
const grouped = (/** @type {number} */ number) => grouping.format(number);

/** A style sheet as the shadow root needs it: a view's own one stands in `tag { … }` on the page, to touch nothing else. */
function inside(/** @type {Element} */ sheet) {
  const rules = sheet.textContent;
  const own = sheet.classList.contains("ck-own");
  return h("style", {}, own ? rules.slice(rules.indexOf("{") + 1, rules.lastIndexOf("}")) : rules);
}

/** An explorer: unpacks its payload, then draws into a shadow root. Without a script the static face stays. */
class CkExplorer extends HTMLElement {
  async connectedCallback() {
    if (this.shadowRoot) return;
    try {
      if (!this.querySelector(":scope > script.ck-payload") && document.readyState === "loading") {
        // The tag was parsed before its children: this page defined the element in an earlier output.
        await new Promise((done) => document.addEventListener("DOMContentLoaded", done, { once: true }));
      }
      const script = this.querySelector(":scope > script.ck-payload");
      if (!script || this.shadowRoot) return;
      const data = await unpack(script.textContent.trim());
      const sheets = [...this.parentElement.querySelectorAll(":scope > style")].map(inside);
      this.listening = new AbortController();
      const root = h("div", { class: "ck-root" });
      this.draw(data, root);
      this.attachShadow({ mode: "open" }).append(...sheets, root);
      this.drawn?.();
    } catch (error) {
      console.error(`${this.localName}: the static view stays, the interactive one failed`, error);
    }
  }

  disconnectedCallback() {
    // Moving the element (JupyterLab does, when a cell is dragged) disconnects it for a moment.
    queueMicrotask(() => { if (!this.isConnected) this.listening?.abort(); });
  }

  /**
   * For listeners outside of the shadow root: `addEventListener(…, {signal: this.signal})`.
   * @returns {AbortSignal}
   */
  get signal() { return this.listening.signal; }

  /**
   * Draw everything into `root`, which is not on the page yet; `drawn()`, if there is one, is called when it is.
   * @param {any} data what `payload()` returned
   * @param {HTMLElement} root
   */
  draw(data, root) { throw new Error("draw is the view's own"); }
}

/** Name an element's class; a page that shows the view twice defines it once. */
function define(/** @type {string} */ tag, /** @type {typeof CkExplorer} */ type) {
  if (!customElements.get(tag)) customElements.define(tag, type);
}

// ForwardPass: tokens on top, a rail of steps, and the stage of the chosen step with the chosen token's own numbers.
// @ts-nocheck  (typed next: see the issue on the scripts)

import { h } from "../page/dom.js";
import { define } from "../page/explorer.js";
import { Scale } from "../page/numbers/colour.js";
import { grouped } from "../page/numbers/format.js";
import { legend } from "../page/parts/legend.js";
import { stageOf } from "./stages.js";
import { unpool } from "./strips.js";

const PACE = 2200;

class ForwardPass {
  constructor(data, root, signal) {
    this.root = root;
    this.data = data;
    this.runs = data.runs;
    this.main = this.runs.reduce((/** @type {any} */ best, /** @type {any} */ run) => (run.steps.length > best.steps.length ? run : best));
    this.steps = this.main.steps;
    this.step = Math.max(0, this.steps.findIndex((/** @type {any} */ step) => step.name === data.step));
    this.tokens = new Map(); // the token that is followed, by run and stack
    this.head = data.head;
    this.timer = 0;
    const { sequential, diverging } = data.colours;
    const limits = data.limits;
    for (const run of this.runs) unpool(run);
    this.two = (/** @type {number} */ limit) => new Scale(diverging, limit, true);
    this.scales = { vector: this.two(limits.vector), embedding: this.two(limits.embedding), share: new Scale(sequential, 1, false) };
    for (const run of this.runs) for (const stack of Object.keys(run.tokens)) this.tokens.set(`${run.name}/${stack}`, this.near(run, stack, data.token));
    this.readPlace();
    this.same = this.runs.every((/** @type {any} */ run) => JSON.stringify(run.tokens) === JSON.stringify(this.main.tokens));
    const notes = [...new Set(this.runs.flatMap((/** @type {any} */ run) => run.notes))];
    this.strips = h("div", { class: "ck-token-strips" });
    this.stage = h("div", { class: "ck-stage", "aria-live": "off" });
    root.append(h("h3", {}, data.title), ...notes.map((note) => h("p", { class: "ck-note" }, note)),
      this.strips, this.rail(), this.controls(), this.stage, this.footer());
    root.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("hashchange", () => { if (this.readPlace()) this.show(); }, { signal });
    signal.addEventListener("abort", () => this.pause());
    this.show();
  }

  /** What has the focus. */
  get focused() { return this.root.getRootNode().activeElement; }

  /** The colour scales of a step: those of the whole pass, and its own for what stands inside of it. */
  scalesOf(/** @type {any} */ step) {
    const own = Object.entries(this.data.limits[step.name] ?? {}).map(([name, limit]) => [name, this.two(Number(limit))]);
    return { ...this.scales, ...Object.fromEntries(own) };
  }

  /** The kept token that is nearest to a wanted one. */
  near(/** @type {any} */ run, /** @type {string} */ stack, /** @type {number} */ wanted) {
    return run.kept[stack].reduce((/** @type {number} */ best, /** @type {number} */ each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best));
  }

  /** Read a place from the address, as `link` writes it. */
  readPlace() {
    const found = /#ck-forward:([^:]+):(\d+):(\d+)$/.exec(decodeURIComponent(location.hash));
    const at = found ? this.steps.findIndex((/** @type {any} */ step) => step.name === found[1]) : -1;
    if (!found || at < 0) return false;
    this.step = at;
    this.head = Number(found[3]);
    for (const run of this.runs) {
      const stack = this.steps[at].stack;
      if (run.kept[stack]) this.tokens.set(`${run.name}/${stack}`, this.near(run, stack, Number(found[2])));
    }
    return true;
  }

  get current() { return this.steps[this.step]; }

  tokenOf(/** @type {any} */ run, stack = this.current.stack) { return this.tokens.get(`${run.name}/${stack}`) ?? 0; }

  /** The tokens: a row for each stack, and for each run whose text is another. */
  fillStrips() {
    const rows = (this.same ? [this.main] : this.runs).flatMap((/** @type {any} */ run) => Object.keys(run.tokens).map((stack) => [run, stack]));
    this.strips.replaceChildren(...rows.map(([run, stack]) => {
      const chosen = this.tokenOf(run, stack);
      const active = stack === this.current.stack;
      const chips = run.tokens[stack].map((/** @type {any} */ [word, kind, id], /** @type {number} */ at) => h("button", {
        type: "button", class: `ck-token ck-token-${kind}${at === chosen ? " ck-on" : ""}`, "aria-pressed": String(at === chosen),
        tabindex: at === chosen ? 0 : -1, disabled: !run.kept[stack].includes(at), title: id === null ? null : `position ${at}, id ${id}`,
        onclick: () => this.follow(run, stack, at) }, word));
      const label = [this.same ? "" : run.name, stack].filter(Boolean).join(", ") || "Follow a token";
      return h("div", { class: `ck-token-row${active ? "" : " ck-token-row-aside"}`, role: "group", "aria-label": label,
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.roam(event, chips.filter((/** @type {any} */ chip) => !chip.disabled)) },
      h("span", { class: "ck-token-name" }, label), h("div", { class: "ck-chips" }, ...chips));
    }));
  }

  follow(/** @type {any} */ run, /** @type {string} */ stack, /** @type {number} */ at) {
    for (const each of this.same ? this.runs : [run]) this.tokens.set(`${each.name}/${stack}`, at);
    if (stack !== this.current.stack) {
      const wanted = this.steps.findIndex((/** @type {any} */ step) => step.stack === stack && step.title === this.current.title);
      this.step = wanted < 0 ? this.steps.findIndex((/** @type {any} */ step) => step.stack === stack) : wanted;
    }
    this.show();
    this.strips.querySelector(".ck-token-row:not(.ck-token-row-aside) [aria-pressed='true']")?.focus({ preventScroll: true });
  }

  /** Move among buttons with the arrow keys, and choose what is reached. */
  roam(/** @type {KeyboardEvent} */ event, /** @type {any[]} */ buttons) {
    const at = buttons.indexOf(event.target);
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    buttons[(next + buttons.length) % buttons.length].click();
  }

  /** The steps: a column for each layer, a tile for each step, as full as it changes the vector. */
  rail() {
    this.tiles = this.steps.map((/** @type {any} */ step, /** @type {number} */ at) => {
      const name = step.layer === null ? step.title : step.title;
      return h("button", { type: "button", class: `ck-tile ck-tile-${step.kind.replaceAll(" ", "-")}${step.closed ? " ck-tile-closed" : ""}`,
        tabindex: -1, "aria-label": step.name, title: step.name, onclick: () => this.go(at) },
      h("span", { class: "ck-tile-level", "aria-hidden": "true" }), step.layer === null ? h("span", { class: "ck-tile-name" }, name) : null);
    });
    const parts = [];
    for (const stack of Object.keys(this.main.tokens)) {
      const mine = this.steps.map((/** @type {any} */ step, /** @type {number} */ at) => ({ step, at })).filter((/** @type {any} */ each) => each.step.stack === stack);
      const layers = mine.filter((/** @type {any} */ each) => each.step.layer !== null);
      const before = mine.filter((/** @type {any} */ each) => each.step.layer === null && each.at < layers[0].at);
      const after = mine.filter((/** @type {any} */ each) => each.step.layer === null && each.at > layers[0].at);
      const numbers = [...new Set(layers.map((/** @type {any} */ each) => each.step.layer))];
      const column = (/** @type {any} */ number) => layers.filter((/** @type {any} */ each) => each.step.layer === number);
      const longest = numbers.map(column).reduce((best, each) => (each.length > best.length ? each : best), []);
      const ends = (/** @type {any[]} */ each) => h("div", { class: "ck-rail-end" }, ...each.map(({ at }) => this.tiles[at]));
      parts.push(h("div", { class: "ck-rail-part" },
        stack ? h("span", { class: "ck-rail-stack" }, stack) : null,
        h("div", { class: "ck-rail-row" },
          h("div", { class: "ck-rail-end" }, h("span", { class: "ck-rail-ids" }, this.main.tokens[stack][0]?.[2] === null ? "input" : "input IDs"), h("span", { class: "ck-muted", "aria-hidden": "true" }, "↓"),
            ...before.map((/** @type {any} */ each) => this.tiles[each.at])),
          h("div", { class: "ck-rail-names", "aria-hidden": "true" }, h("span", {}, "layer"), ...longest.map(({ step }) => h("span", {}, step.title))),
          h("div", { class: "ck-rail-layers" }, ...numbers.map((number) => h("div", { class: "ck-rail-layer" },
            h("span", { class: "ck-rail-number", "aria-hidden": "true" }, number), ...column(number).map((/** @type {any} */ each) => this.tiles[each.at])))),
          ends(after))));
    }
    return h("nav", { class: "ck-rail", "aria-label": "Steps of the pass" }, ...parts);
  }

  controls() {
    const button = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => void} */ act, /** @type {string} */ key) => h("button",
      { type: "button", class: "ck-button", "aria-label": label, title: `${label} (key ${key})`, onclick: act }, name);
    this.back = button("← Back", "Back", () => this.go(this.step - 1), "←");
    this.next = button("Next →", "Next", () => this.go(this.step + 1), "→");
    this.play = button("▶ Play", "Play", () => (this.timer ? this.pause() : this.start()), "P");
    this.place = h("span", { class: "ck-muted", role: "status" });
    this.copyLink = h("button", { type: "button", class: "ck-button ck-quiet", onclick: () => this.link() }, "Copy link to here");
    return h("div", { class: "ck-controls", role: "group", "aria-label": "Walk through the pass" }, this.back, this.play, this.next, this.place,
      h("span", { class: "ck-muted ck-hint" }, "Keys: ← → step, P play; a tile is as full as its step changes the vector"), this.copyLink);
  }

  key(/** @type {KeyboardEvent} */ event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { ArrowLeft: () => this.go(this.step - 1), ArrowRight: () => this.go(this.step + 1),
      p: () => (this.timer ? this.pause() : this.start()), P: () => (this.timer ? this.pause() : this.start()) }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  start() {
    if (this.step === this.steps.length - 1) this.step = -1;
    this.timer = setInterval(() => {
      if (this.step === this.steps.length - 1) this.pause();
      else this.go(this.step + 1, true);
    }, PACE);
    this.go(this.step + 1, true);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = 0;
    if (this.play) this.showPlay();
  }

  showPlay() {
    this.play.textContent = this.timer ? "❚❚ Pause" : "▶ Play";
    this.play.setAttribute("aria-label", this.timer ? "Pause" : "Play");
  }

  go(/** @type {number} */ step, playing = false) {
    if (step < 0 || step >= this.steps.length) return;
    if (!playing) this.pause();
    const inRail = this.focused?.classList.contains("ck-tile");
    this.step = step;
    this.show();
    if (inRail) this.tiles[step].focus({ preventScroll: true });
  }

  async link() {
    const address = `${location.href.split("#")[0]}#ck-forward:${encodeURIComponent(this.current.name)}:${this.tokenOf(this.main)}:${this.head}`;
    this.copy(this.copyLink, address, "Copy link to here");
  }

  async copy(/** @type {HTMLElement} */ button, /** @type {string} */ what, /** @type {string} */ name) {
    try {
      await navigator.clipboard.writeText(what);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select it and press Ctrl+C";
    }
    setTimeout(() => { button.textContent = name; }, 1500);
  }

  /** Draw what is chosen. */
  show() {
    this.fillStrips();
    this.tiles.forEach((/** @type {any} */ tile, /** @type {number} */ at) => {
      const step = this.steps[at];
      const change = step.change[Math.min(this.tokenOf(this.main, step.stack), step.change.length - 1)] ?? 0;
      tile.style.setProperty("--ck-level", String(Math.min(1, change)));
      tile.title = `${step.name}${change ? `: changes the vector by ${Math.round(100 * change)} % of its length` : ""}${step.closed ? " (closed)" : ""}`;
      tile.classList.toggle("ck-tile-on", at === this.step);
      tile.classList.toggle("ck-tile-done", at < this.step);
      tile.tabIndex = at === this.step ? 0 : -1;
      if (at === this.step) tile.setAttribute("aria-current", "step");
      else tile.removeAttribute("aria-current");
    });
    this.back.disabled = this.step === 0;
    this.next.disabled = this.step === this.steps.length - 1;
    this.showPlay();
    this.place.textContent = `Step ${this.step + 1} of ${this.steps.length}`;
    const tile = this.tiles[this.step];
    const layers = tile.closest(".ck-rail-row");
    if (layers && layers.scrollWidth > layers.clientWidth) {
      layers.scrollLeft += tile.getBoundingClientRect().left - layers.getBoundingClientRect().left - layers.clientWidth / 2;
    }
    const step = this.current;
    const shown = this.runs.map((/** @type {any} */ run) => ({ run, step: run.steps.find((/** @type {any} */ each) => each.name === step.name) }))
      .filter((/** @type {any} */ each) => each.step);
    this.stage.className = `ck-stage ck-stage-${step.kind.replaceAll(" ", "-")}`;
    this.stage.replaceChildren(
      h("h4", {}, step.heading, h("span", { class: "ck-followed" }, "follows ", h("b", {}, this.word(this.main, step)))),
      h("p", { class: "ck-why" }, step.why),
      this.shapes(step),
      h("div", { class: "ck-stages" }, ...shown.map((/** @type {any} */ each) => this.one(each.run, each.step))),
      this.lines(step));
  }

  word(/** @type {any} */ run, /** @type {any} */ step) { return run.tokens[step.stack][step.rows ? step.rows[0] : this.tokenOf(run, step.stack)][0]; }

  one(/** @type {any} */ run, /** @type {any} */ step) {
    const token = step.rows ? step.rows[0] : this.tokenOf(run, step.stack);
    const row = step.rows ? 0 : Math.max(0, run.kept[step.stack].indexOf(token));
    const at = { run, row, token, head: this.head, word: this.word(run, step), scales: this.scalesOf(step), chooseHead: (/** @type {number} */ head) => this.chooseHead(head) };
    const picked = stageOf(step, at);
    const section = h("section", { class: "ck-one", "aria-label": run.name },
      this.runs.length > 1 ? h("h5", { class: "ck-run-name" }, run.name, h("span", { class: "ck-muted" }, ` ${run.model}${this.same ? "" : `, “${at.word}”`}`)) : null,
      ...picked, ...step.notes.map((/** @type {string} */ note) => h("p", { class: "ck-muted ck-step-note" }, note)));
    const heads = section.querySelector(".ck-head-buttons");
    heads?.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.roam(event, [...heads.children]));
    return section;
  }

  chooseHead(/** @type {number} */ head) {
    this.head = head;
    const inside = this.focused?.classList.contains("ck-head-button");
    this.show();
    if (inside) this.stage.querySelector(`[data-head="${head}"]`)?.focus({ preventScroll: true });
  }

  /** The shape of what a step gives, with names. */
  shapes(/** @type {any} */ step) {
    const chip = (/** @type {any[]} */ [name, size, attribute]) => h("span", { class: `ck-axis ck-axis-${name}` }, h("b", {}, grouped(size)),
      h("small", {}, attribute || name));
    const axes = step.products
      ? [["heads", step.heads, "num_attention_heads"], ["queries", step.products.codes.shape[1] === step.shape[0][1] ? step.shape[0][1] : step.shape[0][1], "queries"],
        ["keys", step.products.codes.shape[2], "keys"]]
      : null;
    const row = (/** @type {string} */ label, /** @type {any[]} */ each) => h("span", { class: "ck-shape" }, h("span", { class: "ck-muted" }, label),
      ...each.flatMap((axis, index) => [index ? h("span", { class: "ck-times", "aria-hidden": "true" }, "×") : null, chip(axis)]));
    return h("div", { class: "ck-shapes" }, axes ? row("weights", axes) : null,
      step.inside ? row("inside", [step.shape[0], ["inner", ...step.inside]]) : null, row("gives", step.shape));
  }

  /** The lines of NumPy that give these numbers. */
  lines(/** @type {any} */ step) {
    if (!step.lines.length) return null;
    const token = step.rows ? step.rows[0] : this.tokenOf(this.main);
    const run = this.runs.length > 1 ? `, "${this.main.name}"` : "";
    const fill = (/** @type {string} */ code) => {
      let text = code.replaceAll("HEAD", String(Math.min(this.head, (step.heads ?? 1) - 1))).replaceAll("TOKEN", String(token));
      (step.parts ?? []).forEach((/** @type {any} */ part, /** @type {number} */ at) => { text = text.replaceAll(`ROW${at}`, String(part.rows?.[token] ?? 0)); });
      text = text.replaceAll("[ROW]", `[${step.rows ? 0 : token}]`);
      if (run) text = text.replaceAll(/view\.weight\("([^"]+)"/g, `view.weight("$1"${run}`);
      const begin = text.includes("s.") ? `s = view.step("${step.name}"${run}); ` : "";
      return `${text.includes("math.") ? "import math; " : ""}${begin}${text}`;
    };
    return h("details", { class: "ck-lines-numpy" }, h("summary", {}, "The same in NumPy: copy a line, run it, compare"),
      ...step.lines.map((/** @type {string[]} */ [title, code]) => {
        const text = fill(code);
        const copy = h("button", { type: "button", class: "ck-button ck-quiet", "aria-label": `Copy the line for: ${title}`, onclick: () => this.copy(copy, text, "Copy") }, "Copy");
        return h("div", { class: "ck-numpy" }, h("span", { class: "ck-numpy-title" }, title), h("code", {}, text), copy);
      }),
      h("p", { class: "ck-muted" }, h("code", {}, "view"), " is this ForwardPass: ", h("code", {}, "view = ck.ForwardPass(model, inputs, tokenizer)"), "."));
  }

  footer() {
    const worst = Math.max(...this.runs.map((/** @type {any} */ run) => run.difference));
    const closed = this.runs.flatMap((/** @type {any} */ run) => run.steps.filter((/** @type {any} */ step) => step.closed)).length;
    const scales = h("div", { class: "ck-legends" }, legend(this.scales.vector, "vectors between the steps"), legend(this.scales.share, "attention weights"));
    return h("div", { class: "ck-footer" }, scales, h("p", { class: "ck-muted ck-precision" },
      `Every step shown was computed again in NumPy and compared with the model's own numbers: largest difference ${worst.toExponential(0).replace("-", "−")} of a vector's largest number. `,
      closed ? `${closed} steps do not agree or are not read, and are closed. ` : "",
      "First numbers and lengths are exact, a colour holds one byte: point at a strip to read a number. Queries, keys, values and what a step adds are drawn on a scale of their own step."));
  }
}

define("ck-forward-pass", (data, root, signal) => {
  const view = new ForwardPass(data, root, signal);
  return () => view.show();
});

// ForwardPass: tokens on top, a rail of steps, and the stage of the chosen step with the chosen token's own numbers.

import { fill, h } from "../page/dom.js";
import { define } from "../page/explorer.js";
import { keep, roam } from "../page/keys.js";
import { Scale } from "../page/numbers/colour.js";
import { counted, grouped, minus } from "../page/numbers/format.js";
import { legend } from "../page/parts/legend.js";
import { copyText, numpyLines } from "./numpy.js";
import { kindClass, Rail } from "./rail.js";
import { stageOf } from "./stages.js";
import { readRun } from "./strips.js";

/** @import { Axis, Chosen, Payload, Run, Scales, Step } from "./types.d.ts" */

const PACE = 2200; // milliseconds for a step

class ForwardPass {
	/**
	 * @param {Payload} data
	 * @param {HTMLElement} root
	 * @param {AbortSignal} signal
	 */
	constructor(data, root, signal) {
		this.root = root;
		this.runs = data.runs.map(readRun);
		this.main = this.runs.reduce((best, run) => (run.steps.length > best.steps.length ? run : best));
		this.steps = this.main.steps;
		this.step = Math.max(
			0,
			this.steps.findIndex(({ name }) => name === data.step),
		);
		this.head = data.head;
		this.timer = 0;
		this.colours = data.colours;
		this.limits = data.limits;
		this.vectorScale = new Scale(data.colours.diverging, data.limits.vector, true);
		this.embeddingScale = new Scale(data.colours.diverging, data.limits.embedding, true);
		this.shareScale = new Scale(data.colours.sequential, 1, false);
		this.tokens = /** @type {Map<string, number>} */ (new Map()); // the token that is followed, by run and stack
		for (const run of this.runs) for (const stack of Object.keys(run.tokens)) this.followNear(run, stack, data.token);
		this.readPlace();
		this.same = this.runs.every((run) => JSON.stringify(run.tokens) === JSON.stringify(this.main.tokens));
		this.strips = h("div", { class: "ck-token-strips" });
		this.stage = h("div", { class: "ck-stage" });
		this.rail = new Rail(this.main, (step) => this.go(step));
		this.back = this.button("← Back", "Back", "←", () => this.go(this.step - 1));
		this.next = this.button("Next →", "Next", "→", () => this.go(this.step + 1));
		this.play = this.button("▶ Play", "Play", "P", () => this.playOrPause());
		this.place = h("span", { class: "ck-muted", role: "status" });
		const notes = [...new Set(this.runs.flatMap((run) => run.notes))];
		fill(
			root,
			h("h3", {}, data.title),
			notes.map((note) => h("p", { class: "ck-note" }, note)),
			this.strips,
			this.rail.element,
			this.controls(),
			this.stage,
			this.footer(),
		);
		root.addEventListener("keydown", (event) => this.key(event));
		const turn = () => this.readPlace() && this.show();
		window.addEventListener("hashchange", turn, { signal });
		signal.addEventListener("abort", () => this.pause());
		this.show();
	}

	get current() {
		return this.steps[this.step];
	}

	/** What has the focus in the view. */
	get focused() {
		const page = this.root.getRootNode();
		return page instanceof ShadowRoot ? page.activeElement : null;
	}

	/**
	 * The colour scales of a step: those of the whole pass, and its own for what stands inside of it.
	 * @param {Step} step
	 * @returns {Scales}
	 */
	scalesOf(step) {
		const ends = this.limits.steps[step.name];
		/** @param {number} limit */
		const own = (limit) => new Scale(this.colours.diverging, limit, true);
		return {
			vector: this.vectorScale,
			embedding: this.embeddingScale,
			share: this.shareScale,
			branch: own(ends.branch),
			heads: own(ends.heads),
			values: own(ends.values),
			wide: own(ends.wide),
		};
	}

	/**
	 * Follow the token that the page holds and that is nearest to a wanted one.
	 * @param {Run} run
	 * @param {string} stack
	 * @param {number} wanted
	 */
	followNear(run, stack, wanted) {
		const nearest = run.kept[stack].reduce((best, at) => (Math.abs(at - wanted) < Math.abs(best - wanted) ? at : best));
		this.tokens.set(`${run.name}/${stack}`, nearest);
	}

	/** Read a place from the address, as `link` writes it. */
	readPlace() {
		const found = /#ck-forward:([^:]+):(\d+):(\d+)$/.exec(location.hash);
		const at = found ? this.steps.findIndex(({ name }) => encodeURIComponent(name) === found[1]) : -1;
		if (!found || at < 0) return false;
		this.step = at;
		this.head = Number(found[3]);
		const { stack } = this.steps[at];
		for (const run of this.runs) if (run.kept[stack]) this.followNear(run, stack, Number(found[2]));
		return true;
	}

	link() {
		const place = [encodeURIComponent(this.current.name), this.tokenOf(this.main), this.head].join(":");
		return `${location.href.split("#")[0]}#ck-forward:${place}`;
	}

	/**
	 * @param {Run} run
	 * @param {string} [stack]
	 */
	tokenOf(run, stack = this.current.stack) {
		return this.tokens.get(`${run.name}/${stack}`) ?? 0;
	}

	/** The tokens: a row for each stack, and for each run whose text is another. */
	fillStrips() {
		const runs = this.same ? [this.main] : this.runs;
		fill(
			this.strips,
			runs.map((run) => Object.keys(run.tokens).map((stack) => this.tokenRow(run, stack))),
		);
	}

	/**
	 * @param {Run} run
	 * @param {string} stack
	 */
	tokenRow(run, stack) {
		const chosen = this.tokenOf(run, stack);
		const chips = run.tokens[stack].map(([word, kind, id], at) =>
			h(
				"button",
				{
					type: "button",
					class: `ck-token ck-token-${kind}${at === chosen ? " ck-on" : ""}`,
					"aria-pressed": String(at === chosen),
					tabindex: at === chosen ? 0 : -1,
					disabled: !run.kept[stack].includes(at),
					title: id !== null && `position ${at}, id ${id}`,
					onclick: () => this.follow(run, stack, at),
				},
				word,
			),
		);
		const label = [this.same ? "" : run.name, stack].filter(Boolean).join(", ") || "Follow a token";
		const inUse = chips.filter((chip) => !chip.disabled);
		return h(
			"div",
			{
				class: `ck-token-row${stack === this.current.stack ? "" : " ck-token-row-aside"}`,
				role: "group",
				"aria-label": label,
				onkeydown: (event) => roam(event, inUse, { click: true }),
			},
			h("span", { class: "ck-token-name" }, label),
			h("div", { class: "ck-chips" }, chips),
		);
	}

	/**
	 * @param {Run} run
	 * @param {string} stack
	 * @param {number} at
	 */
	follow(run, stack, at) {
		for (const each of this.same ? this.runs : [run]) this.tokens.set(`${each.name}/${stack}`, at);
		if (stack !== this.current.stack) {
			const alike = this.steps.findIndex((step) => step.stack === stack && step.title === this.current.title);
			this.step = alike < 0 ? this.steps.findIndex((step) => step.stack === stack) : alike;
		}
		this.show();
		const row = this.same ? 0 : this.runs.indexOf(run);
		const rows = this.strips.querySelectorAll(".ck-token-row:not(.ck-token-row-aside)");
		/** @type {HTMLElement | null | undefined} */ (rows[row]?.querySelector("[aria-pressed='true']"))?.focus({
			preventScroll: true,
		});
	}

	/**
	 * @param {string} name
	 * @param {string} label
	 * @param {string} key
	 * @param {() => void} onclick
	 */
	button(name, label, key, onclick) {
		const title = `${label} (key ${key})`;
		return h("button", { type: "button", class: "ck-button", "aria-label": label, title, onclick }, name);
	}

	controls() {
		const link = h("button", { type: "button", class: "ck-button ck-quiet" }, "Copy link to here");
		link.addEventListener("click", () => copyText(link, this.link()));
		return h(
			"div",
			{ class: "ck-controls", role: "group", "aria-label": "Walk through the pass" },
			this.back,
			this.play,
			this.next,
			this.place,
			h(
				"span",
				{ class: "ck-muted ck-hint" },
				"Keys: ← → step, P play; a tile is as full as its step changes the vector",
			),
			link,
		);
	}

	/** @param {KeyboardEvent} event */
	key(event) {
		if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
		if (event.key === "ArrowLeft") this.go(this.step - 1);
		else if (event.key === "ArrowRight") this.go(this.step + 1);
		else if (event.key === "p" || event.key === "P") this.playOrPause();
		else return;
		keep(event);
	}

	playOrPause() {
		if (this.timer) this.pause();
		else this.start();
	}

	start() {
		const last = this.steps.length - 1;
		this.timer = setInterval(() => {
			this.choose(this.step + 1);
			if (this.step === last) this.pause();
		}, PACE);
		this.choose(this.step === last ? 0 : this.step + 1);
	}

	pause() {
		clearInterval(this.timer);
		this.timer = 0;
		this.showPlay();
	}

	showPlay() {
		this.play.textContent = this.timer ? "❚❚ Pause" : "▶ Play";
		this.play.setAttribute("aria-label", this.timer ? "Pause" : "Play");
	}

	/**
	 * Go to a step; what plays stops.
	 * @param {number} step
	 */
	go(step) {
		if (this.timer) this.pause();
		this.choose(step);
	}

	/** @param {number} step */
	choose(step) {
		if (step < 0 || step >= this.steps.length) return;
		const inRail = this.focused?.classList.contains("ck-tile");
		this.step = step;
		this.show();
		if (inRail) this.rail.tiles[step].focus({ preventScroll: true });
	}

	/** Draw what is chosen. */
	show() {
		const step = this.current;
		this.fillStrips();
		this.rail.show(this.step, ({ stack }) => this.tokenOf(this.main, stack));
		this.back.disabled = this.step === 0;
		this.next.disabled = this.step === this.steps.length - 1;
		this.showPlay();
		this.place.textContent = `Step ${this.step + 1} of ${this.steps.length}`;
		this.stage.className = kindClass(step, "stage");
		const stages = this.runs.map((run) => {
			const own = run.steps.find(({ name }) => name === step.name);
			return own && this.stageOf(run, own);
		});
		const [token] = step.rows ?? [this.tokenOf(this.main)];
		const run = this.runs.length > 1 ? this.main.name : "";
		const followed = h("span", { class: "ck-followed" }, "follows ", h("b", {}, this.word(this.main, step)));
		fill(
			this.stage,
			h("h4", {}, step.heading, followed),
			h("p", { class: "ck-why" }, step.why),
			shapes(step),
			h("div", { class: "ck-stages" }, stages),
			numpyLines(step, { token, head: this.head, run }),
		);
	}

	/**
	 * @param {Run} run
	 * @param {Step} step
	 */
	word(run, step) {
		return run.tokens[step.stack][step.rows?.[0] ?? this.tokenOf(run, step.stack)][0];
	}

	/**
	 * @param {Run} run
	 * @param {Step} step
	 */
	stageOf(run, step) {
		const token = step.rows?.[0] ?? this.tokenOf(run, step.stack);
		/** @type {Chosen} */
		const chosen = {
			run,
			token,
			row: step.rows ? 0 : Math.max(0, run.kept[step.stack].indexOf(token)),
			word: this.word(run, step),
			head: this.head,
			scales: this.scalesOf(step),
			chooseHead: (head) => this.chooseHead(head, this.runs.indexOf(run)),
		};
		const about = ` ${run.model}${this.same ? "" : `, “${chosen.word}”`}`;
		const section = h(
			"section",
			{ class: "ck-one", "aria-label": run.name },
			this.runs.length > 1 && h("h5", { class: "ck-run-name" }, run.name, h("span", { class: "ck-muted" }, about)),
			stageOf(step, chosen),
			step.notes.map((note) => h("p", { class: "ck-muted ck-step-note" }, note)),
		);
		const heads = /** @type {HTMLElement[]} */ ([...section.querySelectorAll(".ck-head-button")]);
		heads[0]?.parentElement?.addEventListener("keydown", (event) => roam(event, heads, { click: true }));
		return section;
	}

	/**
	 * @param {number} head
	 * @param {number} run
	 */
	chooseHead(head, run) {
		this.head = head;
		const inside = this.focused?.classList.contains("ck-head-button");
		this.show();
		const button = this.stage.querySelectorAll(".ck-one")[run]?.querySelector(`[data-head="${head}"]`);
		if (inside && button instanceof HTMLElement) button.focus({ preventScroll: true });
	}

	footer() {
		const worst = Math.max(...this.runs.map((run) => run.difference));
		const closed = this.runs.flatMap((run) => run.steps).filter((step) => step.closed).length;
		return h(
			"div",
			{ class: "ck-footer" },
			h(
				"div",
				{ class: "ck-legends" },
				legend(this.vectorScale, "vectors between the steps"),
				legend(this.shareScale, "attention weights"),
			),
			h(
				"p",
				{ class: "ck-muted ck-precision" },
				"Every step shown was computed again in NumPy and compared with the model's own numbers: largest difference ",
				`${minus(worst.toExponential(0))} of a vector's largest number. `,
				closed > 0 && `${counted(closed, "step")} not read, or not in agreement, closed. `,
				"First numbers and lengths are exact, a colour holds one byte: point at a strip to read a number. ",
				"Embeddings, queries, keys, values and what a step adds are drawn on scales of their own.",
			),
		);
	}
}

/**
 * The shapes in a step and of what it gives, with the names of their axes.
 * @param {Step} step
 */
function shapes({ shape, attention, feedForward }) {
	/** @type {(label: string, axes: Axis[]) => HTMLElement} */
	const row = (label, axes) =>
		h(
			"span",
			{ class: "ck-shape" },
			h("span", { class: "ck-muted" }, label),
			axes.map(([name, size, attribute], index) => [
				index > 0 && h("span", { class: "ck-times", "aria-hidden": "true" }, "×"),
				h("span", { class: `ck-axis ck-axis-${name}` }, h("b", {}, grouped(size)), h("small", {}, attribute || name)),
			]),
		);
	const [[, tokens]] = shape;
	return h(
		"div",
		{ class: "ck-shapes" },
		attention &&
			row("weights", [
				["heads", attention.heads, ""],
				["queries", tokens, ""],
				["keys", attention.products.shape[2], ""],
			]),
		feedForward && row("inside", [shape[0], ["inner", ...feedForward.width]]),
		row("gives", shape),
	);
}

define("ck-forward-pass", (/** @type {Payload} */ data, root, signal) => {
	const view = new ForwardPass(data, root, signal);
	return () => view.rail.bringIn(view.step);
});

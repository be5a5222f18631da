// The rail: a column for each layer, a tile for each step, as full as the step changes the vector.

import { h } from "../page/dom.js";

/** @import { Run, Step } from "./types.d.ts" */

/** The class of a tile and of a stage for its kind of step. @type {(step: Step, what: string) => string} */
export const kindClass = (step, what) => `ck-${what} ck-${what}-${step.kind.replaceAll(" ", "-")}`;

export class Rail {
	/**
	 * @param {Run} run
	 * @param {(step: number) => void} onchoose
	 */
	constructor(run, onchoose) {
		this.steps = run.steps;
		this.tiles = run.steps.map((step, at) => this.tile(step, () => onchoose(at)));
		const parts = Object.entries(run.tokens).map(([stack, tokens]) => this.part(stack, tokens[0]?.[2] === null));
		this.element = h("nav", { class: "ck-rail", "aria-label": "Steps of the pass" }, parts);
	}

	/**
	 * @param {Step} step
	 * @param {() => void} onclick
	 */
	tile(step, onclick) {
		return h(
			"button",
			{
				type: "button",
				class: `${kindClass(step, "tile")}${step.closed ? " ck-tile-closed" : ""}`,
				tabindex: -1,
				"aria-label": step.name,
				onclick,
			},
			h("span", { class: "ck-tile-level", "aria-hidden": "true" }),
			step.layer === null && h("span", { class: "ck-tile-name" }, step.title),
		);
	}

	/**
	 * The steps of a stack.
	 * @param {string} stack
	 * @param {boolean} withoutIds
	 */
	part(stack, withoutIds) {
		const places = [...this.steps.keys()].filter((at) => this.steps[at].stack === stack);
		const inLayers = places.filter((at) => this.steps[at].layer !== null);
		const outside = places.filter((at) => this.steps[at].layer === null);
		const columns = [...new Set(inLayers.map((at) => this.steps[at].layer))].map((layer) => ({
			layer,
			steps: inLayers.filter((at) => this.steps[at].layer === layer),
		}));
		const most = Math.max(0, ...columns.map(({ steps }) => steps.length));
		const longest = columns.find(({ steps }) => steps.length === most)?.steps ?? [];
		/** @param {number[]} some */
		const tiles = (some) => some.map((at) => this.tiles[at]);
		return h(
			"div",
			{ class: "ck-rail-part" },
			stack && h("span", { class: "ck-rail-stack" }, stack),
			h(
				"div",
				{ class: "ck-rail-row" },
				h(
					"div",
					{ class: "ck-rail-end" },
					h("span", { class: "ck-rail-ids" }, withoutIds ? "input" : "input IDs"),
					h("span", { class: "ck-muted", "aria-hidden": "true" }, "↓"),
					tiles(outside.filter((at) => at < inLayers[0])),
				),
				h(
					"div",
					{ class: "ck-rail-names", "aria-hidden": "true" },
					h("span", {}, "layer"),
					longest.map((at) => h("span", {}, this.steps[at].title)),
				),
				h(
					"div",
					{ class: "ck-rail-layers" },
					columns.map(({ layer, steps }) =>
						h(
							"div",
							{ class: "ck-rail-layer" },
							h("span", { class: "ck-rail-number", "aria-hidden": "true" }, layer),
							tiles(steps),
						),
					),
				),
				h("div", { class: "ck-rail-end" }, tiles(outside.filter((at) => at > inLayers[0]))),
			),
		);
	}

	/**
	 * Mark the chosen step, and fill each tile.
	 * @param {number} chosen
	 * @param {(step: Step) => number} tokenOf
	 */
	show(chosen, tokenOf) {
		for (const [at, tile] of this.tiles.entries()) {
			const { name, change, closed } = this.steps[at];
			const share = change[Math.min(tokenOf(this.steps[at]), change.length - 1)] ?? 0;
			tile.style.setProperty("--ck-level", String(Math.min(1, share)));
			const says = share ? `: changes the vector by ${Math.round(100 * share)} % of its length` : "";
			tile.title = `${name}${says}${closed ? " (closed)" : ""}`;
			tile.classList.toggle("ck-tile-on", at === chosen);
			tile.classList.toggle("ck-tile-done", at < chosen);
			tile.tabIndex = at === chosen ? 0 : -1;
			if (at === chosen) tile.setAttribute("aria-current", "step");
			else tile.removeAttribute("aria-current");
		}
		this.bringIn(chosen);
	}

	/**
	 * Scroll a long rail so that a step is in sight.
	 * @param {number} at
	 */
	bringIn(at) {
		const tile = this.tiles[at];
		const row = tile.closest(".ck-rail-row");
		if (!row || row.scrollWidth <= row.clientWidth) return;
		const [here, all] = [tile.getBoundingClientRect(), row.getBoundingClientRect()];
		if (here.left < all.left || here.right > all.right) row.scrollLeft += here.left - all.left - row.clientWidth / 2;
	}
}

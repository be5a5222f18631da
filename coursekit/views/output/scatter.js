// Tokens as points on a map of two dimensions, with the way that a token takes through the layers.

import { fill, h } from "../page/dom.js";
import { labelSides, project } from "./places.js";

/** @import { Point } from "./places.js" */
/** @typedef {{index: number, text: string, kind: string, sequence: number}} Dot */

/**
 * @typedef {object} Scene
 * @property {(token: number, layer: number) => Point} places
 * @property {Point} middle
 * @property {number} scale
 * @property {number} layer
 * @property {number} layers
 * @property {Dot[]} tokens
 * @property {string} label
 */

export class Scatter {
	/** @param {(token: number | null) => void} onpoint told which token is pointed at */
	constructor(onpoint) {
		this.onpoint = onpoint;
		this.way = h("svg:g", { class: "ck-map-way" });
		this.scene = /** @type {Scene | null} */ (null);
		/** @type {{index: number, dot: SVGElement}[]} */
		this.dots = [];
		const attributes = { viewBox: "0 0 400 320", class: "ck-map", role: "img" };
		this.svg = h("svg:svg", { ...attributes, onpointerleave: () => onpoint(null) });
	}

	/** @param {Scene} scene */
	show(scene) {
		this.scene = scene;
		const placed = scene.tokens.map((token) => ({
			...token,
			point: project(scene.places(token.index, scene.layer), scene.middle, scene.scale),
		}));
		const sides = labelSides(placed);
		this.dots = placed.flatMap(({ index, text, kind, sequence, point: [x, y] }, at) => {
			if (!Number.isFinite(x)) return [];
			const left = sides[at] < 0;
			const name = { x: left ? -6 : 6, y: 3.5, "text-anchor": left ? "end" : "start" };
			const dot = h(
				"svg:g",
				{
					class: `ck-map-token ck-map-${kind} ck-map-of-${sequence % 6}`,
					transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
					onpointerenter: () => this.onpoint(index),
				},
				h("svg:circle", { r: 4 }),
				h("svg:text", { ...name, class: sides[at] ? null : "ck-map-dense" }, text),
			);
			return [{ index, dot }];
		});
		const [left, top] = project([0, 0], scene.middle, scene.scale);
		const axes = h("svg:path", { d: `M10 ${top}H390M${left} 10V310`, class: "ck-map-axis" });
		fill(
			this.svg,
			axes,
			this.way,
			this.dots.map(({ dot }) => dot),
		);
		this.svg.setAttribute("aria-label", scene.label);
		this.mark([]);
	}

	/** @param {number[]} tokens to stand out, with their way through the layers */
	mark(tokens) {
		const { scene } = this;
		if (!scene) return;
		for (const { index, dot } of this.dots) dot.classList.toggle("ck-on", tokens.includes(index));
		const last = this.dots.find(({ index }) => tokens.includes(index));
		if (last && this.svg.lastChild !== last.dot) this.svg.append(last.dot);
		fill(
			this.way,
			tokens.slice(0, 3).map((token) => {
				const points = Array.from({ length: scene.layers }, (_, layer) =>
					project(scene.places(token, layer), scene.middle, scene.scale)
						.map((part) => part.toFixed(1))
						.join(","),
				);
				return h("svg:polyline", { points: points.join(" ") });
			}),
		);
	}
}

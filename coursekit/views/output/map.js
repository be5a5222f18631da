// The tokens of a layer on a map.

import { h } from "../page/dom.js";
import { signed } from "../page/numbers/format.js";
import { Picture } from "./picture.js";
import { commonScale, extent } from "./places.js";
import { Scatter } from "./scatter.js";
import { placedTokens } from "./states.js";

/** @import { Shown } from "./picture.js" */
/** @import { Point } from "./places.js" */
/** @import { Placed } from "./states.js" */
/** @import { Page } from "./types.d.ts" */

/** Tokens of a layer on a map (PCA over all layers). */
export class TokenMap extends Picture {
	/** @param {Page} page */
	constructor(page) {
		super(page, "map");
		/** @type {Placed[]} */
		this.tokens = [];
		this.layerSlider();
		this.maps = this.runs.map(({ explained }, index) => {
			const map = new Scatter((token) => this.point(token));
			const [across, upwards] = explained.map((part) => `${Math.round(100 * part)} %`);
			const words = `Across: ${across} of the variance; upwards: ${upwards}.`;
			this.columns[index].append(map.svg, h("p", { class: "ck-muted" }, words));
			return map;
		});
		this.invitation = "Near points are similar vectors. Point at a token to see its way through the layers.";
		const words = [
			"The two directions in which the vectors of all layers differ most (PCA). Each run has directions of its own;",
			"the scale is common, and fits the layer; the lines cross at zero. A colour is a sequence.",
		];
		this.element.append(h("p", { class: "ck-muted" }, words.join(" ")));
	}

	/** @override */
	refresh() {
		this.showLayer();
		this.tokens = placedTokens(this.page);
		// Each run around the middle of its points, all in one scale.
		const extents = this.runs.map((run) =>
			extent(this.tokens.map(({ index }) => this.place(run, index, this.layerOf(run)))),
		);
		const scale = commonScale(extents);
		for (const [index, run] of this.runs.entries()) {
			this.maps[index].show({
				tokens: this.tokens,
				layer: this.layerOf(run),
				layers: run.layers.length,
				scale,
				middle: extents[index].middle,
				label: `Tokens of ${run.name} on a map, ${run.layers[this.layerOf(run)]}`,
				places: (token, layer) => this.place(run, token, layer),
			});
		}
		this.invite();
		this.mark();
	}

	/**
	 * @param {Shown} run
	 * @param {number} token
	 * @param {number} layer
	 * @returns {Point}
	 */
	place({ numbers }, token, layer) {
		const at = (layer * numbers.shape[1] + token) * 2;
		return [numbers.at(at), numbers.at(at + 1)];
	}

	/** @param {number | null} token */
	point(token) {
		const found = this.tokens.find(({ index }) => index === token);
		this.page.point(found ? [found.key] : []);
		if (!found) {
			this.invite();
			return;
		}
		this.read(`“${found.text}” in sequence ${found.sequence}`, (run) =>
			this.place(run, found.index, this.layerOf(run))
				.map((part) => signed(part, 2))
				.join(", "),
		);
	}

	/** @override */
	mark() {
		const marked = this.tokens.filter(({ key }) => this.page.isMarked(key)).map(({ index }) => index);
		for (const map of this.maps) map.mark(marked);
	}
}

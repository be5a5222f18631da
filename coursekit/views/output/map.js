// The tokens of a layer on a map.

import { fill, h } from "../page/dom.js";
import { decimal, signed } from "../page/numbers/format.js";
import { Picture } from "./picture.js";
import { extent, mapScales } from "./places.js";
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
		this.maps = this.runs.map((_, index) => {
			const map = new Scatter((token) => this.point(token));
			this.columns[index].append(map.svg);
			return map;
		});
		this.captions = this.columns.map((column) => {
			const caption = h("p", { class: "ck-muted" });
			column.append(caption);
			return caption;
		});
		this.names = h("ul", { class: "ck-map-names", "aria-label": "Sequences" });
		this.invitation = "Near points are similar vectors. Point at a token to see its way through the layers.";
		const words =
			"The two directions in which the vectors of all layers differ most (PCA); each run has its own. " +
			"The lines cross at zero.";
		this.element.append(this.names, h("p", { class: "ck-muted" }, words));
	}

	/** @override */
	refresh() {
		this.showLayer();
		this.tokens = placedTokens(this.page);
		// Each run around the middle of its points, all in one scale unless one would be a dot in it.
		const extents = this.runs.map((run) =>
			extent(this.tokens.map(({ index }) => this.place(run, index, this.layerOf(run)))),
		);
		const scales = mapScales(extents);
		for (const [index, run] of this.runs.entries()) {
			this.maps[index].show({
				tokens: this.tokens,
				layer: this.layerOf(run),
				layers: run.layers.length,
				scale: scales[index],
				middle: extents[index].middle,
				label: `Tokens of ${run.name} on a map, ${run.layers[this.layerOf(run)]}`,
				places: (token, layer) => this.place(run, token, layer),
			});
			const [across, upwards] = run.explained.map((part) => `${Math.round(100 * part)} %`);
			const larger = scales[index] / Math.min(...scales);
			const drawn = larger > 1 ? ` Drawn ${decimal(larger, 1)} times as large as the other.` : "";
			this.captions[index].textContent = `Across: ${across} of the variance; upwards: ${upwards}.${drawn}`;
		}
		this.nameSequences();
		this.invite();
		this.mark();
	}

	/** Which colour is which sequence. */
	nameSequences() {
		const shown = [...new Set(this.tokens.map(({ sequence }) => sequence))];
		fill(
			this.names,
			shown.map((sequence) => {
				const dot = h("span", { class: `ck-map-dot ck-map-of-${sequence % 6}`, "aria-hidden": "true" });
				return h("li", {}, dot, `${sequence}  ${this.data.sequences[sequence].label}`.trim());
			}),
		);
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

// What the attributes of a config shape, said in words, and in which groups they are listed.

import { counted } from "../page/numbers/format.js";
import { percent } from "./shapes.js";

/** @import { Attribute, Model } from "./types.d.ts" */

/** @typedef {{name: string, value: string, note: string}} Listed */

/**
 * The attributes of all models by what they do; one that several models have stands once, with all its values.
 * @param {Model[]} models
 */
export function attributeGroups(models) {
	/** @type {Map<string, Attribute[]>} */
	const byName = new Map();
	for (const model of models) {
		for (const one of model.attributes) byName.set(one[0], [...(byName.get(one[0]) ?? []), one]);
	}
	/** @type {Record<"shapes" | "modules" | "nothing" | "untested" | "unset", Listed[]>} */
	const groups = { shapes: [], modules: [], nothing: [], untested: [], unset: [] };
	const kinds = /** @type {const} */ (["shapes", "modules", "nothing"]);
	for (const [name, ones] of byName) {
		const value = [...new Set(ones.map((one) => one[1]))].join(" | ");
		const unset = ones.every((one) => one[3] === "not set");
		const kind = kinds.find((each) => ones.some((one) => one[2] === each)) ?? (unset ? "unset" : "untested");
		groups[kind].push({ name, value, note: ones[0][3] || "not tried" });
	}
	return groups;
}

/**
 * What an attribute shapes in a model; null where the model has none of that name.
 * @param {Model} model
 * @param {string | null} name
 */
export function shapesText(model, name) {
	const one = model.attributes.find((each) => each[0] === name);
	if (!one) return null;
	const [, value, kind, , tensors, parameters] = one;
	if (kind === "modules" && !parameters) {
		return `${name} decides which modules are built; no tensor of this model has a dimension of its size.`;
	}
	if (kind !== "shapes") return `${name} shapes nothing.`;
	const size = `${counted(tensors, "tensor")} with ${counted(parameters, "parameter")}`;
	return `${name} = ${value} shapes ${size}, ${percent(parameters, model.parameters)} of the model.`;
}

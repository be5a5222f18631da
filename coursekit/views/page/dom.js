// Elements, and the keys that move among them.

/** @import { Attributes, Child, Made, Tag } from "./types.d.ts" */

/** @type {(children: Child[]) => (Node | string)[]} */
const nodes = (children) =>
	children.flat(9).flatMap((child) => {
		if (child === null || child === undefined || child === false || Array.isArray(child)) return [];
		return [child instanceof Node ? child : String(child)];
	});

/**
 * Create an element.
 * @template {Tag} T
 * @param {T} name such as "div" or "svg:path"
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {Made<T>}
 */
export function h(name, attributes = {}, ...children) {
	const element = name.startsWith("svg:")
		? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4))
		: document.createElement(name);
	for (const [key, value] of Object.entries(attributes)) {
		if (value === null || value === undefined || value === false) continue;
		if (typeof value === "function") element.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
		else element.setAttribute(key, value === true ? "" : String(value));
	}
	element.append(...nodes(children));
	return /** @type {Made<T>} */ (element);
}

/**
 * Give an element these children instead of those it has.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
	element.replaceChildren(...nodes(children));
}

/**
 * Find something that must be there.
 * @template T
 * @param {T | null | undefined} found
 * @returns {T}
 */
export function there(found) {
	if (found === null || found === undefined) throw new Error("a part of the view is missing");
	return found;
}

/**
 * Draw pixels, red, green, blue and opacity of each, on a canvas of their size.
 * @param {HTMLCanvasElement} canvas
 * @param {number} columns
 * @param {Uint8ClampedArray<ArrayBuffer>} pixels
 */
export function paint(canvas, columns, pixels) {
	const image = new ImageData(pixels, columns);
	Object.assign(canvas, { width: image.width, height: image.height });
	there(canvas.getContext("2d")).putImageData(image, 0, 0);
}

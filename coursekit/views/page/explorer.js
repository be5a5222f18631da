// The element of every explorer. It unpacks what Python sent, draws it into a shadow root, and keeps its keys to itself.

import { h, there } from "./dom.js";
import { unpack } from "./numbers/unpack.js";

/** @import { Draw } from "./types.d.ts" */

/**
 * A style sheet as the shadow root needs it: a view's own one stands in `tag { … }` on the page, to touch nothing else.
 * @param {Element} sheet
 */
function inside(sheet) {
	const rules = sheet.textContent;
	const own = sheet.classList.contains("ck-own");
	return h("style", {}, own ? rules.slice(rules.indexOf("{") + 1, rules.lastIndexOf("}")) : rules);
}

/**
 * Keep plain keys for the control that has the focus. Notebooks and slides move, insert and delete with them.
 * @param {HTMLElement} view
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
function keepKeys(view, root, signal) {
	/** @type {(event: KeyboardEvent) => boolean} */
	const plain = ({ key, ctrlKey, metaKey, altKey, shiftKey }) =>
		!(ctrlKey || metaKey || altKey || (shiftKey && key === "Enter"));
	root.addEventListener("keydown", (event) => {
		if (plain(event)) event.stopPropagation();
	});
	// JupyterLab listens at the document, before an event gets here; where it sees this attribute it leaves the key alone.
	const mark = (/** @type {KeyboardEvent} */ event) =>
		view.toggleAttribute("data-lm-suppress-shortcuts", plain(event) && event.composedPath().includes(root));
	window.addEventListener("keydown", mark, { capture: true, signal });
}

/**
 * Define the element of a view; a page that shows the view twice defines it once. Without a script the static face stays.
 *
 * The only class that extends HTMLElement: a view's own class has its names to itself and cannot hide one of the DOM.
 * @template Payload
 * @param {string} tag
 * @param {Draw<Payload>} draw draws into a root that is not on the page yet; what it returns is called when it is
 */
export function define(tag, draw) {
	if (customElements.get(tag)) return;
	customElements.define(
		tag,
		class extends HTMLElement {
			#listening = new AbortController();

			async connectedCallback() {
				if (this.shadowRoot) return;
				try {
					const data = /** @type {Payload} */ (await unpack(this.dataset.payload ?? ""));
					if (this.shadowRoot) return;
					const sheets = [...there(this.parentElement).querySelectorAll(":scope > style")].map(inside);
					const root = h("div", { class: "ck-root" });
					const { signal } = this.#listening;
					const shown = draw(data, root, signal);
					keepKeys(this, root, signal);
					this.attachShadow({ mode: "open" }).append(...sheets, root);
					shown?.();
				} catch (error) {
					console.error(`${this.localName}: the static view stays, the interactive one failed`, error);
				}
			}

			disconnectedCallback() {
				// Moving the element (JupyterLab does, when a cell is dragged) disconnects it for a moment.
				queueMicrotask(() => {
					if (!this.isConnected) this.#listening.abort();
				});
			}
		},
	);
}

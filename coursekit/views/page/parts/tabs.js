// Tabs and the panel under them.

import { fill, h } from "../dom.js";
import { roam } from "../keys.js";

/**
 * @param {string} label what the tabs are parts of
 * @param {{title: string, content: () => import("../types.d.ts").Child}[]} pages
 * @param {{at?: number, vertical?: boolean, panel?: string}} [options] the page that is open at first; the panel's class
 * @returns {{element: HTMLElement, bar: HTMLElement, panel: HTMLElement, open: (at: number) => void}}
 */
export function tabs(label, pages, { at: start = 0, panel: kind = "" } = {}) {
	const panel = h("div", { role: "tabpanel", class: `ck-panel ${kind}`, tabindex: 0 });
	const buttons = pages.map(({ title }, at) =>
		h("button", { type: "button", role: "tab", class: "ck-tab", onclick: () => open(at) }, title),
	);
	const bar = h(
		"div",
		{
			role: "tablist",
			"aria-label": label,
			class: "ck-tabs",
			onkeydown: (event) => roam(event, buttons, { click: true }),
		},
		buttons,
	);
	/** @param {number} at */
	function open(at) {
		for (const [other, button] of buttons.entries()) {
			button.setAttribute("aria-selected", String(other === at));
			button.tabIndex = other === at ? 0 : -1;
		}
		panel.setAttribute("aria-label", pages[at].title);
		fill(panel, pages[at].content());
	}
	open(start);
	return { element: h("div", {}, bar, panel), bar, panel, open };
}

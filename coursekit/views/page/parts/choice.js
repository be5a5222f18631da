// A row of buttons of which one is pressed.

import { h } from "../dom.js";

/**
 * @param {string} label what is chosen
 * @param {string[]} names
 * @param {number} start the one that is pressed at first
 * @param {(at: number) => void} onchange
 * @param {boolean} [shown] whether the label is shown; else it is for screen readers only
 */
export function choice(label, names, start, onchange, shown = true) {
	const buttons = names.map((name, at) =>
		h(
			"button",
			{
				type: "button",
				class: "ck-button",
				"aria-pressed": String(at === start),
				onclick: () => {
					for (const [other, button] of buttons.entries()) {
						button.setAttribute("aria-pressed", String(other === at));
					}
					onchange(at);
				},
			},
			name,
		),
	);
	return h(
		"div",
		{ role: "group", "aria-label": label, class: "ck-choice" },
		shown && h("span", { class: "ck-muted" }, label),
		buttons,
	);
}

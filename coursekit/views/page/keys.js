// The keys that move: among buttons, tabs, cells. A view keeps them from the notebook, which moves between cells with them.

/**
 * Where a key moves to, in a list that goes round or, with `columns`, in a grid that ends at its edges.
 * @param {{key: string, shiftKey: boolean, ctrlKey: boolean, metaKey: boolean, altKey: boolean}} event
 * @param {number} at
 * @param {number} count
 * @param {number} [columns]
 * @returns {number | null} null for a key that does not move
 */
export function moved(event, at, count, columns = 0) {
	if (event.ctrlKey || event.metaKey || event.altKey) return null;
	const { key } = event;
	if (!columns) {
		const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
		if (step) return (at + step + count) % count;
		return { Home: 0, End: count - 1 }[key] ?? null;
	}
	const far = event.shiftKey ? 10 : 1;
	const row = Math.floor(at / columns);
	const column = at % columns;
	const end = count / columns - 1;
	return (
		{
			ArrowUp: at - columns * Math.min(far, row),
			ArrowDown: at + columns * Math.min(far, end - row),
			ArrowLeft: at - Math.min(far, column),
			ArrowRight: at + Math.min(far, columns - 1 - column),
			Home: at - column,
			End: at - column + columns - 1,
		}[key] ?? null
	);
}

/**
 * Keep a key for the control that has the focus.
 * @param {Event} event
 */
export function keep(event) {
	event.preventDefault();
	event.stopPropagation();
}

/**
 * Move the focus among buttons, of which one is reached by Tab.
 * @param {KeyboardEvent} event
 * @param {HTMLElement[]} buttons
 * @param {{columns?: number, click?: boolean}} [options] whether the button that gets the focus is pressed
 */
export function roam(event, buttons, { columns = 0, click = false } = {}) {
	const at = buttons.indexOf(/** @type {HTMLElement} */ (event.target));
	const next = at < 0 ? null : moved(event, at, buttons.length, columns);
	if (next === null) return;
	keep(event);
	for (const [index, button] of buttons.entries()) button.tabIndex = index === next ? 0 : -1;
	buttons[next].focus();
	if (click && next !== at) buttons[next].click();
}

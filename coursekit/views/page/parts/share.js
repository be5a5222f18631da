// A part of a whole, with a bar before it.

import { h } from "../dom.js";
import { shareText } from "../numbers/format.js";

/**
 * @param {number | null} share null gives nothing
 * @returns {string | HTMLElement}
 */
export function shareBar(share) {
	if (share === null) return "";
	const bar = h("span", { class: "ck-share-bar", "aria-hidden": "true" });
	bar.style.setProperty("--ck-share", String(share));
	return h("span", { class: "ck-share" }, bar, h("span", {}, shareText(share)));
}

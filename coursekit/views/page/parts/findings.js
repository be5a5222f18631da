// The findings about a file or a folder, the worst first, as facts/files/findings.py has them.

import { h } from "../dom.js";

/** @typedef {[severity: "error" | "warning" | "note", where: string, what: string, remedy: string]} Finding */

const SEVERITIES = { error: "Error", warning: "Careful", note: "Note" };

/**
 * @param {Finding[]} findings
 * @returns {HTMLElement | null} null when nothing was found
 */
export function findingsList(findings) {
	if (!findings.length) return null;
	return h(
		"ul",
		{ class: "ck-findings", "aria-label": "What was found" },
		findings.map(([severity, where, what, remedy]) =>
			h(
				"li",
				{ class: `ck-finding ck-finding-${severity}` },
				h("strong", {}, SEVERITIES[severity]),
				where && h("code", {}, where),
				h("span", {}, what),
				remedy && h("span", { class: "ck-finding-remedy" }, remedy),
			),
		),
	);
}

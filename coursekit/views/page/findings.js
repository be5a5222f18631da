// The findings about a file or a folder, the worst first, as facts/findings.py has them.

const SEVERITIES = { error: "Error", warning: "Careful", note: "Note" };

/**
 * @param {[string, string, string, string][]} findings severity, where, what, remedy
 * @returns {HTMLElement|null} null when nothing was found
 */
function findingsList(findings) {
  if (!findings.length) return null;
  return h("ul", { class: "ck-findings", "aria-label": "What was found" },
    ...findings.map(([severity, where, what, remedy]) => h("li", { class: `ck-finding ck-finding-${severity}` },
      h("strong", {}, SEVERITIES[severity]), where ? h("code", {}, where) : null, h("span", {}, what),
      remedy ? h("span", { class: "ck-finding-remedy" }, remedy) : null)));
}

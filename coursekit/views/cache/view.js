// The cache: where it is, what takes how much space, and for the chosen repository its revisions and files.

const many = (/** @type {number} */ count, /** @type {string} */ word) => `${grouped(count)} ${word}${count === 1 ? "" : "s"}`;

define("ck-cache-browser", class extends CkExplorer {
  draw(/** @type {any} */ data, /** @type {HTMLElement} */ root) {
    const detail = h("section", { class: "ck-cache-detail", "aria-live": "polite" });
    [this.first] = data.repositories;
    const parts = [
      h("h3", {}, "Hugging Face cache", data.all && this.first ? h("span", { class: "ck-muted ck-soft" }, ` ${bytesText(data.nbytes)} on the disk`) : null),
      this.place(data),
      data.empty ? h("p", { class: "ck-note" }, data.empty) : null,
      findingsList(data.findings),
      data.all && this.first ? this.repositories(data, detail) : null,
      detail,
    ];
    if (!data.all) detail.append(...data.repositories.flatMap((/** @type {any} */ repository) => this.detail(repository)));
    root.append(...parts.filter(Boolean));
  }

  drawn() { if (this.first) this.table?.select(this.first); }

  place(/** @type {any} */ data) {
    const steps = data.steps.map((/** @type {any[]} */ [name, value, gives, decides]) => h("li", { class: decides ? "ck-step ck-step-decides" : "ck-step" },
      h("span", { class: "ck-mono" }, name),
      h("span", { class: "ck-muted" }, name === "the default" || value ? "→ " : "not set", name === "the default" || value ? h("code", {}, gives) : ""),
      decides ? h("strong", {}, "decides") : null));
    return h("div", { class: "ck-cache-place" },
      h("p", {}, h("code", { class: "ck-cache-folder" }, data.folder), data.decided ? h("span", { class: "ck-muted" }, `  ${data.decided}`) : null),
      data.steps.length > 1
        ? h("details", {}, h("summary", {}, "What decides where it is"), h("p", { class: "ck-muted" }, "The first of these that is set:"), h("ol", { class: "ck-steps" }, ...steps))
        : null);
  }

  /** The list of all repositories, above what one of them holds. */
  repositories(/** @type {any} */ data, /** @type {HTMLElement} */ detail) {
    const size = (/** @type {any} */ row) => row.nbytes;
    this.table = virtualTable({
      label: "Repositories in the cache", noun: ["repository", "repositories"], height: 240, minWidth: "43em",
      rows: data.repositories,
      columns: [
        { title: "Repository", width: "minmax(13em, 3fr)", value: (row) => row.id },
        { title: "Size", width: "5.5em", numeric: true, value: size, show: (row) => bytesText(row.nbytes) },
        { title: "Share", width: "9em", numeric: true, value: size, hint: "of the whole cache",
          show: (row) => shareBar(data.nbytes ? row.nbytes / data.nbytes : 0) },
        { title: "Last used", width: "6.5em", value: (row) => row.lastUsed || null },
        { title: "Kind", width: "5em", value: (row) => row.kind },
        { title: "Revisions", width: "6em", numeric: true, value: (row) => row.revisions.length },
      ],
      onselect: (row) => detail.replaceChildren(...this.detail(row)), signal: this.signal,
    });
    return this.table.element;
  }

  detail(/** @type {any} */ repository) {
    const revisions = repository.revisions.map((/** @type {any[]} */ [commit, refs, nbytes, files]) => {
      const noted = files.some((/** @type {any[]} */ [, , shown, broken]) => broken || shown > 1);
      const rows = files.map((/** @type {any[]} */ [name, size, shown, broken]) => h("tr", {},
        h("th", { scope: "row", class: "ck-mono" }, name),
        h("td", { class: "ck-number" }, broken ? "missing" : bytesText(size)),
        noted ? h("td", {}, broken ? "its link leads nowhere" : shown > 1 ? `shared by ${shown} revisions, on the disk once` : "") : null));
      return h("section", { class: "ck-revision" },
        h("h5", {}, "Revision ", h("code", {}, commit.slice(0, 12)), ...refs.map((/** @type {string} */ ref) => h("span", { class: "ck-ref" }, ref)),
          h("span", { class: "ck-muted ck-soft" }, `${many(files.length, "file")}, ${bytesText(nbytes)}`)),
        h("table", { class: "ck-table" }, h("caption", { class: "ck-visually-hidden" }, `Files of revision ${commit.slice(0, 12)}`),
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "File"), h("th", { scope: "col", class: "ck-number" }, "Size"), noted ? h("th", { scope: "col" }, "Note") : null)),
          h("tbody", {}, ...rows)));
    });
    return [
      h("h4", {}, repository.id),
      h("p", { class: "ck-muted" }, repository.kind, " in the folder ", h("code", {}, repository.folder),
        repository.lastUsed ? `, last used ${repository.lastUsed}` : "",
        repository.unfinished.length ? `, ${many(repository.unfinished.length, "download")} unfinished` : ""),
      ...revisions,
      repository.free
        ? h("div", { class: "ck-free" }, h("p", {}, `To free ${bytesText(repository.nbytes)}, run this in a terminal. This page does not run it.`), h("pre", { class: "ck-command", tabindex: 0, "aria-label": "Command" }, repository.free))
        : null,
    ].filter(Boolean);
  }
});

// The cache: where it is, a bar of what takes how much space, and for the chosen repository its revisions and files.

const many = (/** @type {number} */ count, /** @type {string} */ word) => `${grouped(count)} ${word}${count === 1 ? "" : "s"}`;

define("ck-cache-browser", class extends CkExplorer {
  draw(/** @type {any} */ data, /** @type {HTMLElement} */ root) {
    const detail = h("div", { class: "ck-cache-detail" });
    const parts = [
      h("h3", {}, "Hugging Face cache"),
      this.place(data),
      data.empty ? h("p", { class: "ck-note" }, data.empty) : null,
      findingsList(data.findings),
      data.repositories.length ? this.repositories(data, detail) : null,
      data.repositories.length ? detail : null,
    ];
    root.append(...parts.filter(Boolean));
  }

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

  repositories(/** @type {any} */ data, /** @type {HTMLElement} */ detail) {
    const options = data.repositories.map((/** @type {any} */ repository, /** @type {number} */ index) => {
      const bar = h("span", { class: "ck-cache-bar", "aria-hidden": "true" });
      bar.style.setProperty("--ck-share", String(data.nbytes ? repository.nbytes / data.nbytes : 0));
      return h("li", {
        role: "option", class: "ck-repository", tabindex: index ? -1 : 0, "aria-selected": String(!index),
        onclick: () => choose(index, true),
      }, h("span", { class: "ck-repository-name" }, repository.id),
        h("span", { class: "ck-repository-size" }, bytesText(repository.nbytes)), bar,
        h("span", { class: "ck-muted ck-repository-about" }, [
          repository.kind, many(repository.revisions.length, "revision"), repository.lastUsed && `last used ${repository.lastUsed}`,
          repository.unfinished.length ? `${many(repository.unfinished.length, "download")} unfinished` : "",
        ].filter(Boolean).join(" · ")));
    });
    const choose = (/** @type {number} */ index, /** @type {boolean} */ focus) => {
      options.forEach((/** @type {HTMLElement} */ option, /** @type {number} */ at) => {
        option.setAttribute("aria-selected", String(at === index));
        option.setAttribute("tabindex", at === index ? "0" : "-1");
      });
      if (focus) options[index].focus();
      detail.replaceChildren(...this.detail(data.repositories[index]));
    };
    const list = h("ul", {
      role: "listbox", class: "ck-repositories", "aria-label": "Repositories in the cache",
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const at = options.indexOf(event.target);
        /** @type {Record<string, number>} */
        const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1 };
        const to = moves[event.key];
        if (at < 0 || to === undefined) return;
        event.preventDefault();
        event.stopPropagation(); // a notebook moves between cells with the same keys
        if (options[to]) choose(to, true);
      },
    }, ...options);
    choose(0, false);
    return h("div", {},
      h("p", { class: "ck-muted" }, `${data.repositories.length === 1 ? "1 repository" : `${grouped(data.repositories.length)} repositories`}, ${bytesText(data.nbytes)} on the disk`), list);
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
      h("p", { class: "ck-muted" }, "in the folder ", h("code", {}, repository.folder)),
      ...revisions,
      repository.free
        ? h("div", { class: "ck-free" }, h("p", {}, `To free ${bytesText(repository.nbytes)}, run this in a terminal. This page does not run it.`), h("pre", { class: "ck-command", tabindex: 0, "aria-label": "Command" }, repository.free))
        : null,
    ].filter(Boolean);
  }
});

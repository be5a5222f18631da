// The files of a checkpoint: config and weights side by side, and between them whether they fit.

const shapeText = (/** @type {number[]} */ shape) => shape.map(grouped).join(" × ") || "one number";

/** What the format in a safetensors header tells. @type {Record<string, string>} */
const WRITERS = { pt: ": PyTorch wrote it", tf: ": TensorFlow wrote it", flax: ": Flax wrote it" };

/** How a tensor can fail to fit; the first is how it fits. */
const STATES = ["", "missing", "wrong shape", "no place", "not needed"];

/** A row of the table of tensors, made of what the payload has. */
function tensorRows(/** @type {any} */ weights) {
  const total = weights.tensors.reduce((/** @type {number} */ sum, /** @type {any} */ row) => sum + row[3], 0) || 1;
  const states = new Map();
  const wanted = new Map();
  const { fit } = weights;
  for (const name of fit?.surplus ?? []) states.set(name, "no place");
  for (const name of fit?.harmless ?? []) states.set(name, "not needed");
  for (const [name, , calledFor] of fit?.mismatched ?? []) {
    states.set(name, "wrong shape");
    wanted.set(name, calledFor);
  }
  const rows = weights.tensors.map((/** @type {any[]} */ [name, shape, dtype, nbytes, file, part]) => ({
    name, shape, dtype, nbytes, file, part, share: nbytes / total, state: states.get(name) ?? "",
    count: shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1), wanted: wanted.get(name),
  }));
  for (const [name, part] of fit?.missing ?? []) {
    rows.push({ name, shape: null, dtype: "", nbytes: null, file: "", part, share: null, state: "missing", count: null });
  }
  return rows;
}

define("ck-checkpoint-inspector", class extends CkExplorer {
  draw(/** @type {any} */ data, /** @type {HTMLElement} */ root) {
    const parts = [
      h("h3", {}, data.source),
      data.commit && h("p", { class: "ck-muted" }, "Revision ", h("code", {}, data.commit.slice(0, 12)), " in the Hugging Face cache"),
      this.pair(data), findingsList(data.findings), this.tabs(data),
    ];
    root.append(...parts.filter(Boolean));
  }

  /** Config and weights, hand in hand. */
  pair(/** @type {any} */ data) {
    const weights = data.weights[0];
    const facts = (/** @type {[string, any][]} */ pairs) => h("dl", { class: "ck-card-facts" },
      ...pairs.map(([name, value]) => h("div", {}, h("dd", {}, value), h("dt", {}, name))));
    const config = h("section", { class: "ck-card", "aria-label": "Config" },
      h("h4", {}, "config.json"),
      data.config
        ? [h("p", { class: "ck-muted" }, [data.config.type || "no model_type", data.config.savedBy && `saved by transformers ${data.config.savedBy}`].filter(Boolean).join(" · ")), facts(data.config.sizes)]
        : h("p", { class: "ck-muted" }, "Not there, or not readable."));
    const state = h("section", { class: "ck-card", "aria-label": "Weights" },
      h("h4", {}, weights?.name ?? "Weights"),
      weights
        ? [h("p", { class: "ck-muted" }, [weights.format, weights.shards > 1 && `${weights.shards} shards`, weights.dtypes.join(", ")].filter(Boolean).join(" · ")),
          facts(weights.tensors.length
            ? [["tensors", grouped(weights.tensors.length)], ["parameters", grouped(weights.parameters)], ["on disk", bytesText(weights.nbytes)]]
            : [["on disk", bytesText(weights.nbytes)]])]
        : h("p", { class: "ck-muted" }, "There is no file with weights."));
    const signs = { good: "✓", bad: "✗", open: "?" };
    return h("div", { class: `ck-pair ck-pair-${data.state}` }, config,
      h("div", { class: "ck-pair-sign", "aria-hidden": "true" }, signs[data.state]), state,
      h("p", { class: "ck-pair-verdict" }, data.verdict));
  }

  tabs(/** @type {any} */ data) {
    const pages = [
      ["State dictionary", () => this.weights(data)],
      ["Config", () => this.config(data)],
      ["Files", () => this.files(data)],
    ].filter(([title]) => (title === "Config" ? data.groups.length : title === "Files" ? data.files.length : data.weights.length));
    const panel = h("div", { role: "tabpanel", class: "ck-tab-panel", tabindex: 0 });
    const list = h("div", { role: "tablist", class: "ck-tabs", "aria-label": "Parts of the checkpoint" });
    const open = (/** @type {number} */ index, /** @type {boolean} */ focus) => {
      [...list.children].forEach((tab, at) => {
        tab.setAttribute("aria-selected", String(at === index));
        tab.setAttribute("tabindex", at === index ? "0" : "-1");
      });
      if (focus) list.children[index].focus();
      panel.setAttribute("aria-label", String(pages[index][0]));
      panel.replaceChildren(pages[index][1]());
    };
    pages.forEach(([title], index) => list.append(h("button", {
      type: "button", role: "tab", class: "ck-tab", onclick: () => open(index, false),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        event.stopPropagation();
        open((index + step + pages.length) % pages.length, true);
      },
    }, title)));
    if (!pages.length) return null;
    open(0, false);
    return h("div", {}, list, panel);
  }

  weights(/** @type {any} */ data) {
    const place = h("div", {});
    const show = (/** @type {any} */ weights) => {
      const rows = tensorRows(weights);
      const imperfect = weights.fit && ["missing", "surplus", "mismatched", "harmless"].some((key) => weights.fit[key].length);
      const notes = [weights.takenBy.length ? `from_pretrained of ${weights.takenBy.join(" and ")} takes this ${weights.shards > 1 ? "set" : "file"}.` : null,
        weights.metadata.length ? `Its header also says ${weights.metadata.map((/** @type {string[]} */ pair) => pair.join(" = ")).join(", ")}${WRITERS[weights.metadata.find((/** @type {string[]} */ pair) => pair[0] === "format")?.[1]] ?? ""}.` : null];
      const columns = [
        { title: "Name", width: "minmax(17em, 4fr)", mono: true, value: (/** @type {any} */ row) => row.name,
          below: (/** @type {any} */ row) => nameInGroup(row.name, row.part) },
        { title: "Shape", width: weights.fit?.mismatched.length ? "minmax(17em, 1.5fr)" : "minmax(8em, 1fr)", value: (/** @type {any} */ row) => row.shape ? shapeText(row.shape) : null,
          show: (/** @type {any} */ row) => (row.shape ? shapeText(row.shape) : "–") + (row.wanted ? ` (config: ${shapeText(row.wanted)})` : "") },
        { title: "Type", width: "5.5em", value: (/** @type {any} */ row) => row.dtype },
        { title: "Parameters", width: "7.5em", numeric: true, value: (/** @type {any} */ row) => row.count,
          show: (/** @type {any} */ row) => row.count === null ? "–" : grouped(row.count) },
        { title: "Size", width: "5.5em", numeric: true, value: (/** @type {any} */ row) => row.nbytes,
          show: (/** @type {any} */ row) => row.nbytes === null ? "–" : bytesText(row.nbytes) },
        { title: "Share", width: "8em", numeric: true, value: (/** @type {any} */ row) => row.share,
          show: (/** @type {any} */ row) => shareBar(row.share), hint: "of all bytes of the weights" },
      ];
      if (imperfect) {
        columns.splice(1, 0, { title: "Fit", width: "8.5em", searched: true, value: (/** @type {any} */ row) => row.state || null,
          show: (/** @type {any} */ row) => row.state ? h("span", { class: `ck-state ck-state-${row.state.replace(" ", "-")}` }, row.state) : h("span", { class: "ck-muted" }, "fits") });
      }
      if (weights.shards > 1) columns.push({ title: "File", width: "minmax(9em, 1.5fr)", value: (/** @type {any} */ row) => row.file });
      const tensors = virtualTable({
        label: `Tensors of ${weights.name}`, noun: ["tensor", "tensors"], columns, rows, minWidth: imperfect ? "58em" : "50em",
        placeholder: "Search tensors, such as layer.0 attention", group: (/** @type {any} */ row) => row.state === "missing" ? `${row.part}: missing, the config calls for it` : row.part, signal: this.signal,
      });
      const kinds = new Map([["all", rows], ...STATES.map((state) => [state || "fit", rows.filter((row) => row.state === state)])]
        .filter(([, found]) => found.length));
      place.replaceChildren(...[
        notes.some(Boolean) ? h("p", { class: "ck-muted" }, notes.filter(Boolean).join(" ")) : null,
        imperfect ? choice("Show", [...kinds].map(([kind, found]) => `${kind} ${grouped(found.length)}`), 0, (at) => tensors.setRows([...kinds.values()][at])) : null,
        tensors.element].filter(Boolean));
    };
    show(data.weights[0]);
    if (data.weights.length === 1) return place;
    const names = data.weights.map((/** @type {any} */ weights) => weights.name);
    return h("div", {}, choice("Weight files", names, 0, (at) => show(data.weights[at]), false), place);
  }

  config(/** @type {any} */ data) {
    return h("div", {}, ...data.groups.flatMap((/** @type {any} */ { title, entries }) => {
      const [name, what] = title.split(": ");
      return [h("h4", {}, name, " ", h("span", { class: "ck-muted ck-soft" }, what)),
        h("dl", { class: "ck-config" }, ...entries.flatMap((/** @type {string[]} */ [key, value, meaning]) => [
          h("dt", { class: "ck-mono" }, key),
          h("dd", {}, h("code", { class: "ck-config-value" }, value), meaning ? h("span", { class: "ck-muted" }, meaning) : null)]))];
    }));
  }

  files(/** @type {any} */ data) {
    const rows = data.files.map((/** @type {any[]} */ [name, nbytes, role]) => h("tr", {},
      h("th", { scope: "row", class: "ck-mono" }, name), h("td", { class: "ck-number" }, name.endsWith("/") ? "" : bytesText(nbytes)), h("td", {}, role)));
    return h("table", { class: "ck-table" }, h("caption", {}, "The files and what they are for"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "File"), h("th", { scope: "col", class: "ck-number" }, "Size"), h("th", { scope: "col" }, "Role"))),
      h("tbody", {}, ...rows));
  }
});

// How sizes are written for a reader.

/** A size in steps of 1000, as bytes_text in units.py writes it. */
function bytesText(/** @type {number} */ nbytes) {
  if (nbytes < 1000) return `${nbytes} byte${nbytes === 1 ? "" : "s"}`;
  const power = Math.min(4, Math.floor(Math.log10(nbytes) / 3));
  const value = nbytes / 1000 ** power;
  return `${value.toFixed(power === 1 && value >= 10 ? 0 : 1)} ${["", "kB", "MB", "GB", "TB"][power]}`;
}

/** A part of a whole, in per cent; a part that is too small for one decimal is not called nothing. */
function shareText(/** @type {number} */ share) {
  return share > 0 && share < 0.0005 ? "< 0.1 %" : `${(100 * share).toFixed(1)} %`;
}

/** The same with a bar before it; null gives nothing. */
function shareBar(/** @type {number|null} */ share) {
  if (share === null) return "";
  const bar = h("span", { class: "ck-share-bar", "aria-hidden": "true" });
  bar.style.setProperty("--ck-share", String(share));
  return h("span", { class: "ck-share" }, bar, h("span", {}, shareText(share)));
}

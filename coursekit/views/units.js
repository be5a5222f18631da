// How sizes are written for a reader.

/** A size in steps of 1000, as bytes_text in units.py writes it. */
function bytesText(/** @type {number} */ nbytes) {
  if (nbytes < 1000) return `${nbytes} byte${nbytes === 1 ? "" : "s"}`;
  const power = Math.min(4, Math.floor(Math.log10(nbytes) / 3));
  const value = nbytes / 1000 ** power;
  return `${value.toFixed(power === 1 && value >= 10 ? 0 : 1)} ${["", "kB", "MB", "GB", "TB"][power]}`;
}

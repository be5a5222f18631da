// Numbers as they are written for a reader; minus signs are true ones.

const grouping = new Intl.NumberFormat("en-US"); // made once: a table asks ten thousand times

/** Group the digits of a whole number as the lessons do: 109,482,240. @type {(number: number) => string} */
export const grouped = (number) => grouping.format(number);

/** A number of things: `1 tensor`, `1,200 tensors`. @type {(count: number, word: string) => string} */
export const counted = (count, word) => `${grouped(count)} ${word}${count === 1 ? "" : "s"}`;

/** A true minus sign. @type {(text: string) => string} */
export const minus = (text) => text.replaceAll("-", "−");

/**
 * A number with so many decimals; tiny ones in powers of ten.
 * @param {number} value
 * @param {number} decimals
 */
export function signed(value, decimals) {
	const size = Math.abs(value);
	const text = size && size < 10 ** -decimals ? size.toExponential(1) : size.toFixed(decimals);
	return `${value < 0 ? "−" : ""}${text}`;
}

/** So many decimals, and no minus before a zero. @type {(value: number, decimals: number) => string} */
export const decimal = (value, decimals) => minus(value.toFixed(decimals).replace(/^-(?=[0.]+$)/, ""));

/**
 * A figure with four decimals; smaller and larger ones in powers of ten; what is not there by a word.
 * @param {number | null} value
 */
export function figure(value) {
	if (value === null) return "none";
	if (value === 0) return "0";
	const size = Math.abs(value);
	if (size < 0.0005 || size >= 1e5) return minus(value.toExponential(1));
	return minus(value.toFixed(size >= 100 ? 1 : 4));
}

/** A number in two digits, as at the end of a scale. @type {(value: number) => string} */
export const rough = (value) => minus(String(Number(value.toPrecision(2))));

/**
 * A size in steps of 1000, as bytes_text in units.py writes it.
 * @param {number} nbytes
 */
export function bytesText(nbytes) {
	if (nbytes < 1000) return `${nbytes} byte${nbytes === 1 ? "" : "s"}`;
	const power = Math.min(4, Math.floor(Math.log10(nbytes) / 3));
	const value = nbytes / 1000 ** power;
	return `${value.toFixed(power === 1 && value >= 10 ? 0 : 1)} ${["", "kB", "MB", "GB", "TB"][power]}`;
}

/** A part of a whole, in per cent; one too small for one decimal is not called nothing. @type {(share: number) => string} */
export const shareText = (share) => (share > 0 && share < 0.0005 ? "< 0.1 %" : `${(100 * share).toFixed(1)} %`);

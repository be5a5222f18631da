// The measures of a heat map: how high its cells are, which labels have room, which cell lies under a point.

/** Labels for columns that have only numbers: at most about ten. @type {(count: number) => string[]} */
export function columnNumbers(count) {
	const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((size) => count / size <= 10) ?? 1000;
	return Array.from({ length: count }, (_, column) => (column % step === 0 ? String(column) : ""));
}

/**
 * The height of a cell in pixels: what the picture may take, no more than looks well, no less than can be seen.
 * @param {number} rows
 * @param {boolean} square
 * @param {boolean} written whether figures stand in the cells
 */
export function cellHeight(rows, square, written) {
	const most = square ? (written ? 72 : 40) : 26;
	return Math.max(3, Math.min(most, 500 / rows));
}

/** Every how many labels there is room for one. @type {(size: number, count: number, room: number) => number} */
export const labelStep = (size, count, room) => Math.max(1, Math.ceil((room * count) / Math.max(size, 1)));

/** Which of `count` equal parts of a length a place lies in. @type {(place: number, length: number, count: number) => number} */
export const partAt = (place, length, count) => Math.max(0, Math.min(count - 1, Math.floor((place / length) * count)));

/** The place of a pair in the lower half of a symmetric matrix, row by row. @type {(a: number, b: number) => number} */
export const triangle = (a, b) => (a >= b ? (a * (a + 1)) / 2 + b : (b * (b + 1)) / 2 + a);

// The places of tokens on a map of two dimensions, and which of their names have room.

/** @typedef {[x: number, y: number]} Point */

export const WIDE = 400;
export const HIGH = 320;

/**
 * The middle of points, and how far they reach: the least and the largest of both axes.
 * @param {Point[]} points those that are not finite do not count
 */
export function extent(points) {
	const axes = [0, 1].map((axis) => {
		const all = points.map((point) => point[axis]).filter(Number.isFinite);
		return all.length ? [Math.min(...all), Math.max(...all)] : [0, 0];
	});
	const [[left, right], [bottom, top]] = axes;
	return {
		middle: /** @type {Point} */ ([(left + right) / 2, (bottom + top) / 2]),
		width: right - left,
		height: top - bottom,
	};
}

/**
 * One scale for both axes and all maps, so that a distance is a distance.
 * @param {{width: number, height: number}[]} extents
 */
export const commonScale = (extents) =>
	Math.min(...extents.flatMap(({ width, height }) => [330 / Math.max(width, 1e-9), 280 / Math.max(height, 1e-9)]));

/**
 * The scale of each map: the common one, or its own where one of them would be less than a third as large as it could be.
 * @param {{width: number, height: number}[]} extents
 */
export function mapScales(extents) {
	const common = commonScale(extents);
	const own = extents.map((extent) => commonScale([extent]));
	return own.every((scale) => scale <= 3 * common) ? own.map(() => common) : own;
}

/**
 * Where a point lies on the drawing, whose middle is that of the points.
 * @param {Point} point
 * @param {Point} middle
 * @param {number} scale
 * @returns {Point}
 */
export const project = ([x, y], middle, scale) => [
	WIDE / 2 + scale * (x - middle[0]),
	HIGH / 2 - scale * (y - middle[1]),
];

/**
 * On which side of its point a name is written: 1 for the right, -1 for the left, 0 where it would lie on others.
 * @param {{point: Point, text: string}[]} names
 */
export function labelSides(names) {
	const taken = names.map(({ point: [x, y] }) => ({ left: x - 4, y, width: 8 }));
	/** @type {(left: number, y: number, width: number) => boolean} */
	const free = (left, y, width) => {
		const clear =
			left > 3 &&
			taken.every((box) => left > box.left + box.width || box.left > left + width || Math.abs(y - box.y) > 10);
		if (clear) taken.push({ left, y, width });
		return clear;
	};
	return names.map(({ point: [x, y], text }) => {
		const width = 6 * text.length + 2;
		if (!Number.isFinite(x)) return 0;
		if (x + width < WIDE - 15 && free(x + 6, y, width)) return 1;
		return free(x - 6 - width, y, width) ? -1 : 0;
	});
}

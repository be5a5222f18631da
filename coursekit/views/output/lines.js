// The lines of attention and their places.

/** @typedef {{query: number, key: number, weight: number}} Line */

export const MOST_LINES = 400;
const LEAST = 0.004; // a weaker line is not seen

/**
 * The lines that can be seen, the strongest first.
 * @param {number} queries how many
 * @param {(query: number, key: number) => number} value
 * @param {number} keys how many
 */
export function strongest(queries, value, keys = queries) {
	/** @type {Line[]} */
	const lines = [];
	for (let query = 0; query < queries; query += 1) {
		for (let key = 0; key < keys; key += 1) {
			const weight = value(query, key);
			if (weight > LEAST) lines.push({ query, key, weight });
		}
	}
	return lines.sort((a, b) => b.weight - a.weight);
}

/**
 * How a weight is drawn.
 * @param {number} weight
 * @param {number} limit the weight of the widest line
 */
export function stroke(weight, limit) {
	const share = Math.sqrt(Math.min(1, weight / (limit || 1)));
	return { width: (0.5 + 3.5 * share).toFixed(2), opacity: (0.06 + 0.84 * share ** 1.6).toFixed(2) };
}

/** The path of a line from one height to another. @type {(from: number, to: number) => string} */
export const curve = (from, to) => `M100 ${from}C150 ${from} 170 ${to} 220 ${to}`;

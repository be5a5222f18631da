// What Python sent to the page.

const ARRAYS = {
	uint8: Uint8Array,
	int8: Int8Array,
	uint16: Uint16Array,
	int16: Int16Array,
	uint32: Uint32Array,
	int32: Int32Array,
	float32: Float32Array,
	float64: Float64Array,
};

/** @type {(shape: number[]) => number} */
export const product = (shape) => shape.reduce((whole, size) => whole * size, 1);

/**
 * Read what `pack` in explorer.py wrote. Arrays become `{data: typed array, shape: number[]}`.
 * @param {string} base64
 * @returns {Promise<unknown>}
 */
export async function unpack(base64) {
	const deflated = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
	const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
	const buffer = await new Response(stream).arrayBuffer();
	const length = new DataView(buffer).getUint32(0, true);
	const start = 4 + length;
	return JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)), (_key, value) => {
		if (!value || !Array.isArray(value.$array)) return value;
		/** @type {[number, keyof typeof ARRAYS, number[]]} */
		const [offset, dtype, shape] = value.$array;
		return { data: new ARRAYS[dtype](buffer, start + offset, product(shape)), shape };
	});
}

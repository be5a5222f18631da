/** What `pack` in explorer.py makes of a NumPy array. */
export interface Packed<T extends Numeric = Numeric> {
	data: T;
	shape: number[];
}

export type Numeric =
	| Uint8Array
	| Int8Array
	| Uint16Array
	| Int16Array
	| Uint32Array
	| Int32Array
	| Float32Array
	| Float64Array;

/** What `quantize` in facts/output/quantization.py makes of an array. */
export interface Coded {
	codes: Packed<Uint8Array | Int8Array | Float32Array>;
	curve: "share" | "signed" | "linear";
	scale: number;
}

export type Pixels = Uint8ClampedArray<ArrayBuffer>;

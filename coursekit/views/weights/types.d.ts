import type { Packed } from "../page/numbers/types.d.ts";

/** The figures of a tensor in one model; null where there is no finite number. */
export interface Figures {
	mean: number | null;
	std: number | null;
	smallest: number | null;
	largest: number | null;
	nans: number;
	infinities: number;
	/** How many numbers lie outside of the drawing. */
	outside: number;
	/** The share of the highest bar. */
	highest: number;
	constant: boolean;
}

export interface Curve {
	text: string;
	kind: "normal" | "uniform" | "constant";
	center: number;
	spread: number;
	/** Where a normal distribution is cut, as a distance from its center. */
	cut: number | null;
}

export type Difference = [
	first: number,
	second: number,
	identical: boolean,
	largest: number | null,
	rms: number | null,
	cosine: number | null,
];

export interface Row {
	name: string;
	group: string;
	shape: string;
	count: number;
	share: number;
	dtypes: string[];
	also: string[];
	low: number;
	high: number;
	numbers: Figures[];
	differences: Difference[];
	curves: Curve[];
	picture:
		| [offset: number, rows: number, columns: number, limit: number, blockRows: number, blockColumns: number]
		| null;
}

/** What `WeightComparison.payload` returns. */
export interface Payload {
	title: string;
	summary: string;
	words: string;
	labels: string[];
	rows: Row[];
	/** `(tensors, models, bins)`, each bar as a whole number up to 65535, in parts of the highest one. */
	bars: Packed<Uint16Array>;
	pictures: Packed<Uint8Array>;
	palette: Packed<Uint8Array>;
}

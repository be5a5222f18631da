/** What fixtures.py writes. A number that is not finite is "nan", "inf" or "-inf". */
type Numbers = (number | string)[];

export interface Fixtures {
	packed: {
		base64: string;
		arrays: Record<string, { data: number[]; shape: number[] }>;
		text: string;
		deep: unknown;
	};
	quantized: {
		curve: "share" | "signed" | "linear";
		scale: number;
		values: Numbers;
		codes: number[];
		decoded: Numbers;
		bounds: Numbers;
	}[];
	colours: {
		sequential: number[];
		diverging: number[];
		limit: number;
		values: Numbers;
		signed: number[];
		unsigned: number[];
		shares: number[];
		cividis: [number, number, number][];
	};
	histogram: {
		low: number;
		high: number;
		bars: number[];
		highest: number;
		shares: number[];
		at: number[];
		curves: { curve: import("../../coursekit/views/weights/types.d.ts").Curve; density: number[] }[];
		erf: [x: number, value: number][];
	};
	attention: { weights: number[][]; lines: [query: number, key: number][] };
	places: {
		runs: Numbers[][];
		spans: [number, number][];
		middles: [number, number][];
		scale: number;
		drawn: Numbers[][];
	};
	similar: { square: number[][]; lower: number[] };
	rows: {
		rows: { name: string; size: number | null }[];
		"by name": string[];
		"by size": string[];
		"from largest": string[];
	};
	figures: Record<"bytes" | "grouped" | "shares" | "figures" | "decimals", [value: number, text: string][]> & {
		products: [shape: number[], product: number][];
	};
}

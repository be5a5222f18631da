import type { Finding } from "../page/parts/findings.js";

export type Tensor = [name: string, shape: number[], dtype: string, nbytes: number, file: string, part: string];

export interface Fit {
	model: string;
	missing: [name: string, part: string][];
	surplus: string[];
	mismatched: [name: string, stored: number[], calledFor: number[]][];
	harmless: string[];
}

export interface Weights {
	name: string;
	format: string;
	shards: number;
	takenBy: string[];
	nbytes: number;
	parameters: number;
	dtypes: string[];
	metadata: [name: string, value: string][];
	tensors: Tensor[];
	fit: Fit | null;
}

/** What `CheckpointInspector.payload` returns. */
export interface Payload {
	source: string;
	commit: string;
	state: "good" | "bad" | "open";
	verdict: string;
	config: { type: string; savedBy: string; sizes: [name: string, value: string][] } | null;
	groups: { title: string; entries: [key: string, value: string, meaning: string][] }[];
	files: [name: string, nbytes: number, role: string][];
	findings: Finding[];
	weights: Weights[];
}

/** How a tensor can fail to fit; the first is how it fits. */
export type State = "" | "missing" | "wrong shape" | "no place" | "not needed";

/** A row of the table of tensors: one that is in the file, or one that is missing there. */
export interface Row {
	name: string;
	shape: number[] | null;
	dtype: string;
	nbytes: number | null;
	file: string;
	part: string;
	share: number | null;
	state: State;
	count: number | null;
	wanted?: number[];
}

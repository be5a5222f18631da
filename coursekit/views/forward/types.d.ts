import type { Scale } from "../page/numbers/colour.js";
import type { Quantized } from "../page/numbers/quantized.js";
import type { Coded, Packed } from "../page/numbers/types.d.ts";
import type { Vectors } from "./strips.js";

export type Token = [text: string, kind: "real" | "special" | "padding", id: number | null];

/** The exact numbers of vectors: the first few of each, and its length. */
export interface Exact {
	first: Packed<Float32Array>;
	length: Packed<Float32Array>;
}

/** Vectors as they are sent: a byte a number, and what is exact. */
export type SentVectors = Coded & Exact;

/** A sum as it is sent: the places of its parts in the pool, which the page adds up. */
export type SentSum = Exact & { sum: number[] };

export type Axis = [name: string, size: number, attribute: string];

/** What a step is called, and what is said of it. */
interface Described {
	name: string;
	kind: string;
	title: string;
	heading: string;
	why: string;
	/** From 1; null outside of the layers. */
	layer: number | null;
	/** `encoder` or `decoder` where there are both. */
	stack: string;
	/** Why the inside is not shown, or nothing. */
	closed: string;
	notes: string[];
	lines: [title: string, code: string][];
	/** How much the step changes the vector of each token, as a part of its length. */
	change: number[];
	/** The token of each vector, where these are not all. */
	rows: number[] | null;
	shape: Axis[];
}

/** A norm; of each token its mean and its spread (LayerNorm) or the root of its mean square (RMSNorm). */
export interface Norm {
	kind: string;
	mean: Packed<Float32Array>;
	spread: Packed<Float32Array>;
}

interface Normed<Sum> {
	total: Sum | null;
	norm: Norm | null;
}

export interface Part<Vector> {
	name: string;
	/** The row of the table that each token takes; null where there is no table. */
	rows: number[] | null;
	vectors: Vector;
}

export interface AttentionInside<Vector, Numbers> {
	heads: number;
	/** Numbers of a query and of a key of one head, and of a value. */
	size: number;
	valueSize: number;
	scale: number;
	keyHeads: number;
	/** The stack that the keys come from. */
	source: string;
	query: Vector;
	key: Vector;
	value: Vector;
	context: Vector;
	/** (heads, tokens that are followed, keys) */
	products: Numbers;
	weights: Numbers;
	/** (tokens that are followed, keys): 1 where the mask blocks. */
	blocked: Packed<Uint8Array> | null;
	/** What is added to each product for its distance: (heads, tokens that are followed, keys). */
	bias: Numbers | null;
}

export interface SumInside<Vector, Sum> extends Normed<Sum> {
	around: Vector | null;
	through: Vector[];
}

export interface FeedForwardInside<Vector> {
	wide: Vector;
	up: Vector | null;
	inner: Vector | null;
	activation: string;
	width: [size: number, attribute: string];
}

export interface HeadInside<Vector> {
	activation: string;
	vocabulary: boolean;
	stages: [title: string, vectors: Vector][];
	/** The best columns of each token with their scores and chances, (tokens, best); null for a pooler. */
	best: { words: string[][]; scores: Packed<Float32Array>; shares: Packed<Float32Array> } | null;
}

interface StepOf<Vector, Sum, Numbers> extends Described {
	before: Vector | null;
	after: Vector | null;
	embeddings?: Normed<Sum> & { parts: Part<Vector>[] };
	attention?: AttentionInside<Vector, Numbers>;
	sum?: SumInside<Vector, Sum>;
	feedForward?: FeedForwardInside<Vector>;
	head?: HeadInside<Vector>;
}

/** A step as it is sent, where a number is a place in the pool, and as it is drawn. */
export type SentStep = StepOf<number, SentSum, Coded>;
export type Step = StepOf<Vectors, Vectors, Quantized>;

/** What the head would say after each layer: words (layers, tokens, best), chances, and those of the last answer. */
export interface Lens {
	layers: string[];
	tokens: number[];
	words: string[][][];
	shares: Packed<Float32Array>;
	final: Packed<Float32Array>;
}

interface RunOf<S> {
	name: string;
	model: string;
	/** The tokens of each stack, and the indices of those that the page follows. */
	tokens: Record<string, Token[]>;
	kept: Record<string, number[]>;
	notes: string[];
	difference: number;
	steps: S[];
	lens: Lens | null;
}

export type SentRun = RunOf<SentStep> & { pool: SentVectors[] };
export type Run = RunOf<Step>;

/** The ends of colour scales inside of a step: what a branch gives, queries and keys, values, what is widened. */
type Inside = "branch" | "heads" | "values" | "wide";

export interface Payload {
	title: string;
	step: string;
	token: number;
	head: number;
	colours: Record<"sequential" | "diverging", Packed<Uint8Array>>;
	limits: { vector: number; embedding: number; steps: Record<string, Record<Inside, number>> };
	runs: SentRun[];
}

export type Scales = Record<"vector" | "embedding" | "share" | Inside, Scale>;

/** What is chosen in a run: the token, the row of its vectors, and the head. */
export interface Chosen {
	run: Run;
	token: number;
	row: number;
	word: string;
	head: number;
	scales: Scales;
	chooseHead: (head: number) => void;
}

export interface RowOptions {
	/** What the numbers are called when the pointer rests on them; the label by default. */
	name?: string;
	/** The row of a result. */
	strong?: boolean;
	/** The part that is framed. */
	part?: [from: number, to: number];
}

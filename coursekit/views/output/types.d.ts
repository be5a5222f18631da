import type { Quantized } from "../page/numbers/quantized.js";
import type { Coded, Packed } from "../page/numbers/types.d.ts";

export type Kind = "real" | "special" | "padding";

export interface Field {
	name: string;
	meaning: string;
	axes: [name: string, size: number, origin: string][];
	dtype: string;
	withoutAxes: string;
	notFinite: number;
}

/** What runs have, besides their numbers. */
interface Described {
	name: string;
	kind: string;
	fields: Field[];
	missing: { name: string; reason: string; line: string }[];
	layers: string[];
	explained: [across: number, upwards: number];
	attentionLayers: number[];
	heads: number[];
	labels: string[];
	words: string[] | null;
}

/**
 * The numbers of the pictures: `hidden` (layers, sequences, tokens, dimensions), `tokens` and `sequences` (layers, lower
 * half of a matrix), `map` (layers, tokens, 2), `attention` (layers, sequences, heads, query, key), `logits` (…, labels).
 */
export type Picture = "hidden" | "tokens" | "sequences" | "map" | "attention" | "logits";

export type SentRun = Described & Record<Picture, Coded | null>;
export type Run = Described & Record<Picture, Quantized | null>;

interface Common {
	title: string;
	sequences: { label: string; tokens: [text: string, kind: Kind, id: number | null][] | null }[];
	/** The sequences that pictures show; a slot is a place in this list. */
	shown: number[];
	/** The tokens of `Tokens alike` and the map: slot and position. */
	tokens: [slot: number, position: number][];
	/** How many tokens stand in one row of attention. */
	block: number;
	notes: string[];
	limits: Record<"hidden" | "attention" | "logits" | "map", number>;
	colours: Record<"sequential" | "diverging", Packed<Uint8Array>>;
	picture: Picture;
	exact: boolean;
}

/** What `OutputExplorer.payload` returns. */
export type Payload = Common & { runs: SentRun[] };

/** The same with its numbers decoded. */
export type Data = Common & { runs: Run[] };

export interface Token {
	text: string;
	kind: Kind;
	id: number | null;
	slot: number;
	sequence: number;
	position: number;
	key: string;
}

/** What is chosen on the page. */
export interface State {
	sequence: number;
	layer: number;
	special: boolean;
	padding: boolean;
}

/** What pictures ask the view for. */
export interface Page {
	data: Data;
	state: State;
	/** Whether one picture has room for all sequences. */
	few: boolean;
	token: (slot: number, position: number) => Token;
	all: (slot: number) => Token[];
	visible: (slot: number | null) => Token[];
	isVisible: (token: Token) => boolean;
	isMarked: (key: string) => boolean;
	/** Point at the tokens of these keys. */
	point: (keys: string[]) => void;
}

/** What all pictures are. */
export interface Drawn {
	element: HTMLElement;
	/** Draw again after a choice. */
	refresh: () => void;
	/** Mark the token that is pointed at. */
	mark: () => void;
}

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
	/** What the numbers of `logits` are: `Logits`, `Probabilities`, or the name of a field of unknown meaning. */
	scores: string;
}

/** A token as it is sent. */
type SentToken = [text: string, kind: Kind, id: number | null];

/**
 * The numbers of the pictures: `hidden` (layers, sequences, tokens, dimensions), `tokens` and `sequences` (layers, lower
 * half of a matrix), `map` (layers, tokens, 2), `attention` (layers, sequences, heads, query, key), `logits` (…, labels).
 */
export type Picture = "hidden" | "tokens" | "sequences" | "map" | "attention" | "logits";

export type SentRun = Described & Record<Picture, Coded | null>;
export type Run = Described & Record<Picture, Quantized | null>;

interface Common {
	title: string;
	/** Tokens of the sequences that are shown, and those of the keys of attention where they are others. */
	sequences: { label: string; tokens: SentToken[] | null; keys: SentToken[] | null }[];
	/** The index in the batch of each of these sequences. */
	numbers: number[];
	/** What stands at a position: token, patch, frame or position. */
	unit: string;
	/** What the signs in the tokens mean. */
	signs: string[];
	/** Which part of the output this is; empty where it has one. */
	side: string;
	/** Where the numbers of the pictures stand in the output, as Python writes it. */
	paths: { hidden: string; last: string; attention: string };
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
export type Payload = Common & { runs: SentRun[]; others?: Payload[] };

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
	/** The keys of attention, where they are not the tokens. */
	keys: (slot: number) => Token[] | null;
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

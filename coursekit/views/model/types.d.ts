/** A dimension, and the numbers of the attributes that give its size; without a name it is [size]. */
export type Dimension = [size: number, name?: string, attributes?: number[]];

export type Shape = Dimension[];

export type Attribute = [
	name: string,
	value: string,
	kind: "shapes" | "modules" | "nothing" | "untested",
	note: string,
	tensors: number,
	parameters: number,
];

export type Tensor = [
	name: string,
	shape: Shape,
	dtype: string,
	nbytes: number,
	trainable: boolean,
	tied: string,
	device: string,
];

/** A module of the tree: its name, path, class, how often it is repeated, length, tensors, children, size and bytes. */
export interface TreeNode {
	n: string;
	p: string;
	c: string;
	r: number;
	l: Shape | null;
	t: Tensor[];
	k: TreeNode[];
	s: number;
	b: number;
}

export interface Part {
	kind: string;
	title: string;
	paths: string[];
	parameters: number;
	shape: Shape | null;
	attributes: number[];
	about: [className: string, about: string][];
	terms: [count: number, shape: Shape, parameters: number][];
	tied: number;
	repeatAttributes?: number[];
}

/** What happens inside a layer. */
export interface Step extends Part {
	/** The step whose input is added to what this one gives. */
	added: number | null;
	/** The step that stands on the same input. */
	beside: number | null;
	/** Whether branches meet here. */
	met: boolean;
}

/** A row of a stack; layers have steps inside. */
export interface Block extends Part {
	class: string;
	repeat: number;
	repeatName: string;
	repeatAttributes: number[];
	calls: [times: number, name: string] | null;
	/** Parameters of one layer. */
	layer: number;
	steps: Step[];
	unread: string;
	takes: Shape | null;
}

export interface Stack {
	title: string;
	input: [name: string, shape: Shape | null];
	blocks: Block[];
	outputs: [name: string, shape: Shape | null, after: number][];
}

export interface Model {
	name: string;
	line: string;
	parameters: number;
	attributes: Attribute[];
	stacks: Stack[];
	reason: string;
	notes: string[];
	tree: TreeNode;
}

/** What `ModelMap.payload` returns. */
export interface Payload {
	models: Model[];
}

/** A block or step as it stands on the page. */
export interface Drawn {
	part: Block | Step;
	model: Model;
	button: HTMLButtonElement;
}

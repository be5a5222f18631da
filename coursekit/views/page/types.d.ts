// What `h` of dom.js takes and makes, and what draws a view.

export type Child = Node | string | number | null | undefined | false | Child[];

type Handlers = {
	[K in keyof GlobalEventHandlersEventMap as `on${K}`]?: ((event: GlobalEventHandlersEventMap[K]) => void) | null;
};

/** Attributes of an element and, as `on…`, its listeners; null, undefined and false are left out. */
export interface Attributes extends Handlers {
	[name: string]: string | number | boolean | null | undefined | ((event: never) => void);
}

export type Tag = keyof HTMLElementTagNameMap | `svg:${keyof SVGElementTagNameMap}`;

export type Made<T extends Tag> = T extends `svg:${infer Name extends keyof SVGElementTagNameMap}`
	? SVGElementTagNameMap[Name]
	: T extends keyof HTMLElementTagNameMap
		? HTMLElementTagNameMap[T]
		: never;
/** Draws a payload into a root; `signal` stops what listens to things outside of it. */
export type Draw<Payload> = (
	data: Payload,
	root: HTMLElement,
	signal: AbortSignal,
	// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is one of the two
) => (() => void) | void;

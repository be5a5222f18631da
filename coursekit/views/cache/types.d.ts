import type { Finding } from "../page/parts/findings.js";

export type File = [name: string, nbytes: number, revisions: number, broken: boolean];

export type Revision = [commit: string, refs: string[], nbytes: number, files: File[]];

export interface Repository {
	kind: string;
	id: string;
	folder: string;
	nbytes: number;
	lastUsed: string;
	unfinished: string[];
	free: string;
	revisions: Revision[];
}

/** What `CacheBrowser.payload` returns. */
export interface Payload {
	folder: string;
	decided: string;
	steps: [name: string, value: string, gives: string, decides: boolean][];
	all: boolean;
	empty: string;
	nbytes: number;
	findings: Finding[];
	repositories: Repository[];
}

export interface Step {
	title: string;
	state: "done" | "failed" | "not reached";
	answer: string;
	notes: string[];
	reason: string;
}

/** What `AutoModelTrace.payload` returns. */
export interface Payload {
	call: string;
	outcome: string;
	auto: string;
	framework: string;
	modelType: string;
	configClass: string;
	modelClass: string;
	steps: Step[];
	rows: [modelType: string, modelClass: string][];
	settings: [name: string, value: string][];
	files: [name: string, size: string, role: string, why: string][];
	fresh: [name: string, shape: string, origin: string][];
	surplus: string[];
}

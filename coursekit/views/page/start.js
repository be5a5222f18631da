// Starts a view: what stands deflated in `data-script` of its element, the name of which Python puts here for ck-view.

(() => {
	const view = document.currentScript?.previousElementSibling ?? document.querySelector("ck-view");
	if (!(view instanceof HTMLElement) || !view.dataset.script || customElements.get("ck-view")) return;
	const deflated = Uint8Array.from(atob(view.dataset.script), (letter) => letter.charCodeAt(0));
	const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
	new Response(stream).text().then((text) => {
		const script = document.createElement("script");
		script.textContent = text;
		document.head.append(script);
		script.remove();
	});
})();

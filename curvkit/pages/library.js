// plotly lies packed in this page. It is unpacked beside the runs, once they have begun, by a worker,
// since that would keep the page's thread for long, or here where there can be none. It is read, for a
// tenth of a second of that thread, when all have told their first reading, or where that takes longer.
// Then the figures are drawn that wait for it.
const [UNPACKED_MS, READ_MS] = [100, 1500];
const library = document.getElementById("plotly"), { nonce } = library;
let [unpacked, read] = [null, null];
const inflatedText = (text) => {
  const packed = atob(text), bytes = new Uint8Array(packed.length);
  for (let k = 0; k < packed.length; k += 1) bytes[k] = packed.charCodeAt(k);
  return new Response(new Response(bytes).body.pipeThrough(new DecompressionStream("deflate"))).text();
};
const elsewhere = (text) => new Promise((resolve, reject) => {
  const source = `const inflatedText = ${inflatedText}; onmessage = async ({ data }) => postMessage(await inflatedText(data));`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  worker.onerror = reject;
  worker.onmessage = ({ data }) => { resolve(data); worker.terminate(); };
  worker.postMessage(text);
});
const unpack = () => (unpacked ??= (async () => {
  const text = library.textContent;
  try {
    if ("works" in library.dataset) return await elsewhere(text);
  } catch {} // where a browser has no workers
  return inflatedText(text);
})());
const waited = new Promise((resolve) => setTimeout(resolve, READ_MS));
globalThis.curvkitLibrary = () => (read ??= Promise.race([globalThis.curvkitBegun, waited]).then(unpack).then((textContent) => {
  document.head.append(Object.assign(document.createElement("script"), { nonce, textContent }));
  // After the figure that asked for it.
  setTimeout(() => globalThis.curvkitPlotted?.());
}));
setTimeout(unpack, UNPACKED_MS);
waited.then(globalThis.curvkitLibrary);

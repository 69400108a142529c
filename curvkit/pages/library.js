// plotly lies packed in this page. It is unpacked beside the run, once that has begun, and read,
// which keeps the page's thread for a tenth of a second, when the run has told its first reading,
// or where that takes longer.
const [UNPACKED_MS, READ_MS] = [100, 400];
const library = document.getElementById("plotly"), { nonce } = library;
let [unpacked, read] = [null, null];
const unpack = () => (unpacked ??= (() => {
  const packed = atob(library.textContent), bytes = new Uint8Array(packed.length);
  for (let k = 0; k < packed.length; k += 1) bytes[k] = packed.charCodeAt(k);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
})());
globalThis.curvkitLibrary = () => (read ??= unpack().then((textContent) => {
  document.head.append(Object.assign(document.createElement("script"), { nonce, textContent }));
}));
setTimeout(unpack, UNPACKED_MS);
setTimeout(globalThis.curvkitLibrary, READ_MS);

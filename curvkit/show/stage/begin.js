// What of a page begins while the browser still reads the rest of it: what lies packed there, and the
// worker that makes its run.

// Milliseconds after which a worker that says nothing is given up.
const PATIENCE = 20000;

// Not by a Blob, which another process of the browser keeps: four times as long. Nor by a Response,
// for which the thread waits several times, and each time some more of the page is read in between.
export async function inflate(base64) {
  const packed = atob(base64), bytes = new Uint8Array(packed.length);
  for (let k = 0; k < packed.length; k += 1) bytes[k] = packed.charCodeAt(k);
  const stream = new DecompressionStream("deflate"), writer = stream.writable.getWriter(), reader = stream.readable.getReader();
  for (const written of [writer.write(bytes), writer.close()]) written.catch(() => {}); // the reader says why
  const parts = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => { whole.set(part, at); return at + part.length; }, 0);
  return whole;
}

// What was packed as JSON.
export const unpacked = async (base64) => JSON.parse(new TextDecoder().decode(await inflate(base64)));

// A worker of a text, opened with what the page holds, once it has said its first word.
export function started(text, open, heard = null, before = () => {}) {
  for (const [name, there] of [["WebAssembly", typeof WebAssembly], ["workers", typeof Worker]]) {
    if (there === "undefined") return Promise.reject(new Error(`the browser has no ${name}`));
  }
  return new Promise((resolve, reject) => {
    const worker = new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
    const failed = (why) => {
      worker.terminate();
      // A policy is told of at length, and otherwise by each browser.
      reject(new Error(/content.security.policy|unsafe-eval|blocked by CSP/i.test(why) ? "WebAssembly is forbidden" : why));
    };
    before(worker);
    const timer = setTimeout(() => failed("its program did not start"), PATIENCE);
    worker.onerror = (event) => failed(event.message || "workers are forbidden");
    worker.addEventListener("message", ({ data }) => {
      clearTimeout(timer);
      if (data.failed) failed(data.failed);
      else {
        if (data.message) heard?.(data.message);
        resolve(worker);
      }
    });
    worker.postMessage({ kind: "open", ...open });
  });
}

// A run that begins at once; what its worker says waits until it is told to whom. Chromium begins no
// worker before it has read the whole page; where `nonce` lets a script of the page run, the first
// reading is made here meanwhile, by the same text, and said first.
export function beginning(text, open, nonce) {
  const waiting = [];
  let heard = (message) => waiting.push(message), worker = null, late = false;
  const begun = started(text, open, (message) => { late = true; heard(message); }, (made) => { worker = made; });
  begun.catch(() => {}); // who awaits it comes later
  if (nonce && typeof WebAssembly !== "undefined") firstReading(text, open, nonce, (message) => late || heard(message));
  return { begun, worker, tells(to) { heard = to; for (const each of waiting.splice(0)) to(each); } };
}
function firstReading(text, open, nonce, heard) {
  const script = Object.assign(document.createElement("script"), { nonce, textContent: `globalThis.curvkitRun = (self) => {${text}};` });
  document.head.append(script);
  const self = { postMessage({ message }) { if (message?.kind === "drawn") heard(message); } };
  try {
    globalThis.curvkitRun(self);
    self.onmessage({ data: { kind: "open", ...open, once: true } });
  } catch {} // as it fails in the worker, which tells why
}
// What a worker of figures is opened with, where a link says nothing of its run.
export const opening = ({ trains, figure }) => ({ ...trains, figure, turns: [] });

// What the place of figures holds: the panel, the text of its worker, and programs, of which the first
// lies behind both and the others beside them; and the run of its defaults, begun, where no link asks
// for another.
export async function heldIn(place, nonce) {
  const bytes = await inflate(place.querySelector("script").textContent), end = 4 + new DataView(bytes.buffer).getUint32(0, true);
  const { panel, worker: text } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, end)));
  const programs = [bytes.slice(end), ...[...place.querySelectorAll("script.program")].map((each) => each.textContent)];
  panel.trains.variants.forEach((each, k) => { each.wasm = programs[k]; });
  return { panel, text, run: location.hash ? null : beginning(text, opening(panel), nonce) };
}

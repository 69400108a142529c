// A scene whose run is made in the page: a worker stands where a kernel stands in a notebook.
import { mountPacked, stageDoor } from "./doors.js";

// Milliseconds after which a worker that says nothing is given up.
const PATIENCE = 20000;

// A model as a notebook gives it to `render`, whose messages go to a worker and come from it.
export function workerModel(worker) {
  const heard = {};
  const early = [];
  worker.onmessage = ({ data: { message, buffer } }) => {
    if (!message) return;
    if (heard["msg:custom"]) heard["msg:custom"](message, buffer ? [new Uint8Array(buffer)] : []);
    else early.push([message, buffer ? [new Uint8Array(buffer)] : []]);
  };
  return {
    get: () => 0, set() {}, save_changes() {},
    send: (message) => worker.postMessage(message),
    off: (event) => delete heard[event],
    on(event, act) {
      heard[event] = act;
      if (event === "msg:custom") for (const each of early.splice(0)) act(...each);
    },
  };
}

// Mounts {scene, header, bytes, trains: {variants, settings}}; `text` is that of the worker. Where
// none can run, what was computed before is shown, and a sentence says so.
export async function mountTrains(el, packed, text) {
  const fall = (why) => {
    el.replaceChildren();
    const said = document.createElement("p");
    said.className = "stage-kept";
    said.textContent = `This page cannot train here (${why}); a run made beforehand is shown.`;
    return mountPacked(el, packed).then((stage) => {
      el.prepend(said);
      return stage;
    });
  };
  let worker = null;
  try {
    if (typeof WebAssembly !== "object") throw new Error("the browser has no WebAssembly");
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    worker = new Worker(address);
    const model = workerModel(worker);
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("its program did not start")), PATIENCE);
      worker.onerror = (event) => reject(new Error(event.message || "workers are forbidden"));
      worker.addEventListener("message", ({ data }) => {
        clearTimeout(timer);
        if (data.failed) reject(new Error(data.failed));
        else resolve();
      });
      worker.postMessage({ kind: "open", ...packed.trains });
    });
    const leave = stageDoor.render({ model, el });
    return { worker, leave };
  } catch (error) {
    worker?.terminate();
    return fall(error.message);
  }
}

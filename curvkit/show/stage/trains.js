// A scene whose run is made in the page: a worker stands where a kernel stands in a notebook.
import { mountPacked, stageDoor } from "./doors.js";

// Milliseconds after which a worker that says nothing is given up.
const PATIENCE = 20000;

// A model as a notebook gives it to `render`, whose messages go to a worker and come from it.
export function workerModel(worker, turned = null) {
  const heard = {};
  const early = [];
  worker.onmessage = ({ data: { message, buffer } }) => {
    if (!message) return;
    if (heard["msg:custom"]) heard["msg:custom"](message, buffer ? [new Uint8Array(buffer)] : []);
    else early.push([message, buffer ? [new Uint8Array(buffer)] : []]);
  };
  return {
    get: () => 0, set() {}, save_changes() {},
    send(message) {
      if (message.kind === "steer" && message.phase === "end") turned?.(message.knobs);
      worker.postMessage(message);
    },
    off: (event) => delete heard[event],
    on(event, act) {
      heard[event] = act;
      if (event === "msg:custom") for (const each of early.splice(0)) act(...each);
    },
  };
}

// What stands before the names of a run's knobs in a link, where a page has several: its own name.
const prefixOf = ({ shared }) => (typeof shared === "string" ? `${shared}.` : "");

// Whether a page has the program for knobs that stand so.
export const shipped = (variants, values) => variants.some(({ choices }) => Object.entries(choices).every(([name, value]) => values[name] === value));

// The knobs that a link asks for, as far as the scene turns them and has the value: #sigma=2&rule=gd.
export function wished({ scene, trains }, hash = location.hash) {
  const wanted = {}, { settings, variants } = trains;
  const take = (name, value) => { if (shipped(variants, { ...settings, ...wanted, [name]: value })) wanted[name] = value; };
  for (const [key, text] of new URLSearchParams(hash.slice(1))) {
    const name = key.startsWith(prefixOf(trains)) ? key.slice(prefixOf(trains).length) : "";
    const knob = scene.knobs?.[name];
    if (!knob) continue;
    if (knob.choices) {
      const choice = knob.choices.find((each) => String(each) === text);
      if (choice !== undefined) take(name, choice);
    } else if (text.trim() && Number.isFinite(+text)) {
      const [low, high] = knob.ends ?? [knob.low, knob.high];
      take(name, Math.min(Math.max(knob.whole ? Math.round(+text) : +text, low), high));
    }
  }
  return wanted;
}

// What a link holds: names with a value, and no place of the page, such as #main.
const inLink = () => [...new URLSearchParams(location.hash.slice(1))].filter(([, value]) => value);
let linked = null;

// Keeps turned knobs in the page's address, so that its link can be shared.
export function noted(trains, knobs) {
  linked ??= new URLSearchParams(inLink());
  for (const [name, value] of Object.entries(knobs)) linked.set(prefixOf(trains) + name, typeof value === "number" ? +value.toPrecision(6) : value);
  history.replaceState(null, "", `#${linked}`);
}

// Another link of the same page begins with its knobs; a place of the page is gone to.
export function follows() {
  addEventListener("hashchange", () => { if (inLink().length) location.reload(); });
}

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

// Says in `el` why no run can be made, and what is shown; what the page says of its own runs is then
// not so.
export function cannotTrain(el, why, instead) {
  for (const each of document.querySelectorAll(".trains-here")) each.hidden = true;
  el.prepend(Object.assign(document.createElement("p"), { className: "stage-kept", textContent: `This page cannot train here (${why}); ${instead}.` }));
}

// Mounts {scene, header, bytes, trains: {variants, settings}}; `text` is that of the worker. Where
// none can run, what was computed before is shown, and a sentence says so.
export async function mountTrains(el, packed, text) {
  const fall = (why) => {
    el.replaceChildren();
    return mountPacked(el, packed).then((stage) => {
      cannotTrain(el, why, "a run made beforehand is shown");
      return stage;
    });
  };
  let worker = null;
  try {
    const settings = { ...packed.trains.settings, ...(packed.trains.shared ? wished(packed) : {}) };
    let model = null;
    worker = await started(text, { ...packed.trains, settings }, null, (made) => {
      model = workerModel(made, packed.trains.shared ? (knobs) => noted(packed.trains, knobs) : null);
    });
    const leave = stageDoor.render({ model, el });
    const words = packed.trains.variants[0].scene.elsewhere;
    if (words) el.after(Object.assign(document.createElement("p"), { className: "stage-kept", textContent: words }));
    return { worker, leave };
  } catch (error) {
    worker?.terminate();
    return fall(error.message);
  }
}

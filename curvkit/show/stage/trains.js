// A scene whose run is made in the page: a worker stands where a kernel stands in a notebook.
import { started } from "./begin.js";
import { mountPacked, stageDoor } from "./doors.js";
import { Noting, wished, wishedTurns } from "./link.js";

// A model as a notebook gives it to `render`, whose messages go to a worker and come from it; of a
// page's run `packed` says what its link holds.
export function workerModel(worker, packed = null) {
  const heard = {};
  const early = [];
  const say = (message, buffers = []) => {
    if (heard["msg:custom"]) heard["msg:custom"](message, buffers);
    else early.push([message, buffers]);
  };
  const noting = packed && new Noting(packed, (words) => say({ kind: "words", words, bad: true }));
  worker.onmessage = ({ data: { message, buffer } }) => {
    if (!message) return;
    say(message, buffer ? [new Uint8Array(buffer)] : []);
    noting?.ran(message);
  };
  return {
    get: () => 0, set() {}, save_changes() {}, say,
    send(message) {
      worker.postMessage(message);
      if (message.kind === "steer") noting?.turned(message.phase);
    },
    off: (event) => delete heard[event],
    on(event, act) {
      heard[event] = act;
      if (event === "msg:custom") for (const each of early.splice(0)) act(...each);
    },
  };
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
    const { shared } = packed.trains, asked = shared ? wishedTurns(packed) : { turns: [] };
    const settings = { ...packed.trains.settings, ...(shared ? wished(packed) : {}) };
    let model = null;
    worker = await started(text, { ...packed.trains, settings, turns: asked.turns }, null, (made) => {
      model = workerModel(made, packed);
    });
    const leave = stageDoor.render({ model, el });
    if (asked.refused) model.say({ kind: "words", words: asked.refused, bad: true });
    const words = packed.trains.variants[0].scene.elsewhere;
    if (words) el.after(Object.assign(document.createElement("p"), { className: "stage-kept", textContent: words }));
    return { worker, leave };
  } catch (error) {
    worker?.terminate();
    return fall(error.message);
  }
}

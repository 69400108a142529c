// The two doors: a page calls `mount`, a notebook `render`.
import { inflate } from "./begin.js";
import { stroked } from "./brush.js";
import { kernelSource, storedSource, taken } from "./sources.js";
import { Stage } from "./stage.js";
import { unpack } from "./store.js";
import { addStyle, element } from "./style.js";

// Mounts a scene in a page. `data` is {header, bytes}; where it cannot be shown, a sentence is.
export function mount(el, scene, data, source = null, options = {}) {
  try {
    const stage = new Stage(el, scene, unpack(data.header, data.bytes), source, options);
    (globalThis.stages ??= []).push(stage);
    return stage;
  } catch (error) {
    addStyle();
    el.replaceChildren();
    element("div", "stage-failed", el, { textContent: `The scene cannot be shown: ${error.message}.` });
    console.error(error);
    return null;
  }
}

// Mounts what a page holds: {scene, header, bytes (base64 of a deflated buffer), branches, asks}.
export async function mountPacked(el, packed) {
  const open = async (d) => ({ ...d, bytes: await inflate(d.bytes) });
  const branches = await Promise.all((packed.branches ?? []).map(open));
  return mount(el, packed.scene, await open(packed), branches.length ? storedSource(branches) : null, { asks: packed.asks });
}

const STILL_AFTER = 1500;
const nameOf = (e) => [e.tagName, e.getAttribute("aria-label")].join(" ");

export const stageDoor = {
  render({ model, el }) {
    const me = Math.random().toString(36).slice(2), source = kernelSource(model);
    let stage = null, timer = 0, asked = false;
    const bytesOf = (b) => new Uint8Array(b.buffer ?? b, b.byteOffset ?? 0, b.byteLength);
    const still = () => {
      if (!stage || stage.gone || !model.get("wanted") || !stage.width) return;
      if (stage.guess?.asking) {
        clearTimeout(timer);
        timer = setTimeout(still, STILL_AFTER);
        // A notebook that is saved before it is answered has a picture, too: of where the run begins.
        if (asked) return;
        asked = true;
      }
      model.set("still", { url: stage.picture(), width: stage.width, height: stage.height });
      model.save_changes();
    };
    const begin = (message, buffers) => {
      // Another run in the same place asks no second time, and leaves a hand at its slider.
      const asks = !stage?.guess || stage.guess.asking, over = stage?.over, bytes = bytesOf(buffers[0]);
      const held = el.contains(document.activeElement) ? nameOf(document.activeElement) : null;
      source.came();
      stage?.destroy();
      el.replaceChildren();
      stage = mount(el, message.scene, { header: message.header, bytes }, source, { asks });
      if (!stage) return;
      stage.open = !message.ended;
      stroked(stage, message.strokes ?? 0);
      if (over && stage.modeButton) stage.setMode(true);
      if (held) [...el.querySelectorAll("[aria-label]")].find((e) => nameOf(e) === held)?.focus({ preventScroll: true });
      stage.firstFrame = performance.now();
      if (!el.closest(".jp-Cell")) document.body.classList.add("curvkit-live");
      clearTimeout(timer);
      timer = setTimeout(still, STILL_AFTER);
      asked = false;
    };
    const take = (message, buffers) => {
      if (message.to && message.to !== me) return;
      if (message.kind === "scene") begin(message, buffers);
      else if (stage) taken(stage, source, message, buffers[0] && bytesOf(buffers[0]));
      else if (message.words) el.textContent = message.words;
    };
    model.on("msg:custom", take);
    model.on("change:wanted", still);
    model.send({ kind: "ready", from: me });
    // Tells the kernel how far one has seen, so that it stays a little ahead and no more.
    const seen = setInterval(() => {
      if (!stage?.open) return;
      model.send({ kind: "seen", at: Math.floor(stage.clock.t), rate: stage.clock.playing ? stage.clock.rate : 0, busy: stage.detail.reached > 1 });
    }, 100);
    return () => {
      clearInterval(seen);
      clearTimeout(timer);
      model.off("msg:custom", take);
      model.off("change:wanted", still);
      stage?.destroy();
    };
  },
};

export default stageDoor;

// Sources: who answers when a knob is turned. All speak alike: `steer`, answered by `splice`.
import { stroked } from "./brush.js";
import { takenBack } from "./handles.js";
import { unpack } from "./store.js";

const columnsOf = (rows) => Object.fromEntries(Object.entries(rows).map(([name, f]) => [name, f.values]));

const same = (a, b) => Math.abs(a - b) <= 1e-6 * Math.abs(b);

// The rows of a run, and what of it is no row.
const copied = (store) => {
  const parts = Object.entries(store.fields), taken = (timed) => Object.fromEntries(parts.filter(([, f]) => !!f.time === timed)
    .map(([name, f]) => [name, { ...f, values: f.values.slice() }]));
  return { rows: store.rows, columns: taken(true), fixed: taken(false) };
};

// Continuations that were computed beforehand, in place of a kernel: the nearest one is spliced in;
// for the values that the run began with, the run itself.
export function storedSource(branches) {
  let own = null;
  const home = (stage) => {
    const from = Math.min(...branches.map((b) => b.at)), count = own.rows - from;
    for (const [name, f] of Object.entries(own.fixed)) stage.store.put(name, f);
    stage.clock.t = Math.max(0, from - 1);
    stage.splice(from, count, Object.fromEntries(Object.entries(own.columns).map(([name, { values, size }]) =>
      [name, values.slice(from * size, own.rows * size)])), { steered: true, open: false });
  };
  return {
    live: false,
    // Whether there is anything for these knobs together.
    offers: (names) => branches.some((b) => names.every((name) => name in b.knobs)),
    steer({ knobs, at, phase }, stage) {
      if (phase !== "end" && !branches[0].whole) return;
      own ??= copied(stage.store);
      if (Object.entries(knobs).every(([name, v]) => same(stage.scene.knobs?.[name]?.value, v))) return home(stage);
      const fits = (b) => Object.entries(knobs).every(([name, v]) => same(b.knobs[name], v));
      const near = branches.filter(fits).sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at))[0];
      if (!near) return;
      const rows = unpack(near.header, near.bytes), timed = Object.values(rows).find((f) => f.time);
      for (const [name, f] of Object.entries(rows)) if (!f.time) stage.store.put(name, f);
      if (!near.whole) stage.clock.t = Math.max(0, near.at - 1);
      stage.splice(near.at, timed.shape[0], columnsOf(rows), { steered: !near.whole, open: false });
    },
  };
}

// Milliseconds between messages that say only that an answer is awaited, and how many at most. A
// server holds an answer back until the page has acknowledged what came before it (Nagle), which a
// browser does with the next thing that it sends, or else some 40 ms later.
const AWAITS = { every: 12, most: 4 };

// A kernel behind a widget: rows come as binary messages, steering goes as small ones. While an
// answer is awaited only the newest wish is kept.
export function kernelSource(model) {
  let sentAt = 0, waiting = false, next = null, asking = 0;
  const send = (message) => {
    waiting = true;
    next = null; // an older wish must not come after a newer one
    sentAt = performance.now();
    model.send({ kind: "steer", ...message });
    clearTimeout(asking);
    if (!message.over) urge(AWAITS.most);
  };
  const urge = (left) => {
    asking = setTimeout(() => {
      model.send({ kind: "awaits" });
      if (left > 1) urge(left - 1);
    }, AWAITS.every);
  };
  return {
    live: true,
    steer(message) {
      if (waiting && message.phase !== "end" && performance.now() - sentAt < 1000) next = message;
      else send(message);
    },
    edit: (message) => model.send({ kind: "edit", ...message }),
    paint: (message) => model.send({ kind: "paint", ...message }),
    undo: (message) => model.send({ kind: "undo", ...message }),
    // Milliseconds that the answer took.
    came() {
      waiting = false;
      clearTimeout(asking);
      const took = performance.now() - sentAt;
      if (next) {
        const message = next;
        next = null;
        send(message);
      }
      return took;
    },
  };
}

// What a kernel says to a stage.
export function taken(stage, source, message, bytes) {
  if (message.kind === "rows") {
    if (message.steered) stage.latency = source.came();
    if (message.anew) {
      stage.unanswered = null;
      stroked(stage, message.strokes ?? 0);
    }
    const rows = unpack(message.header, bytes);
    for (const [name, f] of Object.entries(rows)) if (!f.time) stage.store.put(name, f);
    stage.splice(message.at, message.count, columnsOf(rows), {
      steered: !!message.steered, anew: !!message.anew, open: !message.ended,
    });
    if (message.bytes != null) stage.remembers(message.bytes);
    // What was refused stays to be read until a hand is answered.
    if (!message.words && (message.steered || !stage.statusLine?.classList.contains("bad"))) stage.report("");
  }
  if (message.kind === "refused") {
    source.came();
    if (stage.unanswered) takenBack(stage);
    stage.refuse(message.knob, message.words);
  } else if (message.words != null) stage.report(message.words, !!message.bad);
}

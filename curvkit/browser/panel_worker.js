// Trains in a Web Worker and draws figures of the run, by the functions that a notebook draws with.
// In:  {kind: "open", variants, settings, figure}, then "steer" {knobs, over, at, live}: from reading
// `at` on, or where it is if it is `live`; "figure" {name}, "show" {at}, "stop", "go", "keep".
// Out: {kind: "drawn", figure, words, merits, …}, {kind: "kept", figures}, {kind: "refused", knob, words},
// {kind: "words", words, bad}; and once {failed} where no program can run here.
const [CHUNK_MS, DRAWN_MS] = [12, 110];

let rows = {}; // of each series what was read so far
let [name, shown, going] = ["", null, true];
let [drawnAt, drawnFor] = [-Infinity, 0];
const post = (message) => self.postMessage({ message });
const numbers = (values) => (values instanceof BigInt64Array || values instanceof BigUint64Array ? Float64Array.from(values, Number) : values);

const kindOf = (series, values) => {
  const kind = run.program.variant.kinds[series];
  return kind === "f4" && values instanceof Float64Array ? "f8" : kind;
};

// At most `count` rows more.
function read(count) {
  const made = timed(count);
  for (const { name: series, shape, values } of run.rows) {
    const each = product(shape.slice(1)), more = numbers(values.subarray(0, made * each));
    const held = (rows[series] ??= { each, shape: shape.slice(1), values: new Float64Array(0), kind: kindOf(series, values) });
    const needed = (run.head + made) * each;
    if (held.values.length < needed) {
      const grown = new Float64Array(Math.max(2 * held.values.length, needed, 64));
      grown.set(held.values);
      held.values = grown;
    }
    held.values.set(more, run.head * each);
  }
  run.head += made;
  keep(false);
}
// What the run takes of memory, in bytes: its rows, and the states that it can go back to.
const bytes = () =>
  Object.values(rows).reduce((sum, each) => sum + each.values.byteLength, 0) + stateBytes();

// The trace up to a row, as the functions of a notebook take it.
function traced(at) {
  fix();
  const fields = {};
  for (const [series, { each, shape, values, kind }] of Object.entries(rows)) {
    fields[series] = DRAWING.array(values.subarray(0, at * each), [at, ...shape], kind);
  }
  for (const { name: field, shape, values } of run.program.fixed) {
    fields[field] = DRAWING.array(Float64Array.from(values, Number), shape, kindOf(field, values));
  }
  const turns = run.turns.filter((turned) => turned.at <= at).map((turned) => [turned.at, new Map(Object.entries(turned.knobs))]);
  fields.header = new Map([["settings", new Map(Object.entries(run.first))], ["turns", turns]]);
  return DRAWING.trace(fields);
}
// What a figure is, or the sentence that says why there is none.
function drawing(draw) {
  try {
    return draw();
  } catch (error) {
    return { failed: `This cannot be drawn: ${error.message}` };
  }
}
function draw() {
  const began = performance.now(), at = shown ?? run.head;
  DRAWING.frames(run.program.variant.frames);
  const trace = traced(at), step = rows[run.program.variant.clock];
  const words = drawing(() => DRAWING.program.words([trace]));
  post({
    kind: "drawn", name, figure: drawing(() => DRAWING.program.figures[name]([trace]).drawn()),
    words: words.failed ? "" : words, merits: shown === null ? drawing(() => [...trace.attribute("merits")()]) : null,
    at, head: run.head, step: step && at ? step.values[(at - 1) * step.each] : null, ended: run.ended, going,
    settings: { ...settings }, bytes: bytes(), ...cameAbout(),
  });
  const late = missed();
  if (late) post({ kind: "warned", words: late });
  drawnAt = performance.now();
  drawnFor = drawnAt - began;
}
async function anew(knobs) {
  if (!await begunWith(knobs, post)) return;
  [rows, shown, going] = [{}, null, true];
  read(1);
  draw();
}
const heard = {
  async open(message) {
    given = message;
    settings = { ...message.settings };
    name = message.figure;
    try {
      await anew({});
      if (message.once) run = null; // no more than the first reading
      if (run) run.planned = message.turns ?? [];
    } catch (error) {
      self.postMessage({ failed: error.message });
    }
  },
  async steer({ knobs, over, at, live }) {
    // As at the end of a drag whose last move was heard.
    if (run && !over && Object.entries(knobs).every(([each, value]) => alike(settings[each], value))) return;
    const goes = run && !over && Object.keys(knobs).every((each) => given.steers.includes(each));
    const from = goes && (live && !run.ended ? run.head : Math.min(at, run.head));
    if (!goes || (run.ended && from === run.head)) {
      await anew(knobs);
      return;
    }
    turn(from, knobs);
    [shown, going] = [null, true];
  },
  figure(message) {
    name = message.name;
    draw();
  },
  show({ at }) {
    shown = at === null ? null : Math.max(1, Math.min(at, run.head));
    draw();
  },
  stop() { going = false; draw(); },
  go() { going = true; shown = null; },
  keep() {
    const trace = traced(run.head);
    DRAWING.frames(run.program.variant.frames);
    post({ kind: "kept", settings: { ...settings }, figures: Object.fromEntries(Object.entries(DRAWING.program.figures).map(([each, act]) => [each, drawing(() => act([trace]).drawn())])) });
  },
};
// One chunk a turn, and the hand is heard between.
const turns = new MessageChannel();
let [waiting, busy] = [false, false];
const waits = [];
turns.port1.onmessage = async () => {
  waiting = false;
  if (busy) return;
  busy = true;
  try {
    if (waits.length) {
      const message = waits.shift();
      if (run || message.kind === "open" || message.kind === "steer") await heard[message.kind]?.(message);
    } else if (run && going && !run.ended) {
      read(Math.max(1, Math.floor(CHUNK_MS / Math.max(run.rowMs, 1e-3))));
      if (shown === null && (run.ended || performance.now() - drawnAt > Math.max(DRAWN_MS, 2 * drawnFor))) draw();
    }
  } catch (error) {
    run = null;
    post({ kind: "words", words: `The run failed: ${error.message}.`, bad: true });
  } finally {
    busy = false;
  }
  if (waits.length || (run && going && !run.ended)) wake();
};
function wake() {
  if (waiting) return;
  waiting = true;
  turns.port2.postMessage(0);
}
// Of turns of the same knobs that wait, and of places to show, only the newest counts.
const alikeness = (each) => `${each.kind} ${each.over} ${Object.keys(each.knobs ?? {}).sort()}`;
self.onmessage = ({ data }) => {
  // On the page's own thread, where what is put off waits until the page is read.
  if (data.once) {
    heard.open(data);
    return;
  }
  const at = waits.findIndex((each) => alikeness(each) === alikeness(data));
  if (at >= 0) waits.splice(at, 1);
  waits.push(data);
  wake();
};

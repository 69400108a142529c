// Trains in a Web Worker: a room's program in WebAssembly, behind the messages of a kernel.
// In:  {kind: "open", variants, settings, facts}, then what a stage sends: "ready", "seen", "steer",
//      and of a hand that edits the data "edit", "paint", "undo".
// Out: {message, buffer}, as a kernel sends them: "scene", "rows", "refused", "words"; and once
// {failed} where no program can run here.
const [AHEAD_SECONDS, LEAST_AHEAD] = [0.6, 30]; // rows beyond what is seen, of playing, and at least
const [CHUNK_MS, FIRST] = [10, 3]; // a chunk is short, so that a hand is heard; rows of the first answer
const FIX_MS = 400; // how often what is fixed is looked at while rows are made
const GENTLE_MS = 30; // a chunk where the page comes short of time: fewer messages, and as long a rest after each

// ---- what is said to the stage
function packed(columns) {
  let at = 0;
  const buffer = new Float32Array(columns.reduce((sum, each) => sum + each.values.length, 0));
  const header = columns.map(({ name, shape, values, time }) => {
    buffer.set(values, at);
    at += values.length;
    return { name, shape, offset: 4 * (at - values.length), time, dtype: "f4" };
  });
  return { header, buffer: buffer.buffer };
}
// What is fixed, where it is another than was said before; looked at now and then.
function fixedNow(always) {
  const now = performance.now();
  if (!always && now - run.fixedAt < FIX_MS) return [];
  fix();
  run.fixedAt = now;
  const changed = run.program.fixed.filter(({ name, values }) => {
    const before = run.fixed[name];
    return !before || values.some((value, i) => !Object.is(Number(value), before[i]));
  });
  for (const { name, values } of changed) run.fixed[name] = Float64Array.from(values, Number);
  return changed.map((each) => ({ ...each, values: floats(each.values), time: false }));
}
function made(count) {
  const rows = timed(count);
  const columns = run.rows.map(({ name, shape, values }) => ({
    name, shape: [rows, ...shape.slice(1)], time: true,
    values: floats(values.subarray(0, rows * product(shape.slice(1)))),
  }));
  return { rows, columns };
}
function post(message, buffer) {
  self.postMessage({ message, buffer }, buffer ? [buffer] : []);
}
function sendRows(count, more = {}) {
  const at = run.head, { rows, columns } = made(count);
  run.head += rows;
  keep(false);
  const { header, buffer } = packed([...columns, ...fixedNow(run.ended || !!more.steered)]);
  post({ kind: "rows", at, count: rows, header, ended: run.ended, bytes: stateBytes(), ...(more.steered && cameAbout()), ...more }, buffer);
  const late = missed();
  if (late) post({ kind: "words", words: late, bad: true });
}
function sendScene() {
  const scene = structuredClone(run.program.variant.scene);
  for (const [name, knob] of Object.entries(scene.knobs)) {
    knob.value = settings[name];
    if (knob.choices) knob.offered = knob.choices.filter((choice) => variantOf({ ...settings, [name]: choice }) >= 0);
  }
  run.fixed = {};
  const { rows, columns } = made(1);
  run.head = rows;
  const { header, buffer } = packed([...columns, ...fixedNow(true)]);
  post({ kind: "scene", scene, header, ended: run.ended, ...cameAbout() }, buffer);
}

// ---- what the stage says
async function anew(knobs) {
  const before = run?.program;
  if (!await begunWith(knobs, post)) return;
  if (run.program !== before) sendScene();
  else {
    run.fixed = {};
    sendRows(FIRST, { steered: true, anew: true, strokes: 0 });
  }
}
async function answer(message) {
  if (message.over) {
    await anew(message.knobs);
    return;
  }
  const at = Math.min(message.at, run.head);
  turn(at, message.knobs);
  run.seen = Math.max(run.seen, at - LEAST_AHEAD);
  sendRows(FIRST, { steered: true });
}

// What holds after each stroke of a hand that edits the data, with one more; null where it cannot be.
function stroked({ kind, field, item, x, y, cells, value, all }) {
  const { program, strokes } = run;
  if (kind === "undo") return strokes.length ? strokes.slice(0, all ? 0 : -1) : null;
  const told = program.edits ?? { fields: {} }, painted = kind === "paint", items = painted ? cells : [item];
  const numbers = (painted ? [value] : [x, y]).filter((each) => each != null);
  const there = (each) => Number.isInteger(each) && each >= 0 && each < told.fields[field];
  if (!Object.hasOwn(told.fields, field) || painted !== told.painted.includes(field) || !items.every(there)) return null;
  if (!numbers.length || !numbers.every(Number.isFinite)) return null;
  const held = new Map(strokes.at(-1) ?? []), given = painted ? { value } : { ...(x != null && { x }), ...(y != null && { y }) };
  for (const each of items) {
    const place = `${field} ${each}`, before = held.get(place);
    held.delete(place); // the newest come last
    held.set(place, { field, item: each, ...before, ...given });
  }
  return [...strokes, held];
}
// Begins anew on data edited by hand, what was edited before included; what cannot run changes nothing.
function edit(message) {
  const { program } = run, before = run, now = settings, strokes = stroked(message);
  const refuse = (words) => post({ kind: "refused", knob: message.field, words });
  if (!strokes) return refuse("This cannot be edited here.");
  const held = program.state.map((part) => part.slice());
  begun(program, strokes);
  if (strokes.length && program.edits.holds) program.sound();
  if (strokes.length && program.edits.holds && !program.edits.holds[0]) {
    settings = before.first; // what no reading reads is made again as it was
    begun(program, before.strokes);
    program.state.forEach((part, i) => part.set(held[i]));
    run = before; // which `set` makes stale
    set((settings = now));
    return refuse(program.edits.sound.words);
  }
  run.first = { ...settings };
  sendRows(FIRST, { steered: true, anew: true, strokes: strokes.length });
}

// One chunk a turn, and the hand is heard between; it sleeps when it is far enough ahead.
const turns = new MessageChannel();
let [waiting, busy, resting, steered] = [false, false, false, []];
turns.port1.onmessage = async () => {
  waiting = false;
  if (busy || !run) return;
  busy = true;
  try {
    if (steered.length) {
      const message = steered.shift();
      if (message.kind === "steer") await answer(message);
      else edit(message);
    }
    else {
      const ahead = run.seen + Math.max(LEAST_AHEAD, AHEAD_SECONDS * run.rate);
      if (run.ended || run.head >= ahead) return;
      const began = performance.now(), most = (run.busy ? GENTLE_MS : CHUNK_MS) / Math.max(run.rowMs, 1e-3);
      sendRows(Math.max(1, Math.min(ahead - run.head, Math.floor(most))));
      if (run.busy) {
        resting = true;
        setTimeout(rested, Math.min(performance.now() - began, 4 * GENTLE_MS));
      }
    }
  } catch (error) {
    run = null;
    post({ kind: "words", words: `The run failed: ${error.message}.`, bad: true });
    return;
  } finally {
    busy = false;
  }
  wake();
};
function rested() {
  resting = false;
  wake();
}
function wake() {
  if (waiting || !run || (resting && !steered.length)) return;
  waiting = true;
  turns.port2.postMessage(0);
}
const heard = {
  async open(message) {
    given = message;
    settings = { ...message.settings };
    try {
      await anew({});
      if (run) run.planned = message.turns ?? [];
    } catch (error) {
      self.postMessage({ failed: error.message });
    }
  },
  seen({ at, rate, busy }) {
    if (run) Object.assign(run, { seen: at, rate, busy });
  },
  edit(message) {
    if (message.phase === "end") steered.push(message);
  },
  paint(message) {
    steered.push(message);
  },
  undo(message) {
    steered.push(message);
  },
  // Of turns that wait, only the newest of the same knobs counts.
  steer(message) {
    const names = (each) => `${each.kind} ${each.over} ${Object.keys(each.knobs ?? {}).sort()}`;
    steered = [...steered.filter((each) => names(each) !== names(message)), message];
  },
};
self.onmessage = async ({ data }) => {
  await heard[data.kind]?.(data);
  wake();
};

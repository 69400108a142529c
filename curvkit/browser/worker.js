// Trains in a Web Worker: a room's program in WebAssembly, behind the messages of a kernel.
// In:  {kind: "open", variants, settings, facts}, then what a stage sends: "ready", "seen", "steer".
// Out: {message, buffer}, as a kernel sends them: "scene", "rows", "refused", "words"; and once
// {failed} where no program can run here.
const [AHEAD_SECONDS, LEAST_AHEAD] = [0.6, 30]; // rows beyond what is seen, of playing, and at least
const [CHUNK_MS, FIRST] = [10, 3]; // a chunk is short, so that a hand is heard; rows of the first answer
const [MOST_BYTES, EVERY, NEWEST] = [48 * 2 ** 20, 8, 4]; // what kept states take; rows between two
const [FIX_MS, SEVENTH] = [400, 0.3]; // how often what is fixed is looked at while rows are made

const TYPES = {
  float32: Float32Array, float64: Float64Array, int32: Int32Array, uint32: Uint32Array,
  int16: Int16Array, uint16: Uint16Array, int8: Int8Array, uint8: Uint8Array,
  int64: BigInt64Array, uint64: BigUint64Array,
};
const product = (shape) => shape.reduce((a, b) => a * b, 1);
const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
const inflated = (base64) =>
  new Response(new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
const alike = (a, b) => a === b || (typeof a === "number" && Math.abs(a - b) <= 1e-9 * Math.abs(b));
const floats = (values) => (values instanceof Float32Array ? values : Float32Array.from(values, Number));

let given = null; // what the page holds
let settings = {}; // all knobs, as the run has them now
let run = null;
const loaded = new Map(); // programs that were compiled, by their place among the variants

// A module of a variant, with views of all that lies in its memory.
async function loadedProgram(variant) {
  const module = await WebAssembly.compile(await inflated(variant.wasm));
  const imports = {};
  for (const each of WebAssembly.Module.imports(module)) (imports[each.module] ??= {})[each.name] = () => 0;
  const { exports } = await WebAssembly.instantiate(module, imports);
  exports._initialize?.();
  const told = variant.program;
  const view = ({ at, dtype, shape }) =>
    new TYPES[dtype](exports.memory.buffer, exports.place(at), product(shape));
  view(told.key).set(told.key.value);
  const series = (each) => ({ name: each.name, shape: each.shape, values: view(each) });
  return {
    ...exports, variant, capacity: told.capacity,
    knobs: Object.fromEntries(told.knobs.map((each) => [each.name, view(each)])),
    count: view(told.count), made: view(told.made), ended: view(told.ended),
    edits: told.edits.fields && { fields: told.edits.fields, item: view(told.edits.item), values: view(told.edits.values) },
    state: told.state.map(view), rows: told.rows.map(series), fixed: told.fixed.map(series),
  };
}

// ---- a run, its states, and the knobs that were turned on its way
function begun(program, edits = new Map()) {
  run = { program, head: 0, seen: 0, rate: 60, ended: false, kept: [], turns: [], rowMs: 0, fixed: {}, fixedAt: 0 };
  set(settings);
  program.begin();
  for (const { field, item, x = NaN, y = NaN } of edits.values()) {
    program.edits.item[0] = item;
    program.edits.values.set([x, y]);
    program[`edit_${field}`]();
  }
  run.edits = edits;
  keep(true);
}
function set(knobs) {
  const places = run.program.knobs;
  for (const [name, value] of Object.entries(knobs)) {
    if (places[name]) places[name][0] = places[name] instanceof BigInt64Array ? BigInt(value) : Number(value);
  }
}
// At most `count` rows from where the run stands; they lie in memory until the next call.
function go(count) {
  const { program } = run;
  const number = Math.max(0, Math.min(count, program.capacity));
  program.count[0] = program.count instanceof BigInt64Array ? BigInt(number) : number;
  program.advance();
  run.ended = !!Number(program.ended[0]);
  return Number(program.made[0]);
}
function keep(pinned) {
  const { kept, head, program } = run, last = kept[kept.length - 1];
  if (last?.at === head) last.pinned ||= pinned;
  else if (pinned || !last || head - last.at >= EVERY) {
    kept.push({ at: head, pinned, state: program.state.map((part) => part.slice()) });
  }
  const each = program.state.reduce((sum, part) => sum + part.byteLength, 0);
  if (kept.length * each <= MOST_BYTES || kept.length < 2 * NEWEST) return;
  // Every second one goes, but for the newest and for those where a knob was turned.
  const free = kept.slice(0, -NEWEST).filter((one) => !one.pinned);
  const going = new Set(free.filter((_, at) => at % 2));
  if (!going.size) going.add(kept[1]);
  run.kept = kept.filter((one) => !going.has(one));
}
function settingsAt(row) {
  return Object.assign({}, run.first, ...run.turns.filter((turn) => turn.at <= row).map((turn) => turn.knobs));
}
// Back to row `at`: from the last state before, with the knobs as they were.
function back(at) {
  const from = run.kept.findLast((each) => each.at <= at);
  run.program.state.forEach((part, i) => part.set(from.state[i]));
  let row = from.at;
  while (row < at) {
    const turned = run.turns.map((turn) => turn.at).filter((turn) => turn > row);
    set(settingsAt(row));
    const made = go(Math.min(at, ...turned) - row);
    if (!made) break;
    row += made;
  }
  run.kept = run.kept.filter((each) => each.at <= at);
  run.head = at;
  run.ended = false;
}
function turn(at, knobs) {
  if (at < run.head) back(at);
  run.turns = [...run.turns.filter((each) => each.at <= at), { at, knobs }];
  settings = settingsAt(at);
  set(settings);
  keep(true);
}

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
  run.program.fix();
  run.fixedAt = now;
  const changed = run.program.fixed.filter(({ name, values }) => {
    const before = run.fixed[name];
    return !before || values.some((value, i) => !Object.is(Number(value), before[i]));
  });
  for (const { name, values } of changed) run.fixed[name] = Float64Array.from(values, Number);
  return changed.map((each) => ({ ...each, values: floats(each.values), time: false }));
}
function made(count) {
  const began = performance.now(), rows = go(count), ms = performance.now() - began;
  if (rows) run.rowMs = run.rowMs ? (1 - SEVENTH) * run.rowMs + (SEVENTH * ms) / rows : ms / rows;
  const columns = run.program.rows.map(({ name, shape, values }) => ({
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
  post({ kind: "rows", at, count: rows, header, ended: run.ended, ...more }, buffer);
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
  post({ kind: "scene", scene, header, ended: run.ended }, buffer);
}

// ---- what the stage says
// The program for static knobs that stand so; -1 where the page has none.
function variantOf(wanted) {
  return given.variants.findIndex((each) => Object.entries(each.choices).every(([name, value]) => alike(wanted[name], value)));
}
async function anew(knobs) {
  const wanted = { ...settings, ...knobs }, at = variantOf(wanted), name = Object.keys(knobs)[0];
  if (at < 0) {
    post({ kind: "refused", knob: name, words: "This choice needs a notebook: the page holds no program for it." });
    return;
  }
  const other = run && given.variants[at] !== run.program.variant;
  if (!loaded.has(at)) {
    if (run) post({ kind: "words", words: "compiling…" });
    loaded.set(at, await loadedProgram(given.variants[at]));
  }
  settings = wanted;
  const first = !run;
  begun(loaded.get(at));
  run.first = { ...settings };
  if (first || other) sendScene();
  else {
    run.fixed = {};
    sendRows(FIRST, { steered: true, anew: true });
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

// Begins anew on data edited by hand, what was edited before included.
function edit({ field, item, x, y }) {
  const { program, edits } = run, place = `${field} ${item}`, numbers = [x, y].filter((each) => each != null);
  if (!program.edits?.fields.includes(field) || !numbers.length || !numbers.every(Number.isFinite)) {
    post({ kind: "refused", knob: field, words: "This cannot be edited here." });
    return;
  }
  const held = { field, item, ...edits.get(place), ...(x != null && { x }), ...(y != null && { y }) };
  begun(program, new Map([...edits, [place, held]]));
  run.first = { ...settings };
  sendRows(FIRST, { steered: true, anew: true });
}

// One chunk a turn, and the hand is heard between; it sleeps when it is far enough ahead.
const turns = new MessageChannel();
let [waiting, busy, steered] = [false, false, []];
turns.port1.onmessage = async () => {
  waiting = false;
  if (busy || !run) return;
  busy = true;
  try {
    if (steered.length) {
      const message = steered.shift();
      if (message.kind === "edit") edit(message);
      else await answer(message);
    }
    else {
      const ahead = run.seen + Math.max(LEAST_AHEAD, AHEAD_SECONDS * run.rate);
      if (run.ended || run.head >= ahead) return;
      sendRows(Math.max(1, Math.min(ahead - run.head, Math.floor(CHUNK_MS / Math.max(run.rowMs, 1e-3)))));
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
function wake() {
  if (waiting || !run) return;
  waiting = true;
  turns.port2.postMessage(0);
}
const heard = {
  async open(message) {
    given = message;
    settings = { ...message.settings };
    try {
      await anew({});
    } catch (error) {
      self.postMessage({ failed: error.message });
    }
  },
  seen({ at, rate }) {
    if (run) Object.assign(run, { seen: at, rate });
  },
  edit(message) {
    if (message.phase === "end") steered.push(message);
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

// A room's program in WebAssembly within a worker: a run of it, its states, and the knobs that were
// turned on its way. What a worker says to its page, and when, its own file says.
const [MOST_BYTES, EVERY, NEWEST] = [48 * 2 ** 20, 8, 4]; // what kept states take; rows between two
const SEVENTH = 0.3; // what the newest call counts for, of the time that a row takes

const TYPES = {
  float32: Float32Array, float64: Float64Array, int32: Int32Array, uint32: Uint32Array,
  int16: Int16Array, uint16: Uint16Array, int8: Int8Array, uint8: Uint8Array,
  int64: BigInt64Array, uint64: BigUint64Array,
};
const product = (shape) => shape.reduce((a, b) => a * b, 1);
// A loop, since a function that is called for each byte takes five times as long.
function bytesOf(base64) {
  const packed = atob(base64), bytes = new Uint8Array(packed.length);
  for (let k = 0; k < packed.length; k += 1) bytes[k] = packed.charCodeAt(k);
  return bytes;
}
const inflated = (base64) =>
  new Response(new Response(bytesOf(base64)).body.pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
const alike = (a, b) => a === b || (typeof a === "number" && Math.abs(a - b) <= 1e-9 * Math.abs(b));
const floats = (values) => (values instanceof Float32Array ? values : Float32Array.from(values, Number));

let given = null; // what the page holds, and whether the first reading is all that is wanted
let settings = {}; // all knobs, as the run has them now
let run = null;
const loaded = new Map(); // programs that were compiled, by their place among the variants

// A module of a variant, with views of all that lies in its memory.
async function loadedProgram(variant) {
  const module = new WebAssembly.Module(typeof variant.wasm === "string" ? await inflated(variant.wasm) : variant.wasm);
  const imports = {};
  for (const each of WebAssembly.Module.imports(module)) (imports[each.module] ??= {})[each.name] = () => 0;
  const { exports } = new WebAssembly.Instance(module, imports);
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
    edits: told.edits.fields && {
      ...told.edits, item: view(told.edits.item), values: view(told.edits.values),
      holds: told.edits.sound && view(told.edits.sound),
    },
    state: told.state.map(view), rows: told.rows.map(series), fixed: told.fixed.map(series),
    alone: told.first?.map(series),
  };
}

// ---- a run, its states, and the knobs that were turned on its way
function begun(program, strokes = []) {
  run = { program, head: 0, seen: 0, rate: 60, ended: false, kept: [], turns: [], rowMs: 0, fixed: {}, fixedAt: 0, rows: program.rows, fresh: true, owed: false, stale: true, planned: [] };
  set(settings);
  program.begin();
  for (const { field, item, x = NaN, y = NaN, value = x } of strokes.at(-1)?.values() ?? []) {
    program.edits.item[0] = item;
    program.edits.values.set([value, y]);
    program[`edit_${field}`]();
  }
  run.strokes = strokes;
  fix(); // what is drawn of the first rows may read it
  keep(true);
}
// What of a run is no row, where that is another than it was.
function fix() {
  if (run.stale) run.program.fix();
  run.stale = false;
}
function set(knobs) {
  const places = run.program.knobs;
  run.stale = true;
  for (const [name, value] of Object.entries(knobs)) {
    if (places[name]) places[name][0] = places[name] instanceof BigInt64Array ? BigInt(value) : Number(value);
  }
}
// At most `count` rows from where the run stands; they lie in memory, as `run.rows`, until the next
// call. The first one comes alone where the program has it so, and owes the work up to the next.
function go(count) {
  const { program } = run, alone = run.fresh && count === 1 && program.alone;
  settled();
  run.fresh = false;
  run.rows = alone || program.rows;
  if (!alone) return advanced(count);
  program.first();
  run.owed = true;
  return 1;
}
function settled() {
  if (run.owed) advanced(1);
  run.owed = false;
}
function advanced(count) {
  const { program } = run, number = Math.max(0, Math.min(count, program.capacity));
  program.count[0] = program.count instanceof BigInt64Array ? BigInt(number) : number;
  program.advance();
  run.stale = true;
  run.ended = !!Number(program.ended[0]);
  return Number(program.made[0]);
}
// The same, with the turns that a link holds, and what a row takes, in milliseconds, is noted.
function timed(count) {
  const most = due(count), { owed } = run, began = performance.now(), rows = go(most), ms = performance.now() - began;
  const each = run.owed ? CHUNK_MS : ms / (rows + owed); // of a row alone nothing is learnt
  if (rows) run.rowMs = run.rowMs && !owed ? (1 - SEVENTH) * run.rowMs + SEVENTH * each : each;
  return rows;
}
function keep(pinned) {
  if (given?.once) return; // after the first reading nothing is gone back to
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
// What the states that can be gone back to take of memory, in bytes.
const stateBytes = () => run.kept.reduce((sum, each) => sum + each.state.reduce((all, part) => all + part.byteLength, 0), 0);
function settingsAt(row) {
  return Object.assign({}, run.first, ...run.turns.filter((turn) => turn.at <= row).map((turn) => turn.knobs));
}
// Back to row `at`: from the last state before, with the knobs as they were.
function back(at) {
  [run.fresh, run.owed] = [false, false];
  const from = run.kept.findLast((each) => each.at <= at);
  run.program.state.forEach((part, i) => part.set(from.state[i]));
  run.stale = true;
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
// Makes the turn that is due where the run stands; returns how many rows there are at most, of
// `count`, before the next one is.
function due(count) {
  const [next, ...later] = run.planned;
  if (!next) return count;
  if (next.at > run.head) return Math.min(count, next.at - run.head);
  turn(run.head, next.knobs);
  run.planned = later;
  return due(count);
}
// A sentence where a run is over before the turns that a link holds are due.
function missed() {
  if (!run.ended || !run.planned.length) return "";
  const { at } = run.planned[0];
  run.planned = [];
  return `The link turns a knob after reading ${at}, where this run is over.`;
}
// How a run came about, for the page's link.
const cameAbout = () => ({ first: run.first, turns: [...run.turns, ...run.planned] });
function turn(at, knobs) {
  settled();
  run.planned = [];
  if (at < run.head) back(at);
  const before = run.turns.find((each) => each.at === at)?.knobs;
  run.turns = [...run.turns.filter((each) => each.at < at), { at, knobs: { ...before, ...knobs } }];
  settings = settingsAt(at);
  set(settings);
  keep(true);
}
// The program for static knobs that stand so; -1 where the page has none.
function variantOf(wanted) {
  return given.variants.findIndex((each) => Object.entries(each.choices).every(([name, value]) => alike(wanted[name], value)));
}
// A new run with knobs turned, by the program for them; false, and said, where the page has none.
async function begunWith(knobs, said) {
  const wanted = { ...settings, ...knobs }, at = variantOf(wanted);
  if (at < 0) {
    said({ kind: "refused", knob: Object.keys(knobs)[0], words: "This choice needs a notebook: the page holds no program for it." });
    return false;
  }
  if (!loaded.has(at)) {
    if (run) said({ kind: "words", words: "compiling…" });
    loaded.set(at, await loadedProgram(given.variants[at]));
  }
  settings = wanted;
  begun(loaded.get(at));
  run.first = { ...settings };
  return true;
}

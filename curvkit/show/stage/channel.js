// Channels: what a mark reads its numbers from.
//
// A channel is a constant, a field's name, or {field, knob, power, times, plus, chosen, span}:
//   plus + times · knob^power · field;   span: [lo, hi] are evenly spaced between two channels.
// Of a knob alone `times` and `plus` may name fixed fields.
// `get(row, item)` gives its number; `time` tells whether rows differ, `turns` whether a knob moves
// it, `size` how many items it has.
import { clamp, mix, product } from "./maths.js";
import { partOf } from "./store.js";

export function channel(stage, spec) {
  const { store, knobs } = stage;
  if (typeof spec === "number") return { time: false, turns: false, size: 1, get: () => spec };
  if (typeof spec === "string") spec = { field: spec };
  const { times = 1, plus = 0, power = 1 } = spec;
  if (spec.span) return spaced(spec.span.map((s) => channel(stage, s)), spec.count);
  const field = spec.field && store.fields[spec.field];
  if (spec.field && !field) {
    throw new Error(`a channel names the field "${spec.field}", which the trace does not have`);
  }
  const knob = spec.knob && knobs[spec.knob];
  if (spec.knob && !knob) {
    throw new Error(`a channel names the knob "${spec.knob}", which the scene does not declare`);
  }
  const factor = () => (knob ? times * knob.value ** power : times);
  if (!field) {
    const part = partOf(store, spec), alone = () => (knob ? knob.value ** power : 1);
    return { time: false, turns: !!knob, size: 1, get: () => (part.plus ?? 0) + (part.times ?? 1) * alone() };
  }
  if (spec.chosen) {
    // The item that the hand has chosen in a view; nothing before.
    const size = product(field.shape.slice(field.time ? 2 : 1)), item = () => stage.chosen[spec.chosen] ?? NaN;
    const at = (i, k) => (field.time ? i * field.size : 0) + item() * size + (size === 1 ? 0 : k);
    return { time: field.time, size, turns: true, get: (i, k = 0) => plus + factor() * (field.values[at(i, k)] ?? NaN) };
  }
  // What has one item is the same for all items of the mark.
  const { size, time } = field, one = size === 1;
  return {
    time, size, turns: !!knob,
    get: time
      ? (i, k = 0) => plus + factor() * field.values[one ? i : i * size + k]
      : (_, k = 0) => plus + factor() * field.values[one ? 0 : k],
  };
}

function spaced([lo, hi], count) {
  return {
    time: lo.time || hi.time, turns: lo.turns || hi.turns, size: count,
    get: (i, k) => mix(lo.get(i, 0), hi.get(i, 0), k / (count - 1)),
  };
}

// The value at a time between rows; `every` and `from` choose the rows (every second one, say).
export function between(c, t, k, last, every = 1, from = 0) {
  if (!c.time) return c.get(0, k);
  const first = from % every;
  const a = clamp(Math.floor((t - from) / every) * every + from, first, Math.max(first, last));
  if (a + every > last || t <= a) return c.get(a, k);
  const low = c.get(a, k), high = c.get(a + every, k);
  return Number.isFinite(high) ? mix(low, high, (t - a) / every) : low;
}

// Which rows a mark shows: "now", "past", "all", or {last: n}; of those every `every`-th from `from`.
export function rowsOf(m, t, last, most = 0, begin = 0) {
  const every = m.every ?? 1, from = m.from ?? 0;
  const since = Math.max(begin, m.when?.last ? t - m.when.last : 0);
  const first = since > from ? Math.ceil((since - from) / every) * every + from : from;
  const end = m.when === "all" ? last : Math.min(Math.floor(t), last);
  // More rows than pixels: every third, fifth, … An odd stride keeps an oscillation of period two.
  const crowd = most ? Math.floor((end - first) / every / most / 2 + 0.5) : 0;
  const stride = every * (2 * crowd + 1), rows = [];
  for (let i = first; i <= end; i += stride) rows.push(i);
  return rows;
}

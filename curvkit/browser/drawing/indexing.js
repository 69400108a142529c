// Parts of arrays: numbers, slices, None, `...`, masks and lists of places, read and written.
import { Nd, array, count, empty, joint, places, strides } from "./arrays.js";

class Slice {
  constructor(start, stop, step) {
    Object.assign(this, { start, stop, step: step ?? 1 });
  }
  // The places that it takes of `length`.
  of(length) {
    const { step } = this, low = step < 0 ? -1 : 0, high = step < 0 ? length - 1 : length;
    const clamp = (value, other) => {
      if (value === null || value === undefined) return other;
      const at = value < 0 ? value + length : value;
      return Math.min(Math.max(at, low), high);
    };
    const start = clamp(this.start, step < 0 ? high : low), stop = clamp(this.stop, step < 0 ? low : high);
    const taken = [];
    for (let k = start; step < 0 ? k > stop : k < stop; k += step) taken.push(k);
    return taken;
  }
}
class Keys {
  constructor(all) { this.all = all; }
}
const ELLIPSIS = Symbol("...");
const whole = (place, length) => {
  const at = place < 0 ? place + length : place;
  if (!Number.isInteger(at) || at < 0 || at >= length) throw new Error(`Place ${place} is outside of ${length}.`);
  return at;
};
// The places where a mask is true, an array of whole numbers for each of its axes.
function trueAt(mask) {
  const found = mask.shape.map(() => []), steps = strides(mask.shape);
  mask.data.forEach((one, at) => {
    if (!one) return;
    let left = at;
    mask.shape.forEach((_, k) => {
      found[k].push(Math.floor(left / steps[k]));
      left %= steps[k];
    });
  });
  return found.map((each) => new Nd(Float64Array.from(each), [each.length], "i"));
}
// Where the chosen places lie in the flat data, and the shape of what is chosen.
function chosen(given, key) {
  let keys = (key instanceof Keys ? key.all : [key]).map((each) => (Array.isArray(each) ? listed(each) : each));
  keys = keys.flatMap((each) => (each instanceof Nd && each.kind === "b" && each.ndim > 1 ? trueAt(each) : [each]));
  const used = keys.filter((each) => each !== null && each !== ELLIPSIS).length;
  const rest = new Array(given.ndim - used).fill(new Slice(null, null, 1));
  const at = keys.indexOf(ELLIPSIS);
  keys = at < 0 ? [...keys, ...rest] : [...keys.slice(0, at), ...rest, ...keys.slice(at + 1)];
  const steps = strides(given.shape);
  const parts = [];
  let axis = 0;
  for (const each of keys) {
    if (each === null) parts.push({ plain: [0], kept: true });
    else {
      const length = given.shape[axis], step = steps[axis];
      axis += 1;
      if (each instanceof Slice) parts.push({ plain: each.of(length).map((k) => k * step), kept: true });
      else if (each instanceof Nd) {
        const places = each.kind === "b" ? trueAt(each)[0] : each;
        if (each.kind === "b" && each.size !== length) throw new Error(`A mask of ${each.size} does not fit an axis of ${length}.`);
        parts.push({ many: places, offset: Float64Array.from(places.data, (k) => whole(k, length) * step), shape: places.shape });
      } else parts.push({ one: whole(Number(each), length) * step });
    }
  }
  return gathered(parts);
}
const listed = (each) => (each.length ? array(each) : new Nd(new Float64Array(0), [0], "i"));
function gathered(parts) {
  const many = parts.filter((each) => each.many);
  let order = parts, block = null;
  if (many.length) {
    const shape = joint(many.map((each) => each.shape));
    const sum = new Float64Array(count(shape));
    for (const each of many) places(each.shape, shape).forEach((from, to) => { sum[to] += each.offset[from]; });
    block = { plain: [...sum], shape };
    // Numbers count as places as soon as there are lists of them: apart from one another, first.
    const advanced = parts.map((each, k) => (each.many || "one" in each ? k : -1)).filter((k) => k >= 0);
    const together = advanced.every((k, j) => k === advanced[0] + j);
    const base = parts.filter((each) => "one" in each).reduce((all, each) => all + each.one, 0);
    block.plain = block.plain.map((k) => k + base);
    order = parts.filter((each) => each.kept);
    order.splice(together ? parts.slice(0, advanced[0]).filter((each) => each.kept).length : 0, 0, block);
  }
  let at = [0];
  const shape = [];
  for (const each of order) {
    if ("one" in each) at = at.map((k) => k + each.one);
    else {
      const next = new Array(at.length * each.plain.length);
      let p = 0;
      for (const from of at) for (const step of each.plain) { next[p] = from + step; p += 1; }
      at = next;
      shape.push(...(each.shape ?? [each.plain.length]));
    }
  }
  return { at, shape };
}
function taken(given, key) {
  const { at, shape } = chosen(given, key);
  if (!shape.length && !(key instanceof Keys && key.all.some((each) => each instanceof Nd))) return given.at(at[0]);
  const made = empty(shape, given.kind);
  for (let k = 0; k < at.length; k += 1) made.data[k] = given.data[at[k]];
  return made;
}
function written(given, key, value) {
  const { at, shape } = chosen(given, key), from = array(value);
  // Leading axes of one are no axes of what is written to.
  const own = from.shape.slice(Math.max(0, from.ndim - shape.length));
  const source = places(own, joint([own, shape]));
  for (let k = 0; k < at.length; k += 1) given.data[at[k]] = from.data[source[k]];
}

export { ELLIPSIS, Keys, Slice, taken, trueAt, whole, written };

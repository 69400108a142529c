// What is called of NumPy, by its names there.
import { Nd, RANKS, array, as, count, counted, each, empty, filled, floating, joint, kindOf, lanes, mixed, places, stretched, transposed, truthKind, wider } from "./arrays.js";
import { Slice, trueAt } from "./indexing.js";

// A function as Python calls it, from the names of its parameters.
const called = (names, act) => {
  const call = (given = [], named = null) => {
    const values = [...given];
    if (named) {
      for (const [name, value] of named) {
        const at = names.indexOf(name);
        if (at < 0) throw new Error(`${name} is no argument here.`);
        values[at] = value;
      }
    }
    return act(...values);
  };
  return call;
};
const KINDS = new Map(Object.entries({ float: "f8", int: "i", bool: "b", float32: "f4", float64: "f8", int8: "i", int32: "i", int64: "i", uint8: "i", str: "O", object: "O" }));
const kindNamed = (dtype) => {
  if (dtype === null || dtype === undefined) return null;
  const name = typeof dtype === "string" ? dtype : dtype.called;
  if (!KINDS.has(name)) throw new Error(`Numbers of kind ${name} are not known here.`);
  return KINDS.get(name);
};
const sorted = (lane) => Float64Array.from(lane).sort();
const sum = (lane) => { let all = 0; for (const one of lane) all += one; return all; };
const good = (lane) => lane.filter((one) => !Number.isNaN(one));
const some = (lane) => {
  if (!lane.length) throw new Error("The largest of nothing is not known.");
  return lane;
};
const largest = (lane) => { let all = -Infinity; for (const one of lane) { if (Number.isNaN(one)) return NaN; if (one > all) all = one; } return all; };
const smallest = (lane) => { let all = Infinity; for (const one of lane) { if (Number.isNaN(one)) return NaN; if (one < all) all = one; } return all; };
const place = (better) => (lane) => {
  let at = 0;
  for (let k = 0; k < some(lane).length; k += 1) {
    if (Number.isNaN(lane[k])) return k;
    if (better(lane[k], lane[at])) at = k;
  }
  return at;
};
// The quantile between the two nearest ranks.
const quantileOf = (lane, share) => {
  if (!lane.length || lane.some(Number.isNaN)) return NaN;
  const ranked = sorted(lane), at = share * (ranked.length - 1), low = Math.floor(at), high = Math.min(low + 1, ranked.length - 1);
  const part = at - low, gap = ranked[high] - ranked[low];
  if (!part || !gap) return ranked[low];
  return part < 0.5 ? ranked[low] + part * gap : ranked[high] - (1 - part) * gap;
};
const nearest = (lane, share) => (!lane.length || lane.some(Number.isNaN) ? NaN : sorted(lane)[half(share * (lane.length - 1))]);
const middle = (lane) => {
  if (!lane.length || lane.some(Number.isNaN)) return NaN;
  const ranked = sorted(lane), half = ranked.length >> 1;
  return ranked.length % 2 ? ranked[half] : (ranked[half - 1] + ranked[half]) / 2;
};
const spreadOf = (lane) => {
  const mean = sum(lane) / lane.length;
  return Math.sqrt(sum([...lane].map((one) => (one - mean) ** 2)) / lane.length);
};
const half = (value) => { // to the even one
  const down = Math.floor(value), rest = value - down;
  if (rest !== 0.5) return Math.round(value);
  return down % 2 ? down + 1 : down;
};
const sameKind = (kind) => kind, floatKind = (kind) => (RANKS[kind] < RANKS.f4 ? "f8" : kind), wholeKind = (kind) => (kind === "b" ? "i" : kind);
const along = (act, kind) => called(["a", "axis", "dtype", "out", "keepdims"], (value, axis = null, dtype = null, out = null, keep = false) =>
  lanes(value, axis, act, dtype ? kindNamed(dtype) : kind, keep));
// Of the largest and the least: where there is nothing, the initial one.
const extreme = (act) => called(["a", "axis", "keepdims", "initial"], (value, axis = null, keep = false, initial = null) =>
  lanes(value, axis, (lane) => (initial === null ? act(some(lane)) : act([initial, ...lane])), sameKind, keep));
const unary = (act, kind = floating) => called(["x"], (value) => each(act, kind, value));
const binary = (act, kind = mixed) => called(["x", "y"], (a, b) => each(act, kind, a, b));
const running = (act) => called(["a", "axis"], (value, axis = null) => {
  const given = axis === null ? array(value).reshaped([array(value).size]) : array(value);
  const made = new Nd(given.data.slice(), given.shape, given.kind === "b" && act.widens ? "i" : given.kind);
  if (made.kind === "i" && given.kind === "b") made.data = Float64Array.from(given.data);
  const at = axis === null ? 0 : axis < 0 ? axis + given.ndim : axis;
  const step = count(given.shape.slice(at + 1)), length = given.shape[at];
  for (let k = 0; k < made.size; k += 1) if (Math.floor(k / step) % length) made.data[k] = act(made.data[k - step], made.data[k]);
  return made;
});
const plus = Object.assign((a, b) => a + b, { widens: true });
// As C has it: 1 to any power is 1, and so is any number to the power 0.
const power = (a, b) => (a === 1 ? 1 : a ** b);
const larger = (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? NaN : Math.max(a, b));
const smaller = (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? NaN : Math.min(a, b));
const known = (act) => (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : act(a, b));
const shaped = (shape) => (Array.isArray(shape) ? shape : shape instanceof Nd ? [...shape.data] : [shape]);

function joined(values, axis = 0) {
  const arrays = values.map((one) => array(one)), at = axis < 0 ? axis + arrays[0].ndim : axis;
  const kind = arrays.reduce((all, one) => wider(all, one.kind), "b");
  const shape = [...arrays[0].shape];
  shape[at] = arrays.reduce((all, one) => all + one.shape[at], 0);
  const made = empty(shape, kind), outer = count(shape.slice(0, at));
  let to = 0;
  for (let k = 0; k < outer; k += 1) {
    for (const one of arrays) {
      const width = count(one.shape.slice(at));
      for (let j = 0; j < width; j += 1, to += 1) made.data[to] = one.data[k * width + j];
    }
  }
  return made;
}
const widened = (value, axis) => {
  const given = array(value), at = axis < 0 ? axis + given.ndim + 1 : axis;
  return given.reshaped([...given.shape.slice(0, at), 1, ...given.shape.slice(at)]);
};
const ranked = (values) => [...values.keys()].sort((a, b) => {
  const [one, other] = [values[a], values[b]];
  if (Number.isNaN(one) || Number.isNaN(other)) return Number.isNaN(one) - Number.isNaN(other) || a - b;
  return one < other ? -1 : one > other ? 1 : a - b;
});
const rankOf = (ranks, value, right) => {
  let [low, high] = [0, ranks.length];
  while (low < high) {
    const at = (low + high) >> 1;
    if (right ? ranks[at] <= value : ranks[at] < value) low = at + 1;
    else high = at;
  }
  return low;
};
function unique(value, index, inverse, counts, axis) {
  const given = array(value);
  const rows = axis === 0 && given.ndim > 1 ? given.rows().map((one) => [...one.data]) : [...given.data].map((one) => [one]);
  const order = [...rows.keys()].sort((a, b) => {
    for (let k = 0; k < rows[a].length; k += 1) if (rows[a][k] !== rows[b][k]) return rows[a][k] < rows[b][k] ? -1 : 1;
    return a - b;
  });
  const firsts = [], which = new Array(rows.length), sizes = [];
  order.forEach((at, k) => {
    if (!k || String(rows[at]) !== String(rows[order[k - 1]])) { firsts.push(at); sizes.push(0); }
    which[at] = firsts.length - 1;
    sizes[sizes.length - 1] += 1;
  });
  const values = axis === 0 && given.ndim > 1
    ? new Nd(given.data.constructor.from(firsts.flatMap((at) => rows[at])), [firsts.length, ...given.shape.slice(1)], given.kind)
    : new Nd(given.data.constructor.from(firsts, (at) => rows[at][0]), [firsts.length], given.kind);
  const list = (of) => new Nd(Float64Array.from(of), [of.length], "i");
  const parts = [values, ...(index ? [list(firsts)] : []), ...(inverse ? [list(which)] : []), ...(counts ? [list(sizes)] : [])];
  return parts.length > 1 ? parts : values;
}
function histogram(value, bins = 10) {
  const values = [...array(value).data];
  let edges = bins instanceof Nd ? bins : null;
  if (!edges) {
    let [low, high] = values.length ? [smallest(values), largest(values)] : [0, 1];
    if (low === high) { low -= 0.5; high += 0.5; }
    edges = linspace(low, high, bins + 1);
  }
  const total = edges.size - 1, made = filled([total], 0, "i");
  for (const one of values) {
    if (!(one >= edges.data[0] && one <= edges.data[total])) continue;
    made.data[Math.min(rankOf(edges.data, one, true) - 1, total - 1)] += 1;
  }
  return [made, edges];
}
function linspace(start, stop, number = 50) {
  const made = empty([number], "f8");
  for (let k = 0; k < number; k += 1) made.data[k] = k === number - 1 && number > 1 ? stop : start + k * ((stop - start) / Math.max(number - 1, 1));
  return made;
}
function interp(at, x, y) {
  const [places_, values] = [array(x).data, array(y).data], last = places_.length - 1;
  return each((one) => {
    if (Number.isNaN(one)) return NaN;
    if (one <= places_[0]) return values[0];
    if (one >= places_[last]) return values[last];
    const right = rankOf(places_, one, true), left = right - 1;
    return values[left] + (values[right] - values[left]) / (places_[right] - places_[left]) * (one - places_[left]);
  }, () => "f8", at);
}
function padded(value, width, mode, constant = 0) {
  const given = array(value), pairs = width.map((one) => (Array.isArray(one) ? one : [one, one]));
  let made = given;
  pairs.forEach(([before, after], axis) => {
    const gap = (size) => filled(made.shape.map((one, k) => (k === axis ? size : one)), constant, Number.isInteger(constant) ? given.kind : wider(given.kind, "f4"));
    made = joined([gap(before), made, gap(after)], axis);
  });
  return made;
}
const norm = called(["x", "ord", "axis", "keepdims"], (value, order = null, axis = null, keep = false) =>
  lanes(value, axis, (lane) => Math.sqrt(sum([...lane].map((one) => one * one))), floatKind, keep));
function product(a, b) {
  const [left, right] = [array(a), array(b)];
  if (left.ndim === 1 && right.ndim === 1) return left.data.reduce((all, one, k) => all + one * right.data[k], 0);
  const kind = mixed(left, right), inner = left.shape.at(-1);
  const [rows, columns] = [left.ndim > 1 ? left.shape[0] : 1, right.ndim > 1 ? right.shape[1] : 1];
  const made = empty([...(left.ndim > 1 ? [rows] : []), ...(right.ndim > 1 ? [columns] : [])], kind);
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) {
      let all = 0;
      for (let k = 0; k < inner; k += 1) all += left.data[i * inner + k] * right.data[k * columns + j];
      made.data[i * columns + j] = all;
    }
  }
  return made;
}
// The normal quantile, by Newton's steps on the distribution function.
function normalQuantile(share) {
  if (share <= 0 || share >= 1) return share === 0 ? -Infinity : share === 1 ? Infinity : NaN;
  const density = (z) => Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
  const below = (z) => { // a series that converges everywhere
    let term = z, all = z;
    for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(all) && k < 500; k += 1) { term *= z * z / (2 * k + 1); all += term; }
    return 0.5 + density(z) * all;
  };
  let z = 0;
  for (let k = 0; k < 60; k += 1) z -= Math.min(Math.max((below(z) - share) / density(z), -1), 1);
  return z;
}
const reshaped = (value, ...sizes) => {
  const given = array(value), wanted = sizes.flatMap(shaped), lacking = wanted.indexOf(-1);
  if (lacking >= 0) wanted[lacking] = given.size / -count(wanted);
  if (count(wanted) !== given.size) throw new Error(`${given.size} numbers do not fit the shape (${wanted}).`);
  return given.reshaped(wanted);
};
const accumulated = (act, kind) => Object.assign(called(["x", "y"], (a, b) => each(act, kind, a, b)), {
  members: new Map([["accumulate", running(act)], ["reduce", called(["a", "axis", "initial"], (value, axis = 0, initial = null) =>
    lanes(value, axis, (lane) => (initial === null ? [...lane].reduce(act) : [...lane].reduce(act, initial)), kind === truthKind ? truthKind : sameKind))]]),
});

const NUMPY = {
  abs: unary(Math.abs, counted), absolute: unary(Math.abs, counted), sqrt: unary(Math.sqrt), exp: unary(Math.exp), log: unary(Math.log),
  log10: unary(Math.log10), log2: unary(Math.log2), log1p: unary(Math.log1p), expm1: unary(Math.expm1), tanh: unary(Math.tanh),
  sin: unary(Math.sin), cos: unary(Math.cos), floor: unary(Math.floor), ceil: unary(Math.ceil), sign: unary(Math.sign, mixed),
  isfinite: unary(Number.isFinite, truthKind), isnan: unary(Number.isNaN, truthKind), isinf: unary((x) => Math.abs(x) === Infinity, truthKind),
  logical_not: unary((x) => !x, truthKind), negative: unary((x) => -x, mixed), square: unary((x) => x * x, mixed),
  maximum: accumulated(larger, mixed), minimum: accumulated(smaller, mixed), fmax: accumulated(known(Math.max), mixed), fmin: accumulated(known(Math.min), mixed),
  logical_and: accumulated((a, b) => !!a && !!b, truthKind), logical_or: accumulated((a, b) => !!a || !!b, truthKind),
  hypot: binary(Math.hypot, floating), power: binary(power, counted), arctan2: binary(Math.atan2, floating), arctan: unary(Math.atan),
  where: called(["condition", "x", "y"], (condition, a, b) => each((c, x, y) => (c ? x : y), (_, x, y) => mixed(x, y), condition, a, b)),
  clip: called(["a", "a_min", "a_max"], (value, low = null, high = null) => each((x, l, h) => (Number.isNaN(x) ? NaN : Math.min(Math.max(x, l), h)), (x) => mixed(x, low ?? 0, high ?? 0), value, low ?? -Infinity, high ?? Infinity)),
  nan_to_num: called(["x", "copy", "nan", "posinf", "neginf"], (value, copy = true, nan = 0, up = Number.MAX_VALUE, down = -Number.MAX_VALUE) =>
    each((x) => (Number.isNaN(x) ? nan : x === Infinity ? up : x === -Infinity ? down : x), mixed, value)),
  round: called(["a", "decimals"], (value, places_ = 0) => each((x) => half(x * 10 ** places_) / 10 ** places_, mixed, value)),
  sum: along(sum, wholeKind), prod: along((lane) => [...lane].reduce((a, b) => a * b, 1), wholeKind), mean: along((lane) => sum(lane) / lane.length, floatKind),
  std: along(spreadOf, floatKind), var: along((lane) => spreadOf(lane) ** 2, floatKind), median: along(middle, floatKind),
  nanmedian: along((lane) => middle(good(lane)), floatKind), nanmean: along((lane) => sum(good(lane)) / good(lane).length, floatKind),
  any: along((lane) => lane.some((one) => !!one), "b"), all: along((lane) => lane.every((one) => !!one), "b"),
  max: extreme(largest), min: extreme(smallest), amax: extreme(largest), amin: extreme(smallest),
  nanmax: extreme((lane) => (good([...lane]).length ? largest(good([...lane])) : NaN)), nanmin: extreme((lane) => (good([...lane]).length ? smallest(good([...lane])) : NaN)),
  ptp: along((lane) => largest(some(lane)) - smallest(lane), sameKind), argmax: along(place((a, b) => a > b), "i"), argmin: along(place((a, b) => a < b), "i"),
  nansum: along((lane) => sum(good(lane)), wholeKind), count_nonzero: along((lane) => sum([...lane].map((one) => (one ? 1 : 0))), "i"),
  quantile: called(["a", "q", "axis", "method"], (value, shares, axis = null, method = "linear") => {
    const of = (share) => lanes(value, axis, (lane) => (method === "nearest" ? nearest(lane, share) : quantileOf(lane, share)), floatKind);
    if (!["linear", "nearest"].includes(method)) throw new Error(`The quantile by ${method} is not known here.`);
    return shares instanceof Nd || Array.isArray(shares) ? array([...(shares.data ?? shares)].map(of)) : of(shares);
  }),
  array: called(["object", "dtype"], (value, dtype) => array(value, kindNamed(dtype)).copy()),
  asarray: called(["a", "dtype"], (value, dtype) => array(value, kindNamed(dtype))),
  zeros: called(["shape", "dtype"], (shape, dtype) => filled(shaped(shape), 0, kindNamed(dtype) ?? "f8")),
  ones: called(["shape", "dtype"], (shape, dtype) => filled(shaped(shape), 1, kindNamed(dtype) ?? "f8")),
  empty: called(["shape", "dtype"], (shape, dtype) => empty(shaped(shape), kindNamed(dtype) ?? "f8")),
  full: called(["shape", "fill_value", "dtype"], (shape, value, dtype) => filled(shaped(shape), value, kindNamed(dtype) ?? kindOf(value))),
  zeros_like: called(["a", "dtype"], (value, dtype) => filled(array(value).shape, 0, kindNamed(dtype) ?? array(value).kind)),
  ones_like: called(["a", "dtype"], (value, dtype) => filled(array(value).shape, 1, kindNamed(dtype) ?? array(value).kind)),
  full_like: called(["a", "fill_value", "dtype"], (value, fill, dtype) => filled(array(value).shape, fill, kindNamed(dtype) ?? array(value).kind)),
  arange: called(["start", "stop", "step"], (start, stop = null, step = 1) => {
    const [from, to] = stop === null ? [0, start] : [start, stop], size = Math.max(0, Math.ceil((to - from) / step));
    return new Nd(Float64Array.from({ length: size }, (_, k) => from + k * step), [size], [from, to, step].every(Number.isInteger) ? "i" : "f8");
  }),
  linspace: called(["start", "stop", "num"], linspace),
  concatenate: called(["arrays", "axis"], (values, axis = 0) => joined([...(values instanceof Nd ? values.rows() : values)], axis)),
  stack: called(["arrays", "axis"], (values, axis = 0) => joined([...values].map((one) => widened(one, axis)), axis < 0 ? axis + array(values[0]).ndim + 1 : axis)),
  append: called(["arr", "values", "axis"], (value, more, axis = null) => (axis === null ? joined([reshaped(value, -1), reshaped(more, -1)]) : joined([value, more], axis))),
  tile: called(["a", "reps"], (value, times) => (times > 0 ? joined(new Array(times).fill(array(value)), array(value).ndim - 1) : empty([...array(value).shape.slice(0, -1), 0], array(value).kind))),
  repeat: called(["a", "repeats", "axis"], (value, times, axis = null) => {
    const given = axis === null ? reshaped(value, -1) : array(value), at = axis ?? 0;
    const parts = given.shape[at] ? new Array(given.shape[at]).fill(0).map((_, k) => k) : [];
    const chosen = parts.flatMap((k) => new Array(times).fill(k)), step = count(given.shape.slice(at + 1)), outer = count(given.shape.slice(0, at));
    const made = empty(given.shape.map((one, k) => (k === at ? chosen.length : one)), given.kind);
    let to = 0;
    for (let i = 0; i < outer; i += 1) for (const k of chosen) for (let j = 0; j < step; j += 1, to += 1) made.data[to] = given.data[(i * given.shape[at] + k) * step + j];
    return made;
  }),
  diff: called(["a", "n", "axis", "prepend"], (value, n = 1, axis = -1, prepend = null) => {
    const given = prepend === null ? array(value) : joined([array([prepend]), value]);
    const at = axis < 0 ? axis + given.ndim : axis, step = count(given.shape.slice(at + 1)), length = given.shape[at];
    const made = empty(given.shape.map((one, k) => (k === at ? Math.max(one - 1, 0) : one)), wholeKind(given.kind));
    let to = 0;
    for (let k = 0; k < given.size; k += 1) if (Math.floor(k / step) % length) { made.data[to] = given.data[k] - given.data[k - step]; to += 1; }
    return made;
  }),
  cumsum: running(plus), flatnonzero: called(["a"], (value) => trueAt(as(reshaped(value, -1), "b"))[0]),
  nonzero: called(["a"], (value) => trueAt(as(value, "b"))),
  ravel: called(["a"], (value) => reshaped(value, -1)), reshape: called(["a", "shape"], reshaped), transpose: called(["a", "axes"], transposed),
  swapaxes: called(["a", "one", "other"], (value, one, other) => {
    const order = array(value).shape.map((_, k) => k), [a, b] = [one, other].map((k) => (k < 0 ? k + order.length : k));
    [order[a], order[b]] = [order[b], order[a]];
    return transposed(value, order);
  }),
  moveaxis: called(["a", "from", "to"], (value, from, to) => {
    const order = array(value).shape.map((_, k) => k), [a, b] = [from, to].map((k) => (k < 0 ? k + order.length : k));
    order.splice(b, 0, ...order.splice(a, 1));
    return transposed(value, order);
  }),
  expand_dims: called(["a", "axis"], widened), broadcast_to: called(["a", "shape"], (value, shape) => stretched(value, shaped(shape))),
  broadcast_arrays: (values) => { const shape = joint(values.map((one) => array(one).shape)); return values.map((one) => stretched(one, shape)); },
  meshgrid: (values) => {
    const [x, y] = values.map((one) => array(one)), shape = [y.size, x.size];
    return [stretched(x, shape), stretched(y.reshaped([y.size, 1]), shape)];
  },
  pad: called(["array", "pad_width", "mode", "constant_values"], padded), interp: called(["x", "xp", "fp"], interp),
  sort: called(["a", "axis"], (value) => { const given = array(value); return new Nd(given.data.constructor.from(ranked(given.data), (k) => given.data[k]), given.shape, given.kind); }),
  argsort: called(["a", "axis", "kind"], (value) => { const order = ranked(array(value).data); return new Nd(Float64Array.from(order), [order.length], "i"); }),
  searchsorted: called(["a", "v", "side"], (ranks, value, side = "left") => each((one) => rankOf(array(ranks).data, one, side === "right"), () => "i", value)),
  digitize: called(["x", "bins"], (value, bins) => each((one) => rankOf(array(bins).data, one, true), () => "i", value)),
  unique: called(["ar", "return_index", "return_inverse", "return_counts", "axis"], unique), histogram: called(["a", "bins"], histogram),
  bincount: called(["x", "weights", "minlength"], (value, weights = null, size = 0) => {
    const given = array(value).data, made = filled([Math.max(size, ...[...given].map((one) => one + 1), 0)], 0, weights ? "f8" : "i");
    given.forEach((one, k) => { made.data[one] += weights ? array(weights).data[k] : 1; });
    return made;
  }),
  isin: called(["element", "test"], (value, test) => { const all = new Set(array([...(test.data ?? test)]).data); return each((one) => all.has(one), truthKind, value); }),
  divmod: called(["x", "y"], (a, b) => [each((x, y) => Math.floor(x / y), mixed, a, b), each((x, y) => x - y * Math.floor(x / y), mixed, a, b)]),
  take_along_axis: called(["arr", "indices", "axis"], (value, indices, axis) => {
    const [given, at] = [array(value), array(indices)], k = axis < 0 ? axis + given.ndim : axis, step = count(given.shape.slice(k + 1)), made = empty(at.shape, given.kind);
    for (let i = 0; i < made.size; i += 1) made.data[i] = given.data[(Math.floor(i / (step * at.shape[k])) * given.shape[k] + at.data[i]) * step + i % step];
    return made;
  }),
  array_equal: called(["a", "b"], (a, b) => { const [one, other] = [array(a), array(b)]; return String(one.shape) === String(other.shape) && one.data.every((x, k) => x === other.data[k]); }),
  dot: called(["a", "b"], product), "linalg.norm": norm,
  pi: Math.PI, inf: Infinity, nan: NaN, e: Math.E, newaxis: null,
  r_: { joins: true },
};
const ndtri = called(["p"], (share) => each(normalQuantile, floating, share));
// What `math` has.
const MATH = {
  isnan: called(["x"], Number.isNaN), isinf: called(["x"], (x) => Math.abs(x) === Infinity), isfinite: called(["x"], Number.isFinite),
  sqrt: called(["x"], Math.sqrt), log: called(["x"], Math.log), log10: called(["x"], Math.log10), exp: called(["x"], Math.exp),
  floor: called(["x"], Math.floor), ceil: called(["x"], Math.ceil), hypot: called(["x", "y"], Math.hypot), pi: Math.PI, inf: Infinity, nan: NaN,
};

export { KINDS, MATH, NUMPY, called, half, joined, ndtri, power, product, reshaped };

// Arrays with a shape and a kind, as NumPy has them: contiguous, in C order.
// Kinds: "b" truthKind values, "i" whole numbers, "f4" and "f8" floats, "O" anything else.
const RANKS = { b: 0, i: 1, f4: 2, f8: 3, O: 4 };
const STORES = { b: Uint8Array, i: Float64Array, f4: Float32Array, f8: Float64Array, O: Array };
const count = (shape) => shape.reduce((a, b) => a * b, 1);

class Nd {
  constructor(data, shape, kind) {
    Object.assign(this, { data, shape, kind });
  }
  get ndim() { return this.shape.length; }
  get size() { return this.data.length; }
  // The value at a place of the flat data, as a number or a truthKind value.
  at(place) { return this.kind === "b" ? !!this.data[place] : this.data[place]; }
  reshaped(shape) { return new Nd(this.data, shape, this.kind); }
  copy() { return new Nd(this.data.slice(), [...this.shape], this.kind); }
  // The rows along the first axis, which are numbers where there is just one axis.
  rows() {
    const shape = this.shape.slice(1), each = count(shape), rows = [];
    for (let k = 0; k < this.shape[0]; k += 1) {
      rows.push(shape.length ? new Nd(this.data.slice(k * each, (k + 1) * each), shape, this.kind) : this.at(k));
    }
    return rows;
  }
}
const empty = (shape, kind) => {
  const data = new STORES[kind](count(shape));
  return new Nd(kind === "O" ? data.fill(null) : data, shape, kind);
};
const filled = (shape, value, kind) => {
  const made = empty(shape, kind);
  made.data.fill(value);
  return made;
};
const kindOf = (value) => {
  if (value instanceof Nd) return value.kind;
  if (typeof value === "boolean") return "b";
  if (typeof value === "number") return Number.isInteger(value) ? "i" : "f8";
  return "O";
};
const wider = (a, b) => (RANKS[a] >= RANKS[b] ? a : b);
const as = (value, kind) => {
  const { data, shape } = array(value);
  if (kind === "i") return new Nd(Float64Array.from(data, (each) => Math.trunc(Number(each))), shape, "i");
  if (kind === "b") return new Nd(Uint8Array.from(data, (each) => (Number(each) === 0 || each === false || each === null || each === "" ? 0 : 1)), shape, "b");
  if (kind === "O") return new Nd([...data], shape, "O");
  return new Nd(STORES[kind].from(data, Number), shape, kind);
};
// An array of numbers, of arrays and of lists of them; what is not a number makes it one of objects.
function array(value, kind = null) {
  if (value instanceof Nd) return kind && kind !== value.kind ? as(value, kind) : value;
  if (value instanceof Map || value instanceof Set) throw new Error("An array is made of numbers.");
  if (!Array.isArray(value)) {
    const own = kind ?? kindOf(value);
    const made = empty([], own);
    made.data[0] = value;
    return made;
  }
  if (!value.length) return empty([0], kind ?? "f8");
  const parts = value.map((each) => array(each));
  const shape = parts[0].shape;
  if (parts.some((each) => String(each.shape) !== String(shape))) throw new Error("Rows of an array are as long as one another.");
  let own = parts.reduce((all, each) => wider(all, each.kind), "b");
  // Numbers beside one another that are not all whole are floats of double precision.
  if (own === "f4" && value.some((each) => !(each instanceof Nd))) own = "f8";
  const made = empty([value.length, ...shape], own);
  const each = count(shape);
  parts.forEach((part, k) => {
    for (let j = 0; j < each; j += 1) made.data[k * each + j] = part.data[j];
  });
  return kind && kind !== own ? as(made, kind) : made;
}
const strides = (shape) => {
  const steps = new Array(shape.length);
  let step = 1;
  for (let k = shape.length - 1; k >= 0; k -= 1) {
    steps[k] = step;
    step *= shape[k];
  }
  return steps;
};
const joint = (shapes) => {
  const rank = Math.max(0, ...shapes.map((each) => each.length));
  const shape = new Array(rank).fill(1);
  for (const each of shapes) {
    each.forEach((size, k) => {
      const at = rank - each.length + k;
      if (size !== 1 && shape[at] !== 1 && shape[at] !== size) {
        throw new Error(`Arrays of shapes ${shapes.map((one) => `(${one})`).join(" and ")} do not fit.`);
      }
      if (size !== 1) shape[at] = size;
    });
  }
  return shape;
};
// For each place of `shape` the place in an array of shape `own` that is stretched to it.
const places = (own, shape) => {
  const steps = strides(own), lead = shape.length - own.length, total = count(shape);
  let at = new Float64Array(1);
  for (let k = 0; k < shape.length; k += 1) {
    const step = k < lead || own[k - lead] === 1 ? 0 : steps[k - lead];
    const next = new Float64Array(at.length * shape[k]);
    for (let i = 0, p = 0; i < at.length; i += 1) {
      for (let j = 0; j < shape[k]; j += 1, p += 1) next[p] = at[i] + j * step;
    }
    at = next;
  }
  return total ? at : new Float64Array(0);
};
const stretched = (value, shape) => {
  const given = array(value), made = empty(shape, given.kind);
  places(given.shape, shape).forEach((from, to) => { made.data[to] = given.data[from]; });
  return made;
};
// A function of numbers, place by place. `kind` is that of what comes out: of the arguments' kinds.
function each(act, kind, ...values) {
  if (!values.some((one) => one instanceof Nd)) {
    if (!values.some(Array.isArray)) return act(...values);
    values = values.map((one) => (Array.isArray(one) ? array(one) : one));
  }
  const arrays = values.map((one) => array(one));
  const shape = joint(arrays.map((one) => one.shape));
  const own = kind(...values);
  const made = empty(shape, own);
  const at = arrays.map((one) => (one.size === made.size && one.ndim === shape.length ? null : places(one.shape, shape)));
  const [a, b] = arrays, total = made.size;
  if (arrays.length === 1) for (let k = 0; k < total; k += 1) made.data[k] = act(a.data[k]);
  else if (arrays.length === 2) {
    for (let k = 0; k < total; k += 1) made.data[k] = act(a.data[at[0] ? at[0][k] : k], b.data[at[1] ? at[1][k] : k]);
  } else {
    for (let k = 0; k < total; k += 1) made.data[k] = act(...arrays.map((one, j) => one.data[at[j] ? at[j][k] : k]));
  }
  return shape.length ? made : made.at(0);
}
// Of what kind a sum or a product is: plain numbers beside an array do not widen it, but from
// whole numbers to floats.
const mixed = (...values) => {
  const held = values.filter((one) => one instanceof Nd), plain = values.filter((one) => !(one instanceof Nd));
  let kind = held.reduce((all, one) => wider(all, one.kind), "b");
  for (const one of plain) {
    const own = kindOf(one);
    if (!held.length || RANKS[own] > RANKS[kind]) kind = own === "f8" && kind === "f4" ? "f4" : wider(kind, own);
  }
  return kind;
};
const counted = (...values) => { const kind = mixed(...values); return kind === "b" ? "i" : kind; };
const floating = (...values) => { const kind = mixed(...values); return RANKS[kind] < RANKS.f4 ? "f8" : kind; };
const truthKind = () => "b";
// The lanes of an array along some axes, each as an array of numbers, made to one number each.
function lanes(value, axis, act, kind, keep = false) {
  let given = array(value);
  const all = axis === null || axis === undefined;
  const axes = (all ? given.shape.map((_, k) => k) : [axis].flat()).map((k) => (k < 0 ? k + given.ndim : k));
  const rest = given.shape.map((_, k) => k).filter((k) => !axes.includes(k));
  const outer = rest.map((k) => given.shape[k]), inner = count(axes.map((k) => given.shape[k]));
  if (!rest.every((k, j) => k === j) || axes.some((k, j) => k !== rest.length + j)) given = transposed(given, [...rest, ...axes]);
  const own = typeof kind === "function" ? kind(given.kind) : kind;
  const shape = keep ? array(value).shape.map((size, k) => (axes.includes(k) ? 1 : size)) : outer;
  const made = empty(shape, own);
  for (let k = 0; k < made.size; k += 1) made.data[k] = act(given.data.subarray ? given.data.subarray(k * inner, (k + 1) * inner) : given.data.slice(k * inner, (k + 1) * inner));
  return shape.length ? made : made.at(0);
}
function transposed(value, order = null) {
  const given = array(value), axes = order ?? given.shape.map((_, k) => given.ndim - 1 - k);
  const steps = strides(given.shape), shape = axes.map((k) => given.shape[k]), made = empty(shape, given.kind);
  let at = [0];
  axes.forEach((axis) => {
    const next = [];
    for (const from of at) for (let j = 0; j < given.shape[axis]; j += 1) next.push(from + j * steps[axis]);
    at = next;
  });
  for (let k = 0; k < made.size; k += 1) made.data[k] = given.data[at[k]];
  return made;
}

export { Nd, RANKS, array, as, count, counted, each, empty, filled, floating, joint, kindOf, lanes, mixed, places, stretched, strides, transposed, truthKind, wider };

// Python's operators, attributes and built-in functions, on numbers, text, lists, maps and arrays.
import { Nd, array, as, counted, each, floating, lanes, mixed, transposed, truthKind } from "./arrays.js";
import { ELLIPSIS, Keys, Slice, taken, whole, written } from "./indexing.js";
import { fixed, formatted, plain } from "./format.js";
import { KINDS, NUMPY, called, half, joined, power, product, reshaped } from "./numeric.js";

const isArray = (value) => value instanceof Nd;
const text = (value) => {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "number") return Number.isNaN(value) ? "nan" : Math.abs(value) === Infinity ? (value > 0 ? "inf" : "-inf") : plain(value);
  if (isArray(value) && !value.ndim) return text(value.at(0));
  return Array.isArray(value) ? `[${value.map(repr).join(", ")}]` : String(value);
};
const repr = (value) => {
  if (typeof value !== "string") return text(value);
  const plainly = value.replaceAll("\\", "\\\\");
  return value.includes("'") && !value.includes('"') ? `"${plainly}"` : `'${plainly.replaceAll("'", "\\'")}'`;
};
const truth = (value) => {
  if (isArray(value)) {
    if (value.size > 1) throw new Error("Whether an array is true is not known.");
    return value.size === 1 && !!value.data[0];
  }
  if (value instanceof Map || value instanceof Set) return value.size > 0;
  return Array.isArray(value) ? value.length > 0 : !!value;
};
function* characters(value) { yield* value; }
const iter = (value) => {
  if (isArray(value)) return value.rows();
  if (value instanceof Map) return value.keys();
  if (typeof value === "string") return characters(value);
  if (value === null || value === undefined || typeof value[Symbol.iterator] !== "function") throw new Error("This cannot be gone through.");
  return value;
};
const list = (value) => [...iter(value)];
const same = (a, b) => {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, k) => same(one, b[k]));
  if (a instanceof Map && b instanceof Map) return a.size === b.size && [...a].every(([key, one]) => b.has(key) && same(one, b.get(key)));
  if (typeof a === "boolean" && typeof b === "number" || typeof a === "number" && typeof b === "boolean") return Number(a) === Number(b);
  return false;
};
const ordered = (a, b) => {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let k = 0; k < Math.min(a.length, b.length); k += 1) if (!same(a[k], b[k])) return ordered(a[k], b[k]);
    return a.length < b.length;
  }
  return a < b;
};
// An operator: on arrays place by place, else as `plainly` says.
const operator = (act, kind, plainly = act) => (a, b) => (isArray(a) || isArray(b) ? each(act, kind, a, b) : plainly(a, b));
const remainder = (a, b) => a - b * Math.floor(a / b);
const repeated = (a, b) => {
  const [value, times] = typeof a === "number" || typeof a === "boolean" ? [b, a] : [a, b];
  if (typeof value === "string") return value.repeat(Math.max(0, Number(times)));
  return Array.isArray(value) ? [].concat(...new Array(Math.max(0, Number(times))).fill(value)) : a * b;
};
const isNumber = (value) => typeof value === "number" || typeof value === "boolean";
const contains = (value, all) => {
  if (all instanceof Map || all instanceof Set) return all.has(value) || (Array.isArray(value) && [...all.keys()].some((one) => same(one, value)));
  if (typeof all === "string") return all.includes(value);
  return list(all).some((one) => same(one, value));
};
const keyOf = (map, key) => {
  if (map.has(key)) return key;
  return Array.isArray(key) ? [...map.keys()].find((one) => same(one, key)) : undefined;
};
const comparison = (act, plainly) => (a, b) => {
  const list_ = (one) => (Array.isArray(one) && (isArray(a) || isArray(b)) ? array(one) : one);
  return isArray(a) || isArray(b) ? each(act, truthKind, list_(a), list_(b)) : plainly(a, b);
};
const whole_ = (value) => {
  if (typeof value === "string") return Number.parseInt(value, 10);
  const number = Math.trunc(Number(isArray(value) ? value.data[0] : value));
  if (!Number.isFinite(number)) throw new Error("What is not finite is no whole number.");
  return number;
};
const OPERATORS = {
  add: (a, b) => {
    if (isArray(a) || isArray(b)) return each((x, y) => x + y, counted, a, b);
    if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
    return isNumber(a) && isNumber(b) ? Number(a) + Number(b) : a + b;
  },
  sub: operator((a, b) => a - b, counted, (a, b) => (a instanceof Set ? new Set([...a].filter((one) => !b.has(one))) : a - b)),
  mul: operator((a, b) => a * b, mixed, repeated),
  div: operator((a, b) => a / b, floating, (a, b) => {
    if (Number(b) === 0) throw new Error("A number is divided by zero.");
    return a / b;
  }),
  floordiv: operator((a, b) => Math.floor(a / b), mixed), mod: operator(remainder, mixed),
  pow: operator(power, counted), shift: operator((a, b) => a >> b, mixed), matmul: (a, b) => product(a, b),
  bitand: operator((a, b) => a & b, mixed, (a, b) => (a instanceof Set ? new Set([...a].filter((one) => b.has(one))) : typeof a === "boolean" ? a && b : a & b)),
  bitor: operator((a, b) => a | b, mixed, (a, b) => {
    if (a instanceof Map) return new Map([...a, ...b]);
    if (a instanceof Set) return new Set([...a, ...b]);
    if (a?.called || Array.isArray(a)) return [a, b].flat(); // one of several kinds
    return typeof a === "boolean" ? a || b : a | b;
  }),
  bitxor: operator((a, b) => a ^ b, mixed, (a, b) => (typeof a === "boolean" ? a !== b : a ^ b)),
  neg: (a) => (isArray(a) ? each((x) => -x, mixed, a) : -a), pos: (a) => a,
  invert: (a) => (isArray(a) ? each((x) => (a.kind === "b" ? !x : ~x), mixed, a) : typeof a === "boolean" ? !a : ~a),
  not: (a) => !truth(a),
  and: (...parts) => { let value = true; for (const part of parts) { value = part(); if (!truth(value)) break; } return value; },
  or: (...parts) => { let value = false; for (const part of parts) { value = part(); if (truth(value)) break; } return value; },
  eq: comparison((a, b) => a === b || Number(a) === Number(b) && typeof a !== "string", same),
  ne: comparison((a, b) => (typeof a === "string" ? a !== b : Number(a) !== Number(b)), (a, b) => !same(a, b)),
  lt: comparison((a, b) => a < b, ordered), gt: comparison((a, b) => a > b, (a, b) => ordered(b, a)),
  le: comparison((a, b) => a <= b, (a, b) => (Array.isArray(a) ? !ordered(b, a) : a <= b)), ge: comparison((a, b) => a >= b, (a, b) => (Array.isArray(a) ? !ordered(a, b) : a >= b)),
  is: (a, b) => a === b, isnot: (a, b) => a !== b, isin: contains, notin: (a, b) => !contains(a, b),
  // Of an array its numbers are changed, so that who else holds it sees them.
  inplace: (before, after) => {
    if (!isArray(before)) {
      if (Array.isArray(before) && Array.isArray(after)) { before.splice(0, before.length, ...after); return before; }
      return after;
    }
    const value = array(after, before.kind);
    if (value.size !== before.size) { written(before, ELLIPSIS, value); return before; }
    before.data.set ? before.data.set(value.data) : value.data.forEach((one, k) => { before.data[k] = one; });
    return before;
  },
};
OPERATORS.chain = (names, parts) => {
  let left = parts[0](), value = true;
  for (let k = 0; k < names.length; k += 1) {
    const right = parts[k + 1]();
    value = OPERATORS[names[k]](left, right);
    if (!truth(value)) return value;
    left = right;
  }
  return value;
};

// ---- places
const item = (value, key) => {
  if (isArray(value)) return taken(value, key);
  if (value instanceof Map) {
    const own = keyOf(value, key);
    if (own === undefined) throw new Error(`There is no ${text(key)}.`);
    return value.get(own);
  }
  if (typeof value === "string") return key instanceof Slice ? key.of([...value].length).map((k) => [...value][k]).join("") : [...value][whole(key, [...value].length)];
  if (Array.isArray(value)) return key instanceof Slice ? key.of(value.length).map((k) => value[k]) : value[whole(Number(isArray(key) ? key.data[0] : key), value.length)];
  if (value?.joins) return joined((key instanceof Keys ? key.all : [key]).map((one) => (isArray(one) || Array.isArray(one) ? one : array([one]))));
  throw new Error("This has no places.");
};
const put = (owner, key, value) => {
  if (isArray(owner)) written(owner, key, value);
  else if (owner instanceof Map) owner.set(keyOf(owner, key) ?? key, value);
  else if (Array.isArray(owner)) owner[whole(Number(key), owner.length)] = value;
  else throw new Error("This has no places that could be written.");
};
const apart = (value, length, star, inner = []) => {
  let parts = list(value);
  if (star >= 0) {
    const end = parts.length - (length - 1 - star);
    parts = [...parts.slice(0, star), parts.slice(star, end), ...parts.slice(end)];
    parts = [...parts.slice(0, star), ...parts[star], ...parts.slice(star + 1)];
    if (star === length - 1) return parts;
    throw new Error("What is left is taken at the end only.");
  }
  if (parts.length !== length) throw new Error(`${parts.length} values do not fit ${length} names.`);
  return parts.map((one, k) => (inner[k] ? inner[k](one) : one));
};

// ---- attributes
const method = (names, act) => (owner) => called(names, (...given) => act(owner, ...given));
const viaNumpy = (name) => (owner) => (given = [], named = null) => NUMPY[name]([owner, ...given], named);
const OF_ARRAYS = {
  shape: (one) => one.shape, size: (one) => one.size, ndim: (one) => one.ndim, T: (one) => transposed(one), flat: (one) => [...one.data],
  dtype: (one) => one.kind, real: (one) => one,
  astype: method(["dtype"], (one, dtype) => as(one, KINDS.get(dtype.called ?? dtype))), copy: method([], (one) => one.copy()),
  ravel: method([], (one) => reshaped(one, -1)), flatten: method([], (one) => reshaped(one, -1).copy()), reshape: (one) => (given) => reshaped(one, ...given),
  tolist: method([], (one) => (one.ndim ? one.rows().map((row) => (isArray(row) ? OF_ARRAYS.tolist(row)() : row)) : one.at(0))), item: method([], (one) => one.at(0)),
  transpose: (one) => (given = []) => transposed(one, given.length ? given.flat() : null),
  fill: method(["value"], (one, value) => { one.data.fill(value); return null; }),
};
for (const name of ["sum", "mean", "min", "max", "any", "all", "argmax", "argmin", "prod", "std", "var", "cumsum", "clip", "round", "swapaxes", "repeat", "nonzero", "searchsorted"]) OF_ARRAYS[name] = viaNumpy(name);
const OF_MAPS = {
  items: method([], (one) => [...one]), keys: method([], (one) => [...one.keys()]), values: method([], (one) => [...one.values()]),
  get: method(["key", "default"], (one, key, other = null) => { const own = keyOf(one, key); return own === undefined ? other : one.get(own); }),
  update: (one) => (given = [], named = null) => { for (const [key, value] of [...(given[0] ?? []), ...(named ?? [])]) one.set(key, value); return null; },
  copy: method([], (one) => new Map(one)), setdefault: method(["key", "default"], (one, key, other = null) => { if (!one.has(key)) one.set(key, other); return one.get(key); }),
  pop: method(["key", "default"], (one, key, other) => { const value = one.has(key) ? one.get(key) : other; if (value === undefined) throw new Error(`There is no ${key}.`); one.delete(key); return value; }),
};
const OF_SETS = { add: method(["value"], (one, value) => { one.add(value); return null; }), copy: method([], (one) => new Set(one)) };
const OF_LISTS = {
  append: method(["value"], (one, value) => { one.push(value); return null; }), extend: method(["values"], (one, values) => { one.push(...iter(values)); return null; }),
  index: method(["value"], (one, value) => { const at = one.findIndex((each_) => same(each_, value)); if (at < 0) throw new Error("It is not in the list."); return at; }),
  count: method(["value"], (one, value) => one.filter((each_) => same(each_, value)).length), copy: method([], (one) => [...one]),
  insert: method(["at", "value"], (one, at, value) => { one.splice(at, 0, value); return null; }), reverse: method([], (one) => { one.reverse(); return null; }),
  pop: method(["at"], (one, at = -1) => one.splice(at, 1)[0]), sort: (one) => (given = [], named = null) => { one.splice(0, one.length, ...BUILT_IN.sorted([one], named)); return null; },
};
const OF_TEXT = {
  join: method(["parts"], (one, parts) => list(parts).join(one)), replace: method(["old", "new"], (one, old, other) => one.replaceAll(old, other)),
  startswith: method(["start"], (one, start) => [start].flat().some((each_) => one.startsWith(each_))), endswith: method(["end"], (one, end) => [end].flat().some((each_) => one.endsWith(each_))),
  strip: method(["letters"], (one, letters = null) => OF_TEXT.lstrip(OF_TEXT.rstrip(one)([letters]))([letters])),
  rstrip: method(["letters"], (one, letters = null) => { let end = one.length; while (end && (letters === null ? /\s/ : { test: (c) => letters.includes(c) }).test(one[end - 1])) end -= 1; return one.slice(0, end); }),
  lstrip: method(["letters"], (one, letters = null) => { let at = 0; while (at < one.length && (letters === null ? /\s/ : { test: (c) => letters.includes(c) }).test(one[at])) at += 1; return one.slice(at); }),
  split: method(["by", "most"], (one, by = null, most = -1) => { if (by === null) return one.trim().split(/\s+/).filter(Boolean); const parts = one.split(by); return most >= 0 && parts.length > most + 1 ? [...parts.slice(0, most), parts.slice(most).join(by)] : parts; }),
  upper: method([], (one) => one.toUpperCase()), lower: method([], (one) => one.toLowerCase()), title: method([], (one) => one.toLowerCase().replace(/(?<![\p{L}])\p{L}/gu, (c) => c.toUpperCase())),
  capitalize: method([], (one) => one.slice(0, 1).toUpperCase() + one.slice(1).toLowerCase()), removeprefix: method(["start"], (one, start) => (one.startsWith(start) ? one.slice(start.length) : one)),
  removesuffix: method(["end"], (one, end) => (end && one.endsWith(end) ? one.slice(0, -end.length) : one)), isdigit: method([], (one) => /^\d+$/.test(one)),
  partition: method(["by"], (one, by) => { const at = one.indexOf(by); return at < 0 ? [one, "", ""] : [one.slice(0, at), by, one.slice(at + by.length)]; }),
  rpartition: method(["by"], (one, by) => { const at = one.lastIndexOf(by); return at < 0 ? ["", "", one] : [one.slice(0, at), by, one.slice(at + by.length)]; }),
  find: method(["part"], (one, part) => one.indexOf(part)), count: method(["part"], (one, part) => one.split(part).length - 1),
};
const OF_NUMBERS = {
  astype: method(["dtype"], (one, dtype) => as(one, KINDS.get(dtype.called ?? dtype)).at(0)), item: method([], (one) => one), real: (one) => one, shape: () => [], ndim: () => 0, size: () => 1,
  ravel: method([], (one) => array([one])), tolist: method([], (one) => one), all: method([], (one) => !!one), any: method([], (one) => !!one), reshape: (one) => (given) => reshaped(array(one), ...given),
};
for (const name of ["sum", "mean", "min", "max", "round", "clip", "argmax", "argmin"]) OF_NUMBERS[name] = viaNumpy(name);
const tableOf = (value) => {
  if (isArray(value)) return OF_ARRAYS;
  if (value instanceof Map) return OF_MAPS;
  if (value instanceof Set) return OF_SETS;
  if (Array.isArray(value)) return OF_LISTS;
  if (typeof value === "string") return OF_TEXT;
  return isNumber(value) ? OF_NUMBERS : null;
};
const get = (owner, name) => {
  const table = tableOf(owner);
  if (table) {
    if (!Object.hasOwn(table, name)) throw new Error(`${text(owner).slice(0, 40)} has no ${name} here.`);
    return table[name](owner);
  }
  if (owner?.attribute) return owner.attribute(name);
  const value = owner?.members?.get(name) ?? owner?.[name];
  if (value === undefined) throw new Error(`Nothing here has ${name}.`);
  return value;
};

// ---- built-in functions
const extremeOf = (sign) => (given = [], named = null) => {
  const all = given.length > 1 ? given : list(given[0]), key = named?.get("key");
  if (!all.length) {
    if (named?.has("default")) return named.get("default");
    throw new Error("The largest of nothing is not known.");
  }
  const value = (one) => (key ? key([one]) : one);
  return all.reduce((best, one) => (sign > 0 ? ordered(value(best), value(one)) : ordered(value(one), value(best))) ? one : best);
};
const named = (name, act) => Object.assign(act, { called: name });
const TYPES = {
  float: isNumber, int: (one) => Number.isInteger(one) || typeof one === "boolean", bool: (one) => typeof one === "boolean", str: (one) => typeof one === "string",
  list: Array.isArray, tuple: Array.isArray, dict: (one) => one instanceof Map, Mapping: (one) => one instanceof Map, ndarray: isArray, set: (one) => one instanceof Set,
};
const BUILT_IN = {
  len: called(["value"], (value) => (isArray(value) ? value.shape[0] : value instanceof Map || value instanceof Set ? value.size : typeof value === "string" ? [...value].length : value.length)),
  float: named("float", called(["value"], (value = 0) => (typeof value === "string" ? (/^[+-]?(inf|infinity)$/i.test(value) ? (value[0] === "-" ? -Infinity : Infinity) : /^nan$/i.test(value) ? NaN : Number(value)) : Number(isArray(value) ? value.data[0] : value)))),
  int: named("int", called(["value", "base"], (value = 0, base = 10) => (base === 10 ? whole_(value) : Number.parseInt(value, base)))), bool: named("bool", called(["value"], (value = false) => truth(value))), str: named("str", called(["value"], (value = "") => (typeof value === "string" ? value : text(value)))),
  repr: called(["value"], repr), abs: called(["value"], (value) => (isArray(value) ? each(Math.abs, counted, value) : Math.abs(value))),
  round: called(["value", "digits"], (value, digits = null) => {
    const given = Number(isArray(value) ? value.data[0] : value), scale = 10 ** (digits ?? 0);
    return (digits ?? 0) > 0 && Number.isFinite(given) ? Math.sign(given) * Number(fixed(Math.abs(given), digits)) : half(given * scale) / scale;
  }),
  min: extremeOf(-1), max: extremeOf(1), sum: called(["values", "start"], (values, start = 0) => list(values).reduce((all, one) => OPERATORS.add(all, one), start)),
  any: called(["values"], (values) => list(values).some(truth)), all: called(["values"], (values) => list(values).every(truth)),
  range: (given) => { const [start, stop, step] = given.length === 1 ? [0, given[0], 1] : [...given, 1]; const made = []; for (let k = start; step > 0 ? k < stop : k > stop; k += step) made.push(k); return made; },
  enumerate: called(["values", "start"], (values, start = 0) => list(values).map((one, k) => [k + start, one])),
  zip: (given, options = null) => { const lists = given.map(list); const size = Math.min(...lists.map((one) => one.length)); if (options?.get("strict") && lists.some((one) => one.length !== size)) throw new Error("Lists of unequal length stand side by side."); return lists.length ? Array.from({ length: size }, (_, k) => lists.map((one) => one[k])) : []; },
  map: (given) => { const lists = given.slice(1).map(list); return lists[0].map((_, k) => given[0](lists.map((one) => one[k]))); },
  filter: called(["test", "values"], (test, values) => list(values).filter((one) => truth(test ? test([one]) : one))),
  reversed: called(["values"], (values) => list(values).reverse()),
  sorted: (given, options = null) => { const key = options?.get("key") ?? null, all = list(given[0]).map((one) => [key ? key([one]) : one, one]); all.sort(([a], [b]) => (ordered(a, b) ? -1 : ordered(b, a) ? 1 : 0)); if (options?.get("reverse")) all.sort(([a], [b]) => (ordered(b, a) ? -1 : ordered(a, b) ? 1 : 0)); return all.map(([, one]) => one); },
  list: named("list", called(["values"], (values = []) => list(values))), tuple: named("tuple", called(["values"], (values = []) => list(values))), set: named("set", called(["values"], (values = []) => new Set(list(values)))), frozenset: called(["values"], (values = []) => new Set(list(values))),
  dict: Object.assign((given = [], options = null) => new Map([...(given.length ? (given[0] instanceof Map ? given[0] : list(given[0])) : []), ...(options ?? [])]), { called: "dict", members: new Map([["fromkeys", called(["keys", "value"], (keys, value = null) => new Map(list(keys).map((one) => [one, value])))]]) }),
  getattr: called(["owner", "name", "default"], (owner, name, other) => { try { return get(owner, name); } catch (error) { if (other === undefined) throw error; return other; } }),
  hasattr: called(["owner", "name"], (owner, name) => { try { get(owner, name); return true; } catch { return false; } }),
  isinstance: called(["value", "kind"], (value, kind) => [kind].flat().some((one) => (one.is ? one.is(value) : TYPES[one.called]?.(value) ?? false))),
  slice: (given) => (given.length === 1 ? new Slice(null, given[0], 1) : new Slice(...given)),
  next: called(["values", "default"], (values, other) => { const first = (values.next ? values : values[Symbol.iterator]()).next(); if (!first.done) return first.value; if (other === undefined) throw new Error("There is no next."); return other; }),
  iter: called(["values"], (values) => list(values)[Symbol.iterator]()), chr: called(["code"], (code) => String.fromCodePoint(code)), ord: called(["letter"], (letter) => letter.codePointAt(0)),
  divmod: called(["a", "b"], (a, b) => [Math.floor(a / b), remainder(a, b)]), print: () => null, format: called(["value", "spec"], (value, spec = "") => formatted(value, spec, text)),
};

// A function of Python: [name, kind, default] for each parameter; of kind 0 by place or name, 1 all
// further ones, 2 by name, 3 all further ones by name.
function fn(parameters, act) {
  return (given = [], options = null) => {
    const left = options ? new Map(options) : null, values = [];
    let at = 0;
    for (const [name, kind, other] of parameters) {
      if (kind === 1) { values.push(given.slice(at)); at = given.length; }
      else if (kind === 3) { values.push(new Map(left ?? [])); left?.clear(); }
      else if (kind === 0 && at < given.length) { values.push(given[at]); at += 1; }
      else if (left?.has(name)) { values.push(left.get(name)); left.delete(name); }
      else if (other !== undefined) values.push(other);
      else throw new Error(`${name} is not given.`);
    }
    if (at < given.length || left?.size) throw new Error(`A function is called with too much${left?.size ? `: ${[...left.keys()]}` : ""}.`);
    return act(...values);
  };
}
// A function that is asked once for each of what it is given, as `functools.cache` has it.
function cached(act) {
  const held = new Map();
  return (given = [], options = null) => {
    const key = JSON.stringify([given, [...(options ?? [])]]);
    if (!held.has(key)) held.set(key, act(given, options));
    return held.get(key);
  };
}
// An object of named values, as a declaration is.
const plainly = (values) => ({ attribute: (name) => { if (!(name in values)) throw new Error(`Nothing here has ${name}.`); return values[name]; } });
const $ = {
  ...OPERATORS, truth, iter, item, put, apart, get, fn, cached, repr, plain: plainly, slice: (a, b, c) => new Slice(a, b, c), keys: (all) => new Keys(all), ellipsis: ELLIPSIS,
  format: (value, spec) => formatted(isArray(value) ? value.at(0) : value, spec, text), call: (owner, name, given, options = null) => get(owner, name)(given, options),
};

export { $, BUILT_IN, get, list, named, text, truth };

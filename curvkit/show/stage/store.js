// Fields by name. Those over time have a row for every reading, grow, and can be cut and continued.
import { product } from "./maths.js";

export class Store {
  constructor(fields) {
    Object.assign(this, { fields: {}, rows: 0, version: 0, guard: null, lost: Infinity });
    for (const [name, f] of Object.entries(fields)) this.put(name, f);
  }
  // A field whole: new, or in the place of what had its name.
  put(name, f) {
    const size = product(f.time ? f.shape.slice(1) : f.shape);
    const values = f.values instanceof Float32Array ? f.values : Float32Array.from(f.values);
    this.fields[name] ??= {};
    Object.assign(this.fields[name], { values, size, time: !!f.time, shape: f.shape });
    if (f.time) this.rows = Math.max(this.rows, f.shape[0]);
    this.version++;
  }
  // Replaces everything from row `at` on by `count` new rows; fields not named keep their old ones.
  splice(at, count, columns) {
    for (const [name, f] of Object.entries(this.fields)) {
      if (!f.time) continue;
      const need = (at + count) * f.size;
      if (f.values.length < need) {
        const grown = new Float32Array(Math.max(need, 2 * f.values.length, 256 * f.size));
        grown.set(f.values.subarray(0, at * f.size));
        f.values = grown;
      }
      if (columns[name]) f.values.set(columns[name].subarray(0, count * f.size), at * f.size);
    }
    if (at < this.rows) this.version++;
    this.rows = at + count;
    this.seek(at);
  }
  // What makes a run lost: a number of these fields that is not finite, or larger than `above`.
  guardBy({ fields, above = Infinity }) {
    this.guard = { fields, above };
    this.lost = Infinity;
    this.seek(0);
  }
  // Looks from row `at` on for the first that is lost.
  seek(at) {
    if (this.lost >= at) this.lost = Infinity;
    if (!this.guard || this.lost < at) return;
    for (const name of this.guard.fields) {
      const f = this.fields[name];
      for (let i = at; i < Math.min(this.rows, this.lost); i++) {
        for (let k = i * f.size; k < (i + 1) * f.size; k++) {
          if (!(Math.abs(f.values[k]) <= this.guard.above)) {
            this.lost = i;
            break;
          }
        }
      }
    }
  }
  // The last row that can be shown: that at which a run was lost is.
  get last() {
    return Math.min(this.rows - 1, this.lost);
  }
  // The last row that cameras look at: what was lost may be of any size.
  get sane() {
    return Math.max(0, Math.min(this.rows - 1, this.lost - 1));
  }
  // What all fields take of memory, in bytes.
  get bytes() {
    return Object.values(this.fields).reduce((sum, f) => sum + f.values.byteLength, 0);
  }
  // A copy of the fields of one number a row from row `at` on: what would have been.
  tail(at) {
    const columns = {};
    for (const [name, f] of Object.entries(this.fields)) {
      if (f.time && f.size === 1) columns[name] = f.values.slice(at, this.rows);
    }
    return { at, rows: this.rows - at, columns };
  }
}

// Two numbers as a scene gives them: themselves, or the name of a fixed field that holds them. Of a
// run that is lost they may be none.
export function endsOf(store, given) {
  if (typeof given !== "string") return given;
  const [lo, hi] = store.fields[given].values;
  return hi > lo && Number.isFinite(hi - lo) ? [lo, hi] : [0, 1];
}

// A part of a scene in which a field's name may stand for one number: it reads as numbers.
export function partOf(store, part) {
  const named = Object.entries(part ?? {}).filter(([name, v]) => /^(times|plus)$/.test(name) && typeof v === "string");
  if (!named.length) return part;
  const read = ([name, field]) => [name, { enumerable: true, get: () => store.fields[field].values[0] }];
  return Object.defineProperties({ ...part }, Object.fromEntries(named.map(read)));
}

// Words as a scene gives them: themselves, or those that a fixed field tells by their number.
export const wordsOf = (store, given) =>
  given?.words ? (given.words[Math.round(store.fields[given.field].values[0])] ?? "") : given;

// Numbers arrive as one buffer and a header; `u2` are whole numbers between a least and a greatest,
// of which 65535 stands for a number that is not finite.
export function unpack(header, buffer) {
  const fields = {}, raw = buffer.buffer ?? buffer;
  for (const h of header) {
    const n = product(h.shape), at = (buffer.byteOffset ?? 0) + h.offset;
    let values;
    if (h.dtype === "u2") {
      const step = (h.high - h.low) / 65534;
      values = Float32Array.from(new Uint16Array(raw.slice(at, at + 2 * n)), (v) =>
        v === 65535 ? NaN : h.low + v * step);
    } else values = new Float32Array(raw.slice(at, at + 4 * n));
    fields[h.name] = { values, shape: h.shape, time: h.time };
  }
  return fields;
}

// Figures as rooms draw them: curves, axes and remarks, given to plotly.js as plain objects.
import { Nd } from "./arrays.js";
import { list } from "./python.js";

// Names of plotly's that have an underscore in them; all others are parts of parts.
const WHOLE = ["error_x", "error_y", "error_z", "paper_bgcolor", "plot_bgcolor"];
function nested(name) {
  const found = WHOLE.find((each) => name === each || name.startsWith(`${each}_`));
  if (!found) return name.split("_");
  return name === found ? [found] : [found, ...name.slice(found.length + 1).split("_")];
}
const isPlain = (value) => value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
// Maps as objects, with what they hold.
const plainOf = (value) => {
  if (value instanceof Map) return merged({}, value);
  if (value instanceof Curve) return value.told;
  if (Array.isArray(value)) return value.map(plainOf);
  return value;
};
// Puts `changes` into `target`, where `a_b` is b of a; parts that are there stay.
function merged(target, changes) {
  for (const [name, value] of changes instanceof Map ? changes : Object.entries(changes)) {
    const path = nested(name), last = path.pop();
    let place = target;
    for (const part of path) {
      if (part === "title" && typeof place.title === "string") place.title = { text: place.title };
      place = place[part] = isPlain(place[part]) ? place[part] : {};
    }
    const given = plainOf(value);
    if (isPlain(given) && isPlain(place[last])) merged(place[last], given);
    else if (last === "title" && typeof given === "string" && isPlain(place.title)) place.title.text = given;
    else if (last === "title" && typeof given === "string") place.title = { text: given };
    else if (given === null) delete place[last];
    else place[last] = given;
  }
  return target;
}
class Curve {
  constructor(type, values) {
    this.told = merged({ type }, values);
    for (const axis of ["xaxis", "yaxis"]) if (this.told[axis]) this.told[axis] = this.told[axis].replace(/^([xy])1$/, "$1");
  }
  attribute(name) {
    if (name === "update") return (given = [], named = null) => {
      for (const each of [...given, named].filter(Boolean)) merged(this.told, each);
      return this;
    };
    return this.told[name] ?? null;
  }
}
const curve = (type) => (given = [], named = null) => new Curve(type, named ?? new Map());
class Figure {
  constructor({ layout, cells }) {
    this.layout = structuredClone(layout);
    this.cells = cells;
    this.data = [];
  }
  // The names of the axes of one kind that are meant by a row and a column; all where neither is.
  axes(kind, row, col) {
    if (row === null && col === null) return Object.keys(this.layout).filter((each) => each.startsWith(`${kind}axis`));
    const found = this.cells.filter((each) => (row === null || each.row === row) && (col === null || each.col === col));
    return found.map((each) => each[`${kind}axis`]).filter(Boolean);
  }
  add(each, row, col) {
    const told = each.told;
    if (row !== null && row !== undefined) {
      const cell = this.cells.find((one) => one.row === row && one.col === (col ?? 1));
      if (!cell) throw new Error(`The figure has no panel in row ${row}, column ${col}.`);
      if (cell.scene) told.scene = cell.scene;
      else Object.assign(told, { xaxis: cell.xaxis.replace("axis", ""), yaxis: cell.yaxis.replace("axis", "") });
    }
    this.data.push(each);
    return this;
  }
  changeAxes(kind, given, named) {
    const changes = new Map(named ?? []), [row, col] = ["row", "col"].map((name) => changes.get(name) ?? null);
    changes.delete("row");
    changes.delete("col");
    for (const name of this.axes(kind, row, col)) {
      this.layout[name] ??= {};
      for (const each of [...given, changes]) merged(this.layout[name], each);
    }
    return this;
  }
  attribute(name) {
    const acts = {
      add_trace: (given, named) => this.add(given[0], ...["row", "col"].map((each, k) => named?.get(each) ?? given[k + 1] ?? null)),
      add_traces: (given, named) => {
        const [rows, cols] = ["rows", "cols"].map((each, k) => named?.get(each) ?? given[k + 1] ?? null);
        list(given[0]).forEach((each, k) => this.add(each, Array.isArray(rows) ? rows[k] : rows, Array.isArray(cols) ? cols[k] : cols));
        return this;
      },
      update_xaxes: (given, named) => this.changeAxes("x", given, named), update_yaxes: (given, named) => this.changeAxes("y", given, named),
      update_layout: (given, named) => {
        for (const each of [...given, named].filter(Boolean)) merged(this.layout, each);
        return this;
      },
      update_traces: (given, named) => { for (const each of this.data) merged(each.told, named); return this; },
      add_annotation: (given, named) => {
        (this.layout.annotations ??= []).push(merged({}, named));
        return this;
      },
      add_shape: (given, named) => { (this.layout.shapes ??= []).push(merged({}, named)); return this; },
      select_xaxes: () => this.axes("x", null, null), select_yaxes: () => this.axes("y", null, null),
    };
    if (acts[name]) return (given = [], named = null) => acts[name](given, named);
    if (name === "data") return this.data;
    throw new Error(`A figure has no ${name} here.`);
  }
  // As plotly.js takes it: arrays as typed arrays, those of more axes as lists of them.
  drawn() {
    return { data: this.data.map((each) => shown(each.told)), layout: shown(this.layout) };
  }
}
const shown = (value) => {
  if (value instanceof Nd) {
    if (value.ndim > 1) return value.rows().map(shown);
    if (value.kind === "b") return [...value.data].map(Boolean);
    return value.data.byteLength === value.data.buffer?.byteLength ? value.data : value.data.slice();
  }
  if (Array.isArray(value)) return value.map(shown);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null && each !== undefined).map(([name, each]) => [name, shown(each)]));
};
const alike = (a, b) => {
  if (a instanceof Map) return isPlain(b) && a.size === Object.keys(b).length && [...a].every(([name, value]) => alike(value, b[name]));
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((each, k) => alike(each, b[k]));
  return a === b || (typeof a === "number" && typeof b === "number" && Math.abs(a - b) < 1e-12);
};
// The empty figure of so many rows of panels, of those that were made beforehand.
const framed = (frames) => (title, rows, height, shares, panels) => {
  const options = new Map([["shared_xaxes", true], ["vertical_spacing", 0.06], ["row_heights", shares], ...panels]);
  const frame = frames.find((each) => each.rows === rows && alike(options, each.options));
  if (!frame) throw new Error("This figure needs a notebook: its panels are others than those of the page.");
  const made = new Figure(frame);
  merged(made.layout, { title_text: title, height: height || 200 + 210 * rows });
  return made;
};

// ---- traces, as classes of named arrays
class Instance {
  constructor(kind, fields, values = {}) {
    Object.assign(this, { kind, fields, read: values });
  }
  attribute(name) {
    if (Object.hasOwn(this.fields, name)) return this.fields[name];
    if (Object.hasOwn(this.read, name)) return this.read[name];
    const member = this.kind.members[name];
    if (!member) return this.kind.attribute(name);
    if ("constant" in member) return member.constant;
    if (member.property) return (this.read[name] = member.property([this]));
    if (member.ofClass) return (given = [], named = null) => member.ofClass([this.kind, ...given], named);
    return (given = [], named = null) => member.method([this, ...given], named);
  }
}
const record = (name, members) => {
  const kind = {
    members, called: name, is: (value) => value instanceof Instance && value.kind === kind,
    attribute(wanted) {
      const member = members[wanted];
      if (!member) throw new Error(`${name} has no ${wanted} here.`);
      if ("constant" in member) return member.constant;
      return (given = [], named = null) => (member.ofClass ? member.ofClass([kind, ...given], named) : (member.method ?? member.property)(given, named));
    },
  };
  return kind;
};
const replace = (given, named) => new Instance(given[0].kind, { ...given[0].fields, ...Object.fromEntries(named ?? []) });
const made = (kind, fields) => new Instance(kind, fields);

export { Curve, Figure, curve, framed, made, record, replace };

// The marks of the grammar by name, and what is compiled of one before the first frame.
import { channel } from "./channel.js";
import { heat, surface } from "./grids.js";
import { area, line, settleLine } from "./lines.js";
import { dots, jumps } from "./points.js";
import { arrow, bars, rect, rule, settleRect, shape, text } from "./shapes.js";
import { swing } from "./swing.js";

export const MARKS = { line, area, dots, jumps, rule, rect, heat, surface, arrow, bars, shape, text, swing };
// How the settled part of what only grows is drawn.
export const SETTLE = { line: settleLine, rect: settleRect };
const CHANNELS = ["x", "y", "z", "x2", "y2", "u", "v", "size", "value", "since", "open", "angle"];
const NUMBERS = { jumps: ["size"], text: ["size"] };

// A mark with its channels made, and the canvas that it is drawn on.
export function compiledMark(stage, view, spec) {
  if (!MARKS[spec.mark]) {
    throw new Error(`there is no mark "${spec.mark}"; there are ${Object.keys(MARKS).join(", ")}`);
  }
  const m = { ...spec, c: {}, view };
  for (const name of CHANNELS) {
    if (spec[name] != null && !NUMBERS[spec.mark]?.includes(name)) m.c[name] = channel(stage, spec[name]);
  }
  if (spec.on) [m.c.gx, m.c.gy] = [channel(stage, spec.on.x), channel(stage, spec.on.y)];
  if (spec.color?.field || spec.color?.knob) m.c.color = channel(stage, spec.color);
  for (const name of ["grid", "image"]) {
    if (spec[name] && !stage.store.fields[spec[name]]) {
      throw new Error(`a mark names the field "${spec[name]}", which the trace does not have`);
    }
  }
  const sizes = Object.entries(m.c).filter(([name]) => /^[xyzuv]2?$/.test(name)).map(([, c]) => c.size);
  m.items = Math.max(1, ...sizes);
  m.overItems = m.items > 1 && m.per !== "item";
  if (spec.drag) m.handle = { view, mark: m, heat: 0, drag: spec.drag, item: 0 };
  // Whether a grid has another picture in each row.
  m.changes = !!stage.store.fields[spec.grid]?.time;
  m.layer = layerOf(m);
  return m;
}

// "own": a grid that changes has a canvas of its own. "back": it stays as it is. "past": a curve that only grows.
// "strata": it changes every so often. "front": it is drawn in every frame.
export function layerOf(m) {
  const channels = Object.values(m.c);
  if (m.mark === "surface" || (m.mark === "heat" && (m.changes || m.cells))) return "own";
  if (m.mark === "jumps" || m.mark === "swing" || m.handle || channels.some((c) => c.turns)) return "front";
  if (!channels.some((c) => c.time)) return "back";
  if (m.mark === "rect") return m.when === "past" ? "past" : "front";
  if (m.mark !== "line" || m.fade) return "front";
  if (m.overItems) return m.when && m.when !== "now" && (m.every ?? 1) >= 8 ? "strata" : "front";
  if (m.when === "all") return "back";
  return m.when == null || m.when === "past" ? "past" : "front";
}

// Handles: lines, dots and boxes in the picture that stand for knobs or for numbers of a field.
import { between } from "./channel.js";
import { alpha } from "./color.js";
import { clamp } from "./maths.js";
import { placed } from "./lines.js";
import { sides } from "./shapes.js";
import { partOf } from "./store.js";
import { plain, say, write } from "./text.js";
import { draggedTurned, nudgedTurned, saidTurned, standsAt, tellTurned } from "./turned.js";

// What is shown of a knob, and back: value = plus + times · knob^power.
export const shownOf = ({ times = 1, plus = 0, power = 1 }, knob) => plus + times * knob ** power;
export function knobOf({ times = 1, plus = 0, power = 1 }, value) {
  const part = (value - plus) / times;
  return power === 1 ? part : Math.max(part, 1e-12) ** (1 / power);
}

// The knobs that a mark is a handle of; none where a field is edited by it.
export function knobsOf(stage, { mark, drag }) {
  const parts = mark === "rule" ? [drag] : ["x", "y"].filter((axis) => drag[axis]).map((axis) => partOf(stage.store, drag[axis]));
  return parts.map((part) => part.knob).filter(Boolean);
}

// The handles of a mark: one, or one for each item where a field is edited.
export function handlesOf(stage, m) {
  const d = m.drag, flat = m.mark === "rule" && m.c.y != null;
  const axes = {};
  if (m.mark === "rule") axes[flat ? "y" : "x"] = d;
  else for (const axis of ["x", "y"]) if (d[axis]) axes[axis] = partOf(stage.store, d[axis]);
  for (const [, part] of Object.entries(axes)) {
    if (part.knob && !stage.knobs[part.knob]) {
      throw new Error(`a handle names the knob "${part.knob}", which the scene does not declare`);
    }
  }
  const count = d.each ? m.items : 1;
  const handles = Array.from({ length: count }, (_, i) => ({
    view: m.view, mark: m, heat: 0, drag: d, item: d.each ? i : (d.item ?? 0), axes,
    edge: partOf(stage.store, d.edge), label: d.label ?? Object.values(axes).map((a) => a.knob).join(" and "),
  }));
  m.handle = handles[0];
  if (d.each) m.grips = handles;
  return handles;
}

// Where a handle stands now, on the screen.
export function placeHandle(S, h, t) {
  const { view: v, mark: m } = h, b = v.box;
  if (m.mark === "rule") {
    const inset = h.drag.inset ?? 18, last = S.store.last;
    if (h.axes.y) {
      h.x = b.x + b.w - inset;
      h.y = clamp(v.y.px(between(m.c.y, t, 0, last)), b.y, b.y + b.h);
    } else {
      h.x = clamp(v.x.px(between(m.c.x, t, 0, last)), b.x, b.x + b.w);
      h.y = b.y + b.h - inset;
    }
  } else if (m.mark === "rect") {
    const { l, r, top, bottom } = sides(S, v, m, t, h.item);
    [h.x, h.y] = [(l + r) / 2, (top + bottom) / 2];
  } else {
    const [x, y] = placed(S, v, m, t, h.item);
    [h.x, h.y] = [clamp(x, b.x, b.x + b.w), clamp(y, b.y, b.y + b.h)];
  }
}

// The handle under a place of the screen.
export function handleAt(S, p, coarse) {
  // In a view that can be turned there is to be room for a hand that turns it.
  const wide = (v) => (v.turned ? (coarse ? 18 : 9) : (coarse ? 22 : 12) + 8), reach = coarse ? 22 : 12, far = (h) => Math.hypot(p.x - h.x, p.y - h.y);
  const near = S.handles.filter((h) => {
    const v = h.view, m = h.mark;
    if (v.hiddenNow || h.x == null) return false;
    if (far(h) < wide(v)) return true;
    const inside = p.x >= v.box.x && p.x <= v.box.x + v.box.w + 16 && p.y >= v.box.y - 8 && p.y <= v.box.y + v.box.h + 8;
    if (m.mark === "rule") return inside && Math.abs(h.axes.y ? p.y - h.y : p.x - h.x) < reach;
    if (m.mark !== "rect" || !inside) return false;
    const { l, r, top, bottom } = sides(S, v, m, S.clock.t, h.item);
    return p.x > l - 8 && p.x < r + 8 && p.y > top - 8 && p.y < bottom + 8;
  });
  // Of many that are edited the nearest; else the first, as what is drawn later lies beneath.
  return near.length && near.every((h) => h.drag.each) ? near.reduce((a, b) => (far(b) < far(a) ? b : a)) : near[0];
}

// Shows an edit at once in the fields that its dots read; what was there is kept until it is answered.
export function shownEdit(S, h, edit) {
  S.unanswered ??= {};
  const shown = h.drag?.up && edit.field === h.drag.up ? { z: edit.y } : { x: edit.x, y: edit.y };
  for (const [axis, value] of Object.entries(shown)) {
    if (value == null) continue;
    const name = h.mark[axis], { values } = S.store.fields[name];
    S.unanswered[name] ??= values.slice();
    values[edit.item] = value;
  }
  S.store.version++;
}

// What was refused goes back to where it was.
export function takenBack(S) {
  for (const [name, values] of Object.entries(S.unanswered ?? {})) S.store.fields[name].values.set(values);
  S.unanswered = null;
  S.store.version++;
  S.changed();
}

// What a drag that began at a handle means: which part of it was taken, and how far beside it. Of a
// small box the middle is near an edge, too, and a finger on the grip means all of it.
export function take(S, h, p, finger = false) {
  let part = "whole";
  if (h.edge && h.mark.mark === "rect" && !finger) {
    const { l, r, top, bottom } = sides(S, h.view, h.mark, S.clock.t, h.item);
    const middle = Math.max(Math.abs(p.x - h.x) / (r - l), Math.abs(p.y - h.y) / (bottom - top)) < 0.25;
    const near = Math.min(Math.abs(p.x - l), Math.abs(p.x - r), Math.abs(p.y - top), Math.abs(p.y - bottom)) < 10;
    if (near && !middle) part = "edge";
  }
  if (h.view.turned) h.way = null;
  return { h, part, dx: p.x - h.x, dy: p.y - h.y, ...(h.view.turned && { from: p, at: standsAt(S, h) }) };
}

// The knobs (or numbers of a field) that a drag asks for.
export function dragged(S, grabbed, p) {
  const { h, part, dx, dy } = grabbed, v = h.view, b = v.box;
  if (v.turned) return draggedTurned(grabbed, p);
  if (part === "edge") {
    const reach = Math.max(Math.abs(v.x.of(p.x) - v.x.of(h.x)), Math.abs(v.y.of(p.y) - v.y.of(h.y)));
    return { knobs: { [h.edge.knob]: knobOf(h.edge, reach) } };
  }
  const x = v.x.of(clamp(p.x - dx, b.x, b.x + b.w)), y = v.y.of(clamp(p.y - dy, b.y, b.y + b.h));
  if (h.drag.each) return { edit: { field: h.drag.each, item: h.item, ...(h.axes.x && { x }), ...(h.axes.y && { y }) } };
  const knobs = {};
  for (const [axis, value] of [["x", x], ["y", y]]) {
    if (h.axes[axis]) knobs[h.axes[axis].knob] = knobOf(h.axes[axis], value);
  }
  return { knobs };
}

// What a key asks for: a share of the value for a rule, of the axis for what is dragged freely.
export function nudged(S, h, key, big) {
  const size = h.edge && { "+": 1.1, "=": 1.1, "-": 1 / 1.1 }[key];
  if (size) return { knobs: { [h.edge.knob]: knobOf(h.edge, shownOf(h.edge, S.knobs[h.edge.knob].value) * size) } };
  const way = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[key];
  if (!way) return null;
  if (h.view.turned) return nudgedTurned(S, h, key, big);
  const sole = Object.keys(h.axes).length < 2 ? Object.keys(h.axes)[0] : null;
  const axis = sole ?? (key === "ArrowLeft" || key === "ArrowRight" ? "x" : "y"), part = h.axes[axis];
  if (h.drag.each) {
    const a = h.view[axis], now = a.of(axis === "x" ? h.x : h.y), step = (a.domain[1] - a.domain[0]) * (big ? 0.1 : 0.02);
    return { edit: { field: h.drag.each, item: h.item, [axis]: now + way * step } };
  }
  const knob = S.knobs[part.knob];
  if (knob.stops) {
    const near = knob.stops.reduce((a, b, n) => (Math.abs(b - knob.value) < Math.abs(knob.stops[a] - knob.value) ? n : a), 0);
    const sign = Math.sign((part.power ?? 1) * (part.times ?? 1));
    return { knobs: { [part.knob]: knob.stops[clamp(near + way * sign, 0, knob.stops.length - 1)] } };
  }
  const now = shownOf(part, knob.value);
  const next = h.mark.mark === "rule" && now > 0
    ? now * (big ? 1.1 : 1.02) ** way
    : now + way * (big ? 0.1 : 0.02) * (h.view[axis].domain[1] - h.view[axis].domain[0]);
  return { knobs: { [part.knob]: knobOf(part, next) } };
}

// A grip: breathes until it is touched once, and says its value.
export function drawHandle(S, h) {
  const { ctx, palette } = S, v = h.view, d = h.drag, ink = palette.role("ink");
  // A small one hides less of a box.
  const r = (h.mark.mark === "rect" ? 6 : 9) + 3 * h.heat;
  if (!Number.isFinite(h.x + h.y)) return;
  const knob = S.knobs[Object.values(h.axes)[0]?.knob];
  // Of many one breathes for all.
  const touched = h.mark.grips ? h.item > 0 || h.mark.grips.some((each) => each.touched) : h.touched;
  if (!touched && !S.calm && S.clock.playing) {
    const p = (S.then / 1800) % 1;
    ctx.beginPath();
    ctx.arc(h.x, h.y, r + 14 * p, 0, 7);
    ctx.strokeStyle = alpha(ink, 0.35 * (1 - p) ** 2);
    ctx.lineWidth = 1.5;
    ctx.stroke();
  }
  if (h.mark.mark !== "dots") gripFace(S, h, r);
  if (h.drag.each) return tellPlace(S, h);
  if (!knob || !d.says) return;
  const part = Object.values(h.axes)[0], flat = h.mark.mark === "rule" && h.axes.y;
  const said = d.says.replace("{value}", say(shownOf(part, knob.value), d.digits)).replace("{knob}", say(knob.value));
  const above = h.y > v.box.y + 34;
  const look = { size: 13, align: flat ? "right" : "center", weight: 600, color: ink, halo: palette.role("paper") };
  write(ctx, said, flat ? h.x - r - 8 : h.x, h.y + (flat ? (above ? -8 : 18) : d.below ? r + 18 : -r - 8), look);
  if (h.said === said || !h.grip) return;
  h.said = said;
  h.grip.setAttribute("aria-valuenow", String(+shownOf(part, knob.value).toPrecision(4)));
  h.grip.setAttribute("aria-valuetext", plain(said));
}

// Where an edited dot stands, read out; ringed while it is meant, and at the rim where it is beyond.
function tellPlace(S, h) {
  S.ctx.beginPath();
  S.ctx.arc(h.x, h.y, 3, 0, 7);
  S.ctx.fillStyle = S.paint(h.mark, 0, h.item);
  S.ctx.fill();
  if (h.heat > 0.01) {
    S.ctx.beginPath();
    S.ctx.arc(h.x, h.y, 9, 0, 7);
    S.ctx.strokeStyle = alpha(S.palette.role("ink"), h.heat);
    S.ctx.lineWidth = 1.75;
    S.ctx.stroke();
  }
  const turned = !!h.view.turned, told = turned ? saidTurned(S, h) : `${say(h.view.x.of(h.x))}, ${say(h.view.y.of(h.y))}`;
  if (turned) tellTurned(S, h);
  if (h.said === told || !h.grip) return;
  h.said = told;
  h.grip.setAttribute("aria-valuenow", String(+(turned ? standsAt(S, h)[0] : h.view.x.of(h.x)).toPrecision(3)));
  h.grip.setAttribute("aria-valuetext", told);
}

// By Page Up and Page Down one goes from dot to dot; the tabulator stops at one of them.
export function nextGrip(S, h, key) {
  const way = { PageDown: 1, PageUp: -1 }[key], all = h.mark.grips;
  if (!way || !all) return false;
  const next = all[(h.item + way + all.length) % all.length];
  h.grip.tabIndex = -1;
  next.grip.tabIndex = 0;
  next.grip.focus();
  S.changed();
  return true;
}

function gripFace(S, h, r) {
  const { ctx, palette } = S, free = Object.keys(h.axes).length > 1, flat = !!h.axes.y;
  for (const [radius, role] of [[r + 2.5, "paper"], [r, "ink"]]) {
    ctx.beginPath();
    ctx.arc(h.x, h.y, radius, 0, 7);
    ctx.fillStyle = palette.role(role);
    ctx.fill();
  }
  ctx.strokeStyle = palette.role("paper");
  ctx.lineWidth = 1.6;
  ctx.lineCap = ctx.lineJoin = "round";
  ctx.beginPath();
  for (const upright of free ? [true, false] : [flat]) {
    for (const s of [-1, 1]) {
      const q = (a, b) => (upright ? [h.x + a, h.y + s * b] : [h.x + s * b, h.y + a]);
      ctx.moveTo(...q(-2.6, free ? 2.6 : 1.8));
      ctx.lineTo(...q(0, free ? 5 : 4.6));
      ctx.lineTo(...q(2.6, free ? 2.6 : 1.8));
    }
  }
  ctx.stroke();
}

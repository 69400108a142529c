// Views: what a scene declares of one, compiled; where it stands; and its still part.
import { Axis } from "./axis.js";
import { channel } from "./channel.js";
import { alpha } from "./color.js";
import { Turned } from "./grids.js";
import { halvesOf } from "./halves.js";
import { MARKS, SETTLE, compiledMark } from "./marks.js";
import { clamp } from "./maths.js";
import { partOf, wordsOf } from "./store.js";
import { say, widthOfWords, write } from "./text.js";

// So many rows a growing curve may be ahead of its still part; fewer where many grow, and boxes.
const TAIL = 24, SHORT_TAIL = 6, MANY = 8;

export function compiledView(stage, spec) {
  const { store } = stage, v = { ...spec, x: new Axis(spec.x, store), y: new Axis(spec.y, store), back: { key: "", upTo: 0 } };
  if (spec.z) {
    v.z = new Axis(spec.z, store);
    v.turned = new Turned(v, spec.turn);
    v.frameless = true;
  }
  for (const axis of [v.x, v.y, v.z].filter((a) => a?.fit)) {
    axis.fit.c = axis.fit.of.map((s) => channel(stage, s));
  }
  if (v.drop) v.drop = { ...v.drop, x: partOf(store, v.drop.x), y: partOf(store, v.drop.y) };
  if (v.pick) {
    const read = (s) => channel(stage, s);
    v.pick = { ...v.pick, clock: v.pick.clock && read(v.pick.clock), near: v.pick.near?.map(read) };
  }
  if (v.cursor) {
    const says = (v.cursor.says ?? []).map((p) => (typeof p === "string" ? p : { ...p, c: channel(stage, p) }));
    v.cursor = { ...v.cursor, says, c: [channel(stage, v.cursor.x), channel(stage, v.cursor.y)] };
  }
  v.fixedWords = [];
  v.marks = spec.marks.map((s) => compiledMark(stage, v, s));
  // Words that are named after what moves stand over it.
  const moving = v.marks.findIndex((m) => m.layer === "front");
  if (moving >= 0) for (const m of v.marks.slice(moving)) if (m.mark === "text" && m.layer === "back") m.layer = "front";
  const growing = v.marks.filter((m) => m.layer === "past");
  v.grows = growing.length > 0;
  v.tail = growing.some((m) => m.items > MANY) ? SHORT_TAIL : TAIL;
  if (growing.some((m) => m.mark === "rect")) {
    v.tail = 1;
    // What stands over boxes that come must not be drawn beneath the next ones.
    for (const m of v.marks.slice(v.marks.indexOf(growing[0]))) if (m.layer === "back") m.layer = "front";
  }
  return v;
}

// Gives each view its place by the plan of the layout, and its canvas beneath.
export function placeViews(S, plan) {
  const sum = (a) => a.reduce((x, y) => x + y, 0), at = (a, i) => sum(a.slice(0, i)) / sum(a);
  const areas = plan.areas.map((row) => row.split(" "));
  for (const v of S.views) {
    const cells = areas.flatMap((r, j) => r.map((name, i) => (name === v.id ? [i, j] : null)).filter(Boolean));
    v.hiddenNow = !cells.length;
    v.back.canvas?.remove();
    v.back = { key: "", upTo: 0 };
    if (v.hiddenNow) continue;
    const [i0, j0] = cells[0], [i1, j1] = cells[cells.length - 1];
    v.outer = {
      x: at(plan.columns, i0) * S.width, x2: at(plan.columns, i1 + 1) * S.width,
      y: at(plan.rows, j0) * S.height, y2: at(plan.rows, j1 + 1) * S.height,
    };
    boxOf(S, v);
    backOf(S, v);
  }
}

function boxOf(S, v) {
  const pad = { l: S.narrow ? 40 : 52, r: 18, t: 42, b: 34, ...(v.pad ?? {}) }, o = v.outer;
  v.box = {
    x: o.x + pad.l, y: o.y + pad.t,
    w: Math.max(40, o.x2 - o.x - pad.l - pad.r), h: Math.max(40, o.y2 - o.y - pad.t - pad.b),
  };
  if (v.square) {
    // One unit is as long both ways.
    const [x, y] = [v.x, v.y].map((a) => a.domain[1] - a.domain[0]);
    const s = Math.min(v.box.w / x, v.box.h / y);
    v.box = { x: v.box.x + (v.box.w - s * x) / 2, y: v.box.y + (v.box.h - s * y) / 2, w: s * x, h: s * y };
  }
  v.x.place(v.box.x, v.box.x + v.box.w);
  v.y.place(v.box.y + v.box.h, v.box.y);
}

function backOf(S, v) {
  const { x, y, x2, y2 } = v.outer, canvas = document.createElement("canvas");
  canvas.className = "under";
  canvas.width = Math.round((x2 - x) * S.ratio);
  canvas.height = Math.round((y2 - y) * S.ratio);
  Object.assign(canvas.style, { left: x + "px", top: y + "px", width: x2 - x + "px", height: y2 - y + "px" });
  S.hold.insertBefore(canvas, S.canvas);
  v.back = { canvas, ctx: canvas.getContext("2d"), key: "", upTo: 0 };
}

export function clipTo(ctx, v) {
  ctx.beginPath();
  const bleed = v.bleed ?? 6, over = v.over ?? 4;
  ctx.rect(v.box.x - bleed, v.box.y - over, v.box.w + 2 * bleed, v.box.h + over + (v.bleed ?? 2));
  ctx.clip();
}

// Whether a mark is to be drawn at all now.
export const shown = (S, m) =>
  !m.broken && !(m.reveal && !S.played) && !(m.wide && S.narrow) && !(m.calm && S.clock.playing);

// Draws one mark; one that fails is left out from then on, with a sentence, and nothing else.
export function drawMark(S, v, m, t, draw = MARKS[m.mark]) {
  try {
    for (const [half, at] of halvesOf(S, v, m, m.whole ? Math.floor(t) : t)) draw(S, v, half, at);
  } catch (error) {
    m.broken = true;
    S.fail(`A part of the picture cannot be drawn: ${error.message}.`);
  }
}

// The part of a view that stays: axes, words, strata, and curves as far as they have settled.
export function drawBack(S, v, t) {
  if ([v.x, v.y, v.z].filter((axis) => axis?.renewed()).length) boxOf(S, v);
  const { back } = v, to = Math.min(Math.floor(t), S.store.last), key = backKey(S, v, t);
  const again = key !== back.key || to < back.upTo, ahead = to - back.upTo;
  if (!again && !(v.grows && (ahead >= v.tail || (!S.clock.playing && ahead > 0)))) return;
  const front = S.ctx, ctx = (S.ctx = back.ctx);
  ctx.setTransform(S.ratio, 0, 0, S.ratio, -v.outer.x * S.ratio, -v.outer.y * S.ratio);
  if (again) {
    ctx.clearRect(v.outer.x, v.outer.y, v.outer.x2 - v.outer.x, v.outer.y2 - v.outer.y);
    drawFrame(S, v);
    v.fixedWords = [];
    S.redrawn = (S.redrawn ?? 0) + 1;
  }
  ctx.save();
  clipTo(ctx, v);
  for (const m of v.marks) {
    if (m.layer === "past" && again) m.upTo = null;
    if (!shown(S, m)) continue;
    if (m.layer === "past") drawMark(S, v, m, to, SETTLE[m.mark]);
    else if (again && (m.layer === "back" || m.layer === "strata")) drawMark(S, v, m, t);
  }
  if (again && S.ghost && v.ghost) drawGhost(S, v);
  ctx.restore();
  S.ctx = front;
  Object.assign(back, { key, upTo: to });
}

function backKey(S, v, t) {
  const ends = [v.x, v.y].flatMap((a) => a.domain.map((d) => d.toPrecision(6)));
  const strata = v.marks.filter((m) => m.layer === "strata").map((m) => Math.floor((t - (m.from ?? 0)) / m.every));
  const whole = v.marks.some((m) => m.when === "all") ? S.store.rows : 0;
  const calm = v.marks.some((m) => m.calm) && S.clock.playing;
  return [S.palette.mode, ...ends, ...strata, whole, calm, S.played, S.store.version, S.ghost?.at].join("/");
}

// After steering, what would have been goes on as a dotted line.
function drawGhost(S, v) {
  const { ctx } = S, [fx, fy] = v.ghost, xs = S.ghost.columns[fx], ys = S.ghost.columns[fy];
  ctx.beginPath();
  for (let i = 0; i < S.ghost.rows; i++) ctx[i ? "lineTo" : "moveTo"](v.x.px(xs[i]), v.y.px(ys[i]));
  ctx.setLineDash([1, 4]);
  ctx.lineCap = "round";
  ctx.strokeStyle = alpha(S.palette.role("muted"), 0.8);
  ctx.lineWidth = 1.5;
  ctx.stroke();
  ctx.setLineDash([]);
}

// Whether points of a view with axes can be edited by hand.
const edits = (S, v) => !v.frameless && S.handles.some((h) => h.view === v && h.drag.each);

// Words of a view's head, in smaller letters where they are wider than its place; returns their width.
function headed(S, v, words, left, head, { size, ...look }) {
  const wide = widthOfWords(S.ctx, words, size, look.weight), room = v.outer.x2 - left - 2;
  return write(S.ctx, words, left, head, { ...look, size: wide > room ? Math.max(8.5, (size * room) / wide) : size });
}

// Title, grid, ticks and the names of the axes.
function drawFrame(S, v) {
  const { ctx, palette } = S, b = v.box, muted = palette.role("muted"), size = S.narrow ? 11 : 11.5;
  const head = v.outer.y + 18, left = v.frameless ? b.x : v.outer.x + 16;
  const end = left + headed(S, v, v.title ?? "", left, head, { size: S.narrow ? 13 : 13.5, weight: 600, color: palette.role("ink") });
  const words = v.drop ? `click to ${v.drop.say}` : v.paint ? `drag to ${v.paint.say}` : edits(S, v) ? "drag a point" : "";
  if (words) {
    const beside = end + 6.5 * words.length < b.x + b.w, named = 5.8 * wordsOf(S.store, v.y.label ?? "").length;
    // Where neither beside the title nor beside the name of the axis there is room, it is left out.
    if (beside || left + named + 6.5 * words.length < b.x + b.w) {
      write(ctx, words, b.x + b.w, beside ? head : head + 16, { size, align: "right", color: muted });
    }
  }
  if (v.frameless) return;
  const ys = v.y.hide ? [] : v.y.marks(), xs = v.x.hide ? [] : v.x.marks();
  const [xName, yName] = [v.x, v.y].map((axis) => wordsOf(S.store, axis.label));
  ctx.strokeStyle = palette.role("grid");
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (const y of ys) {
    const p = Math.round(v.y.px(y)) + 0.5;
    ctx.moveTo(b.x, p);
    ctx.lineTo(b.x + b.w, p);
  }
  ctx.stroke();
  for (const y of ys) {
    // At the very top the name of the axis stands.
    const p = v.y.px(y);
    if (!yName || p > b.y + 9) write(ctx, say(y), b.x - 8, p + 4, { size, align: "right", color: muted });
  }
  ctx.strokeStyle = palette.role("faint");
  ctx.beginPath();
  const floor = Math.round(b.y + b.h) + 0.5;
  ctx.moveTo(b.x, floor);
  ctx.lineTo(b.x + b.w, floor);
  for (const x of xs) {
    const p = Math.round(v.x.px(x)) + 0.5;
    ctx.moveTo(p, floor);
    ctx.lineTo(p, floor + 4);
  }
  ctx.stroke();
  const named = xName ? write(ctx, xName, b.x + b.w, floor + 17, { size, align: "right", color: muted }) : 0;
  for (const x of xs) {
    const p = v.x.px(x), words = v.x.names?.[v.x.at.indexOf(x)] ?? say(x);
    if (p + 4 * words.length < b.x + b.w - named - 6) write(ctx, words, p, floor + 17, { size, align: "center", color: muted });
  }
  if (yName) headed(S, v, yName, v.outer.x + 16, head + 16, { size, color: muted });
}

// The row under the pointer, ringed in every view that can show it.
export function drawCursor(S, v) {
  const row = S.hover?.step;
  if (row == null || !v.cursor || row > S.store.last) return;
  const { ctx } = S, x = v.x.px(v.cursor.c[0].get(row)), y = v.y.px(v.cursor.c[1].get(row));
  if (!Number.isFinite(x + y)) return;
  ctx.strokeStyle = alpha(S.palette.role("ink"), 0.28);
  ctx.lineWidth = 1;
  if (v.cursor.line) {
    ctx.beginPath();
    ctx.moveTo(x, v.box.y);
    ctx.lineTo(x, v.box.y + v.box.h);
    ctx.stroke();
  }
  if (y < v.box.y - 6) return;
  ctx.strokeStyle = S.palette.role("ink");
  ctx.lineWidth = 1.75;
  ctx.beginPath();
  ctx.arc(x, y, 6, 0, 2 * Math.PI);
  ctx.stroke();
  if (S.hover.view !== v || !v.cursor.says.length) return;
  const words = v.cursor.says.map((p) => (typeof p === "string" ? p : say(p.c.get(row), p.digits))).join("");
  const right = x > v.box.x + v.box.w * 0.62;
  write(ctx, words, x + (right ? -12 : 12), clamp(y - 12, v.box.y + 12, v.box.y + v.box.h), {
    size: 12.5, align: right ? "right" : "left", weight: 500,
    color: S.palette.role("ink"), halo: S.palette.role("paper"),
  });
}

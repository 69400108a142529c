// Rules, boxes, arrows, bars, outlines and words.
import { between, rowsOf } from "./channel.js";
import { alpha } from "./color.js";
import { clamp } from "./maths.js";
import { placed } from "./lines.js";
import { say, widthOfWords, write } from "./text.js";

// A straight line across the view at one value; with `drag` it is a handle.
export function rule(S, v, m, t) {
  const { ctx } = S, flat = m.c.y != null, right = v.box.x + v.box.w;
  const p = flat ? v.y.px(between(m.c.y, t, 0, S.store.last)) : v.x.px(between(m.c.x, t, 0, S.store.last));
  if (!Number.isFinite(p)) return;
  const start = m.c.since ? clamp(v.x.px(between(m.c.since, t, 0, S.store.last)), v.box.x, right) : v.box.x;
  ctx.strokeStyle = alpha(S.paint(m, t), m.alpha ?? 1);
  ctx.lineWidth = (m.width ?? 1.5) + 0.8 * (m.handle?.heat ?? 0);
  ctx.setLineDash(m.dash ?? []);
  ctx.lineCap = "butt";
  ctx.beginPath();
  if (flat) {
    ctx.moveTo(start, p);
    ctx.lineTo(right, p);
  } else {
    ctx.moveTo(p, v.box.y);
    ctx.lineTo(p, v.box.y + v.box.h);
  }
  ctx.stroke();
  ctx.setLineDash([]);
}

// The sides of box k on the screen; a side that is not given is the view's.
export function sides(S, v, m, t, k) {
  const get = (c, axis, end) => (c ? axis.px(between(c, t, k, S.store.last)) : end);
  const x = [get(m.c.x, v.x, v.box.x), get(m.c.x2, v.x, v.box.x + v.box.w)];
  const y = [get(m.c.y, v.y, v.box.y), get(m.c.y2, v.y, v.box.y + v.box.h)];
  // Far outside is at the rim: what no one sees is not drawn.
  const rim = (p, lo, size) => clamp(p, lo - 10, lo + size + 10);
  const [l, r] = x.map((p) => rim(p, v.box.x, v.box.w)).sort((a, b) => a - b);
  const [top, bottom] = y.map((p) => rim(p, v.box.y, v.box.h)).sort((a, b) => a - b);
  return { l, r, top, bottom };
}

// Boxes now; with `when: "past"` those of all rows so far, of which the earlier ones have settled.
export function rect(S, v, m, t) {
  if (m.layer === "past") {
    for (const row of rowsOf(m, t, S.store.last, 0, m.upTo ?? 0)) boxes(S, v, m, row);
  } else boxes(S, v, m, t);
}

export function settleRect(S, v, m, to) {
  const rows = rowsOf(m, to, S.store.last, 0, m.upTo ?? 0);
  for (const row of rows) boxes(S, v, m, row);
  if (rows.length) m.upTo = rows[rows.length - 1];
}

function boxes(S, v, m, t) {
  const { ctx } = S;
  for (let k = 0; k < m.items; k++) {
    const { l, r, top, bottom } = sides(S, v, m, t, k);
    if (!Number.isFinite(l + r + top + bottom) || r <= l || bottom <= top) continue;
    const hot = m.handle && m.handle.item === k ? m.handle.heat : 0;
    ctx.fillStyle = alpha(S.paint(m, t, k), Math.min(1, (m.alpha ?? 0.15) + 0.08 * hot));
    ctx.fillRect(l, top, r - l, bottom - top);
    if (!m.width) continue;
    ctx.strokeStyle = m.rim ? S.palette.role(m.rim) : S.paint(m, t, k);
    ctx.lineWidth = m.width + hot;
    ctx.strokeRect(l, top, r - l, bottom - top);
  }
}

// Arrows from (x, y) by (u, v), or to (x2, y2); those of one colour, one after another, are one path.
export function arrow(S, v, m, t) {
  const { ctx } = S, last = S.store.last;
  let color = null, tips = [];
  const drawn = () => {
    ctx.stroke();
    ctx.beginPath();
    for (const [x, y, turn, head] of tips) {
      ctx.moveTo(x, y);
      for (const s of [2.68, -2.68]) ctx.lineTo(x + head * Math.cos(turn + s), y + head * Math.sin(turn + s));
      ctx.closePath();
    }
    ctx.fill();
    tips = [];
  };
  ctx.globalAlpha = m.alpha ?? 1;
  ctx.lineWidth = m.width ?? 2;
  ctx.lineCap = "round";
  for (let k = 0; k < m.items; k++) {
    const at = (c) => between(m.c[c], t, k, last), [x, y] = [at("x"), at("y")];
    const place = (a, b) => (v.turned && m.c.z ? v.turned.place(a, b, at("z")) : [v.x.px(a), v.y.px(b)]);
    const [x0, y0] = place(x, y), [x1, y1] = place(m.c.x2 ? at("x2") : x + at("u"), m.c.y2 ? at("y2") : y + at("v"));
    const length = Math.hypot(x1 - x0, y1 - y0);
    if (!(length > 0.5)) continue;
    const turn = Math.atan2(y1 - y0, x1 - x0), head = Math.min(m.head ?? 9, 0.6 * length), now = S.paint(m, t, k);
    if (now !== color) {
      if (color !== null) drawn();
      ctx.strokeStyle = ctx.fillStyle = color = now;
      ctx.beginPath();
    }
    ctx.moveTo(x0, y0);
    ctx.lineTo(x1 - 0.8 * head * Math.cos(turn), y1 - 0.8 * head * Math.sin(turn));
    if (head) tips.push([x1, y1, turn, head]);
  }
  if (color !== null) drawn();
  ctx.globalAlpha = 1;
}

// Bars from a base, one for each item, with their names beneath where there is room.
export function bars(S, v, m, t) {
  const { ctx } = S, last = S.store.last, wide = m.width ?? 0.7, base = v.y.px(m.base ?? 0);
  for (let k = 0; k < m.items; k++) {
    const x = between(m.c.x, t, k, last), y = v.y.px(between(m.c.y, t, k, last));
    if (!Number.isFinite(x + y)) continue;
    const [a, b] = [v.x.px(x - wide / 2), v.x.px(x + wide / 2)];
    ctx.fillStyle = alpha(S.paint(m, t, k), m.alpha ?? 0.9);
    ctx.beginPath();
    ctx.roundRect(a, Math.min(y, base), b - a, Math.abs(base - y), Math.min(3, (b - a) / 2));
    ctx.fill();
    if (m.names) {
      const look = { size: 11.5, align: "center", color: S.palette.role("muted") };
      write(ctx, m.names[k] ?? "", (a + b) / 2, Math.min(base, v.box.y + v.box.h) - 5, look);
    }
    if (m.digits != null) {
      const up = y <= base ? -6 : 14, look = { size: 12, align: "center", color: S.palette.role("ink") };
      write(ctx, say(between(m.c.y, t, k, last), m.digits), (a + b) / 2, y + up, look);
    }
  }
}

// A polygon or an open path through all items of x and y; a gap begins another one.
export function shape(S, v, m, t) {
  const { ctx } = S;
  let open = false;
  ctx.beginPath();
  for (let k = 0; k < m.items; k++) {
    const [x, y] = placed(S, v, m, t, k);
    if (Number.isFinite(x + y)) ctx[open ? "lineTo" : "moveTo"](x, y);
    else if (open && m.closed !== false) ctx.closePath();
    open = Number.isFinite(x + y);
  }
  if (open && m.closed !== false) ctx.closePath();
  if (m.alpha) {
    ctx.fillStyle = alpha(S.paint(m, t), m.alpha);
    ctx.fill();
  }
  if (m.width) {
    ctx.setLineDash(m.dash ?? []);
    ctx.lineJoin = ctx.lineCap = "round";
    ctx.strokeStyle = S.paint(m, t);
    ctx.lineWidth = m.width;
    ctx.stroke();
    ctx.setLineDash([]);
  }
}

// Pixels beyond a view that are drawn on.
const OUT = 4;
// Where words stand that would else be cut off at an end of their view.
export function within(x, width, align, low, high) {
  const from = x - width * (align === "right" ? 1 : align === "center" ? 0.5 : 0);
  return x + Math.max(low - from, Math.min(0, high - from - width));
}

// How large words are that would be wider than their view: as large as fit, and that can be read.
export const shrunk = (size, width, room) => size * Math.max(0.75, Math.min(1, room / width));

// What letters take above and below their line, in parts of their size.
const UP = 0.74, DOWN = 0.22;
// Where words stand that would else lie over words drawn before them: above or below those, whichever
// is nearer; and on which side that is. The side they had is left for a much nearer one alone.
export function apart(y, size, left, width, before, ends, side = 0) {
  const over = (at) => before.find((b) => left < b.right && b.left < left + width &&
    at - UP * size < b.bottom && b.top < at + DOWN * size);
  const other = over(y);
  if (!other) return [y, 0];
  const far = ([at, to]) => Math.abs(at - y) - (to === side ? size : 0);
  const places = [[other.top - DOWN * size - 1, -1], [other.bottom + UP * size + 1, 1]]
    .filter(([at]) => at >= ends[0] && at <= ends[1] && !over(at)).sort((a, b) => far(a) - far(b));
  return places[0] ?? [y, 0];
}

// Words at a place; {value} in them is the mark's `value`.
export function text(S, v, m, t) {
  const last = S.store.last, many = Array.isArray(m.text);
  const n = Math.max(m.c.x?.size ?? 1, m.c.y?.size ?? 1, many ? m.text.length : 1);
  for (let k = 0; k < n; k++) {
    const x = m.c.x ? v.x.px(between(m.c.x, t, k, last)) : v.box.x + (m.right ? v.box.w : 0);
    const y = m.c.y ? v.y.px(between(m.c.y, t, k, last)) : v.box.y;
    if (!Number.isFinite(x + y)) continue;
    const number = m.c.value ? say(between(m.c.value, t, k, last), m.digits) : "";
    const words = (many ? m.text[k] : m.text).replace("{value}", number);
    const ends = [v.box.y + 10, v.box.y + v.box.h - 4];
    let top = clamp(y + (m.dy ?? 0), ...ends);
    const { x: low, w } = v.box, high = low + w + OUT, put = x + (m.dx ?? 0);
    const size = shrunk(m.size ?? 12, widthOfWords(S.ctx, words, m.size ?? 12, m.weight), w);
    const width = widthOfWords(S.ctx, words, size, m.weight);
    // Words of what is out of sight go with it.
    const left = x < low - OUT || x > high ? put : within(put, width, m.align, low, high);
    // Where those that stay stand is known when those are drawn that move.
    const before = S.ctx === v.back.ctx ? v.fixedWords : v.words;
    if (n === 1 && before) {
      const from = left - width * (m.align === "right" ? 1 : m.align === "center" ? 0.5 : 0);
      [top, m.side] = apart(top, size, from, width, before, ends, m.side);
      before.push({ left: from, right: from + width, top: top - UP * size, bottom: top + DOWN * size });
    }
    write(S.ctx, words, left, top, {
      size, align: m.align, weight: m.weight,
      color: alpha(S.paint(m, t, k), m.alpha ?? 1), halo: m.halo ? S.palette.role("paper") : null,
    });
  }
}

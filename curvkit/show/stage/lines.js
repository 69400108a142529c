// Curves and what lies between two of them.
import { between, rowsOf } from "./channel.js";
import { alpha } from "./color.js";
import { LEAD, toAndFro } from "./halves.js";
import { clamp } from "./maths.js";

// Pieces of fading curves that are shorter are not seen: what has come to rest costs nothing.
const SHORTEST = 0.75;
// Items of which some may be left out.
export const CROWD = 20;

// Where item k of a mark stands on the screen at time t.
export function placed(S, v, m, t, k) {
  const last = S.store.last, { every, from } = m;
  const x = between(m.c.x, t, k, last, every, from), y = between(m.c.y, t, k, last, every, from);
  if (v.turned && m.c.z) return v.turned.place(x, y, between(m.c.z, t, k, last, every, from));
  return [v.x.px(x), v.y.px(y)];
}

// A curve: over its items now (or every so often), or over time, for each item.
export function line(S, v, m, t) {
  const { ctx } = S;
  ctx.lineJoin = ctx.lineCap = "round";
  ctx.setLineDash(m.dash ?? []);
  if (m.overItems) {
    const rows = (m.when ?? "now") === "now" ? [t] : rowsOf(m, t, S.store.last);
    for (const row of rows) overItems(S, v, m, row);
  } else if (m.layer === "past") {
    // What came before is on the canvas beneath.
    const strip = stripOf(m, rowsOf(m, t, S.store.last, 0, m.upTo ?? 0));
    for (let k = 0; k < m.items; k++) overTime(S, v, m, t, strip, k, true);
  } else {
    const rows = rowsOf({ ...m, when: m.when ?? "past" }, t, S.store.last, S.detail.rows(v.box.w));
    if (m.fade && m.items > 1 && !m.c.color && !Array.isArray(m.color)) fading(S, v, m, t, rows);
    else {
      const strip = stripOf(m, rows);
      for (let k = 0; k < m.items; k++) overTime(S, v, m, t, strip, k, m.when !== "all");
    }
  }
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
}

// A settled piece of a curve over time, from where it ended up to row `to`.
export function settleLine(S, v, m, to) {
  const { ctx } = S, anew = m.upTo == null;
  const rows = rowsOf(m, to, S.store.last, anew ? v.box.w : 0, m.upTo ?? 0);
  ctx.lineJoin = "round";
  ctx.lineCap = (m.alpha ?? 1) < 1 ? "butt" : "round"; // or pieces would show where they meet
  ctx.setLineDash(m.dash ?? []);
  const strip = stripOf(m, rows);
  for (let k = 0; k < m.items; k++) overTime(S, v, m, to, strip, k, false);
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
  if (rows.length) m.upTo = rows[rows.length - 1];
}

function overItems(S, v, m, row) {
  const { ctx } = S, { xs, ys, n } = curve(S, v, m, row), color = S.paint(m, row);
  if (n < 2) return;
  ctx.beginPath();
  spline(ctx, xs, ys, n);
  if (m.width !== 0) {
    ctx.globalAlpha = m.alpha ?? 1;
    ctx.strokeStyle = color;
    ctx.lineWidth = m.width ?? 2;
    ctx.stroke();
  }
  if (m.fill) {
    // From under the curve to the bottom, paler and paler.
    const bottom = v.box.y + v.box.h;
    const shade = ctx.createLinearGradient(0, v.box.y + v.box.h * 0.25, 0, bottom);
    shade.addColorStop(0, alpha(color, m.fill[0]));
    shade.addColorStop(1, alpha(color, m.fill[1]));
    ctx.lineTo(xs[n - 1], bottom + 4);
    ctx.lineTo(xs[0], bottom + 4);
    ctx.closePath();
    ctx.globalAlpha = 1;
    ctx.fillStyle = shade;
    ctx.fill();
  }
}

// The items of a curve on the screen, less those far outside: to dash what no one sees is dear.
function curve(S, v, m, row) {
  const n = m.items, b = v.box;
  const xs = (m.xs ??= new Float64Array(n)), ys = (m.ys ??= new Float64Array(n));
  let first = n, last = -1, count = 0;
  for (let k = 0; k < n; k++) {
    const [x, y] = placed(S, v, m, row, k);
    if (!Number.isFinite(x + y)) continue;
    xs[count] = x;
    ys[count] = y;
    if (x > b.x - 20 && x < b.x + b.w + 20 && y > b.y - b.h && y < b.y + 2 * b.h) {
      first = Math.min(first, count);
      last = count;
    }
    count++;
  }
  first = Math.max(0, first - 1);
  last = Math.min(count - 1, last + 1);
  if (last < first) return { xs, ys, n: 0 };
  return { xs: xs.subarray(first, last + 1), ys: ys.subarray(first, last + 1), n: last - first + 1 };
}

// A smooth curve through points: Catmull-Rom, as Béziers.
export function spline(ctx, xs, ys, n) {
  ctx.moveTo(xs[0], ys[0]);
  for (let i = 0; i < n - 1; i++) {
    const p = Math.max(0, i - 1), q = Math.min(n - 1, i + 2);
    ctx.bezierCurveTo(
      xs[i] + (xs[i + 1] - xs[p]) / 6, ys[i] + (ys[i + 1] - ys[p]) / 6,
      xs[i + 1] - (xs[q] - xs[i]) / 6, ys[i + 1] - (ys[q] - ys[i]) / 6,
      xs[i + 1], ys[i + 1],
    );
  }
}

// Rows of a curve over time, with some before the first of them, which is `begun`: they tell whether
// the curve goes to and fro there. One that is declared as a half of its rows goes through them all.
function stripOf(m, shown) {
  const rows = shown.slice(), first = rows[0], stride = rows.length > 1 ? rows[1] - first : 1;
  for (let j = 1; !(m.every > 1) && j <= LEAD && first - j * stride >= 0; j++) rows.unshift(first - j * stride);
  return { rows, begun: rows.length - shown.length };
}

const points = { xs: new Float64Array(0), ys: new Float64Array(0), halved: new Uint8Array(0) };
function pointsOf(S, v, m, t, rows, item, tip) {
  if (points.xs.length < rows.length + 1) {
    points.xs = new Float64Array(2 * rows.length + 2);
    points.ys = new Float64Array(2 * rows.length + 2);
    points.halved = new Uint8Array(2 * rows.length + 2);
  }
  const { xs, ys } = points, last = S.store.last;
  rows.forEach((row, i) => {
    xs[i] = v.x.px(m.c.x.get(row, item));
    ys[i] = v.y.px(m.c.y.get(row, item));
  });
  if (!tip || rows[rows.length - 1] + (m.every ?? 1) > last) return rows.length;
  tipAt(S, v, m, t, rows.length, item, m.every, m.from);
  return rows.length + 1;
}

// Where a curve, or one half of it, has come to between two rows.
function tipAt(S, v, m, t, n, item, every, from) {
  points.xs[n] = v.x.px(between(m.c.x, t, item, S.store.last, every, from));
  points.ys[n] = v.y.px(between(m.c.y, t, item, S.store.last, every, from));
}

// A curve through its rows, and where it goes to and fro through the even and the odd ones.
function overTime(S, v, m, t, { rows, begun }, item, tip) {
  if (!rows.length) return;
  const n = pointsOf(S, v, m, t, rows, item, tip), { xs, ys } = points, count = rows.length;
  const whole = { rows, n, item, step: 1, from: begun };
  if (m.every > 1) return pass(S, m, t, whole, () => true);
  const halved = toAndFro(xs, ys, count, points.halved);
  halved[count] = halved[count - 1];
  pass(S, m, t, whole, (k) => !halved[k]);
  if (!halved.subarray(begun, n).includes(1)) return;
  for (const first of [begun, begun + 1]) {
    // It begins where the curve was before, and ends where the curve goes on.
    const from = Math.max(first % 2, first - 2), end = count - 1 - ((count - 1 - from) % 2);
    if (n > count) tipAt(S, v, m, t, count, item, 2, rows[end] % 2);
    pass(S, m, t, { ...whole, step: 2, from, end }, (k) => k > begun && (halved[k] || halved[k - 1]));
  }
}

// Pieces from point to point, every so many-th of them, where `goes` says so of their ends. Those of
// one colour (and one age, where the curve fades) are one path; a number that is not finite is a gap.
function pass(S, m, t, { rows, n, item, step, from, end = rows.length - 1 }, goes) {
  const { ctx } = S, { xs, ys } = points, reach = m.when?.last ?? t + 1;
  let key = null;
  for (let j = from, k; j < n - 1; j = k) {
    // From the last row it goes on to the tip.
    k = j < end ? j + step : n > rows.length && j < rows.length ? rows.length : n;
    if (k >= n) break;
    if (!goes(k) || !Number.isFinite(xs[j] + ys[j] + xs[k] + ys[k])) {
      if (key !== null) ctx.stroke();
      key = null;
      continue;
    }
    const color = S.paint(m, rows[j], item);
    const age = m.fade ? Math.ceil(8 * (1 - (t - rows[j]) / reach)) / 8 : 1, now = color + age;
    if (now !== key) {
      if (key !== null) ctx.stroke();
      key = now;
      ctx.beginPath();
      ctx.moveTo(xs[j], ys[j]);
      ctx.strokeStyle = color;
      ctx.globalAlpha = (m.alpha ?? 1) * clamp(age, 0.04, 1) ** 1.3;
      ctx.lineWidth = (m.width ?? 2) * (m.fade ? 0.5 + 0.5 * age : 1);
    }
    if (m.smooth) bend(ctx, xs, ys, j, k, j - step, k < end ? k + step : k);
    else ctx.lineTo(xs[k], ys[k]);
  }
  if (key !== null) ctx.stroke();
}

// Of many items one in so many is drawn where frames come too seldom; dots and their trails alike.
export const sparse = (S, m) => (m.items > CROWD && !m.handle ? S.detail.every : 1);

// Fading curves of many items in one colour: what is of one age is one path.
function fading(S, v, m, t, rows) {
  const { ctx } = S, reach = m.when?.last ?? t + 1, ages = new Map();
  for (let k = 0; k < m.items; k += sparse(S, m)) {
    const n = pointsOf(S, v, m, t, rows, k, true), { xs, ys } = points;
    for (let i = 0, j = 0; i < n - 1; i++) {
      if (!Number.isFinite(xs[j] + ys[j])) j = i;
      const far = Math.abs(xs[i + 1] - xs[j]) + Math.abs(ys[i + 1] - ys[j]);
      if (far < SHORTEST) continue; // it goes on from where the last piece ended
      if (Number.isFinite(far)) {
        const age = Math.ceil(5 * (1 - (t - rows[i]) / reach)) / 5;
        if (!ages.has(age)) ages.set(age, []);
        ages.get(age).push(xs[j], ys[j], xs[i + 1], ys[i + 1]);
      }
      j = i + 1;
    }
  }
  ctx.strokeStyle = S.paint(m, t);
  ctx.lineCap = "butt";
  for (const [age, parts] of ages) {
    ctx.beginPath();
    for (let i = 0; i < parts.length; i += 4) {
      ctx.moveTo(parts[i], parts[i + 1]);
      ctx.lineTo(parts[i + 2], parts[i + 3]);
    }
    ctx.globalAlpha = (m.alpha ?? 1) * clamp(age, 0.04, 1) ** 1.3;
    ctx.lineWidth = (m.width ?? 2) * (0.5 + 0.5 * age);
    ctx.stroke();
  }
}

// From point j to point k, between those before and after.
function bend(ctx, xs, ys, j, k, before, after) {
  const good = (i) => i >= 0 && Number.isFinite(xs[i] + ys[i]);
  const p = good(before) ? before : j, q = good(after) ? after : k;
  ctx.bezierCurveTo(
    xs[j] + (xs[k] - xs[p]) / 6, ys[j] + (ys[k] - ys[p]) / 6,
    xs[k] - (xs[q] - xs[j]) / 6, ys[k] - (ys[q] - ys[j]) / 6,
    xs[k], ys[k],
  );
}

// Between two curves over time, or from a curve to an end of the view; over items, between them now.
export function area(S, v, m, t) {
  const { ctx } = S, last = S.store.last;
  const up = v.box.y, down = v.box.y + v.box.h;
  const other = (c, i, k) => (c ? v.y.px(c.get(i, k)) : m.to === "top" ? up : down);
  let xs, near, far;
  if (m.overItems) {
    const each = Array.from({ length: m.items }, (_, k) => k);
    xs = each.map((k) => v.x.px(between(m.c.x, t, k, last)));
    near = each.map((k) => v.y.px(between(m.c.y, t, k, last)));
    far = each.map((k) => (m.c.y2 ? v.y.px(between(m.c.y2, t, k, last)) : other(null)));
  } else {
    const rows = rowsOf({ ...m, when: m.when ?? "past" }, t, last, S.detail.rows(v.box.w));
    if (!rows.length) return;
    xs = rows.map((i) => v.x.px(m.c.x.get(i)));
    near = rows.map((i) => v.y.px(m.c.y.get(i)));
    far = rows.map((i) => other(m.c.y2, i, 0));
    if (m.when !== "all") {
      xs.push(v.x.px(between(m.c.x, Math.min(t, last), 0, last)));
      near.push(near[near.length - 1]);
      far.push(far[far.length - 1]);
    }
    if (m.c.open) {
      const open = v.y.px(m.c.open.get(rows[rows.length - 1]));
      xs.push(xs[xs.length - 1], v.box.x + v.box.w);
      near.push(open, open);
      far.push(far[far.length - 1], far[far.length - 1]);
    }
  }
  ctx.beginPath();
  xs.forEach((x, k) => ctx[k ? "lineTo" : "moveTo"](x, near[k]));
  for (let k = xs.length - 1; k >= 0; k--) ctx.lineTo(xs[k], far[k]);
  ctx.closePath();
  ctx.fillStyle = alpha(S.paint(m, t), m.alpha ?? 0.1);
  ctx.fill();
}

// Points: dots, pictures, and the ball that jumps over a ground.
import { between, rowsOf } from "./channel.js";
import { alpha, fromLab, rgb, toLab } from "./color.js";
import { bothRows, unsteady } from "./halves.js";
import { clamp, mix, smoothstep } from "./maths.js";
import { CROWD, placed, sparse } from "./lines.js";

const TURN = 2 * Math.PI;

// Dots of all items now, or of rows gone by: balls, rings, pictures.
export function dots(S, v, m, t) {
  const { ctx } = S, last = S.store.last;
  const rows = (m.when ?? "now") === "now" ? [t] : rowsOf(m, t, last);
  if (m.items > CROWD && !m.image && !m.ball && !m.fade && !m.handle) return crowd(S, v, m, rows);
  rows.forEach((row, age) => {
    for (let k = 0; k < m.items; k++) {
      const [x, y] = placed(S, v, m, row, k);
      if (!Number.isFinite(x + y)) continue;
      const size = m.c.size ? between(m.c.size, row, k, last) : 4;
      const r = m.share ? m.share * v.box.w : size + 2 * (m.handle?.item === k ? m.handle.heat : 0);
      if (!(r > 0)) continue;
      ctx.globalAlpha = (m.alpha ?? 1) * (m.fade ? ((age + 1) / rows.length) ** 2 : 1);
      const fill = S.paint(m, row, k);
      if (m.image) picture(S, m, k, x, y, r, fill);
      else if (m.ball) ball(S, x, y, r, fill);
      else disc(S, m, x, y, r, fill);
    }
  });
  ctx.globalAlpha = 1;
}

// Many discs: each colour is drawn once, and stamped.
function crowd(S, v, m, rows) {
  const { ctx } = S, last = S.store.last;
  ctx.globalAlpha = m.alpha ?? 1;
  for (const row of rows) {
    for (let k = 0; k < m.items; k += sparse(S, m)) {
      const [x, y] = placed(S, v, m, row, k), r = m.c.size ? between(m.c.size, row, k, last) : 4;
      if (!Number.isFinite(x + y) || !(r > 0)) continue;
      const { made, half } = stamp(S, m, S.paint(m, row, k), r);
      ctx.drawImage(made, x - half, y - half, 2 * half, 2 * half);
    }
  }
  ctx.globalAlpha = 1;
}

const stamps = new Map();
function stamp(S, m, fill, r) {
  const key = [fill, m.ring, m.rim, r.toFixed(1), S.ratio, S.palette.mode].join("/");
  if (!stamps.has(key)) {
    if (stamps.size > 500) stamps.clear();
    const half = r + 3, made = document.createElement("canvas"), front = S.ctx;
    made.width = made.height = Math.ceil(2 * half * S.ratio);
    S.ctx = made.getContext("2d");
    S.ctx.setTransform(S.ratio, 0, 0, S.ratio, 0, 0);
    disc(S, m, half, half, r, fill);
    S.ctx = front;
    stamps.set(key, { made, half });
  }
  return stamps.get(key);
}

function disc(S, m, x, y, r, fill) {
  const { ctx } = S;
  ctx.beginPath();
  ctx.arc(x, y, r, 0, TURN);
  if (m.ring) {
    ctx.strokeStyle = fill;
    ctx.lineWidth = m.ring;
    ctx.stroke();
    return;
  }
  ctx.fillStyle = fill;
  ctx.fill();
  if (!m.rim) return;
  ctx.strokeStyle = S.palette.role(m.rim);
  ctx.lineWidth = 1.2;
  ctx.stroke();
}

const lights = new Map();
export function ball(S, x, y, r, fill) {
  if (!Number.isFinite(x + y) || !(r > 0)) return;
  const { ctx } = S, dark = S.palette.mode === "dark", key = fill + dark;
  if (!lights.has(key)) {
    const [L, a, b] = toLab(fill);
    const colors = [[Math.min(1, L + (dark ? 0 : 0.38)), a, b], [L * (dark ? 0.72 : 1), a, b]];
    lights.set(key, colors.map(fromLab));
  }
  const [lit, body] = lights.get(key);
  const shade = ctx.createRadialGradient(x - r * 0.35, y - r * 0.4, r * 0.1, x, y, r);
  shade.addColorStop(0, lit);
  shade.addColorStop(1, body);
  ctx.beginPath();
  ctx.arc(x, y, r, 0, TURN);
  ctx.fillStyle = shade;
  ctx.fill();
}

// A small grey picture in a round frame, one for each item.
function picture(S, m, k, x, y, r, rim) {
  const { ctx } = S, f = S.store.fields[m.image], [h, w] = f.shape.slice(-2);
  m.pictures ??= {};
  const made = (m.pictures[`${k}/${S.palette.mode}`] ??= painted(S, f, k, w, h));
  ctx.save();
  ctx.beginPath();
  ctx.arc(x, y, r, 0, TURN);
  ctx.fillStyle = S.palette.role("paper");
  ctx.fill();
  ctx.clip();
  ctx.imageSmoothingEnabled = true;
  ctx.drawImage(made, x - r * 0.72, y - r * 0.72, r * 1.44, r * 1.44);
  ctx.restore();
  ctx.beginPath();
  ctx.arc(x, y, r, 0, TURN);
  ctx.strokeStyle = rim;
  ctx.lineWidth = m.ring ?? 1.5;
  ctx.stroke();
}

function painted(S, f, k, w, h) {
  const c = document.createElement("canvas"), g = c.getContext("2d");
  c.width = w;
  c.height = h;
  const image = g.createImageData(w, h), ink = rgb(S.palette.role("ink"));
  for (let i = 0; i < w * h; i++) {
    image.data.set([...ink, 255 * clamp(f.values[k * w * h + i])], 4 * i);
  }
  g.putImageData(image, 0, 0);
  return c;
}

// A hop rests a little at both landings.
const hop = (p) => clamp((p - 0.08) / 0.84);

// Jumps from row to row over a ground: arcs, older ones fading; fast ones blur into both ends.
export function jumps(S, v, m, t) {
  const last = S.store.last, i = Math.min(Math.floor(t), last), r = m.size ?? 9;
  const blur = smoothstep(...(m.blur ?? [13, 34]), S.clock.shownRate);
  // Also the ground may go to and fro: arcs that came fast stand on one that stays.
  const { gx, gy } = m.c, shakes = blur > 0.5 && unsteady(v, { c: { gx, gy } }, i);
  const floor = groundOf(S, v, m, shakes ? bothRows(i)[0] : t);
  const foot = (j) => floor(m.c.x.get(clamp(j, 0, last)));
  // Where the ground is not known any more, what happened there is not drawn.
  const start = m.gxs[0], width = m.gxs[m.gxs.length - 1] - start;
  const known = (j) => Math.abs((m.c.x.get(j) - start) / width - 0.5) < 0.8;
  const arc = (j) => {
    const a = foot(j), b = foot(j + 1);
    // As high as it is wide, but no higher than the ball at its top is seen whole.
    const low = Math.min(a.y, b.y), most = 2 * v.box.y + 3.5 * r - (a.y + b.y) / 2;
    const cy = Math.min(low, Math.max(low - (m.lift ?? 0.55) * Math.abs(b.x - a.x), most));
    return { a, b, cx: (a.x + b.x) / 2, cy };
  };
  if (!Number.isFinite(foot(i).x + foot(i).y)) return;
  S.ctx.lineCap = "round";
  const keep = m.last ?? 24;
  for (let j = Math.max(0, i - keep); j <= i && j < last; j++) {
    const age = (t - j) / keep;
    if (age <= 1 && !(j === i && S.clock.still) && known(j) && known(j + 1)) arched(S, m, arc(j), j, j < i ? 1 : hop(t - i), age, blur);
  }
  S.ctx.globalAlpha = 1;
  if (blur > 0.01) breathing(S, v, m, t, r, blur);
  if (blur < 0.99) thrown(S, v, m, arc(i), floor, r, i >= last || S.clock.still ? 0 : hop(t - i), blur);
  S.ctx.globalAlpha = 1;
}

// The part p of an arc, and the mark where it began.
function arched(S, m, q, j, p, age, blur) {
  if (!(Math.abs(q.b.x - q.a.x) >= 1.5)) return;
  const { ctx } = S, fade = (1 - clamp(age)) ** 1.6;
  const c1 = [mix(q.a.x, q.cx, p), mix(q.a.y, q.cy, p)], c2 = [mix(q.cx, q.b.x, p), mix(q.cy, q.b.y, p)];
  ctx.beginPath();
  ctx.moveTo(q.a.x, q.a.y);
  ctx.quadraticCurveTo(...c1, mix(c1[0], c2[0], p), mix(c1[1], c2[1], p));
  ctx.strokeStyle = alpha(S.paint(m, j), 0.06 + 0.62 * fade * (1 - 0.35 * blur));
  ctx.lineWidth = 1 + 1.4 * fade;
  ctx.stroke();
  ctx.beginPath();
  ctx.arc(q.a.x, q.a.y, 1.2 + 1.6 * fade, 0, TURN);
  ctx.fillStyle = alpha(S.paint(m, j), 0.2 + 0.6 * fade);
  ctx.fill();
}

// Fast: one pale ball at each side, following the even and the odd rows; one where they meet. A
// ball that were drawn as often as frames come would lie.
function breathing(S, v, m, t, r, blur) {
  const { ctx } = S, ink = S.palette.role(m.ball ?? "ink"), last = S.store.last;
  const [x0, x1] = [0, 1].map((from) => between(m.c.x, t, 0, last, 2, from));
  // Each on the ground of its half.
  const [f, g] = [x0, x1].map((x, from) => groundOf(S, v, m, t, 2, from)(x)), middle = groundOf(S, v, m, t)((x0 + x1) / 2);
  const apart = smoothstep(r, 2.4 * r, Math.abs(f.x - g.x));
  for (const [e, share] of [[f, 0.7 * apart], [g, 0.7 * apart], [middle, 1 - apart]]) {
    ctx.globalAlpha = blur * share;
    if (share > 0.01) ball(S, e.x + r * e.nx, e.y + r * e.ny, r, ink);
  }
}

// Slow: one ball on its way, p of it gone, with its shadow.
function thrown(S, v, m, q, floor, r, p, blur) {
  const { ctx } = S, square = (a, c, b) => (1 - p) ** 2 * a + 2 * p * (1 - p) * c + p * p * b;
  const to = p > 0 ? q.b : q.a;
  const x = square(q.a.x + r * q.a.nx, p > 0 ? q.cx : q.a.x, to.x + r * to.nx);
  const y = square(q.a.y + r * q.a.ny, p > 0 ? q.cy - r : q.a.y, to.y + r * to.ny);
  const under = floor(v.x.of(x)), height = clamp((under.y - y - r) / 120);
  ctx.globalAlpha = (1 - blur) * 0.28 * (1 - 0.7 * height);
  ctx.fillStyle = S.palette.role("ink");
  ctx.beginPath();
  ctx.ellipse(under.x, under.y + 1, r * (1 - 0.35 * height), 2.6, Math.atan2(under.nx, -under.ny), 0, TURN);
  ctx.fill();
  ctx.globalAlpha = 1 - blur;
  ball(S, x, y, r, S.palette.role(m.ball ?? "ink"));
}

// The height and the normal of the ground at an x, on the screen.
function groundOf(S, v, m, t, every, from) {
  const n = m.c.gx.size, last = S.store.last;
  const gx = (m.gxs ??= new Float64Array(n)), gy = (m.gys ??= new Float64Array(n));
  for (let k = 0; k < n; k++) {
    gx[k] = between(m.c.gx, t, k, last, every, from);
    gy[k] = between(m.c.gy, t, k, last, every, from);
  }
  const step = gx[1] - gx[0], height = (x) => heightAt(gy, (x - gx[0]) / step);
  return (x) => {
    const e = step * 0.2, px = v.x.px(x), py = v.y.px(height(x));
    const dx = v.x.px(x + e) - v.x.px(x - e), dy = v.y.px(height(x + e)) - v.y.px(height(x - e));
    const length = Math.hypot(dx, dy);
    return { x: px, y: py, nx: dy / length, ny: -dx / length };
  };
}

// The height at place u among samples: cubic between them, as the drawn curve; beyond them the
// parabola through the last three goes on.
export function heightAt(g, u) {
  const n = g.length;
  if (u < 0) return beyond(g[0], g[1], g[2], -u);
  if (u > n - 1) return beyond(g[n - 1], g[n - 2], g[n - 3], u - n + 1);
  const at = (j) => g[clamp(j, 0, n - 1)], k = Math.min(Math.floor(u), n - 2), p = u - k;
  const a = at(k), b = at(k + 1), s0 = (b - at(k - 1)) / 2, s1 = (at(k + 2) - a) / 2;
  return a + p * (s0 + p * (3 * (b - a) - 2 * s0 - s1 + p * (2 * (a - b) + s0 + s1)));
}
function beyond(a, b, c, u) {
  return a - u * (b - a) + ((u * (u + 1)) / 2) * (c - 2 * b + a);
}

// Pendulums, which swing by a clock of their own: from when their angles came, or a hand let go.
import { alpha } from "./color.js";
import { clamp, mix } from "./maths.js";

// Seconds of the way that stay behind a bob.
const TRAIL = 0.6;

const momentsOf = (m) => m.c.angle.size;
// The angle so many seconds on.
export function angleAt(m, seconds) {
  const p = clamp(seconds / m.dt, 0, momentsOf(m) - 1), k = Math.min(Math.floor(p), momentsOf(m) - 2);
  return mix(m.c.angle.get(0, k), m.c.angle.get(0, k + 1), p - k);
}

// All pendulums of a stage go on by `dt` seconds, in step; true while they move.
export function swung(S, dt) {
  const first = S.pendulums[0];
  if (!first) return false;
  const { values } = S.store.fields[first.angle.field ?? first.angle];
  const end = Math.max(...S.pendulums.map((m) => (momentsOf(m) - 1) * m.dt));
  if (S.grabbed || S.swing?.of !== values) S.swing = { at: 0, of: values };
  else if (!S.calm && !S.halted) S.swing.at = Math.min(end, S.swing.at + dt);
  return !S.calm && !S.halted && !S.grabbed && S.swing.at < end;
}

// A rod and a bob; where nothing moves, the whole way.
export function swing(S, v, m, t) {
  const { ctx } = S, at = S.swing?.at ?? 0, color = S.paint(m, t), opaque = m.alpha ?? 1;
  const place = (angle) => [v.x.px(Math.sin(angle)), v.y.px(-Math.cos(angle))];
  const [x, y] = place(angleAt(m, at)), [x0, y0] = [v.x.px(0), v.y.px(0)];
  if (!Number.isFinite(x + y)) return;
  ctx.lineCap = ctx.lineJoin = "round";
  ctx.lineWidth = m.width ?? 3;
  ctx.strokeStyle = alpha(color, 0.3 * opaque);
  ctx.beginPath();
  const [from, to] = S.calm ? [0, momentsOf(m) * m.dt] : [Math.max(0, at - TRAIL), at];
  for (let s = from; s <= to; s += m.dt / 4) ctx[s === from ? "moveTo" : "lineTo"](...place(angleAt(m, s)));
  ctx.stroke();
  ctx.strokeStyle = ctx.fillStyle = alpha(color, opaque);
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x, y);
  ctx.stroke();
  for (const [px, py, r] of [[x0, y0, 3], [x, y, m.size ?? 10]]) {
    ctx.beginPath();
    ctx.arc(px, py, r, 0, 7);
    ctx.fill();
  }
}

// The prediction: the run halts once and waits for a curve drawn by hand, or for a choice; then the
// truth is drawn over it.
import { channel } from "./channel.js";
import { alpha } from "./color.js";
import { clamp, mix } from "./maths.js";
import { spline } from "./lines.js";
import { say, write } from "./text.js";

export const askedHere = (S, v) => !!S.scene.predict.view && v === S.guess.view;

// Halts the run and asks.
export function ask(S) {
  const q = S.scene.predict;
  S.guess = { asking: true, xs: [], ys: [], chosen: null };
  if (q.view) {
    S.guess.view = S.views.find((v) => v.id === q.view);
    S.guess.c = [q.x, q.y].map((c) => channel(S, c));
    S.hold.style.touchAction = "none";
  }
  Object.assign(S.clock, { playing: false, t: q.at ?? 0 });
  S.guess.timer = setTimeout(() => S.guess.asking && S.play(), 1000 * (q.patience ?? 12));
  S.tell(true);
}

export function decided(S) {
  clearTimeout(S.guess.timer);
  Object.assign(S.guess, { asking: false, drawing: false });
  S.hold.style.touchAction = "";
}

export function choose(S, index) {
  S.guess.chosen = index;
  decided(S);
  S.play();
}

// The curve is a function: a point takes the place of all that were drawn to the right of it.
export function sketch(S, p, anew = false) {
  const g = S.guess, b = g.view.box, x = g.view.x.of(clamp(p.x, b.x, b.x + b.w));
  clearTimeout(g.timer);
  g.drawing = true;
  if (anew) g.xs = [];
  if (!g.xs.length) [g.xs, g.ys] = g.c.map((c) => [c.get(S.scene.predict.at)]);
  while (g.xs.length > 1 && g.xs.at(-1) >= x) [g.xs, g.ys].forEach((a) => a.pop());
  if (x <= g.xs.at(-1) || (g.xs.length === 1 && g.view.x.px(x) - g.view.x.px(g.xs[0]) < 12)) return;
  g.xs.push(x);
  g.ys.push(g.view.y.of(clamp(p.y, b.y, b.y + b.h)));
  S.changed();
}

// By keyboard: a straight line whose end goes up and down.
export function tilt(S, way) {
  const g = S.guess;
  if (!g.view) return false;
  const { x, y } = g.view, from = g.end ?? g.c[1].get(S.scene.predict.at);
  g.end = clamp(from + way * 0.04 * (y.domain[1] - y.domain[0]), ...y.domain);
  g.xs = [];
  sketch(S, { x: x.px(x.domain[1]), y: y.px(g.end) });
  g.drawing = false;
  return true;
}

export function drawGuess(S, v) {
  const g = S.guess, { ctx } = S, at = S.scene.predict.at;
  const [x, y] = [v.x.px(g.c[0].get(at)), v.y.px(g.c[1].get(at))];
  if (g.asking && !g.xs.length) {
    const look = { size: 13, weight: 600, color: S.palette.role("ink"), halo: S.palette.role("paper") };
    write(ctx, "draw it from here  →", x + 14, y + 5, look);
  }
  if (g.xs.length < 2) return;
  ctx.beginPath();
  spline(ctx, g.xs.map((e) => v.x.px(e)), g.ys.map((e) => v.y.px(e)), g.xs.length);
  Object.assign(ctx, { strokeStyle: alpha(S.palette.role("d"), 0.75), lineWidth: 4, lineCap: "round", lineJoin: "round" });
  ctx.stroke();
}

// How far the curve was off, on average, over the rows that have been seen of it.
export function off(S, t) {
  const { xs, ys, c } = S.guess;
  let sum = 0, n = 0;
  for (let i = S.scene.predict.at, k = 1; i <= t && i <= S.store.last; i++) {
    const x = c[0].get(i);
    while (k < xs.length - 1 && xs[k] < x) k++;
    if (x > xs.at(-1)) break;
    const error = Math.abs(mix(ys[k - 1], ys[k], (x - xs[k - 1]) / (xs[k] - xs[k - 1])) - c[1].get(i));
    if (Number.isFinite(error)) [sum, n] = [sum + error, n + 1];
  }
  return sum / Math.max(n, 1);
}

// Whether conditions [field, "<" or ">", number] hold at a row.
export function holds(store, conditions, row) {
  return (conditions ?? []).every(([name, op, value]) => {
    const f = store.fields[name], v = f.values[f.time ? clamp(row, 0, store.rows - 1) * f.size : 0];
    return op === ">" ? v > value : v < value;
  });
}

// What is said of the prediction at a time, or nothing.
export function verdict(S, t) {
  const g = S.guess, q = S.scene.predict;
  if (!g || !q) return "";
  if (g.asking) return q.ask;
  const seen = q.until != null ? t >= q.until : S.played;
  if (g.xs.length > 1 && t > q.at && (S.played || g.c[0].get(Math.floor(t)) >= g.xs.at(-1))) {
    return q.verdict.replace("{value}", say(off(S, t)));
  }
  if (!q.choices || g.chosen == null || !seen) return "";
  const right = q.choices.findIndex((each) => holds(S.store, each.when, Math.round(t)));
  if (right < 0) return "";
  const said = (i) => q.choices[i].say;
  return right === g.chosen ? `As you said: ${said(right)}.` : `You said: ${said(g.chosen)}. It was: ${said(right)}.`;
}

// The prediction: the run halts once and waits for a curve drawn by hand, or for a choice; then it is
// held against what the run did.
import { channel } from "./channel.js";
import { alpha } from "./color.js";
import { clamp, mix } from "./maths.js";
import { spline } from "./lines.js";
import { plain, say, write } from "./text.js";

// Seconds for which it is told how a prediction fared; at the end of the run it stays.
const TOLD = 6;

export const askedHere = (S, v) => !!S.scene.predict.view && v === S.guess.view;

// Whether it is time to ask: once, by itself, where someone looks and things may move.
export const askNow = (S) =>
  !!S.scene.predict && S.asks && !S.guess && !S.calm && S.visible !== false && S.clock.playing &&
  S.clock.t >= (S.scene.predict.at ?? 0);

// Halts the run and asks.
export function ask(S) {
  const q = S.scene.predict, at = Math.max(0, Math.min(q.at ?? 0, S.store.last));
  if (S.guess) clearTimeout(S.guess.timer);
  S.guess = { asking: true, xs: [], ys: [], chosen: null, at };
  if (q.view) {
    S.guess.view = S.views.find((v) => v.id === q.view);
    S.guess.c = [q.x, q.y].map((c) => channel(S, c));
  }
  Object.assign(S.clock, { playing: false, t: at });
  S.peek = S.hover = null;
  bide(S);
  S.tell(true);
}

// Asks because someone wants to be asked.
export function askAnew(S) {
  S.played = false;
  ask(S);
  S.guess.wanted = true;
  S.changed();
}

// The run goes on by itself after a while in which it was seen, unless a hand is at an answer.
export function bide(S) {
  const g = S.guess;
  if (!g?.asking) return;
  clearTimeout(g.timer);
  if (S.inView === false) return;
  g.timer = setTimeout(() => {
    if (!g.asking || S.gone) return;
    if (g.wanted || S.askBox.querySelector(":hover, :focus")) bide(S);
    else goOn(S);
  }, 1000 * (S.scene.predict.patience ?? 12));
}

export function decided(S) {
  clearTimeout(S.guess.timer);
  Object.assign(S.guess, { asking: false, drawing: false });
}

export function choose(S, index) {
  S.guess.chosen = index;
  goOn(S);
}

// Plays on; where nothing is to move the end is shown at once.
export function goOn(S) {
  const held = S.askBox.contains(document.activeElement), end = decisive(S);
  decided(S);
  if (held) S.playButton.focus({ preventScroll: true });
  if (!S.calm || end == null) return S.play();
  S.played = true;
  S.seek(end);
}

// By a key: the number of a choice, or Escape for none. Returns whether it was one.
export function answered(S, pressed) {
  if (!S.guess?.asking) return false;
  if (pressed === "Escape") goOn(S);
  else if (S.scene.predict.choices?.[pressed - 1]) choose(S, pressed - 1);
  else return false;
  return true;
}

// Rows that were there are others now. What was foretold was foretold of another run; a question that
// is still open is one of the run as it is now.
export function withdraw(S) {
  if (S.guess?.asking) bide(S);
  else if (S.guess) Object.assign(S.guess, { xs: [], ys: [], chosen: null });
}

// The curve is a function: a point takes the place of all that were drawn to the right of it.
export function sketch(S, p, anew = false) {
  const g = S.guess, b = g.view.box, x = g.view.x.of(clamp(p.x, b.x, b.x + b.w));
  clearTimeout(g.timer);
  g.drawing = true;
  if (anew) g.xs = [];
  if (!g.xs.length) [g.xs, g.ys] = g.c.map((c) => [c.get(g.at)]);
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
  const { x, y } = g.view, from = g.end ?? g.c[1].get(g.at);
  g.end = clamp(from + way * 0.04 * (y.domain[1] - y.domain[0]), ...y.domain);
  g.xs = [];
  sketch(S, { x: x.px(x.domain[1]), y: y.px(g.end) });
  g.drawing = false;
  return true;
}

export function drawGuess(S, v) {
  const g = S.guess, { ctx } = S, at = g.at;
  const [x, y] = [v.x.px(g.c[0].get(at)), v.y.px(g.c[1].get(at))];
  if (g.asking && !g.xs.length) {
    const look = { size: 13, weight: 600, color: S.palette.role("ink"), halo: S.palette.role("paper") };
    write(ctx, "draw it from here  →", x + 32, y + 5, look);
  }
  if (g.xs.length < 2) return;
  ctx.beginPath();
  spline(ctx, g.xs.map((e) => v.x.px(e)), g.ys.map((e) => v.y.px(e)), g.xs.length);
  Object.assign(ctx, { strokeStyle: alpha(S.palette.role("hand"), 0.75), lineWidth: 4, lineCap: "round", lineJoin: "round" });
  ctx.stroke();
}

// How far the curve was off, on average, over the rows up to one.
export function off(S, last) {
  const { xs, ys, c, at } = S.guess;
  let sum = 0, n = 0;
  for (let i = at, k = 1; i <= last; i++) {
    const x = c[0].get(i);
    while (k < xs.length - 1 && xs[k] < x) k++;
    if (x > xs.at(-1)) break;
    const error = Math.abs(mix(ys[k - 1], ys[k], (x - xs[k - 1]) / (xs[k] - xs[k - 1])) - c[1].get(i));
    if (Number.isFinite(error)) [sum, n] = [sum + error, n + 1];
  }
  return n ? sum / n : NaN;
}

// Whether conditions [field, "<" or ">", number] hold at a row.
export function holds(store, conditions, row) {
  return (conditions ?? []).every(([name, op, value]) => {
    const f = store.fields[name], v = f.values[f.time ? clamp(row, 0, store.rows - 1) * f.size : 0];
    return op === ">" ? v > value : v < value;
  });
}

// The row at which a choice is right or wrong: the row `until`, or that at which the run ended or was
// lost; null where that is not known yet.
export function decisive(S) {
  const { store } = S, until = S.scene.predict.until, last = store.last;
  if (until != null && until <= last) return until;
  return !S.open || store.lost <= last ? last : null;
}

// The choice that was right, or -1.
export const rightOf = (S, row) => S.scene.predict.choices.findIndex((each) => holds(S.store, each.when, row));

// What is said of the prediction at a time, or nothing.
export function verdict(S, t) {
  const g = S.guess, q = S.scene.predict;
  if (!g || !q) return "";
  if (g.asking) return q.ask;
  const [row, words] = g.view ? ofCurve(S) : ofChoice(S);
  if (!words || t < row) return "";
  const now = performance.now();
  g.told ??= now;
  return now - g.told < 1000 * TOLD || t >= S.store.last ? words : "";
}

function ofCurve(S) {
  const { xs, c, at } = S.guess, last = S.store.sane, end = decisive(S);
  if (xs.length < 2) return [0, ""];
  let row = at;
  while (row < last && c[0].get(row) < xs.at(-1)) row++;
  if (row <= at || (c[0].get(row) < xs.at(-1) && end == null)) return [0, ""];
  const error = off(S, row);
  return [row, Number.isFinite(error) ? S.scene.predict.verdict.replace("{value}", say(error)) : ""];
}

function ofChoice(S) {
  const { chosen } = S.guess, q = S.scene.predict, row = decisive(S);
  if (chosen == null || row == null) return [0, ""];
  const right = rightOf(S, row), said = (i) => q.choices[i].say;
  if (right < 0) return [0, ""];
  if (right === chosen) return [row, `As you predicted: ${said(right)}.`];
  return [row, `You predicted: ${said(chosen)}. What happened: ${said(right)}.`];
}

// The choices as they are read out, with their keys.
export const readOut = (S) =>
  S.guess?.asking ? (S.scene.predict.choices ?? []).map((each, i) => ` ${i + 1}: ${plain(each.say)}.`).join("") + " Escape: skip." : "";

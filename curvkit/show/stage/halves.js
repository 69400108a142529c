// What oscillates with period two, from row to row. A curve through all of it is a dense band, and
// frames that come as seldom as rows show whichever side they meet: so it is drawn as its even and
// its odd half, and what stands at one row as two pale ones while rows go by fast.
import { smoothstep } from "./maths.js";

// So many rows one after another must have gone to and fro, by more pixels than so many.
const ROWS = 6, LEAST = 2;
// So many points before a curve's first one decide whether it goes to and fro there.
export const LEAD = 4 * ROWS;
// Between these rates, in rows a second, what goes to and fro becomes two.
const FAST = [14, 36];
const PALE = 0.6;

// Whether the last of three numbers is back near the first, away from the second.
const returned = (a, b, c, least = LEAST) => Math.abs(c - b) > least && 2 * Math.abs(c - a) < Math.abs(c - b);

// Whether the last of three lies on the side on which the first one lies, as seen from the second.
const turned = (a, b, c, least = LEAST) => (a - b) * (c - b) > 0 && Math.abs(c - b) > least;

// Of points one after another on the screen: whether the curve goes to and fro up to each. It begins
// to where rows in succession nearly return, and does so until it turns no more.
export function toAndFro(xs, ys, n, into = new Uint8Array(n)) {
  let count = 0, on = false;
  for (let k = 0; k < n; k++) {
    const again = k > 1 && (returned(ys[k - 2], ys[k - 1], ys[k]) || returned(xs[k - 2], xs[k - 1], xs[k]));
    count = again ? count + 1 : 0;
    on = count >= ROWS || (on && (turned(ys[k - 2], ys[k - 1], ys[k]) || turned(xs[k - 2], xs[k - 1], xs[k])));
    into[k] = on ? 1 : 0;
  }
  return into;
}

// Whether a channel goes to and fro up to a row, `place` of its numbers being what counts.
export function alternates(c, row, item, place, least = LEAST) {
  if (!c.time) return false;
  let [z, y] = [place(c.get(row, item)), row > 0 ? place(c.get(row - 1, item)) : NaN];
  for (let i = row - 2, count = 0; i >= Math.max(0, row - LEAD); i--) {
    const x = place(c.get(i, item));
    count = returned(x, y, z, least) ? count + 1 : 0;
    if (count >= ROWS) return true;
    if (!turned(x, y, z, least)) return false;
    [z, y] = [y, x];
  }
  return false;
}

// Some items stand for all.
const probed = (n) => (n < 5 ? Array.from({ length: n }, (_, k) => k) : [0, n >> 2, n >> 1, n - 1]);

// Whether a place or the colour of what a mark shows now goes to and fro.
export function unsteady(v, m, row) {
  for (const [name, c] of Object.entries(m.c)) {
    if (!c.time || c.turns) continue;
    const axis = /^(x2?|u|gx)$/.test(name) ? v.x : /^(y2?|v|gy)$/.test(name) ? v.y : null;
    const [lo, hi] = (name === "color" && m.color.domain) || [];
    const place = axis ? (value) => axis.px(value) : hi > lo ? (value) => (100 * (value - lo)) / (hi - lo) : null;
    if (place && probed(c.size ?? 1).some((k) => alternates(c, row, k, place))) return true;
  }
  return false;
}

const OPAQUE = { rect: 0.15, area: 0.1 };
const pale = (m, share) => Object.assign(Object.create(m), {
  alpha: share * (m.alpha ?? OPAQUE[m.mark] ?? 1), fill: m.fill?.map((each) => share * each),
});

// Whether a mark is of one row alone, that which is shown.
const momentary = (m) => m.layer === "front" && !m.handle && (m.every ?? 1) < 2 && (m.when ?? "now") === "now" &&
  (/^(rule|dots|arrow|text)$/.test(m.mark) || (/^(line|area|rect)$/.test(m.mark) && (m.overItems || m.mark === "rect")));

// The last even row up to a row, and the last odd one.
export const bothRows = (row) => (row % 2 ? [row - 1, row] : [row, row - 1]);
// The share, from 0 to 1, by which what goes to and fro is two, at the pace that is played.
export const blurOf = (S) => smoothstep(...FAST, S.clock.shownRate);

// How a mark is drawn at time t: as it is, or at the last even and the last odd row, each pale; a pair of
// mark and time for each.
export function halvesOf(S, v, m, t) {
  const blur = blurOf(S), row = Math.min(Math.floor(t), S.store.last);
  if (blur < 0.01 || !momentary(m) || !unsteady(v, m, row)) return [[m, t]];
  // Words stand still, at the even one.
  if (m.mark === "text") return [[m, blur > 0.5 ? bothRows(row)[0] : t]];
  const both = bothRows(row).map((each) => [pale(m, PALE * blur), each]);
  return blur > 0.99 ? both : [...both, [pale(m, 1 - blur), t]];
}

// Axes, and the cameras that follow what is shown.
import { clamp, logTicks, mix, roundTicks } from "./maths.js";
import { endsOf } from "./store.js";

// A camera opens quickly and closes slowly, in seconds, and stands still in between: it moves when
// something leaves the picture, or when all that is shown needs less than this share of it.
const OPENING = 0.35, CLOSING = 1.1, LEAST_SHARE = 0.45, SLACK = 0.2;

export class Axis {
  constructor(spec = {}, store = null) {
    Object.assign(this, { label: "", ticks: 4, log: false, ...spec });
    this.ends = typeof spec.domain === "string" ? () => endsOf(store, spec.domain) : null;
    if (spec.fit) this.fit = { ...spec.fit, get least() { return endsOf(store, spec.fit.least); } };
    this.domain = (this.ends?.() ?? spec.domain ?? this.fit?.least ?? [0, 1]).slice();
    this.goal = this.domain.slice();
    this.way = null;
  }
  place(lo, hi) {
    this.lo = lo;
    this.hi = hi;
  }
  u(v) {
    return this.log ? Math.log(v) : v;
  }
  // The place of a value on the screen.
  px(v) {
    const a = this.u(this.domain[0]), b = this.u(this.domain[1]);
    return this.lo + ((this.u(v) - a) / (b - a)) * (this.hi - this.lo);
  }
  // The value at a place on the screen.
  of(p) {
    const [a, b] = this.domain.map((v) => this.u(v));
    const v = a + ((p - this.lo) / (this.hi - this.lo)) * (b - a);
    return this.log ? Math.exp(v) : v;
  }
  marks() {
    const [a, b] = this.domain;
    if (this.at) return this.at.filter((v) => v >= a && v <= b);
    return this.log ? logTicks(a, b) : roundTicks(a, b, this.ticks);
  }
  // Takes the ends that a fixed field gives; returns whether they are others than before.
  renewed() {
    const ends = this.ends?.();
    if (!ends || ends.every((end, k) => end === this.domain[k])) return false;
    this.domain = ends;
    return true;
  }
  // Follows what is shown; returns whether it still moves. `snap` is for the first frame. A move
  // ends for good, so that what is drawn by its axes can stay as it is.
  follow(t, last, dt, snap) {
    if (!this.fit) return false;
    const goal = held(this.goal, wantedDomain(this.fit, this.fit.c, t, last), this.fit, snap);
    if (goal[0] !== this.goal[0] || goal[1] !== this.goal[1]) {
      const opens = goal[0] < this.domain[0] || goal[1] > this.domain[1];
      this.way = { from: this.domain.slice(), p: 0, seconds: opens ? OPENING : CLOSING };
      this.goal = goal;
    }
    if (snap) this.way = null;
    if (!this.way) {
      this.domain = this.goal.slice();
      return false;
    }
    this.way.p = Math.min(1, this.way.p + dt / this.way.seconds);
    const gone = 1 - (1 - this.way.p) ** 3;
    this.domain = this.way.from.map((end, k) => mix(end, this.goal[k], gone));
    if (this.way.p >= 1) this.way = null;
    return true;
  }
}

// The least domain that shows what a camera is `of`, from its own `least` one on. Numbers that are
// not finite count for nothing.
export function wantedDomain(fit, channels, t, last) {
  const { least, room = 1.1, both, around, narrowest = 0, most } = fit;
  const from = fit.last != null ? Math.max(0, Math.floor(t) - fit.last) : 0;
  const to = clamp(Math.ceil(t) + (fit.ahead ?? 0), 0, last);
  let lo = Infinity, hi = -Infinity;
  for (const c of channels) {
    for (let i = c.time ? from : 0; i <= (c.time ? to : 0); i++) {
      for (let k = 0; k < (fit.items ? c.size : 1); k++) {
        const value = c.get(i, k);
        if (!Number.isFinite(value)) continue;
        if (value < lo) lo = value;
        if (value > hi) hi = value;
      }
    }
  }
  if (hi < lo) return least.slice();
  if (around != null) {
    const half = Math.max(((hi - lo) / 2) * (1 + around), narrowest / 2), middle = (hi + lo) / 2;
    return capped([middle - half, middle + half], most);
  }
  if (both) {
    const reach = Math.max(Math.abs(lo), Math.abs(hi)) * room;
    const half = Math.max(reach, Math.abs(least[0]), Math.abs(least[1]));
    return capped([-half, half], most);
  }
  // From zero on there is nothing to leave room for.
  return capped([Math.min(least[0], lo < 0 ? lo * room : lo), Math.max(least[1], hi * room)], most);
}

const capped = ([lo, hi], most) => (most ? [Math.max(lo, most[0]), Math.min(hi, most[1])] : [lo, hi]);

// Where a camera goes: nowhere while all that is wanted is in view and not too small in it.
export function held(goal, wanted, fit, snap) {
  const [a, b] = goal, [lo, hi] = wanted, width = b - a;
  if (snap) return wanted.slice();
  const outside = lo < a - 1e-9 * width || hi > b + 1e-9 * width;
  const small = hi - lo < LEAST_SHARE * width;
  if (!outside && !small) return goal;
  const slack = SLACK * (hi - lo), least = fit.least ?? [Infinity, -Infinity];
  // An end that stands where the camera would never close it is left there.
  const low = lo >= least[0] && !fit.around ? Math.min(lo, least[0]) : lo - slack;
  const high = hi <= least[1] && !fit.around ? Math.max(hi, least[1]) : hi + slack;
  return capped([fit.both ? -Math.max(-low, high) : low, fit.both ? Math.max(-low, high) : high], fit.most);
}

// The clock: plays rows at the pace that the scene declares, slows down at its moments, and waits
// where rows are yet to come.
import { approach, clamp, mix } from "./maths.js";

export const SPEEDS = [0.25, 1, 2, 4];

export class Clock {
  constructor(store, pace = {}) {
    Object.assign(this, { store, t: 0, playing: false, speed: 1, rate: 0, shownRate: 0, slow: 1 });
    this.pace = { rate: 60, ...pace, moments: (pace.moments ?? []).map((m) => ({ ...m })) };
    this.still = true;
  }
  // The pace at a row: that of the slowest moment that holds there.
  wanted(t) {
    let rate = this.pace.rate;
    for (const m of this.pace.moments) if (this.holds(m, t)) rate = Math.min(rate, m.rate);
    return rate;
  }
  holds(m, t) {
    const values = this.store.fields[m.field].values, lead = m.lead ?? 0;
    if (!m.first) {
      const i = clamp(Math.round(t + lead), 0, this.store.rows - 1);
      return i >= (m.after ?? 0) && values[i] >= m.above;
    }
    if (m.found == null || m.found >= this.store.rows) {
      m.found = null;
      for (let i = Math.max(m.after ?? 0, m.looked ?? 0); i < this.store.rows; i++) {
        if (values[i] >= m.above) {
          m.found = i;
          break;
        }
      }
      m.looked = m.found ?? this.store.rows;
    }
    return m.found != null && t >= m.found - lead && t < m.found + m.lasts;
  }
  // Rows from `at` on are others now.
  forget(at) {
    for (const m of this.pace.moments) {
      if ((m.looked ?? 0) > at) m.looked = at;
      if (m.found != null && m.found >= at) m.found = null;
    }
  }
  // Goes on by `dt` seconds; returns whether the end was reached. `open`: rows are still to come.
  tick(dt, open) {
    const last = this.store.last;
    this.still = !this.playing;
    if (!this.playing) {
      this.shownRate = mix(this.shownRate, 0, approach(dt, 0.12));
      return false;
    }
    const want = this.wanted(this.t) * this.speed;
    this.slow = want / (this.pace.rate * this.speed);
    const pull = approach(dt, want < this.rate ? 0.16 : 0.5);
    this.rate = Math.exp(mix(Math.log(Math.max(this.rate, 1)), Math.log(want), pull));
    // Near the end of what has come, go no faster than it comes.
    const waits = open && this.store.lost > last;
    const rate = waits ? Math.min(this.rate, (last - this.t) / 0.18) : this.rate;
    this.shownRate = mix(this.shownRate, rate, approach(dt, 0.1));
    this.t = Math.max(0, Math.min(last, this.t + rate * dt));
    if (this.t < last || waits) return false;
    this.playing = false;
    return true;
  }
}

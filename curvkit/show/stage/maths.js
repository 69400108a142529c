// Small functions of numbers.

export const clamp = (v, lo = 0, hi = 1) => Math.min(hi, Math.max(lo, v));
export const mix = (a, b, p) => a + (b - a) * p;
export const product = (sizes) => sizes.reduce((a, b) => a * b, 1);

// From 0 at `lo` to 1 at `hi`, level at both ends.
export const smoothstep = (lo, hi, v) => {
  const p = clamp((v - lo) / (hi - lo));
  return p * p * (3 - 2 * p);
};

// The share of the way to a goal that is gone in `dt` seconds, with a time constant.
export const approach = (dt, constant) => 1 - Math.exp(-dt / constant);

// Round numbers of which about `count` lie between two ends.
export function roundTicks(low, high, count) {
  if (!(high > low) || !Number.isFinite(high - low)) return [];
  const raw = (high - low) / count;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * magnitude).find((s) => s >= raw * 0.999);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
    ticks.push(k === 0 ? 0 : +(k * step).toPrecision(12));
  }
  return ticks;
}

// Powers of ten between two positive ends; where there are fewer than two, 2 and 5 times as well.
export function logTicks(low, high) {
  const ticks = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) {
    ticks.push(...[1, 2, 5].map((m) => +(m * 10 ** e).toPrecision(12)));
  }
  const inside = ticks.filter((v) => v >= low * 0.9999 && v <= high * 1.0001);
  const decades = inside.filter((v) => Math.abs(Math.log10(v) % 1) < 1e-9);
  return decades.length > 1 ? decades : inside;
}

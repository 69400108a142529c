// The place of a value on a slider, from 0 to 1, and back: evenly on the knob's own scale.
export const shareOf = ({ low, high, linear }, value) =>
  linear ? (value - low) / (high - low) : Math.log(value / low) / Math.log(high / low);

// The ends are met exactly, a step is kept to, and no more digits are sent than can be read.
export function valueAt({ low, high, ends, linear, whole, step }, share) {
  if (share <= 0) return low;
  if (share >= 1) return high;
  const value = linear ? low + share * (high - low) : low * (high / low) ** share;
  const stepped = step && linear ? ends[0] + Math.round((value - ends[0]) / step) * step : value;
  const held = Math.min(Math.max(stepped, low), high);
  return whole ? Math.round(held) : Number(held.toPrecision(4));
}

// The time bar: the story of the run as loudness is drawn, and where one is in it.
import { channel } from "./channel.js";
import { clamp } from "./maths.js";

const HEIGHT = 40;

export function buildTrack(S) {
  const tr = S.track, seek = (e) => {
    const b = tr.getBoundingClientRect();
    S.seek(clamp((e.clientX - b.left) / b.width) * S.span());
  };
  tr.onpointerdown = (e) => {
    tr.setPointerCapture(e.pointerId);
    S.pause();
    seek(e);
    tr.focus();
  };
  tr.onpointermove = (e) => { if (tr.hasPointerCapture(e.pointerId)) seek(e); };
  tr.onpointerup = () => S.tell(true);
}

export function drawTrack(S, t) {
  const { trackContext: c, palette } = S, w = S.trackWidth, span = S.span(), x = (row) => (row / span) * w;
  // Nothing is drawn anew before the knob has moved by half a pixel.
  const key = [Math.round(2 * x(t) * S.ratio), span, w, S.ratio, S.store.rows, S.store.version, S.played,
    S.steers.length, palette.mode].join("/");
  if (key === S.trackKey) return;
  S.trackKey = key;
  c.setTransform(S.ratio, 0, 0, S.ratio, 0, 0);
  c.clearRect(0, 0, w, HEIGHT);
  const middle = HEIGHT / 2;
  for (const [role, wide] of [["grid", w], ["faint", x(S.store.rows - 1)], ...(S.wave ? [] : [["ink", x(t)]])]) {
    c.fillStyle = palette.role(role);
    c.fillRect(0, middle - 1, wide, 2);
  }
  if (S.wave) drawWave(S, t, middle, span, w);
  for (const at of S.steers) {
    c.save();
    c.translate(x(at), middle + 15);
    c.rotate(Math.PI / 4);
    c.fillStyle = palette.role("ink");
    c.fillRect(-3, -3, 6, 6);
    c.restore();
  }
  for (const [radius, role] of [[8.5, "paper"], [6.5, "ink"]]) {
    c.beginPath();
    c.arc(clamp(x(t), 7, w - 7), middle, radius, 0, 7);
    c.fillStyle = palette.role(role);
    c.fill();
  }
}

// What the scene calls its wave, with its channel for the colour.
export function waveOf(S) {
  const wave = S.scene.wave;
  return wave && { ...wave, paint: { color: wave.color, c: wave.color?.field ? { color: channel(S, wave.color) } : {} } };
}

// A bar for every three pixels: the largest of its rows, in the colour of that one.
function drawWave(S, t, middle, span, w) {
  const { trackContext: c } = S, f = S.store.fields[S.wave.field], bars = Math.floor(w / 3);
  const known = S.played || S.open ? S.store.rows - 1 : t;
  for (let k = 0; k < bars; k++) {
    const first = Math.floor((k / bars) * span), end = Math.max(first + 1, Math.floor(((k + 1) / bars) * span));
    if (first > known || first >= S.store.rows) break;
    let top = 0, at = first;
    for (let i = first; i < end && i < S.store.rows; i++) if (f.values[i] > top) top = f.values[(at = i)];
    const tall = clamp(Math.sqrt(top / S.wave.full)) * 15 + 1;
    c.fillStyle = first <= t ? S.paint(S.wave.paint, Math.min(at, S.store.last)) : S.palette.role("faint");
    c.fillRect(k * 3, middle - tall, 2, 2 * tall);
  }
}

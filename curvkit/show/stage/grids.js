// Grids of numbers: in colour, with contours and light, or as a surface that can be turned.
import { between } from "./channel.js";
import { rgb } from "./color.js";
import { clamp, mix, smoothstep } from "./maths.js";
import { endsOf } from "./store.js";

// A grid that changes has a canvas of its own beneath the others, so that frames in which it stays
// cost nothing; one that stays is a part of the still canvas, or a page would join one more a frame.
export function heat(S, v, m, t) {
  const f = S.store.fields[m.grid], [ny, nx] = f.shape.slice(-2);
  const row = f.time ? clamp(Math.round(t), 0, S.store.last) : 0;
  const box = [v.box.x, v.box.y, v.box.w, v.box.h].map((p) => Math.round(p * 10) / 10);
  const key = [row, f.time && !m.cover ? 0 : S.store.version, ...box, S.palette.mode, S.ratio].join("/");
  if (m.kept === key) return stays(S, v, m);
  m.kept = key;
  const z = f.values.subarray(row * nx * ny, (row + 1) * nx * ny);
  // One that changes, or whose cells are to be seen, is painted cell by cell and stretched.
  const image = f.time || m.cells ? celled(S, m, z, nx, ny) : smooth(S, v, m, z, nx, ny);
  if (m.layer === "back") {
    m.image = image;
    return stays(S, v, m);
  }
  image.className = "under";
  Object.assign(image.style, {
    left: v.box.x + "px", top: v.box.y + "px", width: v.box.w + "px", height: v.box.h + "px",
    imageRendering: m.cells ? "pixelated" : "auto", opacity: String(m.alpha ?? 1),
  });
  m.under?.remove();
  S.hold.prepend((m.under = image));
}

// Its dots are those of the still canvas.
function stays(S, v, m) {
  if (m.layer !== "back") return;
  const snap = (p, from) => from + Math.round((p - from) * S.ratio) / S.ratio, { image } = m;
  S.ctx.globalAlpha = m.alpha ?? 1;
  S.ctx.drawImage(image, snap(v.box.x, v.outer.x), snap(v.box.y, v.outer.y), image.width / S.ratio, image.height / S.ratio);
  S.ctx.globalAlpha = 1;
}

function ends(S, m, z) {
  if (m.domain) return endsOf(S.store, m.domain);
  let lo = Infinity, hi = -Infinity;
  for (const each of z) {
    if (!Number.isFinite(each)) continue;
    if (each < lo) lo = each;
    if (each > hi) hi = each;
  }
  return hi > lo ? [lo, hi] : [lo, lo + 1];
}

function canvasOf(w, h) {
  const c = document.createElement("canvas");
  c.width = Math.max(1, w);
  c.height = Math.max(1, h);
  const g = c.getContext("2d");
  return { c, g, image: g.createImageData(c.width, c.height) };
}

function celled(S, m, z, nx, ny) {
  const { c, g, image } = canvasOf(nx, ny), [lo, hi] = ends(S, m, z);
  const table = S.palette.ramp(m.ramp ?? "depth").map(rgb);
  const cover = m.cover && S.store.fields[m.cover].values, solid = rgb(S.palette.role("muted"));
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      const cell = (ny - 1 - j) * nx + i, value = z[cell], o = 4 * (j * nx + i); // rows go up, pixels down
      const p = clamp((value - lo) / (hi - lo)) ** (m.gamma ?? 1) * 63, covered = cover?.[cell] > 0.5;
      const color = covered ? solid : Number.isFinite(value) ? table[Math.round(p)] : [0, 0, 0];
      image.data.set([...color, covered || Number.isFinite(value) ? 255 : 0], o);
    }
  }
  g.putImageData(image, 0, 0);
  return c;
}

// Catmull-Rom along one direction: `n` samples of `z` (at `start`, every `step`) become `m`.
function stretch(z, start, step, n, out, to, every, m) {
  const g = (k) => z[start + step * clamp(k, 0, n - 1)];
  for (let i = 0; i < m; i++) {
    const u = (i / (m - 1)) * (n - 1), k = Math.min(n - 2, Math.floor(u)), p = u - k;
    const [a, b, c, d] = [g(k - 1), g(k), g(k + 1), g(k + 2)];
    out[to + i * every] = b + 0.5 * p * (c - a + p * (2 * a - 5 * b + 4 * c - d + p * (3 * (b - c) + d - a)));
  }
}

// Every pixel by itself: its colour, a contour where a level passes, light from the upper left.
function smooth(S, v, m, z, nx, ny) {
  const w = Math.round(v.box.w * S.ratio), h = Math.round(v.box.h * S.ratio);
  const { c, g, image } = canvasOf(w, h), [lo, hi] = ends(S, m, z);
  const wide = new Float32Array(w * ny), tall = new Float32Array(w * h);
  for (let j = 0; j < ny; j++) stretch(z, j * nx, 1, nx, wide, j * w, 1, w);
  for (let i = 0; i < w; i++) stretch(wide, (ny - 1) * w + i, -w, ny, tall, i, w, h); // rows go up
  for (let o = 0; o < w * h; o++) tall[o] = clamp((tall[o] - lo) / (hi - lo)) ** (m.gamma ?? 1);
  const table = S.palette.ramp(m.ramp ?? "depth").map(rgb), ink = rgb(S.palette.role("ink"));
  const levels = m.levels ?? 0, shade = m.shade ?? 0;
  for (let j = 0; j < h; j++) {
    for (let i = 0; i < w; i++) {
      const o = j * w + i, p = tall[o] * 63, k = Math.min(62, Math.floor(p));
      const dx = tall[o + (i < w - 1 ? 1 : 0)] - tall[o - (i < w - 1 ? 0 : 1)];
      const dy = tall[o + (j < h - 1 ? w : 0)] - tall[o - (j < h - 1 ? 0 : w)];
      let mark = 0;
      if (levels) {
        // Contours without tracing: a pixel darkens where a level lies within its own width.
        const d = Math.hypot(dx, dy) * levels, f = tall[o] * levels;
        const near = clamp(0.5 * S.ratio + 0.5 - Math.abs(f - Math.round(f)) / (d + 1e-6));
        mark = 0.3 * near * smoothstep(0, 0.004 * levels, d);
      }
      const lit = clamp(1 - shade * (dx + dy) * 0.5 * w, 0.72, 1.2);
      for (let a = 0; a < 3; a++) {
        image.data[4 * o + a] = mix(mix(table[k][a], table[k + 1][a], p - k) * lit, ink[a], mark);
      }
      image.data[4 * o + 3] = 255;
    }
  }
  g.putImageData(image, 0, 0);
  return c;
}

// How high a view is that can be turned, as a part of its width.
const FLAT = 0.62;

// A view that can be turned: x, y and z each go from -1 to 1 between the ends of their axes.
export class Turned {
  constructor(view, { azimuth = 0.7, elevation = 0.5, zoom = 0.62 } = {}) {
    Object.assign(this, { view, azimuth, elevation, zoom });
  }
  turn(dx, dy) {
    this.azimuth += dx;
    this.elevation = clamp(this.elevation + dy, 0.05, 1.5);
  }
  lens() {
    const { box } = this.view, [s, k] = [Math.sin(this.azimuth), Math.cos(this.azimuth)];
    return { s, k, f: Math.sin(this.elevation), e: Math.cos(this.elevation), scale: (this.zoom * Math.min(box.w, box.h)) / 1.9 };
  }
  place(x, y, z) {
    const { box } = this.view, unit = (v, [lo, hi]) => (2 * (v - lo)) / (hi - lo) - 1, { s, k, f, e, scale } = this.lens();
    const [a, b, c] = [unit(x, this.view.x.domain), unit(y, this.view.y.domain), unit(z, this.view.z.domain)];
    const across = a * k - b * s, back = a * s + b * k, up = FLAT * c * e + back * f;
    return [box.x + box.w / 2 + across * scale, box.y + box.h / 2 - up * scale, back * e - FLAT * c * f];
  }
  // Where a place goes that is drawn by (mx, my) pixels: along the floor "across" the view, straight
  // "up", or over the "plane" at its own height.
  moved([x, y, z], mx, my, way) {
    const { s, k, f, e, scale } = this.lens(), across = mx / scale, up = -my / scale;
    const half = ({ domain: [lo, hi] }) => (hi - lo) / 2, back = way === "plane" ? up / f : 0;
    if (way === "up") return [x, y, z + (up / (FLAT * e)) * half(this.view.z)];
    return [x + (across * k + back * s) * half(this.view.x), y + (back * k - across * s) * half(this.view.y), z];
  }
}

// Of smooth patches no one sees more dots a pixel.
const FINEST = 1.5;

// A surface of quadrilaterals, the farthest first, on a canvas of its own: drawn when it changes.
export function surface(S, v, m, t) {
  const f = S.store.fields[m.grid], row = f.time ? clamp(Math.round(t), 0, S.store.last) : 0;
  const ratio = Math.min(S.ratio, FINEST);
  const { azimuth, elevation } = v.turned, box = Object.values(v.box).map(Math.round);
  const key = [row, S.store.version, azimuth, elevation, ...box, ...v.z.domain, S.palette.mode, ratio].join("/");
  if (m.kept === key) return;
  m.kept = key;
  if (!m.under?.isConnected || m.under.width !== Math.round(v.box.w * ratio)) {
    m.under?.remove();
    m.under = Object.assign(document.createElement("canvas"), { className: "under" });
    Object.assign(m.under, { width: Math.round(v.box.w * ratio), height: Math.round(v.box.h * ratio) });
    S.hold.prepend(m.under);
  }
  const place = { left: v.box.x + "px", top: v.box.y + "px", width: v.box.w + "px", height: v.box.h + "px" };
  Object.assign(m.under.style, place);
  const ctx = m.under.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, -v.box.x * ratio, -v.box.y * ratio);
  ctx.clearRect(v.box.x, v.box.y, v.box.w, v.box.h);
  patches(S, v, m, ctx, f, row);
}

function patches(S, v, m, ctx, f, row) {
  const [ny, nx] = f.shape.slice(-2), last = S.store.last, z = f.values.subarray(row * nx * ny);
  const [lo, hi] = v.z.domain, table = S.palette.ramp(m.ramp ?? "depth");
  const xs = Array.from({ length: nx }, (_, i) => between(m.c.x, row, i, last));
  const ys = Array.from({ length: ny }, (_, j) => between(m.c.y, row, j, last));
  const places = Array.from({ length: nx * ny }, (_, o) =>
    v.turned.place(xs[o % nx], ys[Math.floor(o / nx)], clamp(z[o], lo, hi)));
  const cells = [];
  for (let j = 0; j < ny - 1; j++) {
    for (let i = 0; i < nx - 1; i++) {
      const o = j * nx + i, corners = [o, o + 1, o + nx + 1, o + nx];
      const high = corners.reduce((sum, c) => sum + z[c], 0) / 4;
      if (!Number.isFinite(high)) continue;
      cells.push({ corners, high, far: corners.reduce((sum, c) => sum + places[c][2], 0) });
    }
  }
  cells.sort((a, b) => b.far - a.far);
  ctx.globalAlpha = m.alpha ?? 1;
  ctx.lineWidth = 0.7;
  ctx.lineJoin = "round";
  for (const { corners, high } of cells) {
    ctx.beginPath();
    corners.forEach((c, k) => ctx[k ? "lineTo" : "moveTo"](places[c][0], places[c][1]));
    ctx.closePath();
    ctx.fillStyle = ctx.strokeStyle = table[Math.round(clamp((high - lo) / (hi - lo)) * 63)];
    ctx.fill();
    ctx.stroke(); // or the paper would shine through between two cells
  }
}

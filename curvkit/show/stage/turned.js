// Handles in a view that can be turned: what a drag in the plane of the screen means in the data.
import { between } from "./channel.js";
import { clamp } from "./maths.js";
import { say, write } from "./text.js";

// So many pixels tell whether a hand goes across or up.
const TELLING = 4, NUDGE = 0.02;

// Where the dot of a handle stands, in the data.
export function standsAt(S, { mark: { c }, item }) {
  return [c.x, c.y, c.z].map((each) => between(each, S.clock.t, item, S.store.last));
}

// What is edited where a dot that stood at `at` is drawn by so many pixels.
function editOf(h, at, mx, my, way) {
  const { x: ax, y: ay, z: az, turned } = h.view, [x, y, z] = turned.moved(at, mx, my, way);
  if (way === "up") return { field: h.drag.up, item: h.item, y: clamp(z, ...az.domain) };
  const free = way === "plane", within = (v, axis) => (free ? v : clamp(v, ...axis.domain));
  return { field: h.drag.each, item: h.item, x: within(x, ax), y: within(y, ay) };
}

// A drag: with `up` its first pixels choose between across and up, and it stays with that; without,
// it goes over the plane at the height of the dot.
export function draggedTurned(grabbed, p) {
  const { h, from, at } = grabbed, mx = p.x - from.x, my = p.y - from.y;
  if (!h.drag.up) grabbed.way = "plane";
  else if (!grabbed.way && Math.hypot(mx, my) >= TELLING) grabbed.way = Math.abs(mx) >= Math.abs(my) ? "across" : "up";
  h.way = grabbed.way;
  return h.way ? { edit: editOf(h, at, mx, my, h.way) } : null;
}

// A key: left and right go across the view, up and down up, or to the back and to the front.
export function nudgedTurned(S, h, key, big) {
  const [mx, my] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [0, 0];
  if (!mx && !my) return null;
  const step = h.view.box.w * NUDGE * (big ? 5 : 1);
  h.way = !h.drag.up ? "plane" : my ? "up" : "across";
  return { edit: editOf(h, standsAt(S, h), mx * step, my * step, h.way) };
}

// Where the dot stands in words, and which of it the hand is changing.
export function saidTurned(S, h) {
  const [x, y, z] = standsAt(S, h).map((v) => say(v, 2));
  if (h.way === "up") return `value ${z}`;
  return h.way ? `at ${x}, ${y}` : `at ${x}, ${y}, value ${z}`;
}

export function tellTurned(S, h) {
  const { ctx, palette } = S, look = { size: 12.5, align: "center", weight: 600, color: palette.role("ink"), halo: palette.role("paper") };
  if (S.grabbed?.h === h) write(ctx, saidTurned(S, h), h.x, Math.max(h.view.box.y + 12, h.y - 16), look);
}

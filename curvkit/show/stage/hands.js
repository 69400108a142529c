// Hands: what the pointer and the keyboard do on the canvas.
import { paintAt, sendStroke, undo } from "./brush.js";
import { chooseItem, nearestItem } from "./choose.js";
import { dragged, handleAt, nextGrip, nudged, shownEdit, take } from "./handles.js";
import { clamp } from "./maths.js";
import { answered, askedHere, goOn, sketch, tilt } from "./predict.js";

export function placeOf(S, e) {
  const b = S.canvas.getBoundingClientRect();
  return { x: ((e.clientX - b.left) * S.width) / b.width, y: ((e.clientY - b.top) * S.height) / b.height };
}

export const viewAt = (S, p) =>
  S.views.find((v) => !v.hiddenNow && p.x >= v.box.x - 4 && p.x <= v.box.x + v.box.w + 4 &&
    p.y >= v.box.y - 4 && p.y <= v.box.y + v.box.h + 4);

// The row that the pointer means in a view: by the clock on its axis, or the nearest that is drawn.
export function rowAt(S, v, p) {
  const last = S.store.last, pick = v.pick;
  if (!pick || last < 0) return null;
  if (pick.clock) {
    const x = v.x.of(p.x);
    let lo = 0, hi = last;
    while (hi - lo > 1) {
      const mid = (lo + hi) >> 1;
      if (pick.clock.get(mid) <= x) lo = mid;
      else hi = mid;
    }
    return Math.abs(pick.clock.get(hi) - x) < Math.abs(x - pick.clock.get(lo)) ? hi : lo;
  }
  const [cx, cy] = pick.near, now = Math.floor(S.clock.t), end = S.played ? last : Math.min(now, last);
  let best = null, least = 26 ** 2;
  for (let i = pick.last ? Math.max(0, now - pick.last) : 0; i <= end; i++) {
    const dx = v.x.px(cx.get(i)) - p.x, dy = cy ? v.y.px(cy.get(i)) - p.y : 0;
    if (dx * dx + dy * dy < least) [least, best] = [dx * dx + dy * dy, i];
  }
  return best;
}

// Sends on what a drag or a key asks for.
function act(S, h, asked, phase) {
  if (!asked) return;
  if (asked.edit) {
    shownEdit(S, h, asked.edit);
    S.edit(asked.edit, phase);
  } else S.turnAll(asked.knobs, phase);
}

// Of several fingers only the first one is a hand; two of them widen the page.
const second = (e) => e?.isPrimary === false;
// So far a finger that taps may slip, in pixels.
const SLIP = 10;

export function move(S, e) {
  if (second(e)) return;
  S.moved = performance.now();
  const p = placeOf(S, e);
  if (S.guess?.drawing) return sketch(S, p);
  if (S.grabbed) return act(S, S.grabbed.h, dragged(S, S.grabbed, p), "move");
  if (S.turning) {
    const { view, from } = S.turning;
    view.turned.turn((p.x - from.x) * 0.01, (p.y - from.y) * 0.01);
    S.turning.from = p;
    view.back.key = "";
    return S.changed();
  }
  if (S.painting) return paintAt(S, S.painting, p);
  if (S.pulling) {
    const row = rowAt(S, S.pulling, p);
    return row != null && S.seek(row);
  }
  S.hot = handleAt(S, p, e.pointerType === "touch") ?? null;
  const v = S.hot ? null : viewAt(S, p), row = v && !S.guess?.asking ? rowAt(S, v, p) : null;
  S.hover = row == null ? null : { view: v, step: Math.min(row, S.played || S.open ? row : Math.floor(S.clock.t)) };
  S.peek = S.hover && !S.clock.playing ? S.hover.step : null;
  S.canvas.style.cursor = cursorOf(S, v, row);
  S.changed();
}

function cursorOf(S, v, row) {
  if (S.hot) {
    const axes = Object.keys(S.hot.axes);
    return axes.length > 1 ? "move" : axes[0] === "y" ? "ns-resize" : "ew-resize";
  }
  if (v?.turned) return "grab";
  if (v?.choose) return "pointer";
  if (v && S.guess?.asking && askedHere(S, v)) return "crosshair";
  if (v?.drop || v?.paint) return "copy";
  return row != null ? "crosshair" : "default";
}

export function down(S, e) {
  S.tap = null;
  if (second(e)) return;
  const p = placeOf(S, e), hold = () => e.currentTarget.setPointerCapture(e.pointerId);
  const v = viewAt(S, p), finger = e.pointerType === "touch";
  if (S.guess?.asking && askedHere(S, v)) {
    hold();
    return sketch(S, p, true);
  }
  const h = handleAt(S, p, finger);
  // Beside its grip a finger that goes up or down scrolls the page, and does not drag a line along.
  const scrolls = finger && e.currentTarget === S.canvas && h && !h.axes.x && h.mark.mark === "rule";
  if (h && !scrolls) {
    hold();
    e.preventDefault();
    S.grabbed = take(S, h, p, finger && e.currentTarget !== S.canvas);
    S.held = h;
    h.touched = true;
    return S.changed();
  }
  if (!v) return;
  if (v.turned) {
    hold();
    S.turning = { view: v, from: p };
    return;
  }
  if (v.paint) {
    hold();
    S.painting = { view: v, cells: new Set(), value: null };
    return paintAt(S, S.painting, p);
  }
  // A finger may be about to scroll the page: what it means is known when it leaves.
  if (finger) return void (S.tap = { v, p });
  if (pressed(S, v, p)) {
    hold();
    S.pulling = v;
    S.peek = null;
  }
}

// What a press in a view means where no handle is; returns whether it leads to a row.
function pressed(S, v, p) {
  if (v.choose) return void chooseItem(S, v, nearestItem(v.choice, v.x.of(p.x)), true);
  if (v.drop) return void S.drop(v, v.x.of(p.x), v.y.of(p.y));
  const row = rowAt(S, v, p);
  if (row != null) S.seek(row);
  return row != null;
}

export function up(S, e, lost = false) {
  if (second(e)) return;
  if (S.tap && !lost) {
    const { v, p } = S.tap, q = placeOf(S, e);
    if (Math.hypot(q.x - p.x, q.y - p.y) < SLIP) pressed(S, v, p);
  }
  S.tap = null;
  if (S.guess?.drawing) goOn(S);
  if (S.grabbed) {
    const { h } = S.grabbed;
    S.grabbed = null;
    const knobs = Object.values(h.axes).map((a) => a.knob).filter(Boolean);
    if (h.edge) knobs.push(h.edge.knob);
    if (h.drag.each) S.edited && S.edit(null, "end");
    else S.turnAll(Object.fromEntries(knobs.map((name) => [name, S.knobs[name].value])), "end");
  }
  if (S.painting) sendStroke(S, S.painting);
  S.pulling = S.turning = S.painting = null;
  S.changed();
}

// Keys on the stage itself: play, step, go to an end.
export function key(S, e) {
  if (S.guess?.asking && /^Arrow(Up|Down)$/.test(e.key) && tilt(S, e.key === "ArrowUp" ? 1 : -1)) return e.preventDefault();
  if (answered(S, e.key) || (S.guess?.asking && e.key === "Enter" && e.target.tagName !== "BUTTON" && goOn(S) == null)) {
    e.preventDefault();
    return e.stopPropagation();
  }
  const tag = e.target.tagName, step = e.shiftKey ? 50 : 1;
  if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "z" && S.strokes && tag !== "INPUT") {
    e.preventDefault();
    e.stopPropagation();
    return undo(S, false);
  }
  if (tag === "SELECT" || tag === "INPUT" || (e.key === " " && tag === "BUTTON")) {
    // What moves a slider is not to go on to JupyterLab, which would fold the headings above.
    if (/^(Arrow|Home|End|Page)/.test(e.key) && !e.ctrlKey && !e.metaKey) e.stopPropagation();
    return;
  }
  const acts = {
    " ": () => S.toggle(),
    ArrowRight: () => S.seek(Math.round(S.clock.t) + step),
    ArrowLeft: () => S.seek(Math.round(S.clock.t) - step),
    Home: () => S.seek(0),
    End: () => {
      S.played = true;
      S.seek(S.store.last);
    },
  };
  if (!acts[e.key]) return;
  e.preventDefault();
  e.stopPropagation();
  acts[e.key]();
}

export function keyOnHandle(S, e, h) {
  const asked = nudged(S, h, e.key, e.shiftKey);
  if (!asked && !nextGrip(S, h, e.key)) return;
  e.preventDefault();
  e.stopPropagation();
  S.held = h;
  h.touched = true;
  if (asked) act(S, h, asked, "end");
}

// Aiming by keyboard: where a view takes drops or paint, or is turned, without a pointer.
import { paintAt, sendStroke } from "./brush.js";
import { clamp } from "./maths.js";
import { element } from "./style.js";

export function buildAims(S) {
  for (const v of S.views) {
    if (v.turned) v.aim = aim(S, v, "turn the surface with the arrow keys", (way) => {
      v.turned.turn(way[0] * 0.08, way[1] * 0.08);
      S.changed();
    });
    if (v.drop) v.aim = aim(S, v, `${v.drop.say}: aim with the arrow keys, then press Enter`, (way) => step(S, v, way),
      () => S.drop(v, v.x.of(v.at.x), v.y.of(v.at.y)));
    if (v.paint) v.aim = aim(S, v, `${v.paint.say}: aim with the arrow keys, then press Enter`, (way) => step(S, v, way), () => {
      const painting = { view: v, cells: new Set(), value: null };
      paintAt(S, painting, v.at);
      sendStroke(S, painting);
    });
  }
}

function aim(S, v, label, moved, pressed) {
  const e = element("div", "aim", S.hold);
  e.tabIndex = 0;
  e.setAttribute("role", pressed ? "button" : "group");
  e.setAttribute("aria-label", label);
  e.onkeydown = (ev) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[ev.key];
    if (!way && !(pressed && (ev.key === "Enter" || ev.key === " "))) return;
    ev.preventDefault();
    ev.stopPropagation();
    v.at ??= { x: v.box.x + v.box.w / 2, y: v.box.y + v.box.h / 2 };
    if (way) moved(way.map((w) => w * (ev.shiftKey ? 5 : 1)));
    else pressed();
  };
  return e;
}

function step(S, v, [dx, dy]) {
  v.at = {
    x: clamp(v.at.x + 8 * dx, v.box.x, v.box.x + v.box.w),
    y: clamp(v.at.y + 8 * dy, v.box.y, v.box.y + v.box.h),
  };
  S.changed();
}

// The frame of what can be aimed in, over its view; the cross is drawn while it has the focus. Over
// its view, too, is what takes a curve that is drawn.
export function placeAims(S) {
  for (const v of S.views) {
    if (v.aim) v.aim.hidden = v.hiddenNow;
    for (const e of [v.aim, v.id === S.scene.predict?.view && S.pad]) {
      const { x, y, w, h } = v.hiddenNow ? { x: 0, y: 0, w: 0, h: 0 } : v.box;
      if (e) Object.assign(e.style, { left: x + "px", top: y + "px", width: w + "px", height: h + "px" });
    }
  }
}

export function drawAim(S, v) {
  if (!v.at || document.activeElement !== v.aim) return;
  const { ctx } = S, { x, y } = v.at;
  ctx.strokeStyle = S.palette.role("ink");
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  for (const [a, b] of [[4, 12], [-4, -12]]) {
    ctx.moveTo(x + a, y);
    ctx.lineTo(x + b, y);
    ctx.moveTo(x, y + a);
    ctx.lineTo(x, y + b);
  }
  ctx.stroke();
}

// Handles in a view that can be turned. Run by `node --test`; pytest does it.
import assert from "node:assert/strict";
import { test } from "node:test";
const at = (name) => import(new URL(`../../../curvkit/show/stage/${name}.js`, import.meta.url));
const close = (a, b, e = 1e-9) => assert.ok(Math.abs(a - b) <= e, `${a} is not ${b}`);

// A view of [-1, 1] by [0, 4] by [-3, 3], 300 by 200 pixels, with one point that has a handle.
async function turnedView(drag) {
  const { Turned } = await at("grids"), { Store } = await at("store"), { channel } = await at("channel"), { handlesOf } = await at("handles");
  const view = { box: { x: 20, y: 10, w: 300, h: 200 }, x: { domain: [-1, 1] }, y: { domain: [0, 4] }, z: { domain: [-3, 3] } };
  view.turned = new Turned(view, { azimuth: 0.75, elevation: 0.55 });
  const one = (v) => ({ values: [v], shape: [1], time: false });
  const store = new Store({ step: { values: [0], shape: [1], time: true }, px: one(0.2), py: one(1), pz: one(-0.5) });
  const S = { store, knobs: {}, clock: { t: 0 }, changed() {} };
  const c = Object.fromEntries(["x", "y", "z"].map((a) => [a, channel(S, `p${a}`)]));
  const mark = { mark: "dots", x: "px", y: "py", z: "pz", c, view, items: 1, drag: { each: "points", x: true, y: true, label: "point", ...drag } };
  const [h] = handlesOf(S, mark);
  [h.x, h.y] = view.turned.place(0.2, 1, -0.5);
  return { S, h, view };
}
const placeOfEdit = (view, { x, y }) => view.turned.place(x, y, -0.5);

test("a place that is drawn by some pixels is seen there: across, up, and over its plane", async () => {
  const { view } = await turnedView(), from = [0.2, 1, -0.5];
  for (const [azimuth, elevation] of [[0.75, 0.55], [-2, 1.4], [4, 0.06]]) {
    Object.assign(view.turned, { azimuth, elevation });
    const [x0, y0] = view.turned.place(...from);
    const seen = (way, mx, my) => view.turned.place(...view.turned.moved(from, mx, my, way)).slice(0, 2);
    for (const [way, mx, my, dx, dy] of [["across", 13, 99, 13, 0], ["up", 99, -7, 0, -7], ["plane", 5, 8, 5, 8]]) {
      const [px, py] = seen(way, mx, my);
      close(px, x0 + dx, 1e-6);
      close(py, y0 + dy, 1e-6);
    }
  }
});

test("the first pixels say whether a point goes across or its value up, and it stays with that", async () => {
  const { take, dragged } = await at("handles"), { saidTurned } = await at("turned");
  const { S, h, view } = await turnedView({ up: "values" });
  const drag = (...moves) => {
    const grabbed = take(S, h, { x: h.x + 2, y: h.y });
    return moves.map(([mx, my]) => dragged(S, grabbed, { x: h.x + 2 + mx, y: h.y + my }));
  };
  assert.equal(saidTurned(S, h), "at 0.20, 1.00, value −0.50");
  const [little, across, still] = drag([1, 2], [20, -3], [20, -40]);
  assert.equal(little, null);
  assert.deepEqual([across.edit.field, across.edit.item], ["points", 0]);
  const [px, py] = placeOfEdit(view, across.edit);
  close(px, h.x + 20, 1e-6);
  close(py, h.y, 1e-6);
  assert.deepEqual(still, across, "it turned from across to up on its way");
  assert.match(saidTurned(S, h), /^at /);
  const [up] = drag([3, -30]);
  assert.deepEqual([up.edit.field, up.edit.x], ["values", undefined]);
  close(view.turned.place(0.2, 1, up.edit.y)[1], h.y - 30, 1e-6);
  assert.match(saidTurned(S, h), /^value /);
  const [far, high] = [drag([9999, 0])[0].edit, drag([0, -9999])[0].edit];
  assert.ok(far.x <= 1 && far.y >= 0 && high.y === 3, "beyond its axes");
});

test("the end of a slope goes over the plane at the height of its point, also beyond the rim", async () => {
  const { take, dragged } = await at("handles"), { S, h, view } = await turnedView({ each: "tips" });
  const grabbed = take(S, h, { x: h.x, y: h.y }), { edit } = dragged(S, grabbed, { x: h.x - 31, y: h.y + 17 });
  assert.equal(edit.field, "tips");
  const [px, py] = placeOfEdit(view, edit);
  close(px, h.x - 31, 1e-6);
  close(py, h.y + 17, 1e-6);
  assert.ok(dragged(S, grabbed, { x: h.x + 999, y: h.y }).edit.x > 1);
});

test("keys do the same, a fiftieth of the view at a time; what is shown at once is taken back", async () => {
  const { nudged, shownEdit, takenBack } = await at("handles"), { S, h, view } = await turnedView({ up: "values" });
  const right = nudged(S, h, "ArrowRight", false).edit, up = nudged(S, h, "ArrowUp", true).edit;
  close(placeOfEdit(view, right)[0], h.x + 6, 1e-6);
  close(view.turned.place(0.2, 1, up.y)[1], h.y - 30, 1e-6);
  assert.equal(nudged(S, h, "x", false), null);
  shownEdit(S, h, up);
  shownEdit(S, h, right);
  const { px, py, pz } = S.store.fields, now = () => [px, py, pz].map((f) => f.values[0]);
  close(now()[2], up.y, 1e-6);
  close(now()[0], right.x, 1e-6);
  takenBack(S);
  assert.deepEqual(now(), [0.2, 1, -0.5].map(Math.fround));
});

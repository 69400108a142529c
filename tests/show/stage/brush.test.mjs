// Cells filled and emptied by hand, and strokes taken back. Run by `node --test`; pytest does it.
import assert from "node:assert/strict";
import { test } from "node:test";
const at = (name) => import(new URL(`../../../curvkit/show/stage/${name}.js`, import.meta.url));

// A stage with a grid of two rows and three columns, 30 by 20 pixels from (100, 50) on.
async function easel() {
  const { Store } = await at("store"), sent = [];
  const store = new Store({ walls: { values: [0, 1, 0, 0, 0, 0], shape: [2, 3], time: false } });
  const view = { id: "world", box: { x: 100, y: 50, w: 30, h: 20 }, paint: { grid: "walls", each: "cells" } };
  const source = { paint: (m) => sent.push(m), undo: (m) => sent.push(m), came: () => 0 };
  return { S: { store, source, changed() {}, refuse() {} }, view, sent, walls: () => [...store.fields.walls.values] };
}
const stroke = (view) => ({ view, cells: new Set(), value: null });

test("a place of the screen is a cell: rows go up, pixels down, and beyond the rim is the rim", async () => {
  const { cellAt } = await at("brush"), { S, view } = await easel();
  const cell = (x, y) => cellAt(S, view, { x, y }).cell;
  assert.deepEqual([cell(101, 69), cell(115, 69), cell(129, 69), cell(101, 51), cell(129, 51)], [0, 1, 2, 3, 5]);
  assert.deepEqual([cell(-999, 999), cell(999, -999)], [0, 5]);
});

test("the first cell says whether a stroke fills or empties, each cell once, and all are sent", async () => {
  const { paintAt, sendStroke } = await at("brush"), { S, view, sent, walls } = await easel();
  const filling = stroke(view);
  for (const x of [101, 102, 115, 129]) paintAt(S, filling, { x, y: 69 });
  assert.deepEqual(walls(), [1, 1, 1, 0, 0, 0]);
  sendStroke(S, filling);
  assert.deepEqual(sent, [{ field: "cells", cells: [0, 1, 2], value: 1 }]);
  const emptying = stroke(view);
  for (const y of [69, 51]) paintAt(S, emptying, { x: 115, y });
  assert.deepEqual([emptying.value, ...walls()], [0, 1, 0, 1, 0, 0, 0]);
});

test("what is refused goes back to where it was, what is answered stays", async () => {
  const { paintAt } = await at("brush"), { taken } = await at("sources"), { S, view, walls } = await easel();
  paintAt(S, stroke(view), { x: 101, y: 69 });
  paintAt(S, stroke(view), { x: 129, y: 51 });
  taken(S, S.source, { kind: "refused", knob: "cells", words: "No." });
  assert.deepEqual(walls(), [0, 1, 0, 0, 0, 0]);
  assert.equal(S.unanswered, null);
  paintAt(S, stroke(view), { x: 101, y: 69 });
  Object.assign(S, { splice() {}, report() {} });
  taken(S, S.source, { kind: "rows", at: 0, count: 1, header: [], anew: true, strokes: 1 }, new Uint8Array());
  assert.deepEqual([walls()[0], S.unanswered, S.strokes], [1, null, 1]);
});

test("as many buttons as there are ways back, and control Z is the first of them", async () => {
  const { stroked, undo } = await at("brush"), { key } = await at("hands"), { S, sent } = await easel();
  S.undoButtons = [{}, {}];
  const hidden = (count) => (stroked(S, count), S.undoButtons.map((b) => b.hidden));
  assert.deepEqual([hidden(0), hidden(1), hidden(2)], [[true, true], [false, true], [false, false]]);
  undo(S, true);
  const event = { key: "z", ctrlKey: true, target: { tagName: "DIV" }, preventDefault() {}, stopPropagation() {} };
  key(S, event);
  key(S, { ...event, target: { tagName: "INPUT" } });
  stroked(S, 0);
  key(S, event);
  assert.deepEqual(sent, [{ all: true }, { all: false }]);
});

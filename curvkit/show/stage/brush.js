// A brush: cells of a grid are filled and emptied by hand; strokes are taken back.
import { clamp } from "./maths.js";
import { element } from "./style.js";

// The cell of a painted grid at a place of the screen: the grid's numbers, and the cell's index.
export function cellAt(S, v, p) {
  const f = S.store.fields[v.paint.grid], [ny, nx] = f.shape.slice(-2);
  const i = clamp(Math.floor(((p.x - v.box.x) / v.box.w) * nx), 0, nx - 1);
  const j = clamp(Math.floor(((v.box.y + v.box.h - p.y) / v.box.h) * ny), 0, ny - 1);
  return { values: f.values, cell: j * nx + i };
}

// A cell under the brush: the first one decides whether cells are filled or emptied. What was there
// is kept until the run has answered.
export function paintAt(S, painting, p) {
  const { grid } = painting.view.paint, { values, cell } = cellAt(S, painting.view, p);
  painting.value ??= values[cell] > 0.5 ? 0 : 1;
  if (painting.cells.has(cell)) return;
  painting.cells.add(cell);
  S.unanswered ??= {};
  S.unanswered[grid] ??= values.slice();
  values[cell] = painting.value;
  S.store.version++;
  S.changed();
}

// A stroke has ended: the run begins anew on it.
export function sendStroke(S, { view, cells, value }) {
  S.source.paint({ field: view.paint.each, cells: [...cells], value }, S);
}

// Takes the last stroke back, or all.
export function undo(S, all) {
  S.source.undo({ all });
}

// The buttons that take strokes back, where there are any.
export function buildUndo(S, bar) {
  S.undoButtons = [["undo", false], ["undo all", true]].map(([textContent, all]) => {
    const title = all ? "Back to the data as they were declared" : "Takes the last edit by hand back";
    const button = element("button", "mode", bar, { type: "button", textContent, title });
    button.onclick = () => undo(S, all);
    return button;
  });
  stroked(S, 0);
}

// So many strokes there are now.
export function stroked(S, count) {
  S.strokes = count;
  S.undoButtons?.forEach((button, all) => (button.hidden = count <= all));
}

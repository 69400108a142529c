// The states of a run that is made in a page: kept sparsely, in bounded memory, gone back to exactly.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const text = readFileSync(new URL("../../../curvkit/browser/run.js", import.meta.url), "utf-8");
const MB = 2 ** 20;

// A run of a program whose state, of so many bytes, grows by its rate at each row.
function running(bytes) {
  const doors = "{ begun, turn, keep, go, stateBytes, MOST_BYTES, get run() { return run; }, set settings(given) { settings = given; } }";
  const R = new Function("CHUNK_MS", `${text}\nreturn ${doors};`)(10);
  const state = [new Float32Array(bytes / 4)], rate = new Float32Array(1);
  const program = {
    state, rows: [], knobs: { rate }, capacity: 64, made: new Int32Array(1), count: new Int32Array(1), ended: new Int32Array(1),
    begin: () => state[0].fill(0), fix() {},
    advance() {
      state[0][0] += program.count[0] * rate[0];
      program.made[0] = program.count[0];
    },
  };
  R.settings = { rate: 1 };
  R.begun(program);
  R.run.first = { rate: 1 };
  const on = (rows) => {
    for (let left = rows; left > 0; left -= 8) {
      R.run.head += R.go(Math.min(8, left));
      R.keep(false);
    }
  };
  return { R, on, value: () => state[0][0] };
}

test("states take no more than there is room for, and those where a knob was turned stay", () => {
  const { R, on } = running(MB);
  on(200);
  R.turn(200, { rate: 3 });
  on(6000);
  assert.ok(R.run.kept.length > 12 && R.stateBytes() <= R.MOST_BYTES, `${R.stateBytes() / MB} MB`);
  assert.equal(R.stateBytes(), R.run.kept.length * MB);
  const places = R.run.kept.map((each) => each.at);
  assert.ok(places.includes(0) && places.includes(200), places.join());
  assert.deepEqual(places.slice(-4), [6176, 6184, 6192, 6200], "the newest stay");
});

test("a row that is gone back to is made again, with the knobs as they stood", () => {
  const { R, on, value } = running(MB);
  on(200);
  R.turn(200, { rate: 3 });
  on(800);
  assert.equal(value(), 200 + 3 * 800);
  R.turn(517, { rate: 0.5 });
  assert.equal(value(), 200 + 3 * 317);
  on(10);
  assert.equal(value(), 200 + 3 * 317 + 5);
  R.turn(93, { rate: 2 });
  assert.equal(value(), 93);
  assert.deepEqual(R.run.turns.map((each) => each.at), [93]);
  assert.ok(R.run.kept.every((each) => each.at <= 93));
});

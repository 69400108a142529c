// What oscillates with period two. Run by `node --test`; pytest does it.
import assert from "node:assert/strict";
import { test } from "node:test";
const { LEAD, alternates, bothRows, halvesOf, toAndFro } = await import(new URL("../../../curvkit/show/stage/halves.js", import.meta.url));
const range = (n) => Array.from({ length: n }, (_, k) => k);
const flags = (ys) => [...toAndFro(range(ys.length), ys, ys.length)];
const field = (values) => ({ time: true, size: 1, get: (i) => values[i] });
const self = (value) => value;

test("a curve goes to and fro where each row is near the last but one", () => {
  const swing = range(40).map((k) => (k % 2 ? 10 : -10) + 0.1 * k);
  const of = flags(swing);
  assert.equal(of[7], 1);
  assert.deepEqual(of.slice(7), of.slice(7).fill(1));
  assert.deepEqual(of.slice(0, 5), [0, 0, 0, 0, 0]); // not after so few
  const still = [...swing, ...range(20).map((k) => 5 + 3 * k)];
  assert.equal(flags(still)[50], 0, "it ends where it turns no more");
});

test("a slope, a long wave, noise and what is less than a pixel do not", () => {
  let seed = 1;
  const noise = range(400).map(() => ((seed = (seed * 16807) % 2147483647) / 2147483647) * 100);
  for (const ys of [range(60), range(60).map((k) => 50 * Math.sin(k / 5)), range(60).map((k) => 0.5 * (-1) ** k)]) {
    assert.ok(!flags(ys).includes(1));
  }
  assert.ok(flags(noise).filter(Boolean).length < 20);
});

test("it goes on while halves move fast, and over rows that are not finite it ends", () => {
  const falling = range(60).map((k) => (k % 2 ? 0 : 400 * 0.8 ** Math.max(0, k / 2 - 10)));
  const of = flags(falling);
  assert.ok(of.slice(8, 50).every((each) => each === 1));
  falling[30] = NaN;
  assert.deepEqual(flags(falling).slice(30, 33), [0, 0, 0]);
});

test("a channel does by the same rule, looking back from a row", () => {
  const swing = range(80).map((k) => (k % 2 ? 10 : -10));
  assert.ok(alternates(field(swing), 40, 0, self));
  assert.ok(!alternates(field(swing), 4, 0, self));
  assert.ok(!alternates(field(swing), 40, 0, self, 25), "it must be more than the least");
  assert.ok(!alternates({ ...field(swing), time: false }, 40, 0, self));
  assert.ok(!alternates(field(range(80)), 40, 0, self));
  assert.ok(LEAD > 8);
});

test("a mark of one row is drawn at the last even and odd one, pale, where rows go by fast", () => {
  const values = range(80).map((k) => (k % 2 ? 10 : -10)), axis = { px: self }, v = { x: axis, y: axis };
  const stage = (rate) => ({ clock: { shownRate: rate }, store: { last: 79 } });
  const rule = { mark: "rule", layer: "front", c: { y: field(values) } };
  assert.deepEqual(halvesOf(stage(2), v, rule, 40.3), [[rule, 40.3]]);
  const two = halvesOf(stage(60), v, rule, 40.3);
  assert.deepEqual(two.map(([, at]) => at), [40, 39]);
  assert.ok(two.every(([m]) => m.alpha > 0.3 && m.alpha < 1 && m.mark === "rule"));
  assert.deepEqual(halvesOf(stage(60), v, rule, 41.3).map(([, at]) => at), [40, 41]);
  assert.equal(halvesOf(stage(25), v, rule, 40.3).length, 3, "in between it is all three");
  const words = { ...rule, mark: "text" };
  assert.deepEqual(halvesOf(stage(60), v, words, 41.3), [[words, 40]]);
  for (const other of [{ handle: {} }, { every: 2 }, { when: "past" }, { layer: "past" }, { c: { y: field(range(80)) } }]) {
    const m = { ...rule, ...other };
    assert.deepEqual(halvesOf(stage(60), v, m, 40.3), [[m, 40.3]]);
  }
  assert.deepEqual([bothRows(7), bothRows(8)], [[6, 7], [8, 7]]);
});

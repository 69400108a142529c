// The parts of the stage that need no page. Run by `node --test`; pytest does it.
import assert from "node:assert/strict";
import { test } from "node:test";
const at = (name) => import(new URL(`../../../curvkit/show/stage/${name}.js`, import.meta.url));
const close = (a, b, e = 1e-9) => assert.ok(Math.abs(a - b) <= e, `${a} is not ${b}`);

test("ticks are round, inside, and about as many as wanted", async () => {
  const { roundTicks, logTicks } = await at("maths");
  assert.deepEqual(roundTicks(0, 27, 4), [0, 10, 20]);
  assert.deepEqual(roundTicks(-0.1, 0.1, 4), [-0.1, -0.05, 0, 0.05, 0.1]);
  assert.deepEqual(roundTicks(1, 1, 4), []);
  assert.deepEqual(roundTicks(0, Infinity, 4), []);
  assert.deepEqual(logTicks(0.5, 2000), [1, 10, 100, 1000]);
  assert.deepEqual(logTicks(1.5, 6), [2, 5]);
});

test("a colour goes to OKLab and back, and a ramp meets its ends", async () => {
  const { toLab, fromLab, Palette, THEMES, RAMPS } = await at("color");
  for (const hex of ["#000000", "#ffffff", "#1f77b8", "#e0531b"]) assert.equal(fromLab(toLab(hex)), hex);
  close(toLab("#ffffff")[0], 1, 1e-6);
  for (const mode of ["light", "dark"]) {
    const palette = new Palette(mode);
    for (const name of Object.keys(RAMPS)) assert.equal(palette.ramp(name).length, 64);
    assert.equal(palette.ramp("edge")[0], THEMES[mode].stable);
    assert.equal(palette.ramp("edge")[63], THEMES[mode].unstable);
    assert.throws(() => palette.ramp("nothing"), /there is no ramp "nothing"/);
  }
  assert.deepEqual(Object.keys(THEMES.light), Object.keys(THEMES.dark));
});

test("words stand where they are put, or as near as they are not cut off", async () => {
  const { within } = await at("shapes");
  assert.equal(within(100, 50, "left", 0, 400), 100);
  assert.equal(within(380, 50, "left", 0, 400), 350);
  assert.equal(within(20, 50, "right", 0, 400), 50);
  assert.equal(within(390, 40, "center", 0, 400), 380);
  // Of what is wider than its view the beginning is seen.
  assert.equal(within(380, 500, "left", 10, 400), 10);
});

test("words that are wider than their view are smaller, and never too small to be read", async () => {
  const { shrunk } = await at("shapes");
  assert.deepEqual([shrunk(12, 90, 112), shrunk(12, 128, 112), shrunk(12, 500, 112)], [12, 10.5, 9]);
});

test("words that would lie over others stand above or below them, and do not change sides for nothing", async () => {
  const { apart } = await at("shapes");
  const before = [{ left: 100, right: 150, top: 90, bottom: 102 }], ends = [10, 200];
  const put = (y, side, left = 90) => apart(y, 10, left, 30, before, ends, side);
  assert.deepEqual(put(120), [120, 0]);
  assert.deepEqual(put(100, 0, 20), [100, 0]);
  const [below, down] = put(102), [above, up] = put(94);
  assert.deepEqual([down, up], [1, -1]);
  assert.ok(below - 7.4 > 102 && below < 112 && above + 2.2 < 90 && above > 85);
  assert.deepEqual([put(98, 1)[1], put(98, -1)[1]], [1, -1]);
  assert.equal(put(90, 1)[1], -1);
  // Where there is no room on one side, they stand on the other.
  assert.equal(apart(94, 10, 90, 30, before, [89, 200])[1], 1);
});

test("a number is on one line with the letter that it is of", async () => {
  const { lettered } = await at("words");
  assert.deepEqual(lettered("so that *ηλ*\u00a0=\u00a0"), ["so that ", "*ηλ*\u00a0=\u00a0"]);
  assert.deepEqual(lettered("*η*\u00a0=\u00a0"), ["", "*η*\u00a0=\u00a0"]);
  assert.deepEqual(lettered(" and loss "), [" and ", "loss "]);
  assert.deepEqual(lettered(", "), [", ", ""]);
  assert.deepEqual(lettered("; after "), ["; ", "after "]);
  assert.deepEqual(lettered("at"), ["at", ""]);
});

test("numbers are written as a person would", async () => {
  const { say, pieces } = await at("text");
  assert.equal(say(NaN), "—");
  assert.equal(say(-0.0004, 2), "0.00");
  assert.equal(say(-1.5, 1), "−1.5");
  assert.equal(say(20.456), "20.5");
  assert.equal(say(0.00001234), "1.2·10⁻⁵");
  assert.equal(say(-3e8), "−3·10⁸");
  assert.equal(say(2.5e7, 1), "2.5·10⁷");
  assert.deepEqual(pieces("at *η* = 2"), [["at ", false], ["η", true], [" = 2", false]]);
});

const trace = async (rows) => {
  const { Store } = await at("store");
  return new Store({
    step: { values: rows.map((_, i) => i), shape: [rows.length], time: true },
    x: { values: rows, shape: [rows.length], time: true },
    pair: { values: rows.flatMap((v) => [v, 2 * v]), shape: [rows.length, 2], time: true },
    fixed: { values: [5, 6, 7], shape: [3], time: false },
  });
};

test("a store is cut and continued, and grows", async () => {
  const s = await trace([0, 1, 2, 3]);
  s.splice(2, 3, { step: Float32Array.of(2, 3, 4), x: Float32Array.of(9, 8, 7), pair: Float32Array.of(9, 18, 8, 16, 7, 14) });
  assert.equal(s.rows, 5);
  assert.deepEqual([...s.fields.x.values.subarray(0, 5)], [0, 1, 9, 8, 7]);
  assert.deepEqual([...s.fields.pair.values.subarray(0, 10)], [0, 0, 1, 2, 9, 18, 8, 16, 7, 14]);
  assert.deepEqual([...s.tail(3).columns.x], [8, 7]);
  assert.equal(s.tail(3).columns.pair, undefined);
});

test("a run is lost where a number is not finite or too large, and found again when it is cut", async () => {
  const s = await trace([0, 1, 1e9, 3, NaN]);
  s.guardBy({ fields: ["x", "pair"], above: 1e5 });
  assert.equal(s.lost, 2);
  assert.equal(s.last, 2);
  s.splice(2, 2, { step: Float32Array.of(2, 3), x: Float32Array.of(2, 2), pair: Float32Array.of(1, 1, 1, 1) });
  assert.equal(s.lost, Infinity);
  assert.equal(s.last, 3);
  s.splice(4, 1, { step: Float32Array.of(4), x: Float32Array.of(Infinity), pair: Float32Array.of(1, 1) });
  assert.equal(s.lost, 4);
});

test("bytes are read as they were written; what is not finite stays so", async () => {
  const { unpack } = await at("store");
  const short = new Uint16Array([0, 65534, 65535, 32767]), exact = new Float32Array([1.5, NaN]);
  const buffer = new Uint8Array(16);
  buffer.set(new Uint8Array(short.buffer), 0);
  buffer.set(new Uint8Array(exact.buffer), 8);
  const fields = unpack([
    { name: "a", shape: [4], offset: 0, dtype: "u2", low: -1, high: 1, time: true },
    { name: "b", shape: [2], offset: 8, dtype: "f4", time: false },
  ], buffer);
  assert.deepEqual([...fields.a.values.subarray(0, 2)], [-1, 1]);
  assert.ok(Number.isNaN(fields.a.values[2]));
  close(fields.a.values[3], 0, 1e-4);
  assert.equal(fields.b.values[0], 1.5);
  assert.ok(Number.isNaN(fields.b.values[1]));
});

test("channels read fields, knobs and spans, and say what is not there", async () => {
  const { channel, between } = await at("channel"), store = await trace([0, 10, 20, 40]);
  const S = { store, knobs: { eta: { value: 0.1 } } };
  const edge = channel(S, { knob: "eta", times: 2, power: -1 });
  close(edge.get(0), 20);
  assert.ok(edge.turns && !edge.time);
  close(channel(S, { field: "x", times: 2, plus: 1 }).get(2), 41);
  close(channel(S, { field: "x", knob: "eta" }).get(2), 2);
  close(channel(S, { span: ["x", "step"], count: 3 }).get(1, 1), 5.5);
  assert.equal(channel(S, "pair").get(3, 1), 80);
  assert.equal(channel(S, "fixed").get(3, 1), 6);
  const x = channel(S, "x");
  close(between(x, 1.5, 0, 3), 15);
  close(between(x, 1, 0, 3, 2, 0), 10);
  close(between(x, 3, 0, 3), 40);
  assert.throws(() => channel(S, "none"), /names the field "none"/);
  assert.throws(() => channel(S, { knob: "none" }), /names the knob "none"/);
});

test("a chosen item is a channel, of nothing while none is chosen", async () => {
  const { channel } = await at("channel"), { nearestItem, saidOfChoice } = await at("choose"), store = await trace([0, 10]);
  store.put("corners", { values: Float32Array.from({ length: 12 }, (_, k) => k), shape: [2, 2, 3], time: true });
  const S = { store, knobs: {}, chosen: {} };
  const pair = channel(S, { field: "pair", times: 2, chosen: "bars" }), corners = channel(S, { field: "corners", chosen: "bars" });
  const fixed = channel(S, { field: "fixed", chosen: "bars" });
  assert.deepEqual([pair.size, corners.size, fixed.size, fixed.time, pair.turns], [1, 3, 1, false, true]);
  for (const c of [pair, corners, fixed]) assert.ok(Number.isNaN(c.get(1, 0)));
  S.chosen.bars = 1;
  assert.equal(pair.get(1), 40);
  assert.equal(pair.get(1, 5), 40);
  assert.deepEqual([0, 1, 2].map((k) => corners.get(1, k)), [9, 10, 11]);
  assert.equal(fixed.get(1), 6);
  const choice = channel(S, "fixed");
  assert.deepEqual([-9, 5.4, 5.6, 99].map((x) => nearestItem(choice, x)), [0, 0, 1, 2]);
  const v = { id: "bars", choose: {}, choice, saysOf: ["{name} leaves ", { c: pair, digits: 1 }] };
  assert.equal(saidOfChoice(S, v, 1), "6 leaves 40.0");
  v.choose.names = ["a", "b", "c"];
  assert.equal(saidOfChoice(S, v, 0), "b leaves 0.0");
  S.chosen.bars = null;
  assert.equal(saidOfChoice(S, v, 1), "");
});

test("between a number and one that is not finite the number stays", async () => {
  const { channel, between } = await at("channel"), store = await trace([1, NaN]);
  assert.equal(between(channel({ store, knobs: {} }, "x"), 0.7, 0, 1), 1);
});

test("rows are thinned by odd strides, so that an oscillation of period two is kept", async () => {
  const { rowsOf } = await at("channel");
  assert.deepEqual(rowsOf({ when: { last: 3 } }, 5.5, 9), [3, 4, 5]);
  assert.deepEqual(rowsOf({ every: 2, from: 1 }, 6, 9), [1, 3, 5]);
  assert.deepEqual(rowsOf({ when: "all" }, 2, 4), [0, 1, 2, 3, 4]);
  assert.deepEqual(rowsOf({}, 6, 9, 0, 4), [4, 5, 6]);
  const thin = rowsOf({}, 999, 999, 200);
  assert.equal((thin[1] - thin[0]) % 2, 1);
  assert.ok(thin.length < 400 && thin.length > 150);
});

test("a camera shows what is wanted, skips what is not finite, and comes to rest", async () => {
  const { Axis, wantedDomain, held } = await at("axis"), { channel } = await at("channel");
  const store = await trace([1, 2, NaN, 50]), c = [channel({ store, knobs: {} }, "x")];
  assert.deepEqual(wantedDomain({ of: [], least: [0, 1], room: 1 }, c, 2, 3), [0, 2]);
  assert.deepEqual(wantedDomain({ of: [], least: [-1, 1], both: true, room: 1 }, c, 1, 3), [-2, 2]);
  assert.deepEqual(wantedDomain({ of: [], least: [0, 1], room: 1, most: [0, 10] }, c, 3, 3), [0, 10]);
  assert.deepEqual(wantedDomain({ of: [], least: [0, 1], last: 0, room: 1 }, [channel({ store, knobs: {} }, "x")], 2, 3), [0, 1]);
  // All is in view and not too small: it stands still.
  assert.deepEqual(held([0, 10], [0, 9], { least: [0, 1] }, false), [0, 10]);
  const axis = new Axis({ fit: { of: ["x"], least: [0, 1], room: 1, c } });
  axis.follow(0, 3, 0, true);
  assert.deepEqual(axis.domain, [0, 1]);
  let moved = 0;
  for (let k = 0; k < 60; k++) moved += axis.follow(3, 3, 1 / 60, false) ? 1 : 0;
  assert.ok(moved > 5 && moved < 40, `it moved in ${moved} frames`);
  assert.ok(axis.domain[1] >= 50);
  assert.equal(axis.follow(3, 3, 1 / 60, false), false);
});

test("an axis goes to the screen and back, also a logarithmic one", async () => {
  const { Axis } = await at("axis");
  for (const log of [false, true]) {
    const axis = new Axis({ domain: [1, 100], log });
    axis.place(40, 240);
    for (const v of [1, 3, 10, 99]) close(axis.of(axis.px(v)), v, 1e-9);
    close(axis.px(log ? 10 : 50.5), 140, 1e-9);
  }
});

test("ends, parts of knobs and words stand in fixed fields, and are read anew", async () => {
  const { Axis } = await at("axis"), { endsOf, partOf, wordsOf } = await at("store"), { channel } = await at("channel");
  const store = await trace([0, 1]), put = (name, ...values) => store.put(name, { values, shape: [values.length], time: false });
  put("ends", 1, 4);
  put("one", 3);
  const axis = new Axis({ domain: "ends" }, store), fit = new Axis({ fit: { of: [], least: "ends" } }, store);
  assert.deepEqual([axis.domain, fit.domain, fit.fit.least], [[1, 4], [1, 4], [1, 4]]);
  assert.equal(axis.renewed(), false);
  const part = partOf(store, { knob: "eta", times: 2, plus: "one" }), S = { store, knobs: { eta: { value: 5 } } };
  const c = channel(S, { knob: "eta", times: 2, plus: "one" });
  assert.deepEqual([part.times, part.plus, c.get(0), c.turns], [2, 3, 13, true]);
  put("ends", 2, 8);
  put("one", 1);
  assert.ok(axis.renewed() && !axis.renewed());
  assert.deepEqual([axis.domain, fit.fit.least, part.plus, c.get(0)], [[2, 8], [2, 8], 1, 11]);
  const words = { field: "one", words: ["none", "one"] };
  assert.deepEqual([wordsOf(store, words), wordsOf(store, "as it is")], ["one", "as it is"]);
  put("ends", NaN, 8);
  assert.deepEqual(endsOf(store, "ends"), [0, 1], "a run that is lost has no ends");
  assert.deepEqual([partOf(store, true), partOf(store, undefined), new Axis({ domain: [0, 9] }).renewed()], [true, undefined, false]);
});

test("the clock slows at a moment, stops where a run is lost, and waits for rows to come", async () => {
  const { Clock } = await at("clock"), store = await trace([0, 0, 0, 9, 9, 0, 0, 0]);
  const clock = new Clock(store, { rate: 60, moments: [{ field: "x", above: 5, first: true, lasts: 2, rate: 6 }] });
  assert.equal(clock.wanted(0), 60);
  assert.equal(clock.wanted(3), 6);
  assert.equal(clock.wanted(6), 60);
  clock.playing = true;
  let ends = 0;
  for (let k = 0; k < 300; k++) ends += clock.tick(1 / 60, false) ? 1 : 0;
  assert.equal(clock.t, 7);
  assert.equal(ends, 1);
  Object.assign(clock, { t: 0, playing: true });
  for (let k = 0; k < 300; k++) assert.equal(clock.tick(1 / 60, true), false);
  assert.ok(clock.playing && clock.t <= 7);
  store.guardBy({ fields: ["x"], above: 5 });
  Object.assign(clock, { t: 0, playing: true });
  for (let k = 0; k < 300; k++) clock.tick(1 / 60, true);
  assert.equal(clock.t, 3);
  assert.equal(clock.playing, false);
});

test("a moment that was found is looked for anew in rows that are other ones now", async () => {
  const { Clock } = await at("clock"), store = await trace([0, 9, 0, 0]);
  const clock = new Clock(store, { moments: [{ field: "x", above: 5, first: true, lasts: 1, rate: 6 }] });
  assert.equal(clock.wanted(1), 6);
  clock.forget(1);
  store.splice(1, 3, { step: Float32Array.of(1, 2, 3), x: Float32Array.of(0, 0, 9), pair: new Float32Array(6) });
  assert.equal(clock.wanted(1), 60);
  assert.equal(clock.wanted(3), 6);
});

test("a ball lands where no floor was sampled: the parabola goes on", async () => {
  const { heightAt } = await at("points"), floor = (x) => 3 * x * x - x + 2;
  const g = Float64Array.from({ length: 9 }, (_, k) => floor(k));
  for (const u of [-4, -0.5, 0, 3.25, 8, 8.5, 13]) close(heightAt(g, u), floor(u), u > 0 && u < 8 ? 0.8 : 1e-9);
  for (let k = 0; k < 8; k++) close(heightAt(g, k), floor(k), 1e-12);
});

test("what a handle shows of a knob goes back to the knob", async () => {
  const { shownOf, knobOf } = await at("handles");
  for (const part of [{}, { times: 2, power: -1 }, { times: 3, plus: 1, power: 2 }]) {
    for (const knob of [0.1, 1, 7]) close(knobOf(part, shownOf(part, knob)), knob, 1e-9);
  }
  assert.ok(Number.isFinite(knobOf({ times: 2, power: -1 }, -3)));
});

test("of many edited dots the nearest is meant; an edit is shown at once, and taken back when refused", async () => {
  const { handleAt, shownEdit, takenBack } = await at("handles"), store = await trace([0, 1]);
  const view = { box: { x: 0, y: 0, w: 100, h: 100 } }, mark = { mark: "dots", x: "fixed", y: "other" };
  const handles = [[10, 10], [18, 10], [90, 90]].map(([x, y], item) => ({ view, mark, item, x, y, drag: { each: "points" }, axes: { x: true, y: true } }));
  store.put("other", { values: [1, 2, 3], shape: [3], time: false });
  const S = { handles, store, changed() {} };
  assert.equal(handleAt(S, { x: 16, y: 10 }).item, 1);
  assert.equal(handleAt(S, { x: 9, y: 12 }).item, 0);
  assert.equal(handleAt(S, { x: 50, y: 50 }), undefined);
  const version = store.version;
  shownEdit(S, handles[1], { item: 1, x: 50 });
  shownEdit(S, handles[1], { item: 1, x: 51, y: 0 });
  assert.deepEqual([...store.fields.fixed.values], [5, 51, 7]);
  assert.deepEqual([...store.fields.other.values], [1, 0, 3]);
  assert.ok(store.version > version);
  takenBack(S);
  assert.deepEqual([...store.fields.fixed.values, ...store.fields.other.values], [5, 6, 7, 1, 2, 3]);
  assert.equal(S.unanswered, null);
});

test("a box goes by arrows, and its rim by plus and minus", async () => {
  const { nudged } = await at("handles");
  const S = { knobs: { a: { value: 1 }, s: { value: 0.5 } } };
  const view = { x: { domain: [0, 10] }, y: { domain: [0, 1] } };
  const h = { view, mark: { mark: "rect" }, drag: {}, axes: { x: { knob: "a" }, y: { knob: "a" } }, edge: { knob: "s" } };
  close(nudged(S, h, "+").knobs.s, 0.55);
  close(nudged(S, h, "-").knobs.s, 0.5 / 1.1);
  close(nudged(S, h, "ArrowRight", false).knobs.a, 1.2);
  close(nudged(S, h, "ArrowDown", true).knobs.a, 0.9);
  assert.equal(nudged(S, { ...h, edge: undefined }, "+"), null);
  assert.equal(nudged(S, h, "x"), null);
});

test("a small box is taken whole in its middle and by a finger, and at its rim else", async () => {
  const { take } = await at("handles");
  const constant = (value) => ({ get: () => value, size: 1, time: false });
  const plain = { px: (value) => value };
  const S = { store: { last: 0 }, clock: { t: 0 } };
  const view = { x: plain, y: plain, box: { x: 0, y: 0, w: 200, h: 200 } };
  const box = (half) => ({
    view, x: 100, y: 100, item: 0, edge: { knob: "s" },
    mark: { mark: "rect", c: { x: constant(100 - half), x2: constant(100 + half), y: constant(100 - half), y2: constant(100 + half) } },
  });
  const part = (half, dx, finger) => take(S, box(half), { x: 100 + dx, y: 100 }, finger).part;
  assert.deepEqual([0, 2, 7, 9].map((dx) => part(8, dx)), ["whole", "whole", "edge", "edge"]);
  assert.deepEqual([0, 30, 45, 52].map((dx) => part(50, dx)), ["whole", "whole", "edge", "edge"]);
  assert.deepEqual([0, 7, 9].map((dx) => part(8, dx, true)), ["whole", "whole", "whole"]);
});

test("continuations offer what one of them has for all knobs of a drop", async () => {
  const { storedSource } = await at("sources");
  const source = storedSource([{ knobs: { a: 1, b: 2 } }, { knobs: { c: 1 } }]);
  assert.ok(source.offers(["a", "b"]) && source.offers(["c"]));
  assert.ok(!source.offers(["a", "c"]) && !source.offers(["d"]));
});

test("a pendulum swings by its own clock, halts, and begins anew with other angles", async () => {
  const { swung, angleAt } = await at("swing"), { channel } = await at("channel");
  const store = { fields: { way: { values: Float32Array.of(0, 1, 3), size: 3, time: false } } };
  const mark = { angle: "way", dt: 0.5, c: { angle: channel({ store, knobs: {} }, "way") } };
  close(angleAt(mark, 0.75), 2);
  close(angleAt(mark, 99), 3);
  const S = { store, pendulums: [mark] };
  assert.ok(swung(S, 0.1));
  assert.equal(S.swing.at, 0, "the first frame is its beginning");
  assert.ok(swung(S, 0.25));
  close(S.swing.at, 0.25);
  S.halted = true;
  assert.ok(!swung(S, 0.25));
  close(S.swing.at, 0.25);
  S.halted = false;
  assert.ok(!swung(S, 5), "the end of the way");
  store.fields.way.values = Float32Array.of(1, 1, 1);
  assert.ok(swung(S, 0.1));
  assert.equal(S.swing.at, 0);
  S.calm = true;
  assert.ok(!swung(S, 0.1));
  assert.ok(!swung({ ...S, pendulums: [] }, 0.1));
});

test("conditions hold at a row, of fields over time and of fixed ones", async () => {
  const { holds } = await at("predict"), store = await trace([0, 4, 8]);
  assert.ok(holds(store, [["x", ">", 3], ["x", "<", 5]], 1));
  assert.ok(!holds(store, [["x", ">", 3]], 0));
  assert.ok(holds(store, [["fixed", ">", 4]], 2));
  assert.ok(holds(store, [], 0));
  assert.ok(holds(store, [["x", ">", 3]], 99));
});

test("a slider's place goes to a value and back", async () => {
  const { shareOf, valueAt } = await at("slide");
  for (const knob of [{ low: 0.02, high: 0.5 }, { low: -3, high: 5, linear: true }]) {
    for (const share of [0, 0.3, 1]) close(shareOf(knob, valueAt(knob, share)), share, 1e-3);
  }
  assert.equal(valueAt({ low: 1, high: 9, linear: true, whole: true }, 0.33), 4);
  // A step is kept to from the first end on, and an end is met exactly.
  const odd = { low: 1, high: 9, ends: [1, 9], step: 2, linear: true, whole: true };
  assert.equal(valueAt(odd, 0.33), 3);
  assert.equal(valueAt({ low: 0.1, high: 0.3 }, 1), 0.3);
});

test("each mark says on which canvas it is drawn", async () => {
  const { layerOf } = await at("marks");
  const c = (time, turns = false) => ({ time, turns, size: 1, get: () => 0 });
  assert.equal(layerOf({ mark: "heat", c: {} }), "back");
  assert.equal(layerOf({ mark: "heat", c: {}, changes: true }), "own");
  assert.equal(layerOf({ mark: "heat", c: {}, cells: true }), "own");
  assert.equal(layerOf({ mark: "text", c: { x: c(false) } }), "back");
  assert.equal(layerOf({ mark: "rule", c: { y: c(false, true) } }), "front");
  assert.equal(layerOf({ mark: "line", c: { x: c(true) } }), "past");
  assert.equal(layerOf({ mark: "line", c: { x: c(true) }, fade: true }), "front");
  assert.equal(layerOf({ mark: "line", c: { x: c(true) }, when: { last: 9 } }), "front");
  assert.equal(layerOf({ mark: "line", c: { x: c(true) }, when: "all" }), "back");
  assert.equal(layerOf({ mark: "line", c: { x: c(true) }, overItems: true, when: { last: 99 }, every: 50 }), "strata");
  assert.equal(layerOf({ mark: "jumps", c: {} }), "front");
});

test("words that are named after what moves are drawn over it, others beneath", async () => {
  const { compiledView } = await at("views");
  const store = { fields: { x: { time: true, size: 3, shape: [2, 3], values: new Float32Array(6) } } };
  const axis = { domain: [0, 1] }, words = (text) => ({ mark: "text", text, x: 0.5, y: 0.5 });
  const marks = [words("beneath"), { mark: "dots", x: "x", y: 0.5 }, words("over"), { mark: "rule", y: 0.5 }];
  const view = compiledView({ store, knobs: {} }, { x: axis, y: axis, marks });
  assert.deepEqual(view.marks.map((m) => m.layer), ["back", "front", "front", "back"]);
});

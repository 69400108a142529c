// Predictions: what is asked, what counts as an answer, and what is said of it. Run by `node --test`.
import assert from "node:assert/strict";
import { test } from "node:test";
const at = (name) => import(new URL(`../../../curvkit/show/stage/${name}.js`, import.meta.url));
const close = (a, b, e = 1e-9) => assert.ok(Math.abs(a - b) <= e, `${a} is not ${b}`);
globalThis.document ??= { activeElement: null };
// A question that no one answers must not keep the process from ending.
const later = globalThis.setTimeout;
globalThis.setTimeout = (act, ms) => (ms > 5000 ? later(act, ms).unref() : later(act, ms));

const CHOICES = [
  { say: "it *falls*", when: [["x", "<", 0.5]] },
  { say: "it stays", when: [["x", ">", 0.5], ["x", "<", 1.5]] },
  { say: "it rises", when: [["x", ">", 1.5]] },
];

// As much of a stage as a prediction needs; what it was told to do is noted.
async function asked(rows, predict = {}, more = {}) {
  const { Store } = await at("store"), { ask } = await at("predict"), { Axis } = await at("axis");
  const store = new Store({
    step: { values: rows.map((_, i) => i), shape: [rows.length], time: true },
    x: { values: rows, shape: [rows.length], time: true },
  });
  const view = { id: "v", x: new Axis({ domain: [0, rows.length - 1] }), y: new Axis({ domain: [0, 10] }) };
  view.box = { x: 0, y: 0, w: 100, h: 100 };
  view.x.place(0, 100);
  view.y.place(100, 0);
  const S = {
    store, views: [view], knobs: {}, clock: { t: 0, playing: true }, asks: true, calm: false,
    askBox: { contains: () => false, querySelector: () => null }, played: false, open: false, done: [],
    scene: { predict: { ask: "Where to?", choices: CHOICES, at: 0, patience: 60, ...predict } },
    tell: () => {}, changed: () => {}, play: () => S.done.push("play"),
    seek: (t) => { S.clock.t = t; S.done.push("seek"); }, ...more,
  };
  ask(S);
  return S;
}
const over = async (S, t = S.store.last) => {
  Object.assign(S, { played: true });
  return (await at("predict")).verdict(S, t);
};

test("it asks once, by itself, only where things move and someone looks", async () => {
  const { askNow, decided } = await at("predict");
  const S = await asked([0, 1, 2]);
  assert.equal(S.clock.playing, false);
  assert.equal(S.clock.t, 0);
  decided(S);
  S.clock.playing = true;
  assert.equal(askNow(S), false, "it was asked already");
  S.guess = null;
  assert.equal(askNow(S), true);
  for (const no of [{ asks: false }, { calm: true }, { visible: false }, { scene: {} }]) {
    assert.equal(askNow({ ...S, ...no }), false, JSON.stringify(no));
  }
  S.scene.predict.at = 1;
  assert.equal(askNow(S), false, "it is not there yet");
});

test("each choice is told as it was, at the row that decides", async () => {
  const { choose, verdict } = await at("predict");
  for (const [end, right] of [[0, 0], [1, 1], [2, 2], [-7, 0]]) {
    for (const chosen of [0, 1, 2]) {
      const S = await asked([1, 1, end]);
      assert.equal(verdict(S, 0), "Where to?");
      choose(S, chosen);
      assert.deepEqual(S.done, ["play"]);
      assert.equal(verdict(S, 1), "", "the run is not over");
      const said = await over(S);
      if (chosen === right) assert.equal(said, `As you predicted: ${CHOICES[right].say}.`);
      else assert.equal(said, `You predicted: ${CHOICES[chosen].say}. What happened: ${CHOICES[right].say}.`);
    }
  }
});

test("scrubbing back changes no verdict, and it is told only from the row on that decides", async () => {
  const { choose, verdict } = await at("predict"), S = await asked([0, 0, 0, 2]);
  choose(S, 0);
  S.played = true;
  assert.equal(verdict(S, 1), "", "row 1 would have made it right");
  assert.match(verdict(S, 3), /^You predicted: it \*falls\*/);
});

test("of a run that goes on nothing is said before its end; one that is lost has ended", async () => {
  const { choose, decisive } = await at("predict");
  const S = await asked([1, 1, 1], {}, { open: true });
  choose(S, 1);
  assert.equal(decisive(S), null);
  assert.equal(await over(S), "");
  S.open = false;
  assert.equal(await over(S), "As you predicted: it stays.");
  const lost = await asked([1, 9, 1], {}, { open: true });
  lost.store.guardBy({ fields: ["x"], above: 5 });
  choose(lost, 2);
  assert.equal(decisive(lost), 1);
  assert.equal(await over(lost), "As you predicted: it rises.");
});

test("a row may be named that decides; a shorter run is decided at its end", async () => {
  const { choose, decisive } = await at("predict");
  const S = await asked([0, 1, 2, 2], { until: 1 }, { open: true });
  choose(S, 1);
  assert.equal(decisive(S), 1);
  assert.equal(await over(S, 1), "As you predicted: it stays.");
  assert.equal(decisive(await asked([0, 1], { until: 7 })), 1);
  assert.equal(decisive(await asked([0, 1], { until: 7 }, { open: true })), null);
});

test("where no choice is right, or none was made, nothing is said", async () => {
  const { choose, goOn } = await at("predict");
  const S = await asked([0, NaN]);
  choose(S, 0);
  assert.equal(await over(S), "");
  const skipped = await asked([0, 2]);
  goOn(skipped);
  assert.deepEqual(skipped.done, ["play"]);
  assert.equal(await over(skipped), "");
});

test("keys choose and skip; others are left alone", async () => {
  const { answered } = await at("predict");
  for (const [pressed, chosen] of [["1", 0], ["3", 2], ["Escape", null]]) {
    const S = await asked([0, 1]);
    assert.equal(answered(S, pressed), true);
    assert.equal(S.guess.chosen, chosen);
    assert.equal(S.guess.asking, false);
    assert.equal(answered(S, "1"), false, "it is decided");
  }
  const S = await asked([0, 1]);
  for (const pressed of ["0", "4", "a", " ", "ArrowRight", "length"]) assert.equal(answered(S, pressed), false, pressed);
  assert.ok(S.guess.asking);
});

test("rows that are others now take back what was foretold, and leave a question that is open", async () => {
  const { choose, withdraw } = await at("predict"), S = await asked([0, 1]);
  withdraw(S);
  assert.ok(S.guess.asking);
  choose(S, 1);
  withdraw(S);
  assert.equal(await over(S), "");
});

test("where nothing is to move the end is shown at once", async () => {
  const { choose } = await at("predict"), S = await asked([0, 1], {}, { calm: true });
  choose(S, 1);
  assert.deepEqual(S.done, ["seek"]);
  assert.equal(S.clock.t, 1);
  assert.ok(S.played);
});

test("after a while that it was seen it goes on by itself, but not from under a hand", async () => {
  const { bide } = await at("predict"), wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const S = await asked([0, 1], { patience: 0.03 });
  await wait(120);
  assert.deepEqual(S.done, ["play"]);
  const hidden = await asked([0, 1], { patience: 0.03 }, { inView: false });
  await wait(120);
  assert.ok(hidden.guess.asking, "no one has seen it");
  hidden.inView = true;
  bide(hidden);
  await wait(120);
  assert.deepEqual(hidden.done, ["play"]);
  let focused = true;
  const held = await asked([0, 1], { patience: 0.03 }, { askBox: { contains: () => false, querySelector: () => focused } });
  await wait(120);
  assert.ok(held.guess.asking, "a hand is at an answer");
  focused = false;
  await wait(120);
  assert.deepEqual(held.done, ["play"]);
});

test("a curve is held against the rows that it covers, and told when they are there", async () => {
  const { goOn, off, sketch, verdict } = await at("predict");
  const by = { view: "v", x: "step", y: "x", choices: undefined, verdict: "Off by {value}." };
  const S = await asked([2, 4, 6, 8, 0], by);
  sketch(S, { x: 75, y: 80 }, true); // to step 3, at a height of 2
  assert.deepEqual(S.guess.xs, [0, 3]);
  goOn(S);
  close(off(S, 3), (0 + 2 + 4 + 6) / 4, 1e-6);
  close(off(S, 4), 3, 1e-6);
  assert.equal(verdict(S, 2), "");
  assert.equal(verdict(S, 3), "Off by 3.");
  S.guess.told = -1e9;
  assert.equal(verdict(S, 3), "", "after a while the beats are heard again");
  assert.equal(verdict(S, 4), "Off by 3.");
});

test("a curve beyond what there is waits for it, and an empty one is no prediction", async () => {
  const { goOn, sketch, verdict } = await at("predict");
  const by = { view: "v", x: "step", y: "x", choices: undefined, verdict: "Off by {value}." };
  const S = await asked([2, 2, 2, 2, 2], by, { open: true });
  sketch(S, { x: 100, y: 80 }, true);
  goOn(S);
  S.store.splice(2, 0, {});
  assert.equal(verdict(S, 1), "", "the run has not come so far");
  S.open = false;
  assert.equal(verdict(S, 1), "Off by 0.", "it ended before");
  const empty = await asked([2, 2], by);
  goOn(empty);
  assert.equal(await over(empty), "");
});

test("a question is read out with its keys", async () => {
  const { goOn, readOut } = await at("predict"), S = await asked([0, 1]);
  assert.equal(readOut(S), " 1: it falls. 2: it stays. 3: it rises. Escape: skip.");
  goOn(S);
  assert.equal(readOut(S), "");
});

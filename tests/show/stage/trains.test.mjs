// A page that trains: what its link asks for, and how its worker stands in for a kernel.
import assert from "node:assert/strict";
import { test } from "node:test";
const at = (name) => import(new URL(`../../../curvkit/show/stage/${name}.js`, import.meta.url));

const packed = {
  scene: { knobs: {
    sigma: { low: 1, high: 3, ends: [0.5, 4] }, depth: { low: 1, high: 9, ends: [1, 9], whole: true },
    rule: { choices: ["gd", "adam", "sam"] }, fast: { choices: [false, true] },
  } },
  trains: {
    settings: { sigma: 2, depth: 3, width: 8, rule: "gd", fast: false },
    variants: [{ width: 8, rule: "gd" }, { width: 8, rule: "adam" }].map((choices) => ({ choices })),
  },
};

test("a link asks for knobs that the scene turns, within their ends, and for programs that are there", async () => {
  const { wished } = await at("trains");
  const asks = (hash) => wished(packed, hash);
  assert.deepEqual(asks("#sigma=2.5&rule=adam"), { sigma: 2.5, rule: "adam" });
  assert.deepEqual(asks("#sigma=99&depth=3.6"), { sigma: 4, depth: 4 });
  assert.deepEqual(asks("#fast=true"), { fast: true });
  for (const none of ["", "#", "#rule=sam", "#rule=none", "#sigma=", "#sigma=x", "#sigma=NaN", "#steps=3", "#__proto__=1"]) {
    assert.deepEqual(asks(none), {}, none);
  }
});

test("a link asks for no program that is not there for all of its choices together", async () => {
  const { shipped, wished } = await at("trains");
  const first = { data: "ten", rule: "gd", width: 8 };
  const choices = ["adam", "gd"].map((rule) => ({ ...first, rule })).concat({ ...first, data: "two" });
  const trains = { settings: first, variants: choices.map((each) => ({ choices: each })) };
  const scene = { knobs: { rule: { choices: ["gd", "adam"] }, data: { choices: ["ten", "two"] }, width: { low: 1, high: 9, whole: true } } };
  const asks = (hash) => wished({ scene, trains }, hash);
  assert.deepEqual(asks("#data=two"), { data: "two" });
  assert.deepEqual(asks("#rule=adam&data=two"), { rule: "adam" });
  assert.deepEqual(asks("#width=7"), {}, "of a number that is a program of its own there is one");
  assert.ok(shipped(trains.variants, { ...first, sigma: 1 }) && !shipped(trains.variants, { ...first, rule: "adam", data: "two" }));
});

test("what a worker says before anybody listens is not lost", async () => {
  const { workerModel } = await at("trains");
  const said = [], turned = [], worker = { postMessage: (message) => said.push(message) };
  const model = workerModel(worker, (knobs) => turned.push(knobs));
  worker.onmessage({ data: { message: { kind: "scene" }, buffer: new ArrayBuffer(4) } });
  worker.onmessage({ data: { failed: "no" } });
  const heard = [];
  model.on("msg:custom", (message, buffers) => heard.push([message.kind, buffers.length]));
  worker.onmessage({ data: { message: { kind: "words" } } });
  assert.deepEqual(heard, [["scene", 1], ["words", 0]]);
  model.send({ kind: "steer", phase: "move", knobs: { sigma: 1 } });
  model.send({ kind: "steer", phase: "end", knobs: { sigma: 2 } });
  assert.equal(said.length, 2);
  assert.deepEqual(turned, [{ sigma: 2 }]);
  model.off("msg:custom");
  worker.onmessage({ data: { message: { kind: "rows" } } });
  assert.equal(heard.length, 2);
});

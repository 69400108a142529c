// A page that trains: what its link asks for, and how its worker stands in for a kernel.
import assert from "node:assert/strict";
import { test } from "node:test";
const at = (name) => import(new URL(`../../../curvkit/show/stage/${name}.js`, import.meta.url));

const packed = {
  scene: { knobs: {
    sigma: { low: 1, high: 3, ends: [0.5, 4] }, depth: { low: 1, high: 9, ends: [1, 9], whole: true },
    rule: { choices: ["gd", "adam", "sam"] }, fast: { choices: [false, true] },
  } },
  trains: { variants: [{ choices: { rule: "gd" } }, { choices: { rule: "adam" } }] },
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

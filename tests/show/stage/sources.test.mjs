// Who answers a hand. Run by `node --test`; pytest does it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kernelSource } from "../../../curvkit/show/stage/sources.js";

test("while a kernel's answer is awaited a few small messages follow, and none after it", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const pass = (ms) => { for (let k = 0; k < ms; k++) t.mock.timers.tick(1); };
  const sent = [], source = kernelSource({ send: (message) => sent.push(message.kind) });
  source.steer({ knobs: { a: 1 }, phase: "end" });
  pass(30);
  assert.deepEqual(sent, ["steer", "awaits", "awaits"]);
  source.came();
  pass(100);
  assert.equal(sent.length, 3, "it has come");
  source.steer({ knobs: { a: 2 }, phase: "end" });
  pass(500);
  assert.deepEqual(sent.slice(3), ["steer", "awaits", "awaits", "awaits", "awaits"], "a kernel that is gone");
});

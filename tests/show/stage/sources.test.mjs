// Who answers a hand. Run by `node --test`; pytest does it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kernelSource } from "../../../curvkit/show/stage/sources.js";

test("while a kernel's answer is awaited a few small messages follow, and none after it", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const sent = [], source = kernelSource({ send: (message) => sent.push(message.kind) });
  source.steer({ knobs: { a: 1 }, phase: "end" });
  t.mock.timers.tick(30);
  assert.deepEqual(sent, ["steer", "awaits", "awaits"]);
  source.came();
  t.mock.timers.tick(1000);
  assert.equal(sent.length, 3, "it has come");
  source.steer({ knobs: { a: 2 }, phase: "end" });
  t.mock.timers.tick(10_000);
  assert.deepEqual(sent.slice(3), ["steer", "awaits", "awaits", "awaits", "awaits"], "a kernel that is gone");
});

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
  const { wished } = await at("link");
  const asks = (hash) => wished(packed, hash);
  assert.deepEqual(asks("#sigma=2.5&rule=adam"), { sigma: 2.5, rule: "adam" });
  assert.deepEqual(asks("#sigma=99&depth=3.6"), { sigma: 4, depth: 4 });
  assert.deepEqual(asks("#fast=true"), { fast: true });
  for (const none of ["", "#", "#rule=sam", "#rule=none", "#sigma=", "#sigma=x", "#sigma=NaN", "#steps=3", "#__proto__=1"]) {
    assert.deepEqual(asks(none), {}, none);
  }
});

test("a link asks for no program that is not there for all of its choices together", async () => {
  const { shipped, wished } = await at("link");
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
  const said = [], worker = { postMessage: (message) => said.push(message) };
  const model = workerModel(worker);
  worker.onmessage({ data: { message: { kind: "scene" }, buffer: new ArrayBuffer(4) } });
  worker.onmessage({ data: { failed: "no" } });
  const heard = [];
  model.on("msg:custom", (message, buffers) => heard.push([message.kind, buffers.length]));
  worker.onmessage({ data: { message: { kind: "words" } } });
  assert.deepEqual(heard, [["scene", 1], ["words", 0]]);
  model.send({ kind: "steer", phase: "end", knobs: { sigma: 2 } });
  assert.equal(said.length, 1);
  model.off("msg:custom");
  worker.onmessage({ data: { message: { kind: "rows" } } });
  assert.equal(heard.length, 2);
});

const turned = {
  scene: { knobs: {
    sigma: { low: 1, high: 3, ends: [0.5, 4], goes: true, value: 2 }, depth: { low: 1, high: 9, whole: true, goes: true, value: 3 },
    rule: { choices: ["gd", "adam"], goes: true, value: "gd" }, seed: { low: 0, high: 9, whole: true, value: 0 },
  } },
  trains: { settings: { sigma: 2, depth: 3, rule: "gd", seed: 0 }, variants: [{ choices: {} }], shared: true },
};

test("a link asks for turns on the way, by their readings, and for none where one of them is wrong", async () => {
  const { wishedTurns } = await at("link");
  const asks = (text) => wishedTurns(turned, `#sigma=1&turns=${text}`);
  assert.deepEqual(wishedTurns(turned, "#sigma=1"), { turns: [], refused: "" });
  assert.deepEqual(asks("sigma*40*1.5*80*2*depth*40*4"), {
    turns: [{ at: 40, knobs: { sigma: 1.5, depth: 4 } }, { at: 80, knobs: { sigma: 2 } }], refused: "",
  });
  const wrong = {
    "sigma*40*9": "sigma goes from 0.5 to 4, and not to 9", "sigma*40": "and not to nothing", "sigma*40*": "and not to nothing",
    "sigma*40*1e999": "and not to 1e999", "sigma*0*1": "a reading is a whole number from 1 to 1000000, and not 0", "sigma*1.5*1": "and not 1.5",
    "sigma**1": "and not nothing", "depth*40*1.5": "depth goes from 1 to 9 in whole numbers, and not to 1.5", "40*1": "no knob's name",
    "seed*4*1": "seed is no knob that is turned during this run", "rule*4*adam": "rule is no knob", "__proto__*4*1": "__proto__ is no knob",
    "sigma*4*1*NaN*2": "NaN is no knob", [`sigma${"*4*1".repeat(400)}`]: "more than 1500 letters",
  };
  for (const [text, why] of Object.entries(wrong)) {
    const { turns, refused } = asks(text);
    assert.deepEqual(turns, [], text);
    assert.ok(refused.startsWith("The turns that the link holds are left out: ") && refused.includes(why), `${text}: ${refused}`);
  }
});

test("the link of a run is written when a hand lets go, and makes the same run", async () => {
  const { Noting, wished, wishedTurns } = await at("link");
  const links = [], said = [];
  globalThis.location = { hash: "#edge" };
  globalThis.history = { replaceState: (_, __, link) => { links.push(link); globalThis.location.hash = link; } };
  const noting = new Noting(turned, (words) => said.push(words));
  const ran = (first, turns) => noting.ran({ first: { ...turned.trains.settings, ...first }, turns });
  ran({}, []);
  noting.turned("move");
  ran({ sigma: 1 }, []);
  assert.deepEqual(links, []);
  noting.turned("end");
  const turns = [{ at: 40, knobs: { sigma: 1.5, depth: 4 } }, { at: 80, knobs: { sigma: 2 } }];
  ran({ sigma: 1 }, turns);
  assert.deepEqual(links, ["#sigma=1", "#sigma=1&turns=sigma*40*1.5*80*2*depth*40*4"]);
  assert.deepEqual([wished(turned, links[1]), wishedTurns(turned, links[1]).turns], [{ sigma: 1 }, turns]);
  // Too many for a link are left out, and that is said once; a run begun anew has none.
  const many = Array.from({ length: 400 }, (_, k) => ({ at: k + 1, knobs: { sigma: 1 } }));
  ran({ sigma: 1 }, many);
  ran({ sigma: 1 }, [...many, { at: 500, knobs: { sigma: 2 } }]);
  assert.deepEqual([links.at(-1), said.length], ["#sigma=1", 1]);
  ran({ sigma: 3 }, []);
  assert.equal(links.at(-1), "#sigma=3");
});

// How much is drawn where frames come too seldom. Run by `node --test`; pytest does it.
import assert from "node:assert/strict";
import { test } from "node:test";
const { Detail } = await import(new URL("../../../curvkit/show/stage/detail.js", import.meta.url));

// Frames of `ms` each for so many seconds; the levels that were drawn.
function frames(detail, ms, seconds, playing = true) {
  const levels = [];
  for (let left = 1000 * seconds; left > 0; left -= ms) {
    detail.now = (detail.now ?? 0) + ms;
    detail.note(detail.now, playing);
    levels.push(detail.level);
  }
  return levels;
}

test("frames that come often enough are drawn with all there is", () => {
  const detail = new Detail();
  assert.equal(Math.max(...frames(detail, 1000 / 60, 20), ...frames(detail, 1000 / 36, 20)), 0);
  assert.equal(detail.rows(400), 400);
  assert.equal(detail.every, 1);
  assert.ok(detail.words);
});

test("where they come too seldom less and less is drawn, within a few seconds, and never nothing", () => {
  const detail = new Detail(), levels = frames(detail, 50, 5);
  assert.ok(levels.every((level, at) => at === 0 || level >= levels[at - 1]));
  assert.equal(levels.at(-1), 3);
  assert.ok(detail.rows(400) < 100 && detail.rows(400) > 20 && detail.every > 1 && detail.ratio >= 0.75);
  assert.ok(frames(new Detail(), 100, 1.5).at(-1) >= 2, "very slow: two steps at once");
});

test("at a stand all is drawn, and what was too slow is remembered", () => {
  const detail = new Detail();
  frames(detail, 50, 5);
  assert.deepEqual(frames(detail, 16, 0.1, false).slice(0, 1), [0]);
  assert.equal(frames(detail, 20, 0.1)[0], 3);
});

test("where frames come easily again more is tried, and later again if it was too much", () => {
  const detail = new Detail();
  frames(detail, 50, 5);
  assert.equal(Math.min(...frames(detail, 16, 30)), 0);
  // A machine that plays well at level 1 and badly at level 0 goes to and fro less and less.
  const swaps = (seconds) => {
    let count = 0;
    for (let at = 0; at < seconds; at++) {
      const before = detail.reached;
      frames(detail, detail.reached ? 16 : 45, 1);
      count += before !== detail.reached;
    }
    return count;
  };
  const first = swaps(30);
  assert.ok(first >= 2 && swaps(60) < first, `${first} changes first`);
});

test("a frame that something else held up says nothing", () => {
  const detail = new Detail();
  frames(detail, 16, 1);
  for (let k = 0; k < 5; k++) frames(detail, 1200, 1.2);
  assert.equal(detail.level, 0);
});

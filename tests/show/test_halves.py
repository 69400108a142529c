"""What oscillates with period two is drawn as its even and its odd half, in all scenes."""

import json

import pytest
from rooms import room
from test_every_scene import every_scene

from curvkit.core import knob as knobs
from curvkit.show.stage.live import knob_facts
from curvkit.show.stage.widget import StoredStage

pytestmark = [pytest.mark.slow, pytest.mark.browser]
# Of some fives of rows, which go by as fast as frames: what is drawn in the first, the third and
# the last, and is near nothing in the two between. And the longest piece of a curve that goes to
# and fro at each of its points, which are close to one another.
DRAWN = """(fives) => {
  const S = stages[0], shown = S.views.filter((v) => !v.hiddenNow), last = S.store.last;
  let pieces = [], path = [], paths = [], worst = { count: 0 };
  const judged = (path) => {
    let count = 0;
    for (let k = 2; k < path.length; k++) {
      const [[x, a], [, b], [z, c]] = path.slice(k - 2, k + 1);
      const dense = Math.abs(z - x) < 6 && Math.min(Math.abs(b - a), Math.abs(c - b)) > 3;
      count = dense && (b - a) * (c - b) < 0 ? count + 1 : 0;
      if (count > worst.count) worst = { count, at: path.slice(k - 4, k + 1) };
    }
  };
  const watched = (ctx) => {
    const on = (name, take) => {
      const own = ctx[name].bind(ctx);
      ctx[name] = (...given) => { take(given); return own(...given); };
    };
    const steps = ["moveTo", "lineTo", "bezierCurveTo", "quadraticCurveTo"];
    for (const name of steps) on(name, (given) => {
      if (name === "moveTo") paths.push((path = []));
      const to = given.slice(-2);
      pieces.push([path.at(-1) ?? to, to, false]);
      path.push(to);
    });
    // Smaller ones are what is left behind of jumps.
    on("arc", ([x, y, radius]) => radius > 3 && pieces.push([[x, y], [x, y], true]));
    on("beginPath", () => { paths = [(path = [])]; });
    on("stroke", () => paths.forEach(judged));
  };
  S.pause();
  S.played = true;
  for (const ctx of [S.ctx, ...shown.map((v) => v.back.ctx)]) watched(ctx);
  const at = (row) => {
    Object.assign(S.clock, { t: row, playing: true, shownRate: 60 });
    for (const v of shown) for (const axis of [v.x, v.y]) axis.follow(row, S.store.sane, 0, true);
    S.draw();
    return shown.map((v) => {
      pieces = [];
      S.drawFront(v, row);
      return pieces.filter(([a, b]) => Number.isFinite(a[0] + a[1] + b[0] + b[1]));
    });
  };
  const far = ([[x, y], [u, v]], [a, b]) => {
    const [dx, dy] = [u - x, v - y], along = (a - x) * dx + (b - y) * dy;
    const q = Math.max(0, Math.min(1, along / (dx * dx + dy * dy) || 0));
    return Math.hypot(x + q * dx - a, y + q * dy - b);
  };
  const near = (list, [, p, dot], most) =>
    list.some((each) => each[2] === dot && far(each, p) < most);
  const blinks = [];
  for (let five = 0; five < fives && last > 20; five++) {
    const from = 12 + Math.round(((last - 16) * five) / fives);
    const frames = [0, 1, 2, 3, 4].map((by) => at(from + by));
    shown.forEach((v, k) => {
      const [a, b, c, d, e] = frames.map((each) => each[k]);
      const within = (p, low, size) => p >= low && p <= low + size;
      const seen = ([, [x, y]]) => within(x, v.box.x, v.box.w) && within(y, v.box.y, v.box.h);
      const blinked = c.find((p) => seen(p) &&
        [a, e].every((each) => near(each, p, 1.5)) && ![b, d].some((each) => near(each, p, 5)));
      if (blinked) blinks.push([from + 2, v.id, ...blinked[1].map(Math.round)]);
    });
  }
  for (const row of [last >> 1, last]) {
    for (const v of shown) v.back.key = "";
    at(row);
  }
  return { worst, blinks, rows: last + 1 };
}"""
# A valley that is another one at each step is drawn as often; of period two that is in all fives.
FIVES, MOST_BLINKS = 24, 6
# Up to the point from which on it is two curves, and where two of them meet.
MOST_TURNS = 12


def drawn(name, scene, **turned):
    """A scene of a whole run, and the same as a page holds it."""
    house = room(name)
    draw, values = house.package.room.scenes[scene]
    settings = knobs.read(house.settings.Settings, {**values, **turned})
    shown = draw(house.stream.run(settings))
    return shown, StoredStage(shown, knob_facts(house.stream, settings)).packed()


def holds(opened, told, label):
    """Nothing that the scene draws goes to and fro from row to row."""
    sheet, complaints = opened(told, width=1400)
    seen = sheet.evaluate(DRAWN, FIVES)
    assert seen["rows"] > 1 and complaints == []
    assert seen["worst"]["count"] <= MOST_TURNS, f"{label}: a dense band: {seen['worst']}"
    rows = {row for row, *_ in seen["blinks"]}
    assert len(rows) <= MOST_BLINKS, (
        f"{label}: {len(seen['blinks'])} blinks, as {seen['blinks'][:4]}"
    )
    sheet.close()


def test_a_rate_that_jumps_from_row_to_row_is_two_curves(opened):
    _, told = drawn("tuners.model", "balance", sigma=1.0, steps=300)
    holds(opened, told, "σ = 1")


@pytest.mark.full
@every_scene
def test_no_scene_and_no_try_of_it_draws_a_band_or_blinks(opened, name, scene):
    shown, told = drawn(name, scene)
    holds(opened, told, "as it is")
    for each in shown.tries:
        holds(opened, drawn(name, scene, **each.knobs)[1], json.dumps(each.knobs))

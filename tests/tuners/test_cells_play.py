"""A click on a cell of batches against methods, by a hand in a browser: its run is played below."""

import json

import numpy as np
import pages
import pytest
from waits import until

from curvkit import tuners
from curvkit.core import knob
from curvkit.tuners import Settings, Tuned

pytestmark = [pytest.mark.slow, pytest.mark.browser]
SMALL = dict(width=2, depth=1, examples=20, steps=22, initialization="torch")
NAMES = ("CDAT σ = 1.5", "CDAT σ = 1.5, average 0.9", "Armijo")
MOUNT = """async (figure) => {
  window.heat = window.mounted(figure);
  await window.drawn(window.heat);
}"""
# The middle of a cell on the page, by its places along both axes.
CELL = """([column, row]) => {
  const plot = window.heat.el.firstChild, { xaxis, yaxis } = plot._fullLayout;
  const box = plot.getBoundingClientRect();
  return [box.left + xaxis._offset + xaxis.c2p(column), box.top + yaxis._offset + yaxis.c2p(row)];
}"""
PICKED = "() => window.heat.state.picked"


@pytest.fixture
def page():
    with pages.opened() as page:
        yield page


def test_a_click_on_a_cell_plays_the_run_that_it_stands_for(page, monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "0")
    monkeypatch.setattr("curvkit.show.on_demand.FRAME", 0)
    knobs = knob.as_dict(Settings.read(SMALL))
    losses = np.full((2, 1, 1), 0.5)
    levels = {name: np.full((2, 1), 0.4) for name in NAMES}
    box = tuners.draw(Tuned(knobs, (8, 0), np.array([0.1]), np.ones(1), losses, levels), heat=True)
    page.evaluate(MOUNT, json.loads(box.canvas.plot.figure))
    for times, (column, row, name, size) in enumerate(
        [(0, 2, "CDAT σ = 1.5", "8"), (1, 0, "constant", "all")], 1
    ):
        page.mouse.click(*page.evaluate(CELL, [column, row]))
        until(page, f"(window.heat.state.picked.times ?? 0) === {times}")
        picked = page.evaluate(PICKED)
        assert picked["x"] == size
        box.canvas.plot.picked = picked
        played = box.children[2].figure
        assert [each.name for each in played.data][0] == name
        assert ("batches of 8" in played.layout.title.text) == (size == "8")
        assert max(played.data[0].x) == SMALL["steps"]
    assert box.children[0].children[1].value == ""

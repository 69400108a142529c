"""Figures of which no look was chosen: the page gives them its own, also before it told it."""

import json

import numpy as np
import pages
import plotly.graph_objects as go
import pytest
from waits import frames

from curvkit.draw import theme

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PAPER = "() => window.other._fullLayout.paper_bgcolor"
SEEN = """async ([figure, pairs]) => {
  const mounted = window.mounted(figure);
  mounted.state.pairs = pairs;
  const seen = window.seen(await window.drawn(mounted));
  mounted.close();
  return seen;
}"""


@pytest.fixture
def page():
    with pages.opened() as page:
        yield page


@pytest.fixture
def untold(monkeypatch):
    """A kernel that no page has told how it looks; what is told is forgotten after the test."""
    monkeypatch.setattr(theme, "_chosen", False)
    monkeypatch.setattr(theme, "_mode", "light")


def figure():
    made = theme.figure("A figure", 2, height=400)
    made.add_trace(theme.curve("loss", "one", np.arange(3.0), np.arange(3.0)), row=1, col=1)
    made.add_trace(theme.bars("sharpness", "two", [0, 1], [1, 2], opacity=0.5), row=2, col=1)
    theme.remark(made, "A remark.")
    return made


def drawn(page, made):
    return page.evaluate(SEEN, [json.loads(made.to_json()), theme.pairs()])


def test_a_page_that_is_dark_shows_them_as_if_it_had_been_asked(page, untold):
    early = figure()
    light = drawn(page, early)
    page.evaluate(pages.LOOK, "false")
    dark = drawn(page, early)
    theme.use("dark")
    assert dark == drawn(page, figure()) != light
    # What a hand wants light on a dark page stays so.
    theme.use("light")
    assert drawn(page, figure()) == light
    page.evaluate(pages.LOOK, "true")
    assert drawn(page, early) == light


def test_figures_of_other_cells_follow_the_page(page, untold):
    drawn(page, figure())
    page.evaluate(pages.OTHER, json.loads(figure().to_json()))
    assert page.evaluate(PAPER) == theme.PAPER["light"]
    for light, mode in (("false", "dark"), ("true", "light"), ("false", "dark")):
        page.evaluate(pages.LOOK, light)
        page.wait_for_function(pages.UNTIL, arg=theme.PAPER[mode])
    assert page.evaluate("() => window.other.data[0].line.color") == theme.ROLES["loss"][1]
    assert page.evaluate("() => [...window.other._fullData[0].y]") == [0, 1, 2]
    # One that comes into a dark page, one drawn when the page had told it, one of somebody else's.
    page.evaluate(pages.OTHER, json.loads(figure().to_json()))
    page.wait_for_function(pages.UNTIL, arg=theme.PAPER["dark"])
    theme.use("dark", by_page=True)
    page.evaluate(pages.OTHER, json.loads(figure().to_json()))
    page.evaluate(pages.LOOK, "true")
    page.wait_for_function(pages.UNTIL, arg=theme.PAPER["light"])
    page.evaluate(pages.LOOK, "false")
    page.evaluate(pages.OTHER, json.loads(go.Figure(go.Scatter(y=[1, 2])).to_json()))
    frames(page, 20)
    assert page.evaluate(PAPER) not in theme.PAPER.values()

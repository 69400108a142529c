"""Figures of which no look was chosen: the page gives them its own, also before it told it."""

import json

import numpy as np
import pages
import plotly.graph_objects as go
import plotly.offline
import pytest
from waits import at_rest, frames, until

from curvkit.draw import theme
from curvkit.show import follow

pytestmark = [pytest.mark.slow, pytest.mark.browser]
LOOK = "(light) => { document.body.dataset.jpThemeLight = light; }"
# A figure as an output of another cell, drawn by a program of plotly's that knows of no theme.
OTHER = """async (figure) => {
  const Plotly = await window.curvkitPlotly.get("1");
  const other = document.body.appendChild(document.createElement("div"));
  other.style.width = "900px";
  await Plotly.newPlot(other, figure.data, figure.layout);
  window.other = other;
}"""
PAPER = "() => window.other._fullLayout.paper_bgcolor"
UNTIL = "(paper) => window.other._fullLayout.paper_bgcolor === paper"
# JupyterLab's extension for plotly, as a page meets it, and a scene that plays.
EXTENSION = """() => {
  const RenderedPlotly = { Plotly: window.Plotly };
  window._JUPYTERLAB = { "jupyterlab-plotly": { get: async () => () => ({ RenderedPlotly }) } };
  const clock = document.body.appendChild(document.createElement("p"));
  setInterval(() => { clock.textContent = performance.now(); }, 30);
}"""
FORM = """(({ title, margin, legend, height, xaxis2, yaxis2, template }) => JSON.stringify(
  [title, margin, legend, height, xaxis2, yaxis2, template.layout.paper_bgcolor]
))(window.other.layout)"""
DOMAIN = "window.other._fullLayout.xaxis2.domain[0]"
TITLE = """(([title, place]) => title.getBoundingClientRect().right -
  place.getBoundingClientRect().left)([window.other.querySelector(".gtitle"), window.other])"""
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
    page.evaluate(LOOK, "false")
    dark = drawn(page, early)
    theme.use("dark")
    assert dark == drawn(page, figure()) != light
    # What a hand wants light on a dark page stays so.
    theme.use("light")
    assert drawn(page, figure()) == light
    page.evaluate(LOOK, "true")
    assert drawn(page, early) == light


def test_figures_of_other_cells_follow_the_page(page, untold):
    drawn(page, figure())
    page.evaluate(OTHER, json.loads(figure().to_json()))
    assert page.evaluate(PAPER) == theme.PAPER["light"]
    for light, mode in (("false", "dark"), ("true", "light"), ("false", "dark")):
        page.evaluate(LOOK, light)
        page.wait_for_function(UNTIL, arg=theme.PAPER[mode])
    assert page.evaluate("() => window.other.data[0].line.color") == theme.ROLES["loss"][1]
    assert page.evaluate("() => [...window.other._fullData[0].y]") == [0, 1, 2]
    # One that comes into a dark page, one drawn when the page had told it, one of somebody else's.
    page.evaluate(OTHER, json.loads(figure().to_json()))
    page.wait_for_function(UNTIL, arg=theme.PAPER["dark"])
    theme.use("dark", by_page=True)
    page.evaluate(OTHER, json.loads(figure().to_json()))
    page.evaluate(LOOK, "true")
    page.wait_for_function(UNTIL, arg=theme.PAPER["light"])
    page.evaluate(LOOK, "false")
    page.evaluate(OTHER, json.loads(go.Figure(go.Scatter(y=[1, 2])).to_json()))
    frames(page, 20)
    assert page.evaluate(PAPER) not in theme.PAPER.values()


def side_by_side():
    made = theme.figure(f"A title of {'many ' * 12}words", 1, height=400, cols=2)
    for column in (1, 2):
        made.add_trace(theme.curve("loss", "loss", [0, 1], [0, column]), row=1, col=column)
    return json.loads(made.to_json())


def test_beside_a_scene_that_plays_figures_of_other_cells_follow_the_page_and_their_place(browser):
    page = browser.new_page(viewport=dict(width=1000, height=800))
    page.add_script_tag(content=plotly.offline.get_plotlyjs())
    page.evaluate(EXTENSION)
    page.evaluate(f"() => {{\n{follow.ALONE}}}")
    page.evaluate(
        OTHER.replace("await window.curvkitPlotly.get", "(() => window.Plotly)"), side_by_side()
    )
    wide = page.evaluate(FORM)
    assert page.evaluate(DOMAIN) > 0.5
    for width, light in ((400, "false"), (420, "true"), (900, "true")):
        page.evaluate(LOOK, light)
        page.evaluate("(width) => { window.other.style.width = `${width}px`; }", width)
        page.wait_for_function(UNTIL, arg=theme.PAPER["light" if light == "true" else "dark"])
        until(page, f"({DOMAIN} === 0) === {str(width < 500).lower()}")
        at_rest(page, "document.querySelector('.main-svg').outerHTML")
        if width < 500:
            assert page.evaluate(TITLE) < width
            assert "<br>" in page.evaluate("window.other.layout.title.text")
    assert page.evaluate(FORM) == wide

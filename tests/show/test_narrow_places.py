"""Figures in JupyterLab: those of other cells and those of panels, in places narrow and wide."""

import json

import pages
import plotly.offline
import pytest
from pages import LOOK, OTHER, UNTIL
from waits import at_rest, until

from curvkit.draw import theme
from curvkit.show import follow, player

pytestmark = [pytest.mark.slow, pytest.mark.browser]
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
WIDTH = "(width) => { window.other.style.width = `${width}px`; }"
# A picture of a figure, of one colour, as JupyterLab's extension shows it until it is hovered over.
SAVED = """(paper) => {
  const canvas = document.createElement("canvas"), ink = canvas.getContext("2d");
  ink.fillStyle = paper;
  ink.fillRect(0, 0, canvas.width, canvas.height);
  const place = document.body.appendChild(document.createElement("div"));
  place.className = "jp-RenderedPlotly";
  const picture = place.appendChild(document.createElement("img"));
  Object.assign(picture, { className: "plot-img", src: canvas.toDataURL() });
  window.asked ??= [];
  picture.addEventListener("mouseenter", () => { window.asked.push(paper); place.remove(); });
}"""
# Pairs of words of a figure that lie over one another, and words that are not wholly within it.
FAULTS = """(() => {
  const box = (each) => each.getBoundingClientRect();
  const place = box(document.querySelector(".main-svg"));
  const unseen = (each) => getComputedStyle(each).fill === "rgba(0, 0, 0, 0)";
  const shown = [...document.querySelectorAll(".main-svg text")].filter((each) =>
    each.textContent.trim() && box(each).width && !unseen(each));
  const within = ({ left, right, top, bottom }) => left > place.left - 1 &&
    right < place.right + 1 && top > place.top - 1 && bottom < place.bottom + 1;
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
  const meet = shown.flatMap((one, at) => shown.slice(0, at)
    .filter((each) => over(box(one), box(each)))
    .map((each) => `${one.textContent} | ${each.textContent}`));
  return [...shown.filter((each) => !within(box(each))).map((each) => each.textContent), ...meet];
})()"""


@pytest.fixture(autouse=True)
def look(monkeypatch, request):
    """A kernel in which a look was chosen by hand, or none."""
    monkeypatch.setattr(theme, "_chosen", getattr(request, "param", False))
    monkeypatch.setattr(theme, "_mode", "light")


@pytest.fixture(scope="module")
def panels():
    """A page with the program of panels."""
    with pages.opened() as page:
        yield page


def beside_a_scene(browser, figure):
    """A page with that figure as another cell's output, and of ours only what a stage brings."""
    page = browser.new_page(viewport=dict(width=1000, height=800))
    page.add_script_tag(content=plotly.offline.get_plotlyjs())
    page.evaluate(EXTENSION)
    page.evaluate(f"() => {{\n{follow.ALONE}}}")
    page.evaluate(OTHER.replace("await window.curvkitPlotly.get", "(() => window.Plotly)"), figure)
    return page


def drawn_side_by_side():
    made = theme.figure(f"A title of {'many ' * 12}words", 1, height=400, cols=2)
    names = ["a name of many words", "another of as many words"]
    for column, y in ((1, [0, 1]), (2, names)):
        made.add_trace(theme.curve("loss", "loss", [0, 1], y), row=1, col=column)
    theme.remark(made, "A remark of so many words that no narrow panel has it in one line.")
    return made


def side_by_side():
    return json.loads(drawn_side_by_side().to_json())


def test_beside_a_scene_that_plays_figures_of_other_cells_follow_the_page_and_their_place(panels):
    page = beside_a_scene(panels.context.browser, side_by_side())
    wide = page.evaluate(FORM)
    assert page.evaluate(DOMAIN) > 0.5
    for width, light in ((400, "false"), (420, "true"), (900, "true")):
        page.evaluate(LOOK, light)
        page.evaluate(WIDTH, width)
        page.wait_for_function(UNTIL, arg=theme.PAPER["light" if light == "true" else "dark"])
        until(page, f"({DOMAIN} === 0) === {str(width < 500).lower()}")
        at_rest(page, "document.querySelector('.main-svg').outerHTML")
        if width < 500:
            assert page.evaluate(TITLE) < width and not page.evaluate(FAULTS)
            assert "<br>" in page.evaluate("window.other.layout.title.text")
            named = page.evaluate("window.other.layout.yaxis2.ticktext")
            assert named == ["a name of<br>many words", "another of as<br>many words"]
    assert page.evaluate(FORM) == wide


@pytest.mark.parametrize("look", [True], ids=["chosen"], indirect=True)
def test_a_figure_that_plays_has_its_controls_below_its_axes_in_a_narrow_place(panels):
    whole = player._with_transport(drawn_side_by_side(), "step", {"1": "1", "2": "2000"}, True)
    page = beside_a_scene(panels.context.browser, json.loads(whole.to_json()))
    page.evaluate(WIDTH, 400)
    until(page, f"{DOMAIN} === 0")
    at_rest(page, "document.querySelector('.main-svg').outerHTML")
    assert "▶ Play" in page.evaluate("window.other.innerText") and not page.evaluate(FAULTS)


def conditions():
    """Four bars with names of their own beside them, below another panel."""
    names = [f"a name of<br>some more words = {1 + each / 1000}" for each in range(4)]
    apart = dict(vertical_spacing=0.17, shared_xaxes=False, shares=[0.64, 0.36])
    made = theme.figure("Conditions of so many words at η = 0.1", 2, height=600, **apart)
    made.add_trace(theme.curve("loss", "loss", [0, 1], [0, 1]), row=1, col=1)
    bars = theme.bars("curvature", "missed by", [1, 2, 3, 4], [0, 1, 2, 3], orientation="h")
    made.add_trace(bars, row=2, col=1)
    made.update_yaxes(title_text="named", tickvals=[0, 1, 2, 3], ticktext=names, row=2, col=1)
    return json.loads(made.update_xaxes(title_text="x").to_json())


def test_names_beside_an_axis_leave_its_panel_most_of_a_narrow_place(panels):
    figure = conditions()
    page = beside_a_scene(panels.context.browser, figure)
    panel = "window.other._fullLayout.yaxis.domain.map((y) => y * window.other._fullLayout._size.h)"
    page.evaluate(WIDTH, 340)
    until(page, "window.other._fullLayout.width === 340")
    at_rest(page, "document.querySelector('.main-svg').outerHTML")
    assert page.evaluate("window.other._fullLayout._size.w") > 0.5 * 340
    assert "η\u00a0=\u00a00.1" in page.evaluate("window.other.layout.title.text")
    low, high = page.evaluate(panel)
    tall = figure["layout"]["height"] - 92 - 58
    assert high - low == pytest.approx(tall * 0.83 * 0.64, rel=0.02)
    assert not page.evaluate(FAULTS)


def test_a_saved_picture_in_the_colours_of_the_other_look_is_drawn_anew(panels):
    page = beside_a_scene(panels.context.browser, side_by_side())
    page.evaluate(LOOK, "false")
    for paper in (theme.PAPER["dark"], "#123456", theme.PAPER["light"]):
        page.evaluate(SAVED, paper)
    until(page, "window.asked.length")
    assert page.evaluate("window.asked") == [theme.PAPER["light"]]


def test_a_drawing_without_axes_keeps_its_width_and_scrolls_in_a_narrow_place(panels):
    tree = theme.figure("A drawing").add_trace(theme.curve("loss", "loss", [0, 1], [0, 1]))
    tree.update_xaxes(visible=False).update_yaxes(visible=False)
    page = beside_a_scene(panels.context.browser, json.loads(tree.to_json()))
    # As plotly does with a figure that fits its place.
    page.evaluate("delete window.other.layout.height")
    for width, drawn in ((400, 704), (900, 900)):
        page.evaluate(WIDTH, width)
        until(page, f"window.other._fullLayout.width === {drawn}")
        page.evaluate("() => window.Plotly.Plots.resize(window.other)")
        assert page.evaluate("window.other._fullLayout.width") == drawn


def test_a_panel_in_a_narrow_place_has_its_figure_as_other_cells_do_and_wide_again_as_it_was(
    panels,
):
    figure = side_by_side()
    page = panels
    page.evaluate("(figure) => { window.panel = window.mounted(figure); }", figure)
    page.evaluate("window.drawn(window.panel)")
    page.evaluate("window.other = window.panel.el.firstChild")
    for width in (420, 900, 420):
        page.evaluate("(width) => { window.panel.el.style.width = `${width}px`; }", width)
        until(page, f"({DOMAIN} === 0) === {str(width < 500).lower()}")
        at_rest(page, "document.querySelector('.main-svg').outerHTML")
        if width > 500:
            seen = page.evaluate("window.seen(window.other)")
            fresh = page.evaluate("window.fresh", figure)
            assert seen == fresh
        else:
            assert not page.evaluate(FAULTS) and page.evaluate(TITLE) < width
    # Another reading of the same figure keeps its form.
    figure["data"][0]["y"] = [0, 5]
    page.evaluate("async (figure) => { panel.show(figure); await drawn(panel); }", figure)
    at_rest(page, "document.querySelector('.main-svg').outerHTML")
    assert page.evaluate(DOMAIN) == 0 and not page.evaluate(FAULTS)

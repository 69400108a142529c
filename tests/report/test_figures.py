"""Figures in a page, looked at in a browser: nothing is sent, and a narrow page is legible."""

import json

import plotly.graph_objects as go
import plotly.io
import pytest
from browsers import chromium
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots
from scripts import PLOTLY_5, listened
from waits import at_rest, until

from curvkit.draw import theme
from curvkit.draw.config import CONFIG
from curvkit.pages import page, plot
from curvkit.show.canvas import Canvas

NONCE = "once"
LONG = "the loss of a network, in nats, over all the points that it was trained on"
BOXES = """(names) => [...document.querySelectorAll(names)].map((each) => {
  const { left, right, top, bottom, height } = each.getBoundingClientRect();
  return { left, right, top, bottom, height };
}).filter((box) => box.height)"""
TEXTS = ".xtick text, .ytick text, [class^=g-][class*=title], .legend"


def two_panels():
    """Two panels side by side with long words, as plotly's JSON."""
    made = make_subplots(1, 2, subplot_titles=["The first of two panels", "The second one"])
    made.update_layout(template=theme.template(), title_text=f"A title: {LONG}", height=480)
    for column in (1, 2):
        for name in ("of some length", "of another length", "the last"):
            curve = theme.curve("loss", f"{name} {column}", [0, 1], [0, column])
            made.add_trace(curve, row=1, col=column)
        made.update_xaxes(title_text=LONG, row=1, col=column)
        made.update_yaxes(title_text=LONG, row=1, col=column)
    return json.loads(made.to_json())


def written(*figures):
    """A page of figures."""
    library = page.script(get_plotlyjs(), NONCE)
    drawn = "".join(plot.drawn(each, number, NONCE) for number, each in enumerate(figures))
    return page.shell("t", library + drawn + page.script(plot.SCRIPT, NONCE), NONCE)


@pytest.fixture(scope="module")
def browser():
    """A Chromium for all tests of this file, which runs no notebook beside it."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def opened(browser, tmp_path):
    """Return what opens a page of figures at some width, and fails if the page complains."""
    complaints, sheets = [], []

    def open_it(text, width):
        sheet = browser.new_page(viewport=dict(width=width, height=900))
        sheets.append(sheet)
        complaints.append(listened(sheet))
        (tmp_path / "page.html").write_text(text)
        sheet.goto((tmp_path / "page.html").as_uri())
        sheet.wait_for_selector(".main-svg")
        at_rest(sheet)
        return sheet

    yield open_it
    for sheet in sheets:
        sheet.close()
    assert not any(complaints)


@pytest.mark.slow
@pytest.mark.browser
def test_figures_that_wait_for_plotly_are_drawn_once_it_is_read_but_for_hidden_ones(
    browser, tmp_path
):
    figures = "".join(plot.drawn(two_panels(), at, NONCE, late=True) for at in range(2))
    hidden = plot.drawn(two_panels(), "hidden", NONCE, late=True)
    text = f"{figures}<div hidden>{hidden}</div>{page.script(plot.SCRIPT, NONCE)}"
    last = page.script("globalThis.early = typeof Plotly;", NONCE)
    (tmp_path / "page.html").write_text(
        page.shell("t", text + last + plot.packed(NONCE), NONCE), encoding="utf-8"
    )
    sheet = browser.new_page(viewport=dict(width=420, height=900))
    complaints = listened(sheet)
    sheet.goto((tmp_path / "page.html").as_uri())
    until(sheet, "document.querySelectorAll('.narrow').length === 2")
    assert sheet.evaluate("early") == "undefined"
    drawn = "[...document.querySelectorAll('.plotly-graph-div')].map((e) => !!e._fullLayout)"
    assert sheet.evaluate(drawn) == [True, True, False]
    sheet.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert complaints == []
    sheet.close()


def buttons(sheet):
    sheet.hover(".plot-container")
    shown = sheet.locator(".modebar-btn")
    return [each.get_attribute("data-title") for each in shown.all()]


def test_every_figure_is_drawn_with_the_one_configuration_that_sends_nothing():
    assert json.dumps({**CONFIG})[1:-1] in plot.SCRIPT
    text = plot.drawn(two_panels(), 0, NONCE)
    assert '"showSendToCloud": false' in text and '"modeBarButtonsToRemove"' in text
    assert Canvas().plot.config == CONFIG
    assert CONFIG["showSendToCloud"] is False and CONFIG["plotlyServerURL"] == ""


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(PLOTLY_5, reason="plotly had no such button then")
def test_no_button_sends_a_figure_anywhere(opened):
    shown = buttons(opened(written({"data": [{"y": [1, 2]}]}), 1000))
    assert "Zoom" in shown and not [each for each in shown if "Share" in each or "Cloud" in each]


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(PLOTLY_5, reason="plotly had no such button then")
def test_a_figure_of_ours_has_no_such_button_where_plotly_shows_it_by_itself(opened):
    made = theme.figure("A figure").add_trace(theme.curve("loss", "loss", [0, 1], [0, 1]))
    html = plotly.io.to_html(made, include_plotlyjs=True, config={"showSendToCloud": True})
    shown = buttons(opened(html, 1000))
    assert "Zoom" in shown and not [each for each in shown if "Share" in each or "Cloud" in each]


@pytest.mark.slow
@pytest.mark.browser
def test_on_a_narrow_page_panels_stand_above_one_another_and_no_words_meet(opened):
    sheet = opened(written(two_panels()), 420)
    assert sheet.evaluate("document.documentElement.scrollWidth") <= 420
    assert sheet.locator(".called").inner_text() == f"A title: {LONG}"
    first, second = sheet.evaluate(BOXES, ".cartesianlayer > .subplot .gridlayer")
    assert first["bottom"] < second["top"] and abs(first["left"] - second["left"]) < 1
    boxes = sheet.evaluate(BOXES, f"{TEXTS}, .annotation-text")
    for number, one in enumerate(boxes):
        assert 0 <= one["left"] and one["right"] <= 420, one
        for other in boxes[:number]:
            apart = (
                one["left"] >= other["right"] - 1 or other["left"] >= one["right"] - 1
                or one["top"] >= other["bottom"] - 1 or other["top"] >= one["bottom"] - 1
            )  # fmt: skip
            assert apart, (one, other)
    inside = sheet.evaluate(BOXES, ".figure .main-svg")[0]
    assert max(each["bottom"] for each in boxes) <= inside["bottom"] + 1


@pytest.mark.slow
@pytest.mark.browser
def test_a_page_made_wide_again_has_its_figures_as_they_were(opened):
    sheet = opened(written(two_panels()), 1000)
    layout = """(({ title, margin, legend, annotations, xaxis2, yaxis2 }) => JSON.stringify(
        [title, margin, legend, annotations, xaxis2.domain, xaxis2.title, yaxis2.domain]
    ))(document.getElementById("figure-1").layout)"""
    height = "document.querySelector('.figure').offsetHeight"
    legend = "document.querySelector('.legend').getAttribute('transform')"
    before = [sheet.evaluate(each) for each in (layout, height, legend)]
    domain = "document.getElementById('figure-1')._fullLayout.xaxis2.domain[0]"
    assert sheet.evaluate(domain) > 0.5
    sheet.set_viewport_size(dict(width=420, height=900))
    at_rest(sheet)
    assert sheet.evaluate(domain) == 0 and sheet.locator(".called").is_visible()
    tall = sheet.evaluate(height)
    # plotly looks at the size of its place whenever a window changes, be it by the height alone.
    sheet.set_viewport_size(dict(width=420, height=800))
    at_rest(sheet)
    assert tall > 700 and sheet.evaluate(height) == tall
    sheet.set_viewport_size(dict(width=1000, height=900))
    at_rest(sheet)
    assert [sheet.evaluate(each) for each in (layout, height, legend)] == before
    assert not sheet.locator(".called").is_visible()


@pytest.mark.slow
@pytest.mark.browser
def test_a_drawing_without_axes_scrolls_in_its_own_box(opened):
    made = go.Figure(go.Scatter(x=[0, 1], y=[0, 1]))
    made.update_xaxes(visible=False)
    made.update_yaxes(visible=False)
    sheet = opened(written(json.loads(made.to_json())), 420)
    assert sheet.evaluate("document.documentElement.scrollWidth") <= 420
    assert sheet.evaluate("document.querySelector('.main-svg').clientWidth") > 700

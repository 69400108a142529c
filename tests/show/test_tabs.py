"""Every tab after every other, in a browser: the page shows the figure, as if drawn first."""

import json

import numpy as np
import pages
import plotly.graph_objects as go
import pytest
from contract import spoiled
from rooms import ROOMS, ran, room, short

from curvkit.draw import theme

pytestmark = [pytest.mark.slow, pytest.mark.browser]
# The others draw nothing in another way, and take long to run.
QUICK = ("curvature", "verification")


@pytest.fixture(scope="module")
def page():
    with pages.opened() as page:
        yield page


def each_room(quick):
    """Every room, of which but some are left to full runs."""
    marks = {name: [] if name in quick else pytest.mark.full for name in ROOMS}
    return pytest.mark.parametrize("name", [pytest.param(n, marks=marks[n]) for n in ROOMS])


@each_room(QUICK)
def test_a_tab_leaves_nothing_of_the_one_before(page, name):
    there = room(name)
    trace = ran(there, short(there))
    figures = [draw(trace).update_layout(height=540) for draw in there.drawings.values()]
    names = list(there.drawings)
    wrong = pages.differing(page, figures, pages.every_pair(len(figures)))
    assert not wrong, [f"{names[one]} → {names[other]}" for one, other in wrong]


@each_room(QUICK[1:])
def test_keep_play_dark_and_clear_leave_nothing_behind_on_any_tab(page, name, monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "0")
    there, painted = room(name), []
    panel = there.package.explore(settings=short(there))
    try:
        panel.wait()
        scrubber = panel.transport.scrubber
        for tab in panel.figures:
            actions = [
                lambda tab=tab: setattr(panel.figure_choice, "value", tab),
                panel.keep,
                lambda: setattr(scrubber, "value", 1),
                lambda: setattr(scrubber, "value", scrubber.max // 2),
                lambda: setattr(panel.dark, "value", True),
                lambda: setattr(scrubber, "value", scrubber.max),
                lambda: setattr(panel.dark, "value", False),
                panel.clear,
            ]
            for act in actions:
                act()
                painted.append(go.Figure(panel.canvas.figure))
    finally:
        theme.use("light")
    assert len({each.to_json() for each in painted}) > len(panel.figures)
    wrong = pages.differing(page, painted, [*range(len(painted))])
    assert not wrong, wrong


def test_a_run_that_grows_breaks_off_or_is_drawn_dark_leaves_nothing_behind(page):
    there = room("curvature")
    trace = ran(there, short(there))
    traces = [*(trace.head(n) for n in (1, 2, 20)), trace, spoiled(trace, 9, np.nan)]
    for draw in there.drawings.values():
        figures = [draw(each).update_layout(height=540) for each in traces]
        theme.use("dark")
        figures.append(draw(trace).update_layout(height=540))
        theme.use("light")
        walk = [0, 1, 2, 3, 5, 3, 4, 3, 4, 0, 3, 2, 5, 1]
        wrong = pages.differing(page, figures, walk)
        assert not wrong, wrong


def test_the_check_sees_what_an_update_in_place_would_leave(page):
    plain, stacked = (theme.figure("A figure") for _ in range(2))
    for made, options in ((plain, {}), (stacked, dict(stackgroup="one"))):
        made.add_trace(theme.curve("loss", "one", [0, 1], [1.0, 2.0], **options))
    fresh, left = page.evaluate(
        """async ([plain, stacked]) => {
          const mounted = window.mounted(stacked), plot = await window.drawn(mounted);
          const Plotly = await globalThis.curvkitPlotly.get("1");
          await Plotly.update(plot, plain.data[0], plain.layout);
          return [await window.fresh(plain), window.seen(plot)];
        }""",
        [json.loads(each.to_json()) for each in (plain, stacked)],
    )
    assert fresh != left

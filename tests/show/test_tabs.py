"""Every tab after every other, in a browser: the page shows the figure, as if drawn first."""

import json

import numpy as np
import pages
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


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n in QUICK else pytest.mark.full) for n in ROOMS]
)
def test_a_tab_leaves_nothing_of_the_one_before(page, name):
    there = room(name)
    trace = ran(there, short(there))
    figures = [draw(trace).update_layout(height=540) for draw in there.drawings.values()]
    names = list(there.drawings)
    wrong = pages.differing(page, figures, pages.every_pair(len(figures)))
    assert not wrong, [f"{names[one]} → {names[other]}" for one, other in wrong]


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

"""The canvas: one widget that shows ever new figures, and nothing of the ones before."""

import json
from types import SimpleNamespace

import pytest

from curvkit.draw import theme
from curvkit.show.canvas import Canvas
from curvkit.show.still import PNG


def drawn(*, remark="", names=("loss",)):
    """A figure of some curves, with a remark or without."""
    made = theme.figure("A figure")
    for name in names:
        made.add_trace(theme.curve("loss", name, [0, 1], [1.0, 2.0]))
    if remark:
        theme.remark(made, remark)
    return made


def test_a_remark_goes_with_the_figure_it_was_made_on():
    canvas = Canvas()
    canvas.paint(drawn(remark="diverged at step 3"))
    assert "diverged" in canvas.figure.layout.annotations[0].text
    canvas.paint(drawn())
    assert not canvas.figure.layout.annotations


def test_curves_go_with_the_figure_they_were_in():
    canvas = Canvas()
    canvas.paint(drawn(names=("loss", "sharpness")))
    canvas.paint(drawn())
    assert [each.name for each in canvas.figure.data] == ["loss"]


def test_the_page_is_given_the_whole_figure_each_time():
    canvas = Canvas()
    for names in (("loss", "sharpness"), ("loss",)):
        made = drawn(names=names)
        canvas.paint(made)
        assert json.loads(canvas.plot.figure) == json.loads(made.to_json())
        assert made.layout.height == 540
    assert canvas.plot.number == 2


def test_the_library_is_sent_once_a_kernel():
    first, second = Canvas(), Canvas()
    assert first.plot.library == second.plot.library
    assert len(first.plot.get_state()["figure"]) < 20_000


PICTURE = {"url": f"{PNG}aGVsbG8=", "width": 5, "height": 5}


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", f"{PNG}'><script>", f"{PNG}<b>", "data:text/html,x"]
)
def test_only_a_picture_is_left_in_the_notebook(url, capsys):
    canvas = Canvas()
    canvas.stills.leave()
    told = []
    canvas.stills.places[:] = [SimpleNamespace(update=lambda made: told.append(made.data))]
    canvas.plot.still = PICTURE
    canvas.plot.still = PICTURE | {"url": url}
    assert f"<img src='{PNG}aGVsbG8='" in told[0]
    assert told[1:] == ["<div class='curvkit-still'></div>"]

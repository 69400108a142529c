"""The canvas: one widget that shows ever new figures, and nothing of the ones before."""

from curvkit.show import theme
from curvkit.show.canvas import Canvas


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

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


def test_a_plot_that_stayed_empty_in_the_page_is_put_there_anew():
    canvas = Canvas()
    canvas.paint(drawn(names=("loss", "sharpness"), remark="a remark"))
    assert canvas.fit.curves == 2
    empty = canvas.figure
    canvas.fit.missing += 1  # what the page says
    assert canvas.children[0] is canvas.figure is not empty
    assert canvas.figure.layout == empty.layout
    curves = lambda figure: [each.to_plotly_json() | dict(uid=0) for each in figure.data]
    assert curves(canvas.figure) == curves(empty)
    canvas.paint(drawn())
    assert [each.name for each in canvas.figure.data] == ["loss"] and canvas.fit.curves == 1

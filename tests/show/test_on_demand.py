"""A button beside a figure: pressed, it brings the figure on; headless, there is none."""

import plotly.graph_objects as go

from curvkit.show.on_demand import asked


def drawn(*values):
    return go.Figure(go.Scatter(x=list(values), y=list(values)))


def test_where_nobody_presses_the_figure_alone_is_shown(monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "1")
    first = drawn(1)
    assert asked(first, "more", lambda: drawn(2)) is first


def test_pressed_it_shows_the_second_figure_or_the_reason_why_not(monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "0")

    def fails():
        raise ModuleNotFoundError("cvxpy is not installed.")

    for then, x, said in ((lambda: drawn(2, 3), (2, 3), ""), (fails, (1,), "cvxpy is not")):
        box = asked(drawn(1), "more", then)
        (button, label), canvas = box.children[0].children, box.children[1]
        button.click()
        assert tuple(canvas.figure.data[0].x) == x and label.value.startswith(said)
        assert not button.disabled

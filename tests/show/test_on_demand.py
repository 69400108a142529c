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


def test_a_figure_without_a_curve_is_not_shown_until_there_is_one(monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "0")
    box = asked(go.Figure(), "more", lambda: drawn(2))
    assert len(box.children) == 1
    for _ in range(2):
        box.children[0].children[0].click()
    assert box.children[1:] == (box.canvas,) and box.canvas.figure.data[0].x == (2,)


def test_what_is_picked_is_played_below_or_refused(monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "0")
    monkeypatch.setattr("curvkit.show.on_demand.FRAME", 0)
    picked = lambda x, y: (drawn(*range(n)) for n in (x, y))
    box = asked(drawn(1), "more", lambda: drawn(2), picked)
    assert len(box.children) == 2
    box.canvas.plot.picked = {"x": 2, "y": 3, "times": 1}
    assert tuple(box.children[2].figure.data[0].x) == (0, 1, 2)
    box.canvas.plot.picked = {"x": "no number", "y": 3, "times": 2}
    assert box.children[0].children[1].value and not box.children[0].children[0].disabled

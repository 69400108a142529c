"""The workbench: the table as it stands is what is acted on, and errors are said."""

import threading

import plotly.graph_objects as go

from curvkit.show.workbench import Workbench


def sketch(rows):
    """The rows as points."""
    return go.Figure(go.Scatter(x=[row[0] for row in rows], y=[row[1] for row in rows]))


def bench(act):
    return Workbench(["x", "y"], [[1, 2], [3, 4]], act, sketch, "Go")


def drawn(made):
    """The points on the canvas."""
    (curve,) = made.canvas.figure.data
    return list(curve.x), list(curve.y)


def test_it_acts_on_the_table_as_it_was_edited():
    seen = []
    made = bench(lambda rows, tell: seen.append(rows) or ("**Two** <rows>.", go.Figure()))
    made.add([5, 6])
    made._table.children[0].children[1].value = 7.5
    made._table.children[1].children[-1].click()
    made.button.click()
    assert made.wait(30)
    assert seen == [[[1.0, 7.5], [5.0, 6.0]]]
    assert made.words.value == "<b>Two</b> &lt;rows&gt;." and made.status.value == "done"


def test_what_is_refused_is_said_and_can_be_tried_again():
    def refuse(rows, tell):
        raise ValueError("Two points at least.")

    made = bench(refuse)
    made.start()
    assert made.wait(30)
    assert made.status.value == "failed: Two points at least." and not made.button.disabled


def test_the_table_is_drawn_before_anything_is_asked_and_again_whenever_it_is_edited():
    made = bench(lambda rows, tell: ("", sketch([[9, 9]])))
    assert drawn(made) == ([1, 3], [2, 4])
    made._table.children[0].children[0].value = -1
    assert drawn(made) == ([-1, 3], [2, 4])
    made.start()
    assert made.wait(30) and drawn(made) == ([9], [9])
    made._table.children[1].children[-1].click()
    assert drawn(made) == ([-1], [2]) and made.words.value == made.status.value == ""


def test_stop_is_heard_once_and_how_far_it_is_is_said():
    asked, pressed, heard = threading.Event(), threading.Event(), []

    def act(rows, tell):
        heard.append(tell("one of <three>"))
        heard.append(made.status.value)
        asked.set()
        assert pressed.wait(30)
        heard.extend([tell("two of three"), tell("three of three")])
        return "so far", go.Figure()

    made = bench(act)
    assert made.stop.disabled
    made.start()
    assert asked.wait(30) and made.button.disabled and not made.stop.disabled
    made.stop.click()
    pressed.set()
    assert made.wait(30)
    assert heard == [False, "one of &lt;three&gt;", True, False]
    assert made.status.value == "done" and made.stop.disabled and not made.button.disabled

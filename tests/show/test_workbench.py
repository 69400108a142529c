"""The workbench: the table as it stands is what is acted on, and errors are said."""

import plotly.graph_objects as go

from curvkit.show.workbench import Workbench


def bench(act):
    return Workbench(["x", "y"], [[1, 2], [3, 4]], act, "Go")


def test_it_acts_on_the_table_as_it_was_edited():
    seen = []
    made = bench(lambda rows: seen.append(rows) or ("**Two** <rows>.", go.Figure()))
    made.add([5, 6])
    made._table.children[0].children[1].value = 7.5
    made._table.children[1].children[-1].click()
    made.button.click()
    assert made.wait(30)
    assert seen == [[[1.0, 7.5], [5.0, 6.0]]]
    assert made.words.value == "<b>Two</b> &lt;rows&gt;." and made.status.value == "done"


def test_what_is_refused_is_said_and_can_be_tried_again():
    def refuse(rows):
        raise ValueError("Two points at least.")

    made = bench(refuse)
    made.start()
    assert made.wait(30)
    assert made.status.value == "failed: Two points at least." and not made.button.disabled

"""Only the curves of a figure, when only they are wanted."""

import threading

import plotly.graph_objects as go
import pytest

from curvkit.draw import theme, traces_only


def test_the_curves_are_kept_in_their_order_and_the_frame_is_passed_over():
    with traces_only.only_curves():
        made = theme.figure("a title", 2, cols=2)
        made.add_trace(go.Scatter(y=[1.0]), row=1, col=2)
        made.update_xaxes(title_text="x").update_layout(height=3)
        made.add_traces([go.Bar(y=[2.0]), go.Scatter(y=[3.0])])
        made.layout.annotations[0].text = "there is none"
        made.layout["legend"] = made.layout.legend.x
        theme.remark(made, "neither this")
        assert list(made.select_yaxes()) == []
    assert [tuple(each.y) for each in made.data] == [(1.0,), (2.0,), (3.0,)]


def test_afterwards_and_elsewhere_a_figure_is_a_figure():
    seen = []
    with traces_only.only_curves():
        beside = threading.Thread(target=lambda: seen.append(theme.figure("whole")))
        beside.start()
        beside.join()
        with pytest.raises(ZeroDivisionError), traces_only.only_curves():
            raise ZeroDivisionError
        assert isinstance(theme.figure("still"), traces_only.Sketch)
    assert isinstance(seen[0], go.Figure) and isinstance(theme.figure("whole"), go.Figure)


def test_a_figure_may_have_panels_side_by_side_and_shares_nothing_with_the_next():
    first = theme.figure("one", 1, cols=2, shared_xaxes=False)
    first.add_trace(go.Scatter(y=[1.0]), row=1, col=2)
    second = theme.figure("two", 1, cols=2, shared_xaxes=False)
    assert len(list(second.select_xaxes())) == 2 and not second.data
    assert first.layout.title.text == "one"

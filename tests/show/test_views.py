"""The views of a panel: figures on the axes that a person chooses."""

import numpy as np
import plotly.graph_objects as go
import pytest

from curvkit.core.trace import Record
from curvkit.draw import theme
from curvkit.show.views import Views


def drawn(trace):
    made = theme.figure("Loss above, names below", 2)
    made.add_trace(theme.curve("loss", "loss", np.arange(3.0), np.array([1.0, 3.0, 4.0])), 1, 1)
    made.add_trace(go.Bar(x=["one", "two"], y=[1.0, 2.0]), 2, 1)
    made.update_yaxes(type="log", dtick="D2", range=[0, 1], row=1, col=1)
    return made.update_xaxes(type="category", row=2, col=1)


@pytest.fixture
def views():
    return Views({"both": drawn}, "both", "step", lambda: None)


def test_an_axis_is_as_it_is_drawn_until_another_scale_is_chosen(views):
    axis = views.draw(Record).layout.yaxis
    assert (axis.type, axis.dtick, axis.range) == ("log", "D2", (0, 1))


def test_numbers_of_a_logarithmic_axis_are_not_those_of_a_linear_one(views):
    views.y_scale.value = "linear"
    made = views.draw(Record)
    for axis in (made.layout.yaxis, made.layout.yaxis2):
        assert (axis.type, axis.dtick, axis.range) == ("linear", None, None)


def test_an_axis_that_has_the_scale_already_keeps_its_numbers(views):
    views.y_scale.value = "log"
    axis = views.draw(Record).layout.yaxis
    assert (axis.type, axis.dtick, axis.range) == ("log", "D2", None)


def test_names_along_an_axis_stay_names(views):
    views.x_scale.value = "log"
    made = views.draw(Record)
    assert (made.layout.xaxis.type, made.layout.xaxis2.type) == ("log", "category")

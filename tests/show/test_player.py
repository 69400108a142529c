"""The static twin of a figure: plain plotly, with frames that are the run as it grew."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series
from curvkit.draw import theme
from curvkit.show import player


class Trace(Record):
    """A falling number."""

    step: Int[np.ndarray, " reading"] = series("Steps taken.")
    value: Float[np.ndarray, " reading"] = series("The number.")


def falling(readings=120):
    steps = 3 * np.arange(readings)
    return Trace(step=steps, value=np.exp(-0.01 * steps).astype(np.float32))


def draw(trace):
    made = theme.figure("Falling", 2)
    made.add_trace(theme.curve("loss", "the number", trace.step, trace.value), row=1, col=1)
    made.add_trace(
        theme.curve("sharpness", "its double", trace.step, 2 * trace.value), row=2, col=1
    )
    made.add_trace(theme.curve("threshold", "one", trace.step[[0, -1]], [1.0, 1.0]), row=2, col=1)
    made.update_yaxes(type="log", row=1, col=1)
    return made


@pytest.fixture(scope="module")
def played():
    return player.animate(draw, falling())


def axes(figure):
    return [*figure.select_xaxes(), *figure.select_yaxes()]


@given(
    values=st.lists(st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf]), min_size=1),
    kind=st.sampled_from(["linear", "log"]),
)
def test_a_frozen_axis_holds_every_finite_value_drawn_on_it(values, kind):
    figure = go.Figure(go.Scatter(x=list(range(len(values))), y=values))
    figure.update_yaxes(type=kind)
    player.freeze(figure)
    shown = np.array([v for v in values if np.isfinite(v) and (kind == "linear" or v > 0)])
    if not len(shown):
        assert figure.layout.yaxis.range is None  # plotly's own, where nothing can be shown
        return
    shown = np.log10(shown) if kind == "log" else shown
    low, high = figure.layout.yaxis.range
    assert low < high and low <= shown.min() and shown.max() <= high


def test_freezing_gives_every_axis_a_range_and_leaves_one_that_is_there():
    figure = draw(falling())
    figure.update_yaxes(range=[0, 7], row=2, col=1)
    player.freeze(figure)
    assert all(axis.range is not None for axis in axes(figure))
    assert tuple(figure.layout.yaxis2.range) == (0, 7)


def test_an_axis_is_frozen_to_its_own_curves_only():
    figure = player.freeze(draw(falling()))
    assert figure.layout.yaxis2.range[1] > 2 > figure.layout.yaxis2.range[0]
    assert figure.layout.yaxis.range[1] < np.log10(2)


def test_frames_are_the_figure_of_the_first_readings(played):
    for frame in played.frames:
        expected = draw(falling().head(int(frame.name)))
        for curve, number in zip(frame.data, frame.traces, strict=True):
            np.testing.assert_array_equal(curve.x, expected.data[number].x)
            np.testing.assert_array_equal(curve.y, expected.data[number].y)


def test_frames_only_add_and_end_with_the_whole(played):
    sizes = [len(frame.data[0].x) for frame in played.frames]
    assert sizes[0] == 1 and sizes[-1] == 120 and (np.diff(sizes) > 0).all()
    for frame in played.frames:
        np.testing.assert_array_equal(frame.data[0].y, falling().value[: len(frame.data[0].y)])
    for curve, number in zip(played.frames[-1].data, played.frames[-1].traces, strict=True):
        np.testing.assert_array_equal(curve.y, played.data[number].y)


def test_the_axes_stand_still_while_it_plays(played):
    assert all(axis.range is not None for axis in axes(played))
    assert all(frame.layout is None or not frame.layout.to_plotly_json() for frame in played.frames)


@pytest.mark.parametrize(("readings", "frames"), [(1, 50), (120, 1)])
def test_with_one_picture_there_is_nothing_to_play(readings, frames):
    still = player.animate(draw, falling(readings), frames)
    assert not still.frames and not still.layout.updatemenus and not still.layout.sliders


def test_it_has_a_play_button_and_a_slider_with_a_stop_for_each_frame(played):
    labels = [button.label for button in played.layout.updatemenus[0].buttons]
    assert any("Play" in label for label in labels) and len(labels) == 2
    (slider,) = played.layout.sliders
    assert [step.args[0][0] for step in slider.steps] == [frame.name for frame in played.frames]
    stops = [int(step.label) for step in slider.steps]
    assert stops == [3 * (int(frame.name) - 1) for frame in played.frames]
    assert slider.currentvalue.prefix == "step "
    assert slider.active == len(stops) - 1


def test_it_counts_what_the_trace_counts(monkeypatch):
    monkeypatch.setattr(Trace, "COUNTED", "layer")
    (slider,) = player.animate(draw, falling()).layout.sliders
    assert slider.currentvalue.prefix == "layer "
    transport = player.Transport(lambda readings: None)
    transport.load(falling())
    assert transport.readout.value == "layer 357"


def test_it_is_plain_json_and_needs_no_kernel(played):
    assert type(played) is go.Figure
    loaded = json.loads(played.to_json())
    assert len(loaded["frames"]) == len(played.frames)
    assert json.loads(go.Figure(loaded).to_json()) == loaded


def test_a_picture_that_changes_is_in_the_frames_and_one_that_does_not_is_left_out():
    def pictures(trace):
        made = theme.figure("Two pictures")
        made.add_trace(go.Heatmap(x=[0, 1], y=[0], z=[[1.0, 2.0]]))
        made.add_trace(go.Heatmap(x=[0, 1], y=[1], z=[[0.0, trace.value[-1]]]))
        return made

    made = player.animate(pictures, falling())
    last = [frame.data[1].z[0][1] for frame in made.frames]
    assert len(set(last)) == len(made.frames) and made.frames[0].data[0].z is None
    (play, _) = made.layout.updatemenus[0].buttons
    assert play.args[1]["frame"]["redraw"], "plotly moves a heatmap only by drawing it anew"


@pytest.mark.parametrize("readings, frames", [(2, 50), (49, 50), (51, 50), (400, 7)])
def test_there_are_as_many_frames_as_asked_for_or_as_there_are_readings(readings, frames):
    made = player.animate(draw, falling(readings), frames=frames)
    assert len(made.frames) == min(readings, frames)
    assert made.frames[-1].name == str(readings)


def test_the_trace_and_the_figure_of_it_are_left_as_they_were():
    whole = falling()
    before = draw(whole).to_json()
    player.animate(draw, whole)
    assert draw(whole).to_json() == before


def test_bars_of_errors_are_within_the_axes_that_stay():
    bars = dict(type="data", array=[2.0, 1.0], arrayminus=[0.5, 4.0])
    figure = theme.figure("Bars", height=300)
    figure.add_trace(theme.curve("loss", "one", np.arange(2.0), np.array([1.0, 2.0]), error_y=bars))
    low, high = player.freeze(figure).layout.yaxis.range
    assert low < -2 and high > 3

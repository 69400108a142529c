"""Points of the data moved by hand: the minimum is followed, and proved anew or withdrawn."""

import dataclasses
import json

import jax
import numpy as np
import pytest
from helpers import assert_close

from curvkit.minima import basin, certify, example
from curvkit.minima.basin import _moved as moved
from curvkit.minima.basin import _plane as plane
from curvkit.minima.basin import experiment, figures, scenes
from curvkit.minima.basin._names import STEPS
from curvkit.minima.basin.trace import Trace

pytest.importorskip("flint")
SHORT = basin.Settings.read(steps=80, every=20)
NEAR = [("points", 0, {"x": 3.1}), ("points", 2, {"y": -3.3})]
# So far that the minimum is gone; on a line the other place is no longer the lower one.
GONE, NO_BETTER = [("points", 4, {"x": 0.5})], [("points", 4, {"x": 0.0})]


def edited(settings, edits):
    return basin.stream.edited(settings, basin.stream.started(settings, jax.random.key(0)), edits)


@pytest.fixture(scope="module")
def near():
    return basin.run(SHORT, edits=NEAR)


@pytest.fixture(scope="module")
def gone():
    return basin.run(SHORT, edits=GONE)


def losses(flat, inputs, targets):
    """Of two sigmoids under the logistic loss, summed over the points."""
    hidden, bias, output, offset = flat[:4].reshape(2, 2), flat[4:6], flat[6:8], flat[8]
    z = 1 / (1 + np.exp(-(inputs @ hidden.T + bias))) @ output + offset
    return np.sum(np.logaddexp(0, z) - targets * z)


def test_what_is_moved_is_what_is_proved_and_descended_on(near):
    plain = basin.run(SHORT)
    declared = plane.chart("ten_points").certificate.example
    inputs = declared.inputs.astype(float)
    assert_close(plain.points, inputs, rtol=1e-6)
    inputs[0, 0], inputs[2, 1] = 3.1, -3.3
    assert_close(near.points, inputs, rtol=1e-6)
    np.testing.assert_array_equal(near.labels, declared.targets.astype(int))
    assert near.proved == plain.proved == 1 and near.failed == plain.failed == 0
    # By itself: the certificate of the network that was followed to, on these data.
    state = edited(SHORT, NEAR)
    flat, targets = np.asarray(state.known.minimum, float), near.labels
    exact = inputs.astype(np.float32).astype(float)
    weights = (flat[:4].reshape(2, 2), flat[4:6], flat[6:8], flat[8])
    other = declared.better or plane.NEARER_TEN
    proof = certify(example(exact, targets, weights, activation="sigmoid", loss="logistic",
                            better=tuple(other)))  # fmt: skip
    assert proof.proved and proof.distance < 1e-6
    assert_close(near.level, proof.loss.low, rtol=1e-6)
    assert_close(near.better_loss, proof.better_loss.low, rtol=1e-6)
    assert_close(near.level, losses(flat, exact, targets), rtol=1e-6)
    assert abs(near.level - plain.level) > 1e-3
    better = np.array([float(each) for each in other.flat()])
    assert_close(near.better_loss, losses(better, exact, targets), rtol=1e-5)
    assert_close(near.better_along, np.linalg.norm(better - flat), rtol=1e-5)
    middle = len(near.axis_along) // 2
    assert_close(near.surface[middle, middle], near.level, rtol=1e-5)
    assert np.abs(near.loss[0] - plain.loss[0]).max() > 1e-3
    assert_close(near.eigenvalues, [each.low for each in proof.eigenvalues], rtol=1e-4)


def test_the_gradient_is_zero_where_the_minimum_was_followed_to():
    for edits in (NEAR, [("points", 0, {"x": 3.8, "y": 0.4})]):
        state = edited(SHORT, edits)
        assert state.known.failed == 0
        flat = np.asarray(state.known.minimum, float)
        data = np.asarray(state.known.inputs, float), np.asarray(state.known.targets, float)
        step = 1e-4 * np.eye(9)
        slopes = [losses(flat + each, *data) - losses(flat - each, *data) for each in step]
        assert np.abs(slopes).max() / 2e-4 < 1e-4


def test_a_statement_that_cannot_be_proved_is_withdrawn_in_words_figures_and_scene(gone):
    assert gone.proved == 0 and STEPS[gone.failed - 1] == "critical point"
    assert "**not proved**: critical point could not be shown" in figures.words(gone)
    assert "proved minimum" not in json.dumps(figures.losses(gone).to_dict(), default=str)
    told = figures.certificate(gone).to_json()
    assert "what could not be shown: critical point" in told and "strict local" not in told
    scene = scenes.marbles(gone)
    assert np.isnan(scene.fixed["proved_x"]) and scene.fixed["open_x"] == 0
    shown = np.flatnonzero(np.isfinite(scene.fixed["verdict"]))
    assert [scenes.VERDICTS[k] for k in shown] == ["not proved: critical point"]
    assert len(scenes.WITHDRAWN) == len(STEPS) == len(scenes.VERDICTS) - 1


def test_where_it_holds_the_scene_says_so(near):
    scene = scenes.marbles(near)
    assert scene.fixed["proved_x"] == 0 and np.isnan(scene.fixed["open_x"])
    shown = np.flatnonzero(np.isfinite(scene.fixed["verdict"]))
    assert [scenes.VERDICTS[k] for k in shown] == ["proved for these data: a bad minimum"]
    data = next(view for view in scene.views if view.id == "data")
    assert [mark.drag.each for mark in data.marks if mark.drag] == [*Trace.EDITED]


@pytest.mark.parametrize("name", ["P1", "P2", "P3"])
def test_on_a_line_the_minimum_is_proved_in_rationals_or_withdrawn(name):
    settings = basin.Settings.read(example=name, learning_rate=0.005)
    held = edited(settings, [("points", 0, {"y": 3.1 if name == "P3" else 2.05})])
    lost = edited(settings, NO_BETTER if name == "P1" else [("points", 0, {"x": -2.0})])
    if name != "P2":
        assert held.known.failed == 0
    assert STEPS[int(lost.known.failed) - 1] == "better point"
    # The minimum of one pattern: no weight of the network lowers the loss to first order.
    known = edited(settings, [("points", 0, {"y": 3.1})]).known if name == "P3" else held.known
    chart = plane.chart(name)
    data = experiment.learnt(chart, known)
    flat = jax.numpy.asarray(known.minimum)
    of = lambda flat: experiment.training.losses(
        experiment.networks(chart, flat[None]), data, chart.activation
    )[0]
    assert_close(of(flat), known.level, rtol=1e-4)


@pytest.mark.parametrize(
    "field, item, values, said",
    [
        ("points", 10, {"x": 0.0}, "the point must be a whole number from 0 to 9"),
        ("points", 0, {"x": 21.0}, "a point's x must be"),
        ("points", 0, {"y": np.nan}, "a point's y must be"),
        ("labels", 0, {"x": 0.0}, "There is no field to edit 'labels'"),
    ],
)
def test_what_cannot_be_moved_is_refused_in_a_sentence(field, item, values, said):
    state = basin.stream.started(SHORT, jax.random.key(0))
    with pytest.raises(ValueError, match=said) as refused:
        experiment.edit(SHORT, state, field, item, values)
    assert "\n" not in str(refused.value)


def test_back_at_its_place_a_point_leaves_the_minimum_as_it_was():
    declared = basin.stream.started(SHORT, jax.random.key(0))
    back = edited(SHORT, [("points", 0, {"x": 3.1}), ("points", 0, {"x": 2.8})])
    np.testing.assert_array_equal(back.known.inputs, declared.known.inputs)
    assert_close(back.known.minimum, declared.known.minimum, rtol=1e-5)
    assert back.known.failed == 0


def test_a_run_on_moved_data_is_saved_loaded_and_made_again(near, gone, tmp_path):
    for trace in (near, gone):
        loaded = Trace.load(trace.save(tmp_path / "trace.npz"))
        again = basin.run(SHORT, edits=loaded.edits)
        for name, values in trace.arrays().items():
            np.testing.assert_array_equal(getattr(again, name), values, err_msg=name)
    with pytest.raises(ValueError, match="do not fit its point 0"):
        header = {**near.header, "edits": [["points", 0, {"x": 3.2}]]}
        dataclasses.replace(near, header=header).save(tmp_path / "other.npz")
    with pytest.raises(ValueError, match="its verdict is 1, its step that fails 2"):
        dataclasses.replace(near, failed=np.array(2)).save(tmp_path / "other.npz")
    with pytest.raises(ValueError, match="of item 10 of points"):
        header = {**near.header, "edits": [["points", 10, {"x": 3.2}]]}
        dataclasses.replace(near, header=header).save(tmp_path / "other.npz")


def test_what_a_certificate_fails_at_has_a_number():
    proof = plane.chart("P2").certificate
    assert moved.failed(proof) == 0
    for k, step in enumerate([*STEPS[:-1], "size"]):
        steps = (
            dataclasses.replace(proof, steps=(proof.steps[0]._replace(name=step, holds=False),)),
        )
        assert moved.failed(steps[0]) == 1 + k

"""What a study records of its runs, against one run at a time by a loop."""

import jax
import numpy as np
import pytest
from helpers import assert_close

from curvkit.minima import Settings, experiment, stream
from curvkit.minima import _examples as examples
from curvkit.minima import _training as training
from curvkit.minima.experiment import BATCH

# Two batches, of which the second is padded; nothing static is turned.
SMALL = dict(steps=6, runs=60, all_widths=True, gradient_tolerance=4.0, seed=3, input_shift=0.5)
INPUTS = np.array([[float(each) for each in row] for row in examples.TEN_POINTS])
POINTS = INPUTS + SMALL["input_shift"]
TARGETS = np.array(examples.TEN_LABELS, float)


def first_weights(settings, batch):
    """The weights that each run of a batch starts from, and its width."""
    state = stream.begin(settings, jax.random.key(0))
    widths = np.arange(BATCH * batch, BATCH * batch + BATCH) % 2 + 1
    key = jax.random.fold_in(state.key, BATCH * batch)
    return training.draw(key, "normal_with_biases", 2, widths, 2), widths


def flat(runs, at, width):
    """The weights of one run, its own units only."""
    parts = runs.hidden[:width, :, at], runs.bias[:width, at], runs.output[:width, at]
    return np.concatenate([np.ravel(each) for each in (*parts, runs.offset[at])]).astype(float)


def outputs(weights, points):
    """What a network of flat weights returns, and its preactivations (points, units)."""
    hidden, bias, output, offset = split(weights)
    inside = points @ hidden.T + bias
    return sigmoid(inside) @ output + offset, inside


def split(weights):
    units = len(weights) // 4
    return (
        weights[: 2 * units].reshape(units, 2),
        *np.split(weights[2 * units : -1], 2),
        weights[-1],
    )


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def slope(weights, points):
    """The summed logistic loss and its gradient, by the chain rule."""
    z, inside = outputs(weights, points)
    loss = np.sum(np.log1p(np.exp(z)) - TARGETS * z)
    off, on = sigmoid(z) - TARGETS, sigmoid(inside)
    back = off[:, None] * split(weights)[2] * on * (1 - on)
    return loss, np.concatenate([np.ravel(back.T @ points), back.sum(0), off @ on, [off.sum()]])


def trained(now, points):
    """The weights after 0, 6 and 9 steps of Adam on the mean loss."""
    m, v, found = 0 * now, 0 * now, [now]
    for t in range(1, 10):
        g = slope(now, points)[1] / len(points)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        now = now - 0.05 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        found += [now] * (t in (6, 9))
    return found


@pytest.fixture(scope="module")
def seen():
    """The trace, and by batch and run what a loop of Adam comes to at the start and both looks."""
    settings, runs = Settings.read(SMALL), {}
    for batch in (0, 1):
        drawn, widths = first_weights(settings, batch)
        for run in range(BATCH):
            runs[batch, run] = trained(flat(drawn, run, widths[run]), POINTS)
    return stream.run(settings), runs


def test_both_looks_are_at_a_loop_of_adam_after_so_many_steps_and_half_as_many_again(seen):
    trace, runs = seen
    for place, run in runs.items():
        (loss, _), (later, gradient) = (slope(each, POINTS) for each in run[1:])
        assert len(run[0]) == 4 * trace.width[place] + 1
        # In single precision, of ten terms; Adam divides by roots of small squares.
        assert_close(trace.loss[place], loss, rtol=1e-3)
        assert_close(trace.later_loss[place], later, rtol=1e-3)
        assert_close(trace.gradient_norm[place], np.linalg.norm(gradient), rtol=2e-3, atol=1e-4)
    assert trace.width.shape == (2, BATCH) and {*trace.width.ravel().tolist()} == {1, 2}
    assert np.array_equal(trace.small, trace.gradient_norm < 4.0) and {*trace.small.flat} == {0, 1}


def test_units_are_counted_as_off_where_no_point_turns_them_on(seen):
    trace, runs = seen
    off = []
    for place, run in runs.items():
        for name, weights in (("dead_at_start", run[0]), ("dead", run[1])):
            off.append(int(np.sum(np.all(outputs(weights, POINTS)[1] <= 0, axis=0))))
            assert getattr(trace, name)[place] == off[-1]
        wrong = (outputs(run[1], POINTS)[0] > 0) != (TARGETS > 0.5)
        assert trace.wrong[place] == wrong.sum()
    assert {0, 1} <= {*off}


def test_only_the_runs_that_were_asked_for_count(seen):
    assert seen[0].counts.tolist() == [[1] * BATCH, [1] * 20 + [0] * 20]


def test_the_best_run_and_the_typical_failure_are_chosen_by_their_losses(seen):
    trace = seen[0]
    for at in (0, 1):
        loss = trace.loss[at].astype(float)
        failed = loss[trace.wrong[at] > 0]
        assert trace.best_loss[at] == trace.loss[at].min()
        typical = failed[np.argmin(np.abs(failed - failed.mean()))]
        assert_close(trace.typical_loss[at], typical, rtol=1e-6)


def test_what_is_solved_or_lost_is_no_typical_failure():
    settings, plane = Settings.read(SMALL), experiment.frame(INPUTS.astype(np.float32))
    drawn = first_weights(settings, 0)[0]
    runs = jax.tree.map(lambda each: each[..., :5], drawn)
    loss, wrong = np.array([5.0, 1.0, np.inf, 8.0, 7.0], np.float32), np.array([3, 0, 4, 2, 1])
    some = experiment.surfaces(settings, runs, loss, wrong, plane)
    # Of those that failed the mean is 6.7; of all that are finite it would be 5.3.
    assert float(some["best_loss"]) == 1 and float(some["typical_loss"]) == 7
    none = experiment.surfaces(settings, runs, loss, 0 * wrong, plane)
    assert float(none["typical_loss"]) == float(none["best_loss"]) == 1


def test_surfaces_are_what_the_chosen_networks_return_over_the_plane_of_the_points(seen):
    trace, runs = seen
    assert_close(trace.points, INPUTS, atol=1e-6)
    assert trace.targets.tolist() == TARGETS.tolist()
    for axis, most in ((trace.axis_1, 0), (trace.axis_2, 1)):
        reach = 1.25 * max(np.abs(INPUTS[:, most]).max(), 1)
        assert_close(axis, np.linspace(-reach, reach, 33), atol=1e-5)
    places = np.array([[x, y] for y in trace.axis_2 for x in trace.axis_1], float)
    for loss, surface in (
        (trace.best_loss[1], trace.best_surface[1]),
        (trace.typical_loss[1], trace.typical_surface[1]),
    ):
        run = trace.loss[1].tolist().index(loss.item())
        expected = outputs(runs[1, run][1], places + SMALL["input_shift"])[0]
        assert_close(surface.ravel(), expected, atol=1e-3)


def test_a_level_is_the_loss_of_the_proved_network_and_of_its_width(seen):
    trace, given = seen[0], examples.ten_points()
    assert trace.level_widths.tolist() == [given.weights.units]
    weights = np.array([float(each) for each in given.weights.flat()])
    assert len(weights) == 4 * given.weights.units + 1
    assert_close(trace.levels, [slope(weights, INPUTS)[0]], rtol=1e-5)


def test_many_features_are_drawn_in_the_plane_in_which_they_spread_the_most():
    inputs = np.random.default_rng(0).normal(size=(40, 5)) * [1.0, 4.0, 0.5, 9.0, 2.0] + 3
    made = experiment.frame(inputs.astype(np.float32))
    variances, vectors = np.linalg.eigh(np.cov(inputs.T))
    assert_close(np.cov(made.points.T), np.diag(variances[[-1, -2]]), rtol=1e-4, atol=1e-3)
    # Back among the features it is the projection onto the two main directions.
    plane = vectors[:, -2:] @ vectors[:, -2:].T
    expected = inputs.mean(0) + (inputs - inputs.mean(0)) @ plane
    assert_close(made.points @ made.basis + made.centre, expected, atol=1e-3)

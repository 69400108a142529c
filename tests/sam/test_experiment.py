"""What the room records, each series against an oracle; and where SAM settles, as statistics."""

import functools

import jax
import numpy as np
import pytest
from helpers import assert_close
from oracles import dense, sharpness_aware

from curvkit import data, sam
from curvkit.sam import experiment

# So small that its Hessian is formed; so short that no trajectory has gone its own way.
SMALL = dict(examples=20, width=3, depth=1, steps=20, every=5, rho=0.2)
SIZES = [64, 3, 10]


@functools.cache
def ran(**turned):
    return sam.run(sam.Settings.read(**turned))


@functools.cache
def by_hand():
    """Every w of both methods on the small network, by backpropagation written out."""
    settings, seen = sam.Settings.read(**SMALL), data.digits(20)
    start = np.asarray(experiment.begin(settings, jax.random.key(0)).params[0])
    run = functools.partial(sharpness_aware.train, start, SIZES, *seen, settings.learning_rate)
    return run(0.2, 20)[::5], run(0.0, 20)[::5]


@pytest.fixture(params=[0, 1], ids=["sam", "gradient descent"])
def method(request):
    return request.param


def of_each(method, function):
    """A function of w at each reading of a method."""
    return np.array([function(w) for w in by_hand()[method]])


def loss_of(w):
    return sharpness_aware.loss_and_gradient(w, SIZES, *data.digits(20))[0]


def gradient_of(w):
    return sharpness_aware.loss_and_gradient(w, SIZES, *data.digits(20))[1]


def hessian_of(w):
    return sharpness_aware.hessian(w, SIZES, *data.digits(20))


@functools.cache
def tops(method):
    """The largest eigenvalue at each reading, and gradient and eigenvector along one another."""
    found = []
    for w in by_hand()[method]:
        values, vectors = np.linalg.eigh(hessian_of(w))
        found.append((values[-1], gradient_of(w) @ vectors[:, -1]))
    return np.array(found).T


# Each series against its oracle


def test_readings_are_made_every_so_many_steps_and_at_the_last():
    assert ran(**SMALL).step.tolist() == [0, 5, 10, 15, 20]
    assert ran(**{**SMALL, "steps": 12}).step.tolist() == [0, 5, 10, 12]
    assert ran(**SMALL).diverged_at.tolist() == [-1, -1]


def test_the_loss_is_that_of_steps_written_out(method):
    # Single precision along twenty steps; the loss is of size one.
    assert_close(ran(**SMALL).loss[:, method], of_each(method, loss_of), rtol=2e-5)


def test_the_worst_loss_is_the_loss_at_the_distance_rho_along_the_gradient(method):
    worst = lambda w: loss_of(w + 0.2 * gradient_of(w) / np.linalg.norm(gradient_of(w)))
    found, expected = ran(**SMALL), of_each(method, worst)
    assert_close(found.worst_loss[:, method], expected, rtol=2e-5)
    assert_close(found.rise[:, method], expected - of_each(method, loss_of), rtol=1e-3)


def test_the_gradient_norm_is_that_of_backpropagation_by_hand(method):
    expected = of_each(method, lambda w: np.linalg.norm(gradient_of(w)))
    assert_close(ran(**SMALL).gradient_norm[:, method], expected, rtol=1e-4)


def test_the_sharpness_is_the_largest_eigenvalue_of_the_dense_hessian(method):
    # Readings stop at an estimated relative error of 1e-3.
    assert_close(ran(**SMALL).sharpness[:, method], tops(method)[0], rtol=2e-3)


def test_the_edge_is_that_of_bisection_and_two_over_the_rate_without_rho(method):
    norms = of_each(method, lambda w: np.linalg.norm(gradient_of(w)))
    rho = 0.2 if method == 0 else 0.0
    expected = [sharpness_aware.edge(norm, 0.1, rho) for norm in norms]
    assert_close(ran(**SMALL).edge[:, method], expected, rtol=1e-4)
    if method == 1:
        assert_close(expected, np.full(5, 20.0), rtol=1e-6)


def test_alignment_and_offset_are_of_the_dense_top_eigenvector(method):
    found, (values, along) = ran(**SMALL), tops(method)
    norms = of_each(method, lambda w: np.linalg.norm(gradient_of(w)))
    # An eigenvector is as good as the root of its eigenvalue's error.
    assert_close(found.alignment[:, method], (along / norms) ** 2, atol=0.02)
    sizes = np.abs(along / values)
    assert_close(np.abs(found.offset[:, method]), sizes, atol=0.03 * sizes.max())


def test_the_bounce_is_that_of_the_recorded_sharpness_of_sam():
    found = ran(**SMALL)
    scaled = 0.1 * found.sharpness[:, 0]
    assert np.isinf(found.bounce[0]) and scaled[0] > 2  # it starts beyond 2/η
    assert_close(found.bounce[1:], 0.2 * scaled[1:] / (2 - scaled[1:]), rtol=1e-5)


def test_the_dense_hessian_of_the_oracle_is_that_of_automatic_differentiation():
    _, loss = experiment.problem(sam.Settings.read(**SMALL))
    w = by_hand()[0][2]
    assert_close(hessian_of(w), dense.hessian(loss, np.asarray(w, np.float32)), atol=2e-5)


# Theorems


def test_with_rho_zero_both_are_gradient_descent():
    found = ran(**{**SMALL, "rho": 0.0})
    for name in ("loss", "sharpness", "edge", "gradient_norm"):
        values = getattr(found, name)
        assert_close(values[:, 0], values[:, 1], rtol=1e-6, what=name)
    assert_close(found.edge, np.full((5, 2), 20.0), rtol=1e-6)


def test_on_the_quadratic_sam_bounces_at_its_edge_and_gradient_descent_comes_to_rest():
    found = ran(data="quadratic", steps=400, every=1)
    assert_close(found.ratio[200:, 0], np.ones(201), atol=2e-4)
    assert_close(np.abs(found.offset[200:, 0]), found.bounce[200:], rtol=1e-3)
    assert np.all(found.offset[200:-1, 0] * found.offset[201:, 0] < 0)
    assert np.all(np.abs(found.offset[200:, 1]) < 1e-6)
    assert_close(found.alignment[200:, 0], np.ones(201), atol=1e-3)


def test_beyond_two_over_the_rate_both_diverge_and_the_trace_says_when():
    found = ran(data="quadratic", steps=400, every=1, learning_rate=0.15)
    assert np.all(found.diverged_at > 0) and found.readings < 401
    told = sam.figures.words(found)
    assert f"SAM **diverged at step {found.diverged_at[0]}**" in told
    assert all(np.isnan(each) for each in found.merits().values())


# Statistics at the edge, where trajectories are chaotic


@pytest.mark.slow
def test_sam_settles_a_little_above_its_own_edge_far_below_that_of_gradient_descent():
    merits = ran().merits()
    assert 1.0 < merits["settled_ratio"] < 1.15
    assert abs(merits["settled_plain_sharpness"] - 20) < 1
    assert merits["settled_sharpness"] < 0.25 * merits["settled_plain_sharpness"]
    assert ran().crossing(0) < ran().crossing(1)


@pytest.mark.full
def test_the_larger_rho_the_lower_sharpness_and_edge_and_the_further_beyond_it():
    merits = [ran(rho=0.01).merits(), ran().merits(), ran(rho=1.0).merits()]
    for name, sign in (("settled_sharpness", -1), ("settled_edge", -1), ("settled_ratio", 1)):
        assert np.all(sign * np.diff([each[name] for each in merits]) > 0), name
    assert merits[0]["settled_ratio"] < 1.05 and merits[-1]["settled_ratio"] > 1.3


@pytest.mark.full
def test_the_sharpness_follows_its_edge_down_as_the_gradient_shrinks():
    long, short = ran(steps=10010, every=55), ran()
    assert long.settled("sharpness", 0) < 0.75 * short.settled("sharpness", 0)
    assert 1.0 < long.settled("ratio", 0) < 1.1
    assert abs(long.settled("sharpness", 1) - 20) < 1


@pytest.mark.full
def test_at_a_rate_too_small_for_gradient_descent_to_come_to_its_edge_sam_comes_to_its_own():
    found = ran(learning_rate=0.03)
    assert found.crossing(0) < 300 and found.crossing(1) is None

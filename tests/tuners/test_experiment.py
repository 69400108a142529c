"""What the tuners room shows, on the digits network: statistics at the edge, steps before it.

The network is that of the measurements: 200 digits, two layers of 32 tanh units, squared error.
"""

import functools

import numpy as np
import pytest
from helpers import assert_close

from curvkit import tuners

pytestmark = pytest.mark.slow
NET = dict(initialization="torch", rival="none", seeds=3, steps=4004)


@functools.cache
def ran(**turned):
    return tuners.run(tuners.Settings.read(**{**NET, **turned}))


@pytest.mark.full
@pytest.mark.parametrize("sigma", [1.0, 1.5, 1.9])
def test_every_sigma_sits_at_the_edge_and_alignment_tells_them_apart(sigma):
    trace = ran(sigma=sigma, ema=0.9)
    assert_close(trace.settled("scaled_sharpness", 0, since=2000), 2.0, atol=0.005)
    assert_close(trace.settled("alignment", 0, since=2000), sigma / 2, atol=0.01)


@pytest.mark.full
def test_the_sharpness_falls_steeply_between_sigma_below_two_and_two():
    level = [ran(sigma=s).settled("sharpness", 0, since=3500) for s in (2.0, 1.9)]
    assert level[0] / level[1] < 0.4


@pytest.mark.full
def test_greedy_ends_more_than_three_times_above_a_tuned_constant():
    greedy = np.median(ran(sigma=1.0).best(0))
    constant = np.median(ran(tuner="constant", learning_rate=0.4).best(0))
    assert greedy / constant > 3
    assert np.median(ran(sigma=2.0).best(0)) < greedy / 2


@pytest.mark.full
def test_greedy_wins_every_single_step():
    trace = ran(sigma=2.0)
    half, whole = trace.along[:, 0, 4], trace.along[:, 0, 8]  # half of η and η, from 0 to 3 η
    # Where both are equal to rounding neither wins.
    assert np.all(half <= whole * (1 + 1e-5))
    assert np.mean(half < whole) > 0.95


@pytest.mark.full
def test_with_a_cap_the_tuner_can_take_over_late_without_a_jump_of_the_loss():
    late = dict(handover=200, learning_rate=0.1, seeds=1, steps=700, every=1)
    capped, free = ran(**late, max_learning_rate=0.5), ran(**late)
    start = capped.loss[200, 0, 0]
    assert_close(capped.loss[:200], free.loss[:200])
    assert_close(capped.learning_rate[:200], np.full((200, 1, 1), 0.1), rtol=1e-6)
    assert np.max(capped.loss[200:, 0, 0]) < 1.02 * start
    # Without: the gradient is all but orthogonal to the top eigenvector, and the rate is huge.
    assert free.learning_rate[200, 0, 0] > 20 and np.max(free.loss[200:, 0, 0]) > 5 * start


@pytest.mark.full
@pytest.mark.parametrize("learning_rate", [3e-4, 1e-3, 3e-3])
def test_adam_at_a_constant_rate_settles_at_its_own_edge(learning_rate):
    trace = ran(tuner="constant", base="adam", learning_rate=learning_rate, seeds=1)
    assert 35 < trace.settled("scaled_sharpness", 0, since=2500) < 40


@pytest.mark.full
def test_cdat_on_adam_ends_below_every_constant_and_at_the_edge_of_adam():
    cdat = ran(base="adam", sigma=2.0, steps=3003)
    rates = (1e-3, 3e-3, 1e-2)
    best = min(
        np.median(ran(tuner="constant", base="adam", learning_rate=r, steps=3003).best(0))
        for r in rates
    )
    assert np.median(cdat.best(0)) < best
    assert abs(cdat.settled("scaled_sharpness", 0) - 38) < 2


def test_the_rate_is_sigma_times_slope_over_curvature_at_every_reading():
    trace = ran(sigma=1.9, seeds=1, steps=330)
    ratio = trace.learning_rate * np.abs(trace.denominator) / trace.numerator
    # Two ways to uᵀHu, in single precision, where much of it cancels.
    assert_close(ratio, np.full_like(ratio, 1.9), rtol=2e-2)


def test_a_run_side_by_side_is_each_run_by_itself():
    both, alone = ran(rival="constant", seeds=2, steps=110), ran(seeds=1, steps=110)
    assert_close(both.loss[:, 0, :1], alone.loss[:, 0], rtol=1e-3)
    assert not np.allclose(both.loss[:, 0], both.loss[:, 1], rtol=1e-3)


def test_batches_of_all_examples_train_as_no_batches_do():
    whole, batched = (ran(seeds=1, steps=55, sigma=1.5, batch=b) for b in (0, 200))
    # The order of the examples differs, and with it the rounding.
    assert_close(batched.loss, whole.loss, rtol=1e-3)


def test_a_constant_beyond_the_edge_diverges_and_the_trace_says_when():
    trace = ran(tuner="constant", learning_rate=3.0, seeds=1, rival="cdat", steps=220)
    assert trace.diverged_at[0, 0] > 0 and trace.diverged_at[1, 0] == -1
    assert np.isnan(trace.best(0)).all() and np.isfinite(trace.best(1)).all()
    told = tuners.figures.words(trace)
    assert f"diverged at step {trace.diverged_at[0, 0]}" in told

"""The model against plain loops in double precision, and what is proved of it."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest
from helpers import assert_close, float64

from curvkit.tuners import model
from curvkit.tuners.model import _balance as balance
from curvkit.tuners.model import experiment


def loop(rate, offset, sharpness, a, b, steps):
    """The model as a loop: offsets, sharpnesses and rates before each step."""
    kept = []
    for t in range(steps):
        eta = rate(offset, sharpness, t)
        kept.append((offset, sharpness, eta))
        offset = (1 - eta * sharpness) * offset
        sharpness = sharpness + eta * (a - b * offset**2)
    return np.array(kept).T


def cdat(sigma, bulk, curvature=0.0):
    def rate(x, s, _):
        return sigma * (s**2 * x**2 + bulk**2) / (s**3 * x**2 + curvature * bulk**2)

    return rate


def ran(**turned):
    return model.run(model.Settings.read(**turned))


def in_double(**turned):
    """The room's readings in double precision; the room itself runs in single."""
    settings = model.Settings.read(**turned)
    with float64():
        state, rows = experiment.begin(settings, jax.random.key(0)), []
        read = jax.jit(lambda state: experiment.reading(settings, state))
        for _ in range(settings.steps + 1):
            state, row = read(state)
            rows.append(jax.device_get(row))
    return SimpleNamespace(**{name: np.array([row[name] for row in rows]) for name in rows[0]})


@pytest.mark.parametrize("rule", balance.RULES)
def test_a_run_is_the_loop(rule):
    turned = dict(rule=rule, steps=60, bulk_gradient=0.3, bulk_curvature=0.1, sigma=1.7)
    trace, single = in_double(**turned), ran(**turned)
    rate = {
        "constant": lambda x, s, t: 1.0,
        "oracle": lambda x, s, t: 1.7 / s,
        "cdat": cdat(1.7, 0.3, 0.1),
    }[rule]
    offset, sharpness, eta = loop(rate, 1.0, 1.5, 0.01, 0.01, 61)
    assert_close(trace.offset, offset, rtol=1e-6, atol=1e-12)
    assert_close(trace.sharpness, sharpness, rtol=1e-8)
    assert_close(trace.learning_rate, eta, rtol=1e-8)
    assert_close(trace.distance, eta * sharpness - 2, atol=1e-7)
    # 60 steps, each of a few roundings of 6e-8.
    assert_close(single.offset, offset, rtol=1e-4, atol=1e-9)
    assert_close(single.sharpness, sharpness, rtol=2e-5)
    assert_close(single.learning_rate, eta, rtol=2e-5)


@pytest.mark.parametrize("share", [0.1, 0.01])
def test_an_undershooting_rate_lets_the_sharpness_grow_like_a_root(share):
    sigma = 2 * (1 - share)
    _, sharpness, _ = loop(lambda x, s, t: sigma / s, 1e-6, 1.5, 0.01, 0.01, 3001)
    law = balance.undershooting_sharpness(1.5, sigma, 0.01, np.arange(3001))
    # The law adds λ² without the square of a step, (a σ / λ)², which is of relative size 1e-4.
    assert_close(law, sharpness, rtol=1e-3)
    trace = ran(rule="oracle", sigma=sigma, steps=3000, first_offset=1e-3)
    assert_close(trace.sharpness, trace.predicted_sharpness, rtol=1e-3)
    # y is −2 share exactly.
    assert_close(trace.distance, np.full(3001, -2 * share), atol=1e-5)


def test_a_constant_rate_cycles_about_the_edge():
    trace = ran(rule="constant", steps=4000, first_offset=1.0, first_sharpness=1.9)
    assert abs(np.mean(trace.distance)) < 0.05
    assert np.sum(np.diff(np.sign(trace.distance)) != 0) > 10
    # In balance b x² = a.
    assert abs(np.mean(trace.offset[1000:] ** 2) - 1) < 0.15


@pytest.mark.parametrize("sigma", [1.5, 1.8, 1.9])
def test_cdat_rests_at_the_edge_with_an_alignment_of_half_sigma(sigma):
    trace = ran(sigma=sigma, steps=2000)
    half = trace.readings // 2
    assert abs(np.median(trace.alignment[half:]) - model.settled_alignment(sigma)) < 1e-2
    assert abs(np.median(trace.distance[half:])) < 5e-3


def test_the_alignment_of_half_sigma_solves_the_equation_of_the_edge():
    for sigma in (1.0, 1.3, 1.99):
        bulk, sharpness = 0.7, 3.0
        offset = bulk / sharpness * np.sqrt(sigma / (2 - sigma))
        state = balance.Balance(offset, sharpness)
        eta = balance.rate("cdat", state, sigma=sigma, bulk_gradient=bulk)
        assert_close(eta * sharpness, 2.0, rtol=1e-6)
        assert_close(balance.alignment(state, bulk), model.settled_alignment(sigma), rtol=1e-6)


@pytest.mark.parametrize("sigma", [1.6, 1.9, 1.97])
@pytest.mark.parametrize("bulk", [0.1, 0.2, 0.5, 1.0])
def test_the_sharpness_shrinks_below_the_turning_point_and_grows_above_it(sigma, bulk):
    turning = float(model.turning_sharpness(sigma, 0.01, 0.01, bulk))
    for times, grows in ((0.7, False), (1.4, True)):
        start = times * turning
        # At rest in the sense of the theory: η λ = 2 there.
        rest = bulk / start * np.sqrt(sigma / (2 - sigma))
        _, sharpness, _ = loop(cdat(sigma, bulk), rest, start, 1e-4, 1e-4, 20)
        assert (sharpness[-1] > start) == grows


def test_there_is_no_turning_point_from_two_on():
    assert np.isinf(float(model.turning_sharpness(2.0, 0.01, 0.01, 1.0)))
    values = [float(model.turning_sharpness(s, 1.0, 1.0, 1.0)) for s in (1.0, 1.9, 1.99, 1.999)]
    assert values == sorted(values) and values[-1] > 40


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="cdat, constant, oracle"):
        balance.rate("greedy", balance.Balance(1.0, 1.0))

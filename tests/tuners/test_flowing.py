"""Flows beside tuners: how well they follow the average of a run whose rate turns, or do not."""

import functools
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close

from curvkit import tuners
from curvkit.tuners import _flowing as flowing
from curvkit.tuners import experiment, figures

SMALL = dict(examples=60, width=12, depth=1, initialization="torch", steps=550, seed=1) | dict(
    flow="both", flow_from=55
)


@functools.cache
def ran(**turned):
    return tuners.run({**SMALL, **turned})


@pytest.mark.slow
@pytest.mark.parametrize(
    "turned", [{}, pytest.param(dict(sigma=1.9, ema=0.9, seed=0), marks=pytest.mark.full)]
)
def test_the_central_flow_follows_the_average_of_each_tuner_and_gradient_flow_does_not(turned):
    trace = ran(**turned)
    for contender, name in enumerate(trace.contenders):
        free, held = (trace.astray(flow)[-1, contender, 0] for flow in trace.flows)
        levels = trace.flow_sharpness[-1, contender, 0]
        average = np.median(trace.sharpness[-9:, contender, 0])
        # Measured: of CDAT 0.02 of the way gone, and of gradient flow 0.43; of the constant 0.003
        # and 0.05.
        assert held < 0.2 * free, name
        assert levels[0] > 1.1 * average and abs(levels[1] / average - 1) < 0.1, name
        # The mean loss of the last half is that of the central flow, oscillation included.
        late = slice(trace.readings // 2, None)
        ours = trace.averaged_loss[late, contender, 0, 0].mean()
        off = np.abs(trace.flow_loss[late, contender, 0].mean(0) / ours - 1)
        assert off[1] < 0.5 * off[0], name
    # CDAT's edge moves, and the constant's does not.
    edges = 2 / trace.learning_rate[-20:, :, 0]
    assert np.ptp(edges[:, 0]) > 0 and np.ptp(edges[:, 1]) == 0


@pytest.mark.slow
def test_what_is_averaged_is_each_run_between_two_readings():
    turned = dict(SMALL, steps=30, flow_from=10, sigma=1.0)
    settings = tuners.Settings.read(turned, every=5)
    trace, each = tuners.run(settings), tuners.run(turned, every=1)
    loss = experiment.problem(settings).loss
    value, gradient = jax.jit(loss), jax.jit(jax.grad(loss))
    begun = tuners.stream.begin(settings, jax.random.key(0)).runners
    for contender, runner in enumerate(begun):
        visited = [np.asarray(runner.params[0])]
        for rate in each.learning_rate[:30, contender, 0]:
            visited.append(visited[-1] - rate * np.asarray(gradient(visited[-1])))
        weights = np.r_[0.5, np.ones(4), 0.5] / 5
        means = [weights @ np.array(visited[at : at + 6]) for at in range(0, 30, 5)]
        # They leave at step 10 or later, and are told from the reading after that on.
        first = int(np.argmax(np.isfinite(trace.travelled[:, contender, 0, 0])))
        assert first >= 3 and np.isnan(trace.flow_loss[:first, contender]).all()
        gone = [np.linalg.norm(each - means[first - 2]) for each in means]
        assert_close(trace.travelled[first:, contender, 0, 0], gone[first - 1 :], rtol=2e-3)
        losses = [np.mean([value(w) for w in visited[at : at + 5]]) for at in range(0, 30, 5)]
        assert_close(trace.averaged_loss[first:, contender, 0, 0], losses[first - 1 :], rtol=1e-3)


@pytest.mark.slow
def test_flows_of_a_run_are_those_of_dense_matrices_at_its_readings():
    settings = tuners.Settings.read({**SMALL, "every": 1})
    state = tuners.stream.started(settings, jax.random.key(0))
    state = tuners.stream.advanced(settings, state, 300).state
    rows = tuners.stream.advanced(settings, state, 1).rows
    row = {name: np.asarray(each)[0] for name, each in rows.items()}
    loss = experiment.problem(settings).loss
    hessian_of = jax.jit(jax.hessian(loss))
    for contender in (0, 1):
        of = lambda each, at=contender: np.asarray(each[at, 0])
        beside = jax.tree.map(of, state.flows.beside)
        for at in (0, 1):
            flow = jax.tree.map(lambda each, at=at: each[at], beside.flows)
            hessian = np.asarray(hessian_of(flow.params), float)
            read = {name: each[contender, 0, at] for name, each in row.items() if "flow_" in name}
            assert_close(read["flow_sharpness"], np.linalg.eigvalsh(hessian)[-1], rtol=1e-4)
            spread = flow.vectors.T @ flow.variance @ flow.vectors
            raised = float(loss(flow.params)) + 0.5 * np.sum(hessian * spread)
            assert_close(read["flow_loss"], raised, rtol=1e-4)
            assert_close(read["flow_variance"], np.trace(spread), rtol=1e-4, atol=1e-12)
            away = np.linalg.norm(flow.params - beside.mean.params)
            assert_close(read["flow_distance"], away, rtol=1e-3)
    assert row["flow_variance"][:, 0, 1].max() > 0


def test_two_rates_in_turn_hold_what_the_sum_of_their_inverses_says():
    """On a parabola, where it can be seen: the next step counts as much as the last."""
    first, second = 0.1, 0.3
    sums = flowing.nothing(jnp.zeros(1), jnp.asarray(jnp.nan))
    for at in range(10):
        rate = jnp.asarray((first, second)[at % 2])
        sums = flowing.stepped(sums, jnp.zeros(1), jnp.zeros(1), jnp.zeros(()), rate)
    # Of the first step there is none before.
    edge = (float(sums.edge) - 2 / first) / 9
    assert_close(edge, 1 / first + 1 / second, rtol=1e-6)
    assert_close(float(sums.time), 5 * (first + second), rtol=1e-6)
    growth = [abs((1 - first * lam) * (1 - second * lam)) for lam in (0.99 * edge, 1.01 * edge)]
    assert growth[0] < 1 < growth[1]
    still = flowing.stepped(sums, jnp.zeros(1), jnp.zeros(1), jnp.zeros(()), jnp.zeros(()))
    assert np.isfinite(still.edge) and float(still.last) >= 0.99 * flowing.FAR


SHORT = dict(SMALL, steps=22, width=2, examples=10)


@pytest.mark.slow
@pytest.mark.parametrize(
    "turned, rule", [(dict(base="heavy_ball"), "heavy ball"), (dict(batch=5), "batches")]
)
def test_flows_are_of_gradient_descent_on_all_data_alone_and_a_sentence_says_so(turned, rule):
    trace = tuners.run(SHORT, **turned)
    assert trace.flows == () and trace.flow_loss.shape == (3, 2, 1, 0)
    assert f"Flows are of gradient descent on all data alone: none for {rule}." in figures.words(
        trace
    )
    drawn = figures.flows(trace)
    assert f"none for {rule}" in drawn.layout.annotations[-1].text


@pytest.mark.full
def test_of_a_tuner_with_its_own_direction_no_flow_is_told():
    trace = tuners.run(SHORT, tuner="prodigy", rival="constant", flow_from=0, flow="gradient")
    assert np.isnan(trace.flow_loss[:, 0]).all() and np.isfinite(trace.flow_loss[2:, 1]).all()
    assert "No flow is known of Prodigy" in figures.words(trace)


@pytest.mark.slow
def test_a_trace_without_flows_is_one_of_an_earlier_version(tmp_path):
    trace = tuners.run(SHORT, flow="none")
    settings = {name: each for name, each in trace.settings.items() if not name.startswith("flow")}
    header = json.dumps({**trace.header, "settings": settings}, sort_keys=True)
    arrays = {name: each for name, each in trace.arrays().items() if name not in trace.LATER}
    np.savez_compressed(tmp_path / "old.npz", header=np.array(header), **arrays)
    old = tuners.Trace.load(tmp_path / "old.npz")
    assert old.settings["flow"] == "none" and old.settings["flow_from"] == 110
    assert old.flows == () and old.flow_loss.shape == trace.flow_loss.shape
    assert figures.words(old) == figures.words(trace)

"""The sampled valley of the curvature room, against the dense Hessian and the loss itself."""

import functools
import json

import jax
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from curvkit import curvature
from curvkit.curvature import _rules as rules
from curvkit.curvature import experiment

pytestmark = pytest.mark.slow
POINTS = 9
SMALL = dict(data="chebyshev", width=4, depth=1, steps=40, every=4, valley_points=POINTS)


def states(settings, readings):
    """The state before each of the first readings, and the row that each makes."""
    state, found = curvature.stream.started(settings, jax.random.key(0)), []
    for _ in range(readings):
        chunk = curvature.stream.advanced(settings, state, 1)
        found.append((state, {name: np.asarray(each)[0] for name, each in chunk.rows.items()}))
        state = chunk.state
    return found


def dense(settings, loss):
    """Compiled: the Hessian and the preconditioner's diagonal at flat parameters."""
    rule = rules.direction(settings.rule, settings.momentum, settings.second_moment_decay)

    def both(params, state):
        inner = rule.update(jax.grad(loss)(params), state, params)[1]
        diagonal = rules.preconditioner(
            settings.rule, inner, params, settings.momentum, settings.second_moment_decay
        )
        return jax.hessian(loss)(params), diagonal

    return jax.jit(both)


def direction(matrices, state):
    """The top eigenvector of the preconditioned Hessian, in the measure of the preconditioner."""
    params, _ = ravel_pytree(state.params)
    hessian, diagonal = (np.asarray(each, float) for each in matrices(params, state.rule))
    scale = 1 / np.sqrt(diagonal)
    values, vectors = np.linalg.eigh(hessian * scale[:, None] * scale)
    return values[-1], vectors[:, -1] * scale


def sampled(values, params, top, x, side, places):
    """The loss at places along the top direction, counted from the floor."""
    return np.asarray(values(params, side * (places - x)[:, None] * top), float)


@pytest.mark.parametrize("rule, rate", [("gd", 0.1), ("rmsprop", 0.01)])
def test_the_valley_is_the_loss_along_the_top_eigenvector_from_its_floor(rule, rate):
    settings = curvature.Settings(rule=rule, learning_rate=rate, **SMALL)
    loss = experiment.problem(settings)[1]
    values = jax.jit(jax.vmap(lambda params, shift: loss(params + shift), (None, 0)))
    matrices = dense(settings, loss)
    for state, row in states(settings, 4)[1:]:
        lam, top = direction(matrices, state)
        x = float(row["distance"])
        across = np.linspace(row["valley_start"], row["valley_end"], POINTS)
        along = functools.partial(sampled, values, state.params, top, x)
        # The sign of an eigenvector is free: that of the two which fits is meant.
        off = {side: along(side, across) for side in (1, -1)}
        raised = row["valley"] - row["valley"].min()
        off = {side: np.max(np.abs(v - v.min() - raised)) for side, v in off.items()}
        # The pair is followed to a residual of a thousandth of its eigenvalue.
        assert min(off.values()) <= 5e-3 * np.ptp(raised) + 2e-7, off
        # The floor is that of the loss itself: lower than each sample, by no more than a parabola.
        fine, step = np.linspace(across[0], across[-1], 801), across[1] - across[0]
        assert abs(fine[np.argmin(along(min(off, key=off.get), fine))]) <= 0.2 * step
        assert -1e-6 <= row["valley"].min() <= 0.5 * lam * step**2
        half = max(0.2, 2.2 * abs(float(row["top_gradient"]) / lam))
        assert row["valley_end"] - row["valley_start"] == pytest.approx(2 * half, rel=2e-2)


def test_without_points_the_distance_is_that_of_the_parabola():
    trace = curvature.run(**{**SMALL, "valley_points": 0})
    assert trace.valley.shape == (trace.readings, 0)
    assert not trace.valley_start.any() and not trace.valley_end.any()
    parabola = trace.top_gradient / trace.preconditioned_sharpness
    np.testing.assert_allclose(trace.distance, parabola, rtol=1e-5)


@pytest.mark.parametrize("rule", ["gd", "heavy_ball", "adam"])
def test_the_edge_is_the_critical_value_over_the_rate_of_each_reading(rule):
    turned = [(3, dict(learning_rate=0.02)), (6, dict(momentum=0.5))]
    trace = curvature.run(rule=rule, learning_rate=0.01, **SMALL, turns=turned)
    rates, momenta = (trace.over_readings(name) for name in ("learning_rate", "momentum"))
    wanted = [
        float(curvature.critical(rule, momentum=beta)) / rate
        for rate, beta in zip(rates, momenta, strict=True)
    ]
    assert set(rates) == {0.01, 0.02} and set(momenta) == {0.9, 0.5}
    np.testing.assert_allclose(trace.edge, wanted, rtol=1e-6)


def written(path, trace, without=(), **header):
    """A file of the trace as `save` writes it, without some series, its header changed."""
    told = {**trace.header, **header}
    arrays = {name: each for name, each in trace.arrays().items() if name not in without}
    np.savez_compressed(path, header=np.array(json.dumps(told, sort_keys=True)), **arrays)
    return path


def test_a_trace_of_an_earlier_version_is_completed(tmp_path):
    trace = curvature.run(**{**SMALL, "valley_points": 0})
    settings = {name: each for name, each in trace.settings.items() if name != "valley_points"}
    later = curvature.Trace.LATER
    path = written(tmp_path / "old.npz", trace, later, settings=settings)
    old = curvature.Trace.load(path)
    assert old.settings == trace.settings
    for name in later:
        np.testing.assert_allclose(
            getattr(old, name), getattr(trace, name), rtol=1e-5, err_msg=name
        )
    torn = written(tmp_path / "torn.npz", trace, {"loss"}, settings=settings)
    with pytest.raises(ValueError, match="is not a trace of curvature .* loss"):
        curvature.Trace.load(torn)


@pytest.mark.parametrize(
    "turns, said",
    [
        (3, "no list of readings and knobs"),
        ([3], "no list of readings and knobs"),
        ([[1, 2, 3]], "no list of readings and knobs"),
        ([["a", {}]], "are at readings"),
        ([[5, {}], [4, {}]], "are at readings"),
        ([[4, {}], [4, {}]], "are at readings"),
        ([[-1, {}]], "are at readings"),
        ([[1, {"nothing": 1}]], "knobs that the room does not have"),
        ([[1, 5]], "knobs that the room does not have"),
        ([[1, {"learning_rate": -1}]], "learning_rate must be"),
        ([[1, {"learning_rate": "0.1"}]], "its setting learning_rate"),
    ],
)
def test_turns_that_a_file_cannot_mean_are_refused(tmp_path, turns, said):
    trace = curvature.run(**{**SMALL, "valley_points": 0})
    with pytest.raises(ValueError, match=said):
        curvature.Trace.load(written(tmp_path / "bad.npz", trace, turns=turns))


def test_a_steered_trace_is_saved_and_loaded_with_its_turns(tmp_path):
    turned = [(3, {"learning_rate": 0.02})]
    trace = curvature.run(**{**SMALL, "valley_points": 0}, turns=turned)
    again = curvature.Trace.load(trace.save(tmp_path / "run.npz"))
    assert again.turns == trace.turns == turned
    np.testing.assert_array_equal(again.sharpness, trace.sharpness)

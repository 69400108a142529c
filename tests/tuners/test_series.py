"""What a run records of the valley and its edge, against a plain loop and the dense Hessian."""

import dataclasses

import jax
import numpy as np
import pytest
from helpers import assert_close
from oracles import dense, recurrences

from curvkit import tuners
from curvkit.tuners import experiment

# With a rate at which the iterate jumps from side to side of its valley.
SMALL = dict(data="chebyshev", width=4, depth=1, rival="none", every=1, steps=9, base="adam",
             tuner="constant", learning_rate=0.05)  # fmt: skip
PLACES, FORGET = 25, 0.9


@pytest.fixture(scope="module")
def seen():
    """The trace of a short run of Adam, and what a loop over the same rates finds at each step."""
    settings = tuners.Settings.read(**SMALL)
    trace = tuners.run(settings)
    loss = jax.jit(experiment.problem(settings).loss)
    gradient, hessian = jax.jit(jax.grad(loss)), jax.jit(jax.hessian(loss))
    params = tuners.stream.begin(settings, jax.random.key(0))
    params = np.asarray(params.runners[0].params[0], np.float64)
    betas, gradients, rows, before, reach = (0.9, 0.99), [], [], None, 0.0
    for at in range(trace.readings):
        gradients.append(np.asarray(gradient(np.float32(params)), np.float64))
        history, rate = np.array(gradients), float(trace.learning_rate[at, 0, 0])
        direction = -recurrences.directions("adam", history, *betas)[-1]
        weights = recurrences.preconditioners("adam", history, *betas)[-1]
        matrix = np.asarray(hessian(np.float32(params)), np.float64)
        values, vectors = np.linalg.eigh(dense.preconditioned(matrix, weights))
        vector, shaped = vectors[:, -1], gradients[-1] / np.sqrt(weights)
        # An eigenvector has no sign: the first one's is the run's, and then it keeps its own.
        first = trace.offset[0, 0, 0] * (vector @ shaped)
        vector = vector * np.sign(first if before is None else before @ vector)
        before = vector
        offset = vector @ shaped / values[-1]
        reach = max(abs(offset), FORGET * reach)
        places = np.linspace(-2, 2, PLACES) * reach - offset
        sides = params + places[:, None] * vector / np.sqrt(weights)
        ahead = params + np.linspace(0, 3, PLACES)[:, None] * rate * direction
        rows.append({
            "loss": float(loss(np.float32(params))),
            "sharpness": dense.largest(matrix)[0],
            "preconditioned_sharpness": values[-1],
            "scaled_sharpness": rate * values[-1],
            "alignment": (vector @ shaped) ** 2 / (shaped @ shaped),
            "numerator": -gradients[-1] @ direction,
            "denominator": direction @ matrix @ direction,
            "offset": offset,
            "reach": reach,
            "across": [float(loss(np.float32(each))) for each in sides],
            "along": [float(loss(np.float32(each))) for each in ahead],
        })  # fmt: skip
        params = params + rate * direction
    return trace, {name: np.array([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("name", [
    "loss", "sharpness", "preconditioned_sharpness", "scaled_sharpness", "alignment", "numerator",
    "denominator", "offset", "reach", "across", "along",
])  # fmt: skip
def test_each_series_of_a_run_is_what_the_dense_hessian_says(seen, name):
    trace, rows = seen
    got = getattr(trace, name)[:, 0].reshape(rows[name].shape)
    # An eigenvalue is read to 1e-3, and what is read along its vector to the root of it; across
    # the valley of what it is deep.
    along = name in ("alignment", "offset", "reach", "across")
    size = np.ptp(rows[name], axis=1)[:, None] if name == "across" else np.abs(rows[name]).max()
    off = 0.03 if along else 1e-4
    assert_close(got / size, rows[name] / size, rtol=0 if along else 5e-3, atol=off, what=name)


def test_steps_and_the_critical_value_are_those_of_the_settings(seen):
    trace = seen[0]
    assert trace.step.tolist() == list(range(10))
    assert_close(trace.critical, 2 * (1 + 0.9) / (1 - 0.9), rtol=1e-6)


def test_the_mean_curvature_along_steps_on_batches_is_what_cdat_divides_by():
    """CDAT sets η times it to σ at each step: the mean of its inverse rates is it over σ."""
    settings = experiment.Settings.read(
        batch=8, rival="none", sigma=1.5, steps=30, every=1, width=4, depth=1, examples=20
    )
    trace = tuners.run(settings)
    inverse = 1.5 / trace.learning_rate[:, 0, 0]
    for at in (0, 3, 29):
        expected = inverse[max(0, at - 24) : at + 1].mean()
        assert_close(trace.batch_sharpness[at, 0, 0], expected, rtol=1e-3)
    assert_close(trace.scaled_batch_sharpness[0, 0, 0], 1.5, rtol=1e-4)
    uphill = dataclasses.replace(trace, numerator=-trace.numerator)
    assert np.isnan(uphill.batch_sharpness).all()

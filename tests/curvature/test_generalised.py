"""Sign descent, Lion and Muon in the room: against loops, and sharpness known beforehand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from oracles import recurrences

from curvkit import curvature
from curvkit.core import knob
from curvkit.curvature import Settings, experiment
from curvkit.curvature import _generalised as generalised

EIGENVALUES = 20.0 * np.logspace(0, -2, 10)
RATES = {"sign_descent": 0.01, "lion": 0.01, "muon": 0.05}


def followed(rule, gradients, momentum, decay):
    """What the sign or the polar factor is taken of at each step, of a loop."""
    found, moment = [], np.zeros(gradients.shape[1])
    for gradient in gradients:
        if rule == "lion":
            found.append(momentum * moment + (1 - momentum) * gradient)
            moment = decay * moment + (1 - decay) * gradient
        else:
            moment = momentum * moment + (1 - momentum) * gradient
            found.append(recurrences.ahead(moment, gradient, momentum, len(found) + 1))
    return gradients if rule == "sign_descent" else np.array(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rule", ["sign_descent", pytest.param("lion", marks=pytest.mark.full), "muon"]
)
def test_on_a_quadratic_the_sharpness_is_the_one_that_can_be_said(rule):
    """All curvature has one sign: of the cube each corner is as sharp, Σ λᵢ; of the ball, max λ."""
    turned = dict(data="quadratic", rule=rule, learning_rate=RATES[rule], every=1, steps=20)
    settings, trace = knob.read(Settings, turned), curvature.run(turned)
    w, visited = np.ones(10), []
    betas = settings.momentum, settings.second_moment_decay
    gradients = np.zeros((0, 10))
    for _ in range(21):
        visited.append(w)
        gradients = np.vstack([gradients, EIGENVALUES * w])
        step = recurrences.directions(rule, gradients, *betas, ((1, 10),))[-1]
        # Of one row a version of optax may take a longer step.
        radius = generalised.Matrices([(10,)]).radii("spectral")[0] if rule == "muon" else 1.0
        w = w - RATES[rule] * radius * step
    assert_close(trace.loss, [0.5 * EIGENVALUES @ each**2 for each in visited], rtol=2e-3)
    signals = followed(rule, gradients, *betas)
    if rule == "muon":
        expected = radius * EIGENVALUES[0] / np.linalg.norm(signals, axis=1)
    else:
        expected = EIGENVALUES.sum() / np.abs(signals).sum(1)
    assert_close(trace.preconditioned_sharpness, expected, rtol=5e-3)
    assert_close(trace.sharpness, np.full(21, 20.0), rtol=1e-3)
    assert (trace.alignment <= 1 + 1e-4).all() and np.isnan(trace.second_eigenvalue).all()


@pytest.mark.full
def test_muon_turns_each_matrix_of_a_network_as_its_polar_factor_does():
    turned = dict(width=3, depth=1, examples=12, rule="muon", learning_rate=0.01, steps=11)
    settings, trace = knob.read(Settings, turned), curvature.run(turned)
    of, parts = experiment.trained(settings)
    params = experiment.begin(settings, jax.random.key(0)).params
    gradient, seen = jax.jit(jax.grad(of.loss)), []
    scales = np.concatenate([np.full(each.size, radius) for each, radius in zip(
        parts.split(params), parts.radii("spectral"), strict=True)])  # fmt: skip
    for _ in range(11):
        seen.append(np.asarray(gradient(params)))
        step = recurrences.directions(
            "muon", np.array(seen), settings.momentum, 0.99, tuple(parts.shapes)
        )[-1]
        params = params - settings.learning_rate * jnp.asarray(scales * step, jnp.float32)
    # Small singular values are turned to 1 as far as single precision and the rounds allow.
    assert_close(trace.loss[-1], of.loss(params), rtol=1e-2)


def test_matrices_are_cut_and_joined_without_a_loss():
    parts = generalised.Matrices([(2, 3), (4,), (2, 2, 3), ()])
    flat = jnp.arange(23.0)
    cut = parts.split(flat)
    assert [each.shape for each in cut] == [(2, 3), (1, 4), (2, 3), (2, 3), (1, 1)]
    np.testing.assert_array_equal(parts.join(cut), flat)


def test_the_curvature_along_the_step_is_exact_and_below_the_sharpest():
    matrix = np.random.default_rng(0).normal(size=(6, 6))
    matrix = jnp.asarray(matrix @ matrix.T, jnp.float32)
    loss, w = lambda w: 0.5 * w @ matrix @ w, jnp.arange(6.0) - 2.5
    gradient = matrix @ w
    found = generalised.sharpest(
        loss, w, "sign_descent", gradient, [gradient], [jnp.ones(6)], generalised.Matrices([(6,)]),
        12,
    )  # fmt: skip
    step = jnp.sign(gradient)
    assert_close(found.along, step @ matrix @ step / jnp.abs(gradient).sum(), rtol=1e-5)
    assert found.along <= found.sharpness * (1 + 1e-6)
    assert_close(generalised.steepest("sign_descent", None, gradient) @ gradient,
                 jnp.abs(gradient).sum() ** 2, rtol=1e-5)  # fmt: skip


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="There is no rule 'sine'"):
        generalised.direction("sine", 0.9, 0.99, generalised.Matrices(()))

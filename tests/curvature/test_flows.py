"""Gradient flow and the central flow, against closed forms and dense matrices."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close, float64
from oracles import central

from curvkit.curvature import _flows as flows

pytestmark = pytest.mark.slow

BEND = np.array([40.0, 6.0, 1.0, 0.1])


def quadratic(w):
    return 0.5 * jnp.asarray(BEND, w.dtype) @ w**2


def gone(loss, params, vectors, *, time, steps, limit=np.inf):
    """The flow after so many steps of one length, from eigenvectors that rounds have found."""
    flow = flows.begun(jnp.asarray(params), jnp.asarray(vectors))
    for _ in range(8):
        values, found = flows.followed(loss, flow.params, flow.vectors)
        flow = flow._replace(values=values, vectors=found)
    step = jax.jit(lambda flow: flows.advanced(loss, flow, time / steps, limit))
    for _ in range(steps):
        flow = step(flow)
    return flow


def test_gradient_flow_of_a_quadratic_is_its_closed_form_to_second_order():
    with float64():
        start = np.array([1.0, -2.0, 0.5, 3.0])
        off = [
            np.abs(gone(quadratic, start, np.eye(4)[:2], time=2.0, steps=steps).params
                   - start * np.exp(-2.0 * BEND))[1:].max()
            for steps in (40, 80)
        ]  # fmt: skip
    # Of one part with three stages each, so of second order: half the step, a quarter of the error.
    # (What is stiff, the first number, is gone sooner.)
    assert off[0] < 2e-4 and 3.5 < off[0] / off[1] < 4.5


def test_a_step_of_few_stages_is_stable_where_one_of_euler_is_thrown_out():
    stiff, start = 100.0, jnp.ones(())
    seen = flows.legendre(lambda w: -stiff * w, start, jnp.asarray(0.9), jnp.asarray(stiff))
    assert abs(float(seen)) < 0.5 and abs(1 - 0.9 * stiff) > 80


def wavy(w):
    """Of no symmetry: each third derivative counts."""
    return jnp.sum(jnp.sin(w * jnp.array([1.0, 2.0, 3.0]))) * w[0] + w[0] * w[1] ** 2 * w[2]


def test_the_gradients_of_curvature_are_the_dense_third_derivatives():
    params = jnp.array([0.3, -0.7, 1.1])
    vectors = jnp.linalg.qr(jax.random.normal(jax.random.key(0), (3, 2)))[0].T
    third = jax.jit(jax.jacfwd(jax.hessian(wavy)))(params)
    found = flows.gradients(wavy, params, vectors, 2)
    assert_close(found, jnp.einsum("abp,ia,jb->ijp", third, vectors, vectors), rtol=1e-4, atol=1e-4)
    assert not flows.gradients(wavy, params, vectors, 1)[1].any()


def test_the_eigenpairs_that_are_followed_come_to_those_of_the_dense_hessian():
    mixed = np.random.default_rng(0).normal(size=(12, 12))
    mixed = jnp.asarray(mixed @ mixed.T, jnp.float32)
    loss, vectors = (lambda w: 0.5 * w @ mixed @ w), jnp.eye(12)[:3]
    for _ in range(30):
        values, vectors = flows.followed(loss, jnp.ones(12), vectors)
    assert_close(values, np.linalg.eigvalsh(mixed)[::-1][:3], rtol=1e-4)
    assert_close(vectors @ vectors.T, np.eye(3), atol=1e-5)


def sharpening(w):
    """λ₁ = 2 + w₂ + ½ w₃ and λ₂ = 2 + w₃ + ⅓ w₂ grow until they are held."""
    first, second = 2 + w[2] + 0.5 * w[3], 2 + w[3] + w[2] / 3
    return 0.5 * (first * w[0] ** 2 + second * w[1] ** 2) - w[2] - 0.8 * w[3]


def test_two_directions_at_the_edge_are_held_there_by_what_the_balance_says():
    with float64():
        start = np.array([0.0, 0.0, 0.0, 0.2])
        flow = gone(sharpening, start, np.eye(4)[:2], time=3.0, steps=60, limit=3.0)
        rates = np.array([[1.0, 0.5], [1 / 3, 1.0]])
        # Both eigenvalues stand still, so that w₂ and w₃ do: (1, 0.8) = ½ ratesᵀ x².
        expected = 2 * np.linalg.solve(rates.T, [1.0, 0.8])
        assert_close(flow.values, [3.0, 3.0], rtol=1e-5)
        assert_close(np.sort(np.linalg.eigvalsh(flow.variance)), np.sort(expected), rtol=1e-3)


def small(key):
    """A network of nine parameters on five numbers, which sharpens."""
    inputs = jnp.linspace(-1.0, 1.0, 5)
    targets = 2.5 * jnp.sin(3 * inputs)

    def loss(w):
        hidden = jnp.tanh(inputs[:, None] * w[:3] + w[3:6])
        return 0.5 * jnp.mean((hidden @ w[6:9] - targets) ** 2)

    return loss, 0.8 * jax.random.normal(key, (9,))


@functools.cache
def at_its_edge():
    """The end of the central flow, of its oracle and of gradient flow, of the small network."""
    with float64():
        loss, start = small(jax.random.key(2))
        limit = 1.05 * np.linalg.eigvalsh(jax.jit(jax.hessian(loss))(start))[-1]
        given, vectors = dict(time=4.0, limit=limit), np.eye(9)[:4]
        found = gone(loss, start, vectors, steps=200, **given)
        free = gone(loss, start, vectors, time=4.0, steps=200)
        told = central.flow(loss, start, step=2e-3, **given)
        found, free = (jax.tree.map(np.asarray, each) for each in (found, free))
        return loss, limit, found, free, told


def test_the_central_flow_is_that_of_dense_third_derivatives_and_small_steps():
    _, limit, found, free, told = at_its_edge()
    apart = np.linalg.norm(free.params - told)
    assert free.values[0] > 1.1 * limit and apart > 0.1
    assert abs(found.values[0] / limit - 1) < 1e-3
    # Both are of first order, in steps of a fiftieth and of a five-hundredth. Measured: 0.0014.
    assert np.linalg.norm(found.params - told) < 0.01 * apart


def test_rise_fall_and_cubic_term_are_the_slope_of_the_sharpness():
    loss, _, flow, _, _ = at_its_edge()
    with float64():
        flow = jax.tree.map(jnp.asarray, flow)
        after = flows.advanced(loss, flow, jnp.asarray(1e-6), flow.values[0])
        top = flow.vectors[0]
        third = jax.jit(jax.jacfwd(jax.hessian(loss)))(flow.params)
        bend = jnp.einsum("ijk,i,j->k", third, top, top)
        across = bend - (top @ bend) * top
        assert_close(after.cubic, top @ bend, rtol=1e-5)
        assert_close(after.rise, -across @ jax.grad(loss)(flow.params), rtol=1e-5)
        assert_close(after.fall, 0.5 * across @ across, rtol=1e-5)


def test_far_beyond_the_edge_there_is_no_central_flow():
    flow = flows.begun(jnp.ones(4), jnp.eye(4)[:2])._replace(values=jnp.array([40.0, 6.0]))
    assert np.isnan(flows.advanced(quadratic, flow, jnp.asarray(0.1), 30.0).params).all()
    assert np.isfinite(flows.advanced(quadratic, flow, jnp.asarray(0.01), 41.0).params).all()

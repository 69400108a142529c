"""The generalised sharpness against all sign vectors, and its edge against optax itself."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.edges import bisected, dense, drifts, filled, place

from curvkit.curvature import _edges as edges
from curvkit.curvature import _norms as norms
from curvkit.curvature._optimizers import transformed

MATRIX = dense(6)
CUBE = np.array(list(itertools.product((-1.0, 1.0), repeat=6)))
BENT = np.einsum("ni,ij,nj->n", CUBE, np.asarray(MATRIX), CUBE)


def climbed(norm, shape, rounds=40):
    """The sharpest step of six numbers in a shape, from many starts."""
    product = lambda d: [(MATRIX @ d[0].ravel()).reshape(shape)]
    starts = [[jax.random.normal(jax.random.key(seed), shape)] for seed in range(48)]
    climb = jax.vmap(lambda start: norms.sharpest(product, norm, [1.0], [[start]], rounds))
    values, steps, _ = climb(jnp.stack([start[0] for start in starts]))
    best = int(jnp.argmax(values))
    return float(values[best]), steps[0][best]


def test_climbing_finds_the_sharpest_of_all_sign_vectors():
    value, step = climbed("sign", (6,))
    assert value == pytest.approx(BENT.max(), rel=1e-5)
    assert np.allclose(jnp.sign(MATRIX @ step), step)


@given(st.integers(0, 1000), st.sampled_from(norms.NAMES))
def test_no_step_of_norm_1_goes_further_along_a_signal(seed, norm):
    keys = jax.random.split(jax.random.key(seed), 2)
    signal, other = (jax.random.normal(key, (3, 2)) for key in keys)
    size = jnp.max(jnp.abs(other)) if norm == "sign" else jnp.linalg.norm(other, 2)
    furthest = norms.dual(norm, [signal], [0.5])
    assert float(jnp.vdot(signal, 0.5 * other / size)) <= float(furthest) * (1 + 1e-5)
    exact = jnp.abs(signal).sum() if norm == "sign" else jnp.linalg.norm(signal, "nuc")
    assert float(furthest) == pytest.approx(0.5 * float(exact), rel=1e-5)


def test_a_norm_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="There is no norm 'max'"):
        norms.longest("max", [jnp.ones(2)], [1.0])


exactly = dict(ns_coeffs=(2.0, -1.5, 0.5), ns_steps=30)
muon = getattr(optax.contrib, "muon", None)
RULES = {
    "sign_descent": (optax.sign_sgd, {}, "sign", (6,)),
    "lion": (optax.lion, dict(b1=0.8, b2=0.9, weight_decay=0.0), "sign", (6,)),
    "lion with decay": (optax.lion, dict(b1=0.8, b2=0.9, weight_decay=2.0), "sign", (6,)),
    "muon": (muon, dict(exactly, beta=0.7), "spectral", (3, 2)),
    "muon, whose iteration ends early": (muon, dict(beta=0.7), "spectral", (3, 2)),
}


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_the_edge_is_where_optax_itself_begins_to_grow(rule):
    """Scaled by the dual norm of what it takes the sign of, so that all is linear in its size."""
    factory, options, norm, shape = RULES[rule]
    if factory is None:
        pytest.skip("this optax has no muon")
    fixed = ("ns_coeffs", "ns_steps") if "muon" in rule else ()
    optimizer = optax.inject_hyperparams(factory, fixed)(learning_rate=0.1, **options)
    value, step = climbed(norm, shape)
    params = {"w": step}
    state = filled(optimizer.init(params))

    def steepest(state, weights, gradient):
        read = transformed(optimizer, state, place(weights))
        found = edges.edge(read, 1)
        signal, radii = edges.steepest(read, found, [weights["w"]], [gradient["w"]], None)
        return found, norms.dual(norm, signal, radii), radii

    def adjust(state, weights, gradient):
        # A decay is judged at the rate that is scaled by, so it is scaled back.
        _, size, _ = steepest(state, weights, gradient)
        hyper = state.hyperparams | {"learning_rate": 0.1 * size}
        if "weight_decay" in hyper:
            hyper |= {"weight_decay": options.get("weight_decay", 0.0) / size}
        return state._replace(hyperparams=hyper)

    gradient = {"w": (MATRIX @ step.ravel()).reshape(shape)}
    found, _, radii = steepest(state, params, gradient)
    assert found.rule.replace(" with decay", "") == rule.split(",")[0].replace(" with decay", "")
    assert found.norm == norm
    # Muon's iteration goes a share of the way that the polar factor would.
    scale = float(found.critical) / 0.1 / value / float(radii[0]) ** 2
    seen = bisected(optimizer, state, params, MATRIX, scale, adjust, by=drifts)
    # Where the iteration ends early it turns the step too, and the edge is one to a quarter.
    assert seen == pytest.approx(scale, rel=0.3 if "early" in rule else 1e-2)


def test_where_sign_descent_goes_back_and_forth_it_is_at_its_edge():
    """At a fixed rate it ends on an orbit of two points, on which ηλ is 2 exactly."""
    value, step = climbed("sign", (6,))
    optimizer, rate = optax.sign_sgd(0.1), 0.1
    weights = [0.5 * rate * step]
    gradient = [MATRIX @ weights[0]]
    moved = weights[0] + optimizer.update(gradient, optimizer.init(weights), weights)[0][0]
    assert np.allclose(moved, -weights[0], atol=1e-7)
    read = transformed(optimizer, optimizer.init(weights), place(weights))
    signal, radii = edges.steepest(read, edges.edge(read, 1), weights, gradient, None)
    assert rate * value / float(norms.dual("sign", signal, radii)) == pytest.approx(2, rel=1e-5)

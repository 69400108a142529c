"""SAM's step, edge and bounce against loops, bisection and optax; what a quadratic does to them."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import pytest
from helpers import assert_close
from hypothesis import given, settings
from hypothesis import strategies as some
from oracles import dense, sharpness_aware

from curvkit.sam import sam_bounce, sam_edge, sam_gradient, sam_perturbation

RATE = 0.1
positive = some.floats(1e-3, 1e3)


def quadratic(seed, size=6, top=15.0):
    matrix = dense.matrix(seed, size, np.geomspace(0.5, top, size))
    start = np.random.default_rng(seed).normal(size=size).astype(np.float32)
    return matrix, start, lambda w: 0.5 * w @ jnp.asarray(matrix) @ w


def steps_of(loss, start, rho, steps, rate=RATE):
    """Every w of so many steps, one after another."""

    def one(w, _):
        return w - rate * sam_gradient(loss, w, rho), w

    last, path = jax.jit(lambda w: jax.lax.scan(one, w, None, length=steps))(jnp.asarray(start))
    return np.asarray([*path, last])


# The step


@pytest.mark.parametrize("rho", [0.0, 0.05, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_steps_on_a_dense_quadratic_are_those_of_a_loop_written_out(seed, rho):
    matrix, start, loss = quadratic(seed)
    expected = sharpness_aware.descend(matrix, start, RATE, rho, 40)
    # Single precision, forty steps of a few roundings each of numbers of size one.
    assert_close(steps_of(loss, start, rho, 40), expected, atol=2e-5)


def test_on_a_pytree_it_is_the_step_of_optax():
    draw = np.random.default_rng(0)
    params = {"w": jnp.asarray(draw.normal(size=(4, 3)), jnp.float32), "b": jnp.ones(3)}
    x = jnp.asarray(draw.normal(size=(5, 4)), jnp.float32)
    loss = lambda p, x: jnp.mean(jnp.cosh(x @ p["w"] + p["b"]))
    uphill = optax.chain(optax.contrib.normalize(), optax.sgd(0.2))
    method = optax.contrib.sam(optax.sgd(RATE), uphill, opaque_mode=True)
    slope = lambda p: jax.grad(loss)(p, x)
    peer, state, own = params, method.init(params), params
    for _ in range(10):
        updates, state = method.update(slope(peer), state, peer, grad_fn=lambda p, _: slope(p))
        peer = optax.apply_updates(peer, updates)
        own = jax.tree.map(lambda w, g: w - RATE * g, own, sam_gradient(loss, own, 0.2, x))
    for name in params:
        assert_close(own[name], peer[name], rtol=1e-5, atol=1e-6, what=name)


@pytest.mark.parametrize("size", [1e-30, 1e-20, 1.0, 1e20, 1e30])
def test_the_perturbation_has_length_rho_whatever_the_size_of_the_gradient(size):
    gradient = {"a": size * jnp.array([3.0, 0.0]), "b": size * jnp.array(-4.0)}
    uphill = sam_perturbation(gradient, 0.5)
    assert_close(uphill["a"], [0.3, 0.0], rtol=1e-6)
    assert_close(uphill["b"], -0.4, rtol=1e-6)


def test_where_the_gradient_is_zero_there_is_no_perturbation():
    assert_close(sam_perturbation(jnp.zeros(3), 0.5), np.zeros(3))
    assert_close(sam_gradient(lambda w: jnp.sum(w**2), jnp.zeros(3), 0.5), np.zeros(3))


# The edge


@pytest.mark.parametrize("rho", [0.0, 1e-3, 0.1, 2.0])
@pytest.mark.parametrize("length", [1e-3, 0.07, 1.0, 50.0])
@pytest.mark.parametrize("rate", [0.01, 0.5])
def test_the_edge_is_where_a_step_at_a_fixed_gradient_norm_begins_to_grow(length, rate, rho):
    found = sam_edge(jnp.array(length), rate, rho)
    assert_close(found, sharpness_aware.edge(length, rate, rho), rtol=2e-6)


@given(positive, some.floats(1e-3, 1.0), some.floats(1e-3, 10.0))
@settings(max_examples=50, deadline=None)
def test_the_edge_solves_its_equation_as_the_paper_writes_it(length, rate, rho):
    # In double precision: the paper's form cancels where ρ is small beside ‖g‖.
    paper = length / (2 * rho) * (np.sqrt(1 + 8 * rho / (rate * length)) - 1)
    found = float(sam_edge(length, rate, rho))
    assert_close(found, paper, rtol=1e-5)
    assert_close(rate * found * (1 + rho * found / length), 2.0, rtol=1e-5)


def test_the_edge_grows_with_the_gradient_from_zero_to_that_of_gradient_descent():
    edges = np.asarray(sam_edge(jnp.array([0.0, 1e-4, 0.01, 1.0, 100.0, 1e9]), RATE, 0.1))
    assert edges[0] == 0 and np.all(np.diff(edges) > 0)
    assert_close(edges[-1], 2 / RATE, rtol=1e-6)
    assert_close(edges[1], np.sqrt(2 * 1e-4 / (RATE * 0.1)), rtol=0.01)


# The bounce: arXiv 2210.01513


@pytest.mark.parametrize("rho", [0.02, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_on_a_quadratic_sam_bounces_for_ever_at_its_edge_and_rests_in_all_other_directions(
    seed, rho
):
    matrix, start, _ = quadratic(seed)
    values, vectors = np.linalg.eigh(matrix.astype(np.float64))
    late = sharpness_aware.descend(matrix, start, RATE, rho, 3000)[-2:] @ vectors
    far = float(sam_bounce(jnp.array(values[-1]), RATE, rho))
    assert_close(late[0], -late[1], atol=1e-6)
    assert_close(np.abs(late[:, -1]), [far, far], rtol=1e-5)
    assert_close(late[:, :-1], np.zeros((2, 5)), atol=1e-6 * rho)
    # There, the edge has come to the sharpness, which a quadratic cannot change.
    assert_close(sam_edge(values[-1] * far, RATE, rho), values[-1], rtol=1e-5)


def test_beyond_the_edge_of_gradient_descent_it_diverges_whatever_rho_is():
    matrix, start, _ = quadratic(0, top=21.0)
    assert sam_bounce(21.0, RATE, 0.1) == np.inf
    for rho in (1e-3, 0.5):
        path = sharpness_aware.descend(matrix, start, RATE, rho, 300)
        assert np.linalg.norm(path[-1]) > 1e6


# What is refused


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: sam_edge(1.0, 0.0, 0.1), "learning_rate must be a number above 0, but 0.0 was"),
        (lambda: sam_edge(1.0, 0.1, -1), "rho must be a number of at least 0, but -1 was given"),
        (lambda: sam_bounce(1.0, -0.1, 0.1), "learning_rate must be"),
        (lambda: sam_bounce(1.0, 0.1, float("nan")), "rho must be a number of at least 0"),
        (lambda: sam_perturbation(jnp.ones(2), -0.1), "rho must be"),
        (lambda: sam_gradient(jnp.sum, jnp.ones(2), "far"), "rho must be"),
    ],
)
def test_what_is_out_of_range_is_refused_in_a_sentence(call, said):
    with pytest.raises(ValueError, match=said):
        call()

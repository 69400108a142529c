"""The largest Hessian eigenvalues against the dense matrix, and what must hold of any of them."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close, compilations, float64
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.flatten_util import ravel_pytree
from oracles import dense

from curvkit import data
from curvkit.curvature import _davidson as davidson
from curvkit.curvature import _network as network
from curvkit.curvature._eigenpairs import EigenPairs, hvp, sharpness, top_eigenpairs
from curvkit.curvature._lanczos import lanczos

KEY = jax.random.key(0)


def flat(tree):
    """The leaves of a pytree as one vector."""
    return ravel_pytree(tree)[0]


def symmetric(eigenvalues, seed=0):
    """A dense matrix with these eigenvalues, in a random basis, in double precision."""
    values = np.asarray(eigenvalues, np.float64)
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(values),) * 2))[0]
    return basis * values @ basis.T


def small_network(seed=0):
    """A network of 99 parameters, as the pytree that it is, and its loss."""
    inputs, targets = data.chebyshev(4, 12)
    params = network.mlp(jax.random.key(seed), [1, 7, 9, 1], "lecun", 1.5)
    return params, lambda p: network.mean_squared_error(network.predict(p, inputs, "tanh"), targets)


# The oracle, before anything rests on it


def test_the_oracles_two_ways_to_the_hessian_agree():
    with float64():
        inputs, targets = (each.astype(np.float64) for each in data.chebyshev(3, 6))
        params = network.mlp(KEY, [1, 3, 1], "lecun")
        loss = lambda p: network.mean_squared_error(network.predict(p, inputs, "tanh"), targets)
        matrix = dense.hessian(loss, params, columns=3)
        # Differences of width 1e-3 are off by its square times fourth derivatives of size one.
        assert_close(dense.hessian_by_differences(loss, params), matrix, atol=1e-4)
    assert_close(dense.largest_quickly(matrix, 2), dense.largest(matrix, 2), rtol=1e-9)


# Hessian-vector products


@pytest.mark.slow
def test_hvp_is_the_difference_of_two_gradients():
    with float64():
        params, loss = small_network()
        vector = jax.tree.map(lambda x: np.cos(np.arange(x.size)).reshape(x.shape), params)
        gradient = jax.jit(jax.grad(loss))
        ahead, behind = (
            gradient(jax.tree.map(lambda w, v, s=sign: w + s * 1e-4 * v, params, vector))
            for sign in (1, -1)
        )
        got = jax.jit(lambda p, v: hvp(loss, p, v))(params, vector)
        assert jax.tree.structure(got) == jax.tree.structure(params)
        expected = (np.asarray(flat(ahead)) - np.asarray(flat(behind))) / 2e-4
        # Central differences of width 1e-4 are off by 1e-8 times third derivatives of the gradient.
        assert_close(flat(got), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@given(seed=st.integers(0, 99), a=st.floats(-3, 3), b=st.floats(-3, 3))
@settings(max_examples=25)
def test_hvp_is_linear_and_symmetric(seed, a, b):
    u, v = np.random.default_rng(seed).normal(size=(2, len(flat(small_network()[0]))))
    hu, hv, hboth = (np.asarray(small_product(np.float32(each))) for each in (u, v, a * u + b * v))
    # Single precision, and cancellation among some hundred terms of the size of H u.
    size = np.linalg.norm(hu) + np.linalg.norm(hv)
    assert_close(hboth, a * hu + b * hv, atol=1e-5 * size)
    assert_close(u @ hv, v @ hu, atol=1e-5 * size * np.sqrt(len(u)))


@jax.jit
def small_product(vector):
    params, loss = small_network()
    flat_params, unravel = ravel_pytree(jax.tree.map(jnp.asarray, params))
    return hvp(lambda w: loss(unravel(w)), flat_params, vector)


# Against the dense matrix


@pytest.mark.slow
@pytest.mark.parametrize("precision, rtol, k", [("float32", 1e-5, 5), ("float64", 1e-9, 1)])
def test_top_eigenpairs_are_those_of_the_dense_hessian(precision, rtol, k):
    with float64():
        params, loss = small_network()
        params = jax.tree.map(lambda x: jnp.asarray(x, precision), params)
        pairs = top_eigenpairs(loss, params, k, key=KEY, num_hvps=60)
        assert pairs.values.dtype == precision
        matrix = dense.hessian(loss, params)
        assert_close(pairs.values, dense.largest(matrix, k), rtol=rtol)
        vectors = np.asarray(jax.vmap(flat)(pairs.vectors), np.float64)
        assert_close(vectors @ vectors.T, np.eye(k), atol=rtol)
        residuals = np.linalg.norm(matrix @ vectors.T - vectors.T * pairs.values, axis=0)
        # Both are roundings where the pair is found: small against the value, and no more alike.
        assert_close(pairs.residuals, residuals, atol=10 * rtol * float(pairs.values[0]))


def test_params_may_be_any_pytree():
    weights = {"a": [np.ones((2, 3)), (np.full(4, 0.3),)], "b": np.array(0.7)}
    weights = jax.tree.map(np.float32, weights)
    loss = lambda p: (
        jnp.sum(jnp.sin(p["a"][0]) @ jnp.ones(3) * p["b"]) ** 2 + jnp.sum(p["a"][1][0] ** 4)
    )
    pairs = top_eigenpairs(loss, weights, 2, key=KEY)
    assert jax.tree.structure(pairs.vectors) == jax.tree.structure(weights)
    assert jax.tree.map(lambda v: v.shape[1:], pairs.vectors) == jax.tree.map(np.shape, weights)
    assert_close(pairs.values, dense.largest(dense.hessian(loss, weights), 2), rtol=1e-5)


@functools.partial(jax.jit, static_argnames=("k", "num_hvps"))
def pairs_of(matrix, k=4, num_hvps=20):
    """The pairs of the quadratic whose Hessian is `matrix`."""
    loss = lambda w: 0.5 * w @ matrix @ w
    params = jnp.ones(len(matrix), matrix.dtype)
    return top_eigenpairs(loss, params, k, key=KEY, num_hvps=num_hvps)


@pytest.mark.parametrize("precision, rtol", [("float32", 1e-6), ("float64", 1e-12)])
@pytest.mark.parametrize("top", [2.0, 0.5, -0.5])
def test_the_largest_is_found_and_not_the_largest_in_size(top, precision, rtol):
    eigenvalues = [-80.0, -30.0, -9.0, -7.0, -3.0, -2.0, -1.0, top]
    with float64():
        pairs = pairs_of(jnp.asarray(symmetric(eigenvalues), precision))
        # Rounding is relative to the largest in size, which is up to 160 times the value sought.
        assert_close(pairs.values, [top, -1.0, -2.0, -3.0], atol=80 * rtol)


@pytest.mark.parametrize("multiplicity", [2, 3])
def test_a_repeated_eigenvalue_is_found_as_often_as_it_is_there(multiplicity):
    others = [1.0, 0.5, -1.0, -4.0, -4.0, -4.0][: 8 - multiplicity]
    matrix = symmetric([5.0] * multiplicity + others)
    expected = ([5.0] * multiplicity + [1.0, 0.5])[:4]
    assert_close(pairs_of(jnp.asarray(matrix, jnp.float32)).values, expected, atol=5e-5)


def test_a_matrix_of_rank_one_gives_its_eigenvalue_and_zeros():
    column = np.arange(1.0, 9.0)
    got = pairs_of(jnp.asarray(np.outer(column, column), jnp.float32)).values
    assert_close(got, [column @ column, 0, 0, 0], atol=1e-5 * (column @ column))


@pytest.mark.parametrize("num_hvps", [1, 20])
def test_in_one_dimension_the_second_derivative_is_the_sharpness(num_hvps):
    got = sharpness(lambda w: jnp.cosh(2 * w), jnp.array(0.5), key=KEY, num_hvps=num_hvps)
    assert_close(got, 4 * np.cosh(1.0), rtol=1e-6)


def test_more_products_than_parameters_give_the_whole_spectrum():
    matrix = jnp.asarray(symmetric([4.0, 1.0, 0.0, -2.0, -6.0]), jnp.float32)
    pairs = pairs_of(matrix, k=5, num_hvps=50)
    assert_close(pairs.values, [4, 1, 0, -2, -6], atol=6e-5)
    assert int(pairs.num_hvps) == 5


def test_a_preconditioner_shows_the_eigenvalues_of_the_preconditioned_matrix():
    params, loss = small_network()
    # From about 0.1 to 10.
    diagonal = jax.tree.map(
        lambda x: np.exp(2 * np.sin(1 + np.arange(x.size, dtype=np.float32))).reshape(x.shape),
        params,
    )
    pairs = top_eigenpairs(loss, params, 2, key=KEY, num_hvps=60, preconditioner=diagonal)
    matrix = dense.preconditioned(dense.hessian(loss, params), flat(diagonal))
    assert_close(pairs.values, dense.largest(matrix, 2), rtol=1e-5)


# What it costs, and when it may stop


@pytest.mark.parametrize("num_hvps, tolerance", [(1, None), (7, None), (60, 1e-3)])
def test_the_products_made_are_the_products_counted(num_hvps, tolerance):
    made = []
    matrix = jnp.asarray(symmetric(np.linspace(1, 9, 80)), jnp.float32)

    def product(vector):
        jax.debug.callback(lambda: made.append(1))
        return matrix @ vector

    each = tolerance and (tolerance,)
    run = jax.jit(lambda f: lanczos(product, f, num_hvps, 1, key=KEY, tolerance=each))
    counted = int(run(jnp.ones(80))[3])
    jax.effects_barrier()
    assert len(made) == counted
    assert counted == num_hvps if tolerance is None else 1 < counted < num_hvps


SIZE = 12
spectra = st.lists(st.floats(-10, 10), min_size=SIZE, max_size=SIZE).filter(
    lambda values: max(values) > 1e-2
)


@functools.partial(jax.jit, static_argnames=("steps", "tolerance"))
def ritz(matrix, seed, steps, tolerance=None):
    """`lanczos` on a dense matrix from a random start."""
    first_key, key = jax.random.split(jax.random.key(seed))
    first = jax.random.normal(first_key, (len(matrix),), matrix.dtype)
    tolerance = tolerance and (tolerance,)
    return lanczos(lambda v: matrix @ v, first, steps, 1, key=key, tolerance=tolerance)


@pytest.mark.slow
@given(spectrum=spectra, seed=st.integers(0, 99), tolerance=st.sampled_from([0.1, 1e-2, 1e-4]))
@settings(max_examples=60)
def test_at_any_spectrum_a_tolerance_bounds_the_residual(spectrum, seed, tolerance):
    with float64():
        value, _, _, made = ritz(jnp.asarray(symmetric(spectrum, seed)), seed, SIZE, tolerance)
        # Where two eigenvalues are closer together than the Krylov space can tell yet, the
        # estimate residual² / gap takes too wide a gap. What is certain is the residual.
        value, spread = float(value[0]), max(spectrum) - min(spectrum)
        apart = np.min(np.abs(np.asarray(spectrum) - value))
        certain = max(tolerance * abs(value), np.sqrt(tolerance * abs(value) * spread))
        assert apart <= certain + 1e-12 * max(map(abs, spectrum))
        assert 1 <= int(made) <= SIZE


@given(top=st.floats(1, 10), rest=st.lists(st.floats(-1, 0.5), min_size=11, max_size=11),
       seed=st.integers(0, 99), tolerance=st.sampled_from([0.1, 1e-2, 1e-4]))  # fmt: skip
@settings(max_examples=60)
def test_a_tolerance_keeps_its_promise_where_the_top_stands_alone(top, rest, seed, tolerance):
    with float64():
        value = ritz(jnp.asarray(symmetric([top, *rest], seed)), seed, SIZE, tolerance)[0]
        # The estimate is of the right size, not a bound: a factor of two.
        assert_close(value[0], top, rtol=2 * tolerance)


@pytest.mark.slow
def test_a_looser_tolerance_makes_fewer_products():
    matrix = jnp.asarray(symmetric(np.geomspace(1e-3, 10, 60)), jnp.float32)
    loose, tight, none = (int(ritz(matrix, 0, 60, each)[3]) for each in (0.1, 1e-4, None))
    assert loose < tight < none == 60


@pytest.mark.slow
@given(spectrum=spectra, seed=st.integers(0, 99), steps=st.sampled_from([1, 2, 5, SIZE]))
@settings(max_examples=60)
def test_a_true_eigenvalue_lies_within_the_residual(spectrum, seed, steps):
    with float64():
        value, _, residual, _ = ritz(jnp.asarray(symmetric(spectrum, seed)), seed, steps)
        rounding = 1e-12 * max(map(abs, spectrum))
        apart = np.min(np.abs(np.asarray(spectrum) - float(value[0])))
        assert apart <= float(residual[0]) + rounding
        # Theorem: a Ritz value never exceeds the largest eigenvalue.
        assert float(value[0]) <= max(spectrum) + rounding


# In programs of all kinds


@pytest.mark.slow
def test_jit_vmap_and_scan_give_what_the_plain_call_gives():
    params, loss = small_network()
    plain = top_eigenpairs(loss, params, 2, key=KEY)
    call = lambda p: top_eigenpairs(loss, p, 2, key=KEY)
    stacked = jax.tree.map(lambda x: jnp.stack([x, 0.5 * x]), params)
    scanned = jax.lax.scan(lambda carry, p: (carry, call(p)), None, stacked)[1]
    mapped = jax.vmap(call)(stacked)
    for name, got in (("jit", jax.jit(call)(params)), ("vmap", mapped), ("scan", scanned)):
        values = got.values if name == "jit" else got.values[0]
        # Other programs round in another order.
        assert_close(values, plain.values, rtol=1e-5, what=name)
    assert_close(mapped.values, scanned.values, rtol=1e-5)


def test_the_loss_may_close_over_what_is_traced():
    matrices = jnp.asarray([np.diag([1.0, 2.0, each]) for each in (5.0, 7.0)], jnp.float32)
    found = jax.vmap(
        lambda matrix: sharpness(lambda w: 0.5 * w @ matrix @ w, jnp.ones(3), key=KEY)
    )(matrices)
    assert_close(found, [5, 7], rtol=1e-5)


def test_the_same_key_gives_the_same_pairs_and_a_second_call_compiles_nothing():
    params, loss = small_network()
    first = top_eigenpairs(loss, params, key=KEY, num_hvps=3)
    with compilations() as count:
        second = top_eigenpairs(loss, params, key=KEY, num_hvps=3)
    assert count() == 0
    assert float(first.values[0]) == float(second.values[0])
    other = top_eigenpairs(loss, params, key=jax.random.key(1), num_hvps=3)
    assert float(first.values[0]) != float(other.values[0])


@pytest.mark.slow
def test_pairs_of_the_step_before_are_a_better_start_than_none():
    params, loss = small_network()
    before = top_eigenpairs(loss, params, key=KEY, num_hvps=40)
    moved = jax.tree.map(lambda w, g: w - 0.01 * g, params, jax.jit(jax.grad(loss))(params))
    exact = dense.largest(dense.hessian(loss, moved))[0]
    vector = jax.tree.map(lambda v: v[0], before.vectors)
    found = [
        float(sharpness(loss, moved, key=KEY, num_hvps=3, start=start))
        for start in (None, before, vector)
    ]
    cold, pairs, vector = np.abs(np.array(found) / exact - 1)
    # One small step turns the eigenvector little, and its error enters the value squared.
    assert pairs < 1e-4 and vector < 1e-4
    assert cold > 10 * pairs


@pytest.mark.slow
def test_pairs_of_a_large_model_have_one_shape_and_are_as_right(monkeypatch):
    monkeypatch.setattr(davidson, "LARGE", 10)
    matrix = jnp.asarray(symmetric([5.0, 3.0, *np.linspace(-4, 1, 28)]), jnp.float32)
    loss = lambda w: 0.5 * w["a"] @ matrix @ w["a"]
    params = {"a": jnp.ones(30)}
    pairs = EigenPairs.blank(params)

    def one(pairs, step):
        key = jax.random.fold_in(KEY, step)
        pairs = top_eigenpairs(loss, params, key=key, start=pairs, num_hvps=25, tolerance=1e-4)
        return pairs, (pairs.values[0], pairs.num_hvps)

    last, (values, made) = jax.lax.scan(one, pairs, jnp.arange(3))
    assert last.recent["a"].shape == (1, 2, 30)
    assert_close(values, np.full(3, 5.0), rtol=1e-4)
    assert made[0] > 4 >= made[2]
    # Where nothing is asked, as many are made as are told, from cold and from there.
    for start in (None, last):
        found = top_eigenpairs(loss, params, key=KEY, start=start, num_hvps=12)
        assert int(found.num_hvps) == 12
        assert_close(found.values[0], 5.0, rtol=1e-3)

"""Readings of a product that is computed anywhere are LAPACK's of its matrix."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse
from helpers import assert_close, compilations, float64

from curvkit.curvature._operator import of_operator

KEY = jax.random.key(0)


def matrix(size=40, seed=0):
    random = np.random.default_rng(seed).normal(size=(size, size))
    return random + random.T + np.diag(np.linspace(0, 30, size))


WAYS = {
    "jax": lambda a: lambda v: jnp.asarray(a, jnp.float32) @ v,
    "numpy": lambda a: lambda v: np.asarray(v) @ a,
    "scipy": lambda a: scipy.sparse.csr_array(a).__matmul__,
    "looking": lambda a: lambda v: a @ np.asarray(v) if v[0] < np.inf else None,
}


@pytest.mark.parametrize("way", WAYS)
def test_the_largest_pairs_are_lapacks(way):
    made = matrix()
    values, vectors = np.linalg.eigh(made)
    pairs = of_operator(WAYS[way](made), 40).top_eigenpairs(3, key=KEY, num_products=40)
    assert_close(pairs.values, values[::-1][:3], rtol=1e-4)
    assert_close(np.abs(np.asarray(pairs.vectors) @ vectors[:, ::-1][:, :3]), np.eye(3), atol=1e-2)
    assert_close(pairs.residuals, np.zeros(3), atol=0.02)
    assert int(pairs.num_hvps) == 40


@pytest.mark.slow
@pytest.mark.parametrize("way", ["jax", "numpy"])
def test_trace_and_density_are_the_matrixs(way):
    made = matrix()
    operator = of_operator(WAYS[way](made), 40)
    trace, error = operator.trace(key=KEY, samples=64)
    # Four standard errors: one in 16 000 would be outside.
    assert abs(float(trace) - np.trace(made)) < 4 * float(error)
    density = operator.spectral_density(key=KEY, samples=64, order=10)
    assert_close(density.moment(1), np.trace(made) / 40, rtol=0.1)
    assert float(density.nodes.max()) <= np.linalg.eigvalsh(made)[-1] * (1 + 1e-4)


def test_vectors_may_be_arrays_of_any_shape():
    made = matrix(24)
    seen = []

    def product(v):
        v = np.asarray(v)
        seen.append((v.shape, v.flags.writeable))
        return (made @ v.ravel()).reshape(v.shape)

    operator = of_operator(product, (2, 3, 4))
    pairs = operator.top_eigenpairs(2, key=KEY, num_products=24)
    assert pairs.vectors.shape == (2, 2, 3, 4) and set(seen) == {((2, 3, 4), True)}
    assert_close(pairs.values, np.linalg.eigvalsh(made)[::-1][:2], rtol=1e-4)
    again = operator(pairs.vectors[0])
    assert_close(again, pairs.values[0] * pairs.vectors[0], atol=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["jax", "numpy"])
def test_from_the_pairs_of_a_matrix_nearby_a_few_products_do(way):
    made = matrix()
    pairs = of_operator(WAYS[way](made), 40).top_eigenpairs(1, key=KEY, tolerance=1e-4)
    nearby = of_operator(WAYS[way](1.01 * made), 40)
    found = nearby.top_eigenpairs(1, key=KEY, start=pairs, num_products=4)
    assert_close(found.values, 1.01 * np.linalg.eigvalsh(made)[-1:], rtol=1e-4)
    assert int(found.num_hvps) <= 4 < int(pairs.num_hvps)
    one = nearby.sharpness(key=KEY, start=pairs.vectors[0], tolerance=1e-3)
    assert_close(one, found.values[0], rtol=1e-3)


def test_what_the_product_reads_is_read_as_it_is_now():
    for module in (np, jnp):
        held = {"scale": module.ones(3)}
        operator = of_operator(lambda v, held=held, m=module: held["scale"] * m.asarray(v), 3)
        assert_close(operator.sharpness(key=KEY), 1.0, rtol=1e-5)
        held["scale"] = 5 * module.ones(3)
        assert_close(operator.sharpness(key=KEY), 5.0, rtol=1e-5)


def test_one_program_serves_all_operators_of_a_shape():
    made = lambda n: of_operator(lambda v: n * np.asarray(v), 7)
    made(2).sharpness(key=KEY)
    with compilations() as count:
        assert_close(made(3).sharpness(key=KEY), 3.0, rtol=1e-5)
    assert count() == 0


@pytest.mark.slow
def test_in_double_precision_it_is_read_to_double_precision():
    with float64():
        made = matrix()
        found = of_operator(lambda v: made @ np.asarray(v), 40, np.float64)
        value = found.sharpness(key=KEY, num_products=40)
        assert value.dtype == np.float64
        assert_close(value, np.linalg.eigvalsh(made)[-1], rtol=1e-12)


def test_a_product_of_jax_is_read_within_a_program():
    made = jnp.asarray(matrix(), jnp.float32)
    scaled = jax.jit(lambda s: of_operator(lambda v: s * (made @ v), 40).sharpness(key=KEY))
    assert_close(scaled(2.0), 2 * np.linalg.eigvalsh(made)[-1], rtol=1e-3)


@pytest.mark.parametrize(
    "said, matvec, shape, dtype",
    [
        (
            "matvec must be a function, but 'ndarray' was given; pass lambda v: A @ v",
            np.eye(3),
            3,
            np.float32,
        ),
        ("shape must be a whole number above 0", lambda v: v, 0, np.float32),
        ("shape must be a whole number above 0", lambda v: v, (), np.float32),
        ("shape must be a whole number above 0", lambda v: v, "three", np.float32),
        ("dtype must be float32, or float64 where jax_enable", lambda v: v, 3, np.float64),
        ("dtype must be float32", lambda v: v, 3, np.int32),
        (r"matvec\(v\) must be of shape \(3,\), but \(2,\) was given", lambda v: v[1:], 3, "f4"),
        (r"matvec\(v\) must be of shape \(3,\), but \(3, 1\)", lambda v: np.ones((3, 1)), 3, "f4"),
        (r"matvec\(v\) must be of real numbers", lambda v: 1j * v, 3, "f4"),
        (r"matvec\(v\) must be of real numbers", lambda v: np.array(list("abc")), 3, "f4"),
        ("finite numbers, but it returned nan", lambda v: v / 0, 3, "f4"),
        ("finite numbers, but it returned nan", lambda v: np.asarray(v) * np.nan, 3, "f4"),
        ("symmetric matrix.*symmetrise it", lambda v: jnp.cumsum(v), 30, "f4"),
        ("symmetric matrix", lambda v: np.roll(np.asarray(v), 1), 30, "f4"),
        (r"matvec of a vector of shape \(3,\) raises KeyError \('a'\)", lambda v: {}["a"], 3, "f4"),
    ],
)
def test_what_is_no_symmetric_product_is_refused_in_a_sentence(said, matvec, shape, dtype):
    with pytest.raises(ValueError, match=said) as refused:
        of_operator(matvec, shape, np.dtype(dtype))
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_arguments_of_a_reading_that_do_not_fit_are_refused():
    operator = of_operator(lambda v: 2 * v, (2, 2))
    for said, ask in [
        ("k must be", lambda: operator.top_eigenpairs(0, key=KEY)),
        ("num_products must be", lambda: operator.top_eigenpairs(3, key=KEY, num_products=2)),
        ("tolerance must be", lambda: operator.sharpness(key=KEY, tolerance=-1)),
        ("samples must be", lambda: operator.trace(key=KEY, samples=1)),
        ("order must be.* from 1 to 4", lambda: operator.spectral_density(key=KEY)),
        ("start must be of shape", lambda: operator.sharpness(key=KEY, start=np.ones(4))),
        ("vector must be of shape", lambda: operator(np.ones(4))),
    ]:
        with pytest.raises(ValueError, match=said):
            ask()


def test_an_error_within_a_reading_is_the_functions_own():
    calls = []

    def tired(v):
        calls.append(1)
        if len(calls) > 6:
            raise RuntimeError("the cluster is down")
        return 2 * np.asarray(v)

    with pytest.raises(RuntimeError, match="^the cluster is down$"):
        of_operator(tired, 30).sharpness(key=KEY)


def test_a_product_of_pytorch_takes_and_returns_tensors():
    torch = pytest.importorskip("torch")
    made = matrix()
    tensor = torch.tensor(made, dtype=torch.float32, requires_grad=True)
    operator = of_operator(lambda v: torch.mv(tensor, v), 40)
    pairs = operator.top_eigenpairs(2, key=KEY, num_products=40)
    assert_close(pairs.values, np.linalg.eigvalsh(made)[::-1][:2], rtol=1e-3)

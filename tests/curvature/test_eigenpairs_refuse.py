"""What curvature cannot be taken of is refused in one sentence that names it."""

import jax
import jax.numpy as jnp
import pytest

from curvkit.curvature._eigenpairs import EigenPairs, hvp, top_eigenpairs

KEY = jax.random.key(0)
ONES = {"w": jnp.ones(3)}
GOOD = lambda p: jnp.sum(p["w"] ** 2)


@pytest.mark.parametrize(
    "said, loss, params, options",
    [
        ("exactly zero gradient and Hessian", lambda p: 0.0 * GOOD(p), ONES, {}),
        ("exactly zero gradient and Hessian", lambda p: jnp.ones(()), ONES, {}),
        ("exactly zero gradient and Hessian", lambda p: 1.0, ONES, {}),
        ("loss must be finite", lambda p: GOOD(p) / 0.0, ONES, {}),
        ("loss must be finite", lambda p: GOOD(p) * jnp.nan, ONES, {}),
        ("loss must be finite", lambda p: jnp.sum(jnp.sqrt(p["w"] - 1)), ONES, {}),
        ("must be a real scalar", lambda p: p["w"], ONES, {}),
        ("must be a real scalar", lambda p: GOOD(p) * (1 + 1j), ONES, {}),
        ("must be a real scalar", lambda p: (GOOD(p), 1.0), ONES, {}),
        ("must be a real scalar", lambda p: jnp.int32(3), ONES, {}),
        (r"params\['w'\] must be a floating-point", GOOD, {"w": jnp.arange(3)}, {}),
        ("params must be a pytree with at least one array", lambda p: 1.0, {}, {}),
        ("k must be", GOOD, ONES, {"k": 0}),
        ("k must be", GOOD, ONES, {"k": 1.5}),
        ("num_hvps must be", GOOD, ONES, {"num_hvps": 0}),
        ("num_hvps must be", GOOD, ONES, {"k": 4, "num_hvps": 3}),
        ("tolerance must be", GOOD, ONES, {"tolerance": -1.0}),
        ("tolerance must be", GOOD, ONES, {"tolerance": float("nan")}),
        ("tolerance must be", GOOD, ONES, {"tolerance": "1e-3"}),
        ("tolerance must be", GOOD, ONES, {"k": 2, "tolerance": jnp.array([1e-3])}),
        ("preconditioner must be above 0", GOOD, ONES, {"preconditioner": {"w": jnp.zeros(3)}}),
        ("start must be", GOOD, ONES, {"start": {"w": jnp.ones(4)}}),
        ("start must be", GOOD, ONES, {"start": jnp.ones(3)}),
        ("preconditioner must be", GOOD, ONES, {"preconditioner": {"w": jnp.ones((3, 1))}}),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(said, loss, params, options):
    with pytest.raises(ValueError, match=said) as refused:
        top_eigenpairs(loss, params, key=KEY, **options)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_pairs_of_other_parameters_are_refused():
    pairs = EigenPairs(jnp.ones(1), {"w": jnp.ones((1, 5))}, jnp.ones(1), jnp.ones((), int))
    with pytest.raises(ValueError, match="start must be shaped like params"):
        top_eigenpairs(GOOD, ONES, key=KEY, start=pairs)


@pytest.mark.parametrize(
    "said, loss, params, vector",
    [
        ("vector must be shaped like params", GOOD, ONES, {"w": jnp.ones(2)}),
        ("vector must be shaped like params", GOOD, ONES, [jnp.ones(3)]),
        ("must be a real scalar", lambda p: p["w"], ONES, ONES),
        ("params.* must be a floating-point", GOOD, {"w": jnp.arange(3)}, ONES),
    ],
)
def test_hvp_refuses_what_does_not_fit_in_one_sentence(said, loss, params, vector):
    with pytest.raises(ValueError, match=said):
        hvp(loss, params, vector)

"""Activations: derivatives against JAX in double precision, and where they jump."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.kernels.activations import ACTIVATIONS, _of, activation, jumps

OFFICIAL = {
    "tanh", "sigmoid", "erf", "relu", "softplus", "selu", "elu", "swish", "bentid", "atan",
    "asinh", "square", "softsign", "leaky_relu", "gelu", "gelu_exact", "sin", "cos",
}  # fmt: skip
named = pytest.mark.parametrize("name", sorted(ACTIVATIONS))


def test_the_official_list_is_there():
    assert set(ACTIVATIONS) == OFFICIAL


@named
def test_the_written_derivatives_are_those_of_jax(name):
    base = ACTIVATIONS[name]
    x = np.linspace(-6, 6, 200)  # an even number: 0, where some bend, is not among them
    for written, derived in zip(base.jet(x), _of(base.function).jet(x), strict=True):
        np.testing.assert_allclose(written, derived, rtol=1e-9, atol=1e-12)


@named
def test_bisection_finds_the_jumps_that_are_declared(name):
    base, found = ACTIVATIONS[name], _of(ACTIVATIONS[name].function)
    assert found.kinks == pytest.approx(base.kinks, abs=1e-9)
    assert found.bends == pytest.approx(base.bends, abs=1e-9) or set(found.bends) <= set(base.kinks)


@pytest.mark.parametrize("place", [-1.234567, 0.0, 2.5, 1 / 3])
def test_a_jump_of_the_derivative_is_found_where_it_is(place):
    found = activation(lambda x: jnp.abs(x - place) + jnp.tanh(x))
    assert found.kinks == pytest.approx((place,), abs=1e-9)


def test_a_steep_smooth_function_has_no_jump():
    assert jumps(lambda x: np.tanh(40 * x), np.linspace(-20, 20, 4001)) == ()


def test_derivatives_are_double_whatever_jax_is_set_to():
    made = activation(lambda x: x * jax.nn.sigmoid(x))
    assert not jax.config.jax_enable_x64
    np.testing.assert_allclose(
        made.jet(np.array(0.3))[1], ACTIVATIONS["swish"].jet(np.array(0.3))[1], rtol=1e-14
    )


@pytest.mark.parametrize(
    "given, said",
    [
        ("softpluss", "did you mean 'softplus'"),
        (3, "a name or a function of an array"),
        (np.sin, "write it with jax.numpy"),
        (lambda x: jnp.sum(x), "another shape"),
        (lambda x: x - jnp.mean(x) + jnp.arange(x.size), "mixes entries"),
        (lambda x: jnp.log(x), "not finite"),
        (lambda x: jnp.tanh(x.astype(jnp.float32)), "makes float32 of float64.*let it keep"),
        (lambda x: jnp.exp(1j * x), "makes complex128 of float64"),
        (lambda x: jnp.floor(x).astype(int), "makes int64 of float64"),
        (lambda x: jnp.where(x > 0, 1.0, 0.0) + x, "jumps"),
    ],
)
def test_what_is_no_activation_is_refused_in_a_sentence(given, said):
    with pytest.raises(ValueError, match=said) as refused:
        activation(given)
    assert "\n" not in str(refused.value)

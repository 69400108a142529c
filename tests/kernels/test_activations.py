"""Activations: derivatives against JAX in double precision, and where they jump."""

import copy
import functools
import math
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from curvkit.kernels._activations import (
    ACTIVATIONS,
    OF_JAX,
    OTHERWISE,
    Activation,
    _of,
    activation,
)

OFFICIAL = {
    "tanh", "sigmoid", "erf", "relu", "softplus", "selu", "elu", "swish", "bentid", "atan",
    "asinh", "square", "softsign", "leaky_relu", "gelu", "gelu_exact", "sin", "cos",
}  # fmt: skip


def test_the_official_list_is_there():
    assert set(ACTIVATIONS) == OFFICIAL


@pytest.mark.parametrize("place", [-1.234567, 0.0, 2.5, 1 / 3])
def test_a_jump_of_the_derivative_is_found_where_it_is(place):
    found = activation(lambda x: jnp.abs(x - place) + jnp.tanh(x))
    assert found.kinks == pytest.approx((place,), abs=1e-9)


def test_derivatives_are_double_whatever_jax_is_set_to():
    made = _of(lambda x: x * jax.nn.sigmoid(x))
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


def jitted_partial(function, **options):
    return functools.partial(jax.jit(function), **options)


@jax.custom_jvp
def ruled_relu(x):
    return jnp.maximum(x, 0)


ruled_relu.defjvp(lambda x, t: (ruled_relu(*x), jnp.where(x[0] > 0, 1.0, 0.0) * t[0]))
# What a function does, and the name in the table of what does so.
KNOWN = {
    "relu": [jax.nn.relu, jax.jit(jax.nn.relu), lambda x: jnp.maximum(x, 0), ruled_relu,
             functools.partial(jax.nn.leaky_relu, negative_slope=0.0),
             lambda x: jnp.where(x > 0, x, 0.0), lambda x: (x + jnp.abs(x)) / 2, "relu"],
    "leaky_relu": [jax.nn.leaky_relu, functools.partial(jax.nn.leaky_relu, negative_slope=0.2),
                   jitted_partial(lambda x, s: jnp.maximum(x, s * x), s=0.3),
                   lambda x: jnp.where(x >= 0, x, 0.1 * x), "leaky_relu"],
    "swish": [jax.nn.silu, jax.nn.swish, "silu", "swish", lambda x: x * jax.nn.sigmoid(x)],
    "elu": [jax.nn.elu, jax.nn.celu, "celu", functools.partial(jax.nn.elu, alpha=1.0)],
    "selu": [jax.nn.selu, jax.jit(jax.nn.selu)],
    "gelu": [jax.nn.gelu, functools.partial(jax.nn.gelu, approximate=True)],
    "gelu_exact": [functools.partial(jax.nn.gelu, approximate=False),
                   lambda x: x * jax.scipy.stats.norm.cdf(x)],
    "softplus": [jax.nn.softplus, lambda x: jnp.logaddexp(x, 0)],
    "softsign": [jax.nn.soft_sign, "soft_sign", lambda x: x / (1 + jnp.abs(x))],
    "sigmoid": [jax.nn.sigmoid, jax.scipy.special.expit, "expit", "logistic"],
    "tanh": [jax.nn.tanh if hasattr(jax.nn, "tanh") else jnp.tanh, jnp.tanh],
    "atan": [jnp.arctan, "arctan"], "asinh": [jnp.arcsinh, "arcsinh"],
    "erf": [jax.scipy.special.erf], "sin": [jnp.sin], "cos": [jnp.cos], "square": [jnp.square],
}  # fmt: skip


@pytest.mark.parametrize("family", KNOWN)
def test_a_function_is_known_by_what_it_does(family):
    for given in KNOWN[family]:
        found = activation(given)
        assert found.family == family
        if family != "leaky_relu":
            assert found.jet is ACTIVATIONS[family].jet and found.kinks == ACTIVATIONS[family].kinks
        assert isinstance(given, str) or found.function is given


@pytest.mark.parametrize(
    "function",
    [lambda x: 2 * jax.nn.relu(x), jnp.abs, jax.nn.relu6, lambda x: jnp.clip(x, -30, 30),
     lambda x: jnp.minimum(jax.nn.relu(x), 25), lambda x: jnp.where(x > 0, x, -0.1 * x),
     lambda x: jnp.where(x > 0, x, 1.5 * x), lambda x: jnp.tanh(x) + 1e-9 * x, lambda x: x,
     functools.partial(jax.nn.elu, alpha=0.5), jax.nn.mish],
)  # fmt: skip
def test_what_does_otherwise_is_none_of_the_named(function):
    assert activation(function).family == ""


# Each of them is compiled.
@pytest.mark.full
@pytest.mark.parametrize("name", OF_JAX)
def test_every_elementwise_name_of_jax_is_one_here(name):
    x = np.array([-1.3, 0.4, 2.0])
    for found, right in zip(
        activation(name).jet(x), _of(getattr(jax.nn, name)).jet(x), strict=True
    ):
        np.testing.assert_allclose(found, right, rtol=1e-12)


def test_no_elementwise_name_of_jax_is_left_out():
    left = set(dir(jax.nn)) - {*ACTIVATIONS, *OTHERWISE, *OF_JAX, "identity"}
    for name in left:
        function = getattr(jax.nn, name)
        if not name.startswith("_") and callable(function) and not isinstance(function, type):
            with pytest.raises(ValueError):
                activation(function)


def test_an_unknown_name_is_answered_with_the_nearest():
    for name, near in (("silo", "silu"), ("soft_plus ", "soft_plus"), ("Mish", "mish")):
        with pytest.raises(ValueError, match=f"did you mean '{near}'"):
            activation(name)


NO_JAX = {"np.tanh": np.tanh, "expit": special.expit, "math.tanh": math.tanh, "np.sin": np.sin,
          "vectorize": np.vectorize(math.tanh), "a method": np.ones(3).dot, "float": float,
          "torch": lambda x: __import__("not_installed").tanh(x)}  # fmt: skip


@pytest.mark.parametrize("name", NO_JAX)
def test_what_is_no_function_of_jax_is_refused_as_often_as_it_is_given(name):
    for _ in range(3):
        with pytest.raises(ValueError, match="function in JAX.*write it with jax.numpy") as refused:
            activation(NO_JAX[name])
        assert "\n" not in str(refused.value)


def twice(x):
    return jnp.tanh(2 * x) + 0.1 * x


@jax.jit
def compiled(x):
    return jnp.tanh(2 * x) + 0.1 * x


class Steep:
    """A function that is an object, as Equinox's modules are."""

    def __init__(self, slope):
        self.slope = slope

    def __call__(self, x):
        return jnp.tanh(self.slope * x) + 0.1 * x


PICKLED = {
    **{name: name for name in ACTIVATIONS},
    "jax.nn.relu": jax.nn.relu, "jax.nn.gelu": jax.nn.gelu, "jax.nn.mish": jax.nn.mish,
    "of a module": twice, "compiled, of a module": compiled, "an object": Steep(2.0),
    "a partial": functools.partial(jax.nn.leaky_relu, negative_slope=0.2),
    "a partial of a partial": functools.partial(functools.partial(jax.nn.celu), alpha=2.0),
}  # fmt: skip


@pytest.mark.parametrize("name", PICKLED)
@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_an_activation_is_the_same_after_pickling(name, protocol):
    made = activation(PICKLED[name])
    again = pickle.loads(pickle.dumps(made, protocol))
    x = np.linspace(-3, 3, 50)
    np.testing.assert_array_equal(again.jet(x), made.jet(x))
    np.testing.assert_array_equal(again.function(jnp.asarray(x)), made.function(jnp.asarray(x)))
    assert (again.family, again.kinks, again.bends) == (made.family, made.kinks, made.bends)
    assert copy.deepcopy(made) is made is copy.copy(made)


def own_jet(x):
    return np.tanh(x), 1 - np.tanh(x) ** 2, 0 * x


def test_an_activation_with_derivatives_of_one_s_own_keeps_them():
    made = Activation("own", twice, own_jet, kinks=(1.0,))
    again = pickle.loads(pickle.dumps(made))
    assert again == made and again.jet is own_jet

"""The table of other ways of shaping against recursions over dense grids, and the edge of chaos."""

import functools

import jax.numpy as jnp
import numpy as np
import pytest
from oracles import kernel_ways as oracle
from scipy.optimize import brentq

from curvkit.kernels import _expectations as expectations
from curvkit.kernels import shape
from curvkit.kernels.ways import _plans as plans

STARTS = (-1.0, 0.0, 0.5)
TANH = functools.partial(oracle.smooth, np.tanh)
SIGMOID = functools.partial(oracle.smooth, lambda x: 1 / (1 + np.exp(-x)))
SELU = functools.partial(oracle.halves, oracle.selu)
GROWING = [(at / (at + 1)) ** 0.5 for at in range(1, 26)]


@functools.cache
def table():
    return {each.name: each.maps for each in plans.ways(50)}


def settled(gain, bias):
    q = 1.0
    for _ in range(2000):
        q = gain**2 * TANH(q, 0.0)[0] + bias**2
    return q


def edge(gain, bias):
    q = settled(gain, bias)

    def through(c):
        for _ in range(50):
            c = (gain**2 * TANH(q, c)[1] + bias**2) / q
        return c

    return through


RELU, HE = oracle.relu, 2**0.5
ROWS = {
    "ReLU, He": lambda c: oracle.chain(RELU, 50, c, HE)[1],
    "ReLU, LayerNorm before it": lambda c: oracle.chain(RELU, 50, c, HE)[1],
    "ReLU, LayerNorm after it": lambda c: oracle.chain(RELU, 50, c, centred=True)[1],
    "tanh, edge of chaos, σ_b² = 0.0025": edge(1.26**0.5, 0.05),
    "tanh, edge of chaos, σ_b² = 0.05": edge(1.76**0.5, 0.05**0.5),
    "tanh, edge of chaos, σ_b² = 0.25": edge(2.40**0.5, 0.5),
    "sigmoid, LeCun": lambda c: oracle.chain(SIGMOID, 50, c)[1],
    "residual, normalised sums, ReLU": lambda c: oracle.rescaled(RELU, GROWING, c, False),
    "the same, branches centred": lambda c: oracle.rescaled(RELU, GROWING, c, True),
    "SkipInit, Fixup, ReZero": lambda c: c,
    "looks-linear": lambda c: c,
    "Dirac, ReLU": lambda c: oracle.chain(RELU, 1, c, HE)[1],
}
SHAPES = {
    "DKS ζ = 1.5, softplus": ("softplus", "dks"),
    "TAT τ = 0.3, softplus": ("softplus", "tat"),
}


@pytest.mark.parametrize("name", ROWS)
def test_the_table_is_the_recursion_over_dense_grids(name):
    slow = [ROWS[name](c) for c in STARTS]
    np.testing.assert_allclose(table()[name].c, slow, atol=1e-6)


@pytest.mark.full
def test_the_table_of_selu_is_that_of_cut_integrals():
    slow = [oracle.chain(SELU, 50, c)[1] for c in STARTS]
    np.testing.assert_allclose(table()["SELU, LeCun"].c, slow, atol=1e-6)


@pytest.mark.parametrize("name", SHAPES)
def test_shaped_networks_in_the_table_are_their_dense_recursion(name):
    made = shape(SHAPES[name][0], depth=50, method=SHAPES[name][1])
    pair = functools.partial(oracle.smooth, lambda x: made.jet(x)[0])
    slow = [oracle.chain(pair, 50, c)[1] for c in STARTS]
    np.testing.assert_allclose(table()[name].c, slow, atol=1e-6)


@pytest.mark.parametrize(
    "name, slope",
    [
        ("ReLU, He", 1.0),
        ("ReLU, LayerNorm after it", (np.pi / (np.pi - 1)) ** 50),
        ("SELU, LeCun", None),
        ("the same, branches centred",
         np.prod([(w**2 + (1 - w**2) * (np.pi / (np.pi - 1)) ** 2) for w in GROWING])),
        ("DKS ζ = 1.5, softplus", 1.5),
        ("TAT η = 0.9, leaky relu", 1.0),
    ],
)  # fmt: skip
def test_slopes_at_one_are_products_of_those_of_layers(name, slope):
    if slope is None:  # E[φ′²]^50 over Q(1) = 1, by plain quadrature
        z = np.linspace(-9, 9, 2_000_000)
        bent = 1.0507009873554805 * np.where(
            z > 0, 1, 1.6732632423543772 * np.exp(np.minimum(z, 0))
        )
        mass = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
        slope = (bent**2 @ mass) ** 50
    assert table()[name].slope == pytest.approx(slope, rel=1e-4)


def test_plain_sums_double_lengths_and_a_table_is_of_an_even_depth():
    assert table()["residual, plain sums, ReLU"].q == pytest.approx(2**25)
    with pytest.raises(ValueError, match="depth must be even"):
        plans.ways(7)
    text = plans.ways(4)._repr_markdown_().splitlines()
    assert text[1].count("|") == text[2].count("|") == 9


def test_the_edge_of_chaos_of_the_plane_is_where_a_layer_keeps_the_slope():
    # With biases of 0.05 the slope by the dense recursion is 1 at a gain between these.
    q = lambda gain: settled(gain, 0.05**0.5)
    z, w = oracle.grid()
    slope = lambda gain: gain**2 * ((1 - np.tanh(np.sqrt(q(gain)) * z) ** 2) ** 2 @ w)
    gain = brentq(lambda gain: slope(gain) - 1, 1.2, 1.5, xtol=1e-6)
    found = plans.chi(expectations.of_jax(jnp.tanh), jnp.array([gain, 1.0, 2.0]),
                      jnp.array([0.05**0.5] * 3))  # fmt: skip
    np.testing.assert_allclose(found, [1.0, slope(1.0), slope(2.0)], atol=2e-4)

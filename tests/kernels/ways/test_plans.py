"""The table of other ways of shaping against an oracle of its own, and the edge of chaos."""

import functools

import jax.numpy as jnp
import numpy as np
import pytest
from oracles import kernel_table as oracle
from oracles import kernel_ways
from scipy.optimize import brentq

from curvkit.kernels import _expectations as expectations
from curvkit.kernels.ways import Trace
from curvkit.kernels.ways import _plans as plans

HE = 2**0.5
RELU = functools.partial(oracle.leaky, 0.0, 1.0)
TANH = functools.partial(oracle.sums, oracle.tanh)
SIGMOID = functools.partial(oracle.sums, oracle.sigmoid)
GROWING = [((at / (at + 1)) ** 0.5, (1 / (at + 1)) ** 0.5) for at in range(1, 26)]


@functools.cache
def table():
    return {each.name: each.maps for each in plans.ways(50)}


def settled(gain, bias):
    """A chain of tanh whose inputs have the length that it keeps."""
    return oracle.chain(TANH, 50, gain, bias, q=oracle.settled(oracle.tanh, gain, bias))


def linear(q, c):
    return oracle.Pair(q, q * c, 0.0, 1.0, np.ones(len(c)))


def shaped(kind):
    return oracle.chain(functools.partial(oracle.sums, kind(oracle.softplus, 50)), 50)


ROWS = {
    "ReLU, He": lambda: oracle.chain(RELU, 50, HE),
    "ReLU, LayerNorm before it": lambda: oracle.chain(RELU, 50, HE, norm="before"),
    "ReLU, LayerNorm after it": lambda: oracle.chain(RELU, 50, norm="after"),
    "tanh, edge of chaos, σ_b² = 0.0025": lambda: settled(1.26**0.5, 0.05),
    "tanh, edge of chaos, σ_b² = 0.05": lambda: settled(1.76**0.5, 0.05**0.5),
    "tanh, edge of chaos, σ_b² = 0.25": lambda: settled(2.40**0.5, 0.5),
    "tanh, σ_w = 2.5": lambda: settled(2.5, 0.0),
    "sigmoid, LeCun": lambda: oracle.chain(SIGMOID, 50),
    "SELU, LeCun": lambda: oracle.chain(oracle.selu, 50),
    "residual, normalised sums, ReLU": lambda: oracle.residual(RELU, GROWING, HE),
    "the same, branches centred": lambda: oracle.residual(RELU, GROWING, norm="after"),
    "the same, BatchNorm before φ": lambda: oracle.residual(RELU, GROWING, HE, "batch"),
    "residual, plain sums, ReLU": lambda: oracle.residual(RELU, [(1, 1)] * 25, HE),
    "SkipInit, Fixup, ReZero": lambda: oracle.residual(RELU, [(1, 0)] * 25, HE),
    "looks-linear": lambda: oracle.chain(linear, 50),
    "Dirac, ReLU": lambda: oracle.chain(RELU, 1, HE),
    "DKS ζ = 1.5, softplus": lambda: shaped(oracle.dks),
    "TAT τ = 0.3, softplus": lambda: shaped(oracle.tat),
    "TAT η = 0.9, leaky relu": lambda: oracle.chain(
        functools.partial(oracle.leaky, *oracle.tailored(50)), 50
    ),
}


def test_the_oracle_has_every_row():
    assert {*table()} == {*ROWS}


@pytest.mark.parametrize("name", ROWS)
def test_each_row_of_the_table_is_the_oracle_s_in_each_column(name):
    (c, slope, inverse, q), row = ROWS[name](), table()[name]
    np.testing.assert_allclose(row.c, c, atol=1e-6)
    np.testing.assert_allclose([row.slope, row.q], [slope, q], rtol=1e-6)
    assert 1 / row.condition == pytest.approx(inverse, rel=1e-6, abs=1e-12)


def test_the_oracle_s_closed_forms_of_selu_are_cut_integrals():
    for q, c in ((0.5, -0.6), (1.7, 0.0), (1.0, 0.9)):
        square, product = kernel_ways.halves(kernel_ways.selu, q, c)
        pair = oracle.selu(q, np.array([c]))
        np.testing.assert_allclose([pair.q, pair.k[0]], [square, product], atol=1e-9)


def test_batch_norm_of_a_wide_network_does_to_a_pair_what_the_oracle_says():
    """A batch of orthogonal inputs, and 64 more at a cosine of 0.5 to one of them each."""
    number, width, rng = 256, 1024, np.random.default_rng(0)
    batch = np.sqrt(number) * np.eye(number)
    x = np.vstack([batch, 0.5 * batch[:64] + 0.75**0.5 * batch[64:128]])
    for _ in range(2):
        x = x @ rng.normal(size=(x.shape[1], width)) / np.sqrt(x.shape[1])
        x = np.maximum((x - x[:number].mean(0)) / x[:number].std(0), 0)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    cosines = (unit[:64] * unit[number:]).sum(1)
    expected, without = (oracle.chain(RELU, 2, norm=each)[0][2] for each in ("batch", "none"))
    assert cosines.std() < 2 / np.sqrt(width)
    assert cosines.mean() == pytest.approx(expected, abs=3 * cosines.std() / 64**0.5)
    assert without - expected > 0.12


def test_plain_sums_double_lengths_and_a_table_is_of_an_even_depth():
    assert table()["residual, plain sums, ReLU"].q == pytest.approx(2**25)
    with pytest.raises(ValueError, match="depth must be even"):
        plans.ways(7)
    text = plans.ways(4)._repr_markdown_().splitlines()
    assert text[1].count("|") == text[2].count("|") == 9


def test_the_edge_of_chaos_of_the_plane_is_where_a_layer_keeps_the_slope():
    # With biases of 0.05 the slope by the dense recursion is 1 at a gain between these.
    q = lambda gain: oracle.settled(oracle.tanh, gain, 0.05**0.5)
    z, w = oracle.line(0.1)
    slope = lambda gain: gain**2 * ((1 - np.tanh(np.sqrt(q(gain)) * z) ** 2) ** 2 @ w)
    gain = brentq(lambda gain: slope(gain) - 1, 1.2, 1.5, xtol=1e-6)
    found = plans.chi(expectations.of_jax(jnp.tanh), jnp.array([gain, 1.0, 2.0]),
                      jnp.array([0.05**0.5] * 3))  # fmt: skip
    np.testing.assert_allclose(found, [1.0, slope(1.0), slope(2.0)], atol=2e-4)


# No point falls on 0, where φ may bend.
BETWEEN = np.arange(-9.005, 9.01, 0.01)
DENSITY = np.exp(-(BETWEEN**2) / 2) / np.exp(-(BETWEEN**2) / 2).sum()


def keeps(jet, q):
    """The gain and the bias with which χ = 1 and q is kept: both follow from q, with no search."""
    value, slope = jet(np.sqrt(q) * BETWEEN)
    gain = (slope**2 @ DENSITY) ** -0.5
    return gain, np.sqrt(max(q - gain**2 * (value**2 @ DENSITY), 0.0))


def elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0))), np.exp(np.minimum(x, 0))


CURVES = {"tanh": oracle.tanh, "elu": elu}


@pytest.mark.parametrize("name", CURVES)
def test_the_edge_is_where_lengths_and_slopes_are_both_preserved(name):
    """It ends at a gain of 1 where there are no biases, as a plain layer has φ′(0) = 1."""
    jet = expectations.of_jax(plans.function(name).function)
    gains, rows = jnp.linspace(0.5, 3, 36), [(1.0, 0.0)]
    rows += [keeps(CURVES[name], q) for q in (0.001, 0.03, 0.3, 1.0)]
    edges, biases = np.array(rows).T
    both = jnp.broadcast_to(gains, (5, 36)), jnp.broadcast_to(jnp.array(biases)[:, None], (5, 36))
    found = plans.edge(jet, gains, jnp.array(biases), plans.chi(jet, *both))
    # Where q is small χ is flat: the last digits of single precision are so much of a gain.
    np.testing.assert_allclose(found, edges, atol=4e-4)
    np.testing.assert_allclose(found[2:], edges[2:], atol=6e-5)


UPRIGHT = {"relu": 2**0.5, "looks_linear": 1.0, "sigmoid": np.nan}


@pytest.mark.parametrize("name", UPRIGHT)
def test_where_slopes_do_not_depend_on_lengths_the_edge_is_upright_or_is_not(name):
    jet = expectations.of_jax(plans.function(name).function)
    gains, biases = jnp.linspace(0.5, 3, 36), jnp.array([0.0, 0.5])
    both = jnp.broadcast_to(gains, (2, 36)), jnp.broadcast_to(biases[:, None], (2, 36))
    found = plans.edge(jet, gains, biases, plans.chi(jet, *both))
    np.testing.assert_allclose(found, [UPRIGHT[name]] * 2, atol=1e-4)


@pytest.mark.parametrize("name", ["tanh", "selu", "gelu"])
def test_lengths_settle_where_hundreds_of_layers_bring_them(name):
    gain, bias = (each.ravel() for each in np.meshgrid([0.65, 1.1, 1.45, 2.5], [0.0, 0.1, 0.7]))
    function = plans.function(name)
    jet = lambda q: function.jet(np.sqrt(q)[:, None] * BETWEEN)
    q = np.ones(len(gain))
    for _ in range(300):
        q = np.clip(gain**2 * (jet(q)[0] ** 2 @ DENSITY) + bias**2, plans.LOW, plans.HIGH)
    slow = gain**2 * (jet(q)[1] ** 2 @ DENSITY)
    found = plans.chi(expectations.of_jax(function.function), jnp.array(gain), jnp.array(bias))
    np.testing.assert_allclose(found, slow, rtol=1e-4)


def test_a_trace_from_before_has_its_edge_between_two_gains():
    """Where χ rises straight between them it is the edge itself."""
    gains, biases = np.linspace(0.5, 3, 6), np.zeros(2)
    arrays = {"chi": np.array([gains / 1.2, gains * 0]), "plane_gain": gains, "plane_bias": biases}
    found = Trace.completed({}, arrays, frozenset({"edge"}))["edge"]
    np.testing.assert_allclose(found, [1.2, np.nan])

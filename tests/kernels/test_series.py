"""What a run of the kernels room records, against dense integrals over the normal distribution."""

import numpy as np
import pytest
from helpers import assert_close
from oracles import kernel_architecture as built
from oracles import kernel_maps as oracle

from curvkit.kernels import Settings, run, shape
from curvkit.kernels import _architecture as architecture

DEPTH, SMALL = 6, dict(depth=6, zeta=1.8, blocks=3, weight=0.7, wiring="residual")
# A rule of so many nodes is exact for what is smooth.
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(120)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
softplus = lambda x: np.logaddexp(0, x)
sigmoid = lambda x: 1 / (1 + np.exp(-x))


@pytest.fixture(scope="module")
def trace():
    return run(Settings.read(SMALL))


@pytest.fixture(scope="module")
def shaped(trace):
    return bent(trace.parameters)


def bent(parameters):
    """The shaped activation of these numbers, and its derivative."""
    alpha, beta, gamma, delta = np.asarray(parameters, float)[:4]
    return (
        lambda x: gamma * (softplus(alpha * x + beta) + delta),
        lambda x: gamma * alpha * sigmoid(alpha * x + beta),
    )


def mean_square(function, q):
    return WEIGHTS @ function(np.sqrt(q) * NODES) ** 2


def through(function, c, q=1.0):
    """The mean of f(u) f(v) over normal u and v of variance q and each of the cosines c."""
    u, rest = NODES[:, None], NODES[None, :]
    total = []
    for each in np.atleast_1d(np.asarray(c, float)):
        v = each * u + np.sqrt(max(1 - each**2, 0)) * rest
        inner = function(np.sqrt(q) * v) @ WEIGHTS
        total.append(WEIGHTS @ (function(np.sqrt(q) * NODES) * inner))
    return np.array(total)


def c_map(function, c, q=1.0):
    return through(function, c, q) / mean_square(function, q)


def c_slope(function, derivative, c, q=1.0):
    return q * through(derivative, c, q) / mean_square(function, q)


def test_the_integrals_here_are_those_of_plain_sums():
    for c in (-0.7, 0.4):
        assert_close(c_map(softplus, c, 1.0), [oracle.c_map(softplus, c, 801)], atol=1e-7)
    q = oracle.expectation(lambda z: softplus(1.5 * z) ** 2)
    assert_close(mean_square(softplus, 2.25), q, rtol=1e-9)


def test_activations_and_one_layer_s_maps_are_those_of_the_parameters(trace, shaped):
    assert trace.step.tolist() == [*range(DEPTH + 1)]
    assert_close(trace.cosine, np.linspace(-1, 1, 81), atol=1e-6)
    assert_close(trace.input, np.linspace(-4, 4, 121), atol=1e-5)
    x, c = trace.input.astype(float), trace.cosine.astype(float)
    for function, output, local, told in (
        (softplus, trace.plain_output, trace.plain_local, trace.plain_weights),
        (shaped[0], trace.shaped_output, trace.shaped_local, trace.shaped_weights),
    ):
        assert_close(output, function(x), atol=1e-5)
        assert_close(local, c_map(function, c), atol=2e-5)
        # A map is a series in c whose weights are squares of Hermite coefficients.
        weights, square = [], mean_square(function, 1.0)
        for k in range(12):
            hermite = np.polynomial.hermite_e.hermeval(NODES, np.eye(12)[k])
            length = np.sqrt(WEIGHTS @ hermite**2)
            weights.append((WEIGHTS @ (function(NODES) * hermite) / length) ** 2 / square)
        assert_close(told, weights, rtol=1e-3, atol=1e-6)


def test_each_layer_takes_mean_squares_and_cosines_as_its_integrals_do(trace, shaped):
    plain = softplus, trace.plain_q, trace.plain_c
    for function, *told in (plain, (shaped[0], trace.shaped_q, trace.shaped_c)):
        q, c = (each.astype(float) for each in told)
        assert_close(q[0], [0.5, 1.0, 2.0])
        assert_close(c[0], trace.cosine)
        for at in range(DEPTH):
            following = [mean_square(function, each) for each in q[at]]
            assert_close(q[at + 1], following, rtol=1e-4)
            # Weights keep the mean square that the second start came to.
            level = q[at, 1] if function is softplus else 1.0
            following = c_map(function, c[at, ::8], level)
            assert_close(c[at + 1, ::8], following, atol=5e-5)


def test_tangent_kernels_are_sums_over_layers_and_their_condition_numbers_of_ten_inputs(
    trace, shaped
):
    for function, derivative, q, ntk, kappa in (
        (softplus, sigmoid, trace.plain_q[:, 1], trace.plain_ntk, trace.plain_kappa),
        (*shaped, np.ones(DEPTH + 1), trace.shaped_ntk, trace.shaped_kappa),
    ):
        theta = c = np.linspace(-1, 1, 81)[::10]
        for at in range(DEPTH + 1):
            ratio = theta / theta[-1]
            assert_close(ntk[at, ::10], ratio, atol=5e-4)
            zero = max(ratio[4], 0)
            values = np.linalg.eigvalsh(np.full((10, 10), zero) + (1 - zero) * np.eye(10))
            assert_close(kappa[at], values[-1] / values[0], rtol=1e-2, atol=5e-3)
            level = float(q[at])
            following = c_map(function, c, level)
            theta = c_slope(function, derivative, c, level) * theta + following
            c = following
    # A shaped map is the same at each layer: the sum over layers of what each weight adds.
    whole = [
        oracle.tangent_kernel(
            lambda c: c_map(shaped[0], c)[0], lambda c: c_slope(*shaped, c)[0], c, DEPTH
        )
        for c in (0.5, 1.0)
    ]
    assert_close(trace.at("shaped_ntk", 0.5), whole[0] / whole[1], atol=5e-4)


def test_conditions_are_achieved_as_integrals_say_and_the_limit_is_that_of_a_flow(trace, shaped):
    found = oracle.conditions(*shaped)
    achieved = [found["Q(1)"], found["Q′(1)"], found["C(0)"], found["C′(1)"] ** DEPTH]
    assert_close(trace.achieved, achieved, rtol=1e-5, atol=1e-6)
    assert_close(trace.achieved, [1, 1, 0, 1.8], atol=1e-6)
    assert np.abs(trace.missed).max() < 1e-8
    # Above c less 1 − 1/ζ, and 0, where c is above 0; below |c| and 2(ζ − 1) more than c.
    c = trace.cosine.astype(float)
    lower = np.where(c > 0, np.maximum(c - 1 + 1 / 1.8, 0), c)
    assert_close(trace.lower, lower, atol=1e-6)
    assert_close(trace.upper, np.minimum(np.abs(c), c + 1.6), atol=1e-6)
    # Many layers that each do little: dc/dt = −a c (1 − c), with e^a = ζ.
    c, steps = trace.cosine.astype(float), 20_000
    for _ in range(steps):
        c = c - np.log(1.8) / steps * c * (1 - c)
    assert_close(trace.limit, c, atol=1e-4)


def test_each_root_s_activation_is_that_of_its_parameters(trace):
    assert trace.root_output.shape == (4, 121)
    for parameters, output, deep in zip(trace.roots, trace.root_output, trace.root_c, strict=True):
        function, c = bent(parameters)[0], trace.cosine.astype(float)
        assert_close(output, function(trace.input.astype(float)), atol=1e-5)
        for _ in range(DEPTH):
            c = np.clip(c_map(function, c), -1, 1)
        assert_close(deep, c, atol=1e-4)


def test_sampled_networks_start_at_the_pairs_cosines(trace):
    assert_close(trace.pair, [-0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 0.9], atol=1e-6)
    assert_close(trace.sampled[0], np.tile(trace.pair, (6, 1)), atol=1e-5)


def test_what_is_built_is_the_architecture_read_layer_by_layer(trace):
    network = architecture.wire("residual", 3, 0.7)
    made = shape("softplus", network, "dks", zeta=1.8)
    plain, shaped, parts = built.read(made, trace.cosine.astype(float))
    assert_close(trace.built_plain, plain, atol=1e-5)
    assert_close(trace.built_shaped, shaped, atol=1e-5)
    assert_close(trace.built_goal, 1.8, rtol=1e-6)
    # Two layers in each block and one at the end.
    assert float(trace.built_layers) == 7
    told = trace.built_parts.astype(float)
    assert_close(told[0], parts[0], rtol=1e-5)
    assert_close(
        sorted({*told[1:].round(5)} - {0.0, 1.0}), sorted(np.round(parts[1:], 5)), atol=2e-5
    )

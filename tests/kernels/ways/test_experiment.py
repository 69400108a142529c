"""The dial in single precision, against the same networks in NumPy and double precision."""

import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.kernels import Affine, Chain, network_maps, residual_block
from curvkit.kernels import _expectations as expectations
from curvkit.kernels.ways import _plans as plans
from curvkit.kernels.ways import run

HE = 2**0.5
CASES = {
    "edge": (dict(activation="tanh", gain=1.327, bias=0.2236), "none", ("none", 1.327, 0.2236)),
    "chaos": (dict(activation="tanh", gain=2.5), "none", ("none", 2.5, 0.0)),
    "selu": (dict(activation="selu", weights="lecun"), "none", ("none", 1.0, 0.0)),
    "centred": (dict(activation="relu", weights="he", norm="layer_after"), "none",
                ("layer_after", HE, 0.0)),
    "batch": (dict(activation="relu", weights="he", norm="batch", shortcut="growing"), "growing",
              ("batch", HE, 0.0)),
    "plain": (dict(activation="relu", weights="he", shortcut="plain"), "plain", ("none", HE, 0.0)),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_rows_are_the_maps_of_the_networks_in_double_precision(case):
    knobs, shortcut, given = CASES[case]
    trace = run(depth=20, **knobs)
    branch = Chain((plans.layer(*given),), 2)
    whole = Chain(tuple(plans.block(shortcut, branch, 0.0, at + 1) for at in range(10)))
    maps = network_maps(whole, knobs["activation"], trace.cosine)
    assert trace.step[-1] == 20
    np.testing.assert_allclose(trace.c[-1], maps.c, atol=2e-4)
    assert trace.q[-1] == pytest.approx(maps.q, rel=1e-4)
    assert 10 ** trace.log_slope[-1] == pytest.approx(maps.slope, rel=1e-3)
    assert trace.kappa[-1] == pytest.approx(maps.condition, rel=1e-3)


@pytest.mark.slow
def test_rescaled_shortcuts_and_a_branch_that_is_zero_at_first():
    trace = run(activation="relu", weights="he", shortcut="rescaled", weight=0.6, depth=2)
    block = residual_block(Chain((plans.layer("none", HE),), 2), 0.6)
    maps = network_maps(block, "relu", trace.cosine)
    np.testing.assert_allclose(trace.c[-1], maps.c, atol=1e-5)
    identity = run(activation="relu", weights="he", shortcut="zeroed", depth=20)
    np.testing.assert_allclose(identity.c[-1], identity.cosine, atol=1e-6)


def test_the_grids_are_even_and_the_dot_is_where_the_knobs_are():
    trace = run(gain=1.7, bias=0.3, depth=8)
    np.testing.assert_array_equal(trace.step, [0, 2, 4, 6, 8])
    np.testing.assert_allclose(trace.at, [1.7, 0.3], rtol=1e-6)
    np.testing.assert_allclose(run(weights="he").at, [HE, 0.0], rtol=1e-6)
    for values, ends in ((trace.cosine, (-1, 1)), (trace.plane_gain, (0.5, 3)),
                         (trace.plane_bias, (0, 1))):  # fmt: skip
        np.testing.assert_allclose(values, np.linspace(*ends, len(values)), atol=1e-6)
    # The slope on the plane, read at the dot's gain and no bias, is that of one layer.
    layer = plans.chi(expectations.of_jax(jnp.tanh), *(np.array([each]) for each in (1.0, 0.0)))
    at = (np.argmin(abs(trace.plane_bias)), np.argmin(abs(trace.plane_gain - 1.0)))
    assert trace.chi[at] == pytest.approx(float(layer[0]), abs=0.05)


def test_lengths_beyond_single_precision_do_not_end_a_run():
    trace = run(activation="gelu", weights="lecun", depth=200)
    assert trace.finite == trace.readings
    assert Affine(plans.GAINS["he"]).gain == HE

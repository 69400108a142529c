"""Bytes, whole numbers, half and double precision, strict promotion, wherever they come in."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close, float64, same_bits

from curvkit import kernels, selection, sobolev, verification

KEY = jax.random.key(0)


@pytest.mark.parametrize("way", ["one", "mean", "off"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float16, np.float32])
def test_locations_of_any_type_have_a_mean_square_of_one(way, dtype):
    made = kernels.normalize_locations(np.full((1, 2, 2, 3), 200, dtype), way)
    assert jnp.issubdtype(made.dtype, jnp.floating)
    assert_close(jnp.mean(made.astype(jnp.float32) ** 2, -1), np.ones((1, 2, 2)), rtol=2e-3)


def test_a_coordinate_is_not_cut_to_a_whole_number():
    made = kernels.normalize_locations(np.zeros((1, 3), int), scale=0.5)
    assert_close(made, [[0.0, 0.0, 0.0, 2.0]])
    high = kernels.normalize_locations(jnp.full((1, 3), 300, jnp.float16))
    assert high.dtype == jnp.float16
    assert_close(high[0, :3], [1.1547] * 3, rtol=1e-3)
    tiny = kernels.normalize_locations(jnp.full((1, 3), 1e-30), "off")
    assert_close(tiny, [[1.0, 1.0, 1.0]], rtol=1e-6)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_orthogonal_weights_are_drawn_in_half_precision_as_well(dtype):
    weight = kernels.orthogonal()(KEY, (4, 4), dtype)
    kernel = kernels.delta_orthogonal()(KEY, (3, 3, 2, 2), dtype)
    assert weight.dtype == kernel.dtype == dtype
    wide = weight.astype(jnp.float32)
    assert_close(wide @ wide.T, np.eye(4), atol=0.02)


@pytest.mark.parametrize("depth", [100, 1000])
def test_a_shaped_activation_cancels_nothing_away_in_half_precision(depth):
    shaped = kernels.shape("softplus", depth=depth)
    x = jnp.linspace(-3, 3, 201).astype(jnp.bfloat16)
    found = shaped(x)
    assert found.dtype == jnp.bfloat16
    right = shaped(x.astype(jnp.float32))
    # What is left is the rounding of the result to eight bits.
    assert_close(found.astype(jnp.float32), right, rtol=2.0**-8, atol=1e-6)


def test_a_sobolev_loss_in_half_precision_is_not_out_of_range():
    x, y = jnp.zeros((4096, 1), jnp.float16), jnp.zeros(4096, jnp.float16)
    assert_close(sobolev.loss(lambda x: x[0] + jnp.float16(5), x, y), 25.0)


def test_derivatives_at_whole_numbers_are_those_at_real_ones():
    whole = np.arange(6).reshape(3, 2)
    square = lambda x: jnp.sum(x**2)
    y, slopes = sobolev.taught(square, whole)
    assert_close(slopes, 2.0 * whole)
    assert_close(sobolev.loss(square, whole, y, slopes), 0.0)


def test_a_room_runs_in_single_precision_whatever_is_set():
    settings = kernels.Settings(depth=3)
    plain = kernels.run(settings)
    with float64(), jax.numpy_dtype_promotion("strict"):
        other = kernels.run(settings)
    assert same_bits(plain.shaped_c, other.shaped_c)
    assert same_bits(plain.plain_ntk, other.plain_ntk)


def test_a_network_is_verified_where_promotion_is_strict():
    network = [([[1.0], [-1.0]], [0.0, 0.0]), "tanh", ([[1.0, 1.0]], [0.0])]
    spec = verification.LinearSpec([1.0], -0.5)
    plain = verification.verify(network, ([0.0], [1.0]), spec)
    with jax.numpy_dtype_promotion("strict"):
        strict = verification.verify(network, ([0.0], [1.0]), spec)
    assert (plain.status, plain.upper_bound) == (strict.status, strict.upper_bound)


def test_groups_are_found_whatever_precision_is_set():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(40, 6))
    fit = lambda: selection.GroupOMP([0, 0, 1, 1, 2, 2]).fit(x, x[:, 0] - x[:, 1]).coef_
    plain = fit()
    with float64(), jax.numpy_dtype_promotion("strict"):
        assert_close(fit(), plain, rtol=1e-6, atol=1e-8)

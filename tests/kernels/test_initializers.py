"""Initialisers: orthogonal at any shape, deltas at the centre, inputs of mean square 1."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.kernels import delta_orthogonal, normalize_locations, orthogonal, shape


@pytest.mark.parametrize("shape", [(6, 6), (4, 10), (10, 4), (3, 5, 7)])
def test_the_smaller_side_is_orthogonal_and_scaled(shape):
    weight = np.asarray(orthogonal()(jax.random.key(1), shape), float)
    inputs, outputs = shape[-2:]
    gram = weight @ weight.mT if inputs <= outputs else weight.mT @ weight
    expected = max(outputs / inputs, 1) * np.eye(min(inputs, outputs))
    np.testing.assert_allclose(gram, np.broadcast_to(expected, gram.shape), atol=1e-5)


@pytest.mark.parametrize("sizes", [(400, 100), (100, 400), (200, 200)])
def test_the_mean_square_of_a_random_input_is_kept(sizes):
    weight = orthogonal()(jax.random.key(0), sizes)
    x = jax.random.normal(jax.random.key(1), (300, sizes[0]))
    assert jnp.mean((x @ weight) ** 2) == pytest.approx(1, abs=0.02)


def test_a_delta_kernel_is_a_dense_layer_at_each_place():
    kernel = delta_orthogonal()(jax.random.key(0), (3, 5, 8, 4))
    x = jax.random.normal(jax.random.key(1), (2, 7, 7, 8))
    dimensions = ("NHWC", "HWIO", "NHWC")
    made = jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=dimensions)
    np.testing.assert_allclose(made, x @ kernel[1, 2], atol=1e-5)


@pytest.mark.parametrize("mode", ["one", "mean", "off"])
def test_every_location_has_mean_square_one(mode):
    x = jax.random.normal(jax.random.key(0), (5, 4, 4, 30)) * 3 + 1
    made = normalize_locations(x, mode)
    np.testing.assert_allclose(jnp.mean(made**2, axis=-1), 1, rtol=1e-5)
    assert made.shape[-1] == 30 + (mode != "off")


def test_a_location_of_zeros_stays_finite():
    for mode in ("one", "mean", "off"):
        assert np.isfinite(normalize_locations(jnp.zeros((2, 3)), mode)).all()


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: orthogonal()(jax.random.key(0), (3,)), "at least two dimensions"),
        (lambda: delta_orthogonal()(jax.random.key(0), (2, 3, 4, 4)), "odd sizes"),
        (lambda: delta_orthogonal()(jax.random.key(0), (4, 4)), "odd sizes"),
        (lambda: normalize_locations(jnp.ones((2, 3)), "two"), "The known ones are"),
    ],
)
def test_what_cannot_be_initialised_is_refused_in_a_sentence(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def _moves_little(apply, inputs):
    """Whether a deep shaped network keeps lengths and tells inputs apart."""
    outputs = np.asarray(apply(inputs), float)
    lengths = np.sqrt(np.mean(outputs**2, axis=-1))
    unit = outputs / np.linalg.norm(outputs, axis=-1, keepdims=True)
    cosines = np.abs(unit @ unit.T - np.eye(len(unit)))
    assert 0.6 < lengths.mean() < 1.5 and cosines.max() < 0.6


INPUTS = np.sqrt(64) * np.eye(64, dtype=np.float32)[:6]


def test_plain_functions_use_shape_and_orthogonal():
    made, keys = shape("softplus", depth=30), jax.random.split(jax.random.key(0), 30)
    weights = [orthogonal()(key, (64, 64)) for key in keys]

    def apply(x):
        for weight in weights:
            x = made(x @ weight)
        return x

    _moves_little(apply, INPUTS)


def test_a_flax_network_uses_shape_and_orthogonal():
    nn = pytest.importorskip("flax.linen")
    made = shape("softplus", depth=30)

    class Network(nn.Module):
        @nn.compact
        def __call__(self, x):
            for _ in range(30):
                x = made(nn.Dense(64, kernel_init=orthogonal())(x))
            return x

    network = Network()
    params = network.init(jax.random.key(0), INPUTS)
    _moves_little(lambda x: network.apply(params, x), INPUTS)


def test_an_equinox_network_uses_shape_and_orthogonal():
    eqx = pytest.importorskip("equinox")
    made, keys = shape("softplus", depth=30), jax.random.split(jax.random.key(0), 30)
    layers = []
    for key in keys:
        layer = eqx.nn.Linear(64, 64, use_bias=False, key=key)
        # Equinox keeps (out, in), so the kernel of (in, out) is transposed.
        weight = orthogonal()(key, (64, 64)).T
        layers.append(eqx.tree_at(lambda each: each.weight, layer, weight))

    def apply(x):
        for layer in layers:
            x = made(layer(x))
        return x

    _moves_little(jax.vmap(apply), INPUTS)

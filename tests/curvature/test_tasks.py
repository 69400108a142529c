"""The networks of the tasks, each against itself written out number by number."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from jax.flatten_util import ravel_pytree

from curvkit import data
from curvkit.curvature import _network as network
from curvkit.curvature._tasks import task

KEY = jax.random.key(0)


class Reader:
    """Takes arrays off the front of a flat vector."""

    def __init__(self, flat):
        self.flat = np.asarray(flat, float)

    def take(self, *shape):
        size = int(np.prod(shape))
        taken, self.flat = self.flat[:size], self.flat[size:]
        return taken.reshape(shape)


def test_a_perceptron_begins_with_the_numbers_that_it_always_began_with():
    inputs, targets = data.digits(20)
    for how in ("torch", "lecun"):
        made = task("mlp", inputs, targets, width=8, depth=2, initialization=how)
        layers = network.mlp(KEY, [64, 8, 8, 10], how)
        np.testing.assert_array_equal(made.start(KEY), ravel_pytree(layers)[0])
        expected = network.mean_squared_error(network.predict(layers, inputs, "tanh"), targets)
        assert_close(made.loss(made.start(KEY)), expected, rtol=1e-6)


def convolved(image, kernel, into):
    """A convolution of zeros beyond the rim, pixel by pixel."""
    height, breadth, channels = image.shape
    out = np.zeros((height, breadth, into))
    weights = kernel.reshape(3, 3, channels, into)
    for row in range(height):
        for col in range(breadth):
            for i in range(3):
                for j in range(3):
                    r, c = row + i - 1, col + j - 1
                    if 0 <= r < height and 0 <= c < breadth:
                        out[row, col] += image[r, c] @ weights[i, j]
    return out


def test_a_residual_network_is_what_it_is_pixel_by_pixel():
    inputs, targets = data.digits(4)
    made = task("residual", inputs, targets, width=12, depth=2)
    w = made.start(KEY)
    read = Reader(w)
    blocks = read.take(2, 2, 27, 3)
    weight, bias, stem = read.take(3, 10), read.take(10), read.take(9, 3)
    assert read.flat.size == 0
    total = 0.0
    for image, target in zip(inputs, targets, strict=True):
        hidden = convolved(image.reshape(8, 8, 1), stem, 3)
        hidden = np.array([[hidden[2 * r : 2 * r + 2, 2 * c : 2 * c + 2].mean((0, 1))
                            for c in range(4)] for r in range(4)])  # fmt: skip
        for first, second in blocks:
            branch = convolved(np.tanh(hidden), first, 3)
            hidden = hidden + convolved(np.tanh(branch), second, 3)
        output = np.tanh(hidden).mean((0, 1)) @ weight + bias
        total += 0.5 * ((output - target) ** 2).sum() / len(inputs)
    assert_close(made.loss(w), total, rtol=1e-5)


def normal(x):
    return (x - x.mean()) / np.sqrt(x.var() + 1e-5)


def attended(x, query, key, value, mixed):
    """What each place takes from itself and those before it, place by place and head by head."""
    out = np.zeros_like(x)
    half = x.shape[1] // 2
    for head in (slice(0, half), slice(half, None)):
        q, k, v = (x @ each[:, head] for each in (query, key, value))
        for place in range(len(x)):
            scores = np.exp([q[place] @ k[before] / np.sqrt(half) for before in range(place + 1)])
            out[place, head] = scores / scores.sum() @ v[: place + 1]
    return out @ mixed


def test_a_transformer_is_what_it_is_place_by_place():
    inputs, targets = data.characters(64, 32)
    made = task("transformer", inputs, targets, loss="cross_entropy", width=4, depth=2)
    w = made.start(KEY) + 0.1 * jax.random.normal(KEY, made.start(KEY).shape)
    read = Reader(w)
    gains, keys, mixed = read.take(2, 2, 4), read.take(2, 4, 4), read.take(2, 4, 4)
    narrow, narrow_bias = read.take(2, 16, 4), read.take(2, 4)
    queries, shifts, values = read.take(2, 4, 4), read.take(2, 2, 4), read.take(2, 4, 4)
    wide, wide_bias = read.take(2, 4, 16), read.take(2, 16)
    gain, letters = read.take(4), read.take(32, 4)
    out, out_bias, places = read.take(4, 32), read.take(32), read.take(32, 4)
    assert read.flat.size == 0
    total = 0.0
    for piece, following in zip(inputs, targets, strict=True):
        hidden = piece @ letters + places
        for n in range(2):
            scaled = np.array([normal(x) * (1 + gains[n, 0]) + shifts[n, 0] for x in hidden])
            hidden = hidden + attended(scaled, queries[n], keys[n], values[n], mixed[n])
            scaled = np.array([normal(x) * (1 + gains[n, 1]) + shifts[n, 1] for x in hidden])
            inner = np.tanh(scaled @ wide[n] + wide_bias[n])
            hidden = hidden + inner @ narrow[n] + narrow_bias[n]
        logits = np.array([normal(x) for x in hidden]) * (1 + gain) @ out + out_bias
        logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        total -= (following * logs).sum() / following[:, 0].size / len(inputs)
    assert_close(made.loss(w), total, rtol=1e-5)


@pytest.mark.parametrize("name", ["mlp", "residual", "transformer"])
def test_the_loss_of_some_examples_is_that_of_a_task_of_only_these(name):
    inputs, targets = data.characters(128, 32) if name == "transformer" else data.digits(4)
    whole, some = (
        task(name, inputs, targets, width=8),
        task(name, inputs[1:3], targets[1:3], width=8),
    )
    w = whole.start(KEY)
    assert whole.examples == 4
    assert_close(whole.loss(w, jnp.array([1, 2])), some.loss(w), rtol=1e-6)


def test_what_no_task_can_take_is_refused_in_a_sentence():
    inputs, targets = data.digits(4)
    with pytest.raises(ValueError, match="mlp, residual, transformer"):
        task("mixer", inputs, targets)
    with pytest.raises(ValueError, match="cross_entropy, mse"):
        task("mlp", inputs, targets, loss="hinge")
    with pytest.raises(ValueError, match="one-hot characters"):
        task("transformer", inputs, targets)
    with pytest.raises(ValueError, match="8 × 8 pixels"):
        task("residual", inputs[:, :10], targets)

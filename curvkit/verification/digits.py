"""Classifiers of handwritten digits, trained in three ways, and two properties of their softmax.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| d(i, j) | `DISTANCE`, between digits by their shape | (10, 10) | arXiv 1902.09592, section 4 |
| E d(i, j) <= ε | `near`, a specification for each image | | there |
| E abs(sum of digits - true sum) <= ε | `summed`, one for each tuple of images | | there |

A classifier learns from the images alone (plain), from images that an attack moved (attacked), or
from interval bounds of its own outputs (bounded, arXiv 1810.12715).
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit.core.tree import float32
from curvkit.verification import bounds
from curvkit.verification.networks import Affine, Box, Network, network
from curvkit.verification.specifications import DigitSumSpec, SoftmaxSpec

TRAININGS = ("plain", "attacked", "bounded")
# Digits that look alike are near: round ones, those of straight strokes, those with a bow.
GROUPS = ((0, 6, 8, 9), (1, 4, 7), (2, 3, 5))
NEAR, LIMIT = 0.25, 0.25
HIDDEN, STEPS, BATCH, RATE, RADIUS = (40, 40), 1500, 64, 5e-3, 0.08
# Shares of the loss on images, on attacked images and on bounds, by training.
PARTS = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.6, 0.0, 0.4]], np.float32)


def distances() -> np.ndarray:
    """How far digits are from each other: 0, `NEAR` within a group, or 1; (10, 10).

    >>> distances()[1, [1, 7, 8]]
    array([0.  , 0.25, 1.  ])
    """
    group = np.zeros(10, int)
    for at, members in enumerate(GROUPS):
        group[list(members)] = at
    apart = np.where(group[:, None] == group, NEAR, 1.0)
    return apart * (1 - np.eye(10))


DISTANCE = distances()


def near(label: int, limit: float = LIMIT) -> SoftmaxSpec:
    """The property that the expected distance from the true digit is at most `limit`."""
    return SoftmaxSpec(DISTANCE[label], label, limit)


def summed(labels, limit: float = 1.0) -> DigitSumSpec:
    """The property that the expected error of the sum of some digits is at most `limit`."""
    return DigitSumSpec(labels, limit)


def classifiers(pixels, labels, seed: int = 0) -> tuple[Network, ...]:
    """A classifier for each of `TRAININGS`, trained in float32 in some seconds.

    Args:
        pixels: (examples, 64), from 0 to 1.
        labels: (examples,), whole numbers.
        seed: of the initial weights and the order of images.
    """
    with float32(), jax.ensure_compile_time_eval():
        data = jnp.asarray(pixels, jnp.float32), jnp.asarray(labels, jnp.int32)
        found = jax.device_get(_all(jax.random.key(seed), *data))
    made = []
    for at in range(len(TRAININGS)):
        layers = []
        for weight, bias in found:
            layers += [(weight[at], bias[at]), "relu"]
        made.append(network(layers[:-1]))
    return tuple(made)


@jax.jit
def _all(key, pixels, labels):
    return jax.vmap(lambda parts: _train(key, parts, pixels, labels))(jnp.asarray(PARTS))


def _train(key, parts, pixels, labels):
    widths = (pixels.shape[1], *HIDDEN, 10)
    keys = jax.random.split(key, len(widths))
    weights = [
        ((2 / inner) ** 0.5 * jax.random.normal(key, (outer, inner)), jnp.zeros(outer))
        for key, inner, outer in zip(keys[1:], widths[:-1], widths[1:], strict=True)
    ]
    order = jax.random.permutation(keys[0], len(pixels))
    pixels, labels = pixels[order], labels[order]
    adam = optax.adam(optax.cosine_decay_schedule(RATE, STEPS))

    def step(carry, at):
        weights, state = carry
        begin = at * BATCH % (len(pixels) - BATCH)
        some = [jax.lax.dynamic_slice_in_dim(each, begin, BATCH) for each in (pixels, labels)]
        # Bounds that are wide from the start teach nothing: the radius grows in the first half.
        radius = RADIUS * jnp.minimum(2 * at / STEPS, 1.0)
        slope = jax.grad(_loss)(weights, *some, parts, radius)
        move, state = adam.update(slope, state)
        return (optax.apply_updates(weights, move), state), None

    return jax.lax.scan(step, (weights, adam.init(weights)), jnp.arange(STEPS))[0][0]


def _loss(weights, pixels, labels, parts, radius):
    entropy = lambda z: jnp.mean(optax.softmax_cross_entropy_with_integer_labels(z, labels))
    score = lambda x: entropy(_scores(weights, x))
    low, high = jnp.clip(pixels - radius, 0, 1), jnp.clip(pixels + radius, 0, 1)
    moved = jnp.clip(pixels + radius * jnp.sign(jax.grad(score)(pixels)), low, high)
    layers = _layers(weights)
    ends = jax.vmap(lambda *box: bounds.intervals(layers, Box(*box))[-1])(low, high)
    right = jax.nn.one_hot(labels, 10, dtype=bool)
    worst = entropy(jnp.where(right, ends.lower, ends.upper))
    return parts @ jnp.stack([score(pixels), score(jax.lax.stop_gradient(moved)), worst])


def _scores(weights, x):
    for weight, bias in weights[:-1]:
        x = jax.nn.relu(x @ weight.T + bias)
    return x @ weights[-1][0].T + weights[-1][1]


def _layers(weights):
    layers = []
    for weight, bias in weights:
        layers += [Affine(weight, bias), "relu"]
    return layers[:-1]

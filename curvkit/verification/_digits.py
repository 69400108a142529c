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

from curvkit.verification._exponentials import DigitSumSpec, SoftmaxSpec
from curvkit.verification._networks import CheckedNetwork
from curvkit.verification._training import Recipe, initial, predicted, trained

TRAININGS = ("plain", "attacked", "bounded")
# Digits that look alike are near: round ones, those of straight strokes, those with a bow.
GROUPS = ((0, 6, 8, 9), (1, 4, 7), (2, 3, 5))
NEAR, LIMIT = 0.25, 0.25
HIDDEN, RADIUS, RECIPE = (40, 40), 0.08, Recipe(batch=64, steps=1500, rate=5e-3)
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


def classifiers(pixels, labels, seed: int = 0) -> tuple[CheckedNetwork, ...]:
    """A classifier for each of `TRAININGS`, trained in float32 in some seconds.

    Args:
        pixels: (examples, 64), from 0 to 1.
        labels: (examples,), whole numbers.
        seed: of the initial weights and the order of images.
    """
    random = np.random.default_rng(seed)
    order = random.permutation(len(pixels))
    data = np.asarray(pixels, np.float32)[order], np.asarray(labels, np.int32)[order]
    return trained(_loss, initial(random, (pixels.shape[1], *HIDDEN, 10)), data, PARTS, RECIPE)


def _loss(weights, pixels, labels, parts, share):
    """Cross entropies on images, on attacked images and on bounds, as shares `parts`."""
    right = jax.nn.one_hot(labels, 10)
    entropy = lambda z: jnp.mean(jax.nn.logsumexp(z, -1) - jnp.sum(z * right, -1))
    # Bounds that are wide from the start teach nothing: the radius grows in the first half.
    radius = RADIUS * jnp.minimum(2 * share, 1.0)
    low, high = jnp.clip(pixels - radius, 0, 1), jnp.clip(pixels + radius, 0, 1)
    slope = jax.grad(lambda x: entropy(predicted(jax.lax.stop_gradient(weights), x)))(pixels)
    moved = jnp.clip(pixels + radius * jnp.sign(slope), low, high)
    middle, half = _interval(weights, low, high)
    worst = middle + half * (1 - 2 * right)
    plain, attacked = jnp.split(predicted(weights, jnp.concatenate([pixels, moved])), 2)
    return parts @ jnp.stack([entropy(plain), entropy(attacked), entropy(worst)])


def _interval(weights, low, high):
    """Interval bounds of the outputs on many boxes, rounding let pass: middles and half widths."""
    for weight, bias in weights:
        middle, half = (low + high) / 2 @ weight.T + bias, (high - low) / 2 @ jnp.abs(weight).T
        low, high = jax.nn.relu(middle - half), jax.nn.relu(middle + half)
    return middle, half  # before a ReLU, which the outputs have none of

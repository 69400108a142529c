"""What the contenders are asked: to name digits, as rows or as pictures, or to give them back.

| symbol | name | shape |
| --- | --- | --- |
| x | `inputs`, of mean square 1 at each location | (examples, …, features) |
| y | `targets`: labels, or pixels | (examples,) or (examples, 64) |
| L | `loss`: cross-entropy, or half the squared error summed over pixels | scalar |
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit.kernels import _runners as runners

# Sides and channels of the pictures, and how many are trained on of how many.
SHAPES = {"digits": (8, 1), "mnist": (28, 1), "cifar10": (32, 3)}
COUNTS = {"digits": (runners.TRAINED, 1797), "mnist": (10_000, 12_000), "cifar10": (10_000, 12_000)}
# Pictures are cut into locations that have 2 by 2 pixels.
PATCH = 2
# An autoencoder's batches, and what it gives a digit back through.
BATCHES, CODE = {"autoencoder": 256}, 8


def pixels_of(name: str) -> int:
    """How many numbers a picture has.

    >>> pixels_of("cifar10")
    3072
    """
    side, channels = SHAPES[name]
    return channels * side**2


def examples(
    pixels: np.ndarray, labels: np.ndarray, task: str, name: str = "digits"
) -> tuple[runners.Examples, runners.Examples]:
    """Inputs and targets: those trained on, and the others to be tested on.

    Args:
        pixels, labels: of the data, (examples, numbers) and one-hot.
        task: of the contest.
        name: of the data, of `SHAPES`.

    >>> pixels, labels = np.ones((1440, 64)), np.eye(10)[np.arange(1440) % 10]
    >>> [examples(pixels, labels, each)[0][0].shape[1:] for each in ("digits", "images")]
    [(65,), (4, 4, 5)]
    """
    number, _ = COUNTS[name]
    trained, tested = runners.split(places(pixels, task, name), labels, number)
    if task == "autoencoder":
        both = jnp.asarray(pixels, jnp.float32)
        return (trained[0], both[:number]), (tested[0], both[number:])
    return trained, tested


def places(pixels: np.ndarray, task: str, name: str = "digits") -> np.ndarray:
    """Pixels (examples, …) with two axes of locations where the task has them."""
    if task != "images":
        return pixels
    side, channels = SHAPES[name]
    cut = pixels.reshape(-1, channels, side // PATCH, PATCH, side // PATCH, PATCH)
    across = cut.transpose(0, 2, 4, 3, 5, 1)
    return across.reshape(-1, side // PATCH, side // PATCH, channels * PATCH**2)


def likelihood(task: str) -> str:
    """Of which the loss is the negative logarithm, as K-FAC needs to know."""
    return "gaussian" if task == "autoencoder" else "categorical"


def loss(task: str, outputs: jax.Array, targets: jax.Array) -> jax.Array:
    """The mean loss of a batch."""
    if task == "autoencoder":
        return jnp.mean(jnp.sum((outputs - targets) ** 2, axis=1)) / 2
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(outputs, targets))


def share(task: str, outputs: jax.Array, targets: jax.Array, mean: Any) -> jax.Array:
    """The share of digits named rightly; of an autoencoder, of the pixels' variance about `mean`.

    >>> float(share("autoencoder", jnp.ones((2, 1)), jnp.array([[1.0], [3.0]]), 2.0))
    -1.0
    """
    if task == "autoencoder":
        return 1 - jnp.sum((outputs - targets) ** 2) / jnp.sum((targets - mean) ** 2)
    return jnp.mean((jnp.argmax(outputs, axis=1) == targets).astype(jnp.float32))

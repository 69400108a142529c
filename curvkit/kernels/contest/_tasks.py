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

from curvkit import data
from curvkit.kernels import _runners as runners

# A picture of 8 by 8 pixels as 4 by 4 locations that have 2 by 2 of them.
SIDE, PATCH = 8, 2
PIXELS = SIDE**2
# An autoencoder's batches, and what it gives a digit back through.
BATCHES, CODE = {"autoencoder": 256}, 8


def examples(task: str) -> tuple[runners.Examples, runners.Examples]:
    """Inputs and targets: those trained on, and the others to be tested on.

    >>> [examples(each)[0][0].shape[1:] for each in ("digits", "images")]
    [(65,), (4, 4, 5)]
    """
    pixels, labels = data.digits(1797)
    (trained, named), (tested, others) = runners.split(places(pixels, task), labels)
    if task == "autoencoder":
        both = jnp.asarray(pixels, jnp.float32)
        return (trained, both[: len(trained)]), (tested, both[len(trained) :])
    return (trained, named), (tested, others)


def places(pixels: np.ndarray, task: str) -> np.ndarray:
    """Pixels (examples, 64) with an axis, or two, of locations where the task has them."""
    if task != "images":
        return pixels
    cut = pixels.reshape(-1, SIDE // PATCH, PATCH, SIDE // PATCH, PATCH)
    return cut.transpose(0, 1, 3, 2, 4).reshape(-1, SIDE // PATCH, SIDE // PATCH, PATCH**2)


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

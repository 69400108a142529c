"""Initial weights that a dial turns to, besides orthogonal ones.

| symbol | name | source |
| --- | --- | --- |
| W = 1 where in and out are as many | `dirac` | arXiv 1706.00388 |
| W = [[V, −V], [−V, V]] of units in mirrored pairs | `mirrored` | arXiv 1702.08591 |

With mirrored weights two units hold φ(z) and φ(−z), and the next layer begins as V of their
difference: of ReLU that is z itself, and the network begins linear, whatever its depth.
"""

from typing import Any

import jax
import jax.numpy as jnp

from curvkit.core import messages
from curvkit.kernels._initializers import Initializer, orthogonal

NAMES = ("dial", "lecun", "he", "dirac", "mirrored")
GAINS = {"lecun": 1.0, "he": 2**0.5, "dirac": 1.0, "mirrored": 1.0}
# Those that leave units independent of one another, as normalisations are of.
MIXED = NAMES[:3]


def initializer(name: str, width: int) -> Initializer | None:
    """What fills the weights of layers of so many units; None where that is orthogonal.

    Raises:
        ValueError: if mirrored pairs are asked of an odd number of units.

    >>> initializer("dirac", 2)(jax.random.key(0), (2, 2))
    Array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    if name == "mirrored" and width % 2:
        raise ValueError(messages.refusal("width", "even, for mirrored units are pairs", width))
    centred = {"dirac": _identity, "mirrored": lambda key, size: _mirrored(key, size, width)}
    if name not in centred:
        return None

    def init(key: jax.Array, shape: tuple[int, ...], dtype: Any = jnp.float32) -> jax.Array:
        weight = centred[name](key, shape[-2:]).astype(dtype)
        middle = tuple(size // 2 for size in shape[:-2])
        return jnp.zeros(shape, dtype).at[middle].set(weight) if middle else weight

    return init


def _identity(key: jax.Array, size: tuple[int, ...]) -> jax.Array:
    """The identity, but where the numbers of units differ."""
    return jnp.eye(size[0]) if size[0] == size[1] else orthogonal()(key, size)


def _mirrored(key: jax.Array, size: tuple[int, ...], width: int) -> jax.Array:
    """Orthogonal weights of half the units that come in pairs, and their negatives."""
    half = tuple(each // 2 if each == width else each for each in size)
    weight = orthogonal()(key, half)
    if size[0] == width:
        weight = jnp.concatenate([weight, -weight])
    return jnp.concatenate([weight, -weight], 1) if size[1] == width else weight

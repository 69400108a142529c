"""Blind spots: how likely a rectifier unit is off on every point before training begins.

A unit that is off everywhere has no gradient and never returns. With zero biases and weights
of which no direction is likelier than another, it is off exactly if they lie in the polar cone of
the data; in the plane that is an angle.

| symbol | name | shape or source |
| --- | --- | --- |
| x | `inputs` | (points, features) |
| α | the angle of the cone that the points span | radians |
| P(off) = (π − α) / 2π, or 0 where α > π | `dead_chance(x)` | arXiv 1611.06310, section 4 |
| P(a layer off) = P(off)^h for independent units | `h` units | |
"""

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages
from curvkit.minima._training import draw, preactivations


def dead_chance(inputs: np.ndarray) -> float:
    """The chance that a unit with zero bias is off on all of some points in the plane.

    Args:
        inputs: (points, 2); a point at the origin says nothing and is left out.

    Raises:
        ValueError: if they are not in the plane.

    >>> dead_chance(np.array([[1.0, 0.0], [0.0, 1.0]]))
    0.25
    """
    inputs = np.asarray(inputs, float)
    if inputs.ndim != 2 or inputs.shape[1] != 2:
        raise ValueError(messages.refusal("inputs", "of shape (points, 2)", inputs.shape))
    inputs = inputs[np.any(inputs != 0, axis=1)]
    if not len(inputs):
        return 1.0
    angles = np.sort(np.arctan2(inputs[:, 1], inputs[:, 0]))
    gaps = np.diff(np.concatenate([angles, angles[:1] + 2 * np.pi]))
    spanned = 2 * np.pi - gaps.max()
    return float(max(0.0, (np.pi - spanned) / (2 * np.pi)))


def sampled_dead_chance(
    key: jax.Array, inputs: jax.Array | np.ndarray, initialization: str, width: int,
    samples: int = 4096,
) -> jax.Array:  # fmt: skip
    """The same by sampling units, for any number of features and any initialization, a scalar.

    Args:
        key: a JAX random key.
        inputs: (points, features).
        initialization: as in `training.draw`.
        width: hidden units of the network that the unit is of; glorot looks at it.
        samples: how many units are drawn.

    >>> x = jnp.array([[1.0, 0.0], [0.0, 1.0]])
    >>> bool(abs(sampled_dead_chance(jax.random.key(0), x, "normal", 2) - 0.25) < 0.03)
    True
    """
    features = inputs.shape[1]
    runs = draw(key, initialization, features, jnp.full((samples,), width), 1)
    # The units are drawn as networks of one unit each, with the deviation of their own width.
    return jnp.mean(jnp.all(preactivations(runs, inputs) <= 0, axis=0)[0])

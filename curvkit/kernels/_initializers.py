"""Initialisers and input normalisation for shaped networks, in the style of `jax.nn.initializers`.

| symbol | name | source |
| --- | --- | --- |
| W | orthogonal, scale corrected: Haar times max(√(out/in), 1) | arXiv 2110.01765 |
| delta | zero but for the centre tap | arXiv 2110.01765; arXiv 1806.05393 |
| q = 1 | per-location normalisation of inputs | arXiv 2110.01765 |

`jax.nn.initializers` has both weights without the factor, and delta only where out ≥ in.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages, tree

Initializer = Callable[..., jax.Array]
HOMOGENEOUS = ("one", "mean", "off")


def orthogonal(scale: float = 1.0) -> Initializer:
    """An initialiser `init(key, shape, dtype)` of (…, in, out) kernels for dense layers.

    Args:
        scale: multiplies the weights, at least 0.

    Returns:
        Haar orthogonal, times max(√(out/in), 1): wider layers keep the mean square, too.

    >>> weight = orthogonal()(jax.random.key(0), (4, 16))
    >>> bool(jnp.allclose(weight @ weight.T, 4 * jnp.eye(4), atol=1e-4))
    True
    """

    scale = messages.real("scale", scale, least=0)

    def init(key: jax.Array, shape: tuple[int, ...], dtype: Any = jnp.float32, **_: Any):
        if len(shape) < 2:
            raise ValueError(
                messages.refusal("shape", "of at least two dimensions, (in, out)", shape)
            )
        factor = scale * max((shape[-1] / shape[-2]) ** 0.5, 1.0)
        haar = jax.nn.initializers.orthogonal(factor)
        # No decomposition is to be had in half precision.
        single = jnp.promote_types(dtype, jnp.float32)
        drawn = lambda key, shape, dtype: haar(key, shape, single).astype(dtype)
        leading = shape[:-2]
        if not leading:
            return drawn(key, shape, dtype)
        count = 1
        for size in leading:
            count *= size
        keys = jax.random.split(key, count)
        return jax.vmap(lambda each: drawn(each, shape[-2:], dtype))(keys).reshape(shape)

    return init


def delta_orthogonal(scale: float = 1.0) -> Initializer:
    """An initialiser of (*window, in, out) kernels for convolutions: orthogonal at the centre.

    Args:
        scale: multiplies the weights.

    Raises:
        ValueError: when called, if a size of the window is even and so has no centre.

    >>> kernel = delta_orthogonal()(jax.random.key(0), (3, 3, 2, 2))
    >>> float(jnp.abs(kernel).sum() - jnp.abs(kernel[1, 1]).sum())
    0.0
    """

    scale = messages.real("scale", scale, least=0)

    def init(key: jax.Array, shape: tuple[int, ...], dtype: Any = jnp.float32, **_: Any):
        window = shape[:-2]
        if not window or any(size % 2 == 0 for size in window):
            expected = "(*window, in, out) with a window of odd sizes"
            raise ValueError(messages.refusal("shape", expected, shape))
        centre = tuple(size // 2 for size in window)
        return jnp.zeros(shape, dtype).at[centre].set(orthogonal(scale)(key, shape[-2:], dtype))

    return init


def normalize_locations(
    inputs: jax.Array | np.ndarray, homogeneous: str = "one", scale: float = 1.0
) -> jax.Array:
    """Inputs whose mean square over the last axis is 1 at each location.

    Args:
        inputs: shape (…, features).
        homogeneous: the coordinate appended first, so that no location is zero: `one` appends
            `scale`; `mean` the root mean square of each example's locations, times `scale`, where
            inputs are of shape (examples, …, features); `off` appends nothing.
        scale: of the coordinate.

    Returns:
        Shape (…, features + 1), or as `inputs` if `homogeneous` is `off`; in the precision of the
        inputs, of whole numbers and bytes in JAX's own.

    Raises:
        ValueError: if `homogeneous` is unknown.

    >>> normalize_locations(jnp.array([[0.0, 0.0, 0.0]]))
    Array([[0., 0., 0., 2.]], dtype=float32)
    """
    if homogeneous not in HOMOGENEOUS:
        raise ValueError(messages.unknown("homogeneous", homogeneous, HOMOGENEOUS))
    raw, scale = jnp.asarray(inputs), messages.real("scale", scale)
    # Squares of bytes wrap around, and those of half precision are soon out of range.
    inputs = tree.wide(raw)
    if homogeneous != "off":
        place = inputs.shape[:-1] + (1,)
        if homogeneous == "one":
            extra = jnp.full(place, scale, inputs.dtype)
        else:
            axes = tuple(range(1, inputs.ndim))
            level = jnp.sqrt(jnp.mean(inputs**2, axis=axes, keepdims=True))
            extra = jnp.broadcast_to(scale * level, place)
        inputs = jnp.concatenate([inputs, extra], axis=-1)
    most = jnp.max(jnp.abs(inputs), axis=-1, keepdims=True)
    inputs = inputs / jnp.where(most > 0, most, 1)
    square = jnp.mean(inputs**2, axis=-1, keepdims=True)
    unit = inputs / jnp.sqrt(jnp.where(square > 0, square, 1))
    return unit.astype(raw.dtype) if jnp.issubdtype(raw.dtype, jnp.floating) else unit

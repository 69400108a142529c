"""Arrays of NumPy or of JAX: one text computes on both, where a trace is drawn and where it is
traced into a program.
"""

import sys
from typing import Any

import numpy as np


def namespace(*arrays: Any) -> Any:
    """`jax.numpy` if one of `arrays` is an array or a tracer of JAX, else `numpy`.

    JAX is not imported for that: who has an array of it has imported it.

    >>> namespace(np.zeros(3), 2.0).__name__
    'numpy'
    >>> import jax.numpy as jnp
    >>> namespace(2.0, jnp.zeros(3)).__name__
    'jax.numpy'
    """
    jax = sys.modules.get("jax")
    if jax is not None and any(isinstance(each, jax.Array) for each in arrays):
        import jax.numpy as traced

        return traced
    return np


def interpolated(at: Any, places: Any, values: Any) -> Any:
    """`values` (…, place) read off straight lines at `at` (n,), as `np.interp` does it: (…, n).

    Args:
        at: numbers; beyond the ends the value of the end is taken.
        places: where the values are, (place,), rising, two at least.

    >>> interpolated([0.5, 2.0], np.array([0.0, 1.0]), np.array([[1.0, 3.0], [0.0, np.inf]]))
    array([[ 2.,  3.],
           [inf, inf]])
    """
    xp = namespace(at, places, values)
    at = xp.asarray(at)
    right = xp.clip(xp.searchsorted(places, at), 1, places.shape[0] - 1)
    share = (at - places[right - 1]) / (places[right] - places[right - 1])
    low, high = values[..., right - 1], values[..., right]
    # At a place of its own the neighbour counts for nothing, whatever it is.
    mixed = xp.where(share >= 1, high, low * (1 - share) + high * share)
    return xp.where(share <= 0, low, mixed)


def resampled(values: Any, count: int) -> Any:
    """`values` (…, place) of evenly spaced places, read at `count` evenly spaced ones.

    >>> resampled(np.array([[0.0, 2.0]]), 3)
    array([[0., 1., 2.]])
    """
    if values.shape[-1] == count:
        return values
    # The weights are numbers also where the values are traced.
    places = np.linspace(0, 1, values.shape[-1])
    return interpolated(np.linspace(0, 1, count), places, values)


def quantile(values: Any, share: float) -> Any:
    """The quantile of those of `values` that are finite; nan where none is.

    >>> float(quantile(np.array([3.0, np.nan, 1.0]), 0.5))
    2.0
    """
    xp = namespace(values)
    flat = xp.ravel(values)
    if not flat.shape[0]:
        return xp.asarray(xp.nan)
    known = xp.isfinite(flat)
    ranked, count = xp.sort(xp.where(known, flat, xp.inf)), known.sum()
    at = share * xp.maximum(count - 1, 0)
    low = xp.floor(at).astype(int)
    high = xp.minimum(low + 1, xp.maximum(count - 1, 0))
    value = ranked[low] + (at - low) * (ranked[high] - ranked[low])
    return xp.where(count > 0, value, xp.nan)

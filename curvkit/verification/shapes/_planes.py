"""Lines and planes that take a function's place on an interval.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| exp(l) + s (z - l) | `chord`, above an exponential | as z | arXiv 1902.09592, section 3 |
| exp(t) (1 + z - t) | `tangent`, below it | as z | there |
| λ, McCormick's planes above a b | `mccormick` | as a b | there |
"""

import jax.numpy as jnp


def chord(z, lower, upper):
    """The line through both ends of the exponential on [lower, upper]."""
    low, high = jnp.exp(lower), jnp.exp(upper)
    return low + (high - low) / (upper - lower) * (z - lower)


def tangent(z, lower, upper, touch):
    """The tangent of the exponential at a share `touch` of the interval."""
    at = lower + touch * (upper - lower)
    return jnp.exp(at) * (1 + z - at)


def mccormick(a, b, first, second, blend):
    """A blend of the two planes above a b, for a in `first` and b in `second`, pairs of ends."""
    (low_a, high_a), (low_b, high_b) = first, second
    one = high_a * b + low_b * a - high_a * low_b
    two = low_a * b + high_b * a - low_a * high_b
    return blend * one + (1 - blend) * two

"""What a network of a description computes, layer by layer, each by a rule.

| symbol | name | shape |
| --- | --- | --- |
| x | `x` | (examples, …, features) |
| W, b | `weight`, `bias` | (in, out), or (window, …, in, out); (out,) |

The rules are there so that others may watch layers at work: `_kfac` reads what goes into each
affine layer, and the gradients that come back out of it.
"""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from curvkit.kernels import _parts as parts

TINY = 1e-6


class Rules(NamedTuple):
    """What an affine layer does, by its description, parameters and inputs; and what a scale does.

    Attributes:
        dense: `dense(layer, params, x)`, weights and biases included.
        scaled: `scaled(params, x)`, the scale and the shift after a normalisation.
    """

    dense: Callable[[Any, Any, jax.Array], jax.Array]
    scaled: Callable[[Any, jax.Array], jax.Array]


def run(
    network: Any, params: Any, x: jax.Array, function: Callable[..., Any], rules: Rules
) -> jax.Array:
    """What a part makes of its inputs.

    >>> run(parts.Elementwise(), {}, jnp.ones((1, 2)), jnp.negative, PLAIN)
    Array([[-1., -1.]], dtype=float32)
    """
    if isinstance(network, parts.Chain):
        if network.times > 1:
            once = parts.Chain(network.parts)
            step = lambda x, own: (run(once, own, x, function, rules), None)
            return jax.lax.scan(step, x, params)[0]
        for each, own in zip(network.parts, params, strict=True):
            x = run(each, own, x, function, rules)
        return x
    if isinstance(network, parts.Sum | parts.Concatenation):
        branches = zip(network.branches, params, strict=True)
        outputs = [run(*each, x, function, rules) for each in branches]
        if isinstance(network, parts.Concatenation):
            return jnp.concatenate(outputs, axis=-1)
        total: Any = sum(jnp.asarray(w) * y for w, y in zip(network.weights, outputs, strict=True))
        return total
    if isinstance(network, parts.Nonlinear | parts.Affine):
        plain = isinstance(network, parts.Nonlinear)
        x, layer = (function(x), parts.Affine()) if plain else (x, network)
        return rules.dense(layer, params, x)
    if isinstance(network, parts.MeanPool):
        return jnp.mean(x, axis=tuple(range(1, x.ndim - 1)))
    if isinstance(network, parts.Elementwise):
        return function(x)
    axes = (-1,) if isinstance(network, parts.LayerNorm) else tuple(range(x.ndim - 1))
    x = x - jnp.mean(x, axis=axes, keepdims=True)
    x = x / jnp.sqrt(jnp.mean(x**2, axis=axes, keepdims=True) + TINY)
    return rules.scaled(params, x)


def affine(layer: parts.Affine, weight: jax.Array, x: jax.Array) -> jax.Array:
    """The weights of an affine layer applied to inputs (examples, …, features), zero beyond them.

    >>> affine(parts.Affine(), jnp.eye(2), jnp.ones((1, 2))).shape
    (1, 2)
    """
    space = x.ndim - 2
    if layer.window > 1:
        letters = "".join("XYZ"[:space])
        numbers = (f"N{letters}C", f"{letters}IO", f"N{letters}C")
        edge = [(layer.window // 2, layer.window // 2)] * space
        strides = (layer.stride,) * space
        return jax.lax.conv_general_dilated(x, weight, strides, edge, dimension_numbers=numbers)
    if layer.stride > 1:
        x = x[(slice(None), *(slice(None, None, layer.stride),) * space)]
    return x @ weight


def patches(layer: parts.Affine, x: jax.Array) -> jax.Array:
    """What each location of an affine layer sees: (examples, …, window · features), tap by tap.

    >>> patches(parts.Affine(window=3), jnp.ones((1, 2, 1)))
    Array([[[0., 1., 1.],
            [1., 1., 0.]]], dtype=float32)
    """
    space, edge = x.ndim - 2, layer.window // 2
    wide = jnp.pad(x, ((0, 0), *((edge, edge),) * space, (0, 0))) if edge else x
    taps = []
    for tap in itertools.product(range(layer.window), repeat=space):
        along = zip(tap, x.shape[1:-1], strict=True)
        seen = (slice(at, at + size, layer.stride) for at, size in along)
        taps.append(wide[(slice(None), *seen)])
    return taps[0] if len(taps) == 1 else jnp.concatenate(taps, -1)


def patched(layer: parts.Affine, params: Any, x: jax.Array) -> jax.Array:
    """A dense layer or a convolution as one product, quick where windows are small."""
    weight = params["weight"]
    return patches(layer, x) @ weight.reshape(-1, weight.shape[-1]) + params["bias"]


PLAIN = Rules(
    dense=lambda layer, params, x: affine(layer, params["weight"], x) + params["bias"],
    scaled=lambda params, x: params["scale"] * x + params["shift"],
)
PATCHED = PLAIN._replace(dense=patched)

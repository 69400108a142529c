"""Linear bounds of a network on a box: intervals, backward CROWN, and slopes that are optimised.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| l_k, u_k | `lower`, `upper` of what enters a layer | (width,) | arXiv 1902.09592, section 3 |
| α | `slopes`: the lower line of an unstable ReLU | (width,) | arXiv 2011.13824, section 3 |
| A | `rows`, whose products with the outputs are bounded | (rows, outputs) | arXiv 1811.00866 |

Functions here are pure JAX and of the precision of their arguments; `verify` calls them in float64.

Rounding is bounded, not hoped for. Each term of a bound passes through at most N roundings, N
counted by `rounding`; so a computed bound is off by at most N ulps of the sum of all its terms'
sizes, which `relax` carries along as `Sizes`. What enters a layer is widened by that much.

Where numbers are too small to be relative to anything, a rounding, or a zero in place of a number
below the least normal one, takes away an absolute amount. So sizes are nowhere below `floor`, of
which an ulp is that least number; and a coefficient that underflowed, times whatever it multiplies,
is counted by the sum of all sizes so far.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core.messages import unknown
from curvkit.core.tree import float64, ordinarily
from curvkit.verification._networks import COLD, ELEMENTWISE, Box, network, pair, sizes

SLOPES = ("adaptive", "zero", "one")


def intervals(layers, within: Box) -> list[Box]:
    """Interval bounds of what enters each layer, and at the end of the outputs."""
    boxes, ulps = [within], rounding(layers)
    for layer in layers:
        lower, upper = boxes[-1]
        if isinstance(layer, str):  # all of them increase
            low, high = (ELEMENTWISE[layer](each) for each in (lower, upper))
            size = 0 if layer == "relu" else 1 + sizes_of(boxes[-1])
            slack = ulps * (size + floor(low.dtype))
            boxes.append(Box(low - slack, high + slack))
        else:
            mid = layer.weight @ ((lower + upper) / 2) + layer.bias
            radius = jnp.abs(layer.weight) @ ((upper - lower) / 2)
            radius = radius + ulps * further(entered(boxes[-1]), *layer).each
            boxes.append(Box(mid - radius, mid + radius))
    return boxes


def lines(name: str, entering: Box, choice: str = "adaptive", alpha=None):
    """Lines below and above an elementwise function: (slope, offset) of each, (width,) each.

    Args:
        name: of `networks.ELEMENTWISE`.
        entering: bounds of its argument.
        choice: the lower slope of a ReLU that is on one side of its kink or the other: `zero`,
            `one`, or `adaptive`, which takes one where the upper bound is the larger side.
        alpha: such slopes in [0, 1] instead of a choice, (width,).
    """
    lower, upper = entering
    if name == "relu":
        active, unstable = lower >= 0, (lower < 0) & (upper > 0)
        if alpha is None:
            fixed = {"adaptive": upper >= -lower, "zero": upper < lower, "one": upper >= lower}
            alpha = fixed[choice].astype(upper.dtype)
        chord = upper / jnp.where(unstable, upper - lower, 1)
        above = jnp.where(unstable, chord, active)
        below = jnp.where(unstable, alpha, active)
        return (below, 0 * below), (above, jnp.where(unstable, -lower * chord, 0))
    function = ELEMENTWISE[name]
    slope_of = jax.vmap(jax.grad(function))
    if name == "softplus":  # convex: above any tangent, below its chord
        mid, wide = (lower + upper) / 2, upper > lower
        chord = (function(upper) - function(lower)) / jnp.where(wide, upper - lower, 1)
        # Where rounding could spoil a chord of almost no length, the larger slope is safe too.
        chord = jnp.where(upper - lower > 1e-6, chord, slope_of(upper))
        below = slope_of(mid)
        return (below, function(mid) - below * mid), (chord, function(lower) - chord * lower)
    # S-shaped: the slope within is nowhere less than at the flatter end.
    flat = jnp.minimum(slope_of(lower), slope_of(upper))
    return (flat, function(lower) - flat * lower), (flat, function(upper) - flat * upper)


def backward(layers, relaxed, rows):
    """An affine function of x above `rows` times the outputs: rows (k, inputs), offsets (k,).

    Args:
        layers: a network, or the first layers of one.
        relaxed: for each layer its two lines, None where it is affine.
        rows: (k, outputs).
    """
    offset = jnp.zeros(len(rows), rows.dtype)
    for layer, both in zip(reversed(layers), reversed(relaxed), strict=True):
        if isinstance(layer, str):
            (below, below_at), (above, above_at) = both
            plus, minus = jnp.maximum(rows, 0), jnp.minimum(rows, 0)
            # Sums and not products with a vector: XLA compiles them into one loop.
            offset = offset + jnp.sum(plus * above_at + minus * below_at, axis=1)
            rows = plus * above + minus * below
        else:
            offset = offset + jnp.sum(rows * layer.bias, axis=1)
            rows = rows @ layer.weight
    return rows, offset


def highest(rows, offset, within: Box):
    """The largest values on a box of affine functions (k, inputs), (k,): (k,)."""
    return offset + jnp.sum(jnp.maximum(rows * within.upper, rows * within.lower), axis=1)


def rounding(layers, more: int = 0) -> float:
    """N ulps as a share: of a sum of products through these layers and `more` operations.

    Theorem. A sum of products, summed in any order, is off by at most n u / (1 − n u) of S, where
    no term went through more than n roundings, u is half an ulp of 1 and S is the sum of the
    terms' sizes (Higham 2002, section 3.1). Backwards through a network n is at most `count`: a
    term is multiplied by a weight and summed over the units of a layer, which are the fan in of
    the next; bias, slope and offset of a line are less than 16 roundings a layer. Sizes go through
    no more roundings than that, so that the computed S is too small by at most the same share, and
    n u / (1 − 2 n u) of it is enough; which is at most 2 n u, n ulps, where 4 n u ≤ 1. As many
    again are taken: for the rounding of the margin, and of what it is added to.
    """
    affine = [each for each in layers if not isinstance(each, str)]
    count = sum(each.weight.shape[1] + 2 for each in affine) + 16 * len(layers) + more
    return 2 * count * float(jnp.finfo(affine[0].weight.dtype).eps)


def relax(layers, within: Box, choice: str = "adaptive", outward: bool = True, alphas=None):
    """The lines of every elementwise layer, at bounds that backward CROWN finds layer by layer.

    With `outward=False` rounding is not allowed for, to see what that does. `alphas` has for each
    layer the lower slopes of a ReLU, instead of a choice.

    Returns:
        The lines by layer, None where it is affine, and the `Sizes` of the outputs.
    """
    relaxed, sizes = [], entered(within)
    for at, layer in enumerate(layers):
        if not isinstance(layer, str):
            relaxed.append(None)
            sizes = further(sizes, *layer)
            continue
        slack = outward * rounding(layers[:at]) * sizes.each
        layer_box = entering(layers[:at], relaxed, within, slack)
        alpha = None if alphas is None else alphas[at]
        relaxed.append(lines(layer, layer_box, choice, alpha))
        # A line has a slope of at most one; its offset is no larger than these.
        each = sizes.each + 2 * sizes_of(layer_box) + (layer != "relu") + floor(sizes.each.dtype)
        sizes = Sizes(each, sizes.total + jnp.sum(each))
    return relaxed, sizes


class Sizes(NamedTuple):
    """What an ulp is counted of: `each` (outputs,), above the sum of the sizes of all terms of
    which a bound of an output is made, and the `total` of these and of those of all layers before.
    """

    each: jax.Array
    total: jax.Array


def floor(dtype) -> float:
    """The size of which an ulp is the least normal number: below it rounding is absolute."""
    return float(jnp.finfo(dtype).tiny / jnp.finfo(dtype).eps)


def entered(within: Box) -> Sizes:
    """The sizes of numbers in a box."""
    each = sizes_of(within) + floor(within.lower.dtype)
    return Sizes(each, jnp.sum(each))


def further(sizes: Sizes, weight, bias) -> Sizes:
    """The sizes behind an affine layer."""
    each = jnp.abs(weight) @ sizes.each + jnp.abs(bias)
    each = each + floor(each.dtype) * (1 + sizes.total)
    return Sizes(each, sizes.total + jnp.sum(each))


def sizes_of(within: Box):
    """The largest absolute value of each number in a box, (width,)."""
    return jnp.maximum(jnp.abs(within.lower), jnp.abs(within.upper))


def entering(layers, relaxed, within: Box, slack: float | jax.Array = 0.0) -> Box:
    """CROWN's bounds of each output of a network whose layers are relaxed, wider by `slack`."""
    last = next(each for each in reversed(layers) if not isinstance(each, str))
    identity = jnp.eye(len(last.weight), dtype=last.weight.dtype)
    ends = highest(*backward(layers, relaxed, jnp.concatenate([identity, -identity])), within)
    upper, lower = ends[: len(identity)] + slack, -ends[len(identity) :] - slack
    return Box(lower, jnp.maximum(lower, upper))


def interval(layers: Any, within: Box | tuple[Any, Any]) -> Box:
    """Interval bounds of a network's outputs, in float64.

    Raises:
        ValueError: with one sentence, for what `network` and `box` refuse.

    >>> interval([([[1.0, -1.0]], [0.0]), "relu"], ([0, 0], [1, 2])).upper
    array([1.])
    """
    return _checked(_interval, layers, within)


def crown(layers: Any, within: Box | tuple[Any, Any], choice: str = "adaptive") -> Box:
    """Backward CROWN bounds of a network's outputs, in float64 (arXiv 1811.00866).

    Args:
        layers: as `networks.network` takes them.
        within: the box of the inputs, or a pair (lower, upper).
        choice: of `SLOPES`, as in `lines`.

    Raises:
        ValueError: with one sentence, for an unknown choice and what `network` and `box` refuse.

    >>> crown([([[2.0]], [1.0])], ([0.0], [3.0])).upper
    array([7.])
    """
    if choice not in SLOPES:
        raise ValueError(unknown("choice of slopes", choice, SLOPES))

    if isinstance((layers := network(layers))[-1], str):  # its value is bounded as an identity's
        width = sizes(layers)[1]
        layers = network([*layers, (np.eye(width), np.zeros(width))])
    return _checked(partial(_crown, choice=choice), layers, within)


@ordinarily
@partial(jax.jit, compiler_options=COLD)
def _interval(layers, within):
    return intervals(layers, within)[-1]


@ordinarily
@partial(jax.jit, static_argnames="choice", compiler_options=COLD)
def _crown(layers, within, choice):
    relaxed, sizes = relax(layers, within, choice)
    return entering(layers, relaxed, within, rounding(layers) * sizes.each)


def _checked(method, layers, within):
    layers = network(layers)
    within = pair(within, sizes(layers)[0])
    with float64():
        lower, upper = (np.asarray(each) for each in method(layers, within))
    # Numbers that overflowed on the way bound nothing.
    return Box(np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper))

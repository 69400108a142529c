"""Architectures from a few knobs, shaped, and read: what each sub-network does, and the whole.

| symbol | name | source |
| --- | --- | --- |
| w | `weight` of each shortcut; the branch has √(1 − w²) | arXiv 2110.01765, section 4 |
| M(x, r) | the largest of `Built.parts` | arXiv 2110.01765, section 5 |
| C_f(c) | `c_map`, of a whole network | arXiv 2110.01765, section 3 |

A branch by itself is a sub-network too, and may be steeper than the whole: with a large w the whole
is nearly the identity, while a branch knows nothing of w. So the target is met by the steepest.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from curvkit.core import messages
from curvkit.kernels import _maps as maps
from curvkit.kernels import _networks as networks
from curvkit.kernels import _rectifiers as rectifiers
from curvkit.kernels._shaping import Shaped

WIRINGS = ("chain", "residual", "nested", "resnet_v2")


class Built(NamedTuple):
    """A shaped network, read: `parts` are the whole network and the branches within it."""

    layers: int
    plain_c: np.ndarray
    shaped_c: np.ndarray
    parts: tuple[float, ...]


def wire(wiring: str, blocks: int, weight: float) -> networks.Network:
    """An architecture of so many blocks of two or three nonlinear layers.

    Args:
        wiring: `chain` without sums; `residual`; `nested`, each branch a residual network of two
            blocks itself; or `resnet_v2`, in four stages of at least one block.
        blocks: how many.
        weight: w of every shortcut, in [0, 1).

    Raises:
        ValueError: if there is no such wiring, or a value is out of range.

    >>> [networks.layers(wire(each, 8, 0.8)) for each in WIRINGS]
    [16, 17, 33, 25]
    """
    if wiring not in WIRINGS:
        raise ValueError(messages.unknown("wiring", wiring, WIRINGS))
    if wiring == "chain":
        return networks.feed_forward(2 * blocks)
    if wiring == "residual":
        return networks.residual(blocks, 2, weight=weight)
    if wiring == "resnet_v2":
        stages = [max(1, len(each)) for each in np.array_split(np.arange(blocks), 4)]
        return networks.resnet_v2(stages, weight=weight)
    inner = networks.residual(2, 2, weight=weight, final=False)
    block = networks.residual_block(inner, weight)
    return networks.Chain((networks.Chain((block,), blocks), networks.Nonlinear()))


def read(made: Shaped, c: Any) -> Built:
    """The network that `made` was shaped for: C map before and after, and its sub-networks.

    The plain one is the network whose lengths are kept at 1, so that only angles are lost.

    Args:
        made: what `shape` returned.
        c: cosines in [−1, 1].
    """
    of = {"dks": _slope, "tat": _curvature if made.negative_slope is None else _zero}[made.method]
    parts = [of(each, made) for each in networks.subnetworks(made.network)]
    whole = of(made.network, made)
    branches = sorted({round(part, 9) for part in parts} - {round(whole, 9), 0.0, 1.0})
    return Built(
        networks.layers(made.network),
        c_map(made.network, _layer(made.base.jet, None if made.negative_slope is None else 0.0), c),
        c_map(made.network, _layer(made.jet, made.negative_slope, made.method), c),
        (whole, *branches[::-1]),
    )


def c_map(network: networks.Network, layer: Callable[..., Any], c: Any) -> Any:
    """The C map of a whole network, where every nonlinear layer has the map `layer`.

    >>> float(c_map(networks.residual(1, 1, weight=0.6, final=False), lambda c: 0 * c + 1, 0.5))
    0.82
    """
    return np.clip(networks.through(network, np.asarray(c, float), layer), -1, 1)


def _layer(jet, slope, method="tat"):
    if slope is None:
        weights = maps.hermite_weights(lambda x: jet(x)[0])
        return lambda c: maps.series(weights, np.clip(c, -1, 1))
    zero = rectifiers.c_map(0.0, slope) if method == "dks" else 0.0
    return lambda c: (rectifiers.c_map(c, slope) - zero) / (1 - zero)


def _slope(network, made):
    return networks.slope(network, made.local.slope)


def _curvature(network, made):
    return networks.curvature(network, made.local.curvature)


def _zero(network, made):
    return networks.through(network, 0.0, rectifiers.layer(made.negative_slope))

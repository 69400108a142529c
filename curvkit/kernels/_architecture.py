"""Architectures from a few knobs, shaped, and read: what each sub-network does, and the whole.

| symbol | name | source |
| --- | --- | --- |
| w | `weight` of each shortcut; the branch has √(1 − w²) | arXiv 2110.01765 |
| M(x, r) | the largest of `ReadNetwork.parts` | arXiv 2110.01765 |
| C_f(c) | `c_map`, of a whole network | arXiv 2110.01765 |

A branch by itself is a sub-network too, and may be steeper than the whole: with a large w the whole
is nearly the identity, while a branch knows nothing of w. So the target is met by the steepest.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages
from curvkit.kernels import _maps as maps
from curvkit.kernels import _networks as networks
from curvkit.kernels import _rectifiers as rectifiers
from curvkit.kernels import _traced as traced
from curvkit.kernels._activations import Activation

WIRINGS = ("chain", "residual", "nested", "resnet_v2")
# So many parts are told, and so many powers of c make the C map of a smooth activation.
PARTS, TERMS = 4, 48


class ReadNetwork(NamedTuple):
    """A shaped network, read: `parts` are the whole network and the branches within it, then 0."""

    plain_c: jax.Array
    shaped_c: jax.Array
    parts: jax.Array
    layers: jax.Array


def wire(wiring: str, blocks: Any, weight: Any) -> networks.Network:
    """An architecture of so many blocks of two or three nonlinear layers.

    Args:
        wiring: `chain` without sums; `residual`; `nested`, each branch a residual network of two
            blocks itself; or `resnet_v2`, in four stages of at least one block.
        blocks: how many; may be traced.
        weight: w of every shortcut, in [0, 1); may be traced.

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
        stages = [(blocks + more) // 4 for more in (3, 2, 1, 0)]
        traced = isinstance(blocks, jax.Array)
        stages = [jnp.maximum(1, each) if traced else max(1, each) for each in stages]
        return networks.resnet_v2(stages, weight=weight)
    inner = networks.residual(2, 2, weight=weight, final=False)
    block = networks.residual_block(inner, weight)
    return networks.Chain((networks.Chain((block,), blocks), networks.Nonlinear()))


def read(
    base: Activation, method: str, network: networks.Network, shapes: traced.Made, c: jax.Array
) -> ReadNetwork:
    """The network that was shaped: C map before and after, and its sub-networks.

    The plain one is the network whose lengths are kept at 1, so that only angles are lost.

    Args:
        base, method: of which the shape is.
        network: the architecture; its numbers may be traced.
        shapes: its shapes, of which the first is read, in float64.
        c: cosines in [−1, 1].
    """
    numbers, local = shapes.numbers[0], shapes.local[0]
    leaky = base.family == "leaky_relu"

    def of(part):
        if method == "dks":
            return networks.slope(part, local[3])
        if leaky:
            return networks.through(part, jnp.zeros_like(local[3]), _leaky(numbers[4], method))
        return networks.curvature(part, local[4])

    both = jnp.broadcast_to(c, (2, *c.shape))
    layer = _leaky(numbers[4], method) if leaky else _smooth(base, numbers)
    plain = _leaky(0.0, "tat") if leaky else None
    each = lambda c: jnp.stack([plain(c[0]), layer(c[1])]) if plain else layer(c)
    plain_c, shaped_c = jnp.clip(networks.through(network, both, each), -1, 1)
    return ReadNetwork(
        plain_c, shaped_c, _parts(network, of), jnp.asarray(networks.layers(network))
    )


def _smooth(base, numbers):
    """The plain layer's C map of one row of cosines, and the shaped one's of another."""
    alpha, beta, gamma, delta, _ = numbers
    shaped = lambda x: gamma * (base.function(alpha * x + beta) + delta)
    weights = [maps.hermite_weights(each, 1.0, TERMS) for each in (base.function, shaped)]
    columns = jnp.stack(weights, 1)[..., None]

    def layer(c):
        c = jnp.clip(c, -1, 1)
        # All powers by doubling: 1, c; c², c³; and so on.
        powers, square = jnp.stack([jnp.ones_like(c), c]), c * c
        while len(powers) < TERMS:
            powers, square = jnp.concatenate([powers, powers * square]), square * square
        return jnp.sum(columns * powers[:TERMS], 0)

    return layer


def _leaky(slope, method):
    zero = rectifiers.traced(jnp.zeros_like(slope), slope) if method == "dks" else 0.0
    return lambda c: (rectifiers.traced(c, slope) - zero) / (1 - zero)


def _parts(network, of):
    """What the whole network is, and then the branches that differ, from the largest on."""
    whole = of(network)
    distinct: list[Any] = []
    for branch, there in _branches(network, jnp.array(True)):
        value = of(branch)
        for other in (whole, jnp.zeros_like(whole), jnp.ones_like(whole), *distinct):
            there &= ~(jnp.abs(value - other) < 1e-9)
        distinct.append(jnp.where(there, value, 0.0))
    # Each goes to where as many are larger as are before it.
    values = jnp.stack([*distinct, *[jnp.zeros_like(whole)] * PARTS])
    larger = (values[None] > values[:, None]) | (
        (values[None] == values[:, None]) & np.tri(len(values), k=-1, dtype=bool)
    )
    place = larger.sum(1) == np.arange(PARTS - 1)[:, None]
    return jnp.concatenate([whole[None], jnp.where(place, values, 0.0).sum(1)])


def _branches(network: networks.Network, there: jax.Array) -> Iterator[tuple[Any, jax.Array]]:
    """Every branch of every sum within, and whether what it lies in is there at all."""
    if isinstance(network, networks.SUMS):
        for branch in network.branches:
            yield branch, there
            yield from _branches(branch, there)
    elif isinstance(network, networks.Chain):
        for part in network.parts:
            yield from _branches(part, there & (network.times > 0))


def c_map(network: networks.Network, layer: Callable[..., Any], c: Any) -> Any:
    """The C map of a whole network, where every nonlinear layer has the map `layer`.

    >>> float(c_map(networks.residual(1, 1, weight=0.6, final=False), lambda c: 0 * c + 1, 0.5))
    0.82
    """
    return np.clip(networks.through(network, np.asarray(c, float), layer), -1, 1)

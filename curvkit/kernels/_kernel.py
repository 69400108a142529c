"""What a whole network does to lengths, angles and its tangent kernel, part by part.

| symbol | name | source |
| --- | --- | --- |
| q | `Kernel.q`, the mean square of every input | arXiv 2110.01765 |
| q c | `Kernel.k`, of pairs of inputs | arXiv 2110.01765 |
| ∂(q c) at c = 1 | `Kernel.slope` | arXiv 2110.01765 |
| Θ over the width | `Kernel.same` at c = 1, `Kernel.theta` | arXiv 1806.07572 |
| m | `Kernel.mean`, over features | |

An affine layer makes σ_w² q + σ_b² of q. LayerNorm takes m² off both q and q c, which is nothing
after an affine layer, and E[φ]² after φ. BatchNorm takes off what all inputs of a batch share: here
batches are large, of inputs that are orthogonal to one another, so that this is where q c of
orthogonal inputs has come to. Both then divide by what is left of q.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages, tree
from curvkit.kernels import _expectations as expectations
from curvkit.kernels import _parts as parts
from curvkit.kernels._activations import activation
from curvkit.kernels._maps import SLIP
from curvkit.kernels._ntk import condition_number

# Inputs of which the tangent kernel's condition number is taken.
ORTHOGONAL = 10
# Cosines nearer to 1 than this are 1 in single precision.
SAME = 5e-7


class Kernel(NamedTuple):
    """The kernels after a part; the last of the pairs is that of orthogonal inputs."""

    q: Any
    k: Any
    mean: Any
    slope: Any
    same: Any
    theta: Any


class NetworkMaps(NamedTuple):
    """What becomes of inputs of one mean square in a whole network.

    Attributes:
        q: their mean square at the end.
        c: cosines at the end, of the shape of those that went in.
        slope: C_f′(1).
        condition: of the tangent kernel's matrix of ten orthogonal inputs.
    """

    q: Any
    c: Any
    slope: Any
    condition: Any


def network_maps(
    network: parts.Network, given: Any, c: Any = (-1.0, 0.0, 0.5), q: float = 1.0
) -> NetworkMaps:
    """Q, C, the slope at 1 and the tangent kernel of a whole network of infinite width.

    Args:
        network: any architecture; its affine layers have gains and biases.
        given: the activation, as `shape` takes it, or a shape; cut at zero or smooth.
        c: cosines in [−1, 1].
        q: the mean square of the inputs, above 0.

    Raises:
        ValueError: if an argument is out of range, or the network pools: then the cosines between
            locations count as well, and `check` reads them off inputs.

    >>> deep = parts.Chain((parts.Elementwise(), parts.Affine(gain=2**0.5)), 50)
    >>> maps = network_maps(deep, "relu")
    >>> np.round(maps.c, 3), round(float(maps.slope), 9)
    (array([0.987, 0.988, 0.989]), 1.0)
    """
    messages.reals("c", c, "cosines from -1 to 1", least=-1 - SLIP, most=1 + SLIP)
    q = messages.real("q", q, above=0)
    cosines = np.asarray(c, float)
    rules = Maps(jet_of(given))
    end = walk(parts.ordered(network), rules.start(cosines.ravel(), q), rules)
    return read(end, q)._replace(c=_cosines(end)[:-1].reshape(cosines.shape))


def jet_of(given: Any) -> expectations.Jet:
    """φ and φ′ in NumPy and float64 of an activation or of a shape."""
    from curvkit.kernels._shaping import Shaped

    jet = (given if isinstance(given, Shaped) else activation(given)).jet
    return lambda x: jet(x)[:2]


def read(end: Kernel, q: Any) -> NetworkMaps:
    """The end of a network as its maps, with all the cosines, where `q` went in."""
    xp: Any = jnp if isinstance(end.q, jax.Array) else np
    zero = xp.maximum(end.theta[-1], 0)
    with np.errstate(divide="ignore", invalid="ignore"):  # where all inputs are one, it is infinite
        condition = condition_number(xp.asarray(end.same), zero, ORTHOGONAL)
    return NetworkMaps(end.q, _cosines(end), end.slope * q / end.q, condition)


def _cosines(end: Kernel) -> Any:
    return (jnp if isinstance(end.q, jax.Array) else np).clip(end.k / end.q, -1, 1)


def walk(network: parts.Network, state: Any, rules: Any) -> Any:
    """What `rules` make of `state` along the network: a method for each kind of part.

    Args:
        network: the architecture.
        state: what goes in.
        rules: with methods `elementwise`, `affine`, `layer_norm`, `batch_norm` and `mean_pool` of a
            part and a state, and `add` and `concatenate` of a part and its branches' states.
    """
    if isinstance(network, parts.Chain):
        once = lambda state: _along(network.parts, state, rules)
        if tree.traced(network.times) or isinstance(network.times, jax.Array):
            return jax.lax.fori_loop(0, network.times, lambda _, state: once(state), state)
        for _ in range(network.times):
            state = once(state)
        return state
    if isinstance(network, parts.Sum | parts.Concatenation):
        states = [walk(branch, state, rules) for branch in network.branches]
        return (rules.add if isinstance(network, parts.Sum) else rules.concatenate)(network, states)
    if isinstance(network, parts.Nonlinear):
        return rules.affine(parts.Affine(), rules.elementwise(network, state))
    return getattr(rules, METHODS[type(network)])(network, state)


METHODS = {
    parts.Elementwise: "elementwise", parts.Affine: "affine", parts.LayerNorm: "layer_norm",
    parts.BatchNorm: "batch_norm", parts.MeanPool: "mean_pool",
}  # fmt: skip


def _along(along: Sequence[parts.Network], state: Any, rules: Any) -> Any:
    for part in along:
        state = walk(part, state, rules)
    return state


class Maps:
    """The rules of pairs of inputs of one mean square.

    Args:
        jet: φ and φ′.
        nodes: of `expectations.correlated`, angles and radii.
    """

    def __init__(self, jet: expectations.Jet, nodes: Sequence[int] = ()):
        self.jet, self.nodes = jet, nodes

    def start(self, c: Any, q: Any) -> Kernel:
        """What goes in: after a first affine layer of gain 1."""
        xp: Any = jnp if isinstance(q, jax.Array) else np
        c = xp.concatenate([c, xp.zeros(1, c.dtype)])
        return Kernel(q, q * c, 0 * q, 1 + 0 * q, q, q * c)

    def elementwise(self, part: Any, at: Kernel) -> Kernel:
        """φ: every mean is an expectation."""
        q, opposite, mean, steep = expectations.alone(self.jet, at.q)
        c = at.k / at.q
        k, slopes = expectations.correlated(self.jet, at.q, c, *self.nodes)
        # An input and itself, or its opposite, are known exactly: chaos would grow what is rounded.
        xp: Any = jnp if isinstance(at.q, jax.Array) else np
        k = xp.where(c >= 1 - SAME, q, xp.where(c <= SAME - 1, opposite, k))
        return Kernel(q, k, mean, at.slope * steep, at.same * steep, at.theta * slopes)

    def affine(self, part: parts.Affine, at: Kernel) -> Kernel:
        """Fresh weights and biases."""
        gain, bias = part.gain**2, part.bias**2
        same, theta = gain * at.same + at.q, gain * at.theta + at.k
        return Kernel(
            gain * at.q + bias, gain * at.k + bias, 0 * at.mean, gain * at.slope, same, theta
        )

    def layer_norm(self, part: Any, at: Kernel) -> Kernel:
        """Takes the mean over features off, and scales what is left to 1."""
        return _normalized(at, at.mean**2)

    def batch_norm(self, part: Any, at: Kernel) -> Kernel:
        """Takes off what orthogonal inputs have come to share, and scales what is left to 1."""
        return _normalized(at, at.k[-1])

    def mean_pool(self, part: Any, at: Kernel) -> Kernel:
        """Refused: it takes the cosines between the locations of an input as well."""
        raise ValueError(
            "The map of MeanPool depends on the cosines between locations of each input; "
            "use kernels.check, which reads them off inputs, or leave the pooling out."
        )

    def add(self, part: parts.Sum, states: Sequence[Kernel]) -> Kernel:
        """Independent terms: squares add; at most one of them has a mean over features."""
        return _weighted([w**2 for w in part.weights], part.weights, states)

    def concatenate(self, part: Any, states: Sequence[Kernel]) -> Kernel:
        """Features side by side: everything is averaged."""
        shares = [1 / len(states)] * len(states)
        return _weighted(shares, shares, states)


def _weighted(squares: Sequence[Any], weights: Sequence[Any], states: Sequence[Kernel]) -> Kernel:
    of: Callable[..., Any] = lambda by, name: sum(
        w * getattr(each, name) for w, each in zip(by, states, strict=True)
    )
    fields = {name: of(squares, name) for name in Kernel._fields if name != "mean"}
    return Kernel(mean=of(weights, "mean"), **fields)


def _normalized(at: Kernel, shared: Any) -> Kernel:
    # Where nothing is left, nothing can be told of it.
    left = at.q - shared
    return Kernel(
        left / left, (at.k - shared) / left, 0 * at.mean, at.slope / left, at.same / left,
        at.theta / left,
    )  # fmt: skip

"""An architecture as data, from which slopes, curvatures and C maps of a whole network follow.

| symbol | name | source |
| --- | --- | --- |
| r | what stands for one nonlinear layer | arXiv 2110.01765 |
| x | `start`, what goes in | |
| w_i | `Sum.weights`, with Σ w_i² = 1 | arXiv 2110.01765 |
| M(x, r) | `maximal`, over all sub-networks | arXiv 2110.01765 |
| ψ | the local slope, with μ(ψ) = M(1, y → ψ y) | |

A chain composes: slopes multiply, curvatures add. A sum averages with w_i², a concatenation evenly.
Affine layers and normalisation of what they give change nothing where every mean square is 1. A
sub-network has one way in and one way out, so it lies within a branch or takes in the whole sum; as
r never lowers what goes in, of a chain the whole is largest.
"""

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from curvkit.core import messages, tree
from curvkit.kernels._parts import (
    WHOLE,
    Affine,
    Chain,
    Concatenation,
    Elementwise,
    Network,
    Nonlinear,
    Sum,
    inside,
    whole,
)

SUMS, LAYERS = (Sum, Concatenation), (Nonlinear, Elementwise)


def feed_forward(depth: Any) -> Chain:
    """`depth` nonlinear layers one after another.

    >>> layers(feed_forward(7))
    7
    """
    return Chain((Nonlinear(),), whole("depth", depth))


def residual(blocks: Any, layers_per_block: Any = 2, *, weight: Any, final: bool = True) -> Chain:
    """`blocks` times w · x + √(1 − w²) · branch(x), then one nonlinear layer if `final`.

    Each branch begins with the nonlinearity and ends in a fresh affine layer, as in a
    pre-activation ResNet: only then are the two terms of the sum independent, as the maps take
    them to be.

    Args:
        blocks: how many; may be traced, as the next two may.
        layers_per_block: nonlinear layers of each branch.
        weight: w of the shortcut, in [0, 1).
        final: whether a nonlinear layer follows the last sum, as in a pre-activation ResNet.

    Raises:
        ValueError: if a value is out of range.

    >>> round(slope(residual(1, 1, weight=0.6, final=False), 1.5), 9)  # 0.36 + 0.64 · 1.5
    1.32
    """
    blocks, final = whole("blocks", blocks), messages.switch("final", final)
    layers_per_block = whole("layers_per_block", layers_per_block)
    block = residual_block(feed_forward(layers_per_block), weight)
    return Chain((Chain((block,), blocks), *([Nonlinear()] if final else [])))


def residual_block(branch: Network, weight: Any, shortcut: Network | None = None) -> Sum:
    """The sum w · shortcut(x) + √(1 − w²) · branch(x); `weight` is w in [0, 1).

    Without a `shortcut` it is the identity. The branch has to end in a fresh affine layer, as
    `Nonlinear` does; `build` puts one there where it does not.

    >>> residual_block(Nonlinear(), 0.6).weights
    (0.6, 0.8)
    """
    weight = messages.real("weight", weight, "at least 0 and below 1", least=0, below=1)
    other = (jnp.sqrt if tree.traced(weight) else math.sqrt)(1 - weight**2)
    return Sum((weight, other), (Chain() if shortcut is None else shortcut, branch))


def resnet_v2(
    blocks: Sequence[Any] = (3, 4, 6, 3), *, layers_per_block: int = 3, weight: Any
) -> Chain:
    """A pre-activation ResNet without normalisation: stages whose first shortcut is projected.

    The first block of a stage takes its shortcut after the first nonlinearity, and projects it by
    an affine layer of its own; the default is ResNet-50.

    >>> layers(resnet_v2((1, 1), weight=0.5))
    7
    """
    layers_per_block = messages.whole("layers_per_block", layers_per_block, 1, WHOLE)
    inner = Chain((Affine(), *(Nonlinear(),) * (layers_per_block - 1)))
    first = Chain((Elementwise(), residual_block(inner, weight, Affine())))
    plain = residual_block(feed_forward(layers_per_block), weight)
    return Chain((*_stages(blocks, first, plain), Nonlinear()))


def resnet_v1(
    blocks: Sequence[Any] = (3, 4, 6, 3), *, layers_per_block: int = 3, weight: Any
) -> Chain:
    """The first ResNet without normalisation: the nonlinearity follows each sum.

    A branch has one nonlinearity fewer than in `resnet_v2`, and ends in an affine layer like there.
    The first block of a stage projects its shortcut; the default is ResNet-50.

    >>> layers(resnet_v1((1, 1), weight=0.5))  # one before, and three in each block
    7
    """
    layers_per_block = messages.whole("layers_per_block", layers_per_block, 1, WHOLE)
    branch = Chain((Affine(), *(Nonlinear(),) * (layers_per_block - 1)))
    first = Chain((residual_block(branch, weight, Affine()), Elementwise()))
    plain = Chain((residual_block(branch, weight), Elementwise()))
    return Chain((Elementwise(), *_stages(blocks, first, plain), Affine()))


def _stages(blocks: Any, first: Network, plain: Network) -> list[Network]:
    """The first block of each stage, and as many plain ones as there are beside it."""
    if isinstance(blocks, str) or not isinstance(blocks, Iterable):
        raise ValueError(messages.refusal("blocks", "whole numbers, one for each stage", blocks))
    parts: list[Network] = []
    for number in blocks:
        number = whole("blocks", number)
        further = tree.traced(number) or number > 1
        parts += [first] + ([Chain((plain,), number - 1)] if further else [])
    return parts


def through(network: Network, start: Any, layer: Callable[[Any], Any]) -> Any:
    """What comes out of the network: chains compose, sums average with w².

    Args:
        network: made of the parts in `_parts`.
        start: what goes in; a number or an array.
        layer: what one nonlinear layer does to it.

    >>> through(feed_forward(3), 0.0, lambda y: y + 2.0)
    6.0
    """
    if isinstance(network, LAYERS):
        return layer(start)
    if isinstance(network, SUMS):
        outputs = (through(branch, start, layer) for branch in network.branches)
        return sum(w**2 * out for w, out in zip(network.weights, outputs, strict=True))
    if not isinstance(network, Chain):
        return start
    further = lambda x, part: through(part, x, layer)
    once = lambda start: functools.reduce(further, network.parts, start)
    if isinstance(start, jax.Array):
        times = _passes(network.times)
        none = jnp.zeros_like(times) if isinstance(times, jax.Array) else 0
        return jax.lax.fori_loop(none, times, lambda _, x: once(x), start)
    for _ in range(network.times):
        start = once(start)
    return start


def _passes(times: Any) -> Any:
    """How often a map is applied: no derivative goes through that, so it is whole."""
    if jnp.issubdtype(jnp.result_type(times), jnp.floating):
        raise ValueError(
            "How often a map is applied must be a whole number, but it is traced as a real one; "
            "give the depth as an integer to TAT with a leaky ReLU."
        )
    return times


def subnetworks(network: Network) -> Iterator[Network]:
    """The network and every branch within it, each once: among them is the largest."""
    seen, waiting = set(), [network]
    while waiting:
        each = waiting.pop()
        if _same(each) in seen:
            continue
        seen.add(_same(each))
        if each is network:
            yield each
        if isinstance(each, SUMS):
            yield from (branch for branch in each.branches if _same(branch) not in seen)
        waiting += inside(each)


def _same(network: Network) -> Any:
    """What a network is known by; one whose numbers are arrays is equal to itself alone."""
    return id(network) if _of_jax(network) else network


def maximal(network: Network, start: Any, layer: Callable[[Any], Any]) -> Any:
    """M(x, r): the largest output over all sub-networks, for a `layer` that never lowers its input.

    >>> maximal(residual(1, 2, weight=0.9, final=False), 1.0, lambda y: 2.0 * y)
    4.0
    """
    return _most(through(each, start, layer) for each in subnetworks(network))


def slope(network: Network, local: Any) -> Any:
    """C_f′(1) of the whole network, where every layer has the slope `local`: slopes multiply.

    >>> round(slope(feed_forward(2), 1.1), 9)
    1.21
    """
    if _of_jax(network, local):
        return jnp.exp(log_slope(network, jnp.log(local)))
    if isinstance(network, LAYERS):
        return local
    if isinstance(network, SUMS):
        slopes = [slope(branch, local) for branch in network.branches]
        return sum(w**2 * each for w, each in zip(network.weights, slopes, strict=True))
    if not isinstance(network, Chain):
        return 1.0
    once = math.prod(slope(part, local) for part in network.parts)
    if once > 1 and network.times * math.log(once) > 700:
        return math.inf
    return once**network.times


def log_slope(network: Network, local: Any) -> Any:
    """The logarithm of `slope` by that of a layer's, which may be traced: a convex function.

    >>> round(float(log_slope(feed_forward(300), jnp.array(2.0))), 6)
    600.0
    """
    if isinstance(network, LAYERS):
        return local
    if isinstance(network, SUMS):
        slopes = jnp.stack([log_slope(branch, local) for branch in network.branches])
        highest = jax.lax.stop_gradient(slopes.max(0))
        squares = jnp.stack([jnp.square(weight) for weight in network.weights])
        return highest + jnp.log(jnp.tensordot(squares, jnp.exp(slopes - highest), 1))
    if not isinstance(network, Chain):
        return 0 * local
    along = [log_slope(part, local) for part in network.parts]
    return network.times * sum(along, 0 * local)


def curvature(network: Network, local: Any) -> Any:
    """C_f″(1) of the whole network, where every layer has slope 1 and curvature `local`: they add.

    >>> curvature(feed_forward(4), 0.5)
    2.0
    """
    if isinstance(network, LAYERS):
        return local
    if isinstance(network, SUMS):
        bent = [curvature(branch, local) for branch in network.branches]
        return sum(w**2 * each for w, each in zip(network.weights, bent, strict=True))
    if not isinstance(network, Chain):
        return 0 * local
    return network.times * sum(curvature(part, local) for part in network.parts)


def largest(network: Network, of: Callable[[Network], Any]) -> Any:
    """The largest of a quantity over all sub-networks, such as `slope` or `curvature`.

    >>> largest(residual(1, 2, weight=0.9, final=False), lambda each: slope(each, 2.0))
    4.0
    """
    return _most(of(each) for each in subnetworks(network))


def _most(values: Iterable[Any]) -> Any:
    values = list(values)
    return functools.reduce(jnp.maximum, values) if _of_jax(values) else max(values)


def _of_jax(*values: Any) -> bool:
    return any(isinstance(each, jax.Array) for each in jax.tree.leaves(values))


def layers(network: Network) -> int:
    """How many nonlinear layers there are, those in branches included.

    >>> layers(residual(25, 2, weight=0.8))
    51
    """
    if isinstance(network, LAYERS):
        return 1
    times = network.times if isinstance(network, Chain) else 1
    return times * sum(layers(each) for each in inside(network))

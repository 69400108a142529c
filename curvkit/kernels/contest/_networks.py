"""The contenders as architectures, each built with its branches in the order of its maps.

| symbol | name | source |
| --- | --- | --- |
| w · x + √(1 − w²) · branch(x) | `rescaled` | arXiv 2110.01765 |
| x + branch(x) | `plain_sums`; normalised `batch_norm`, `layer_norm` | arXiv 1603.05027 |
| what `kernels.ways` shows | `dial` | arXiv 2110.01765 |
| σ_w = √2 | `HE`, of a plain ReLU | arXiv 1502.01852 |
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from curvkit.core import messages, tree
from curvkit.kernels import _apply as applying
from curvkit.kernels import _blocks as shaping
from curvkit.kernels import _build as build
from curvkit.kernels import _parts as parts

HE = 2**0.5
# The normalisation and the shortcut of each; a dial has its own.
KINDS = {
    "rescaled": ("none", "rescaled"),
    "chain": ("none", "none"),
    "batch_norm": ("batch", "plain"),
    "layer_norm": ("layer_before", "plain"),
    "plain_sums": ("none", "plain"),
}
NAMES = (*KINDS, "dial")


def contender(
    name: str,
    blocks: int,
    weight: Any,
    gain: Any = 1.0,
    bias: Any = 0.0,
    window: int = 1,
    norm: str = "none",
    shortcut: str = "none",
) -> parts.Network:
    """A network of so many blocks of two nonlinear layers, and one more before the outputs.

    Args:
        name: of `NAMES`.
        blocks: how many.
        weight: w of a rescaled network's shortcuts; may be traced.
        gain, bias: of its affine layers; 1 and 0 where the activation is shaped; may be traced.
        window: of its affine layers: above 1 they are convolutions, and their mean over all
            locations comes last.
        norm, shortcut: of a `dial`, as `kernels.ways` has them.

    Raises:
        ValueError: if there is no such network, or a number is out of range.

    >>> from curvkit.kernels._networks import layers
    >>> [layers(contender(each, 25, 0.8)) for each in NAMES]
    [51, 51, 51, 51, 51, 51]
    """
    if name not in NAMES:
        raise ValueError(messages.unknown("network", name, NAMES))
    blocks, affine = parts.whole("blocks", blocks), parts.Affine(gain, bias, window)
    norm, shortcut = KINDS.get(name, (norm, shortcut))
    along = parts.Chain((block(norm, shortcut, weight, affine, 1),), blocks)
    if shortcut == "growing":
        numbers = range(1, blocks + 1)
        along = parts.Chain(tuple(block(norm, shortcut, weight, affine, n) for n in numbers))
    last = layer(norm, affine)
    if window == 1:
        return parts.Chain((along, last))
    # A mean over locations takes the last affine layer's place.
    last = parts.Chain(shaping.layer(norm).parts[:-1])
    return parts.Chain((parts.Affine(window=window), along, *last.parts, parts.MeanPool()))


def layer(norm: str, affine: parts.Affine) -> parts.Network:
    """A nonlinear layer, with what stands before or after φ.

    >>> layer("none", parts.Affine())
    Nonlinear()
    """
    turned = tree.traced(affine) or affine != parts.Affine()
    if norm == "none" and not turned:
        return parts.Nonlinear()
    return shaping.layer(norm, affine.gain, affine.bias, affine.window)


def block(
    norm: str, shortcut: str, weight: Any, affine: parts.Affine, number: Any
) -> parts.Network:
    """A block of two layers.

    Args:
        norm, shortcut: as `kernels.ways` has them; of a `zeroed` branch the last weights begin as
            zero, so that they can be trained.
        weight: w of a rescaled shortcut.
        affine: of each layer.
        number: of the block, from 1, for a growing shortcut.

    >>> block("none", "zeroed", 0.0, parts.Affine(), 1).branches[1].parts[1].parts[-1].gain
    0.0
    """
    each = layer(norm, affine)
    last = each
    if shortcut == "zeroed":
        last, shortcut = shaping.layer(norm, 0.0, 0.0, affine.window), "plain"
    return shaping.block(shortcut, parts.Chain((each, last)), weight, number)


def halves(name: str, blocks: int, *given: Any, **dial: Any) -> tuple[parts.Network, ...]:
    """The two networks of an autoencoder: each has about half of the blocks, at least one.

    >>> from curvkit.kernels._networks import layers
    >>> [layers(each) for each in halves("chain", 14, 0.0)]
    [15, 15]
    """
    blocks = parts.whole("blocks", blocks)
    before = max(blocks // 2, 1)
    both = before, max(blocks - before, 1)
    return tuple(contender(name, each, *given, **dial) for each in both)


class Model(NamedTuple):
    """Networks one after another, as `kernels.build` makes them; for K-FAC it is one network."""

    built: tuple[build.Built, ...]

    def init(self, key: jax.Array, inputs: Any) -> list[Any]:
        """Parameters of each, for `inputs` of shape (examples, …, features)."""
        params: list[Any] = []
        for number, each in enumerate(self.built):
            # Weights are decomposed one network after another: at once they may wait for ever.
            after = (0 * jax.tree.leaves(params)[-1].ravel()[0]).astype(int) if params else 0
            own = jax.random.fold_in(key, number + after) if number else key
            params.append(each.init(own, inputs))
            inputs = jnp.zeros((*jnp.shape(inputs)[:-1], each.outputs))
        return params

    def apply(
        self, params: list[Any], inputs: jax.Array, rules: applying.Rules = applying.PATCHED
    ) -> jax.Array:
        """What comes out of the last."""
        for each, own in zip(self.built, params, strict=True):
            inputs = each.apply(own, inputs, rules)
        return inputs

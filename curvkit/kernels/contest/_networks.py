"""The contenders as architectures, each built with its branches in the order of its maps.

| symbol | name | source |
| --- | --- | --- |
| w · x + √(1 − w²) · branch(x) | `rescaled` | arXiv 2110.01765 |
| x + branch(x) | `plain_sums`; normalised `batch_norm`, `layer_norm` | arXiv 1603.05027 |
| σ_w = √2 | `HE`, of a plain ReLU | arXiv 1502.01852 |
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from curvkit.core import messages, tree
from curvkit.kernels import _apply as applying
from curvkit.kernels import _build as build
from curvkit.kernels import _networks as networks
from curvkit.kernels import _parts as parts

HE = 2**0.5
NORMS = {"batch_norm": (parts.BatchNorm(),), "layer_norm": (parts.LayerNorm(),), "plain_sums": ()}
NAMES = ("rescaled", "chain", *NORMS)


def contender(
    name: str, blocks: int, weight: Any, gain: Any = 1.0, bias: Any = 0.0, window: int = 1
) -> parts.Network:
    """A network of so many blocks of two nonlinear layers, and one more before the outputs.

    Args:
        name: of `NAMES`.
        blocks: how many.
        weight: w of a rescaled network's shortcuts; may be traced.
        gain, bias: of its affine layers; 1 and 0 where the activation is shaped; may be traced.
        window: of its affine layers: above 1 they are convolutions, and their mean over all
            locations comes last.

    Raises:
        ValueError: if there is no such network, or a number is out of range.

    >>> [networks.layers(contender(each, 25, 0.8)) for each in NAMES]
    [51, 51, 51, 51, 51]
    """
    if name not in NAMES:
        raise ValueError(messages.unknown("network", name, NAMES))
    blocks, norm = parts.whole("blocks", blocks), NORMS.get(name, ())
    affine = parts.Affine(gain, bias, window)
    turned = tree.traced(affine) or affine.gain != 1 or affine.bias != 0
    plain = parts.Chain((*norm, parts.Elementwise(), affine))
    layer = plain if turned or norm or window > 1 else parts.Nonlinear()
    branch = parts.Chain((layer, layer))
    if name == "rescaled":
        block: parts.Network = networks.residual_block(branch, weight)
    elif name == "chain":
        block = branch
    else:
        block = parts.Sum((1.0, 1.0), (parts.Chain(), branch), normalized=False)
    along = parts.Chain((block,), blocks)
    if window == 1:
        return parts.Chain((along, layer))
    begin = parts.Affine(window=window)
    return parts.Chain((begin, along, *norm, parts.Elementwise(), parts.MeanPool()))


def halves(
    name: str, blocks: int, weight: Any, gain: Any = 1.0, bias: Any = 0.0
) -> tuple[parts.Network, ...]:
    """The two networks of an autoencoder: each has about half of the blocks, at least one.

    >>> [networks.layers(each) for each in halves("chain", 14, 0.0)]
    [15, 15]
    """
    blocks = parts.whole("blocks", blocks)
    before = max(blocks // 2, 1)
    both = before, max(blocks - before, 1)
    return tuple(contender(name, each, weight, gain, bias) for each in both)


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

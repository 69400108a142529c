"""The contenders as architectures, each built with its branches in the order of its maps.

| symbol | name | source |
| --- | --- | --- |
| w · x + √(1 − w²) · branch(x) | `rescaled` | arXiv 2110.01765 |
| x + branch(x) | `plain_sums`; normalised `batch_norm`, `layer_norm` | arXiv 1603.05027 |
| σ_w = √2 | `HE`, of a plain ReLU | arXiv 1502.01852 |
"""

from typing import Any

from curvkit.core import messages
from curvkit.kernels import _networks as networks
from curvkit.kernels import _parts as parts

HE = 2**0.5
NORMS = {"batch_norm": (parts.BatchNorm(),), "layer_norm": (parts.LayerNorm(),), "plain_sums": ()}
NAMES = ("rescaled", "chain", *NORMS)


def contender(name: str, blocks: int, weight: Any, gain: float = 1.0) -> parts.Network:
    """A network of so many blocks of two nonlinear layers, and one more before the outputs.

    Args:
        name: of `NAMES`.
        blocks: how many.
        weight: w of a rescaled network's shortcuts; may be traced.
        gain: of its affine layers; 1 where the activation is shaped.

    Raises:
        ValueError: if there is no such network.

    >>> [networks.layers(contender(each, 25, 0.8)) for each in NAMES]
    [51, 51, 51, 51, 51]
    """
    if name not in NAMES:
        raise ValueError(messages.unknown("network", name, NAMES))
    blocks, norm = parts.whole("blocks", blocks), NORMS.get(name, ())
    plain = parts.Chain((*norm, parts.Elementwise(), parts.Affine(gain)))
    layer = parts.Nonlinear() if gain == 1 and not norm else plain
    branch = parts.Chain((layer, layer))
    if name == "rescaled":
        block: parts.Network = networks.residual_block(branch, weight)
    elif name == "chain":
        block = branch
    else:
        block = parts.Sum((1.0, 1.0), (parts.Chain(), branch), normalized=False)
    return parts.Chain((parts.Chain((block,), blocks), layer))

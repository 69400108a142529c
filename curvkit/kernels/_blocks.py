"""Blocks of two nonlinear layers: what stands before and after φ, and what is added to each.

| symbol | name | source |
| --- | --- | --- |
| σ_w, σ_b | `gain`, `bias` | arXiv 1611.01232 |
| w · x + √(1 − w²) · branch(x) | shortcut `rescaled` | arXiv 2110.01765 |
| w_l² = l / (l + 1) | shortcut `growing` of block l | arXiv 2002.10444 |
| x + 0 · branch(x) | shortcut `zeroed` | arXiv 1901.09321; arXiv 2003.04887 |
"""

from typing import Any

from curvkit.kernels import _networks as networks
from curvkit.kernels import _parts as parts


def layer(norm: str = "none", gain: Any = 1.0, bias: Any = 0.0, window: int = 1) -> parts.Chain:
    """A nonlinearity and a fresh affine layer, with the normalisation of that name.

    Args:
        norm: `none`, `layer_before`, `layer_after` or `batch`.
        gain, bias: σ_w and σ_b; may be traced.
        window: of the affine layer, a convolution above 1.

    >>> [type(each).__name__ for each in layer("layer_after").parts]
    ['Elementwise', 'LayerNorm', 'Affine']
    """
    before = {"layer_before": (parts.LayerNorm(),), "batch": (parts.BatchNorm(),)}.get(norm, ())
    after = (parts.LayerNorm(),) if norm == "layer_after" else ()
    return parts.Chain((*before, parts.Elementwise(), *after, parts.Affine(gain, bias, window)))


def block(shortcut: str, branch: parts.Network, weight: Any, number: Any) -> parts.Network:
    """A branch with what is added to it.

    Args:
        shortcut: `none`, `rescaled`, `growing`, `plain` or `zeroed`.
        branch: of two layers.
        weight: w of a rescaled one; may be traced.
        number: of the block from 1 on, of a growing one; may be traced.

    >>> block("growing", layer(), 0.0, 1).weights[0] ** 2
    0.5000000000000001
    """
    if shortcut == "none":
        return branch
    if shortcut == "rescaled":
        return networks.residual_block(branch, weight)
    if shortcut == "growing":
        return networks.residual_block(branch, (number / (number + 1)) ** 0.5)
    weights = (1.0, 1.0) if shortcut == "plain" else (1.0, 0.0)
    return parts.Sum(weights, (parts.Chain(), branch), normalized=False)

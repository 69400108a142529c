"""The neural tangent kernel of a deep network without biases, at q = 1.

| symbol | name | source |
| --- | --- | --- |
| c_l | `c`, the cosine after l layers | arXiv 2110.01765 |
| Θ_(l+1) = C′(c_l) Θ_l + c_(l+1), Θ_0 = c_0 | `step` | Jacot et al. 2018, arXiv 1806.07572 |
| κ | `condition_number` | |

Θ is the kernel over the width. At c = 1 and C′(1) = 1 it grows by one per layer.
"""

from collections.abc import Callable
from typing import Any

from curvkit.core import messages


def step(theta: Any, c: Any, next_c: Any, slope: Any) -> Any:
    """Θ after one more layer, whose map takes `c` to `next_c` with the given slope at `c`.

    >>> step(1.0, 1.0, 1.0, 1.0)
    2.0
    """
    return slope * theta + next_c


def ntk(layer: Callable[..., Any], layer_slope: Callable[..., Any], c: Any, depth: int) -> Any:
    """Θ over the width after `depth` nonlinear layers, for inputs at cosine `c`.

    Args:
        layer: the local C map.
        layer_slope: its derivative.
        c: a number or an array in [−1, 1].
        depth: nonlinear layers; an affine layer follows the last.

    >>> ntk(lambda c: c, lambda c: 1.0, 0.5, 3)
    2.0
    """
    theta, depth = c, messages.whole("depth", depth, 0)
    for _ in range(depth):
        following = layer(c)
        theta = step(theta, c, following, layer_slope(c))
        c = following
    return theta


def condition_number(same: Any, orthogonal: Any, inputs: int) -> Any:
    """κ of the kernel matrix of `inputs` mutually orthogonal inputs.

    Args:
        same: Θ(1), of an input with itself.
        orthogonal: Θ(0), of two of them, at least 0.
        inputs: how many, at least 2.

    >>> condition_number(2.0, 1.0, 3)
    4.0
    """
    inputs = messages.whole("inputs", inputs, 2)
    return (same + (inputs - 1) * orthogonal) / (same - orthogonal)

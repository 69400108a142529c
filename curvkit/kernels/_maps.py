"""Q and C maps: what one layer, and then a network of them, does to lengths and angles.

| symbol | name | source |
| --- | --- | --- |
| q = ‖x‖² / k | `q`, of one input | arXiv 2110.01765 |
| c = ⟨x, x′⟩ / ‖x‖ ‖x′‖ | `c`, of two inputs | arXiv 2110.01765 |
| Q(q) | `q_map` | arXiv 2110.01765 |
| C(c) = Σ b_k c^k | `c_map`, `series` | arXiv 2110.01765 |
| b_k = a_k² / Q ≥ 0, Σ b_k = 1 | `hermite_weights`, shape (terms,) | arXiv 2110.01765 |
| C′(c) | `series_slope` | arXiv 2110.01765 |

Everything is a sum over nodes or powers, so that NumPy arrays and JAX tracers both go through.
A smooth φ needs few terms; where φ′ jumps, b_k falls like k^(−5/2), and the leaky ReLU's maps in
`rectifiers` have closed forms.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from curvkit.core import messages, programs
from curvkit.kernels._gauss import hermite_rule, hermite_table, panel_rule

TERMS = 48
# By how much rounding of earlier layers may leave the interval.
SLIP = 1e-5


def q_map(function: Callable[..., Any], q: Any, cuts: tuple[float, ...] = ()) -> Any:
    """Q(q) = E[φ(√q z)²]: the mean square after the layer where it was `q` before.

    Args:
        function: φ, elementwise.
        q: a number or an array.
        cuts: where φ bends, in units of its argument; only for a single number `q`.

    >>> round(float(q_map(lambda x: np.maximum(x, 0), 3.0, (0.0,))), 12)  # q / 2 for the ReLU
    1.5
    """
    messages.reals("q", q, least=0)
    root = np.sqrt(q) if isinstance(q, float | int | np.ndarray) else q**0.5
    if cuts or isinstance(q, float | int):
        z, w = panel_rule(tuple(cut / float(root) for cut in cuts))
    else:
        z, w = hermite_rule(64)
    root = root[..., None] if getattr(root, "ndim", 0) else root
    return _values(function, root * z) ** 2 @ w


def hermite_weights(
    function: Callable[..., Any], q: Any = 1.0, terms: int = TERMS, cuts: tuple[float, ...] = ()
) -> Any:
    """b_0 … b_(terms−1): the C map of a layer as one short vector, which sums to 1.

    Args:
        function: φ, elementwise.
        q: the mean square that both inputs have, a number.
        terms: how many; what is left out is shared among the rest, so that C(1) = 1.
        cuts: where φ bends, in units of its argument, if `function` is of NumPy arrays.

    >>> np.round(hermite_weights(lambda x: x**2, terms=4), 12)  # z² = 1 + √2 h_2, over 3
    array([0.33333333, 0. , 0.66666667, 0. ])
    """
    q, terms = messages.real("q", q, least=0), messages.whole("terms", terms)
    z, w = panel_rule(tuple(cut / q**0.5 for cut in cuts)) if cuts else hermite_rule(64)
    values = _values(function, q**0.5 * z)
    squares = ((hermite_table(z, terms) * w) @ values) ** 2
    return squares / squares.sum()


def _values(function, x):
    """φ at each entry of x, an array of NumPy or of JAX."""
    values = programs.own(function, "function", "an elementwise function of arrays")(x)
    if np.shape(values) != np.shape(x):
        expected = f"of the shape of x, {np.shape(x)}, for it is elementwise"
        raise ValueError(messages.refusal("function(x)", expected, np.shape(values)))
    return values


def series(weights: Any, c: Any) -> Any:
    """Σ b_k c^k, by Horner's rule.

    >>> series(np.array([0.5, 0.5]), 0.5)
    0.75
    """
    total = 0.0 * c
    for weight in weights[::-1]:
        total = total * c + weight
    return _plain(total)


def series_slope(weights: Any, c: Any) -> Any:
    """Σ k b_k c^(k−1), the slope of `series`.

    >>> series_slope(np.array([0.5, 0.0, 0.5]), 1.0)
    1.0
    """
    return series(weights[1:] * np.arange(1, weights.shape[0]), c)


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, np.floating) else value


def c_map(
    function: Callable[..., Any],
    c: Any,
    q: Any = 1.0,
    terms: int = TERMS,
    cuts: tuple[float, ...] = (),
) -> Any:
    """C(c): the cosine after the layer where it was `c` before, both inputs of mean square `q`.

    Args:
        function: φ, elementwise.
        c: cosines in [−1, 1], a number or an array.
        q, terms, cuts: as in `hermite_weights`.

    >>> c_map(lambda x: x**3, 0.0), round(c_map(lambda x: x**2, 0.5), 12)  # (1 + 2 c²) / 3
    (0.0, 0.5)
    """
    messages.reals("c", c, "a cosine from -1 to 1, up to rounding", least=-1 - SLIP, most=1 + SLIP)
    return series(hermite_weights(function, q, terms, cuts), c)


def network_c_map(layer: Callable[..., Any], c: Any, depth: int) -> list[Any]:
    """The cosine after 0, 1, … `depth` layers of C map `layer`.

    >>> network_c_map(lambda c: c / 2, 1.0, 2)
    [1.0, 0.5, 0.25]
    """
    cosines, depth = [c], messages.whole("depth", depth, 0)
    for _ in range(depth):
        cosines.append(layer(cosines[-1]))
    return cosines

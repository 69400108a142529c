"""Expectations over a standard normal variable, as nodes and weights.

| symbol | name | shape |
| --- | --- | --- |
| z | nodes | (nodes,) |
| w | weights, of sum 1 | (nodes,) |
| h_k | orthonormal Hermite polynomials, `hermite_table` | (terms, nodes) |

E[f(z)] is then `f(nodes) @ weights`. Gauss and Hermite's rule converges fast for smooth functions
of small arguments; cut panels do for all, kinks included.
"""

import functools

import numpy as np

# The density beyond is below 1e-22, so that no activation of moderate growth is felt there.
REACH = 10.0


@functools.cache
def hermite_rule(nodes: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Gauss and Hermite's nodes and weights for the standard normal density.

    >>> z, w = hermite_rule(8)
    >>> round(float(z**4 @ w), 12)
    3.0
    """
    z, w = np.polynomial.hermite_e.hermegauss(nodes)
    return z, w / w.sum()


@functools.cache
def legendre(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss and Legendre's nodes and weights on [−1, 1].

    >>> x, w = legendre(2)
    >>> round(float(x**2 @ w), 12)
    0.666666666667
    """
    return np.polynomial.legendre.leggauss(nodes)


def panel_rule(
    cuts: tuple[float, ...] = (), panels: int = 40, nodes: int = 16
) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [−10, 10] in panels, cut also at `cuts`, where the integrand bends.

    >>> z, w = panel_rule((0.5,))
    >>> round(float(np.maximum(z - 0.5, 0) @ w), 12)  # pdf(1/2) − (1 − cdf(1/2)) / 2
    0.197796557401
    """
    inside = [cut for cut in cuts if -REACH < cut < REACH]
    if not inside:
        return _uncut(panels, nodes)
    z, w = panel_rules(np.array([inside]), panels, nodes)
    return z[0], w[0]


@functools.cache
def _uncut(panels, nodes):
    z, w = panel_rules(np.zeros((1, 0)), panels, nodes)
    return z[0], w[0]


def panel_rules(
    cuts: np.ndarray, panels: int = 40, nodes: int = 16
) -> tuple[np.ndarray, np.ndarray]:
    """`panel_rule` for each row of `cuts`, of shape (rows, cuts): nodes and weights, a row each.

    >>> z, w = panel_rules(np.array([[0.5], [99.0]]), 20)
    >>> np.round((z**2 * w).sum(1), 12)
    array([1., 1.])
    """
    even = np.broadcast_to(np.linspace(-REACH, REACH, panels + 1), (len(cuts), panels + 1))
    # A cut out of reach makes a panel of no width.
    return _between(np.sort(np.concatenate([even, np.clip(cuts, -REACH, REACH)], 1), 1), nodes)


def _between(edges, nodes):
    x, w = legendre(nodes)
    half = np.diff(edges)[:, :, None] / 2
    z = (edges[:, :-1, None] + half + half * x).reshape(len(edges), -1)
    weight = (half * w).reshape(len(edges), -1) * np.exp(-(z**2) / 2)
    return z, weight / weight.sum(1, keepdims=True)


def cut_rule(cuts: np.ndarray, nodes: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """A small rule for each row of `cuts`, of shape (rows, cuts): cheap, and right to some digits.

    >>> z, w = cut_rule(np.array([[0.0]]))
    >>> round(float(np.abs(z[0]) @ w[0]), 6)  # the root of 2/π
    0.797885
    """
    cuts = np.clip(np.sort(cuts, axis=1), -7, 7)
    ends = np.full((len(cuts), 1), 7.0)
    return _between(np.concatenate([-ends, cuts, ends], 1), nodes)


def hermite_table(z: np.ndarray, terms: int) -> np.ndarray:
    """h_0 … h_(terms−1) at `z`, orthonormal under the standard normal density.

    >>> [float(row[0]) for row in hermite_table(np.array([2.0]), 3)]
    [1.0, 2.0, 2.1213203435596424]
    """
    rows = [np.ones_like(z), z]
    for k in range(1, terms - 1):
        rows.append((z * rows[k] - np.sqrt(k) * rows[k - 1]) / np.sqrt(k + 1))
    return np.stack(rows[:terms])

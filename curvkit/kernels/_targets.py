"""What each layer has to do so that the whole network does what is asked.

| symbol | name | source |
| --- | --- | --- |
| μ(ψ) = M(1, y → ψ y) = ζ | `slope_excess`, which is ψ − 1 | arXiv 2110.01765 |
| M(0, y → x + y) = τ | `curvature`, which is x | Zhang, Botev, Martens 2022 |
| M(0, C_s) = η | `rectifiers.tat_leaky_relu` | Zhang, Botev, Martens 2022 |
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

from scipy.optimize import brentq

from curvkit.core import messages, tree
from curvkit.kernels import _networks as networks
from curvkit.kernels import _parts as parts


def require(network: Any, zeta: Any, eta: Any, tau: Any) -> tuple[Any, Any, Any]:
    """The three targets as numbers.

    Raises:
        ValueError: where one is out of range, or nothing in the network is nonlinear.
    """
    if not isinstance(network, parts.Part):
        expected = "made of Nonlinear, Chain and Sum (see curvkit.kernels._networks)"
        raise ValueError(messages.refusal("network", expected, network))
    _require_unit_lengths(network)
    if not tree.traced(network) and networks.layers(network) < 1:
        raise ValueError(messages.refusal("network", "one with a nonlinear layer", network))
    advice = "at 1 the network would be linear; 1.5 is the usual value"
    zeta = messages.real("zeta", zeta, "above 1", above=1, advice=advice)
    advice = "at 1 the network would be linear; 0.9 is the usual value"
    eta = messages.real("eta", eta, "above 0 and below 1", above=0, below=1, advice=advice)
    advice = "at 0 the network would be linear; 0.3 is the usual value"
    return zeta, eta, messages.real("tau", tau, "above 0", above=0, advice=advice)


def _require_unit_lengths(network: networks.Network) -> None:
    """Raises ValueError where a part would move mean squares from 1, or have no map of its own."""
    before: Any = parts.Affine()
    pooled = False
    for each in _in_order(network):
        if isinstance(each, parts.BatchNorm):
            raise ValueError(
                "shape takes no BatchNorm, whose map depends on the other inputs of the batch; "
                "leave it out, for a shaped network needs none."
            )
        if isinstance(each, parts.Sum) and not each.normalized:
            raise ValueError("shape needs sums whose squared weights sum to 1: normalized=True.")
        if isinstance(each, parts.Affine) and not tree.traced(each.gain, each.bias):
            if (each.gain, each.bias) != (1, 0):
                expected = "of gain 1 without bias, since the four numbers do what these do"
                raise ValueError(messages.refusal("an affine layer", expected, each))
        if isinstance(each, parts.LayerNorm) and isinstance(before, parts.Elementwise):
            raise ValueError(
                "shape takes LayerNorm only after an affine layer, where it keeps angles."
            )
        if pooled and isinstance(each, networks.LAYERS):
            raise ValueError("shape takes MeanPool only after the last nonlinearity: it shortens.")
        pooled |= isinstance(each, parts.MeanPool)
        before = each


def _in_order(network: networks.Network) -> Iterator[networks.Network]:
    """Each sum and each layer, in the order in which an input meets them."""
    if isinstance(network, parts.Sum):
        yield network
    within = parts.inside(network)
    if not within and not isinstance(network, parts.Chain):
        yield network
    for each in within:
        yield from _in_order(each)


def unit_gains(network: networks.Network) -> Any:
    """Whether all affine layers, whose numbers may be traced, have gain 1 and no bias."""
    affine = [each for each in _in_order(network) if isinstance(each, parts.Affine)]
    return all_of([(each.gain == 1) & (each.bias == 0) for each in affine])


def all_of(values: list[Any]) -> Any:
    """Whether all are true, of those that are traced and of those that are not."""
    result: Any = True
    for each in values:
        result = result & each
    return result


def slope_excess(network: networks.Network, zeta: float) -> float:
    """ψ − 1 where the maximal slope of the network is `zeta`.

    >>> round(slope_excess(networks.feed_forward(2), 1.21), 12)
    0.1
    """

    def missed(log_slope):
        local = math.exp(log_slope)
        highest = networks.largest(network, lambda each: networks.slope(each, local))
        return math.log(min(highest, 1e300) / zeta)

    high = math.log(zeta)
    while missed(high) < 0:
        high *= 2
    return math.expm1(crossing(missed, 0.0, high, xtol=1e-17, rtol=1e-15))


def crossing(
    function: Callable[[float], float], low: float, high: float, *, xtol: float, rtol: float
) -> float:
    """Where `function`, of other signs at the two ends, is zero, by Brent's method."""
    method: Any = brentq  # SciPy tells no types
    return method(function, low, high, xtol=xtol, rtol=rtol)


def curvature(network: networks.Network, tau: float) -> float:
    """The curvature x of each layer where the maximal curvature of the network is `tau`.

    It is proportional to x, so one look is enough.

    >>> round(curvature(networks.feed_forward(50), 0.3), 12)
    0.006
    """
    return tau / networks.largest(network, lambda each: networks.curvature(each, 1.0))

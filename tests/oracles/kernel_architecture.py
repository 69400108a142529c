"""An architecture shaped and read in NumPy, layer by layer."""

import numpy as np

from curvkit.kernels import _architecture as architecture
from curvkit.kernels import _maps as maps
from curvkit.kernels import _networks as networks
from curvkit.kernels import _rectifiers as rectifiers


def read(made, c):
    """The plain and the shaped C map, and what the network and its branches are, largest first."""
    of = {"dks": _slope, "tat": _curvature if made.negative_slope is None else _zero}[made.method]
    parts = [of(each, made) for each in networks.subnetworks(made.network)]
    whole = of(made.network, made)
    branches = sorted({round(part, 9) for part in parts} - {round(whole, 9), 0.0, 1.0})
    plain = None if made.negative_slope is None else 0.0
    return (
        architecture.c_map(made.network, _layer(made.base.jet, plain), c),
        architecture.c_map(made.network, _layer(made.jet, made.negative_slope, made.method), c),
        (whole, *branches[::-1]),
    )


def _layer(jet, slope, method="tat"):
    if slope is None:
        weights = maps.hermite_weights(lambda x: jet(x)[0])
        return lambda c: maps.series(weights, np.clip(c, -1, 1))
    zero = rectifiers.c_map(0.0, slope) if method == "dks" else 0.0
    return lambda c: (rectifiers.c_map(c, slope) - zero) / (1 - zero)


def _slope(network, made):
    return networks.slope(network, made.local.slope)


def _curvature(network, made):
    return networks.curvature(network, made.local.curvature)


def _zero(network, made):
    return networks.through(network, 0.0, rectifiers.layer(made.negative_slope))

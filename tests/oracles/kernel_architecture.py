"""An architecture shaped and read in NumPy, layer by layer."""

def read(made: Shaped, c: Any) -> Built:
    """The network that `made` was shaped for: C map before and after, and its sub-networks.

    The plain one is the network whose lengths are kept at 1, so that only angles are lost.

    Args:
        made: what `shape` returned.
        c: cosines in [−1, 1].
    """
    of = {"dks": _slope, "tat": _curvature if made.negative_slope is None else _zero}[made.method]
    parts = [of(each, made) for each in networks.subnetworks(made.network)]
    whole = of(made.network, made)
    branches = sorted({round(part, 9) for part in parts} - {round(whole, 9), 0.0, 1.0})
    return Built(
        networks.layers(made.network),
        c_map(made.network, _layer(made.base.jet, None if made.negative_slope is None else 0.0), c),
        c_map(made.network, _layer(made.jet, made.negative_slope, made.method), c),
        (whole, *branches[::-1]),
    )


def c_map(network: networks.Network, layer: Callable[..., Any], c: Any) -> Any:
    """The C map of a whole network, where every nonlinear layer has the map `layer`.

    >>> float(c_map(networks.residual(1, 1, weight=0.6, final=False), lambda c: 0 * c + 1, 0.5))
    0.82
    """
    return np.clip(networks.through(network, np.asarray(c, float), layer), -1, 1)


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

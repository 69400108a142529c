"""Examples of the contest's functions, and other values of their keywords."""

from turning import Turn

from curvkit.kernels import contest, network_maps


def maps(network):
    """What becomes of lengths and angles, and of how many parts."""
    return network_maps(network, "tanh"), len(network.parts)


TURNS = {
    "contender": Turn(
        lambda **given: maps(contest.contender("rescaled", 3, 0.8, **given)),
        dict(gain=1.4, bias=0.3, window=3),
    ),
}

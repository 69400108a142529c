"""Examples of the contest's functions, and other values of their keywords."""

from turning import Turn

from curvkit.kernels import contest


def described(network):
    """Its numbers, and of how many parts it is."""
    return network, len(network.parts), str(network)


TURNS = {
    "contender": Turn(
        lambda **given: described(contest.contender("dial", 3, 0.8, **given)),
        dict(gain=1.4, bias=0.3, window=3, norm="batch", shortcut="plain"),
    ),
}

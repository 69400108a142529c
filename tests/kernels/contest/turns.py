"""Examples of the contest's functions, and other values of their keywords."""

from turning import Turn

from curvkit.kernels import contest, network_maps

TURNS = {
    "contender": Turn(
        lambda **given: network_maps(contest.contender("rescaled", 3, 0.8, **given), "tanh"),
        dict(gain=1.4),
    ),
}

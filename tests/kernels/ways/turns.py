"""Examples of the functions of other ways of shaping, and other values of their keywords."""

from turning import Turn

from curvkit.kernels import ways

TURNS = {
    "plain": Turn(
        lambda **given: [each.maps for each in ways.plain(**{"depth": 4, **given})], dict(depth=6)
    ),
    "ways": Turn(
        lambda **given: [each.maps for each in ways.ways(**{"depth": 4, **given})], dict(depth=6)
    ),
}

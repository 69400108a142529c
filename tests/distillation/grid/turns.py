"""Examples of the grid worlds' functions, and other values of their keywords."""

import jax
from turning import Turn

from curvkit.distillation import grid

TURNS = {
    "drawn": Turn(
        lambda **given: grid.drawn(jax.random.key(0), 5, 0.2, 0.1, 0.1, **given), dict(size=3)
    )
}

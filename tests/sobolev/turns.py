"""Examples of the sobolev room's functions, and other values of their keywords."""

import jax
import jax.numpy as jnp
from turning import Beside, Turn

from curvkit import sobolev

KEY, X = jax.random.key(0), jnp.array([[1.0, 2.0], [2.0, 0.5]])
Y, SLOPES = X**2, jnp.stack([jnp.eye(2), jnp.ones((2, 2))])
MADE = sobolev.draw(KEY, X, Y)
model = lambda x: x**3 + jnp.sum(x)
TURNS = {
    "draw": Turn(lambda **given: sobolev.draw(KEY, X, Y, **given), dict(count=2)),
    "loss": Turn(
        lambda **given: sobolev.loss(model, X, Y, SLOPES, **given),
        dict(weights=0.5, projections=MADE),
    ),
    "penalty": Turn(
        lambda **given: sobolev.penalty(model, X, Y, SLOPES, **given),
        dict(weights=0.5, projections=MADE),
    ),
    "taught": Turn(
        lambda **given: jax.tree.leaves(
            [getattr(each, "values", each) for each in sobolev.taught(model, X, **given)]
        ),
        dict(order=2, projections=Beside(MADE, {"order": 1})),
    ),
}
TRAINS = "Trains networks for long; the numbers are held by its own tests."
LEFT = {
    f"{name}.{each}": TRAINS
    for name, keywords in {
        "compare": ("names", "weights"),
        "distil": ("states", "weight", "steps", "seeds", "seed"),
        "fits": ("weight", "steps", "seed"),
        "synthetic": ("weight", "steps", "seeds", "seed"),
    }.items()
    for each in keywords
} | {
    f"edit.{each}": "It opens widgets, which have tests of their own."
    for each in ("rows", "weight")
}

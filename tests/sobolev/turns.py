"""Examples of the sobolev room's functions, and other values of their keywords."""

import os
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from turning import Beside, Turn

from curvkit import sobolev

KEY, X = jax.random.key(0), jnp.array([[1.0, 2.0], [2.0, 0.5]])
Y, SLOPES = X**2, jnp.stack([jnp.eye(2), jnp.ones((2, 2))])
MADE = sobolev.draw(KEY, X, Y)
model = lambda x: x**3 + jnp.sum(x)
PLACES = [(-1.0, 1.0, -2.0), (0.0, 0.0, 0.0), (1.0, 1.0, 2.0)]
PIXELS = np.random.default_rng(0).normal(size=(160, 3)).astype(np.float32)
LABELS = np.eye(2, dtype=np.float32)[(PIXELS[:, 0] > 0).astype(int)]


def compared(**given):
    given = {"names": ["booth"], "steps": 2, "width": 4, "points": 4, **given}
    return [(each.values, each.sobolev, each.slopes) for each in sobolev.compare(**given).rows]


def distilled(**given):
    found = sobolev.distil(**{"states": 4, "steps": 2, "seeds": 1, **given})
    return found.divergence, found.otherwise, found.prices, found.teacher, found.random


def edited(**given):
    """The curves of the figure that is drawn where nobody watches."""
    with mock.patch.dict(os.environ, CURVKIT_HEADLESS="1"):
        figure = sobolev.edit(**given)
    return [(each.x, each.y) for each in figure.data]


TURNS = {
    "compare": Turn(compared, dict(names=["beale"], weights=(0.5,)), full=True),
    "distil": Turn(distilled, dict(states=5, weight=1.0, steps=3, seeds=2, seed=1), full=True),
    "fits": Turn(
        lambda **given: tuple(sobolev.fits(PLACES, **{"steps": 3, **given})),
        dict(weight=0.1, steps=4, seed=1),
    ),
    "edit": Turn(edited, dict(rows=PLACES, weight=0.1)),
    "synthetic": Turn(
        lambda **given: tuple(
            sobolev.synthetic(PIXELS, LABELS, **{"steps": 2, "seeds": 1, **given})
        ),
        dict(weight=1.0, steps=3, seeds=2, seed=1),
        full=True,
    ),
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

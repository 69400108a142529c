"""The room of shapes: argument by argument along the interval."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from curvkit.verification._bounds import lines
from curvkit.verification._networks import Box
from curvkit.verification.shapes import _planes as planes
from curvkit.verification.shapes.settings import Settings

__all__ = []

GRID = 13


class State(NamedTuple):
    """How many arguments there were, and the key, whose numbers nothing here needs."""

    step: jax.Array
    key: jax.Array


def begin(settings: Settings, key: jax.Array) -> State:
    """The state before the first argument."""
    return State(jnp.zeros((), int), key)


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """Functions and lines at one argument: a row of the trace."""
    lower, upper = settings.lower, settings.upper
    z = lower + (upper - lower) * state.step / (settings.steps - 1)
    ends = Box(jnp.full(1, lower), jnp.full(1, upper))
    (below, _), (above, offset) = lines("relu", ends, alpha=jnp.full(1, settings.slope))
    row = {
        "argument": z,
        "relu": jnp.maximum(z, 0),
        "relu_above": above[0] * z + offset[0],
        "relu_below": below[0] * z,
        "exponential": jnp.exp(z),
        "chord": planes.chord(z, lower, upper),
        "tangent": planes.tangent(z, lower, upper, settings.touch),
    }
    return State(state.step + 1, state.key), row


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """What is no row: the product on a grid, and the plane above it."""
    first, second = (settings.lower, settings.upper), (-settings.other, settings.other)
    a, b = (jnp.linspace(*each, GRID) for each in (first, second))
    plane = planes.mccormick(a, b[:, None], first, second, settings.blend)
    return {"first": a, "second": b, "product": a * b[:, None], "plane": plane}


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.step >= settings.steps


def length(settings: Settings) -> int:
    """The most readings of a run."""
    return settings.steps

"""The study: place after place of a sweep, many problems at once, by all methods."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from curvkit.selection import _problems as problems
from curvkit.selection.odds import _study as study
from curvkit.selection.odds.settings import Settings

__all__ = []

SHAPE = problems.ProblemSize(125, 30, 4)
MOST_GOOD = 5
QUARTILES = (0.25, 0.5, 0.75)


class State(NamedTuple):
    """What the next place needs: the key, and its number."""

    key: jax.Array
    place: jax.Array


def begin(settings: Settings, key: jax.Array) -> State:
    """The state before the first place; the seed is folded into `key`."""
    return State(jax.random.fold_in(key, settings.seed), jnp.zeros((), int))


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """All trials at one place: a row of the trace."""
    places = jnp.array(study.SWEEPS[settings.against], float)
    value = places[state.place]
    names = ("rows", "groups", "size", "good", "within", "between", "noise")
    others = (name for name in names if name != settings.against)
    knobs = {name: jnp.asarray(getattr(settings, name), float) for name in others}
    knobs[settings.against] = value
    knobs["good"] = jnp.minimum(knobs["good"], knobs["groups"])

    def one(key):
        problem = problems.draw(key, SHAPE, **knobs)
        return study.trial(
            problem, knobs["good"], knobs["noise"], most=MOST_GOOD, slow=settings.convex
        )

    # The same random numbers at every place, so that the curves are of the same problems.
    every = jax.vmap(one)(jax.random.split(state.key, settings.trials))
    quartiles = jnp.array(QUARTILES)
    row = {
        "value": value,
        "solved": jnp.sum(every.recovered, axis=0).astype(int),
        "proved": jnp.stack([jnp.sum(every.proved_noiseless), jnp.sum(every.proved)]).astype(int),
        "mu": jnp.quantile(every.mu, quartiles),
        "rho": jnp.quantile(every.rho, quartiles),
    }
    return State(state.key, state.place + 1), row


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.place >= len(study.SWEEPS[settings.against])


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """The fields of the trace that are no rows."""
    return {"sweep": jnp.array(study.SWEEPS[settings.against], float)}


def length(settings: Settings) -> int:
    """The most readings of a run."""
    return len(study.SWEEPS[settings.against])


CAPACITY = max(map(len, study.SWEEPS.values()))

"""The verification room's run: cells of states, bounded in float64, attacked and halved."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core.stream import Stream
from curvkit.core.tree import float64
from curvkit.verification import certify, pendulum
from curvkit.verification.settings import Settings
from curvkit.verification.trace import OPEN, PROVED, VIOLATED, Trace

__all__ = ["run", "stream"]

# A round bounds so many cells; the first is a grid of 16 by 16. The most rounds fill `CAPACITY`.
CELLS, GRID = 256, 16
CAPACITY = CELLS + 100 * CELLS // 2
# Violated cells are halved until they are so small, in shares of the square's area.
FINEST = 4.0**-8
TRIES = 12


class State(NamedTuple):
    """All cells of now: corners (capacity, 4) as exact fractions, bounds, verdicts, axis to halve.

    The model's numbers are float32, as they were trained; a round promotes them.
    """

    corners: jax.Array
    bound: jax.Array
    verdict: jax.Array
    axis: jax.Array
    count: jax.Array
    bounded: jax.Array
    attack: jax.Array
    model: Any
    shares: jax.Array
    parents: jax.Array
    used: jax.Array
    step: jax.Array
    ended: jax.Array


def begin(settings: Settings, key: jax.Array) -> State:
    """The state before the first round; the seed is folded into `key`."""
    line = np.linspace(-1, 1, GRID + 1)
    grid = [(a, b, c, d) for a, b in _pairs(line) for c, d in _pairs(line)]
    corners = np.zeros((CAPACITY, 4), np.float32)
    # The first round takes the grid as the children of nobody.
    corners[:CELLS] = grid
    trained = pendulum.models()[pendulum.MODELS.index(settings.model)]
    model = jax.tree.map(lambda each: jnp.asarray(each, jnp.float32), trained)
    key = jax.random.fold_in(key, settings.seed)
    shares = jax.random.uniform(key, (TRIES, 2)).at[0].set(0.5)
    return State(
        corners=jnp.asarray(corners),
        bound=jnp.full(CAPACITY, jnp.inf),
        verdict=jnp.full(CAPACITY, -1),
        axis=jnp.zeros(CAPACITY, int),
        count=jnp.zeros((), int),
        bounded=jnp.zeros((), int),
        attack=jnp.asarray(-jnp.inf),
        model=model,
        shares=shares,
        parents=jnp.zeros(CELLS // 2, int),
        used=jnp.ones(CELLS // 2, bool),
        step=jnp.zeros((), int),
        ended=jnp.zeros((), bool),
    )


def _pairs(line):
    return zip(line[:-1], line[1:], strict=True)


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One round: the cells to be halved are chosen, halved, bounded and attacked."""
    parents, used, first = state.parents, state.used, state.step == 0
    low, high = _halves(state.corners[parents], state.axis[parents])
    cells = jnp.where(first, state.corners[:CELLS], jnp.concatenate([low, high]))
    used = first | jnp.concatenate([used, used])
    bound, seen, axis, proved, broken = judged(settings, state, cells)
    # A half has no higher bound than its whole.
    inherited = jnp.where(first, jnp.inf, jnp.tile(state.bound[parents], 2))
    bound = jnp.minimum(bound, inherited)
    verdict = jnp.where(broken, VIOLATED, jnp.where(proved, PROVED, OPEN))
    verdict = jnp.where(used, verdict, -1)

    # One half takes the place of its whole, the other the next that is free.
    at = jnp.concatenate([parents, state.count + jnp.arange(CELLS // 2)])
    at = jnp.where(first, jnp.arange(CELLS), at)
    at = jnp.where(used, at, CAPACITY)  # out of the array: left out
    put = lambda all, new: all.at[at].set(new, mode="drop")
    corners, bounds = put(state.corners, cells), put(state.bound, bound)
    verdicts = put(state.verdict, verdict)
    made = jnp.where(first, CELLS, jnp.sum(used) // 2)
    attack = jnp.maximum(state.attack, jnp.max(jnp.where(used, seen, -jnp.inf)))
    size = _area(corners)
    row = {
        "bounded": state.bounded + jnp.sum(used),
        "upper_bound": jnp.max(jnp.where(verdicts >= 0, bounds, -jnp.inf)),
        "attack": attack,
        "proved": jnp.sum(size * (verdicts == PROVED)),
        "violated": jnp.sum(size * (verdicts == VIOLATED)),
        "cells": jnp.where(used[:, None], cells, 0.0),
        "cell_bound": jnp.where(used, bound, 0.0),
        "cell_attack": jnp.where(used, seen, 0.0),
        "verdict": verdict,
    }
    state = state._replace(
        corners=corners, bound=bounds, verdict=verdicts, axis=put(state.axis, axis),
        count=state.count + made, bounded=row["bounded"], attack=attack, step=state.step + 1,
    )  # fmt: skip
    parents, used = _chosen(settings, state)
    ended = (state.step > settings.steps) | ~jnp.any(used)
    return state._replace(parents=parents, used=used, ended=ended), row


def _area(corners):
    """Shares of the square's area, (cells,)."""
    return (corners[:, 1] - corners[:, 0]) * (corners[:, 3] - corners[:, 2]) / 4


def _chosen(settings, state):
    """The cells to be halved next, and which of them there are: (half a round,) twice."""
    size = _area(state.corners)
    wanted = (state.verdict == OPEN) | ((state.verdict == VIOLATED) & (size > FINEST))
    # Of two cells of one size the one that is further from being proved.
    by_size = size + 1e-7 * jnp.tanh(state.bound)
    urgent = jnp.where(settings.worst_first, jnp.clip(state.bound, -1e9, 1e9), by_size)
    found, parents = jax.lax.top_k(jnp.where(wanted, urgent, -jnp.inf), CELLS // 2)
    return parents, found > -jnp.inf


def _halves(cells, axis):
    along, across = cells[:, :2], cells[:, 2:]
    middle = jnp.where(axis == 0, along.mean(1), across.mean(1))
    one = jnp.where((axis == 0)[:, None], cells.at[:, 1].set(middle), cells.at[:, 3].set(middle))
    two = jnp.where((axis == 0)[:, None], cells.at[:, 0].set(middle), cells.at[:, 2].set(middle))
    return one, two


def judged(settings: Settings, state: State, cells: jax.Array):
    """Bound, attack, axis to halve, whether proved, whether violated, of each cell (cells, 4).

    All is computed in float64 and decided there; what is given back for drawing is float32,
    bounds rounded upwards.
    """
    with float64():
        wide = lambda each: each.astype(jnp.float64)
        layers, cells = jax.tree.map(wide, state.model), wide(cells)
        spec = pendulum.falling().fit(3, 3)
        spec.data = (-wide(settings.tolerance),)
        theta = jnp.pi * cells[:, :2]
        place = pendulum.arc(theta[:, 0], theta[:, 1])
        lower = jnp.concatenate([place.lower, cells[:, 2:3]], 1)
        upper = jnp.concatenate([place.upper, cells[:, 3:]], 1)
        options = certify.RELAXATIONS[settings.relaxation]
        found = certify.bound(layers, spec, lower, upper, **options)
        seen = tried(layers, spec, cells, wide(state.shares))
        # What rounding may have added to F at a point is no more than a bound's slack.
        proved, broken = found.upper <= 0, seen > found.slack
        size, lean = upper - lower, jnp.abs(found.slopes)
        turned = jnp.sum(size[:, :2] * lean[:, :2], 1) + 1e-12 * size[:, 0]
        axis = jnp.where(turned >= size[:, 2] * lean[:, 2], 0, 1).astype(jnp.int32)
        back = lambda each: each.astype(jnp.float32)
        above = jnp.nextafter(back(found.upper + settings.tolerance), jnp.float32(jnp.inf))
        seen = back(seen + settings.tolerance)
        above = jnp.where(jnp.isfinite(above), above, jnp.float32(1e9))
    return above, seen, axis, proved, broken


def tried(layers, spec, cells: jax.Array, shares: jax.Array) -> jax.Array:
    """The highest F at some states of each cell (cells, 4), at these shares of its sides."""
    low, high = cells[:, 0::2], cells[:, 1::2]
    at = (low + shares[:, None] * (high - low)).reshape(-1, 2)
    x = jnp.stack([jnp.sin(jnp.pi * at[:, 0]), -jnp.cos(jnp.pi * at[:, 0]), at[:, 1]], 1)
    found = jax.vmap(lambda x: spec(x, pendulum.outputs(layers, x)))(x)
    return jnp.max(found.reshape(len(shares), -1), 0)


stream = Stream(
    "verification",
    begin=begin,
    reading=reading,
    finished=lambda settings, state: state.ended,
    length=lambda settings: settings.steps + 1,
    trace=Trace,
    last=lambda settings, state: {"fastest": jnp.asarray(pendulum.FASTEST)},
    capacity=16,
    begin_only=("model",),
)


def run(settings: Settings | None = None, key: jax.Array | None = None, **options: Any) -> Trace:
    """Splits cells with `settings` (the defaults if None) and returns the trace.

    Args:
        settings: as `core.knob.read(Settings, ...)` makes them.
        key: the base key, `jax.random.key(0)` if None; `settings.seed` is folded into it.
        options: `progress` and `seconds`, as in `core.stream.Stream.run`.
    """
    return stream.run(Settings() if settings is None else settings, key, **options)

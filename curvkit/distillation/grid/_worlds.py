"""Random grid worlds: walls, goals, pits, moves that go astray, and a small chance of ending.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| | `World.kinds`: free, wall, goal or pit | (side²,) | arXiv 1902.02186, section 4 |
| | `World.goes`, the cell that each move leads to | (side², 4) | |
| η | `World.noise`, how often a move goes astray | scalar | arXiv 1902.02186, section 4 |
| | `World.ending`, the chance that a step ends the episode | scalar | arXiv 1902.02186, section 4 |
| r | `World.rewards`, expected, of a move in a cell | (side², 4) | |
| V, Q | `gained`, `best`, of an episode of bounded length | (side²,), (side², 4) | |

No matrix is made: a sweep over the cells looks its four neighbours up, so that many worlds, and
students of them, are swept at once. `table` makes the matrices, for all that takes a `Process`.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages, tree
from curvkit.distillation._process import Process
from curvkit.distillation._sampled import Episode

# Up, right, down, left, as (right, up).
MOVES = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])
FREE, WALL, GOAL, PIT = range(4)
WORTH = 10.0
SIDE = 11


class World(NamedTuple):
    """A grid world, as `world` makes it; `observed` is what a `Process` has: each cell for itself.
    It stands for a `Process` in `sampled.sampled`, which looks at no transitions.
    """

    kinds: jax.Array
    goes: jax.Array
    rewards: jax.Array
    observed: jax.Array
    noise: jax.Array
    ending: jax.Array


def cells(side: int) -> np.ndarray:
    """Coordinates (side², 2) of all cells, from the middle one, row by row from the lowest.

    >>> cells(3)[:2].tolist()
    [[-1, -1], [0, -1]]
    """
    line = np.arange(side) - side // 2
    return np.stack(np.meshgrid(line, line), 2).reshape(-1, 2)


def start(side: int) -> int:
    """The number of the middle cell, where episodes begin.

    >>> start(3)
    4
    """
    return (side // 2) * side + side // 2


def drawn(
    key: jax.Array, side: int, walls: Any, goals: Any, pits: Any, size: Any = None
) -> jax.Array:
    """The kinds (side²,) of the cells of a random world; the middle one, where it starts, is free.

    Args:
        key: a JAX random key.
        side: cells along each side, at least 3.
        walls, goals, pits: shares of the cells, at least 0, together at most 1.
        size: up to where cells are used along each side, if not all; the others are walls, so that
            worlds of all sizes are of one shape.

    Raises:
        ValueError: if `side` is below 3, or shares are below 0 or together above 1.

    >>> drawn(jax.random.key(0), 5, 0.0, 0.0, 0.0, size=3).tolist().count(FREE)
    9
    """
    side = messages.whole("side", side, 3)
    shares = (walls, goals, pits)
    for name, each in zip(("walls", "goals", "pits"), shares, strict=True):
        messages.real(name, each, "a share from 0 to 1", least=0, most=1)
    if not tree.traced(shares) and (min(shares) < 0 or sum(shares) > 1):
        raise ValueError(
            messages.refusal("walls, goals, pits", "shares of 1 in all at most", shares)
        )
    at, size = cells(side), side if size is None else size
    u = jax.random.uniform(key, (len(at),))
    kinds = jnp.where(u < walls + goals + pits, PIT, FREE)
    kinds = jnp.where(u < walls + goals, GOAL, kinds)
    kinds = jnp.where(u < walls, WALL, kinds)
    low = -(size // 2)
    inside = jnp.all((at >= low) & (at < low + size), 1)
    return jnp.where(inside, kinds.at[start(side)].set(FREE), WALL)


def world(kinds: jax.Array, noise: Any, ending: Any) -> World:
    """A world of these cells. Walls and the edge stop a move; goals (+10) and pits (−10) end it.

    Args:
        kinds: (side²,), as `drawn` makes them.
        noise: how often one of the four moves is made at random instead, 0 to 1.
        ending: the chance that a step ends the episode, above 0, at most 1.

    Raises:
        ValueError: if `kinds` is of no square, if `noise` is no probability, or if `ending` is 0:
            a student that walks to and fro would go on for ever.

    >>> world(jnp.array([0, 0, 2, 0, 0, 0, 0, 1, 0]), 0.0, 0.01).goes[4].tolist()
    [4, 5, 1, 3]
    """
    kinds = jnp.asarray(kinds)
    side = math.isqrt(kinds.size)
    if kinds.ndim != 1 or side * side != kinds.size:
        raise ValueError(
            messages.refusal("kinds", "the cells of a square, in one row", kinds.shape)
        )
    noise = messages.real("noise", noise, "a probability", least=0, most=1)
    advice = "else a student that walks to and fro would never end"
    ending = messages.real(
        "ending", ending, "a probability above 0", above=0, most=1, advice=advice
    )
    at, half = cells(side), side // 2
    goes = at[:, None] + MOVES
    within = np.all((goes >= at.min()) & (goes <= at.max()), 2)
    index = np.where(within, (goes[..., 1] + half) * side + goes[..., 0] + half, 0)
    stays = ~within | (kinds[index] == WALL)
    goes = jnp.where(stays, np.arange(len(at))[:, None], index)
    worth = WORTH * ((kinds == GOAL) * 1.0 - (kinds == PIT) * 1.0)
    noise, ending = jnp.asarray(noise, float), jnp.asarray(ending, float)
    rewards = _astray(noise, worth[goes])
    return World(kinds, goes, rewards, jnp.arange(len(at)), noise, ending)


def _astray(noise, intended):
    """The mean over what noise makes of the intended moves, (side², 4)."""
    return (1 - noise) * intended + noise * jnp.mean(intended, -1, keepdims=True)


def onward(world: World, after: jax.Array) -> jax.Array:
    """The expected value (side², 4) of `after` (side²,) where a move leads, 0 where it ends.

    >>> two = world(jnp.zeros(9, int), 0.0, 0.5)
    >>> onward(two, jnp.arange(9.0))[0].tolist()
    [1.5, 0.5, 0.0, 0.0]
    """
    return _astray(world.noise, _there(world, _going(world) * after).T)


def _going(world):
    return (1 - world.ending) * (world.kinds == FREE)


def _there(world, values):
    """What (side²,) values are where each move leads, (4, side²): by shifts, as looking each up
    takes twenty times as long.
    """
    return jnp.where(_stays(world), values, _shifted(values))


def _stays(world):
    return world.goes.T == world.observed


def _shifted(values):
    """Up, right, down, left of each cell; anything where the edge is."""
    side = math.isqrt(values.size)
    wide = jnp.pad(values, side)
    starts = [side * (1 + up) + right for right, up in MOVES]
    return jnp.stack([wide[at : at + side * side] for at in starts])


def within_reach(world: World) -> jax.Array:
    """Which cells an episode can come to from the middle one, (side²,) booleans.

    >>> within_reach(world(jnp.array([0, 1, 2, 0, 0, 1, 1, 0, 0]), 0.0, 0.5)).astype(int).tolist()
    [1, 0, 0, 1, 1, 0, 0, 1, 1]
    """
    free, away = world.kinds == FREE, ~_stays(world)

    def spread(_, reached):
        beside = (_shifted((reached & free).astype(int)) > 0) & away
        return reached | (jnp.any(beside, 0) & (world.kinds != WALL))

    first = (world.observed == start(math.isqrt(world.kinds.size))) & free
    return jax.lax.fori_loop(0, world.kinds.size, spread, first)


def table(world: World) -> Process:
    """The world as a decision process with its matrices.

    >>> table(world(jnp.zeros(9, int), 0.1, 0.01)).transitions.shape
    (9, 4, 9)
    """
    states = world.kinds.size
    rows = jax.vmap(lambda one: onward(world, one), out_axes=2)(jnp.eye(states))
    first = jnp.zeros(states).at[start(math.isqrt(states))].set(1.0)
    return Process(rows, world.rewards, first, world.observed)


def gained(world: World, policy: jax.Array, rewards: jax.Array, length: int) -> jax.Array:
    """The expected sum (side²,) of `rewards` (side², 4) in at most `length` steps of a policy.

    >>> plain = world(jnp.zeros(9, int), 0.0, 0.5)
    >>> gained(plain, jnp.full((9, 4), 0.25), jnp.ones((9, 4)), 2)[0].tolist()
    1.5
    """
    sweep, length = _sweep(world, policy, rewards), messages.whole("length", length)
    return jax.lax.fori_loop(0, length, lambda _, V: sweep(V), jnp.zeros(world.kinds.size))


def _sweep(world, policy, rewards):
    """V ↦ r_π + P_π V, with a weight for each neighbour of a cell and one for the cell itself."""
    moves, stays = _astray(world.noise, policy).T, _stays(world)
    going, first = _going(world), jnp.sum(policy * rewards, 1)
    away, here = jnp.where(stays, 0.0, moves), jnp.sum(jnp.where(stays, moves, 0.0), 0)

    def sweep(V):
        V = going * V
        return first + here * V + sum(away * _shifted(V))

    return sweep


def best(world: World, length: int) -> jax.Array:
    """What each move is worth if all later ones are the best, in an episode of at most `length`
    steps: (side², 4), by value iteration.

    >>> best(world(jnp.array([0, 0, 2, 0, 0, 0, 0, 1, 0]), 0.0, 0.5), 9)[1].tolist()
    [2.5, 10.0, 5.0, 2.5]
    """
    rewards, going, length = world.rewards.T, _going(world), messages.whole("length", length)
    mix = lambda there: (1 - world.noise) * there + world.noise * jnp.mean(there, 0)
    moves = lambda V: rewards + mix(_there(world, going * V))
    sweep = lambda _, V: jnp.max(moves(V), 0)
    return moves(jax.lax.fori_loop(0, length - 1, sweep, jnp.zeros(world.kinds.size))).T


def play(world: World, policy: jax.Array, key: jax.Array, length: int) -> Episode:
    """One episode of a policy (side², 4) from the middle cell, at most `length` steps.

    >>> still = world(jnp.zeros(9, int), 0.0, 1.0)
    >>> play(still, jnp.full((9, 4), 0.25), jax.random.key(0), 3).alive.tolist()
    [True, False, False]
    """
    cumulative, length = jnp.cumsum(policy, 1), messages.whole("length", length)

    def step(carry, u):
        cell, alive = carry
        # The last move takes what rounding leaves.
        move = jnp.minimum(jnp.sum(u[0] >= cumulative[cell]), 3)
        astray = 4 * u[1] / jnp.maximum(world.noise, 1e-9)
        after = world.goes[cell, jnp.where(astray < 4, astray.astype(int), move)]
        ended = (world.kinds[after] != FREE) | (u[2] < world.ending)
        return (after, alive & ~ended), Episode(cell, move, after, ended, alive)

    first = jnp.asarray(start(math.isqrt(world.kinds.size)))
    chance = jax.random.uniform(key, (length, 3))
    return jax.lax.scan(step, (first, jnp.ones((), bool)), chance)[1]

"""Students of 32 random grid worlds, by four variants side by side, one episode at a time."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from curvkit.distillation import _field as field
from curvkit.distillation._field import Teacher
from curvkit.distillation._variants import VARIANTS, Weights
from curvkit.distillation.grid import _learning as learning
from curvkit.distillation.grid import _worlds as worlds
from curvkit.distillation.grid._learning import CONTESTS, LENGTH
from curvkit.distillation.grid._worlds import World
from curvkit.distillation.grid.settings import Settings

__all__ = []

WORLDS, READINGS = 32, 30


class State(NamedTuple):
    """What the next step needs: variants (method), worlds and teachers (world), and what is learnt
    (method, world).
    """

    weights: Weights
    worlds: World
    teachers: Teacher
    best_value: jax.Array
    shown: jax.Array
    learnt: learning.Learnt
    key: jax.Array
    step: jax.Array
    ended: jax.Array


def begin(settings: Settings, key: jax.Array) -> State:
    """The state before the first reading; the seed is folded into `key`."""
    key, own = jax.random.split(jax.random.fold_in(key, settings.seed))
    rows = [VARIANTS[name].weights for name in CONTESTS[settings.contest]]
    weights = jax.tree.map(lambda *each: jnp.stack(each), *rows)

    def one(key):
        shares = (settings.walls, settings.goals, settings.pits)
        kinds = worlds.drawn(key, worlds.SIDE, *shares, settings.size)
        world = worlds.world(kinds, settings.noise, settings.ending)
        worth = worlds.best(world, LENGTH)
        gains = lambda policy: worlds.gained(world, policy, world.rewards, LENGTH)
        log_policy = field.boltzmann(worth, settings.temperature)
        log_policy = field.noisy(log_policy, settings.teacher_noise)
        taught = Teacher(log_policy, gains(jnp.exp(log_policy)))
        return world, taught, gains(jnp.eye(4)[jnp.argmax(worth, 1)])

    world, taught, top = jax.vmap(one)(jax.random.split(own, WORLDS))
    learnt = learning.nothing(len(rows), WORLDS, world.kinds.shape[1])
    top = top[:, worlds.start(worlds.SIDE)]
    # The world that is drawn is in the middle of them all.
    shown = jnp.argsort(top)[WORLDS // 2]
    return State(weights, world, taught, top, shown, learnt, key, jnp.zeros((), int),
                 jnp.zeros((), bool))  # fmt: skip


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One row of the trace, then some episodes."""
    row = {"step": state.step} | measured(state)
    further = jnp.clip(settings.steps - state.step, 0, -(-settings.steps // READINGS))

    def take(at, learnt):
        # The same chances for all variants: they differ in what they make of them.
        keys = jax.random.split(jax.random.fold_in(state.key, state.step + at), WORLDS)
        each = lambda *parts: learning.after_an_episode(settings.learning_rate, *parts)
        every = jax.vmap(jax.vmap(each, (None, 0, 0, 0, 0)), (0, None, None, 0, None))
        return every(state.weights, state.worlds, state.teachers, learnt, keys)

    learnt = jax.lax.fori_loop(0, further, take, state.learnt)
    step = state.step + further
    return state._replace(learnt=learnt, step=step, ended=further == 0), row


def measured(state: State) -> dict[str, jax.Array]:
    """Returns and divergences, and what the students of one world do."""
    every = jax.vmap(jax.vmap(learning.measured), (None, None, 0))
    value, divergence = every(state.worlds, state.teachers, state.learnt.logits)
    sure = jax.nn.softmax(state.learnt.logits[:, state.shown])
    open_where = state.teachers.values[state.shown] > state.learnt.critic[:, state.shown, :, 1]
    return {
        "value": value,
        "divergence": divergence,
        "arrows": sure @ jnp.asarray(worlds.MOVES, float),
        "gate": open_where.astype(int),
    }


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """What is no row: the world that is drawn, and the teachers."""
    log_policy = state.teachers.log_policy
    value, _ = jax.vmap(learning.measured)(state.worlds, state.teachers, log_policy)
    return {
        "kinds": state.worlds.kinds[state.shown],
        "teacher_arrows": jnp.exp(log_policy[state.shown]) @ jnp.asarray(worlds.MOVES, float),
        "teacher_value": value,
        "best_value": state.best_value,
    }


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.ended


def length(settings: Settings) -> int:
    """The most readings of a run."""
    return -(-settings.steps // -(-settings.steps // READINGS)) + 1

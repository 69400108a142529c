"""Students of 32 random grid worlds, by four variants side by side, one episode at a time."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages
from curvkit.core.batch import UNOPTIMISED
from curvkit.distillation import _field as field
from curvkit.distillation._field import Teacher
from curvkit.distillation._variants import VARIANTS, VariantWeights
from curvkit.distillation.grid import _learning as learning
from curvkit.distillation.grid import _worlds as worlds
from curvkit.distillation.grid._learning import CONTESTS, LENGTH
from curvkit.distillation.grid._worlds import World
from curvkit.distillation.grid.settings import Settings
from curvkit.distillation.grid.trace import NO_WAY, Trace

__all__ = []

WORLDS, READINGS = 32, 30


class State(NamedTuple):
    """What the next step needs: variants (method), worlds and teachers (world), and what is learnt
    (method, world).
    """

    weights: VariantWeights
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
        return taught(settings, worlds.drawn(key, worlds.SIDE, *shares, settings.size))

    world, teachers, top = jax.vmap(one)(jax.random.split(own, WORLDS))
    learnt = learning.nothing(len(rows), WORLDS, world.kinds.shape[1])
    # The world that is drawn is in the middle of them all.
    shown = jnp.argsort(top)[WORLDS // 2]
    return State(weights, world, teachers, top, shown, learnt, key, jnp.zeros((), int),
                 jnp.zeros((), bool))  # fmt: skip


def taught(settings: Settings, kinds: jax.Array) -> tuple[World, Teacher, jax.Array]:
    """The world of these cells, its teacher, and what the best policy gains from its start."""
    world = worlds.world(kinds, settings.noise, settings.ending)
    worth = worlds.best(world, LENGTH)
    gains = lambda policy: worlds.gained(world, policy, world.rewards, LENGTH)
    log_policy = field.boltzmann(worth, settings.temperature)
    log_policy = field.noisy(log_policy, settings.teacher_noise)
    top = gains(jnp.eye(4)[jnp.argmax(worth, 1)])[worlds.start(worlds.SIDE)]
    return world, Teacher(log_policy, gains(jnp.exp(log_policy))), top


def edit(
    settings: Settings, state: State, field: str, item: int, values: Mapping[str, float]
) -> State:
    """The state with a cell of the world that is drawn painted by hand, before students learn.

    Args:
        field: "walls".
        item: number of the cell, row by row from the lowest.
        values: `value` 1, it becomes a wall, whatever it was; 0, a wall becomes free.

    Raises:
        ValueError: with one sentence, if there is no such field or cell, or another value.
    """
    if field not in Trace.EDITED:
        raise ValueError(messages.unknown("field to edit", field, Trace.EDITED))
    item = messages.whole("the cell", item, 0, most=state.worlds.kinds.shape[1] - 1)
    if values.keys() != {"value"} or values["value"] not in (0, 1):
        raise ValueError(messages.refusal("a cell", "a value of 1 (a wall) or 0 (none)", values))
    given = jnp.array([values["value"], np.nan], state.best_value.dtype)
    return _edited(settings, state, field, item, given)


def edited(settings: Settings, state: State, field: str, item: Any, values: Any) -> State:
    """As `edit`, traced and unchecked: of values (2,) the first says whether it is a wall."""
    at = state.shown
    kinds = state.worlds.kinds[at]
    emptied = jnp.where(kinds[item] == worlds.WALL, worlds.FREE, kinds[item])
    kinds = kinds.at[item].set(jnp.where(values[0] > 0.5, worlds.WALL, emptied))
    put = lambda all, one: all.at[at].set(one)
    world, teacher, top = taught(settings, kinds)
    return state._replace(
        worlds=jax.tree.map(put, state.worlds, world), best_value=put(state.best_value, top),
        teachers=jax.tree.map(put, state.teachers, teacher),
    )  # fmt: skip


_edited = jax.jit(edited, static_argnames="field", compiler_options=UNOPTIMISED)


def open_way(settings: Settings, state: State) -> jax.Array:
    """Whether a goal can be come to in the world that is drawn."""
    world = jax.tree.map(lambda all: all[state.shown], state.worlds)
    return jnp.any(worlds.within_reach(world) & (world.kinds == worlds.GOAL))


sound = (open_way, NO_WAY)


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
        "shown": state.shown,
        "kinds": state.worlds.kinds[state.shown],
        "worth": state.teachers.values[state.shown],
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

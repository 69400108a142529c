"""Students of three states, moved along the exact update of one variant from several starts."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from curvkit.distillation import _aliased as aliased
from curvkit.distillation import _field as field
from curvkit.distillation._field import Teacher
from curvkit.distillation._process import Process, values, visits
from curvkit.distillation._variants import VARIANTS, VariantWeights
from curvkit.distillation.settings import Settings

# About so many readings a run; the plane that is drawn, and the starts, reach so far.
READINGS, RUNS, GRID, SPAN, FURTHEST = 150, 6, 21, 6.0, 5.0


class State(NamedTuple):
    """What the next step needs: the variant as numbers, process, teacher, and logits (run, 3)."""

    weights: VariantWeights
    process: Process
    teacher: Teacher
    theta: jax.Array
    step: jax.Array
    ended: jax.Array


def begin(settings: Settings, key: jax.Array) -> State:
    """The state before the first reading; the seed is folded into `key`."""
    key = jax.random.fold_in(key, settings.seed)
    weights = VARIANTS[settings.variant].weights
    weights = weights._replace(task=weights.task * settings.reward_weight)
    seen = [jnp.array(each) for each in (aliased.ALIASES, aliased.SEPARATE)]
    process = aliased.three_states()._replace(observed=jnp.where(settings.aliased, *seen))
    chances = (settings.teacher_first, settings.teacher_second, settings.teacher_third)
    teacher = aliased.its_teacher(process, jnp.stack([jnp.asarray(each) for each in chances]))
    plane = jax.random.uniform(key, (RUNS, 2), minval=-FURTHEST, maxval=FURTHEST)
    moved = [
        jnp.asarray(each, plane.dtype) for each in (settings.start_first, settings.start_second)
    ]
    plane = plane.at[0].add(jnp.stack(moved))
    theta = jnp.concatenate([plane, plane[:, :1]], 1)
    return State(weights, process, teacher, theta, jnp.zeros((), int), jnp.zeros((), bool))


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One row of the trace, then some steps."""
    parts = state[:3]
    row = {"step": state.step, "logits": state.theta}
    row |= jax.vmap(lambda theta: measured(*parts, theta))(state.theta)

    def take(_, theta):
        advanced = lambda each: aliased.advanced(*parts, each, settings.learning_rate)
        return jax.vmap(advanced)(theta)

    further = jnp.clip(settings.steps - state.step, 0, jnp.maximum(1, settings.steps // READINGS))
    theta = jax.lax.fori_loop(0, further, take, state.theta)
    ended = (further == 0) | ~jnp.any(jnp.isfinite(theta))
    return state._replace(theta=theta, step=state.step + further, ended=ended), row


def measured(
    weights: VariantWeights, process: Process, teacher: Teacher, theta: jax.Array
) -> dict[str, jax.Array]:
    """Numbers of one student: asymmetry of its update, value, divergence from the teacher."""
    turned = jax.jacfwd(lambda each: aliased.slope(weights, process, teacher, each))(theta)
    log_policy = field.policies(process, aliased.both(theta))
    p = jnp.exp(log_policy)
    apart = jnp.sum(p * (log_policy - teacher.log_policy), 1)
    worth = values(process, p, process.rewards)
    return {
        "asymmetry": field.asymmetry(turned),
        "value": process.start @ worth,
        "divergence": visits(process, p) @ apart,
    }


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """What is no row: the update over the plane, and the teacher."""
    weights, process, teacher = state[:3]
    axis = jnp.linspace(-SPAN, SPAN, GRID)

    def there(one, other):
        flow = lambda pair: aliased.slope(
            weights, process, teacher, jnp.stack([pair[0], pair[1], pair[0]])
        )[:2]
        pair = jnp.stack([one, other])
        J = jax.jacfwd(flow)(pair)
        return flow(pair), J[1, 0] - J[0, 1]

    flow, curl = jax.vmap(jax.vmap(there, (0, None)), (None, 0))(axis, axis)
    return {
        "axis": axis,
        "flow": flow,
        "curl": curl,
        "teacher_logits": teacher.log_policy[:, 0] - teacher.log_policy[:, 1],
        "teacher_value": process.start @ teacher.values,
    }


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.ended


def length(settings: Settings) -> int:
    """The most readings of a run."""
    return -(-settings.steps // max(1, settings.steps // READINGS)) + 1

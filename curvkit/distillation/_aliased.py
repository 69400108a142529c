"""Three states of which two look alike: where distillation turns in a cycle; and random processes.

| symbol | name | shape |
| --- | --- | --- |
| θ | logits of action 0, by observation; those of action 1 are 0 | (2,), or (3,) unaliased |
| π | `TEACHER`, the teacher's probability of action 0 | (3,) |

States 0 and 2 share a logit. A network that cannot tell two states apart does the same. With a
softmax of its own in each state no cycle was found: by a search over processes of 3, 4, 5 and 7
states the real parts of all spirals stayed below zero.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from curvkit.distillation import _field as field
from curvkit.distillation._field import Teacher
from curvkit.distillation._process import Process, decision_process
from curvkit.distillation._variants import VariantWeights

ALIASES, SEPARATE = (0, 1, 0), (0, 1, 2)
TEACHER = (0.20, 0.04, 0.25)
START = (4 / 21, 4 / 21, 13 / 21)
# Values are brittle: with 0.03 for 0.033 and -0.4 for -0.43 there is no cycle.
REWARDS = ((-5.2, 0.0), (1.0, 1.0), (-0.43, -3.0))
TRANSITIONS = (
    ((0.0, 0.0, 0.65), (0.0, 0.0, 0.25)),
    ((0.033, 0.95, 0.0), (0.0, 0.0, 0.95)),
    ((0.0, 0.95, 0.01), (0.3, 0.0, 0.0)),
)


def three_states(aliased: bool = True) -> Process:
    """The process of three states and two actions whose on-policy distillation cycles.

    >>> three_states().observed.tolist()
    [0, 1, 0]
    """
    seen = np.array(ALIASES if aliased else SEPARATE)
    return decision_process(TRANSITIONS, REWARDS, START, seen)


def its_teacher(process: Process, chance: jax.Array | tuple[Any, ...] = TEACHER) -> Teacher:
    """The teacher that takes action 0 with probabilities (3,) between 0 and 1, ends excluded.

    >>> its_teacher(three_states()).log_policy.shape
    (3, 2)
    """
    chance = jnp.asarray(chance, float)
    logit = jnp.log(chance) - jnp.log1p(-chance)
    return field.teacher(process, jax.nn.log_softmax(both(logit)))


def both(theta: jax.Array) -> jax.Array:
    """Logits (O, 2) from those of action 0, (O,)."""
    return jnp.stack([theta, jnp.zeros_like(theta)], 1)


def slope(
    weights: VariantWeights, process: Process, taught: Teacher, theta: jax.Array
) -> jax.Array:
    """The expected update of the logits of action 0, (O,)."""
    return field.update(weights, process, taught, both(theta))[:, 0]


def advanced(
    weights: VariantWeights, process: Process, taught: Teacher, theta: jax.Array, dt: ArrayLike
) -> jax.Array:
    """Logits (O,) after one step of the midpoint rule of length `dt` along `slope`."""
    middle = theta + 0.5 * dt * slope(weights, process, taught, theta)
    return theta + dt * slope(weights, process, taught, middle)


def random_process(key: jax.Array, states: int = 4, actions: int = 3) -> tuple[Process, Teacher]:
    """A random process that ends after ten steps on average, and a random teacher.

    >>> random_process(jax.random.key(0))[0].transitions.shape
    (4, 3, 4)
    """
    keys = jax.random.split(key, 4)
    P = 0.9 * jax.nn.softmax(2 * jax.random.normal(keys[0], (states, actions, states)))
    r = jax.random.normal(keys[1], (states, actions))
    start = jax.nn.softmax(jax.random.normal(keys[2], (states,)))
    process = Process(P, r, start, jnp.arange(states))
    policy = jax.nn.log_softmax(1.5 * jax.random.normal(keys[3], (states, actions)))
    return process, field.teacher(process, policy)

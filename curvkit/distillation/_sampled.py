"""The update of any variant from one episode, as it is used where no table is known.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| s_t, a_t | `Episode.state`, `.action` | (T,) | |
| 1[t ≤ end] | `Episode.alive` | (T,) | |
| r̂_t | `_rewards` of each step | (T,) | arXiv 1902.02186, table 1 |
| R̂_t | their sum to the end, less `baseline` | (T,) | arXiv 1902.02186, eq. 1 |

On average over episodes it is `field.update`, save what episodes longer than T leave out.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from curvkit.distillation._field import Teacher, acting, gate, losses, policies, supported
from curvkit.distillation._process import Process, Tables
from curvkit.distillation._variants import VariantWeights


class Episode(NamedTuple):
    """One episode, cut after T steps: states, actions, next states (T,), and whether it went on."""

    state: jax.Array
    action: jax.Array
    after: jax.Array
    ended: jax.Array
    alive: jax.Array


def play(process: Process, policy: jax.Array, key: jax.Array, length: int) -> Episode:
    """One episode of a policy (S, A), at most `length` steps.

    >>> from curvkit.distillation._process import decision_process
    >>> once = decision_process([[[0.0], [0.0]]], [[1.0, 0.0]], [1.0])
    >>> play(once, jnp.array([[1.0, 0.0]]), jax.random.key(0), 3).alive.tolist()
    [True, False, False]
    """
    first, key = jax.random.split(key)
    chance = jax.random.uniform(key, (length, 2))
    cumulative = jnp.cumsum(process.transitions, 2)
    acts, states = jnp.cumsum(policy, 1), process.start.size
    # The last action takes what rounding leaves; what is beyond a row of P is the end.
    picked = lambda row, u: jnp.minimum(jnp.sum(u >= row), len(row) - 1)

    def step(carry, u):
        state, alive = carry
        action = picked(acts[state], u[0])
        landed = jnp.sum(u[1] >= cumulative[state, action])
        ended = landed >= states
        after = jnp.where(ended, state, landed)
        row = Episode(state, action, after, ended, alive)
        return (after, alive & ~ended), row

    begun = picked(jnp.cumsum(process.start), jax.random.uniform(first))
    return jax.lax.scan(step, (begun, jnp.ones((), bool)), chance)[1]


def sampled(
    weights: VariantWeights,
    process: Tables,
    taught: Teacher,
    logits: jax.Array,
    episode: Episode,
    own: jax.Array,
    baseline: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """The update (O, A) from one episode, uphill, and the returns (T,) of its steps.

    Args:
        weights: a variant's numbers.
        process: for the observations, and for the mean reward of a step.
        taught: the teacher.
        logits: (O, A).
        episode: as `play` makes it, by the policy that the variant says acts.
        own: (S,), what the student's states are worth, for the value gate.
        baseline: (S,), taken off the returns; any leaves the mean as it is where the student acts.

    >>> from curvkit.distillation import _field as field, _variants as variants
    >>> from curvkit.distillation._process import decision_process
    >>> once = decision_process([[[0.0], [0.0]]], [[1.0, 0.0]], [1.0])
    >>> half = field.teacher(once, field.boltzmann(jnp.zeros((1, 2)), 1.0))
    >>> row, zero, logits = variants.VARIANTS["reward_alone"].weights, jnp.zeros(1), half.log_policy
    >>> episode = play(once, jnp.array([[1.0, 0.0]]), jax.random.key(0), 3)
    >>> sampled(row, once, half, logits, episode, zero, zero)[0].tolist()
    [[0.5, -0.5]]
    """
    log_policy = policies(process, logits)
    loss, slope = losses(weights, taught, log_policy)
    state, action, _, _, alive = episode
    steps = jnp.where(alive, _rewards(weights, process, taught, episode, loss), 0.0)
    total = jnp.cumsum(steps[::-1])[::-1]
    returns = jnp.where(weights.summed > 0, total, steps)
    score = jax.nn.one_hot(action, log_policy.shape[1]) - jnp.exp(log_policy[state])
    # Where there is no reward there is nothing to take a baseline off.
    rewarded = (weights.task > 0) | jnp.any(weights.reward != 0)
    gain = jnp.where(rewarded, returns - baseline[state], 0.0)
    open_gate = gate(weights, taught, own)[state]
    each = alive[:, None] * (gain[:, None] * score - open_gate[:, None] * slope[state])
    return jnp.zeros_like(logits).at[process.observed[state]].add(each), returns


def _rewards(weights, process, taught, episode, loss):
    state, action, after, ended, _ = episode
    of_next = lambda each: jnp.where(ended, 0.0, each[after])
    log_teacher, next_loss, value = weights.reward
    reward = weights.task * process.rewards[state, action]
    reward += log_teacher * supported(taught.log_policy)[state, action]
    reward -= next_loss * of_next(loss)
    return reward + value * (of_next(taught.values) - taught.values[state])


def one_update(
    weights: VariantWeights, process: Process, taught: Teacher, logits: jax.Array, key: jax.Array,
    length: int, own: jax.Array, baseline: jax.Array,
) -> tuple[jax.Array, jax.Array, Episode]:  # fmt: skip
    """Plays an episode by the policy that acts: its update (O, A), the returns (T,), the episode.

    Arguments are those of `sampled`, and of `play`.
    """
    policy = acting(weights, taught, policies(process, logits))
    episode = play(process, policy, key, length)
    return *sampled(weights, process, taught, logits, episode, own, baseline), episode

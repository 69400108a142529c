"""What one episode teaches a student of a grid world, by any variant.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| θ | `Learnt.logits` | (S, A) | arXiv 1902.02186, section 4 |
| V_θ | `Learnt.critic`, running means of returns | (S, 2) | |
| η | `rate`, what an update is multiplied by | scalar | |
| KL | the divergence of the student from the teacher, along an episode | scalar | |
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from curvkit.distillation import _field as field
from curvkit.distillation import _sampled as sampled
from curvkit.distillation._field import Teacher
from curvkit.distillation._variants import VariantWeights
from curvkit.distillation.grid import _worlds as worlds
from curvkit.distillation.grid._worlds import World

LENGTH = 60
# The critic's rate, and the longest move of the logits by one episode, before the learning rate.
CRITIC, LONGEST = 0.1, 5.0
# What is compared with what, four variants at a time.
CONTESTS = {
    "drivers": ("on_policy", "teacher_distill", "uniform_distill", "n_distill"),
    "rewards": ("on_policy", "on_policy_reward", "reward_alone", "value_gate"),
    "entropies": ("on_policy", "expected_entropy", "entropy_regularised", "one_step_divergence"),
    "values": ("teacher_value", "teacher_bootstrap", "reward_alone", "value_gate"),
}


class Learnt(NamedTuple):
    """What a student is: logits (S, A), and what episodes gained from its cells on (S, 2): of the
    variant's own rewards, a baseline, and of the task's, for the gate.
    """

    logits: jax.Array
    critic: jax.Array


def nothing(*shape: int) -> Learnt:
    """Students that act at random, of the shape (..., S).

    >>> nothing(2, 9).logits.shape
    (2, 9, 4)
    """
    return Learnt(jnp.zeros((*shape, 4)), jnp.zeros((*shape, 2)))


def after_an_episode(
    rate: ArrayLike,
    weights: VariantWeights,
    world: World,
    taught: Teacher,
    learnt: Learnt,
    key: jax.Array,
    length: int = LENGTH,
    longest: float = LONGEST,
) -> Learnt:
    """The student after one more episode of the policy that the variant says acts.

    Args:
        rate: the learning rate, above 0.
        weights: the numbers of a variant.
        world: the world.
        taught: the teacher, with what its cells are worth.
        learnt: the student.
        key: a JAX random key.
        length: the most steps of an episode.
        longest: the longest move of the logits, before the rate.

    >>> from curvkit.distillation._variants import VARIANTS
    >>> world = worlds.world(jnp.zeros(9, int), 0.0, 1.0)
    >>> half = Teacher(jnp.log(jnp.full((9, 4), 0.25)), jnp.zeros(9))
    >>> row = VARIANTS["on_policy"].weights
    >>> float(after_an_episode(1.0, row, world, half, nothing(9), jax.random.key(0)).logits.sum())
    0.0
    """
    logits, critic = learnt
    policy = field.acting(weights, taught, field.policies(world, logits))
    episode = worlds.play(world, policy, key, length)
    up, returns = sampled.sampled(
        weights, world, taught, logits, episode, own=critic[:, 1], baseline=critic[:, 0]
    )
    up *= jnp.minimum(1, longest / jnp.maximum(jnp.linalg.norm(up), 1e-9))
    cell, alive = episode.state, episode.alive[:, None]
    steps = episode.alive * world.rewards[cell, episode.action]
    gained = jnp.stack([returns, jnp.cumsum(steps[::-1])[::-1]], 1)
    sums = jnp.concatenate([alive * (gained - critic[cell]), alive], 1)
    by_cell = jnp.zeros((len(critic), 3)).at[cell].add(sums)
    moved = by_cell[:, :2] / jnp.maximum(by_cell[:, 2:], 1)
    return Learnt(logits + rate * up, critic + CRITIC * moved)


def measured(
    world: World, taught: Teacher, logits: jax.Array, length: int = LENGTH
) -> tuple[jax.Array, jax.Array]:
    """The expected return of an episode of at most `length` steps, and its divergence.

    >>> world = worlds.world(jnp.zeros(9, int), 0.0, 1.0)
    >>> half = Teacher(jnp.log(jnp.full((9, 4), 0.25)), jnp.zeros(9))
    >>> [float(each) for each in measured(world, half, jnp.zeros((9, 4)))]
    [0.0, 0.0]
    """
    log_policy = field.policies(world, logits)
    p = jnp.exp(log_policy)
    apart = jnp.sum(p * (log_policy - field.supported(taught.log_policy)), 1, keepdims=True)
    both = jnp.stack([world.rewards, jnp.broadcast_to(apart, world.rewards.shape)])
    total = jax.vmap(lambda each: worlds.gained(world, p, each, length))(both)
    first = total[:, worlds.start(math.isqrt(world.kinds.size))]
    return first[0], first[1]

"""How noisy the update of one episode is, as actions become many: by three estimates of one update.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| g | `field.update`, exactly | (S, A) | arXiv 1902.02186, eq. 1 |
| ĝ | the update of one episode | (S, A) | |
| √E‖ĝ − g‖² / ‖g‖ | `NoiseByActions.noise`, by estimator | (3,) | arXiv 1902.02186, figure 4 |

The three have one mean. Entropy-regularised distillation samples log π(a_t|s_t); expected-entropy
distillation has its mean −H(π_θ‖π)(s_t) at the present state, and at the states after it either
samples it again or has the mean there too. Each is given the best it can have as a baseline: the
exact mean of what follows. Episodes are of one length, where the states are in layers, or end by
chance, where most of the noise is how long an episode is.
"""

import functools
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages
from curvkit.distillation import _aliased as aliased
from curvkit.distillation import _field as field
from curvkit.distillation import _process as process
from curvkit.distillation import _sampled as sampled
from curvkit.distillation._field import Teacher
from curvkit.distillation._process import Process
from curvkit.distillation._variants import VARIANTS

STATES, LENGTH, BATCH = 8, 40, 50
WAYS = ("sampled", "mean here, then sampled", "means")
KINDS = ("one length", "random length")


class NoiseByActions(NamedTuple):
    """The noise of the update, over its size, with so many actions: of each of KINDS by each of
    WAYS.
    """

    actions: int
    noise: tuple[tuple[float, ...], ...]


class Noise(NamedTuple):
    """The table, which a notebook shows as one."""

    rows: tuple[NoiseByActions, ...]
    episodes: int

    def _repr_markdown_(self) -> str:
        titles = [f"{kind}: {way}" for kind in KINDS for way in WAYS]
        lines = [
            f"Noise of the update of one episode, over the size of its mean "
            f"({messages.counted(self.episodes, 'episode')}, {STATES} states):",
            "",
            f"| actions | {' | '.join(titles)} |",
            f"| --- |{' --- |' * len(titles)}",
        ]
        for actions, noise in self.rows:
            cells = [messages.number(each) for kind in noise for each in kind]
            lines.append(f"| {actions} | {' | '.join(cells)} |")
        return "\n".join(lines)


def noise_by_actions(
    actions: tuple[int, ...] = (4, 16, 64, 256), episodes: int = 400, seed: int = 0
) -> Noise:
    """The noise of three estimates of one update, on a random process with more and more actions.

    Args:
        actions: how many, at least 2 each.
        episodes: how many are played, a multiple of 50.
        seed: which process, teacher and student.

    Raises:
        ValueError: if there are fewer than 2 actions, or if `episodes` is no multiple of 50.

    >>> noise_by_actions((1,))
    Traceback (most recent call last):
    ValueError: actions must be numbers of at least 2, but 1 was given.
    """
    numbers = list(actions) if isinstance(actions, Iterable) else []
    if not numbers or isinstance(actions, str):
        raise ValueError(messages.refusal("actions", "numbers of at least 2", actions))
    for each in numbers:
        messages.whole("actions", each, 2, "numbers of at least 2")
    actions = tuple(map(int, numbers))
    episodes = messages.whole("episodes", episodes, BATCH, f"a multiple of {BATCH}")
    if episodes % BATCH:
        raise ValueError(messages.refusal("episodes", f"a multiple of {BATCH}", episodes))
    seed = messages.whole("seed", seed, 0)
    key = jax.random.key(seed)
    batches = jax.random.split(key, (episodes // BATCH, BATCH))
    rows = []
    for number in actions:
        # Batch after batch, as with many actions an episode takes room.
        squares = np.mean([_measured(key, keys, number, max(actions)) for keys in batches], 0)
        rows.append(NoiseByActions(number, tuple(map(tuple, np.sqrt(squares).tolist()))))
    return Noise(tuple(rows), episodes)


# It runs for a blink; with all of XLA's care it would be compiled for several seconds.
@functools.partial(
    jax.jit, static_argnums=3, compiler_options={"xla_backend_optimization_level": 0}
)
def _measured(key, keys, actions, most):
    drawn, taught = aliased.random_process(key, STATES, most)
    # One program for all numbers of actions: the first ones are never taken.
    only = lambda each: jnp.where(jnp.arange(most) >= most - actions, each, -1e6)
    logits = only(jax.random.normal(jax.random.fold_in(key, 7), (STATES, most)))
    log_teacher = jax.nn.log_softmax(only(taught.log_policy))
    layer = jnp.arange(STATES) // 2
    forward = drawn.transitions * (layer == layer[:, None, None] + 1)
    total = jnp.sum(forward, 2, keepdims=True)
    first = jnp.zeros(STATES).at[0].set(1.0)
    layered = drawn._replace(transitions=forward / jnp.where(total > 0, total, 1), start=first)
    both = jax.tree.map(lambda *each: jnp.stack(each), layered, drawn)
    return jax.vmap(_noise, (0, None, None, None))(both, log_teacher, logits, keys)


def _noise(mdp, log_teacher, logits, keys):
    taught = field.teacher(mdp, log_teacher)
    exact = field.update(VARIANTS["expected_entropy"].weights, mdp, taught, logits)
    estimate = estimates(mdp, taught, logits)
    apart = jax.vmap(lambda key: jnp.sum((estimate(key) - exact) ** 2, (1, 2)))
    return apart(keys).mean(0) / jnp.sum(exact**2)


def estimates(mdp: Process, taught: Teacher, logits: jax.Array) -> Callable[..., Any]:
    """What makes of a key the update of one episode by each of WAYS, (3, S, A)."""
    log_policy = field.policies(mdp, logits)
    p = jnp.exp(log_policy)
    plain, mean = (VARIANTS[each].weights for each in ("entropy_regularised", "expected_entropy"))
    loss, slope = field.losses(mean, taught, log_policy)
    # What follows: of the sampled log π from this state on, and of the means after it.
    total = process.values(mdp, p, taught.log_policy)
    own, zero = total + loss, jnp.zeros(len(loss))

    def of(key):
        episode = sampled.play(mdp, p, key, LENGTH)
        update = lambda weights, base: sampled.sampled(
            weights, mdp, taught, logits, episode, own=zero, baseline=base
        )
        every, returns = update(plain, total)
        state, alive = episode.state, episode.alive
        # Of the sampled sum all but its first member, which has its mean's gradient instead.
        later = returns - taught.log_policy[state, episode.action] - own[state]
        score = jax.nn.one_hot(episode.action, p.shape[1]) - p[state]
        each = alive[:, None] * (later[:, None] * score - slope[state])
        return jnp.stack([every, jnp.zeros_like(p).at[state].add(each), update(mean, own)[0]])

    return of

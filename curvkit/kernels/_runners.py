"""Networks side by side on the same digits and batches: what the race and the contest share.

| symbol | name | source |
| --- | --- | --- |
| 1437 | `TRAINED`, digits that are trained on; the others are tested on | |
| 128 | `BATCH`, digits of a batch | |
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.kernels._initializers import normalize_locations

TRAINED, BATCH, CLASSES = 1437, 128, 10
Examples = tuple[jax.Array, jax.Array]


def quick_key(key: jax.Array, seed: Any) -> jax.Array:
    """A key of XLA's own generator: threefry's normal numbers of a network take seconds to compile.

    >>> str(jax.random.key_impl(quick_key(jax.random.key(0), 1)))
    'rbg'
    """
    key = jax.random.fold_in(key, seed)
    return jax.random.wrap_key_data(jnp.tile(jax.random.key_data(key), 2), impl="rbg")


def split(inputs: Any, targets: Any, trained: int = TRAINED) -> tuple[Examples, Examples]:
    """Inputs of mean square 1 and labels: those trained on, and the others to be tested on.

    Args:
        inputs: (example, feature); they get one more feature, as `normalize_locations` has it.
        targets: (example, class), largest at the label.
        trained: how many are trained on.

    >>> trained, tested = split(np.ones((1440, 2)), np.eye(10)[np.arange(1440) % 10])
    >>> trained[0].shape, tested[1].tolist()
    ((1437, 3), [7, 8, 9])
    """
    # A program holds the digits as they are, whole numbers that a page packs well; but for this its
    # compiler works out in seconds what the program does at once.
    held = jax.lax.optimization_barrier(jnp.asarray(inputs))
    normal, labels = normalize_locations(held), jnp.asarray(np.argmax(targets, axis=1))
    return (normal[:trained], labels[:trained]), (normal[trained:], labels[trained:])


def batch(key: jax.Array, step: Any, examples: Examples, number: int = BATCH) -> Examples:
    """The batch of a step, of so many, with repeats.

    >>> x, y = batch(jax.random.key(0), 3, (jnp.ones((1437, 2)), jnp.zeros(1437)))
    >>> x.shape, y.shape
    ((128, 2), (128,))
    """
    chosen = jax.random.randint(jax.random.fold_in(key, step), (number,), 0, len(examples[0]))
    return examples[0][chosen], examples[1][chosen]


def further(
    step: jax.Array,
    steps: Any,
    every: int,
    take: Callable[[Any, Any], Any],
    carry: Any,
    losses: Any,
) -> tuple[Any, jax.Array, jax.Array]:
    """`every` training steps, or what is left of them.

    Args:
        step: how many were taken.
        steps: how many the run takes.
        take: `take(step, carry) -> carry`.
        carry: what a step changes.
        losses: before these steps, of each runner.

    Returns:
        The carry, the steps taken, and whether the run is over: all were taken, or none of the
        losses is finite.

    >>> after, step, ended = further(jnp.array(3), 5, 4, lambda step, x: x + step, 0, jnp.ones(2))
    >>> int(after), int(step), bool(ended)
    (7, 5, False)
    """
    more = jnp.minimum(every, steps - step)
    carry = jax.lax.fori_loop(step, step + more, take, carry)
    ended = (more <= 0) | ~jnp.isfinite(losses).any()
    return carry, step + jnp.maximum(more, 0), ended

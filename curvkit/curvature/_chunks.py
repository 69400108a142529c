"""A loss over more data than fit into memory at once, summed chunk by chunk.

What comes out is a function of the parameters alone, so that sharpness, trace, density and CDAT
take it as they take any other loss, and see the Hessian of all the data.

| symbol | name | shape |
| --- | --- | --- |
| B | a batch of `batches`, with nB examples on the leading axis | pytree |
| L_B | `loss(params, B)`, a mean over its examples | scalar |
| L = Σ nB L_B / Σ nB | what is returned | scalar |
"""

from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages, problem


def over_batches(
    loss: Callable[..., jax.Array], batches: Iterable[Any]
) -> Callable[[Any], jax.Array]:
    """The mean loss over all examples of a data loader, in the memory that one batch takes.

    Batches of one shape are gone through in a compiled loop, and what a batch's derivatives need
    is computed again on the way back instead of being kept. The data themselves are held.

    Args:
        loss: `loss(params, batch)`, a mean over the examples of `batch`.
        batches: pytrees of arrays with the examples on the leading axis; each may have as many as
            it likes, and is counted by them. Data frames and tensors of other libraries are read
            as arrays.

    Returns:
        `total(params)`, equal to the loss on all examples at once up to rounding.

    Raises:
        ValueError: if there are no batches, or one has leaves with unlike leading axes.

    >>> import jax.numpy as jnp
    >>> mean = lambda w, x: jnp.mean((w - x) ** 2)
    >>> total = over_batches(mean, [jnp.array([0.0, 0.0]), jnp.array([3.0])])
    >>> float(total(jnp.zeros(())))
    3.0
    """
    groups: dict[Any, list[Any]] = {}
    if isinstance(batches, str) or not isinstance(batches, Iterable) or hasattr(batches, "columns"):
        expected, advice = "an iterable of batches", "put a single one into a list"
        raise ValueError(messages.refusal("batches", expected, batches, advice))
    for batch in batches:
        batch = jax.tree.map(lambda each: problem.array(each, "loss"), batch)
        if _examples(batch) == 0:
            continue
        shapes = jax.tree.map(lambda each: (np.shape(each), jnp.result_type(each)), batch)
        groups.setdefault(str((jax.tree.structure(batch), shapes)), []).append(batch)
    if not groups:
        raise ValueError(messages.refusal("batches", "at least one batch", []))
    counts = [_examples(group[0]) * len(group) for group in groups.values()]
    stacked = [jax.tree.map(lambda *each: jnp.stack(each), *group) for group in groups.values()]

    def total(params):
        # Made anew each time: JAX would remember what the loss read when it was first traced.
        batch_loss = jax.checkpoint(lambda params, batch: loss(params, batch))
        means = [
            jnp.mean(jax.lax.map(lambda batch: batch_loss(params, batch), group))
            for group in stacked
        ]
        weighted: Any = sum(count * mean for count, mean in zip(counts, means, strict=True))
        return weighted / sum(counts)

    return total


def _examples(batch: Any) -> int:
    """How many examples a batch has, by the leading axis of its leaves."""
    sizes = {np.shape(each)[0] if np.ndim(each) else -1 for each in jax.tree.leaves(batch)}
    if len(sizes) != 1 or -1 in sizes:
        advice = "put the examples on the leading axis of each array"
        got = sorted(str(np.shape(each)) for each in jax.tree.leaves(batch))
        raise ValueError(messages.refusal("batches", "arrays with one leading axis", got, advice))
    return sizes.pop()

"""Flows beside runs whose rate turns: gradient flow and the central flow of each, at its own rate.

On a stretch of a run they go on for the time Σ η of its steps, and the central flow is held where
the mean of its edges is. So whatever sets the rate, of the state or not, is no part of the flow: it
is told what the rate was. It is of steps along the gradient of all data, and of no others.

| symbol | name | shape |
| --- | --- | --- |
| w | iterates, half of each of both ends of a step | (P,) |
| L | the loss before each step | scalar |
| Σ η | `time` | scalar |
| Σ 2/η | `edge`, of each step the mean of its own and of the step before | scalar |
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from curvkit.core.flows import OF_EACH, OF_THE_RUN
from curvkit.curvature import _beside as besides
from curvkit.curvature._flows import BEYOND, Loss

# A flow leaves its run at an average that is no further beyond its edge, in parts of the edge.
NEAR = 1.05
# What stands for the edge of a step that does not move.
FAR = 1e30


class Sums(NamedTuple):
    """Sums over the steps since a reading, and the edge of the last of them; see above."""

    total: besides.Mean
    time: jax.Array
    edge: jax.Array
    last: jax.Array


class Flowing(NamedTuple):
    """What is beside runs, with leading axes of contenders and seeds, and their last edges."""

    beside: besides.Beside
    last: jax.Array


def begun(kinds: tuple[str, ...], params: jax.Array, key: jax.Array) -> Flowing | None:
    """What is beside runs that begin at `params` (contenders, seeds, P); None where nothing is."""
    if not kinds:
        return None
    beside: Any = jax.vmap(jax.vmap(lambda w: besides.init(kinds, w, key)))(params)
    return Flowing(beside, jnp.full(params.shape[:2], jnp.nan))


def nothing(params: jax.Array, last: jax.Array) -> Sums:
    """The sums before the first step of a stretch, after a step with this edge."""
    zero = jnp.zeros((), params.dtype)
    return Sums(besides.Mean(jnp.zeros_like(params), zero), zero, zero, last)


def stepped(
    sums: Sums, before: jax.Array, after: jax.Array, loss: jax.Array, rate: jax.Array
) -> Sums:
    """The sums with one step more, from `before` to `after` (P,), with the loss that it began at.

    Where two rates take turns each step counts the mean of both edges, however many there are.

    >>> one = nothing(jnp.zeros(1), jnp.asarray(4.0))
    >>> one = stepped(one, jnp.zeros(1), jnp.ones(1), jnp.asarray(3.0), jnp.asarray(1.0))
    >>> float(one.total.params[0]), float(one.time), float(one.edge), float(one.last)
    (0.5, 1.0, 3.0, 2.0)
    """
    edge = 2 / jnp.maximum(rate, 2 / FAR)
    last = jnp.where(jnp.isnan(sums.last), edge, sums.last)
    total = besides.Mean(sums.total.params + 0.5 * (before + after), sums.total.loss + loss)
    return Sums(total, sums.time + rate, sums.edge + 0.5 * (last + edge), edge)


def went(
    kinds: tuple[str, ...],
    flowing: Flowing,
    loss: Loss,
    sums: Sums,
    *,
    count: jax.Array,
    begins: jax.Array,
) -> Flowing:
    """What is beside the runs after a stretch of `count` steps.

    Args:
        kinds: of the flows, of gradient and central.
        flowing: as it was before.
        loss: of flat parameters, on all examples.
        sums: of the stretch, with leading axes of contenders and seeds.
        count: how many steps it has.
        begins: whether the flows may have left the runs by its beginning; each leaves its own once
            the average is not far beyond the edge, as no path goes around an average there.
    """

    def one(pair):
        beside, sums = pair
        # The last of the flows is the central one, if any is.
        level, edge = beside.flows.values[-1, 0], sums.edge / count
        near = (beside.edge > 0) & (level <= NEAR * beside.edge)
        leaves = begins & (beside.begun | near)
        # An edge that falls fast is come to bit by bit.
        edge = jnp.where(leaves, jnp.maximum(edge, level / (0.99 * BEYOND)), edge)
        return besides.went(
            kinds, beside, loss, sums.total, count=count, time=sums.time, edge=edge, begins=leaves
        )

    return Flowing(_each(one, (flowing.beside, sums)), sums.last)


def row(
    kinds: tuple[str, ...],
    flowing: Flowing | None,
    loss: Loss,
    *,
    known: Sequence[bool],
    seeds: int,
) -> dict[str, jax.Array]:
    """The series of a reading, (contenders, seeds, flows or 1); of length 0 where there are none.

    Args:
        kinds, flowing, loss: as for `went`.
        known: of each contender whether its steps are along the gradient; no numbers where not.
        seeds: how many there are.
    """
    names = (*OF_EACH, *OF_THE_RUN)
    if flowing is None:
        return dict.fromkeys(names, jnp.zeros((len(known), seeds, 0)))
    read = _each(lambda beside: besides.row(kinds, beside, loss), flowing.beside)
    ours = jnp.array(known)[:, None, None]
    return {name: jnp.where(ours, read[name], jnp.nan) for name in names}


def _each(one, runs):
    """`one` for each run of two leading axes, one after another: what one needs not is not done."""
    shape = jax.tree.leaves(runs)[0].shape[:2]
    flat = jax.tree.map(lambda each: each.reshape(-1, *each.shape[2:]), runs)
    done = jax.lax.map(one, flat)
    return jax.tree.map(lambda each: each.reshape(*shape, *each.shape[1:]), done)

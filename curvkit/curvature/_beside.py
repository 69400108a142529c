"""Flows beside a run: where they are at its readings, and how far from its moving average.

| symbol | name | shape |
| --- | --- | --- |
| w̄ | `mean`, of the iterates since the reading before, those at both ends by half | (P,) |
| w₀ | `start`, the average that the flows began from | (P,) |
| w(t) | `flows.params`, where each flow is at the middle of that stretch | (flows, P) |
| Σ η | `time` of a stretch, the sum of its rates | scalar |
| 2/η | `edge`, on average over the stretch | scalar |

A flow begins at an average and goes on by the time from the middle of one stretch to that of the
next, so that each average is compared with the flow of its own moment. A rate that turns from step
to step counts by its sum and by its edge: where two rates take turns, an eigenvalue is held below
1/η₁ + 1/η₂, the mean of their edges.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from curvkit.core import flows as named
from curvkit.curvature import _flows as flows
from curvkit.curvature._lanczos import noise

# So many training steps a flow goes in one of its own, at most.
STRIDE = 4
# Rounds that find the eigenvectors at first.
ROUNDS = 12


class Mean(NamedTuple):
    """The sum of the iterates (P,) of a stretch, and of their losses."""

    params: jax.Array
    loss: jax.Array


class Beside(NamedTuple):
    """The last average, the average that the flows began from, and the flows.

    `half` is half the time of the last stretch, `edge` its 2/η, `begun` whether the flows have left
    the run.
    """

    mean: Mean
    start: jax.Array
    half: jax.Array
    edge: jax.Array
    begun: jax.Array
    flows: flows.Flow


def init(kinds: tuple[str, ...], params: jax.Array, key: jax.Array) -> Beside | None:
    """What is beside a run before its first reading at `params` (P,); None where nothing is."""
    if not kinds:
        return None
    guess = jnp.stack([noise(key, at, params) for at in range(min(flows.FOLLOWED, params.size))])
    guess = jnp.linalg.qr(guess.T)[0].T
    zero = jnp.zeros((), params.dtype)
    one = flows.begun(params, guess)
    many = jax.tree.map(lambda each: jnp.stack([each] * len(kinds)), one)
    return Beside(Mean(params, zero), params, zero, zero, jnp.zeros((), bool), many)


def went(
    kinds: tuple[str, ...],
    beside: Beside,
    loss: flows.Loss,
    total: Mean,
    *,
    count: jax.Array,
    time: float | jax.Array,
    edge: float | jax.Array,
    begins: bool | jax.Array,
) -> Beside:
    """What is beside the run after a stretch of it.

    Args:
        kinds: of the flows, of gradient and central.
        beside: as it was before the stretch.
        loss: of flat parameters.
        total: the sums over the stretch.
        count: its training steps; nothing changes where there are none.
        time, edge: Σ η and 2/η of the stretch.
        begins: whether the flows have left the run by its beginning.
    """
    number = jnp.maximum(count, 1)
    mean = jax.tree.map(lambda each: each / number, total)
    half = 0.5 * jnp.where(count > 0, time, 1)
    gone = jnp.where(begins, beside.half + half, 0)
    free = jnp.array([kind == "gradient" for kind in kinds])
    first = beside.half == 0
    began = jnp.where(first, edge, beside.edge)

    def go(pair):
        flow, unheld = pair
        # Until it begins it is where the run is, to know the eigenvectors of there.
        flow = flow._replace(params=jnp.where(begins, flow.params, mean.params))
        refine = lambda _, pairs: flows.followed(loss, flow.params, pairs[1])
        rounds = jnp.where(first, ROUNDS, jnp.where(begins, 0, 1))
        values, vectors = jax.lax.fori_loop(0, rounds, refine, (flow.values, flow.vectors))
        flow = flow._replace(values=values, vectors=vectors)
        strides = _strides(flow.values[0] / edge - 1, unheld, begins, number)

        def step(at, flow):
            limit = began + (edge - began) * (at + 1) / strides
            return flows.advanced(loss, flow, gone / strides, jnp.where(unheld, jnp.inf, limit))

        return jax.lax.fori_loop(0, strides, step, flow)

    moved = jax.lax.map(go, (beside.flows, free))
    start = jnp.where(begins, beside.start, mean.params)
    after = Beside(mean, start, half, jnp.asarray(edge), jnp.asarray(begins), moved)
    return jax.tree.map(lambda new, old: jnp.where(count > 0, new, old), after, beside)


def _strides(above, unheld, begins, number):
    """In how many steps of its own a flow goes on while the run takes a `number` of its.

    An edge that falls fast is come to by small parts of what the curvature is `above` it by.
    """
    parts = jnp.where(unheld, 0, jnp.ceil(above / (1 - flows.EASE)))
    return jnp.where(begins, jnp.clip(parts, -(-number // STRIDE), number), 1).astype(int)


def row(kinds: tuple[str, ...], beside: Beside | None, loss: flows.Loss) -> dict[str, jax.Array]:
    """The series of a reading that are of flows; of length 0 where there are none."""
    names = (*named.OF_EACH, *named.OF_THE_TURN)
    if beside is None:
        return dict.fromkeys((*names, *named.OF_THE_RUN), jnp.zeros(0))
    many, mean = beside.flows, beside.mean
    known = lambda number: jnp.where(beside.begun, number, jnp.nan)
    lowered = jnp.einsum("fii,fi->f", many.variance, many.values)
    away = jnp.linalg.norm(many.params - mean.params, axis=1)
    quantities = (
        many.values[:, 0], jax.lax.map(loss, many.params) + 0.5 * lowered,
        jnp.trace(many.variance, axis1=1, axis2=2), away, many.rise, many.fall, many.cubic,
    )  # fmt: skip
    path = jnp.linalg.norm(mean.params - beside.start)
    quantities = (*quantities, mean.loss[None], path[None])
    return dict(zip((*names, *named.OF_THE_RUN), map(known, quantities), strict=True))

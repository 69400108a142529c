"""A function of one number that is known at a few points: two networks, drawn while points move.

| symbol | name | shape |
| --- | --- | --- |
| x, y, s | columns of `rows`: places, values, slopes | (n,) each |
| m | a network with two hidden layers of `WIDTH` units of tanh | |
| x̂ = (x − a) / r | places on [-1, 1]; r is half their range | |
| λ | `weight` of squared slopes, in the unit of x̂ | |

Rows are filled up to `MOST` with such as count for nothing, so that a row more or less is no other
program.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit.core import messages
from curvkit.sobolev._loss import loss

MOST, WIDTH, RATE, STEPS, DRAWN, MARGIN = 24, 24, 1e-2, 600, 161, 0.15


class Fits(NamedTuple):
    """Two fits on a line: `at` (k,), `values` (2, k), alone and with slopes, and root mean square
    errors on the points, (2,) each.
    """

    at: np.ndarray
    values: np.ndarray
    value_errors: np.ndarray
    slope_errors: np.ndarray

    def words(self) -> str:
        """How near both come to the points."""
        (alone, both), (wrong, right) = self.value_errors, self.slope_errors
        number = messages.number
        return (
            f"On values alone the network misses the values by {number(alone)} and the slopes by "
            f"**{number(wrong)}**; on both by {number(both)} and **{number(right)}** (root mean "
            "squares on the points)."
        )


def fits(
    rows: Sequence[Sequence[float]], *, weight: float = 1.0, steps: int = STEPS, seed: int = 0
) -> Fits:
    """Fits a network to values alone, and from the same first weights to values and slopes.

    Args:
        rows: `(x, value, slope)` each, 2 to 24 of them, at no fewer than two places.
        weight: λ, at least 0.
        steps: of Adam.
        seed: of the first weights.

    Raises:
        ValueError: with one sentence, if rows are too few or too many, are no three finite
            numbers, or stand all at one place.

    >>> curves = fits([(-1.0, 1.0, -2.0), (0.0, 0.0, 0.0), (1.0, 1.0, 2.0)])
    >>> curves.values.shape, bool(curves.slope_errors[1] < curves.slope_errors[0])
    ((2, 161), True)
    """
    table = _table(rows)
    weight = messages.real("weight", weight, least=0)
    steps, seed = messages.whole("steps", steps, 0), messages.whole("seed", seed, 0)
    x = table[:, 0]
    centre, half, typical = (x.max() + x.min()) / 2, np.ptp(x) / 2, table[:, 1].std() or 1.0
    scaled = (table - [centre, table[:, 1].mean(), 0]) / [half, typical, typical / half]
    filled = np.zeros((MOST, 4), np.float32)
    filled[: len(table)] = np.column_stack([scaled, np.ones(len(table))])
    drawn, errors = jax.device_get(_fit(_first(seed), filled, np.float32(weight), steps))
    at = centre + half * _places()
    values = table[:, 1].mean() + typical * drawn.astype(float)
    return Fits(at, values, typical * errors[0], typical / half * errors[1])


def example(count: int = 6) -> list[tuple[float, float, float]]:
    """Points of sin(2.2 x) + 0.3 x on [-3, 3] with its slopes, rounded as a table shows them.

    >>> example(3)[1]
    (0.0, 0.0, 2.5)
    """
    x = np.linspace(-3, 3, count)
    rows = np.stack([x, np.sin(2.2 * x) + 0.3 * x, 2.2 * np.cos(2.2 * x) + 0.3], 1)
    return [tuple(row) for row in rows.round(2).tolist()]


def _table(rows):
    if not 2 <= len(rows) <= MOST:
        raise ValueError(messages.refusal("rows", f"2 to {MOST} rows", len(rows)))
    table = np.array(rows, float)
    if table.ndim != 2 or table.shape[1] != 3 or not np.isfinite(table).all():
        raise ValueError(messages.refusal("rows", "finite triples of x, value and slope", rows))
    if not np.ptp(table[:, 0]) > 0:
        raise ValueError(messages.refusal("rows", "at two places x at least", table[:, 0].tolist()))
    return table


def _places():
    return np.linspace(-1 - MARGIN, 1 + MARGIN, DRAWN)


def _first(seed):
    draws = np.random.default_rng(seed)
    shapes = ((WIDTH,), (WIDTH,), (WIDTH, WIDTH), (WIDTH,), (WIDTH,))
    # The first layer bends several times on the line; later ones keep the size.
    scales = (3, 2, WIDTH**-0.5, 0.5, WIDTH**-0.5)
    drawn = [by * draws.normal(size=shape) for by, shape in zip(scales, shapes, strict=True)]
    return [each.astype(np.float32) for each in drawn]


# A person waits for the first fit; optimised further it would compile thrice as long.
@functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 1})
def _fit(params, table, weight, steps):
    """What both networks return on the line, and their errors: (2, k) and (2, 2)."""
    x, y, slopes, counts = table.T

    def model(params, x):
        first, shift, between, other, last = params
        return jnp.tanh(jnp.tanh(x * first + shift) @ between + other) @ last

    def error(params, weight):
        each = lambda *row: loss(
            lambda x: model(params, x), *(a[None] for a in row), weights=weight
        )
        return jnp.sum(counts * jax.vmap(each)(x, y, slopes)) / jnp.sum(counts)

    adam = optax.scale_by_adam()

    def train(weight):
        def step(at, carry):
            params, state = carry
            moves, state = adam.update(jax.grad(error)(params, weight), state)
            rate = RATE * 0.5 * (1 + jnp.cos(jnp.pi * at / steps))
            return jax.tree.map(lambda value, move: value - rate * move, params, moves), state

        end = jax.lax.fori_loop(0, steps, step, (params, adam.init(params)))[0]
        values, derivatives = jax.vmap(lambda x: jax.value_and_grad(model, 1)(end, x))(x)
        mean = lambda wrong: jnp.sqrt(jnp.sum(counts * wrong**2) / jnp.sum(counts))
        drawn = jax.vmap(lambda x: model(end, x))(jnp.asarray(_places(), x.dtype))
        return drawn, jnp.stack([mean(values - y), mean(derivatives - slopes)])

    drawn, errors = jax.vmap(train)(jnp.stack([0 * weight, weight]))
    return drawn, errors.T

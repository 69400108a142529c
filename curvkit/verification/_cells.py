"""Cells of a pendulum's states: bounded and attacked in float64, chosen and halved.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| θ/π, ω/ω_max | `corners`: from, to, from, to, exact fractions | (cells, 4) | own form |
| F | `pendulum.falling` | | arXiv 1902.09592, section 4 |
"""

import jax
import jax.numpy as jnp

from curvkit.core.tree import float64
from curvkit.verification import _certify as certify
from curvkit.verification import _pendulum as pendulum

OPEN, PROVED, VIOLATED = 0, 1, 2
# Violated cells are halved until they are so small, in shares of the square's area.
FINEST = 4.0**-8


def area(corners: jax.Array) -> jax.Array:
    """Shares of the square's area, (cells,)."""
    return (corners[:, 1] - corners[:, 0]) * (corners[:, 3] - corners[:, 2]) / 4


def around(angle, speed, size) -> jax.Array:
    """The cell (1, 4) from `size` below an angle and a speed to as much above, within the square.

    >>> around(0.0, 5.0, 0.5)[0, 2:].tolist()  # it ends where the square does
    [0.8999999761581421, 1.0]
    """
    half = jnp.asarray(size, jnp.float32)
    ends = jnp.stack([angle - half, angle + half, speed - half, speed + half])
    unit = jnp.array([jnp.pi, jnp.pi, pendulum.FASTEST, pendulum.FASTEST], jnp.float32)
    return jnp.clip(ends.astype(jnp.float32) / unit, -1, 1)[None]


def chosen(corners, bound, verdict, worst_first, count: int):
    """The `count` cells to be halved next, and which of them there are: (count,) twice."""
    size = area(corners)
    wanted = (verdict == OPEN) | ((verdict == VIOLATED) & (size > FINEST))
    # Of two cells of one size the one that is further from being proved.
    by_size = size + 1e-7 * jnp.tanh(bound)
    urgent = jnp.where(worst_first, jnp.clip(bound, -1e9, 1e9), by_size)
    urgencies, places = jax.lax.top_k(jnp.where(wanted, urgent, -jnp.inf), count)
    return places, urgencies > -jnp.inf


def halves(cells, axis):
    """Both halves of each cell, cut across the angle (axis 0) or the speed (axis 1)."""
    along, across = cells[:, :2], cells[:, 2:]
    middle = jnp.where(axis == 0, along.mean(1), across.mean(1))
    low = jnp.where((axis == 0)[:, None], cells.at[:, 1].set(middle), cells.at[:, 3].set(middle))
    high = jnp.where((axis == 0)[:, None], cells.at[:, 0].set(middle), cells.at[:, 2].set(middle))
    return low, high


def judged(model, cells: jax.Array, shares: jax.Array, tolerance, relaxation: str):
    """Bound, attack, axis to halve, whether proved, whether violated, of each cell (cells, 4).

    All is computed in float64 and decided there; what is given back for drawing is float32,
    bounds rounded upwards.
    """
    with float64():
        wide = lambda each: each.astype(jnp.float64)
        layers, cells = jax.tree.map(wide, model), wide(cells)
        spec = pendulum.falling().fit(3, 3)
        spec.data = (-wide(tolerance),)
        theta = jnp.pi * cells[:, :2]
        place = pendulum.arc(theta[:, 0], theta[:, 1])
        lower = jnp.concatenate([place.lower, cells[:, 2:3]], 1)
        upper = jnp.concatenate([place.upper, cells[:, 3:]], 1)
        options = certify.RELAXATIONS[relaxation]
        bounds = certify.bound(layers, spec, lower, upper, **options)
        seen = tried(layers, spec, cells, wide(shares))
        # What rounding may have added to F at a point is no more than a bound's slack.
        proved, broken = bounds.upper <= 0, seen > bounds.slack
        size, lean = upper - lower, jnp.abs(bounds.slopes)
        turned = jnp.sum(size[:, :2] * lean[:, :2], 1) + 1e-12 * size[:, 0]
        axis = jnp.where(turned >= size[:, 2] * lean[:, 2], 0, 1).astype(jnp.int32)
        back = lambda each: each.astype(jnp.float32)
        above = jnp.nextafter(back(bounds.upper + tolerance), jnp.float32(jnp.inf))
        seen = back(seen + tolerance)
        above = jnp.where(jnp.isfinite(above), above, jnp.float32(1e9))
    return above, seen, axis, proved, broken


def tried(layers, spec, cells: jax.Array, shares: jax.Array) -> jax.Array:
    """The highest F at some states of each cell (cells, 4), at these shares of its sides."""
    low, high = cells[:, 0::2], cells[:, 1::2]
    at = (low + shares[:, None] * (high - low)).reshape(-1, 2)
    x = jnp.stack([jnp.sin(jnp.pi * at[:, 0]), -jnp.cos(jnp.pi * at[:, 0]), at[:, 1]], 1)
    values = jax.vmap(lambda x: spec(x, pendulum.outputs(layers, x)))(x)
    return jnp.max(values.reshape(len(shares), -1), 0)

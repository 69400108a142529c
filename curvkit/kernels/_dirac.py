"""Dirac weights: each unit goes on to one unit, so that layers are one function of one number.

| symbol | name | source |
| --- | --- | --- |
| f_l = φ ∘ … ∘ φ of x ~ N(0, 1), with what shortcuts add | `Passed.alone`, at nodes | |
| C_l(c) = E[f_l(u) f_l(v)] / E[f_l(x)²] | `read` | arXiv 2110.01765 |
| log abs f_l′ | `Passed.log_slope`, at nodes | |

Only the first layer mixes units, as identity weights do not (arXiv 1706.00388). No maps compose
then: what becomes of two inputs is an expectation of the whole function.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from curvkit.kernels import _expectations as expectations
from curvkit.kernels._gauss import panel_rule

# Nodes of each sector and of each ray; what is passed on becomes steep.
NODES = (24, 40)


class Passed(NamedTuple):
    """What has become of normal numbers: of pairs of each cosine, and of one, with its slope."""

    first: jax.Array
    second: jax.Array
    alone: jax.Array
    log_slope: jax.Array
    block: jax.Array


class Read(NamedTuple):
    """The mean square, cosines, and the decimal logarithm of the C map's slope at 1."""

    q: jax.Array
    c: jax.Array
    log_slope: jax.Array


def _rules(cosines: jax.Array) -> tuple[Any, ...]:
    u, v, weight, along = expectations.nodes(1.0, cosines, *NODES)
    z, w = panel_rule((0.0,), 24, 12)
    return u, v, weight, along, jnp.asarray(z, jnp.float32), jnp.asarray(w, jnp.float32)


def begin(cosines: jax.Array) -> Passed:
    """Pairs of normal numbers of these cosines.

    >>> read(begin(jnp.array([-1.0, 0.5])), jnp.array([-1.0, 0.5])).c.round(3)
    Array([-1. ,  0.5], dtype=float32)
    """
    u, v, _, _, z, _ = _rules(cosines)
    return Passed(u, v, z, jnp.zeros_like(z), jnp.zeros((), int))


def further(state: Passed, step: Callable[[jax.Array], jax.Array]) -> Passed:
    """One block more: `step` is what it makes of each number."""
    alone, slope = jax.jvp(step, (state.alone,), (jnp.ones_like(state.alone),))
    log_slope = state.log_slope + jnp.log(jnp.abs(slope))
    return Passed(step(state.first), step(state.second), alone, log_slope, state.block + 1)


def read(state: Passed, cosines: jax.Array) -> Read:
    """Expectations over what was passed on; not finite where single precision has ended.

    Slopes are multiplied as logarithms: of fifty layers their squares are soon below all numbers.
    """
    *_, weight, along, _, mass = _rules(cosines)
    most = jnp.max(jnp.abs(state.alone))
    scaled = lambda values: values / most
    square = scaled(state.alone) ** 2 @ mass
    product = ((scaled(state.first) * scaled(state.second)) @ along * weight).sum(1)
    highest = jnp.max(state.log_slope)
    slope = jnp.exp(2 * (state.log_slope - highest)) @ mass
    steep = 2 * highest + jnp.log(slope) - jnp.log(square) - 2 * jnp.log(most)
    return Read(most**2 * square, jnp.clip(product / square, -1, 1), steep / jnp.log(10.0))

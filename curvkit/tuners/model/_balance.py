"""A model of learning rate and sharpness together, in two numbers and a rule for a third.

| symbol | name | source |
| --- | --- | --- |
| x | `offset`, displacement along the top eigenvector | arXiv 2209.15594 |
| λ | `sharpness` | arXiv 2209.15594 |
| η | `learning_rate` | |
| y | η λ − 2, the distance from the edge | arXiv 2407.06183 |
| a | `sharpening`, how fast λ grows by itself, > 0 | arXiv 2209.15594 |
| b | `stabilizing`, how fast x² brings it down, > 0 | arXiv 2209.15594 |
| g₀, c | `bulk_gradient`, `bulk_curvature` of all other directions | |
| σ | `sigma` | arXiv 2407.06183 |

x' = (1 − ηλ) x, then λ' = λ + η (a − b x'²), with the new x: with the old one the cycles of a
constant rate would grow without bound. The predictions are derived from just these equations.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from curvkit.core import messages

RULES = ("constant", "oracle", "cdat")


class Balance(NamedTuple):
    """The state of the model: x and λ, scalars."""

    offset: jax.Array
    sharpness: jax.Array


def step(
    state: Balance, learning_rate: jax.Array, sharpening: float, stabilizing: float
) -> Balance:
    """One step of the model at the rate η.

    >>> step(Balance(1.0, 2.0), 1.0, 0.5, 0.25)
    Balance(offset=-1.0, sharpness=2.25)
    """
    messages.reals("sharpening", sharpening, least=0)
    messages.reals("stabilizing", stabilizing, least=0)
    offset = (1 - learning_rate * state.sharpness) * state.offset
    drift = sharpening - stabilizing * offset**2
    return Balance(offset, state.sharpness + learning_rate * drift)


def rate(
    rule: str,
    state: Balance,
    *,
    learning_rate: float = 1.0,
    sigma: float = 2.0,
    bulk_gradient: float | jax.Array = 1.0,
    bulk_curvature: float = 0.0,
) -> jax.Array:
    """η of a rule: the constant, the oracle σ/λ, or CDAT, which sees the bulk as well.

    CDAT's numerator is λ²x² + g₀², its denominator λ³x² + c g₀².

    Raises:
        ValueError: if the rule is unknown.

    >>> float(rate("cdat", Balance(1.0, 2.0), sigma=1.0, bulk_gradient=2.0))
    1.0
    """
    if rule not in RULES:
        raise ValueError(messages.unknown("rule", rule, RULES))
    messages.reals("learning_rate", learning_rate, above=0)
    messages.reals("sigma", sigma, above=0)
    messages.reals("bulk_gradient", bulk_gradient)
    messages.reals("bulk_curvature", bulk_curvature)
    if rule == "constant":
        return jnp.asarray(learning_rate)
    if rule == "oracle":
        return sigma / state.sharpness
    top = state.sharpness**2 * state.offset**2
    numerator = top + bulk_gradient**2
    return sigma * numerator / (state.sharpness * top + bulk_curvature * bulk_gradient**2)


def alignment(state: Balance, bulk_gradient: float | jax.Array) -> jax.Array:
    """The share of the squared gradient along the top eigenvector, from 0 to 1.

    >>> float(alignment(Balance(1.0, 2.0), 2.0))
    0.5
    """
    messages.reals("bulk_gradient", bulk_gradient)
    top = state.sharpness**2 * state.offset**2
    return top / (top + bulk_gradient**2)


def settled_alignment(sigma: float) -> float:
    """CDAT's alignment² where it rests at the edge: σ / 2, for σ below 2 and c = 0.

    There η λ = 2, so σ (λ²x² + g₀²) = 2 λ²x².

    >>> settled_alignment(1.5)
    0.75
    """
    return messages.real("sigma", sigma, above=0) / 2


def turning_sharpness(
    sigma: float, sharpening: float, stabilizing: float, bulk_gradient: float | jax.Array
) -> jax.Array:
    """λ*: at the edge under CDAT λ shrinks below it and grows above it; infinite from σ = 2 on.

    x² = (g₀/λ)² σ/(2 − σ) there, and λ shrinks where b x² > a: λ* = g₀ √(bσ / (a (2 − σ))).

    >>> round(float(turning_sharpness(1.0, 1.0, 4.0, 3.0)), 4)
    6.0
    """
    above_zero = dict(sigma=sigma, sharpening=sharpening, stabilizing=stabilizing)
    for name, value in above_zero.items():
        messages.reals(name, value, above=0)
    messages.reals("bulk_gradient", bulk_gradient)
    left = jnp.maximum(2.0 - sigma, 0.0)
    return bulk_gradient * jnp.sqrt(stabilizing * sigma / (sharpening * left))


def undershooting_sharpness(
    start: float, sigma: float, sharpening: float, steps: jax.Array
) -> jax.Array:
    """λ after so many steps of the oracle with σ ≤ 2, whose x is zero or has gone to it.

    Then λ' = λ + a σ/λ, so λ² grows by 2 a σ a step: λ = √(λ₀² + 2 a σ t).

    >>> round(float(undershooting_sharpness(1.0, 1.5, 1.0, 5)), 3)
    4.0
    """
    for name, value in dict(start=start, sigma=sigma, sharpening=sharpening).items():
        messages.reals(name, value, above=0)
    messages.reals("steps", steps, least=0)
    return jnp.sqrt(start**2 + 2 * sharpening * sigma * steps)

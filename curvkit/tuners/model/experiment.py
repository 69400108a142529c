"""The run of the model: one number after another, read at every step."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from curvkit.tuners.model import _balance as balance
from curvkit.tuners.model.settings import Settings


class State(NamedTuple):
    """What the next step needs: x and λ, the bulk gradient, the step, and whether λ is lost."""

    balance: balance.Balance
    bulk_gradient: jax.Array
    step: jax.Array
    lost: jax.Array


def begin(settings: Settings, key: jax.Array) -> State:
    """The state before the first reading; nothing in it is random."""
    first = balance.Balance(
        jnp.asarray(settings.first_offset), jnp.asarray(settings.first_sharpness)
    )
    first = balance.Balance(*(each.astype(float) for each in first))
    bulk = jnp.asarray(settings.bulk_gradient, float)
    return State(first, bulk, jnp.zeros((), int), jnp.zeros((), bool))


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One row of the trace, then one step."""
    now = state.balance
    rate = balance.rate(
        settings.rule,
        now,
        learning_rate=settings.learning_rate,
        sigma=settings.sigma,
        bulk_gradient=state.bulk_gradient,
        bulk_curvature=settings.bulk_curvature,
    )
    after = balance.step(now, rate, settings.sharpening, settings.stabilizing)
    row = {
        "step": state.step,
        "offset": now.offset,
        "sharpness": now.sharpness,
        "learning_rate": rate,
        "distance": rate * now.sharpness - 2,
        "alignment": balance.alignment(now, state.bulk_gradient),
        "predicted_sharpness": predicted(settings, state),
    }
    row = {
        name: jnp.asarray(value, int if name == "step" else float) for name, value in row.items()
    }
    # A sharpness at or below zero has no edge: the model ends there.
    lost = ~jnp.isfinite(after.sharpness) | ~jnp.isfinite(after.offset) | (after.sharpness <= 0)
    bulk = state.bulk_gradient * (1 - settings.fading)
    return State(after, bulk, state.step + 1, lost), row


def predicted(settings: Settings, state: State) -> jax.Array:
    """The sharpness that the theory gives for the rule at this step."""
    if settings.rule == "constant":
        return 2 / jnp.asarray(settings.learning_rate)
    if settings.rule == "oracle":
        # From σ = 2 on the displacement does not die out, and the law says nothing.
        law = balance.undershooting_sharpness(
            settings.first_sharpness, settings.sigma, settings.sharpening, state.step
        )
        return jnp.where(settings.sigma < 2, law, jnp.nan)
    return balance.turning_sharpness(
        settings.sigma, settings.sharpening, settings.stabilizing, state.bulk_gradient
    )


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return (state.step > settings.steps) | state.lost


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """The fields of the trace that are no rows."""
    return {"predicted_alignment": jnp.asarray(balance.settled_alignment(settings.sigma), float)}

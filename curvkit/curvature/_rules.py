"""Training rules as optax directions, and the preconditioner that each puts before the Hessian.

| symbol | name | source |
| --- | --- | --- |
| u | direction, before the learning rate | arXiv 2207.14484 |
| P | `preconditioner`, diag(√ν̂ + ε), for Adam times 1 − β1^t | arXiv 2207.14484 |
| β (β1), β2 | `momentum`, `second_moment_decay` | |
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from curvkit.core import messages
from curvkit.curvature import _generalised as generalised

# Below this a second moment counts as zero; the value of the published experiments.
EPSILON = 1e-7

RULES = ("gd", "heavy_ball", "nesterov", "rmsprop", "adam", *generalised.NORMS)


def direction(
    rule: str,
    momentum: float,
    second_moment_decay: float,
    parts: generalised.Matrices | None = None,
) -> optax.GradientTransformation:
    """The scaled gradient of `rule`, from which η times is subtracted, as an optax transformation.

    Args:
        rule: one of `RULES`.
        momentum: β, or β1.
        second_moment_decay: β2.
        parts: the matrices in the parameters, which Muon has to know; one row, if None.

    Raises:
        ValueError: if the rule is unknown.
    """
    if rule == "gd":
        return optax.identity()
    if rule == "heavy_ball":
        return optax.trace(momentum)
    if rule == "nesterov":
        return optax.trace(momentum, nesterov=True)
    if rule == "rmsprop":
        return optax.scale_by_rms(
            second_moment_decay, eps=EPSILON, eps_in_sqrt=False, bias_correction=True
        )
    if rule == "adam":
        return optax.scale_by_adam(momentum, second_moment_decay, eps=EPSILON)
    if rule in generalised.NORMS:
        parts = parts or generalised.Matrices(())
        return generalised.direction(rule, momentum, second_moment_decay, parts)
    raise ValueError(messages.unknown("rule", rule, RULES))


def preconditioner(
    rule: str, state: Any, params: jax.Array, momentum: float, second_moment_decay: float
) -> jax.Array:
    """The diagonal of P after an update of `direction`, like `params`; ones where a rule has none.

    Args:
        rule: as in `direction`.
        state: the optax state that the update returned.
        params: shape (P,).
        momentum: β1 of Adam.
        second_moment_decay: β2.
    """
    if rule not in ("rmsprop", "adam"):
        return jnp.ones_like(params)
    moment = state.nu / (1 - second_moment_decay**state.count)
    diagonal = jnp.sqrt(moment) + EPSILON
    return diagonal * (1 - momentum**state.count) if rule == "adam" else diagonal

"""What an optimizer's state tells: its learning rate, its momentum, and its second moments.

optax keeps hyperparameters in the state only where `optax.inject_hyperparams` puts them; what is
not there is given by hand.
"""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp

from curvkit.core import say

# The rules whose threshold is one for the preconditioned Hessian.
SHAPED = ("rmsprop", "adam", "nadam")
MOMENTUM = ("b1", "momentum", "decay")


def states(state: Any) -> Iterator[Any]:
    """All named tuples in an optimizer's state, the outer ones first."""
    if isinstance(state, tuple) and hasattr(state, "_fields"):
        yield state
    children = state.values() if isinstance(state, dict) else state
    if isinstance(state, dict | list | tuple):
        for each in children:
            yield from states(each)


def hyperparameter(state: Any, *names: str) -> jax.Array | None:
    """The first injected hyperparameter of one of these names, or None."""
    for each in states(state):
        values = getattr(each, "hyperparams", {})
        for name in names:
            if name in values:
                return jax.tree.leaves(values[name])[0]
    return None


def learning_rate(state: Any, given: float | Callable | None, step: Any) -> Any:
    """The learning rate of the step that follows: from the state, or as given.

    Raises:
        ValueError: if it is nowhere, or if what is given is not what the state says.
    """
    found = hyperparameter(state, "learning_rate")
    if callable(given):
        return given(step)
    if given is None:
        if found is None:
            raise ValueError(
                "opt_state has no learning rate in it, so there is no threshold to draw; give "
                "learning_rate= as a number or as the schedule that the optimizer has."
            )
        return found
    if any(type(each).__name__ == "ScaleByScheduleState" for each in states(state)):
        advice = "give learning_rate= the schedule itself"
        raise ValueError(
            say.refusal("learning_rate", "as opt_state has it, a schedule", given, advice)
        )
    if found is not None and not isinstance(found, jax.core.Tracer):
        if abs(float(found) - given) > 1e-5 * abs(given):
            advice = "leave learning_rate= out, and it is read from there"
            expected = f"that of opt_state, {float(found):g}"
            raise ValueError(say.refusal("learning_rate", expected, given, advice))
    return given if found is None else found


def momentum(state: Any, given: float) -> Any:
    """β, as the state has it or as given."""
    found = hyperparameter(state, *MOMENTUM)
    return given if found is None else found


def moments(state: Any, rule: str, numbers: list[jax.Array]) -> tuple[list, Any]:
    """The second moments, shaped as `numbers`, and how many updates went into them.

    Raises:
        ValueError: if the state has none, or of other shapes.
    """
    for each in states(state):
        if "nu" in getattr(each, "_fields", ()):
            found = [leaf for leaf in jax.tree.leaves(each.nu) if hasattr(leaf, "shape")]
            if [leaf.shape for leaf in found] != [number.shape for number in numbers]:
                raise ValueError(
                    f"opt_state has second moments of {len(found)} arrays and params has "
                    f"{len(numbers)} that are trained, or their shapes differ; give trained= so "
                    "that both are the same."
                )
            count = getattr(each, "count", None)
            return found, None if count is None else jax.tree.leaves(count)[0]
    raise ValueError(
        f"opt_state has no second moments, which rule='{rule}' is judged by; pass the state that "
        "optax's update returned, or name the rule that is used."
    )


def diagonal(
    rule: str, moments: list, count: Any, *, momentum: Any, decay: Any, epsilon: Any
) -> list[jax.Array]:
    """The diagonal of the preconditioner P (arXiv 2207.14484, section 2), as optax builds it.

    Args:
        rule: rmsprop, adam or nadam.
        moments: the second moments ν.
        count: how many updates went into them, None for an average without bias correction.
        momentum: β1.
        decay: β2.
        epsilon: ε, under the root for RMSProp without a count, as is optax's default there.
    """
    if rule == "rmsprop" and count is None:
        return [jnp.sqrt(each.astype(jnp.float32) + epsilon) for each in moments]
    count = jnp.maximum(1 if count is None else count, 1)
    unbiased = [each.astype(jnp.float32) / (1 - decay**count) for each in moments]
    roots = [jnp.sqrt(each) + epsilon for each in unbiased]
    return roots if rule == "rmsprop" else [(1 - momentum**count) * each for each in roots]

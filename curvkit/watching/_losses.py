"""A loss as a reading takes it: of the trained numbers alone, and of rows of what it is read on."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages, programs, tree
from curvkit.watching import _parts as parts


@tree.exactly
def of_numbers(
    loss: Callable[..., Any],
    numbers: list[jax.Array],
    held: list[Any],
    shape: parts.TreeShape,
    batch: Any,
    size: int | None,
) -> list[programs.Traced]:
    """The loss as it is now: of the numbers, and, where there is a size, of numbers and rows.

    Args:
        loss: `loss(params, batch)`, or of the parameters alone.
        numbers, held, shape: the parameters, as `parts.split` gives them.
        batch: what it is read on; an empty tuple for nothing.
        size: how many of its examples are in a batch of their own, None where none is wanted.

    Raises:
        ValueError: where the loss of params and batch is not one real number, or the batch has no
            such examples.
    """
    given, given_held, given_shape = parts.split(batch, name="batch")
    with_batch = not (isinstance(batch, tuple) and not batch)

    def called(numbers, held, given, given_held):
        batch = (given_shape.join(given, given_held),) if with_batch else ()
        return loss(shape.join(numbers, held), *batch)

    whole = traced(called, (numbers, held, given, given_held), with_batch)
    if size is None:
        return [whole]
    rows = jnp.arange(min(size, examples(batch)))

    def on_rows(numbers, rows, held, given, given_held):
        cut = lambda each: [one[rows] for one in each]
        return called(numbers, held, cut(given), cut(given_held))

    arguments = (numbers, rows, held, given, given_held)
    return [whole, traced(on_rows, arguments, with_batch, len(numbers) + 1)]


def examples(batch: Any) -> int:
    """How many examples a batch has, by the leading axis of its arrays.

    Raises:
        ValueError: if there are no arrays, or their leading axes differ.

    >>> examples((np.zeros((3, 2)), np.zeros(3)))
    3
    """
    given, held, _ = parts.split(batch, name="batch")
    counts = {np.shape(each)[0] if np.ndim(each) else 0 for each in [*given, *held]}
    if len(counts) != 1 or 0 in counts:
        expected = "arrays with the examples on one leading axis, where batch_size is given"
        got = [np.shape(each) for each in [*given, *held]]
        raise ValueError(messages.refusal("batch", expected, got, "give observe all of the data"))
    return counts.pop()


def require_no_norm(facts: Any, size: int | None) -> None:
    """Raises ValueError where the sharpness of batches is asked of a rule that steps in a norm."""
    if facts.norm is not None and size is not None:
        advice = f"{facts.rule} takes steps in a norm, in which it is not known"
        raise ValueError(messages.refusal("batch_size", "left out", size, advice))


def compilations(jitted: Callable[..., Any]) -> int:
    """How many programs a jitted function was compiled to so far."""
    return jitted._cache_size() if hasattr(jitted, "_cache_size") else 0


def traced(
    called: Callable[..., Any],
    arguments: tuple[Any, ...],
    with_batch: bool,
    free: int | None = None,
) -> programs.Traced:
    """A loss traced as a function of its first `free` arrays, by default of the trained numbers.

    Raises:
        ValueError: where it does not take its arguments, or is not one real number.
    """
    try:
        loss = programs.Traced(called, arguments, free=free or len(arguments[0]))
    except Exception as error:
        call = "loss_fn(params, batch)" if with_batch else "loss_fn(params)"
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise ValueError(
            f"{call} does not take what observe was given ({reason}); pass params and batch as "
            "the training step does."
        ) from error
    (out, *more) = loss.out or [None]
    if more or out is None or out.shape != () or not jnp.issubdtype(out.dtype, jnp.floating):
        single = loss.structure == jax.tree.structure(0)
        got = type(jax.tree.unflatten(loss.structure, loss.out)).__name__
        got = f"{out.dtype} of shape {out.shape}" if single and out is not None else got
        advice = "return the loss alone, averaged, without auxiliary values"
        raise ValueError(messages.refusal("the value of loss_fn", "one real number", got, advice))
    return loss

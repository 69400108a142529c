"""Many runs of one network side by side, of which only the losses near the end are kept.

| symbol | name | shape |
| --- | --- | --- |
| L | `loss(params, rows)` | scalar |
| η, σ | `values`, what the runs of one method differ in | (values,) |
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit.core import messages
from curvkit.curvature import _rules as rules
from curvkit.curvature._tasks import Task
from curvkit.tuners._cdat import cdat
from curvkit.tuners._free import averaged, base_of, prodigy, schedule_free
from curvkit.tuners._names import FREE
from curvkit.tuners._rivals import constant
from curvkit.tuners._searches import armijo

# The constant rates that are tried, by base, and what of CDAT is tried beside them.
RATES = {
    "gd": (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 1.0),
    "heavy_ball": (0.02, 0.05, 0.1, 0.2, 0.3, 0.4),
    "rmsprop": (5e-4, 1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2),
    "adam": (5e-4, 1e-3, 3e-3, 1e-2, 2e-2, 4e-2),
}
SIGMAS = (1.0, 1.5, 1.9, 2.0)
# Of a run the last tenth is looked at, so many times.
READINGS, SHARE = 20, 0.1


class Tried(NamedTuple):
    """What is run side by side.

    Attributes:
        base: any optax direction.
        bare: the same without momentum, for schedule-free.
        rates, sigmas: of the constant rates and of CDAT.
        emas: how much of CDAT's averages is kept.
        rivals: of schedule_free and prodigy.
        most: the largest rate that is looked for.
        slope: Armijo's share of the slope.
    """

    base: optax.GradientTransformation
    bare: optax.GradientTransformation
    rates: Sequence[float]
    sigmas: Sequence[float]
    emas: Sequence[float]
    rivals: Sequence[str]
    most: Any
    slope: Any


def tried(settings: Any, rates: Any, sigmas: Any, emas: Any, rivals: Sequence[str]) -> Tried:
    """What is run, as a person asks for it.

    Args:
        settings: the knobs of the room.
        rates, sigmas, emas: numbers, in their ranges; of the rates some usual ones of the base if
            there are none, of the averages the knob.
        rivals: of `FREE`.

    Raises:
        ValueError: with one sentence, where a number or a rival is refused.
    """
    for name, values in (("rates", rates), ("sigmas", sigmas)):
        messages.reals(name, values, "a number above 0, or several", above=0)
    messages.reals("emas", emas, "numbers of at least 0 and below 1", least=0, below=1)
    if unknown := set(rivals) - {*FREE}:
        raise ValueError(messages.unknown("rivals", min(unknown), FREE))
    of = (settings.momentum, settings.second_moment_decay)
    return Tried(
        base=rules.direction(settings.base, *of),
        bare=rules.direction(base_of("schedule_free", settings.base), *of),
        rates=np.ravel(rates).tolist() or RATES[settings.base],
        sigmas=np.ravel(sigmas).tolist(), emas=np.ravel(emas).tolist() or [settings.ema],
        rivals=tuple(rivals), most=settings.max_learning_rate, slope=settings.slope,
    )  # fmt: skip


def sizes(batches: Any) -> list[int]:
    """Sizes of batches as whole numbers of at least 0; a sentence where one is none."""
    messages.reals("batches", batches, "a whole number of at least 0, or several", least=0)
    return [messages.whole("batches", each, 0) for each in np.ravel(batches).tolist()]


def begun(draw: Callable[[jax.Array], jax.Array], seed: int, seeds: int):
    """The parameters to begin with, (seeds, parameters), and a key for each seed."""
    numbers = seed + jnp.arange(seeds)
    pairs = jax.vmap(lambda n: jax.random.split(jax.random.fold_in(jax.random.key(0), n)))(numbers)
    return jax.vmap(draw)(pairs[:, 0]), pairs[:, 1]


def late_losses(
    loss: Callable[..., jax.Array],
    count: int,
    make: Callable[[jax.Array], Any],
    values: jax.Array,
    starts: jax.Array,
    keys: jax.Array,
    *,
    steps: int,
    batch: int = 0,
    shown: Callable[[Any, jax.Array], jax.Array] = lambda state, params: params,
) -> jax.Array:
    """The losses on all examples over the last tenth of each run, shape (values, seeds, 20).

    Args:
        loss: `loss(params, rows)` of flat parameters, on all examples where `rows` is None.
        count: how many examples there are.
        make: `make(value)`, a tuner.
        values: what is given to `make`, (values,).
        starts: the parameters to begin with, (seeds, parameters).
        keys: a random key for each seed, of its batches.
        steps: how many training steps each run takes, at least 20.
        batch: how many examples a step sees, drawn anew each time; 0 is all of them.
        shown: `shown(state, params)`, the parameters whose loss is read.
    """
    seen = min(batch, count) if batch else 0
    between = max(int(SHARE * steps) // READINGS, 1)
    ends = steps - between * jnp.arange(READINGS - 1, -1, -1)
    begins = jnp.concatenate([jnp.zeros(1, ends.dtype), ends[:-1]])

    def one(value, start, key):
        method = make(value)

        def take(number, carry):
            params, state = carry
            drawn = jax.random.fold_in(key, number)
            rows = jax.random.choice(drawn, count, (seen,), replace=False) if seen else None
            of = lambda w: loss(w, rows)
            now, grads = jax.value_and_grad(of)(params)
            updates, state = method.update(grads, state, params, value_fn=of, value=now)
            return params + updates, state

        def read(carry, ends):
            carry = jax.lax.fori_loop(ends[0], ends[1], take, carry)
            return carry, loss(shown(carry[1], carry[0]), None)

        return jax.lax.scan(read, (start, method.init(start)), (begins, ends))[1]

    many = jax.vmap(jax.vmap(one, (None, 0, 0)), (0, None, None))
    return jax.jit(many)(values, starts, keys)


def summed(losses: jax.Array, batch: int) -> jax.Array:
    """One number a run, (values, seeds): the least late loss, or on batches the mean.

    A run on all examples jumps at the edge of stability, and its least loss is what the jumps
    leave; with batches that would be luck. Not a number where a run has diverged.
    """
    known = jnp.isfinite(losses).all(-1)
    loss = losses.mean(-1) if batch else losses.min(-1)
    return jnp.where(known, loss, jnp.nan)


def beside(
    task: Task,
    tried: Tried,
    starts: jax.Array,
    keys: jax.Array,
    *,
    batches: Sequence[int],
    steps: int,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The late losses of constant rates, and of what finds its own rate, from the same starts.

    Args:
        task: what is trained.
        tried: what is run.
        starts, keys, steps: as for `late_losses`.
        batches: how many examples a step sees, for one table after another.

    Returns:
        Of the constant rates (batches, rates, seeds); of each method by name (batches, seeds).
    """
    run = functools.partial(late_losses, task.loss, task.examples, starts=starts, keys=keys)

    def measured(make, values, **options):
        values = jnp.asarray(values)
        each = [summed(run(make, values, steps=steps, batch=size, **options), size)
                for size in batches]  # fmt: skip
        return np.stack([np.asarray(one) for one in each])

    pairs = [(sigma, ema) for ema in tried.emas for sigma in tried.sigmas]
    # The paper's rule as it stands.
    tuned = lambda both: cdat(
        tried.base, both[0], ema=both[1], max_learning_rate=tried.most, guard=False
    )
    searched = lambda slope: armijo(tried.base, slope_rtol=slope, max_learning_rate=tried.most)
    constants = measured(lambda rate: constant(tried.base, rate), tried.rates)
    several = len(tried.emas) > 1
    names = [f"CDAT σ = {s:g}" + (f", average {e:g}" if several and e else "") for s, e in pairs]
    levels = dict(zip(names, np.moveaxis(measured(tuned, pairs), 1, 0), strict=True))
    levels["Armijo"] = measured(searched, (tried.slope,))[:, 0]
    if "schedule_free" in tried.rivals:
        many = measured(lambda rate: schedule_free(tried.bare, rate), tried.rates, shown=averaged)
        levels["schedule-free"] = _best(many)
    if "prodigy" in tried.rivals:
        levels["Prodigy"] = measured(lambda _: prodigy(tried.base), (1.0,))[:, 0]
    return constants, levels


def _best(losses: np.ndarray) -> np.ndarray:
    """Of (batches, rates, seeds) those with the rate whose median is lowest, (batches, seeds)."""
    middle = np.median(np.where(np.isfinite(losses), losses, np.inf), axis=-1)
    return np.stack([one[at] for one, at in zip(losses, middle.argmin(1), strict=True)])

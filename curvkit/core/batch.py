"""Batches: many runs of one shape as one compiled program, a trace for each.

Runs are of one shape where their static knobs agree. All take their readings in step with one
another; one that has ended waits for the others, and what it would go on to record is left out.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import devices, knob
from curvkit.core import trace as traces
from curvkit.core.x64 import compiled

Trace = TypeVar("Trace", bound=traces.Record)
Step = Callable[..., Any]
# For the beginning of a run, or of a batch so that its numbers are the same: it runs once, and
# random numbers take longer to optimise than to draw unoptimised.
UNOPTIMISED = {"xla_backend_optimization_level": 0}
# The same for a beginning that is a long program: XLA's newer emitters of fused loops take two to
# three times as long to compile as the older ones, which these versions of jax still have.
_OLDER = {"xla_cpu_use_fusion_emitters": False} if jax.__version_info__ < (0, 11) else {}
COLD = {**UNOPTIMISED, **_OLDER}
# As XLA does by itself: for programs that run longer than they compile, whatever flags are set.
OPTIMISED = {"xla_backend_optimization_level": 3}


def stack(settings: Sequence[Any]) -> Any:
    """Settings of one shape as one pytree whose leaves have a leading axis of runs.

    Raises:
        ValueError: if there are none, or their static knobs differ.

    >>> class Heat(knob.BaseSettings):
    ...     power: float = knob.knob(
    ...         default=1.0, low=0.1, high=9.0, sentence="How hot.", source="none"
    ...     )
    >>> stack([Heat(power=1.0), Heat(power=2.0)]).power
    array([1., 2.])
    """
    if len({jax.tree.structure(each) for each in settings}) != 1:
        raise ValueError("A batch is of at least one run, and all have the same static knobs.")
    return jax.tree.map(lambda *leaves: np.array(leaves), *settings)


class Batched:
    """The programs of a stream for many runs at once.

    Args:
        begin: as in `core.stream.Stream`.
        reading: as there.
        finished: as there.
        last: as there.
        advance: the stream's own, for one run.
        capacity: most readings that one compiled call makes.
        one_by_one: whether the runs of a batch are made one after another, within one program.
        options: XLA's, for the program that makes readings.
        mixed: as there.
        begin_options: as there.
    """

    def __init__(
        self, *, begin: Step, reading: Step, finished: Step, last: Step, advance: Step,
        capacity: int, one_by_one: bool, options: dict[str, Any] | None = None,
        mixed: bool | str = False, begin_options: dict[str, Any] = UNOPTIMISED,
    ):  # fmt: skip
        def over(function: Callable[..., Any]) -> Callable[..., Any]:
            if one_by_one:
                return lambda *given: jax.lax.map(lambda each: function(*each), given)
            return jax.vmap(function)

        def apart(settings: Any, state: Any, count: Any):
            return over(lambda *each: advance(*each, count))(settings, state)

        def together(settings: Any, state: Any, count: Any):
            row = jax.eval_shape(jax.vmap(reading), settings, state)[1]
            rows = jax.tree.map(lambda each: jnp.zeros((capacity, *each.shape), each.dtype), row)
            ended = jax.vmap(finished)(settings, state)

            def unfinished(carry: Any):
                _, _, _, number, ended = carry
                return (number < count) & ~jnp.all(ended)

            def one(carry: Any):
                state, rows, counts, number, ended = carry
                new, row = jax.vmap(reading)(settings, state)
                state = jax.vmap(_unless)(ended, state, new)
                rows = jax.tree.map(lambda all, new: all.at[number].set(new), rows, row)
                counts = counts + ~ended
                return state, rows, counts, number + 1, jax.vmap(finished)(settings, state)

            start = state, rows, jnp.zeros(ended.shape, int), 0, ended
            state, rows, counts, _, ended = jax.lax.while_loop(unfinished, one, start)
            rows = jax.tree.map(lambda each: jnp.swapaxes(each, 0, 1), rows)
            return state, rows, counts, ended, jax.vmap(last)(settings, state)

        self.capacity, self.one_by_one = capacity, one_by_one
        begun = lambda settings, key: over(lambda each: begin(each, key))(settings)
        self.begin = compiled(begun, mixed=bool(mixed), compiler_options=begin_options)
        further = apart if one_by_one else together
        self.advance = compiled(further, mixed=mixed is True, compiler_options=options)

    def run(
        self, name: str, trace_class: type[Trace], settings: Sequence[Any], key: jax.Array
    ) -> list[Trace]:
        """Runs all of `settings` to their ends; a trace of class `trace_class` for each."""
        header = traces.header(name, knob.as_dict(settings[0]), key)
        stacked = stack(settings)
        # Sequential runs gain nothing from sharding: they would only be copied between devices.
        stacked = stacked if self.one_by_one else devices.spread(stacked)
        state, parts = self.begin(stacked, key), [[] for _ in settings]
        while True:
            state, rows, counts, ended, last = jax.block_until_ready(
                self.advance(stacked, state, self.capacity)
            )
            rows, counts = jax.tree.map(np.asarray, rows), np.asarray(counts)
            for number, count in enumerate(counts):
                parts[number].append({key: each[number, :count] for key, each in rows.items()})
            if ended.all():
                break
        records: list[Trace] = []
        for number, each in enumerate(settings):
            own = knob.as_dict(each)
            joined = {key: np.concatenate([part[key] for part in parts[number]]) for key in rows}
            final = {key: np.asarray(values)[number] for key, values in last.items()}
            own_header = {**header, "settings": own, "seed": own.get("seed")}
            records.append(trace_class(header=own_header, **joined, **final))
        return records


def _unless(ended: jax.Array, previous: Any, new: Any) -> Any:
    """Keeps the old state of runs that have ended."""
    return jax.tree.map(lambda old, now: jnp.where(ended, old, now), previous, new)

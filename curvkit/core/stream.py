"""Streams: a long run as a sequence of compiled chunks, so that it can be watched and stopped.

A room gives three functions of its settings, and a `Stream` makes of them one compiled program
that is called again and again. How many readings a call makes is an argument of the program, not
a part of it: the first call makes one, so that a picture comes at once, later ones as many as fit
into `seconds`. The numbers do not depend on how the run was cut.
"""

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from tqdm.auto import tqdm

from curvkit.core import checked, knob, tree
from curvkit.core import trace as traces
from curvkit.core.batch import UNOPTIMISED, Batched
from curvkit.core.course import Course, paced, replay
from curvkit.core.edits import Edit, Editor, Edits, Sound
from curvkit.core.shared import RunRegistry
from curvkit.core.x64 import compiled

Trace = TypeVar("Trace", bound=traces.Record)
# The knobs that are turned during a run, with the reading before which each turn is.
Turns = Iterable[tuple[int, Mapping[str, Any]]]

# Programs with host callbacks can deadlock when cores are scarce, so only one runs at a time.
_calling_out = threading.Lock()


class Chunk(NamedTuple):
    """What one compiled call makes.

    `state` is where the next call goes on; `rows` has by field the rows, of which the first
    `count` were made; `ended` says whether the run is over; `last` has the fields that are no
    rows.
    """

    state: Any
    rows: dict[str, jax.Array]
    # Hides `tuple.count`, which nobody asks of a chunk.
    count: jax.Array  # pyright: ignore[reportIncompatibleMethodOverride]
    ended: jax.Array
    last: dict[str, jax.Array]


class Stream(Generic[Trace]):
    """A room's experiment.

    Args:
        name: the room's name, as traces carry it.
        begin: `begin(settings, key) -> state`, the pytree that the run starts from.
        reading: `reading(settings, state) -> (state, row)`: one row of the trace (a dict of
            arrays by field name), then the work up to the next.
        finished: `finished(settings, state) -> bool`, whether no further reading is to be made.
        length: `length(settings) -> int`, how many readings a run makes at most.
        trace: the room's `Trace`.
        last: `last(settings, state) -> dict`, the fields of the trace that are no rows.
        capacity: most readings that one compiled call makes.
        one_by_one: whether a batch of runs goes through one after another in its program, and
            not in one sweep of vmap: so where numbers come from XLA's own generator, which
            draws otherwise under vmap, or from a call out of the program. Of all streams of
            this kind only one computes at a time, whichever thread it is in.
        begin_only: names of static knobs that only `begin` reads: another value of one of them
            compiles a new beginning, which takes a second, and leaves the rest as it is.
        opening: `opening(settings, state) -> row`, the row of a run's first reading, where at its
            beginning that is made by less than `reading` takes; for pages.
        options: XLA's, for the program that makes readings, such as `core.batch.OPTIMISED` where
            a run takes longer than compiling does; the flags that are set decide if None.
        mixed: whether a part is computed in float64, see `core.x64`; `begin` where only in that.
        begin_options: XLA's, for the program that begins, such as `core.batch.COLD`.
        steers: names of the knobs that may be turned during a run, which then goes on: `reading`
            reads them anew each time, and `begin` does not.
        edit: `edit(settings, state, field, item, values) -> state`, where data can be edited by
            hand before a run: the state that it starts from, with one item changed.
        edited: the same, traced and unchecked, of an array (x, y) in which nan stays as it was; of
            what is painted the first number is its value.
        sound: `sound(settings, state)`, whether a run can begin on edited data, with the sentence
            that refuses them where it cannot.

    Attributes:
        runs: those that a stage or a panel has made, or makes.
        begun, reading, finished, final: its parts as plain functions, for whoever makes another
            program of them: `begin`, `reading`, `finished` and `last` as above.
    """

    _merit_names: list[str] | None = None

    def __init__(
        self,
        name: str,
        *,
        begin: Callable[[Any, jax.Array], Any],
        reading: Callable[[Any, Any], tuple[Any, dict[str, jax.Array]]],
        finished: Callable[[Any, Any], jax.Array],
        length: Callable[[Any], int], trace: type[Trace],
        last: Callable[[Any, Any], dict[str, jax.Array]] = lambda settings, state: {},
        capacity: int = 512, one_by_one: bool = False, begin_only: Sequence[str] = (),
        opening: Callable[[Any, Any], dict[str, jax.Array]] | None = None,
        options: dict[str, Any] | None = None, mixed: bool | Literal["begin"] = False,
        begin_options: dict[str, Any] = UNOPTIMISED,
        steers: Sequence[str] = (),
        edit: Edit | None = None, edited: Callable[[Any, Any, str, Any, Any], Any] | None = None,
        sound: Sound | None = None,
    ):  # fmt: skip
        self.name, self.length, self.trace, self.capacity = name, length, trace, capacity
        self.steers, self.begin_only, self.runs = tuple(steers), tuple(begin_only), RunRegistry()
        self.hand, self.edit_traced, self.opening = Editor(name, edit, sound), edited, opening
        self._turn = _calling_out if one_by_one else contextlib.nullcontext()
        checked.arguments(name, "begin", begin, ["settings", "key"])
        for part, given in (("reading", reading), ("finished", finished), ("last", last)):
            checked.arguments(name, part, given, ["settings", "state"])
        # Traced once and not twice: for the shape of a row, and for the loop.
        alone, reading = reading, jax.jit(reading, inline=True)
        advance = _chunk(reading, finished, last, capacity, name, trace.__series__)
        started = lambda settings, key: tree.strong(begin(settings, key))
        # vmap of what was traced before applies its rules outside of `tree.float64()`.
        once = alone if mixed is True else reading
        continued = lambda settings, state: _handed_on(state, *once(settings, state))
        self.begun, self.reading, self.finished, self.final = started, continued, finished, last
        self.begin = compiled(started, mixed=bool(mixed), compiler_options=begin_options)
        self.advance = compiled(advance, mixed=mixed is True, compiler_options=options)
        self._batched = Batched(
            begin=started, reading=continued, finished=finished, last=last, advance=advance,
            capacity=capacity, one_by_one=one_by_one, options=options, mixed=mixed,
            begin_options=begin_options,
        )  # fmt: skip

    def started(self, settings: Any, key: jax.Array) -> Any:
        """The state that a run starts from."""
        with self._turn, tree.settled():
            return jax.block_until_ready(self.begin(settings, key))

    def edited(self, settings: Any, state: Any, edits: Edits) -> Any:
        """The state that a run starts from, with data edited by hand; see `edits.Editor.edited`."""
        return self.hand.edited(settings, state, edits)

    def warmed(self, settings: Any, state: Any) -> None:
        """Compiles what edits by hand take, before there is one."""
        self.hand.warm(settings, state, self.trace.EDITED)

    def advanced(self, settings: Any, state: Any, count: int) -> Chunk:
        """Up to `count` readings from a state on, `capacity` at most."""
        with self._turn, tree.settled():
            return jax.block_until_ready(self.advance(self.shared(settings), state, count))

    def course(
        self, settings: Any, key: jax.Array | None = None, *, edits: Edits = ()
    ) -> Course[Trace]:
        """A run that is made reading by reading, can be cut, and goes on with knobs turned.

        Args:
            settings, key: as `run` takes them.
            edits: of its data by hand, as the header of such a run's trace tells them.
        """
        return Course(self, settings, key, edits=edits)

    def chunks(
        self,
        settings: Any,
        key: jax.Array | None = None,
        *,
        seconds: float = 0.2,
        turns: Turns = (),
        edits: Edits = (),
    ) -> Iterator[Trace]:
        """Yields the trace so far after each chunk of about `seconds`; to stop, ask for no more."""
        course = Course(self, settings, key, most_bytes=0, edits=edits)
        replay(course, turns)
        yield from paced(course, seconds)

    def run(
        self,
        settings: Any,
        key: jax.Array | None = None,
        *,
        progress: bool = False,
        seconds: float = 1.0,
        turns: Turns = (),
        edits: Edits = (),
    ) -> Trace:
        """Runs to the end and returns the whole trace, with a progress bar if asked for.

        Args:
            settings: the room's settings, as `core.knob.read` makes them.
            key: the base key, `jax.random.key(0)` if None; the room folds `settings.seed` into it.
            progress: whether to show a progress bar.
            seconds: about how long one compiled call may take; Ctrl-C is heard between calls.
            turns: `(reading, knobs)` of knobs that are turned during the run.
            edits: `(field, item, values)` of data edited by hand, as `Record.edits` tells them.
        """
        chunks = self.chunks(settings, key, seconds=seconds, turns=turns, edits=edits)
        return self.to_end(settings, chunks, progress)

    def to_end(self, settings: Any, chunks: Iterator[Trace], progress: bool = False) -> Trace:
        """The last of `chunks`, with a progress bar if asked for; as `chunks` makes them."""
        with tqdm(total=self.length(settings), unit="reading", disable=not progress) as bar:
            trace = next(chunks)  # there is always one
            bar.update(trace.readings)
            for trace in chunks:
                bar.update(trace.readings - bar.n)
        return trace

    def batch(self, settings: Sequence[Any], key: jax.Array | None = None) -> list[Trace]:
        """Runs many settings at once and returns the trace of each, in their order.

        Numbers are those of the single runs up to rounding. A batch of another size, or of other
        static knobs, is another program.

        Raises:
            ValueError: if `settings` is empty or their static knobs differ.
        """
        key = jax.random.key(0) if key is None else key
        with self._turn, tree.settled():
            return self._batched.run(self.name, self.trace, settings, key)

    def merit_names(self, settings: Any) -> list[str]:
        """The names of the trace's figures of merit, which are those of every run.

        Asked of a trace with no reading, for which nothing is computed.
        """
        if self._merit_names is None:
            state = jax.eval_shape(self.begin, settings, jax.random.key(0))
            chunk = jax.eval_shape(self.advance, settings, state, 1)
            empty = {k: np.zeros((0, *v.shape[1:]), v.dtype) for k, v in chunk.rows.items()}
            last = {name: np.zeros(each.shape, each.dtype) for name, each in chunk.last.items()}
            header = {"settings": knob.as_dict(settings)}
            self._merit_names = list(self.trace(header=header, **empty, **last).merits())
        return self._merit_names

    def shared(self, settings: Any) -> Any:
        """Resets the knobs that only `begin` reads to their defaults, so that changing them does
        not recompile `advance`.
        """
        if not self.begin_only:
            return settings
        defaults = knob.knobs(type(settings))
        return dataclasses.replace(
            settings, **{name: defaults[name].default for name in self.begin_only}
        )

    def lowered(self, settings: Any, key: jax.Array | None = None) -> str:
        """The text of the compiled programs, in which every knob is found by its name."""
        key = jax.random.key(0) if key is None else key
        state = jax.eval_shape(self.begin, settings, key)
        begun = self.begin.lower(settings, key)
        advanced = self.advance.lower(self.shared(settings), state, 1)
        return "\n".join(each.as_text(debug_info=True) for each in (begun, advanced))


def _chunk(
    reading: Callable[..., Any],
    finished: Callable[..., Any],
    last: Callable[..., Any],
    capacity: int,
    name: str,
    declared: Mapping[str, Any],
) -> Callable[..., Any]:
    """Builds `advance(settings, state, count)`, which makes up to `count` readings as a `Chunk`."""

    def advance(settings: Any, state: Any, count: Any):
        returned = jax.eval_shape(reading, settings, state)
        checked.reading(name, declared, state, returned)
        checked.finished(name, jax.eval_shape(finished, settings, state))
        row = returned[1]
        rows = jax.tree.map(lambda each: jnp.zeros((capacity, *each.shape), each.dtype), row)

        def unfinished(carry: Any):
            state, _, number = carry
            return (number < count) & ~finished(settings, state)

        def one(carry: Any):
            before, rows, number = carry
            state, row = reading(settings, before)
            state = tree.typed(state, before)
            rows = jax.tree.map(lambda all, new: all.at[number].set(new), rows, row)
            return state, rows, number + 1

        start: Any = (state, rows, 0)
        state, rows, number = jax.lax.while_loop(unfinished, one, start)
        ended, final = finished(settings, state), last(settings, state)
        checked.last(name, declared, row, final)
        return Chunk(tree.strong(state), rows, number, ended, final)

    return advance


def _handed_on(before: Any, state: Any, row: Any) -> tuple[Any, Any]:
    return tree.strong(tree.typed(state, before)), row

"""A course: a run that is made reading by reading, can be cut, and goes on with knobs turned.

States to go back to are kept sparsely, and always where a knob was turned, in bounded memory; from
the nearest one before, a reading is made again, to the same numbers.
"""

import copy
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import jax
import numpy as np

from curvkit.core import knob, messages
from curvkit.core import trace as traces

if TYPE_CHECKING:
    from curvkit.core.stream import Chunk, Stream

Trace = TypeVar("Trace", bound=traces.Record)
# What the states of one course may take.
MOST_BYTES = 64 * 2**20


class Progress(NamedTuple):
    """How far a course is. It is replaced whole and last of all: who looks while another thread
    advances, or after that was interrupted, sees a course as it was before or after.
    """

    readings: int
    state: Any
    ended: bool
    last: dict[str, np.ndarray] | None


class Course(Generic[Trace]):
    """A run in the making.

    Args:
        stream: a room's experiment.
        settings: what it begins with.
        key: the base key, `jax.random.key(0)` if None.
        most_bytes: what the states that are kept may take; the first is kept in any case.
        edits: `(field, item, values)` of data edited by hand before the first reading; the header
            of the trace tells them.

    Attributes:
        turns: `(reading, knobs)` of each turn, in their order.
        pace: seconds that a reading took, when there were new ones the last time.
    """

    # Readings that are there and were not read: none, where nobody else makes any.
    unread = 0

    def __init__(
        self, stream: "Stream[Trace]", settings: Any, key: jax.Array | None = None,
        *, most_bytes: int = MOST_BYTES, edits: Sequence[tuple[str, int, Mapping[str, float]]] = (),
    ):  # fmt: skip
        key = jax.random.key(0) if key is None else key
        self.stream, self._first = stream, settings
        self._header = traces.header(stream.name, knob.as_dict(settings), key)
        state = stream.edited(settings, stream.started(settings, key), edits)
        self._at = Progress(0, state, False, None)
        if edits:
            self._header |= {"edits": [[field, item, {**values}] for field, item, values in edits]}
        self._kept = StateCache(most_bytes)
        self._kept.keep(0, state)
        self.turns: list[tuple[int, dict[str, Any]]] = []
        self.pace = 0.0
        self._rows: dict[str, np.ndarray] = {}

    @property
    def readings(self) -> int:
        """How many readings there are."""
        return self._at.readings

    @property
    def ended(self) -> bool:
        """Whether no more are made."""
        return self._at.ended

    @property
    def settings(self) -> Any:
        """The settings of the next reading."""
        return self.settings_at(self.readings)

    @property
    def begun(self) -> Any:
        """The state before the first reading."""
        return self._kept.before(0)[1]

    def settings_at(self, reading: int) -> Any:
        """The settings of a reading."""
        turned = [knobs for at, knobs in self.turns if at <= reading]
        values = {name: value for knobs in turned for name, value in knobs.items()}
        return knob.turned(self._first, **values) if values else self._first

    def advance(self, count: int) -> int:
        """Makes up to `count` readings and returns how many it made."""
        began, started = self.readings, time.perf_counter()
        while self.readings < began + count and not self.ended:
            more = min(began + count - self.readings, self.stream.capacity)
            self._take(self.stream.advanced(self.settings, self._at.state, more))
            self._kept.keep(self.readings, self._at.state)
        if new := self.readings - began:
            self.pace = (time.perf_counter() - started) / new
        return new

    def turn(self, at: int, **knobs: Any) -> None:
        """Goes back to before reading `at`, and on from there with knobs turned.

        Args:
            at: a reading that was made, or the next one; those from it on are dropped.

        Raises:
            ValueError: with one sentence, if the room cannot go on with a knob, or refuses a value.
        """
        at = messages.whole("at", at, 0, most=self.readings)
        for name in knobs:
            if name not in knob.knobs(self._first):
                raise ValueError(messages.unknown("setting", name, knob.knobs(self._first)))
            if name not in self.stream.steers:
                able = ", ".join(self.stream.steers) or "none"
                raise ValueError(
                    f"{name} cannot be turned during a run of {self.stream.name}, where these can: "
                    f"{able}; start another run."
                )
        before = dict(next((turned for reading, turned in self.turns if reading == at), {}))
        earlier = [each for each in self.turns if each[0] < at]
        new = knob.turned(self.settings_at(at), **knobs)
        if at < self.readings:
            self._back(at)
        self.turns = [*earlier, (at, before | {name: getattr(new, name) for name in knobs})]
        self._kept.keep(at, self._at.state, pinned=True)
        self._at = self._at._replace(ended=False)

    def copy(self, most_bytes: int | None = None) -> "Course[Trace]":
        """Another course, which stands where this one stands and goes its own way from there.

        Rows and states are shared, for neither course writes them over. It may be asked for while
        another thread advances this one, which was never turned then.

        Args:
            most_bytes: what the states that it keeps may take; as much as here if None.
        """
        other, at = copy.copy(self), self._at
        other._at, other.turns = at, list(self.turns)
        # A view ends where its readings end, so that whoever adds some takes another array.
        other._rows = {name: each[: at.readings] for name, each in dict(self._rows).items()}
        other._kept = self._kept.copy(at.readings, most_bytes)
        return other

    @property
    def trace(self) -> Trace:
        """The trace so far; its header says what was turned."""
        if self._at.last is None:
            self._take(self.stream.advanced(self.settings, self._at.state, 0))
        readings, _, _, last = self._at
        rows = {name: each[:readings] for name, each in self._rows.items()}
        turns = {"turns": [[at, turned] for at, turned in self.turns]} if self.turns else {}
        return self.stream.trace(header={**self._header, **turns}, **rows, **(last or {}))

    def _take(self, chunk: "Chunk") -> None:
        """Adds the rows of a chunk; arrays that traces hold are never written over."""
        before, count = self.readings, int(chunk.count)
        for name, values in chunk.rows.items():
            new = np.asarray(values)[:count]
            rows = self._rows.get(name)
            if rows is None or len(rows) < before + count:
                room = max(before + count, 2 * before)
                grown = np.empty((room, *new.shape[1:]), new.dtype)
                grown[:before] = rows[:before] if rows is not None else 0
                self._rows[name] = rows = grown
            rows[before : before + count] = new
        last = {name: np.asarray(value) for name, value in chunk.last.items()}
        self._at = Progress(before + count, chunk.state, bool(chunk.ended), last)

    def _back(self, at: int) -> None:
        """Makes the state before reading `at` anew, and drops the rows from there on."""
        reading, state = self._kept.before(at)
        while reading < at:
            stop = min([at, *(turned for turned, _ in self.turns if turned > reading)])
            count = min(stop - reading, self.stream.capacity)
            chunk = self.stream.advanced(self.settings_at(reading), state, count)
            state, reading = chunk.state, reading + int(chunk.count)
        self._kept.drop(at)
        self._rows = {name: each[:at].copy() for name, each in self._rows.items()}
        self._at = Progress(at, state, False, self._at.last)


class StateCache:
    """States by the reading that they come before, in bounded memory.

    Args:
        most_bytes: where it is passed, every second state is dropped, the newest and those that
            are pinned last.
    """

    NEWEST = 4

    def __init__(self, most_bytes: int):
        self.most_bytes = most_bytes
        self.states: dict[int, Any] = {}
        self.pinned: set[int] = {0}

    def keep(self, reading: int, state: Any, pinned: bool = False) -> None:
        """Keeps a state; one at a turn is pinned."""
        self.states[reading] = state
        if pinned:
            self.pinned.add(reading)
        self._fit(state)

    def copy(self, at: int, most_bytes: int | None = None) -> "StateCache":
        """The same states up to the one before reading `at`; as many as fit into `most_bytes`."""
        other = StateCache(self.most_bytes if most_bytes is None else most_bytes)
        other.states, other.pinned = dict(self.states), set(self.pinned)
        other.drop(at)
        other._fit(other.states[0])
        return other

    def _fit(self, state: Any) -> None:
        """Drops states until those that are left, each as large as `state`, fit."""
        each = sum(getattr(leaf, "nbytes", 0) for leaf in jax.tree.leaves(state))
        most = max(1, int(self.most_bytes // max(each, 1)))
        while len(self.states) > most and self._thin():
            pass

    def _thin(self) -> bool:
        """Drops every second state that may go; returns whether there was one."""
        readings = sorted(self.states)
        free = [each for each in readings[: -self.NEWEST] if each not in self.pinned]
        free = (
            free or [each for each in readings[1:-1] if each not in self.pinned] or readings[1:-1]
        )
        for each in free[::2]:
            del self.states[each]
        return bool(free)

    def before(self, at: int) -> tuple[int, Any]:
        """The nearest state to make a reading from, with the reading that it comes before."""
        reading = max(each for each in self.states if each <= at)
        return reading, self.states[reading]

    def drop(self, at: int) -> None:
        """Drops the states after reading `at`."""
        self.states = {each: state for each, state in self.states.items() if each <= at}
        self.pinned = {each for each in self.pinned if each <= at}


def replay(course: Course[Any], turns: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """Makes the readings up to the last of `turns`, and takes each of them.

    Raises:
        ValueError: with one sentence, where a turn is none, or the run ends before it.
    """
    try:
        pairs = sorted(((at, dict(knobs)) for at, knobs in turns), key=lambda each: each[0])
    except (TypeError, ValueError):
        expected = "a list of readings, each with the knobs that are turned before it"
        raise ValueError(messages.refusal("turns", expected, turns)) from None
    for at, knobs in pairs:
        course.advance(messages.whole("a reading in turns", at, 0) - course.readings)
        if course.readings < at:
            raise ValueError(
                f"The run ended after {messages.counted(course.readings, 'reading')}, before the "
                f"turn at reading {at}."
            )
        course.turn(at, **knobs)


def paced(run: Any, seconds: float) -> Iterator[Any]:
    """Takes a run to its end; yields the trace so far after each chunk of about `seconds`.

    Args:
        run: a `Course`, or the `Follower` of one; to stop it, ask for no more.
    """
    count = 1
    while True:
        run.advance(max(count, run.unread))
        yield run.trace
        if run.ended:
            return
        # The first call may have compiled, so its time says little: grow by steps, never leap.
        wanted = int(seconds / max(run.pace, 1e-6))
        count = max(1, min(wanted, 4 * count + 3, run.stream.capacity))

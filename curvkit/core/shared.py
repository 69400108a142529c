"""A run that several follow: each reads what is there, and who is in front computes.

So a stage, a panel and a call of `run` of the same settings make each reading of it only once. Who
turns a knob goes on with a copy of the course, which the others do not see.
"""

import math
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from curvkit.core.course import Course
from curvkit.core.trace import Record

if TYPE_CHECKING:
    from curvkit.core.stream import Stream

Trace = TypeVar("Trace", bound=Record)
# Seconds between two looks at what another thread has computed.
LOOK = 0.01
# Seconds of computing between two states: so much a hand that turns a knob may have to wait for.
APART = 0.05


class SharedCourse(Generic[Trace]):
    """A course from the base key that several threads advance, one at a time.

    Args:
        stream: a room's experiment.
        settings: what it begins with.
        edits: of its data by hand.
        whole: takes the course once it has ended. A course that has it is never turned, for others
            may follow it; one without has a single follower.

    Attributes:
        course: None before the first reading was asked for.
    """

    def __init__(
        self, stream: "Stream[Trace]", settings: Any, *, edits: Sequence[Any] = (),
        whole: Callable[[Course[Trace]], None] | None = None,
    ):  # fmt: skip
        self.stream, self.whole = stream, whole
        self._settings, self._edits = settings, edits
        self.course: Course[Trace] | None = None
        self._turn = threading.Lock()

    def reach(self, reading: int, count: int, patience: float) -> None:
        """Makes up to `count` readings from `reading` on, unless one is there already, or comes
        from another thread; waits for such a one at most `patience` seconds.
        """
        end = time.monotonic() + patience
        while not self._is_there(reading):
            left = end - time.monotonic()
            # Not all of the wait is for the turn: who computes may take the next one, too.
            if self._turn.acquire(timeout=max(0.0, min(LOOK, left))):
                try:
                    if not self._is_there(reading):
                        self._advance(count)
                finally:
                    self._turn.release()
                return
            if left <= 0:
                return

    def _is_there(self, reading: int) -> bool:
        course = self.course
        return course is not None and (course.ended or course.readings > reading)

    def _advance(self, count: int) -> None:
        if self.course is None:
            self.course = Course(self.stream, self._settings, edits=self._edits)
        course, end = self.course, self.course.readings + count
        while course.readings < end and not course.ended:
            apart = max(1, int(APART / max(course.pace, 1e-6)))
            course.advance(min(apart, end - course.readings))
        if course.ended and self.whole is not None:
            self.whole(course)


class Follower(Generic[Trace]):
    """One way through a run that others may follow, too; it is used as a `Course` is.

    Args:
        shared: the run. What is turned here is turned in a copy.

    Attributes:
        readings: how many were read.
    """

    def __init__(self, shared: SharedCourse[Trace]):
        self._shared, self.readings = shared, 0

    @property
    def stream(self) -> "Stream[Trace]":
        """The room's experiment."""
        return self._shared.stream

    @property
    def unread(self) -> int:
        """Readings that are there and were not read."""
        course = self._shared.course
        return 0 if course is None else course.readings - self.readings

    @property
    def ended(self) -> bool:
        """Whether all that there will be was read."""
        course = self._shared.course
        return course is not None and course.ended and self.readings == course.readings

    @property
    def course(self) -> Course[Trace]:
        """The course, of which one may have read only the first readings; not to be changed."""
        assert self._shared.course is not None, "nothing was read yet"
        return self._shared.course

    @property
    def pace(self) -> float:
        """Seconds that a reading took, whoever computed it."""
        return self.course.pace

    @property
    def trace(self) -> Trace:
        """The trace as far as it was read; where others have it, too, it cannot be written to."""
        trace = self.course.trace
        if trace.readings > self.readings:
            trace = trace.head(self.readings)
        if self._shared.whole is not None:
            for each in trace.arrays().values():
                each.flags.writeable = False
        return trace

    def advance(self, count: int, patience: float = math.inf) -> int:
        """Reads up to `count` readings more, or computes them where none is there.

        Args:
            count: 1 or more.
            patience: seconds to wait at most while another thread computes.

        Returns:
            How many were read; 0 where the run has ended, or patience.
        """
        self._shared.reach(self.readings, count, patience)
        count = max(0, min(count, self.unread))
        self.readings += count
        return count

    def turn(self, at: int, **knobs: Any) -> None:
        """As that of a course: goes back to before reading `at`, and on from there with knobs
        turned; by oneself from then on.

        Raises:
            ValueError: with one sentence, if the room cannot go on with a knob, or refuses a value.
        """
        course = self.course if self._shared.whole is None else self.course.copy()
        course.turn(at, **knobs)
        self._shared, self.readings = alone(course), course.readings


def alone(
    course: Course[Trace], whole: Callable[[Course[Trace]], None] | None = None
) -> SharedCourse[Trace]:
    """A course that exists, to be followed; with `whole` as `SharedCourse` takes it."""
    shared = SharedCourse(course.stream, course.settings, whole=whole)
    shared.course = course
    return shared


class RunRegistry:
    """The runs of one stream, by a mark of all that they depend on.

    Attributes:
        held: whole ones, the newest: each with its trace and, where there is one, its course.
        under_way: those that somebody follows, for as long as one does.
    """

    def __init__(self):
        self.held: OrderedDict[str, tuple[Record, SharedCourse[Any] | None]] = OrderedDict()
        self.under_way: weakref.WeakValueDictionary[str, SharedCourse[Any]]
        self.under_way = weakref.WeakValueDictionary()
        self.turn = threading.Lock()

"""The pace of readings: every so many steps, and never more than a share of the training time."""

import time
from collections.abc import Callable


class Pace:
    """Decides at which steps to read, so that reading stays within its budget.

    Args:
        every: readings are at multiples of so many steps, counted from the first.
        budget: the most seconds of reading for each second of training, or None for no limit. What
            compiling takes is not counted.
        clock: seconds, from anywhere.

    Attributes:
        reading, training, compiling: the seconds spent so far.
    """

    def __init__(self, every: int, budget: float | None, clock: Callable[[], float] | None = None):
        self.every, self.budget = every, budget
        self._clock = clock or time.perf_counter
        self.reading = self.training = self.compiling = 0.0
        self._first: int | None = None
        self._left: float | None = None
        self._typical = self._since = 0.0

    @property
    def share(self) -> float:
        """Seconds of reading for each second of training, up to the step that was last asked about;
        0 before there was any.
        """
        training = self.training + self._since
        return self.reading / training if training else 0.0

    def due(self, step: int) -> bool:
        """Whether to read at this step."""
        if self._first is None:
            return True
        if self._left is not None:
            self._since = self._clock() - self._left
        if (step - self._first) % self.every:
            return False
        if self.budget is None or self._left is None:
            return True
        return self.reading + self._typical <= self.budget * (self.training + self._since)

    def begin(self, step: int) -> float:
        """Called when a reading begins, once the training before it is done; the time."""
        self._first = step if self._first is None else self._first
        now = self._clock()
        if self._left is not None:
            self.training += now - self._left
        # Where the reading fails, no second is counted twice.
        self._left, self._since = now, 0.0
        return now

    def end(self, began: float, compiled: bool) -> float:
        """Called when a reading is done; what it took in seconds."""
        self._left = self._clock()
        spent = self._left - began
        if compiled:
            self.compiling += spent
        else:
            self.reading += spent
            # A slow one is remembered for a while: to be below the budget is what was promised.
            self._typical = max(spent, 0.9 * self._typical)
        return spent

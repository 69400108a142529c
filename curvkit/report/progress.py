"""Progress of a report: a bar on a terminal, plain lines where there is none."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

# Where lines are kept, as in a log of continuous integration, one in so many seconds is enough.
SECONDS_BETWEEN_LINES = 10.0


class Follower:
    """Says which notebook runs, which cell of how many, and for how long; a context manager."""

    def __init__(self, console: Console):
        self.console = console
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("cell {task.completed:.0f} of {task.total:.0f}"),
            TimeElapsedColumn(),
        )
        self._bar = Progress(*columns, console=console) if console.is_terminal else None
        self._task, self._name, self._total = None, "", 0
        self._started = self._said = 0.0

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()

    def begin(self, name: str, total: int, quietly: bool = False) -> None:
        """A notebook of `total` cells starts; `quietly` if it is not to be run."""
        self._name, self._total = name, total
        self._started = self._said = time.monotonic()
        if self._bar:
            self._task = self._bar.add_task(name, total=total)
        elif not quietly:
            self.say(f"{name}: {total} cells")

    def cell(self, number: int) -> None:
        """Cell `number`, counted from 1, starts."""
        now = time.monotonic()
        if self._bar:
            self._bar.update(self._task, completed=number)
        elif now - self._said >= SECONDS_BETWEEN_LINES:
            self._said = now
            seconds = now - self._started
            self.say(f"{self._name}: cell {number} of {self._total}, {seconds:.0f} s")

    def end(self, sentence: str) -> None:
        """The notebook ended as `sentence` says."""
        if self._bar:
            self._bar.remove_task(self._task)
        self.say(sentence)

    def say(self, text: str) -> None:
        """Prints a line above the bar, as it is."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

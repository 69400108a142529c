"""Progress of a report: a bar on a terminal, plain lines where there is none."""

import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from curvkit.core.messages import counted

# Where lines are kept, as in a log of continuous integration, one in so many seconds is enough.
SECONDS_BETWEEN_LINES = 10.0


class NotebookProgress:
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
        # By name: the bar's task, how many cells, when it began, and when a line was last said.
        self._under_way: dict[str, list[Any]] = {}

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
        now = time.monotonic()
        task = self._bar.add_task(name, total=total) if self._bar else None
        self._under_way[name] = [task, total, now, now]
        if not self._bar and not quietly:
            self.say(f"{name}: {counted(total, 'cell')}")

    def cell(self, name: str, number: int) -> None:
        """Cell `number` of a notebook, counted from 1, starts."""
        task, total, began, last = self._under_way[name]
        now = time.monotonic()
        if self._bar:
            self._bar.update(task, completed=number)
        elif now - last >= SECONDS_BETWEEN_LINES:
            self._under_way[name][3] = now
            self.say(f"{name}: cell {number} of {total}, {now - began:.0f} s")

    def end(self, name: str, sentence: str) -> None:
        """The notebook ended as `sentence` says."""
        task, *_ = self._under_way.pop(name)
        if self._bar:
            self._bar.remove_task(task)
        self.say(sentence)

    def say(self, text: str) -> None:
        """Prints a line above the bar, as it is."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

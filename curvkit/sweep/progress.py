"""Progress of a sweep: a bar on a terminal, a line in a while where there is none."""

import threading
import time
from collections.abc import Sequence
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from curvkit.core.messages import counted

SECONDS_BETWEEN_LINES = 10.0


class SweepProgress:
    """Says how many runs of how many have ended; a context manager."""

    def __init__(self, console: Console, total: int, missing: int):
        self.console, self.total, self.done, self.failed = console, total, total - missing, 0
        columns = (
            TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(),
            TextColumn("runs"), TimeRemainingColumn(),
        )  # fmt: skip
        self._bar = Progress(*columns, console=console) if console.is_terminal else None
        self._said, self._left = time.monotonic(), threading.Event()

    def __enter__(self) -> Self:
        already = f", {self.done} of them are there already" if self.done else ""
        self.say(f"{counted(self.total, 'run')}{already}")
        if self._bar:
            self._bar.start()
            self._task = self._bar.add_task("sweep", total=self.total, completed=self.done)
        return self

    def __exit__(self, *_: Any) -> None:
        self._left.set()
        if self._bar:
            self._bar.stop()

    def link(self, client: Any) -> None:
        """Says where dask's dashboard is, if it has one, and whether there is a worker at all."""
        import importlib.util

        if not importlib.util.find_spec("bokeh"):
            self.say("dashboard: not here; dask has one after `pip install bokeh`")
        elif client.dashboard_link:
            self.say(f"dashboard: {client.dashboard_link}")
        if not client.scheduler_info().get("workers"):
            self.say("There is no worker yet; the runs wait for one.")
        threading.Thread(target=self._watch, args=(client,), daemon=True).start()

    def _watch(self, client: Any) -> None:
        """Says when all workers have been gone for a while, once each time."""
        gone = 0
        while not self._left.wait(SECONDS_BETWEEN_LINES):
            try:
                gone = 0 if client.scheduler_info().get("workers") else gone + 1
            except Exception:  # of a client that is closing: who waits for it hears why
                return
            # A worker that died is back within one round.
            if gone == 2:
                self.say("All workers are gone; the runs wait for one.")

    def ended(self, rows: Sequence[dict[str, Any]]) -> None:
        """So many runs more are in the table."""
        self.done += len(rows)
        for row in rows:
            if row["status"] == "failed":
                self.failed += 1
                self.say(f"run {row['run']} failed: {row['error']}")
        if self._bar:
            self._bar.update(self._task, completed=self.done)
        elif time.monotonic() - self._said >= SECONDS_BETWEEN_LINES or self.done == self.total:
            self._said = time.monotonic()
            self.say(f"{self.done} of {counted(self.total, 'run')}")

    def say(self, text: str) -> None:
        """Prints a sentence, beside the bar where there is one."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

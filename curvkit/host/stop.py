"""Ctrl-C during a report or a sweep: heard whatever is under way, and nothing is torn by it.

By default Python raises in the middle of whatever runs, and where that is a callback of an event
loop or a destructor, the exception is lost and the report goes on. Here the key sets a mark and
ends the kernels; the report then finds its notebooks at an end, sees the mark, and stops. What
waits for others, as a sweep does, lets the key raise besides.
"""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Self


class Stop:
    """A context manager within which a first Ctrl-C is noted, and a second one raises at once.

    Args:
        at_once: whether the first one raises, too.

    Attributes:
        asked: whether the key was pressed.
    """

    def __init__(self, at_once: bool = False) -> None:
        self.asked, self._at_once, self._before = False, at_once, None
        self._kills: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        # Elsewhere than in the main thread Python hears no signal.
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        again = self.asked
        self.end()
        if again or self._at_once:
            raise KeyboardInterrupt

    def end(self) -> None:
        """Ends all that is under way, as the key does."""
        self.asked = True
        for kill in self._kills:
            kill()

    def check(self) -> None:
        """Raises KeyboardInterrupt if the key was pressed."""
        if self.asked:
            raise KeyboardInterrupt

    def will_kill(self, kill: Callable[[], None]) -> None:
        """From now on the key calls `kill`, too; at once if it was pressed already."""
        self._kills.append(kill)
        if self.asked:
            kill()

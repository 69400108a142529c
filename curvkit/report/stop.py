"""Ctrl-C during a report: heard whatever is under way, and nothing is torn by it.

By default Python raises in the middle of whatever runs, and where that is a callback of an event
loop or a destructor, the exception is lost and the report goes on. Here the key only sets a mark
and ends the kernel; the report then finds its notebook at an end, sees the mark, and stops.
"""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Self


class Stop:
    """A context manager within which a first Ctrl-C is noted, and a second one raises at once.

    Attributes:
        asked: whether the key was pressed.
        kill: ends what is under way; called when the key is pressed.
    """

    def __init__(self) -> None:
        self.asked, self.kill = False, _nothing
        self._before = None

    def __enter__(self) -> Self:
        # Elsewhere than in the main thread Python hears no signal.
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self.kill()

    def check(self) -> None:
        """Raises KeyboardInterrupt if the key was pressed."""
        if self.asked:
            raise KeyboardInterrupt

    def will_kill(self, kill: Callable[[], None]) -> None:
        """From now on the key calls `kill`; at once if it was pressed already."""
        self.kill = kill
        if self.asked:
            kill()


def _nothing() -> None:
    """There is nothing to end."""

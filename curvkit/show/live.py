"""A live run: a stream followed in a thread of its own, that can be stopped and superseded.

The kernel's own thread is never blocked, so it hears every slider and every button while a run is
going on; a run looks up between two chunks whether it is still wanted. A stage of the same settings
shares the run, and goes on with it where this one stops.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

from curvkit.core import finished, messages
from curvkit.core import knob as knobs
from curvkit.core.course import paced
from curvkit.core.shared import Follower
from curvkit.core.stream import Stream
from curvkit.core.trace import Record

# Seconds for which a picture may be left as it is while chunks come.
PATIENCE = 0.05


class Live:
    """Follows a stream; the newest settings win.

    Args:
        stream: a room's experiment.
        shown: called with the trace so far after each chunk.
        said: called with a few words on how the run stands, a style (info, success, warning or
            danger) and the share that is done, from 0 to 1.
    """

    # Compilations take both cores: of several panels that open at once, the first goes first.
    _compiling = threading.Lock()

    def __init__(
        self,
        stream: Stream[Any],
        shown: Callable[[Record], None],
        said: Callable[[str, str, float], None],
    ):
        self.stream, self._shown, self._said = stream, shown, said
        self._generation, self._pending = 0, 0
        self._turn, self._count = threading.Lock(), threading.Lock()
        self._idle = threading.Event()
        self._compiled: set[tuple[Any, ...]] = set()
        # The newest run, until it is whole: whoever asks for its settings goes on with it.
        self._run: Follower[Any] | None = None

    def start(self, settings: Any) -> None:
        """Starts a run; one in flight gives way at the end of its chunk."""
        with self._count:
            self._generation += 1
            self._pending += 1
            self._idle.clear()
            arguments = (self._generation, settings)
            self._run = finished.follow(self.stream, settings)
        threading.Thread(target=self._work, args=arguments, daemon=True).start()

    def stop(self) -> None:
        """Stops the run in flight, if there is one, at the end of its chunk."""
        with self._count:
            self._generation += 1
            if self._pending > 0:
                self._said("stopped", "warning", 1.0)

    def wait(self, seconds: float) -> bool:
        """Waits at most `seconds` for the run to end; returns whether it has ended."""
        return self._idle.wait(seconds)

    def _work(self, generation: int, settings: Any):
        try:
            with self._turn:
                self._follow(generation, settings)
        except Exception as error:  # an error in a thread would otherwise reach nobody
            self._said(f"failed: {messages.failure(error)}", "danger", 1.0)
        finally:
            with self._count:
                self._pending -= 1
                if not self._pending:
                    self._idle.set()

    def _follow(self, generation: int, settings: Any):
        declared = knobs.knobs(settings)
        shape = tuple(getattr(settings, name) for name, each in declared.items() if each.static)
        new = shape not in self._compiled
        if generation == self._generation:
            self._said("compiling…" if new else "running…", "info", 0.0)
        run, length = finished.follow(self.stream, settings), self.stream.length(settings)
        chunks = paced(run, finished.SECONDS)
        drawn = time.perf_counter()
        with self._compiling if new and not run.unread else contextlib.nullcontext():
            trace = next(chunks) if generation == self._generation else None
        while generation == self._generation and trace is not None:
            self._compiled.add(shape)
            newest, waited = trace, time.perf_counter() - drawn
            # To draw takes longer than a short chunk: a run that is over at once is drawn once.
            if waited < PATIENCE and newest.readings < length:
                trace = next(chunks, None)
                if trace is not None:
                    continue
            self._shown(newest)
            drawn = time.perf_counter()
            with self._count:  # a stop that came while it was drawn has the last word
                if generation == self._generation:
                    progress = f"{newest.readings} of {messages.counted(length, 'reading')}"
                    self._said(progress, "info", newest.readings / length)
            trace = None if trace is None else next(chunks, None)
            if trace is None and generation == self._generation:
                self._said(f"done, {messages.counted(newest.readings, 'reading')}", "success", 1.0)
                with self._count:
                    if generation == self._generation:
                        self._run = None

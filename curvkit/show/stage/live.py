"""A run behind a stage: computed a little ahead of what is seen, and steered by hand.

A panel or another stage of the same settings shares the run, until a hand turns it here.
"""

import atexit
import contextlib
import math
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from curvkit.core import finished, messages
from curvkit.core import knob as knobs
from curvkit.core.shared import Follower
from curvkit.core.stream import Stream
from curvkit.draw.scene import Scene, pack
from curvkit.show.facts import facts as of_a_page
from curvkit.show.stage import stroke

Draw = Callable[[Any], Scene]
Send = Callable[[dict[str, Any], list[bytes]], None]
# Seconds of playing that are computed in advance, and so many readings at least.
AHEAD, LEAST_AHEAD = 0.6, 30
# Most readings of the first answer to a hand; seconds of a chunk, and of one while a hand moves,
# whose next turn waits for it: for so long after a turn it may come.
FIRST, SECONDS = 3, 0.05
SECONDS_IN_HAND, MOVES_FOR = 0.012, 1.0
MOST = 256
# Seconds that a program which ends waits for a run: a thread that computes would end it by force.
LEAVE = 2.0


class Running:
    """A run that is watched and steered.

    Args:
        stream: a room's experiment.
        settings: what it begins with.
        draw: the scene of a trace.
        send: takes a message for the page, and its buffers.

    Attributes:
        trace: the trace so far, or None.
    """

    # Compilations take both cores: of several stages that open at once, the first goes first.
    _compiling = threading.Lock()

    def __init__(self, stream: Stream[Any], settings: Any, draw: Draw, send: Send):
        self.stream, self._draw, self._send = stream, draw, send
        self._settings, self.trace = settings, None
        # Asked for here, so that whoever asks next, in the same thread, follows this very run.
        self._course: Follower[Any] | None = finished.follow(stream, settings)
        self._steered: list[Mapping[str, Any]] = []
        self._seen, self._rate, self._words = 0, 60.0, "compiling…"
        self._turned_at = -math.inf
        self._fixed: dict[str, np.ndarray] = {}
        # What was edited by hand after each stroke; the last entry holds now.
        self._strokes: tuple[stroke.Edits, ...] = ()
        self._told: dict[str, Any] = {}  # the scene as the pages have it, without its fields
        self._each = SECONDS / 8  # seconds that a reading took
        self._wake, self._lock, self._stopped = threading.Event(), threading.Lock(), False
        self._warmed = False  # whether edits by hand are compiled
        self.idle = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        _begun.add(self)
        self._thread.start()

    def heard(self, message: Mapping[str, Any]) -> None:
        """Takes note of what a page says, in the kernel's own thread, and leaves the work."""
        kind = message.get("kind")
        if kind == "awaits":  # only that an answer may travel sooner
            return
        if kind == "ready":
            self._greet(str(message.get("from")))
        elif kind == "seen":
            self._seen, self._rate = int(message["at"]), float(message["rate"])
        elif kind == "steer":
            self.idle.clear()
            if not message.get("over"):  # what begins anew has its first answer whole
                self._turned_at = time.monotonic()
            with self._lock:
                # Of turns that wait, only the newest of the same kind and knobs counts.
                names = _turned(message)
                self._steered = [each for each in self._steered if _turned(each) != names]
                self._steered.append(message)
        elif kind in ("edit", "paint", "undo") and message.get("phase", "end") == "end":
            self.idle.clear()
            with self._lock:
                self._steered.append(message)
        self._wake.set()

    def close(self) -> None:
        """Ends the run and its thread."""
        self._stopped = True
        self._wake.set()

    def _greet(self, place: str) -> None:
        """Tells a new page all that there is."""
        with self._lock:
            if self.trace is None or self._stopped:
                self._send({"kind": "words", "to": place, "words": self._words}, [])
            else:
                self._show(place)

    def _show(self, place: str | None = None) -> None:
        """Sends the whole scene, to one page or to all."""
        assert self.trace is not None and self._course is not None
        scene = self._draw(self.trace)
        header, raw = pack.packed(scene.rows, scene.fixed, exact=True)
        self._fixed, self._told = dict(scene.fixed), scene.as_dict({})
        description = scene.as_dict(knob_facts(self.stream, self._settings))
        message = {"kind": "scene", "to": place, "scene": description, "header": header}
        more = {"ended": self._course.ended, "strokes": len(self._strokes)}
        self._send({**message, **more}, [raw])

    def _work(self):
        try:
            self._begin(self._settings)
            while not self._stopped:
                self._step()
        except Exception as error:  # an error in a thread would otherwise reach nobody
            self._words, self._stopped = f"failed: {messages.failure(error)}", True
            self._send({"kind": "words", "words": self._words, "bad": True}, [])
            self.idle.set()

    def _begin(self, settings: Any) -> None:
        """Another run from its start."""
        course = finished.follow(self.stream, settings)
        with contextlib.nullcontext() if course.unread else self._compiling:
            course.advance(1)
        with self._lock:
            self._course, self._settings, self._seen = course, settings, 0
            self.trace, self._strokes = course.trace, ()
            self._warmed = False
            self._show()

    def _step(self):
        """Answers a hand, or computes what is wanted, or waits."""
        with self._lock:
            message = self._steered.pop(0) if self._steered else None
        course = self._course
        assert course is not None
        if message is not None:
            (self._answer if message["kind"] == "steer" else self._edit)(course, message)
            return
        ahead = max(LEAST_AHEAD, AHEAD * self._rate)
        if course.ended or course.readings >= self._seen + ahead:
            self.idle.set()
            self._warm(course)
            self._wake.wait(1.0)
            self._wake.clear()
            return
        self.idle.clear()
        wanted = int(self._seen + ahead - course.readings) + 1
        in_hand = time.monotonic() - self._turned_at < MOVES_FOR
        soon = max(self._within(SECONDS_IN_HAND if in_hand else SECONDS), course.unread)
        self._make(course, max(1, min(wanted, MOST, soon)))

    def _warm(self, course: Follower[Any]) -> None:
        """Compiles what an edit by hand takes, once a program, while nothing else is wanted."""
        if not self._warmed:
            self._warmed = True
            self.stream.warmed(course.course.settings_at(0), course.course.begun)

    def _make(self, course: Follower[Any], count: int, **more: Any) -> None:
        """Makes readings, or reads what is there of them, and sends them."""
        at = course.readings
        # Where another thread computes, a hand is looked for meanwhile.
        if course.advance(count, patience=SECONDS):
            self._each = course.pace
        elif not course.ended:
            return
        with self._lock:
            self.trace = course.trace
            self._rows(course, at, more)

    def _rows(self, course: Follower[Any], at: int, more: Mapping[str, Any]) -> None:
        """Sends the readings from `at` on, with what is fixed where it has changed."""
        assert self.trace is not None
        scene = self._draw(self.trace.part(at, course.readings))
        # From the first reading on the part is the whole, and need not be drawn again.
        whole = self._draw(self.trace).fixed if at and scene.fixed else scene.fixed
        fixed = {
            name: values for name, values in whole.items()
            if name not in self._fixed
            or not np.array_equal(values, self._fixed[name], equal_nan=True)
        }  # fmt: skip
        self._fixed |= fixed
        header, raw = pack.packed(scene.rows, fixed, exact=True)
        message = {"kind": "rows", "at": at, "count": course.readings - at, "header": header}
        self._send({**message, "ended": course.ended, **more}, [raw])

    def _answer(self, course: Follower[Any], message: Mapping[str, Any]) -> None:
        """Goes on, or begins anew, with knobs turned."""
        given, name = dict(message["knobs"]), next(iter(message["knobs"]))
        try:
            if message["over"]:
                # What was turned on the way stays as it stands.
                settings = knobs.turned(course.course.settings, **given)
                self._words = "compiling…"
                if self._is_static(given):
                    self._send({"kind": "words", "words": self._words}, [])
                    self._begin(settings)
                else:
                    self._anew(settings, shown=int(message.get("shown", 0)))
                return
            at = min(int(message["at"]), course.readings)
            course.turn(at, **given)
        except ValueError as refused:
            self._send({"kind": "refused", "knob": name, "words": str(refused)}, [])
            return
        self._seen = max(self._seen, at - LEAST_AHEAD)
        self._make(course, self._first(), steered=True)

    def _edit(self, course: Follower[Any], message: Mapping[str, Any]) -> None:
        """Begins anew on data edited by hand, what was edited before included; or takes a stroke
        back.
        """
        try:
            strokes = stroke.after(self._strokes, message)
            self._send({"kind": "words", "words": "beginning anew…"}, [])
            self._anew(course.course.settings, strokes)
        except ValueError as refused:
            refusal = {"kind": "refused", "knob": str(message.get("field")), "words": str(refused)}
            self._send(refusal, [])

    def _anew(self, settings: Any, strokes: tuple[stroke.Edits, ...] = (), shown: int = 0) -> None:
        """Another run of the same program in the place of the present one; only `strokes` stay.
        It is answered up to the reading that is shown, as far as that is soon made.
        """
        course = finished.follow(self.stream, settings, stroke.listed(strokes))
        course.advance(max(self._first(), min(shown + 1, self._within(1.5 * SECONDS))))
        with self._lock:
            self._course, self._settings, self._seen = course, settings, shown
            self.trace, self._strokes = course.trace, strokes
            if self._draw(self.trace).as_dict({}) != self._told:  # its words or axes are other ones
                self._show()
            else:
                self._rows(course, 0, {"steered": True, "anew": True, "strokes": len(strokes)})

    def _first(self) -> int:
        """Readings of the first answer: fewer where they take long."""
        return max(1, min(FIRST, self._within(SECONDS)))

    def _within(self, seconds: float) -> int:
        """How many readings take so long."""
        return int(seconds / max(self._each, 1e-6))

    def _is_static(self, given: Mapping[str, Any]) -> bool:
        declared = knobs.knobs(self._settings)
        return any(declared[name].static for name in given)


# The runs of this program; after JAX was imported, so that it is still there when they end.
_begun: "weakref.WeakSet[Running]" = weakref.WeakSet()


@atexit.register
def _leave() -> None:
    """Ends all runs, before the interpreter takes their threads away."""
    left = list(_begun)
    for each in left:
        each.close()
    for each in left:
        each._thread.join(LEAVE)


def _turned(message: Mapping[str, Any]) -> tuple[Any, ...]:
    """Which knobs a message turns, and whether from the start."""
    return (message.get("over"), *sorted(message.get("knobs", ())))


def knob_facts(stream: Stream[Any], settings: Any) -> dict[str, dict[str, Any]]:
    """What a stage has to know of the knobs, by name."""
    facts = {}
    for name, each in knobs.knobs(settings).items():
        goes = name in stream.steers
        facts[name] = {**of_a_page(each), "value": getattr(settings, name), "goes": goes}
    return facts

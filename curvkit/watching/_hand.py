"""A hand in one's own loop: a rate to take, a Stop to heed, and the stage that both stand on."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from curvkit.core import messages
from curvkit.draw.scene import pack
from curvkit.watching import scenes
from curvkit.watching.trace import Trace

Send = Callable[[dict[str, Any], list[bytes]], None]
# Seconds between two messages to a page; and those after which a page that is there was heard.
PAUSE, PATIENCE = 0.05, 6.0
# Readings after which a loop that takes the rate shows it.
TAKEN = 3
UNHEARD = (
    "What is turned here reaches the loop when its cell has ended: this front end carries no "
    "message while a cell runs, as JupyterLab 4.4 does with ipykernel 7."
)


class Follows(Protocol):
    """What is told of each reading of a loop, and of the loop's end."""

    def grew(self, trace: Trace, /) -> None:
        """Takes the trace with another reading."""

    def ended(self) -> None:
        """Takes note that the loop has come to its end."""


class Hand:
    """What was turned so far; heard in any thread, read in the loop's own.

    Attributes:
        rate: the learning rate that was turned to, None before.
        stopped: whether the loop is to end.
    """

    def __init__(self):
        self.rate: float | None = None
        self.stopped = False
        self.page: Follows | None = None

    def turned(self, knobs: Mapping[str, Any]) -> None:
        """Takes what a page, or code, turned.

        Raises:
            ValueError: with one sentence, where a rate is none.
        """
        if "learning_rate" in knobs:
            rate = messages.real("learning_rate", knobs["learning_rate"], "above 0", above=0)
            self.rate = rate
        if "loop" in knobs:
            self.stopped = knobs["loop"] == scenes.STOP


class Page:
    """The stage of a loop: sends what was read, and hears what is turned meanwhile.

    Pages are heard in another thread than the loop's, which is never waited for.

    Args:
        hand: what is turned.
        send: takes a message for the page, and its buffers.
        clock: seconds, from anywhere.
    """

    def __init__(self, hand: Hand, send: Send, clock: Callable[[], float] = time.monotonic):
        self._hand, self._send, self._clock = hand, send, clock
        self._lock = threading.RLock()
        self._trace: Trace | None = None
        self._told, self._shown = 0, math.nan  # readings, and the critical value they stand with
        self._sent = self._began = -math.inf
        self._heard = self._greeted = False
        self._open, self._asked, self._turned_at = False, False, 0

    def grew(self, trace: Trace) -> None:
        """Takes the trace with another reading; called by the loop."""
        with self._lock:
            if not self._open:
                self._began, self._heard = self._clock(), False
            self._trace, self._open = trace, True
            if self._clock() - self._sent >= PAUSE:
                self._flush()

    def ended(self) -> None:
        """Says that the loop has come to its end."""
        with self._lock:
            self._open = False
            if self._trace is not None:
                self._told = min(self._told, self._trace.readings - 1)
                self._flush()

    def heard(self, message: Mapping[str, Any]) -> None:
        """Takes what a page says."""
        kind = message.get("kind")
        with self._lock:
            self._heard = True
            if kind == "ready":
                self._greeted = True
                self._show(str(message.get("from")))
            elif kind == "steer":
                self._steer(dict(message.get("knobs", {})))
            elif self._trace is not None and self._told < self._trace.readings:
                self._flush()

    def _steer(self, knobs: dict[str, Any]) -> None:
        try:
            self._hand.turned(knobs)
        except ValueError as refused:
            name = next(iter(knobs))
            self._send({"kind": "refused", "knob": name, "words": str(refused)}, [])
            return
        self._asked = True
        self._turned_at = self._trace.readings if self._trace is not None else 0
        if self._trace is not None and not self._open:
            self.ended()  # so that the page is answered
            rate = self._hand.rate
            begins = "" if rate is None else f", and it begins at a rate of {rate:.4g}"
            words = f"The loop has ended; run its cell once more{begins}."
            self._send({"kind": "words", "words": words}, [])

    def _show(self, place: str | None) -> None:
        """The whole scene, for one page or for all."""
        trace = self._trace
        if trace is None:
            words = "waits for the first reading of your loop…"
            self._send({"kind": "words", "to": place, "words": words}, [])
            return
        scene = scenes.loop(trace)
        header, raw = pack.packed(scene.rows, scene.fixed, exact=True)
        rate = float(trace.learning_rate[-1]) if self._hand.rate is None else self._hand.rate
        description = scene.as_dict(scenes.knob_facts(trace, rate))
        message = {"kind": "scene", "to": place, "scene": description, "header": header}
        self._send({**message, "ended": not self._open}, [raw])
        if place is None:
            self._told, self._shown, self._sent = (
                trace.readings,
                scenes.critical(trace),
                self._clock(),
            )

    def _flush(self) -> None:
        """Sends the readings that no page has yet; all anew, where the edge is another one."""
        trace, now = self._trace, self._clock()
        assert trace is not None
        if not self._told or self._moved(scenes.critical(trace)) or self._alone(now):
            self._show(None)
            return
        part = trace.part(self._told, trace.readings)
        header, raw = pack.packed(scenes.loop.rows(part), {}, exact=True)
        message = {"kind": "rows", "at": self._told, "count": part.readings, "header": header}
        steered, self._asked = self._asked, False
        words = self._trouble(trace, now)
        said = {"words": words, "bad": True} if words else {}
        self._send({**message, "ended": not self._open, "steered": steered, **said}, [raw])
        self._told, self._sent = trace.readings, now

    def _moved(self, critical: float) -> bool:
        """Whether the edge is at another value of ηλ than the page was told."""
        same = math.isnan(critical) and math.isnan(self._shown)
        return not same and not abs(critical - self._shown) <= 1e-3 * abs(critical)

    def _alone(self, now: float) -> bool:
        """Whether no page has greeted for as long again: one that opens is told all."""
        return not self._greeted and now - self._sent > max(1.0, 0.5 * (self._sent - self._began))

    def _trouble(self, trace: Trace, now: float) -> str:
        """Why a turn is without effect, in a sentence; nothing where it has one."""
        if self._open and not self._heard and now - self._began > PATIENCE:
            return UNHEARD
        rate, shown = self._hand.rate, float(trace.learning_rate[-1])
        late = trace.readings >= self._turned_at + TAKEN
        if rate is None or not late or abs(shown - rate) <= 1e-3 * rate:
            return ""
        return (
            f"The loop goes on with the rate {shown:.4g} and does not take {rate:.4g}: have it "
            "read `watcher.learning_rate(…)` at each step, as notebook 9 does."
        )


class Steered:
    """The part of a `Watch` by which a person has a hand in the loop."""

    _hand: Hand
    _shown: dict[str, Callable[[Trace], None]]

    @property
    def stopped(self) -> bool:
        """Whether *stop* was pressed on the stage since the loop of `steps` began."""
        return self._hand.stopped

    def learning_rate(self, default: float) -> float:
        """The learning rate of the next step: where it was turned to on the stage, else `default`.

        The optimizer has to take it: `optax.inject_hyperparams(optax.sgd)(rate)` keeps it in its
        state, as `state.hyperparams["learning_rate"]`, and the watch reads it there.

        Args:
            default: what it is while nobody has turned it, above 0.

        Raises:
            ValueError: with one sentence, if `default` is no such number.
        """
        default = messages.real("default", default, "above 0", above=0)
        return default if self._hand.rate is None else self._hand.rate

    def steps(self, count: int) -> Iterator[int]:
        """The steps 0, 1, … of a loop, up to `count` of them; *stop* on the stage ends it.

        Args:
            count: at most so many, from 0.

        Raises:
            ValueError: with one sentence, if `count` is no such number.
        """
        count = messages.whole("count", count, 0)
        self._hand.stopped = False
        return self._until_stopped(count)

    def _until_stopped(self, count: int) -> Iterator[int]:
        try:
            for step in range(count):
                if self._hand.stopped:
                    return
                yield step
        finally:
            if self._hand.page is not None:
                self._hand.page.ended()

    def steer(self) -> Any:
        """The stage of the loop that comes after, in a notebook: loss and sharpness grow on it
        while the loop runs, its edge is a handle on the learning rate, and *stop* ends it.

        The loop goes over `steps`, and takes its rate from `learning_rate`. A front end that
        carries no message while a cell runs says so on the stage. Where nobody watches it returns
        nothing, and the page of the executed notebook plays the whole loop in this place.
        """
        from curvkit.watching import _live as live

        stage = live.staged(self._hand)
        if self._hand.page is not None:
            self._shown["stage"] = self._hand.page.grew
        return stage

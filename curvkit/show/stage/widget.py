"""The stage as a widget, and as what an executed notebook keeps of it for its page."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import anywidget
import numpy as np
from traitlets import Dict, Int

from curvkit.core import knob as knobs
from curvkit.core.stream import Stream
from curvkit.core.trace import Record
from curvkit.draw.scene import Scene, pack, script
from curvkit.show import follow, once
from curvkit.show.stage.live import Running, knob_facts
from curvkit.show.still import Stills


class StageBox(anywidget.AnyWidget):
    """A stage on the page; who sends it scenes, and hears it, is said by what it is made into."""

    _esm = script.joined() + follow.ALONE
    wanted = Int(0).tag(sync=True)
    still = Dict().tag(sync=True)

    def __init__(self):
        super().__init__()
        self._stills = Stills(self)

    def _say(self, message: dict[str, Any], buffers: list[bytes]):
        self.send(json.loads(json.dumps(message)), buffers=buffers)

    def _ipython_display_(self, **options: Any) -> None:
        self._stills.show(self)


class Stage(StageBox):
    """A scene of a run that is being made, on the page.

    Args:
        stream: a room's experiment.
        settings: what the run begins with.
        draw: the scene of a trace.
    """

    def __init__(self, stream: Stream[Any], settings: Any, draw: Callable[[Any], Scene]):
        super().__init__()
        self.running = Running(stream, settings, draw, self._say)
        self.on_msg(lambda widget, message, buffers: self.running.heard(message))

    @property
    def trace(self) -> Record | None:
        """The trace so far; None before the first reading."""
        return self.running.trace

    def turn(self, at: int | None = None, **values: Any) -> None:
        """Turns knobs from code.

        Args:
            at: the reading to go on from, the newest if None; with 0 the run starts over.
            **values: knobs by name.
        """
        readings = self.trace.readings if self.trace is not None else 0
        over = at == 0 or not all(name in self.running.stream.steers for name in values)
        where = readings if at is None else at
        self.running.heard({"kind": "steer", "knobs": values, "at": where, "over": over})

    def offer(self, at: int, **values: Sequence[float]) -> None:
        """As `StoredStage.offer`; here the kernel makes each continuation that is asked for."""
        _refuse_offer(self.running.stream.steers, values)

    def wait(self, seconds: float = 600) -> Record | None:
        """Blocks until as much is computed as is wanted now; for code and tests."""
        self.running.idle.wait(seconds)
        return self.trace

    def close(self) -> None:
        """Ends the run, and closes the widget."""
        if hasattr(self, "running"):
            self.running.close()
        super().close()


class WholeRun:
    """A run where nobody watches: turned from code, it is the whole run that was turned so.

    Args:
        stream: a room's experiment.
        settings: what the run begins with.
        draw: the scene of a trace.
    """

    def __init__(self, stream: Stream[Any], settings: Any, draw: Callable[[Any], Scene]):
        self._stream, self._settings, self._draw = stream, settings, draw
        self.trace: Record = once.run(stream, settings)

    @property
    def scene(self) -> Scene:
        """The scene of the run as it was turned so far."""
        return self._draw(self.trace)

    @property
    def steers(self) -> frozenset[str]:
        """The knobs that a run goes on with."""
        return frozenset(self._stream.steers)

    def continued(self, at: int, name: str, value: Any) -> Scene:
        """The scene of the run that goes on from a reading with a knob turned."""
        return self._draw(self._onward(at, {name: value}))

    def _onward(self, at: int, values: Mapping[str, Any]) -> Record:
        """The run that goes on from a reading with knobs turned, as it was turned up to there."""
        earlier = [each for each in self.trace.turns if each[0] <= at]
        return self._stream.run(self._settings, turns=[*earlier, (at, values)])

    def turn(self, at: int | None, values: Mapping[str, Any]) -> None:
        """As `Stage.turn`."""
        if at == 0 or not all(name in self.steers for name in values):
            now = {name: value for _, turned in self.trace.turns for name, value in turned.items()}
            self._settings = knobs.turned(self._settings, **{**now, **values})
            self.trace = once.run(self._stream, self._settings)
            return
        self.trace = self._onward(self.trace.readings if at is None else at, values)


def _refuse_offer(steers: Collection[str], values: Mapping[str, Sequence[float]]) -> None:
    unknown = [name for name in values if name not in steers]
    if unknown or not values:
        asked = ", ".join(unknown) or "none"
        raise ValueError(
            f"offer takes knobs that a run goes on with ({', '.join(sorted(steers))}); got {asked}."
        )


class StoredStage:
    """A scene of a whole run, as an output of a notebook; a page shows it.

    Args:
        scene: what is shown.
        facts: what is known of the knobs, by name.
        origin: `room`, `scene` and `settings`, of which a page can make the run again.
        whole: the run, where it can be turned from code.
    """

    def __init__(
        self, scene: Scene, facts: Mapping[str, Mapping[str, Any]],
        origin: Mapping[str, Any] | None = None, whole: WholeRun | None = None,
    ):  # fmt: skip
        self.scene, self._facts, self._origin, self._whole = scene, facts, origin, whole
        self._offered: list[tuple[str, Any, int, Scene]] = []

    @property
    def trace(self) -> Record | None:
        """The trace of the run, as far as it is known here."""
        return None if self._whole is None else self._whole.trace

    def turn(self, at: int | None = None, **values: Any) -> None:
        """As `Stage.turn`: what is displayed from here on is the whole run that was turned so.

        Raises:
            ValueError: with one sentence, where there is no run to turn, or a turn is refused.
        """
        if self._whole is None:
            raise ValueError("This scene has no run that can be turned; make it by `stage`.")
        self._whole.turn(at, values)
        # No page makes a run that was turned on its way.
        self.scene, self._origin, self._offered = self._whole.scene, None, []

    def offer(self, at: int, **values: Sequence[float]) -> None:
        """Computes continuations of the run for a page without a kernel, whose hand is answered by
        them: each knob can be turned there to these values, and back to its own.

        Args:
            at: the reading to go on from.
            **values: of knobs that a run goes on with, as `Stage.turn` has it, the values; each is
                a run of its own, and the page grows by the rows after `at`.

        Raises:
            ValueError: with one sentence, where there is no run to go on with, or a knob, a value
                or the reading is refused; nothing is offered then.

        >>> from curvkit.curvature import Settings, room, stream
        >>> settings = Settings(data="quadratic", steps=20)
        >>> whole = WholeRun(stream, settings, room.scenes["edge"][0])
        >>> stage = StoredStage(whole.scene, knob_facts(stream, settings), whole=whole)
        >>> stage.offer(1, learning_rate=[0.02, 0.05])
        >>> [each["knobs"] for each in stage.packed()["branches"]]
        [{'learning_rate': 0.02}, {'learning_rate': 0.05}]
        """
        if self._whole is None:
            raise ValueError("This scene has no run that can go on; make it by `stage`.")
        _refuse_offer(self._whole.steers, values)
        readings = self._whole.trace.readings
        if not 0 < at < readings:
            raise ValueError(f"at must be a reading after the first, below {readings}; got {at}.")
        pairs = [(name, value) for name, several in values.items() for value in several]
        self._offered += [(*pair, at, self._whole.continued(at, *pair)) for pair in pairs]

    def wait(self, seconds: float = 600) -> Record | None:
        """As `Stage.wait`; there is nothing to wait for."""
        return self.trace

    def close(self) -> None:
        """As `Stage.close`; there is nothing to end."""

    def packed(self) -> dict[str, Any]:
        """The scene and its fields as JSON."""
        header, raw = pack.packed(self.scene.rows, self.scene.fixed)
        packed = {"scene": self.scene.as_dict(self._facts), **pack.as_text(header, raw)}
        if self._origin:
            packed["origin"] = dict(self._origin)
        if self._offered:
            packed["branches"] = [self._branch(*each) for each in self._offered]
        for name, value, *_ in self._offered:
            knob = packed["scene"]["knobs"][name]
            knob["stops"] = sorted({*knob.get("stops", [knob["value"]]), value})
        return packed

    def _branch(self, name: str, value: Any, at: int, scene: Scene) -> dict[str, Any]:
        """The rows of a continuation, and what of it is no row and otherwise than in the run."""
        rows = {field: values[at:] for field, values in scene.rows.items()}
        same = lambda field: np.array_equal(scene.fixed[field], self.scene.fixed[field], True)
        fixed = {field: values for field, values in scene.fixed.items() if not same(field)}
        return {"knobs": {name: value}, "at": at, **pack.as_text(*pack.packed(rows, fixed))}

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        words = f"The scene {self.scene.title!r}; its page plays it."
        return {pack.MIME: self.packed(), "text/plain": words}


def stage(
    stream: Stream[Any],
    settings: type,
    draw: Callable[[Any], Scene],
    values: Mapping[str, Any],
    name: str | None = None,
) -> Stage | StoredStage:
    """A room's `stage`: live in a notebook, of a whole run where nobody watches.

    Args:
        stream: the room's experiment.
        settings: the room's `Settings`.
        draw: the scene of a trace.
        values: where knobs stand at first, by name.
        name: of the scene among those of the room, if it is one of them.
    """
    chosen = knobs.read(settings, values)
    if not once.headless():
        return Stage(stream, chosen, draw)
    origin = {"room": stream.name, "scene": name, "settings": knobs.as_dict(chosen)}
    facts = knob_facts(stream, chosen)
    whole = WholeRun(stream, chosen, draw)
    return StoredStage(whole.scene, facts, origin if name else None, whole)

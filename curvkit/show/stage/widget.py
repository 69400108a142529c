"""The stage as a widget, and as what an executed notebook keeps of it for its page."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
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

    def turn(self, at: int | None, values: Mapping[str, Any]) -> None:
        """As `Stage.turn`."""
        turns = list(self.trace.turns)
        if at == 0 or not all(name in self._stream.steers for name in values):
            now = {name: value for _, turned in turns for name, value in turned.items()}
            self._settings = knobs.turned(self._settings, **{**now, **values})
            self.trace = once.run(self._stream, self._settings)
            return
        where = self.trace.readings if at is None else at
        earlier = [each for each in turns if each[0] <= where]
        self.trace = self._stream.run(self._settings, turns=[*earlier, (where, values)])


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
        self.scene, self._origin = self._whole.scene, None

    def wait(self, seconds: float = 600) -> Record | None:
        """As `Stage.wait`; there is nothing to wait for."""
        return self.trace

    def close(self) -> None:
        """As `Stage.close`; there is nothing to end."""

    def packed(self) -> dict[str, Any]:
        """The scene and its fields as JSON."""
        header, raw = pack.packed(self.scene.rows, self.scene.fixed)
        origin = {"origin": dict(self._origin)} if self._origin else {}
        return {"scene": self.scene.as_dict(self._facts), **pack.as_text(header, raw), **origin}

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

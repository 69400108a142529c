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


class StoredStage:
    """A scene of a whole run, as an output of a notebook; a page shows it.

    Args:
        scene: what is shown.
        facts: what is known of the knobs, by name.
        origin: `room`, `scene` and `settings`, of which a page can make the run again.
    """

    def __init__(
        self, scene: Scene, facts: Mapping[str, Mapping[str, Any]],
        origin: Mapping[str, Any] | None = None,
    ):  # fmt: skip
        self.scene, self._facts, self._origin = scene, facts, origin

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
    return StoredStage(draw(once.run(stream, chosen)), facts, origin if name else None)

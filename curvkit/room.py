"""Room: makes what a user calls (`run`, `explore`, `tell`, `batch`) of one experiment.

The knobs of `run` and `explore` are captured from the constructor of `Settings` (PEP 612), so that
type checkers list them; at run time both have a real signature, and a docstring with every knob.
"""

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, LiteralString, ParamSpec, TypeVar, cast

import jax

from curvkit import _moved
from curvkit._signature import with_knobs
from curvkit.core import finished, knob, messages
from curvkit.core.edits import Edits
from curvkit.core.knob import BaseSettings
from curvkit.core.stream import Stream, Turns
from curvkit.core.trace import Record
from curvkit.host import rooms

if TYPE_CHECKING:  # drawing is imported when it is first asked for
    import plotly.graph_objects as go
    from IPython.display import Markdown

    from curvkit.draw.scene import Scene
    from curvkit.show.panel import Panel
    from curvkit.show.stage.widget import Stage, StoredStage

Knobs = ParamSpec("Knobs")
Settings = TypeVar("Settings", bound=BaseSettings)
Trace = TypeVar("Trace", bound=Record)
Figure = TypeVar("Figure", bound=LiteralString)
State = TypeVar("State")
# Arguments of `run` and `explore`, which no knob may be called.
RESERVED = frozenset(
    {"settings", "key", "progress", "seconds", "turns", "edits", "figure", "scene"}
)


class Room(Generic[Knobs, Settings, Trace, Figure]):
    """One experiment as a user meets it.

    Args:
        package: the room's `__name__`; its name in traces is what follows `curvkit.`.
        settings: the room's `Settings`.
        trace: the room's `Trace`.
        begin: `begin(settings, key) -> state`, the pytree that a run starts from.
        reading: `reading(settings, state) -> (state, row)`: one row of the trace (a dict of
            arrays by field name), then the work up to the next.
        finished: `finished(settings, state) -> bool`, whether no further reading is made.
        figures: the figures by name, each a function of a trace; written out here, so that a type
            checker knows the names.
        words: `words(trace)`, what a trace shows in a few sentences.
        figure: the figure that is shown first; the first of `figures` if None.
        front: the knobs that are always in view; all if empty.
        scenes: the scenes by name: each a function of a trace, and the knobs it is shown with; the
            first is shown where none is named.
        length: `length(settings)`, the most readings of a run; by default it follows from the
            knobs `steps` and, where there is one, `every`.
        options: of `Stream`, such as `last` and `begin_only`.

    Raises:
        ValueError: naming room and argument, where a name is unknown or reserved.
    """

    def __init__(
        self,
        package: str,
        settings: Callable[Knobs, Settings],
        trace: type[Trace],
        *,
        begin: Callable[[Settings, jax.Array], State],
        reading: Callable[[Settings, State], tuple[State, dict[str, jax.Array]]],
        finished: Callable[[Settings, State], jax.Array],
        figures: Mapping[Figure, Callable[..., "go.Figure"]],
        words: Callable[[Trace], str],
        figure: Figure | None = None,
        front: Sequence[str] = (),
        scenes: "Mapping[str, tuple[Callable[[Trace], Scene], Mapping[str, Any]]] | None" = None,
        length: Callable[[Settings], int] | None = None,
        **options: Any,
    ):
        self.name = package.removeprefix("curvkit.")
        self.settings, self.trace = cast(type[Settings], settings), trace
        self.figures: dict[str, Callable[..., go.Figure]] = {**cast(Any, figures)}
        self.words, self.front, self.scenes = words, tuple(front), dict(scenes or {})
        self.knobs = knob.knobs(self.settings)
        self._check(figure, options, length)
        self.figure: str = next(iter(self.figures)) if figure is None else figure
        parts = dict(begin=begin, reading=reading, finished=finished, length=length or _length)
        self.stream: Stream[Trace] = Stream(self.name, trace=trace, **parts, **options)
        self._list_knobs(package)
        home = vars(sys.modules[package]) if package in sys.modules else {}
        home.setdefault("__getattr__", functools.partial(_moved.attribute, package))

    def run(
        self,
        settings: Settings | Mapping[str, Any] | None = None,
        key: jax.Array | None = None,
        progress: bool = False,
        seconds: float = 1.0,
        turns: Turns = (),
        edits: Edits = (),
        *args: Knobs.args,
        **knobs: Knobs.kwargs,
    ) -> Trace:
        """Runs to the end and returns the trace; that of a stage or a panel, if one of them has
        made this very run, or makes it: what is left of it is made then.

        Args:
            settings: a `Settings` or a mapping to start from; the defaults if None.
            key: the base key, `jax.random.key(0)` if None; the knob `seed` is folded into it.
            progress: whether to show a progress bar.
            seconds: about how long one compiled call may take; Ctrl-C is heard between calls.
            turns: knobs that are turned during the run, `(reading, {name: value})` for each turn.
            edits: data edited by hand before the run, as a trace's `edits` tells them.

        Raises:
            ValueError: with one sentence, where a knob, a turn or an edit is refused.
        """
        read = self.read(settings, *args, **knobs)
        if key is None and not turns and not edits:
            trace = finished.whole(self.stream, read, progress)
            if trace is not None:
                return trace
        more = dict(progress=progress, seconds=seconds, turns=turns, edits=edits)
        return self.stream.run(read, key, **cast(Any, more))

    def explore(
        self,
        figure: Figure | None = None,
        settings: Settings | Mapping[str, Any] | None = None,
        *args: Knobs.args,
        **knobs: Knobs.kwargs,
    ) -> "Panel | go.Figure":
        """Opens the live panel; where nobody watches, runs and returns the figure.

        Args:
            figure: the figure to show first.
            settings: a `Settings` or a mapping to start from; the defaults if None.
        """
        from curvkit.show.panel import panel

        name = self._drawn("figure", self.figure if figure is None else figure)
        values = knob.as_dict(self.read(settings, *args, **knobs))
        parts = self.stream, self.settings, self.figures, cast(Any, self.words), values
        return panel(*parts, figure=name, front=self.front)

    def stage(
        self,
        scene: str | None = None,
        settings: Settings | Mapping[str, Any] | None = None,
        *args: Knobs.args,
        **knobs: Knobs.kwargs,
    ) -> "Stage | StoredStage":
        """Plays a scene, whose handles steer the run; where nobody watches, it is kept for a page.

        Args:
            scene: the scene to play; the room's first if None.
            settings: a `Settings` or a mapping to start from; what suits the scene if None.
        """
        from curvkit.show.stage.widget import stage

        if not self.scenes:
            raise ValueError(f"{self.name} has no scene.")
        name = self._drawn("scene", next(iter(self.scenes)) if scene is None else scene)
        draw, suited = self.scenes[name]
        given: Any = dict(suited) if settings is None else settings
        values = knob.as_dict(self.read(given, *args, **knobs))
        return stage(self.stream, self.settings, draw, values, name)

    def tell(self, trace: Trace) -> "Markdown":
        """A trace's summary in words, as a notebook displays it.

        Args:
            trace: as `run` returns it, or a part of it.
        """
        from curvkit.show.summary import markdown

        return markdown(self.words(trace), trace)

    def batch(
        self, settings: Sequence[Settings | Mapping[str, Any]], key: jax.Array | None = None
    ) -> list[Trace]:
        """Runs many settings in one program; a trace for each, in their order.

        Args:
            settings: `Settings` or mappings, which agree in their static knobs.
            key: the base key, as for `run`.
        """
        read: Callable[[Settings | Mapping[str, Any]], Settings] = cast(Any, self.read)
        return self.stream.batch([read(each) for each in settings], key)

    def read(
        self,
        settings: Settings | Mapping[str, Any] | None = None,
        *args: Knobs.args,
        **knobs: Knobs.kwargs,
    ) -> Settings:
        """`settings` (a `Settings`, a mapping or None) with the given knobs turned.

        Raises:
            ValueError: with one sentence, if a name is unknown or a value out of range.
            TypeError: if `settings` is something else, or a knob is given without its name.
        """
        if args:
            raise TypeError(f"{self.name}: knobs are given by name, such as seed=1.")
        if settings is None or isinstance(settings, Mapping):
            return self.settings.read(settings, **knobs)
        if isinstance(settings, self.settings):
            return knob.turned(settings, **knobs) if knobs else settings
        raise TypeError(
            messages.refusal("settings", f"{self.name}.Settings or a mapping", settings)
        )

    def _drawn(self, kind: str, name: str) -> str:
        """The name of a figure or a scene, where the room has it."""
        if name not in (self.figures if kind == "figure" else self.scenes):
            raise ValueError(rooms.absent(self, kind, name))
        return name

    def _check(self, figure: str | None, options: Mapping[str, Any], length: Any) -> None:
        """Raises ValueError where the parts of the room contradict one another."""
        begin_only, steers = (options.get(name, ()) for name in ("begin_only", "steers"))
        references = {
            "figure": ([figure] if figure is not None else [], self.figures),
            "front": (self.front, self.knobs),
            "begin_only": (begin_only, self.knobs),
            "steers": (steers, self.knobs),
        }
        for argument, (names, known) in references.items():
            for name in names:
                if name not in known:
                    raise ValueError(
                        f"{self.name}, {argument}: {messages.unknown('name', name, known)}"
                    )
        if length is None and "steps" not in self.knobs:
            raise ValueError(f"{self.name}: there is no knob `steps`, so `length` must be given.")
        if reserved := sorted(RESERVED & self.knobs.keys()):
            raise ValueError(f"{self.name}: a knob cannot be called {reserved[0]}; rename it.")
        for name in steers:
            if self.knobs[name].static or name in begin_only:
                raise ValueError(f"{self.name}, steers: {name} cannot be turned during a run.")
        if not self.figures:
            raise ValueError(f"{self.name}: there is no figure; give `figures` at least one.")

    def _list_knobs(self, package: str) -> None:
        """Gives `run` and `explore` the signature and the docstring that list the knobs."""
        types: dict[str, Any] = {"settings": self.settings | Mapping | None, "figure": str | None}
        shown = f"the figure to show first: {', '.join(self.figures)}."
        types |= {"scene": str | None}
        returns = {
            "run": self.trace,
            "explore": "Panel | go.Figure",
            "stage": "Stage | StoredStage",
        }
        for name, returned in returns.items():
            types["return"] = returned
            listed = with_knobs(getattr(self, name), self.knobs, package, types)
            listed.__doc__ = (listed.__doc__ or "").replace("the figure to show first.", shown)
            vars(self)[name] = listed


def _length(settings: Any) -> int:
    return -(-settings.steps // getattr(settings, "every", 1)) + 1

"""Scenes: views, sentence, pace and beats over the fields of a trace. A scene is a pure function
of a trace, as a figure is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from curvkit.draw.scene import asked, check
from curvkit.draw.scene.channels import Color, Element, Number, plain
from curvkit.draw.scene.views import Layout, View

Condition = tuple[str, Literal["<", ">"], float]


@dataclass(frozen=True, kw_only=True)
class Turn(Element):
    """A knob of the scene, of a setting's name.

    Args:
        low, high: the range that is useful here; the setting's own if None.
        recorded: how the knob is read off a field, (field, plus, times, power), so that it stands
            at each step where it stood then.
        label: what it is called here; as the setting is if None.
        stops: the values that a page without a kernel can offer.
        follows: whether another run is begun while the hand still moves, and is seen at the step
            that is shown: for runs that are made within some hundredths of a second.
        aside: whether it changes no row of the run, only what is fixed and stands beside it.

    >>> Turn(low=0.02, high=0.5).as_dict()
    {'low': 0.02, 'high': 0.5}
    """

    low: float | None = None
    high: float | None = None
    recorded: "Recorded | None" = None
    label: str | None = None
    stops: Sequence[float] | None = None
    follows: bool = False
    aside: bool = False


@dataclass(frozen=True)
class Recorded(Element):
    """A field that is plus + times · knob^power."""

    field: str
    times: float = 1
    plus: float = 0
    power: float = 1


@dataclass(frozen=True)
class Beat(Element):
    """What is said while all conditions hold.

    Args:
        lead: so many rows after the one that is shown they are looked at.
        alternating: it is said while they hold at every second row only.

    >>> Beat("It grows.", [("x", ">", 1)]).as_dict()
    {'say': 'It grows.', 'when': [['x', '>', 1]]}
    """

    say: str
    when: Sequence[Condition] = ()
    lead: int = 0
    alternating: bool = False


@dataclass(frozen=True, kw_only=True)
class Moment(Element):
    """Where a field is at least `above`, the stage plays at `rate` rows a second.

    Args:
        first: only the first time, for `lasts` rows; after: not before this row; lead: so many
            rows earlier.
    """

    field: str
    above: float
    rate: float
    first: bool = False
    lasts: int | None = None
    after: int = 0
    lead: int = 0


@dataclass(frozen=True, kw_only=True)
class Tempo(Element):
    """Rows a second, and the moments that are slower."""

    rate: float = 60
    moments: Sequence[Moment] = ()


@dataclass(frozen=True, kw_only=True)
class Wave(Element):
    """A field that is drawn in the time bar as loudness is; `full` fills it."""

    field: str
    full: float
    color: Color = "ink"


@dataclass(frozen=True, kw_only=True)
class Lost(Element):
    """A run is lost at the first row where one of these fields is not finite, or above a size."""

    fields: Sequence[str]
    above: float = 1e30
    say: str = "Here the run is lost: its numbers have no end. Go back, or take smaller steps."

    def as_dict(self) -> dict[str, Any]:
        """This part as JSON, with its sentence."""
        return {"fields": list(self.fields), "above": self.above, "say": self.say}


@dataclass(frozen=True)
class Answer(Element):
    """A choice of a prediction, and when, at the end, it was right."""

    say: str
    when: Sequence[Condition]


@dataclass(frozen=True, kw_only=True)
class Prediction(Element):
    """The run halts once at row `at` and asks: for a curve drawn by hand, or for a choice.

    Args:
        view, x, y: where the curve is drawn, and what it is held against.
        verdict: what is said of the curve; {value} is how far it was off on average.
        choices: what can be chosen instead; of any run exactly one of them is right.
        until: the row at which a choice is held against the run; its last, or that at which it
            is lost, if None.
        patience: after so many seconds in which it is seen the run goes on by itself.

    >>> chosen = (Answer("it grows", [("x", ">", 1)]), Answer("it falls", [("x", "<", 1)]))
    >>> Prediction(ask="What will it do?", choices=chosen).as_dict()["ask"]
    'What will it do?'
    """

    ask: str
    at: int = 0
    view: str | None = None
    x: str | None = None
    y: str | None = None
    verdict: str | None = None
    choices: Sequence[Answer] | None = None
    until: int | None = None
    patience: float = 12


@dataclass(frozen=True)
class Try(Element):
    """A button: turns knobs, from a row on, or from the start with `over`."""

    say: str
    knobs: Mapping[str, Any]
    at: int | None = None
    over: bool = False


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A scene with the fields that it reads.

    Args:
        title, alt: what it is called, and what is seen in it, for whoever cannot see it.
        time: the field over time that counts; clock: what it counts.
        rows: the fields over time, (row, …); each row depends on its own reading alone, so that a
            run can be drawn while it is made.
        fixed: the fields that are not over time.
        views, layout: the pictures and where they stand.
        knobs: the knobs it uses, by the setting's name.
        controls: names of those that stand beside the picture; at most three.
        sentence: words and numbers above the picture.
        length: so many rows the time bar is meant for, at least.

    Raises:
        ValueError: with one sentence, where its parts do not fit together.
    """

    title: str
    alt: str
    time: str
    rows: Mapping[str, np.ndarray]
    views: Sequence[View]
    layout: Layout
    clock: str = "step"
    fixed: Mapping[str, np.ndarray] = field(default_factory=dict)
    knobs: Mapping[str, Turn] = field(default_factory=dict)
    controls: Sequence[str] = ()
    sentence: Sequence[str | Number] = ()
    tries: Sequence[Try] = ()
    pace: Tempo = Tempo()
    beats: Sequence[Beat] = ()
    wave: Wave | None = None
    lost: Lost | None = None
    predict: Prediction | None = None
    length: int | None = None
    autoplay: bool = True

    def __post_init__(self):
        check.scene(self)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows[self.time])

    @property
    def last(self) -> int:
        """The last row that is shown: that at which the run is lost, or the last there is."""
        return asked.last(self.rows, self.lost)

    def right(self) -> str | None:
        """The choice that this run makes right; None where it has none, or not just one."""
        if self.predict is None or not self.predict.choices or not self.count:
            return None
        until = self.last if self.predict.until is None else min(self.predict.until, self.last)
        indices = asked.right(self.predict, self.rows, self.fixed, until)
        return self.predict.choices[indices[0]].say if len(indices) == 1 else None

    def as_dict(self, knobs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """The scene as JSON, without its fields.

        Args:
            knobs: what is known of the knobs' settings, by name: `value`, `low`, `high`, `label`
                and so on; the scene's own word goes before.
        """
        parts = ("views", "layout", "sentence", "tries", "pace", "beats")
        optional = ("wave", "lost", "predict", "length")
        given = [*parts, *(name for name in optional if getattr(self, name) is not None)]
        data = {name: plain(getattr(self, name)) for name in given}
        data |= {name: getattr(self, name) for name in ("title", "alt", "time", "clock")}
        data["controls"] = list(self.controls)
        data["autoplay"] = self.autoplay
        data["knobs"] = {
            name: {"label": name.replace("_", " "), **knobs.get(name, {}), **each.as_dict()}
            for name, each in self.knobs.items()
        }
        return data

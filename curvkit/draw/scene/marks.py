"""Marks: what is drawn in a view, each with an example. A mark is data; the stage draws it.

Here what all share, curves and points; `shapes` has the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from curvkit.draw.scene.channels import Channel, Color, Element, KnobValue, When


@dataclass(frozen=True, kw_only=True)
class Drag(Element):
    """Makes a mark a handle.

    Args:
        knob, times, plus, power: of a rule, the knob that it stands for.
        x, y: of dots and boxes, the knobs along the two axes.
        edge: of a box, the knob that a drag of its rim turns: its half width.
        each: what is edited, as the room's `edit` calls it: each dot is a handle of its item, along
            the axes that are True. In a view that can be turned it goes over the plane at its own
            height.
        up: of that, what is edited upwards (its `y`); then a drag goes across the view, along the
            floor, or up, as its first pixels say.
        says: what stands beside the handle; {value} is what is drawn, {knob} the knob.
        below: whether that stands below a dot, and not above it.
        label: what the handle is called when it is read out.

    >>> Drag(knob="learning_rate", times=2, power=-1, says="2/*η* = {value}").as_dict()["power"]
    -1
    """

    knob: str | None = None
    times: float = 1
    plus: float = 0
    power: float = 1
    x: KnobValue | bool | None = None
    y: KnobValue | bool | None = None
    edge: KnobValue | None = None
    each: str | None = None
    up: str | None = None
    item: int = 0
    digits: int | None = None
    says: str | None = None
    below: bool | None = None
    label: str | None = None
    inset: float | None = None


@dataclass(frozen=True, kw_only=True)
class Mark(Element):
    """What all marks share.

    Args:
        color: a role, a colour, or a ramp.
        alpha: its opacity.
        drag: makes it a handle.
        reveal: "played": it is shown once the end was seen.
        wide: it is left out where there is little room.
        calm: it is left out while the stage plays.
        whole: it is of the last row, and not between two.
    """

    kind: ClassVar[str]
    color: Color = "ink"
    alpha: float | None = None
    drag: Drag | None = None
    reveal: Literal["played"] | None = None
    wide: bool = False
    calm: bool = False
    whole: bool = False

    def as_dict(self) -> dict[str, Any]:
        """This mark as JSON, with its kind."""
        return {"mark": self.kind, **super().as_dict()}


@dataclass(frozen=True, kw_only=True)
class Line(Mark):
    """A curve over its items now; over time where it has one item; for each item with `per="item"`.

    Args:
        x, y, z: where it goes; z in a view that can be turned.
        when: of a curve over time "past", "all" or `Last`; of one over items also "now".
        every, from_: only every so many-th row, from one on: an oscillation of period two is drawn
            as its even and its odd half.
        smooth: whether rows are joined by curves.
        fade: whether older rows are paler.
        fill: opacities below a curve over items, at the top and at the bottom.

    >>> Line(x="step", y="loss", smooth=True).as_dict()
    {'mark': 'line', 'x': 'step', 'y': 'loss', 'smooth': True}
    """

    kind: ClassVar[str] = "line"
    x: Channel
    y: Channel
    z: Channel | None = None
    when: When | None = None
    every: int = 1
    from_: int = 0
    per: Literal["item"] | None = None
    width: float | None = None
    dash: Sequence[float] | None = None
    fade: bool = False
    smooth: bool = False
    fill: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Area(Mark):
    """Between two curves, or between a curve and an end of the view.

    Args:
        x, y: one curve; y2: the other, or `to`: the end.
        open: a level at which the area goes on to the end of the view.

    >>> Area(x="step", y="low", y2="high", alpha=0.1).as_dict()["y2"]
    'high'
    """

    kind: ClassVar[str] = "area"
    x: Channel
    y: Channel
    y2: Channel | None = None
    to: Literal["top", "bottom"] | None = None
    open: Channel | None = None
    when: When | None = None


@dataclass(frozen=True, kw_only=True)
class Dots(Mark):
    """Points of all items: discs, rings, balls, or pictures in round frames.

    Args:
        size: radius in pixels; share: as a part of the view's width instead.
        ring: the width of a rim without a face; rim: the role of a rim around a face.
        image: a fixed field (item, height, width) of pictures, from 0 to 1.

    >>> Dots(x="along", y="across", size=5, color="a").as_dict()["size"]
    5
    """

    kind: ClassVar[str] = "dots"
    x: Channel
    y: Channel
    z: Channel | None = None
    size: Channel | None = None
    share: float | None = None
    when: When | None = None
    every: int = 1
    from_: int = 0
    ring: float | None = None
    rim: str | None = None
    ball: bool = False
    fade: bool = False
    image: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ground(Element):
    """The curve that a ball jumps over, by its items."""

    x: Channel
    y: Channel


@dataclass(frozen=True, kw_only=True)
class Jumps(Mark):
    """A ball that jumps from row to row over a ground; fast ones become two pale balls.

    Args:
        x: where it stands at each row; on: the ground.
        last: so many arcs stay.
        blur: between these rates, in rows a second, the ball becomes two.

    >>> Jumps(x="x", on=Ground(x="grid", y="valley")).as_dict()["on"]
    {'x': 'grid', 'y': 'valley'}
    """

    kind: ClassVar[str] = "jumps"
    x: Channel
    on: Ground
    last: int = 24
    size: float = 9
    blur: tuple[float, float] = (13, 34)
    lift: float | None = None
    ball: str | None = None

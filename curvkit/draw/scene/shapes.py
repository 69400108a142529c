"""Marks of straight lines, boxes, grids, arrows, bars, outlines and words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from curvkit.draw.scene.channels import Channel
from curvkit.draw.scene.marks import Mark


@dataclass(frozen=True, kw_only=True)
class Rule(Mark):
    """A straight line across the view at one x or one y.

    Args:
        since: where it begins, along x.

    >>> Rule(y=2, dash=(6, 4)).as_dict()
    {'mark': 'rule', 'y': 2, 'dash': [6, 4]}
    """

    kind: ClassVar[str] = "rule"
    x: Channel | None = None
    y: Channel | None = None
    since: Channel | None = None
    width: float | None = None
    dash: Sequence[float] | None = None


@dataclass(frozen=True, kw_only=True)
class Rect(Mark):
    """Boxes by their sides; a side that is not given is the view's.

    Args:
        when: "now", or "past": those of all rows so far, the newer over the older.
        width: of their rims; rim: the rims' role.

    >>> Rect(x="left", x2="right", y="low", y2="high", color=("good", "bad")).as_dict()["x2"]
    'right'
    """

    kind: ClassVar[str] = "rect"
    x: Channel | None = None
    x2: Channel | None = None
    y: Channel | None = None
    y2: Channel | None = None
    when: Literal["now", "past"] | None = None
    width: float | None = None
    rim: str | None = None


@dataclass(frozen=True, kw_only=True)
class Swing(Mark):
    """A pendulum of length one about (0, 0), that swings by a clock of its own.

    It begins when its angles change, and halts where the stage is halted.

    Args:
        angle: its angle from hanging down at each moment, as items.
        dt: seconds from one moment to the next.
        size: radius of its bob in pixels; width: of its rod.

    >>> Swing(angle="swing", dt=0.05).as_dict()
    {'mark': 'swing', 'angle': 'swing', 'dt': 0.05}
    """

    kind: ClassVar[str] = "swing"
    angle: Channel
    dt: float
    size: float | None = None
    width: float | None = None


@dataclass(frozen=True, kw_only=True)
class Heat(Mark):
    """A grid (y, x) in colour over the whole view, smooth or cell by cell.

    Args:
        grid: its field; with a row for every reading it changes.
        domain: what the ends of the ramp stand for, two numbers or a fixed field of two; the
            grid's own ends if None.
        levels: so many contours; shade: how strongly light falls on it; gamma: bends the ramp.
        cells: whether it is drawn cell by cell; cover: a fixed field of as many cells, of which
            those above 1/2 are solid.

    >>> Heat(grid="surface", levels=20).as_dict()
    {'mark': 'heat', 'grid': 'surface', 'levels': 20}
    """

    kind: ClassVar[str] = "heat"
    grid: str
    ramp: str = "depth"
    domain: tuple[float, float] | str | None = None
    levels: int | None = None
    gamma: float | None = None
    shade: float | None = None
    cells: bool = False
    cover: str | None = None


@dataclass(frozen=True, kw_only=True)
class Surface(Mark):
    """A grid (y, x) as a surface, in a view that can be turned.

    >>> Surface(grid="height", x="axis_x", y="axis_y").as_dict()["grid"]
    'height'
    """

    kind: ClassVar[str] = "surface"
    grid: str
    x: Channel
    y: Channel
    ramp: str = "depth"


@dataclass(frozen=True, kw_only=True)
class Arrow(Mark):
    """Arrows from (x, y) by (u, v), or to (x2, y2); in a view that can be turned at the height z.

    >>> Arrow(x=0, y=0, u="grad_x", v="grad_y").as_dict()["u"]
    'grad_x'
    """

    kind: ClassVar[str] = "arrow"
    x: Channel
    y: Channel
    z: Channel | None = None
    u: Channel | None = None
    v: Channel | None = None
    x2: Channel | None = None
    y2: Channel | None = None
    width: float | None = None
    head: float | None = None


@dataclass(frozen=True, kw_only=True)
class Bars(Mark):
    """Bars from a base, one for each item.

    Args:
        width: as a part of the distance of two bars; digits: of the numbers on them.

    >>> Bars(x="place", y="score", names=("one", "two")).as_dict()["names"]
    ['one', 'two']
    """

    kind: ClassVar[str] = "bars"
    x: Channel
    y: Channel
    base: float = 0
    width: float | None = None
    names: Sequence[str] | None = None
    digits: int | None = None


@dataclass(frozen=True, kw_only=True)
class Shape(Mark):
    """An outline through all items: a frame, a plane, walls; a gap begins another one.

    Args:
        alpha: of its face; width: of its line.

    >>> Shape(x="ring_x", y="ring_y", width=1).as_dict()["width"]
    1
    """

    kind: ClassVar[str] = "shape"
    x: Channel
    y: Channel
    z: Channel | None = None
    width: float | None = None
    dash: Sequence[float] | None = None
    closed: bool = True


@dataclass(frozen=True, kw_only=True)
class Text(Mark):
    """Words at a place; *x* in them is mathematics, {value} the number of a channel.

    Those that would lie over others of their view stand above or below them, as near as may be, and
    those that are wider than it are smaller.

    Args:
        x, y: the place; the view's left and upper rim where not given, `right` the right one.
        dx, dy: pixels away from it.

    >>> Text(text="loss {value}", value="loss", digits=2).as_dict()["digits"]
    2
    """

    kind: ClassVar[str] = "text"
    text: str | Sequence[str]
    x: Channel | None = None
    y: Channel | None = None
    value: Channel | None = None
    digits: int | None = None
    dx: float = 0
    dy: float = 0
    size: float | None = None
    weight: int | None = None
    align: Literal["left", "center", "right"] | None = None
    halo: bool = False
    right: bool = False

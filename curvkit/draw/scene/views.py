"""Views: the pictures of a scene, their axes, cameras and places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curvkit.draw.scene.channels import Channel, Element, KnobValue, Number, Words
from curvkit.draw.scene.marks import Mark

# Two numbers, the smaller first, or the name of a fixed field that holds them.
Ends = tuple[float, float] | str


@dataclass(frozen=True, kw_only=True)
class Camera(Element):
    """An axis that follows what is shown.

    Args:
        of: channels that are to be seen.
        least: what is always in view; two numbers, or a fixed field of two.
        last: only the last so many rows count; ahead: and so many that are to come.
        room: air, as a factor.
        both: the same on both sides of zero.
        around: both ends follow, with this share of air.
        narrowest: the least width with `around`.
        most: what the camera never goes beyond.
        items: whether all items of the channels count, and not the first alone.

    >>> Camera(of=("loss",), least=(0, 1)).as_dict()
    {'of': ['loss'], 'least': [0, 1]}
    """

    of: Sequence[Channel]
    least: Ends
    last: int | None = None
    ahead: int | None = None
    room: float | None = None
    both: bool = False
    around: float | None = None
    narrowest: float | None = None
    most: tuple[float, float] | None = None
    items: bool = False


@dataclass(frozen=True, kw_only=True)
class Axis(Element):
    """An axis: a fixed domain, or a camera.

    Args:
        label: its name, or `Words` of which a fixed field says which they are.
        domain: its ends; two numbers, or a fixed field of two.
        ticks: about so many; at: at these values; names: words in the place of each of these.
        log: whether it is logarithmic.
        hide: whether ticks and their grid are left out.

    >>> Axis(label="step", domain=(0, 100)).as_dict()
    {'label': 'step', 'domain': [0, 100]}
    """

    label: str | Words = ""
    domain: Ends | None = None
    fit: Camera | None = None
    ticks: int = 4
    at: Sequence[float] | None = None
    names: Sequence[str] | None = None
    log: bool = False
    hide: bool = False


@dataclass(frozen=True, kw_only=True)
class Pick(Element):
    """Which row the pointer means: by a channel along x, or the nearest of those drawn.

    >>> Pick(clock="step").as_dict()
    {'clock': 'step'}
    """

    clock: Channel | None = None
    near: Sequence[Channel] | None = None
    last: int | None = None


@dataclass(frozen=True, kw_only=True)
class Cursor(Element):
    """How the row that the pointer means is ringed, and what is said of it.

    >>> Cursor(x="step", y="loss", says=("step ", Number(field="step", digits=0))).as_dict()["y"]
    'loss'
    """

    x: Channel
    y: Channel
    line: bool = False
    says: Sequence[str | Number] = ()


@dataclass(frozen=True, kw_only=True)
class Choose(Element):
    """An item is chosen by hand: a click takes the nearest along x, the arrow keys the next one.

    No run changes by it; channels with `chosen` show the item, and so in a page with no kernel.

    Args:
        x: where the items stand.
        label: what the choice is called when it is read out.
        says: what is read out of the item; {name} in it is its name.
        names: of the items; their numbers if None.

    >>> Choose(x="place", label="a group", says=("group {name}",)).as_dict()["x"]
    'place'
    """

    x: str
    label: str
    says: Sequence[str | Number]
    names: Sequence[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Drop(Element):
    """A click in a view turns two knobs at once: something starts, or is put, where it was.

    Args:
        say: what a click does, in words that go on after "click to".
        x, y: the knobs along the two axes.

    >>> Drop(say="drop a marble", x=KnobValue("along"), y=KnobValue("across")).as_dict()["x"]
    {'knob': 'along'}
    """

    say: str
    x: KnobValue
    y: KnobValue


@dataclass(frozen=True, kw_only=True)
class Paint(Element):
    """A drag over a view fills and empties the cells of a grid; the first cell decides which.

    The run begins anew on the painted cells when the hand lets go, as the room's `edit` takes them.

    Args:
        grid: the fixed field (y, x) of the cells, over the whole view; above 1/2 is filled.
        each: what is edited, as the room's `edit` calls it; its items are the cells, row by row.
        say: what a drag does, in words that go on after "drag to".

    >>> Paint(grid="walls", each="walls", say="draw walls").as_dict()["each"]
    'walls'
    """

    grid: str
    each: str
    say: str


@dataclass(frozen=True, kw_only=True)
class View(Element):
    """One picture of a scene.

    Args:
        id: its name in the layout.
        x, y: its axes; z: of one that can be turned.
        beats: whether what is said of the moment stands in this view.
        ghost: fields along x and y of what would have been without a turn.
        square: whether one unit is as long both ways.
        frameless: without axes; a turned one always is.
        pad: pixels around it, by `l`, `r`, `t`, `b`.
        choose: how an item is chosen by hand.
        drop: what a click puts where it was.
        paint: the grid whose cells a drag fills and empties.

    >>> View(id="loss", title="The loss", x=Axis(), y=Axis(), marks=()).as_dict()["id"]
    'loss'
    """

    id: str
    title: str
    x: Axis
    y: Axis
    marks: Sequence[Mark]
    z: Axis | None = None
    turn: Mapping[str, float] | None = None
    pick: Pick | None = None
    cursor: Cursor | None = None
    ghost: tuple[str, str] | None = None
    beats: bool = False
    square: bool = False
    frameless: bool = False
    pad: Mapping[str, float] | None = None
    bleed: float | None = None
    over: float | None = None
    choose: Choose | None = None
    drop: Drop | None = None
    paint: Paint | None = None


@dataclass(frozen=True, kw_only=True)
class Arrangement(Element):
    """Where views stand: `areas` has a word for every cell, as CSS has it.

    Args:
        columns, rows: their shares of width and height.
        aspect, least, most: height by width, and its ends in pixels; height: the height itself.

    >>> Arrangement(columns=(2, 1), rows=(1,), areas=("left right",)).as_dict()["areas"]
    ['left right']
    """

    columns: Sequence[float]
    rows: Sequence[float]
    areas: Sequence[str]
    aspect: float | None = None
    least: float | None = None
    most: float | None = None
    height: float | None = None


@dataclass(frozen=True, kw_only=True)
class Layout(Element):
    """The plans of a wide and of a narrow place, which part at `breakpoint` pixels."""

    wide: Arrangement
    narrow: Arrangement
    breakpoint: int = 720

"""The checker: a scene whose parts do not fit together is refused in one sentence."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from curvkit.core import messages
from curvkit.draw.scene import asked, colors, plans
from curvkit.draw.scene.channels import Field, KnobValue, Number, Span, Words
from curvkit.draw.scene.checked import Fields
from curvkit.draw.scene.marks import Dots, Drag, Jumps, Mark
from curvkit.draw.scene.shapes import Arrow, Bars, Heat, Rule, Surface, Swing, Text
from curvkit.draw.scene.views import Axis, Camera, View

if TYPE_CHECKING:
    from curvkit.draw.scene.scenes import Scene

# Channels that give a mark its items.
PLACES = ("x", "y", "z", "x2", "y2", "u", "v")
MOST_CONTROLS = 3


def scene(given: "Scene") -> None:
    """Raises ValueError with one sentence, where the parts of a scene do not fit."""
    place: list[str] = []
    try:
        _whole(given, place)
    except ValueError as error:
        where = ", ".join([f"The scene {given.title!r}", *place])
        raise ValueError(f"{where}: {str(error).rstrip('.')}.") from None


def _whole(given: "Scene", place: list[str]) -> None:
    fields = Fields(given.rows, given.fixed)
    fields.over_time(given.time)
    lengths = {name: len(values) for name, values in given.rows.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"the fields over time have different lengths, {lengths}")
    names = [view.id for view in given.views]
    for view in given.views:
        if view.choose:
            _choose(view, fields)
    if len(set(names)) < len(names):
        raise ValueError(f"two views have one name, {', '.join(names)}")
    for view in given.views:
        place[:] = [f"view {view.id}"]
        _view(view, fields, given, place)
    place.clear()
    for plan in (given.layout.wide, given.layout.narrow):
        plans.check(plan, names)
    unplaced = set(names) - {word for row in given.layout.wide.areas for word in row.split()}
    if unplaced:
        raise ValueError(f"the view {min(unplaced)} has no place in the layout")
    _words(given, fields)


def _words(given: "Scene", fields: Fields) -> None:
    """What is said, and how the run is played."""
    _numbers(given.sentence, fields, given.knobs)
    for beat in given.beats:
        _conditions(beat.when, fields)
    for moment in given.pace.moments:
        fields.over_time(moment.field)
    if given.wave:
        fields.over_time(given.wave.field)
        colors.check(given.wave.color, fields)
    for name in given.lost.fields if given.lost else ():
        if name not in given.rows:
            raise ValueError(f"a run is said to be lost by {name}, which is no field over time")
    for name, turn in given.knobs.items():
        if turn.recorded:
            fields.over_time(turn.recorded.field)
        if turn.low is not None and turn.high is not None and turn.low >= turn.high:
            raise ValueError(f"the range of the knob {name} is empty")
    if len(given.controls) > MOST_CONTROLS:
        raise ValueError(f"at most {MOST_CONTROLS} knobs stand beside a picture")
    for name in (*given.controls, *(knob for each in given.tries for knob in each.knobs)):
        _knob(name, given.knobs)
    if given.predict:
        asked.check(
            given.predict, [view.id for view in given.views], fields,
            lambda conditions: _conditions(conditions, fields),
        )  # fmt: skip


def _view(view: View, fields: Fields, given: "Scene", place: list[str]) -> None:
    knobs = given.knobs
    for letter, axis in (("x", view.x), ("y", view.y), ("z", view.z)):
        if axis:
            _axis(letter, axis, fields, knobs)
    if view.pick:
        if (view.pick.clock is None) == (view.pick.near is None):
            raise ValueError("a pick is by a clock or by what is near, one of the two")
        for each in (view.pick.clock, *(view.pick.near or ())):
            if each is not None:
                _channel(each, fields, knobs)
    if view.cursor:
        _channel(view.cursor.x, fields, knobs)
        _channel(view.cursor.y, fields, knobs)
        _numbers(view.cursor.says, fields, knobs)
    if view.choose:
        _numbers(view.choose.says, fields, knobs)
    for name in view.ghost or ():
        fields.over_time(name)
    if view.paint:
        _cells(view.paint.grid, "what is painted", fields)
    for part in (view.drop.x, view.drop.y) if view.drop else ():
        _part(part, fields, knobs)
    if view.drop and view.drop.x.knob == view.drop.y.knob:
        raise ValueError(f"a drop turns two knobs, and both are {view.drop.x.knob}")
    for number, mark in enumerate(view.marks):
        place[:] = [f"view {view.id}", f"mark {number} ({mark.kind})"]
        _mark(mark, view, fields, knobs)
    place[:] = [f"view {view.id}"]


def _choose(view: View, fields: Fields) -> None:
    """Takes note of how many items are chosen from, and that the view takes no other click."""
    assert view.choose is not None
    items = fields.choices[view.id] = fields.items(view.choose.x)
    if view.choose.x not in fields.fixed:
        raise ValueError(f"the view {view.id} chooses by {view.choose.x}, which is not fixed")
    if view.choose.names is not None and len(view.choose.names) != items:
        mismatch = f"{len(view.choose.names)} names for {items} items"
        raise ValueError(f"the view {view.id} chooses by {mismatch}")
    if view.pick or view.drop or view.paint or view.z:
        raise ValueError(f"a click in the view {view.id} has two meanings")


def _axis(letter: str, axis: Axis, fields: Fields, knobs: Mapping[str, Any]) -> None:
    if axis.domain and axis.fit:
        raise ValueError(f"the axis {letter} has a domain and a camera; give it one of them")
    domain = axis.domain and fields.ends(axis.domain)
    for ends in (domain, axis.fit and fields.ends(axis.fit.least), axis.fit and axis.fit.most):
        if ends and not ends[0] < ends[1]:
            raise ValueError(f"the axis {letter} goes from {ends[0]} to {ends[1]}")
    if isinstance(axis.label, Words):
        fields.number(axis.label.field)
    if axis.names and len(axis.names) != len(axis.at or ()):
        raise ValueError(f"the axis {letter} has {len(axis.names)} names for {axis.at} values")
    if axis.log and domain and domain[0] <= 0:
        raise ValueError(f"the axis {letter} is logarithmic and begins at {domain[0]}")
    fit: Camera | None = axis.fit
    for each in fit.of if fit else ():
        _channel(each, fields, knobs)


def _mark(mark: Mark, view: View, fields: Fields, knobs: Mapping[str, Any]) -> None:
    sizes = {}
    for each in dataclasses.fields(mark):
        value = getattr(mark, each.name)
        needed = each.default is dataclasses.MISSING
        if each.name in (*PLACES, "size", "value", "since", "open", "angle"):
            if value is not None or needed:
                size = _channel(value, fields, knobs)
                sizes |= {each.name: size} if each.name in PLACES and size > 1 else {}
    if not isinstance(mark, Surface) and len(set(sizes.values())) > 1:
        raise ValueError(f"its channels have different numbers of items, {sizes}")
    colors.check(mark.color, fields)
    if isinstance(mark, Jumps):
        along, high = (_channel(each, fields, knobs) for each in (mark.on.x, mark.on.y))
        if along != high or along < 3:
            raise ValueError(f"its ground has {along} places and {high} heights; three at least")
    if isinstance(mark, Arrow) and all(
        None in pair for pair in ((mark.u, mark.v), (mark.x2, mark.y2))
    ):
        raise ValueError("an arrow needs u and v, or x2 and y2")
    if isinstance(mark, Swing) and not (mark.dt > 0 and _channel(mark.angle, fields, knobs) > 1):
        raise ValueError("a pendulum needs two moments at least, and seconds between them")
    if isinstance(mark, Rule) and (mark.x is None) == (mark.y is None):
        raise ValueError("a rule stands at one x or at one y, one of the two")
    if isinstance(mark, Heat | Surface):
        _grid(mark, view, fields)
    if isinstance(mark, Dots) and mark.image:
        if len(fields.shape(mark.image)) != 3:
            raise ValueError(f"the pictures {mark.image} must be of shape (item, height, width)")
    if isinstance(mark, Text):
        texts = (mark.text,) if isinstance(mark.text, str) else mark.text
        if any("{value}" in each for each in texts) and mark.value is None:
            raise ValueError("its words hold {value}, and no value is given")
    if isinstance(mark, Bars) and mark.names and sizes and len(mark.names) not in sizes.values():
        raise ValueError(f"it has {len(mark.names)} names for {max(sizes.values())} bars")
    if mark.drag:
        _drag(mark.drag, mark, fields, knobs)


def _grid(mark: Heat | Surface, view: View, fields: Fields) -> None:
    shape = fields.shape(mark.grid)
    if len(shape) != 2 or min(shape) < 2:
        raise ValueError(f"its grid {mark.grid} must be of shape (y, x), and is {shape}")
    colors.ramp(mark.ramp)
    if isinstance(mark, Heat) and mark.domain:
        fields.ends(mark.domain)
    if isinstance(mark, Heat) and mark.cover:
        _cells(mark.cover, "what covers it", fields)
        if fields.shape(mark.cover) != shape or not mark.cells:
            raise ValueError(f"its cover {mark.cover} must be of its own cells, {shape}")
    if isinstance(mark, Surface):
        if view.z is None:
            raise ValueError("a surface needs a view with an axis z")
        sizes = tuple(_channel(each, fields, {}) for each in (mark.y, mark.x))
        if sizes != shape:
            raise ValueError(f"its grid is {shape}, its axes y and x have {sizes} places")


def _cells(name: str, what: str, fields: Fields) -> None:
    if len(fields.shape(name)) != 2 or name not in fields.fixed:
        raise ValueError(f"{what} is no fixed grid (y, x)")


def _drag(drag: Drag, mark: Mark, fields: Fields, knobs: Mapping[str, Any]) -> None:
    parts = [part for part in (drag.x, drag.y, drag.edge) if isinstance(part, KnobValue)]
    named = [drag.knob, *(part.knob for part in parts)]
    if not any(named) and not drag.each:
        raise ValueError("a handle needs a knob or something to edit")
    for name in filter(None, named):
        _knob(name, knobs)
    for part in parts:
        _part(part, fields, knobs)
    if drag.each:
        for axis in (each for each in "xy" if getattr(drag, each)):
            channel = getattr(mark, axis)
            if not isinstance(mark, Dots) or channel not in fields.fixed:
                raise ValueError(f"what is edited along {axis} must be a fixed field of dots")
    if drag.up and not (drag.each and isinstance(mark, Dots) and mark.z in fields.fixed):
        raise ValueError("what is edited upwards must be a fixed field z of dots that are edited")
    if drag.knob and not isinstance(mark, Rule):
        raise ValueError("of dots and boxes the knobs are given along x and y")


def _channel(given: Any, fields: Fields, knobs: Mapping[str, Any]) -> int:
    """How many items a channel has; refuses one that reads what is not there."""
    if isinstance(given, bool) or not isinstance(
        given, int | float | np.number | str | Field | KnobValue | Span
    ):
        raise ValueError(messages.refusal("a channel", "a number, a name or a channel", given))
    if isinstance(given, str):
        return fields.items(given)
    if isinstance(given, Span):
        for each in given.span:
            if _channel(each, fields, knobs) != 1:
                raise ValueError("a span goes between two channels of one item each")
        if given.count < 2:
            raise ValueError("a span has two places at least")
        return given.count
    if isinstance(given, Field):
        if given.knob:
            _knob(given.knob, knobs)
        return fields.chosen(given.field, given.chosen)
    if isinstance(given, KnobValue):
        _part(given, fields, knobs)
    return 1


def _part(part: KnobValue, fields: Fields, knobs: Mapping[str, Any]) -> None:
    """A knob as it is drawn: it is there, and so are the numbers that scale and shift it."""
    _knob(part.knob, knobs)
    for each in (part.times, part.plus):
        if isinstance(each, str):
            fields.number(each)


def _numbers(words: Iterable[Any], fields: Fields, knobs: Mapping[str, Any]) -> None:
    for each in words:
        if isinstance(each, str):
            continue
        if not isinstance(each, Number) or sum(map(bool, (each.field, each.knob, each.time))) != 1:
            raise ValueError("a number in a sentence is of a field, of a knob or the time")
        if each.knob:
            _knob(each.knob, knobs)
        if each.field and fields.chosen(each.field, each.chosen) != 1:
            raise ValueError(f"the field {each.field} in a sentence must be one number")


def _conditions(conditions: Iterable[Any], fields: Fields) -> None:
    for name, sign, value in conditions:
        if fields.items(name) != 1 or sign not in ("<", ">") or not np.isfinite(value):
            raise ValueError(f"the condition {(name, sign, value)} cannot be asked of a row")


def _knob(name: str, knobs: Mapping[str, Any]) -> None:
    if name not in knobs:
        raise ValueError(messages.unknown("knob", name, knobs))

"""Rooms as tests see them: found by globbing, with short runs that a session makes only once.

By convention the knob that says how long a run is, where a room has one, is called `steps`: short
runs are made by turning it down. Nothing else here knows what a room is about.
"""

import dataclasses
import functools
import hashlib
import importlib
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import jax
import numpy as np
import pytest

from curvkit import data
from curvkit._rooms import names
from curvkit.core import knob as knobs
from curvkit.core.stream import Stream
from curvkit.kernels.contest import _tasks as tasks
from curvkit.kernels.contest import experiment as contest

HOUSE = Path(__file__).resolve().parent.parent / "curvkit"
ROOMS = names()
SHORT = 55


@dataclasses.dataclass(frozen=True)
class Room:
    """A room as the contract sees it: its modules, by the names of the floor plan."""

    name: str
    package: ModuleType | SimpleNamespace
    settings: ModuleType | SimpleNamespace
    trace: ModuleType | SimpleNamespace
    __hash__ = object.__hash__

    @property
    def stream(self) -> Stream:
        return self.package.room.stream

    @property
    def drawings(self) -> dict[str, Any]:
        return self.package.room.figures

    @property
    def knobs(self) -> dict[str, knobs.Knob]:
        return knobs.knobs(self.settings.Settings)


def home(name: str) -> Path:
    """The folder of the room of that name."""
    return HOUSE.joinpath(*name.split("."))


@functools.cache
def room(name: str) -> Room:
    """The room of that name."""
    parts = ("settings", "trace")
    modules = [importlib.import_module(f"curvkit.{name}.{part}") for part in parts]
    return Room(name, importlib.import_module(f"curvkit.{name}"), *modules)


def every_knob(static: bool | None = None) -> list:
    """All pairs of a room and one of its knobs, as parameters of a test."""
    declared = [(name, each) for name in ROOMS for each in room(name).knobs.values()]
    chosen = [(name, each) for name, each in declared if static in (None, each.static)]
    return [pytest.param(name, each.name, id=f"{name}-{each.name}") for name, each in chosen]


def every_figure() -> list:
    """All pairs of a room and the name of one of its figures, as parameters of a test."""
    pairs = [(name, figure) for name in ROOMS for figure in room(name).drawings]
    return [pytest.param(*pair, id="-".join(pair)) for pair in pairs]


each_room = pytest.mark.parametrize("name", ROOMS)
each_knob = pytest.mark.parametrize("name, knob", every_knob())
each_figure = pytest.mark.parametrize("name, figure", every_figure())

# Data that are fetched are stood in for, few of each: digits again and again in their shape.
FEW = (300, 400)


def _stand_in(name: str, most: int) -> Any:
    digits = data.digits(most)
    return np.resize(digits.inputs, (most, tasks.pixels_of(name))), digits.targets


tasks.COUNTS.update(mnist=FEW, cifar10=FEW)
contest.fetched = _stand_in

# Runs, shared by all tests of a session


# Where also a short run would take long, or leave where rounding decides nothing.
BRIEF = {"kernels.contest": {"steps": 10, "blocks": 2}}


def brief(room: Room) -> dict[str, Any]:
    """The knobs that make a run of the room short."""
    return BRIEF.get(room.name, {"steps": SHORT} if "steps" in room.knobs else {})


def short(room: Room, **turned: Any) -> Any:
    """The room's settings for a short run, with some knobs turned."""
    return knobs.read(room.settings.Settings, {**brief(room), **turned})


@functools.cache
def ran(room: Room, settings: Any) -> Any:
    """The trace of a run to its end."""
    return room.stream.run(settings)


@functools.cache
def ran_early(room: Room, settings: Any, readings: int) -> Any:
    """The trace of a run up to its first so many readings."""
    course = room.stream.course(settings)
    course.advance(readings)
    return course.trace


# Of a program a digest is kept: the texts of all of them would be gigabytes.


@functools.cache
def knobs_read(room: Room, settings: Any) -> frozenset[str]:
    """Names of what the compiled programs read: of an argument that is not read nothing is left."""
    return frozenset(re.findall(r"settings\W*(\w+)", room.stream.lowered(settings)))


def alike(room: Room, one: Any, other: Any) -> bool:
    """Whether two settings have the same programs, without names and places in files."""
    return all(part(room, one) == part(room, other) for part in (begun, advanced))


@functools.cache
def begun(room: Room, settings: Any) -> str:
    """The program of the beginning alone, which is the smaller one."""
    return _digest(room.stream.begin.lower(settings, jax.random.key(0)))


@functools.cache
def advanced(room: Room, settings: Any) -> str:
    """The program after the beginning alone."""
    stream = room.stream
    state = jax.eval_shape(stream.begin, settings, jax.random.key(0))
    return _digest(stream.advance.lower(settings, state, 1))


def _digest(program: Any) -> str:
    return hashlib.sha256(program.as_text().encode()).hexdigest()


def elsewhere(room: Room) -> Iterator[dict[str, Any]]:
    """Where to look for a knob's use: the defaults, each static knob turned, pairs of choices."""
    yield {}
    static = sorted((e for e in room.knobs.values() if e.static), key=lambda e: not e.choices)
    yield from ({e.name: v} for e in static for v in e.sweep() if v != e.default)
    for one, other in itertools.combinations([e for e in static if e.choices], 2):
        for values in itertools.product(one.choices, other.choices):
            yield dict(zip((one.name, other.name), values, strict=True))


def where_it_matters(room: Room, name: str) -> dict[str, Any] | None:
    """The first place at which the program reads (or is shaped by) the knob, or None: where it is
    declared to matter, which saves a search, or else of `elsewhere`.
    """
    each = room.knobs[name]
    declared = ({other: first for other, (first, *_) in case.items()} for case in each.when)
    for turned in itertools.chain(declared, elsewhere(room)):
        settings = short(room, **turned)
        if not each.static:
            if name in knobs_read(room, settings):
                return turned
        elif name not in turned:
            others = (value for value in each.sweep() if value != each.default)
            shaped = (short(room, **turned, **{name: value}) for value in others)
            if not all(alike(room, each, settings) for each in shaped):
                return turned
    return None

"""Traces: what a run recorded, as named arrays with a shape each, and a header that says of what.

Only a trace passes between computing and drawing, so a figure can be drawn from a file, and a
run made where there is no screen. A trace is saved as one npz file whose entry `header` is JSON;
nothing in it is ever executed.
"""

import dataclasses
import datetime
import importlib.metadata
import io
import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self, dataclass_transform

import jax
import numpy as np

from curvkit import __version__
from curvkit.core import files
from curvkit.core import header as headers
from curvkit.core.archive import MOST_ARRAYS, MOST_BYTES, UNREADABLE, Archive
from curvkit.core.arrays import namespace
from curvkit.core.header import FORMAT, is_one
from curvkit.core.series import Series, declared, series


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(series, field))
@dataclass(frozen=True, kw_only=True)
class Record:
    """Base of a room's `Trace`: a frozen dataclass of named arrays, to be cut, saved and loaded.

    Each field is annotated by jaxtyping, `loss: Float[np.ndarray, " reading"]`; arrays that share
    a dimension name must agree on its size. `header` says what was run, and where.
    """

    # What a player counts as it goes from reading to reading.
    COUNTED: ClassVar[str] = "step"
    # A run is drawn as far as the numbers of these series are finite and no larger than DRAWN: of
    # all series of readings where none is named.
    ENDS: ClassVar[tuple[str, ...]] = ()
    DRAWN: ClassVar[float] = np.inf
    # Series that traces of earlier versions lack; `completed` makes them.
    LATER: ClassVar[frozenset[str]] = frozenset()
    # What can be edited by hand before a run, and the series that has a row for each of its items;
    # of that, what is painted: cells, which are filled (1) or emptied (0).
    EDITED: ClassVar[Mapping[str, str]] = {}
    PAINTED: ClassVar[frozenset[str]] = frozenset()
    __series__: ClassVar[Mapping[str, Series]] = {}
    header: Mapping[str, Any] = field(default_factory=dict)

    def __init_subclass__(cls, **options: Any):
        super().__init_subclass__(**options)
        dataclass(frozen=True, kw_only=True)(cls)
        cls.__series__ = {
            each.name: declared(each)
            for each in dataclasses.fields(cls)
            if "series" in each.metadata
        }

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings of the run as plain values."""
        return self.header["settings"]

    @property
    def readings(self) -> int:
        """How many readings were recorded."""
        rows = (k for k, each in self.__series__.items() if each.dims[:1] == ("reading",))
        return len(getattr(self, next(rows)))

    @property
    def finite(self) -> int:
        """How many readings, from the start, are of finite numbers."""
        return self.finite_at()

    def finite_at(self, *place: int) -> int:
        """How many readings, from the start, are of finite numbers at one place.

        Args:
            place: where to look along the axes after that of the readings, such as a contender and
                a seed; everywhere where nothing is given.
        """
        good = np.ones(self.readings, bool)
        for name, each in self.__series__.items():
            if name in self.ENDS if self.ENDS else each.dims[:1] == ("reading",):
                values = np.abs(getattr(self, name)[(slice(None), *place)])
                drawn = np.isfinite(values) & (values <= self.DRAWN)
                good &= np.all(drawn, axis=tuple(range(1, values.ndim)))
        return self.readings if good.all() else int(np.argmin(good))

    @property
    def turns(self) -> list[tuple[int, Mapping[str, Any]]]:
        """The knobs that were turned during the run, with the reading before which each was."""
        return [(int(at), knobs) for at, knobs in self.header.get("turns", [])]

    @property
    def edits(self) -> list[tuple[str, int, Mapping[str, float]]]:
        """What was edited by hand before the run: field, item, and its new values."""
        return [(name, item, values) for name, item, values in self.header.get("edits", [])]

    def over_readings(self, name: str) -> np.ndarray:
        """The value of a knob at each reading (reading,), as it was turned during the run.

        Args:
            name: of a setting that is a number.
        """
        given = self.settings[name]
        if (xp := namespace(given)) is not np:
            return xp.broadcast_to(xp.asarray(given, float), (self.readings,))
        values = np.full(self.readings, given, float)
        for at, knobs in self.turns:
            if name in knobs:
                values[at:] = knobs[name]
        return values

    @classmethod
    def traced(cls, settings: Mapping[str, Any], **arrays: Any) -> Self:
        """A trace of JAX tracers, for what is traced into a program; nothing is checked.

        Args:
            settings: by name; a number that is not static may be a tracer, and where it is turned
                during the run its value at each reading, (reading,). **arrays: the series.
        """
        record = object.__new__(cls)
        record.__dict__.update(arrays, header={"settings": settings})
        return record

    def head(self, readings: int) -> Self:
        """This trace as it stood after its first `readings` readings."""
        return self.part(0, readings)

    def part(self, start: int, stop: int) -> Self:
        """The readings from `start` up to `stop`, with what was turned before and within."""
        cut = {
            name: getattr(self, name)[start:stop]
            for name, each in self.__series__.items()
            if each.dims[:1] == ("reading",)
        }
        if not start or not self.turns:
            return dataclasses.replace(self, **cut)
        turns: dict[int, Any] = {}
        for at, knobs in self.turns:
            turns[max(0, at - start)] = {**turns.get(max(0, at - start), {}), **knobs}
        header = {**self.header, "turns": [[at, knobs] for at, knobs in turns.items()]}
        return dataclasses.replace(self, header=header, **cut)

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name."""
        return {name: getattr(self, name) for name in self.__series__}

    def __post_init__(self):
        sizes: dict[str, int] = {}
        for name, each in self.__series__.items():
            array = np.asarray(getattr(self, name))
            object.__setattr__(self, name, array)
            each.fits(array.shape, sizes)

    def merits(self) -> dict[str, float]:
        """The figures of merit: a few numbers by name, by which a run is compared with others.

        A room says which; the names do not depend on the run, and the first is what a sweep draws
        where nothing else is asked for. What a run did not come to is nan.
        """
        raise NotImplementedError(f"{type(self).__module__} does not say what its merits are.")

    def as_bytes(self) -> bytes:
        """What `save` writes; raises ValueError where `load` would refuse it."""
        room, settings = self._room()
        defaults = {"format": FORMAT, "room": room, "settings": {}} if room else {}
        header = json.dumps(defaults | dict(self.header), sort_keys=True)
        try:
            statement = headers.parsed(header)
            headers.check(statement, room, settings)
            self._edits(statement, {name: each.shape for name, each in self.arrays().items()})
            self.check()
        except ValueError as error:
            raise ValueError(f"The trace cannot be saved: {str(error).rstrip('.')}.") from None
        if len(header) > headers.MOST_CHARACTERS:
            raise ValueError("The header of the trace is too long to be saved.")
        for name, array in self.arrays().items():
            self.__series__[name].takes(array.dtype)
        if sum(each.nbytes for each in self.arrays().values()) > MOST_BYTES - MOST_ARRAYS * 1024:
            raise ValueError(f"A trace of more than {MOST_BYTES >> 20} MB is not saved.")
        file = io.BytesIO()
        entries: dict[str, Any] = {"header": np.array(header), **self.arrays()}
        np.savez_compressed(file, **entries)
        return file.getvalue()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the trace whole or not at all (temporary name, then rename); returns the path.

        Raises:
            ValueError: with one sentence, if what is there is no trace, or the trace is not one
                that `load` reads.
            OSError: if it cannot be written.
        """
        path = files.replaceable(path, is_one, "a trace of curvkit")
        return files.write(path, self.as_bytes())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Reads what `save` wrote; nothing in it is executed.

        Names, kinds and sizes are compared with the declaration and with one another before the
        numbers are read, and what is read with its checksums.

        Raises:
            ValueError: with one sentence that names the file, where it is no trace of this room.
            OSError: if it cannot be read.
        """
        room, settings = cls._room()
        with files.reading(path) as file:
            try:
                stored = Archive(file)
                statement = headers.read(stored)
                lacking = cls.LATER - stored.members.keys()
                stored.only(("header", *(name for name in cls.__series__ if name not in lacking)))
                headers.check(statement, room, settings)
                heads, sizes = {}, {}
                for name, each in cls.__series__.items():
                    if name in lacking:
                        continue
                    heads[name] = stored.head(name)
                    each.takes(heads[name].dtype)
                    each.fits(heads[name].shape, sizes)
                cls._edits(statement, {name: head.shape for name, head in heads.items()})
                arrays = {name: stored.array(name, head) for name, head in heads.items()}
                statement = headers.filled(statement, settings)
                if lacking:
                    arrays |= cls.completed(statement, arrays, lacking)
                record = cls(header=statement, **arrays)
                record.check()
            except UNREADABLE as error:
                reason = str(error).rstrip(".") or "there is no room for it in memory"
                kind = f"a trace of {room}" if room else "a trace"
                raise ValueError(f"{path} is not {kind} as curvkit saves it: {reason}.") from error
        return record

    @classmethod
    def completed(
        cls, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], names: frozenset[str]
    ) -> dict[str, np.ndarray]:
        """The series `names` of `LATER`, which the file of an earlier version lacks."""
        raise ValueError(f"it has no {min(names)}")

    def check(self) -> None:
        """Raises ValueError where header and arrays do not fit; what a room adds to the rest."""

    @classmethod
    def _edits(cls, header: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> None:
        if cls._room()[0] is not None:
            items = {name: shapes[of][0] for name, of in cls.EDITED.items() if of in shapes}
            headers.edited(header, items, cls.PAINTED)

    @classmethod
    def _room(cls) -> tuple[str | None, type | None]:
        """The room whose traces these are, and its `Settings`, where it is one of curvkit's."""
        package = cls.__module__.rpartition(".")[0]
        if not package.startswith("curvkit."):
            return None, None
        house = sys.modules.get(package)
        settings = (
            getattr(house, "Settings", None) if cls is getattr(house, "Trace", None) else None
        )
        return package.removeprefix("curvkit."), settings


def trace(cls: type) -> Any:
    """Deprecated: the decorator of earlier versions; write `class Trace(Record)`."""
    if issubclass(cls, Record):
        return cls
    body = {k: v for k, v in vars(cls).items() if k not in ("__dict__", "__weakref__")}
    return type(cls.__name__, (Record,), body)


def header(room: str, settings: Mapping[str, Any], key: jax.Array) -> dict[str, Any]:
    """What makes a run reproducible: room, settings, key, versions, backend, device and time."""
    packages = ("jax", "jaxlib", "numpy", "optax")
    device = jax.devices()[0]
    config: Any = jax.config
    return {
        "format": FORMAT,
        "room": room,
        "settings": dict(settings),
        "seed": settings.get("seed"),
        "key": np.asarray(jax.random.key_data(key)).tolist(),
        "versions": {"curvkit": __version__, "python": platform.python_version()}
        | {package: importlib.metadata.version(package) for package in packages},
        "backend": jax.default_backend(),
        "device": device.device_kind,
        "precision": "float64" if config.jax_enable_x64 else "float32",
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }

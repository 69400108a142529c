"""Traces: what a run recorded, as named arrays with a shape each, and a header that says of what.

Only a trace passes between computing and drawing, so a figure can be drawn from a file, and a
run made where there is no screen. A trace is saved as one npz file whose entry `header` is JSON;
nothing in it is ever executed.
"""

import contextlib
import dataclasses
import datetime
import importlib.metadata
import io
import json
import os
import platform
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, dataclass_transform

import jax
import numpy as np

from curvkit import __version__
from curvkit.core import say

FORMAT = 1
# What reading a damaged file raises, by the part of it that is damaged.
UNREADABLE = (ValueError, EOFError, RuntimeError, OSError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class Series:
    """The declaration of one array of a trace: what it is in words, and how an axis names it."""

    name: str
    sentence: str
    symbol: str
    dims: tuple[str, ...]

    @property
    def label(self) -> str:
        """The name in words, with its symbol, as an axis title."""
        return f"{self.name.replace('_', ' ')} {self.symbol}".strip()


def series(sentence: str, *, symbol: str = "") -> Any:
    """Declares one array of a `@trace` class; its annotation (jaxtyping) gives type and shape."""
    return field(metadata={"series": dict(sentence=sentence, symbol=symbol)})


@dataclass(frozen=True, kw_only=True)
class Record:
    """What every trace can do: be cut, saved and loaded. `header` says what was run, and where."""

    # What a player counts as it goes from reading to reading.
    COUNTED = "step"
    header: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings of the run as plain values."""
        return self.header["settings"]

    @property
    def readings(self) -> int:
        """How many readings were recorded."""
        first = next(
            name for name, each in self.__series__.items() if each.dims[:1] == ("reading",)
        )
        return len(getattr(self, first))

    def head(self, readings: int) -> Self:
        """This trace as it stood after its first `readings` readings."""
        cut = {
            name: getattr(self, name)[:readings]
            for name, each in self.__series__.items()
            if each.dims[:1] == ("reading",)
        }
        return dataclasses.replace(self, **cut)

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name."""
        return {name: getattr(self, name) for name in self.__series__}

    def __post_init__(self):
        sizes: dict[str, int] = {}
        for name, each in self.__series__.items():
            array = np.asarray(getattr(self, name))
            object.__setattr__(self, name, array)
            agree = [
                sizes.setdefault(dim, size) == size
                for dim, size in zip(each.dims, array.shape, strict=False)
            ]
            if array.ndim != len(each.dims) or not all(agree):
                shape = f"an array of shape ({', '.join(each.dims)}) with {sizes}"
                raise ValueError(say.refusal(name, shape, array.shape))

    def merits(self) -> dict[str, float]:
        """The figures of merit: a few numbers by name, by which a run is compared with others.

        A room says which; the names do not depend on the run, and the first is what a sweep draws
        where nothing else is asked for. What a run did not come to is nan.
        """
        raise NotImplementedError(f"{type(self).__module__} does not say what its merits are.")

    def as_bytes(self) -> bytes:
        """What `save` writes."""
        file = io.BytesIO()
        header = json.dumps(dict(self.header), sort_keys=True)
        np.savez_compressed(file, header=np.array(header), **self.arrays())
        return file.getvalue()

    def save(self, path: str | os.PathLike) -> Path:
        """Writes the trace whole or not at all (temporary name, then rename); returns the path."""
        path = Path(path)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".trace-", delete=False) as file:
            try:
                file.write(self.as_bytes())
                file.flush()
                os.fsync(file.fileno())
                os.replace(file.name, path)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):  # after the rename
                    os.unlink(file.name)
                raise
        return path

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """Reads what `save` wrote; raises ValueError with one sentence where a file is no trace."""
        with open(path, "rb") as file:
            if not zipfile.is_zipfile(file):
                raise ValueError(
                    f"{path} is not a trace that curvkit saved: it is no whole npz file."
                )
            file.seek(0)
            try:
                with np.load(file, allow_pickle=False) as stored:
                    found = {name: stored[name] for name in stored.files}
                header = json.loads(str(found.get("header", "{}")))
            except UNREADABLE as error:
                reason = str(error).rstrip(".")
                raise ValueError(f"{path} is not a trace that curvkit saved: {reason}.") from error
        absent = [name for name in ("header", *cls.__series__) if name not in found]
        if absent:
            raise ValueError(
                f"{path} is not a {cls.__module__} trace: it has no {', '.join(absent)}."
            )
        return cls(header=header, **{name: found[name] for name in cls.__series__})


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(series,))
def trace(cls: type) -> type:
    """Turns a class of `series` into a frozen dataclass that is a `Record`.

    Each field is annotated by jaxtyping, `loss: Float[Array, "reading"]`; arrays that share a
    dimension name must agree on its size.
    """
    body = {
        name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")
    }
    made = dataclass(frozen=True, kw_only=True)(type(cls.__name__, (Record,), body))
    declared = {}
    for each in dataclasses.fields(made):
        if "series" in each.metadata:
            dims = tuple(each.type.dim_str.split())
            declared[each.name] = Series(name=each.name, dims=dims, **each.metadata["series"])
    made.__series__ = declared
    return made


def header(room: str, settings: Mapping[str, Any], key: jax.Array) -> dict[str, Any]:
    """What makes a run reproducible: room, settings, key, versions, backend, device and time."""
    packages = ("jax", "jaxlib", "numpy", "optax")
    device = jax.devices()[0]
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
        "precision": "float64" if jax.config.jax_enable_x64 else "float32",
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }

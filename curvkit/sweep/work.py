"""What a worker does: a batch of runs of one shape, each to a row and a trace.

It lives in the package, so that a worker keeps its compiled programs from one batch to the next.
"""

import datetime
import importlib
import os
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from curvkit import __version__
from curvkit.environment import environment
from curvkit.sweep import steered

# What `environment` sets, as JAX has it where nobody has set it.
UNSET: dict[str, Any] = {
    "jax_default_matmul_precision": None,
    "jax_compilation_cache_dir": None,
    "jax_persistent_cache_min_compile_time_secs": 1.0,
    "jax_persistent_cache_min_entry_size_bytes": 0,
}


class Outcome(NamedTuple):
    """What came of a run: its row of the table, its trace as bytes, and other files by path."""

    row: dict[str, Any]
    trace: bytes | None = None
    files: Mapping[str, str] = {}


def now() -> str:
    """The time as a trace's header has it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def prepare() -> None:
    """Makes a worker that others have started compute as ours do; what is set there stays.

    JAX reads its environment when it is imported, which it may be by now.
    """
    lacking = {name: v for name, v in environment().items() if name not in os.environ}
    os.environ.update(lacking)
    import jax

    for name, default in UNSET.items():
        if name.upper() in lacking and getattr(jax.config, name) == default:
            value = lacking[name.upper()]
            jax.config.update(name, value if default is None else type(default)(value))


def version() -> str:
    """The version of curvkit on this worker."""
    return __version__


def batch(room: str, runs: Mapping[str, Mapping[str, Any]], size: int, keep: bool) -> list[Outcome]:
    """Makes the runs; where that fails, each by itself, so that only what is wrong fails.

    Args:
        room: the room's name.
        runs: plain settings by the name of the run; their static knobs agree. Where something is
            turned on the way, it is in all of them, and they are made one after another.
        size: to how many runs a batch is filled up: another number would be another program.
        keep: whether traces are kept.
    """
    import jax

    house = importlib.import_module(f"curvkit.{room}")
    parts = [steered.split(each) for each in runs.values()]
    settings = [house.Settings.read(begun) for begun, _ in parts]
    started, devices = time.perf_counter(), len(jax.devices())
    try:
        if size == 1 or any(turned for _, turned in parts):
            pairs = zip(settings, (steered.turns(turned) for _, turned in parts), strict=True)
            traces = [house.stream.run(each, turns=turns) for each, turns in pairs]
        else:
            filled = [*settings, *[settings[-1]] * (shared(size, devices) - len(settings))]
            traces = house.stream.batch(filled)
        outcomes = [
            _ended(name, trace, keep, turned)
            for name, trace, (_, turned) in zip(runs, traces, parts, strict=False)
        ]
    except Exception as error:
        if len(runs) == 1:
            return [_failed(room, *item, error, started) for item in runs.items()]
        alone = [batch(room, {name: each}, 1, keep) for name, each in runs.items()]
        return [each for outcomes in alone for each in outcomes]
    seconds = (time.perf_counter() - started) / len(runs)
    return [each._replace(row={**each.row, "seconds": seconds}) for each in outcomes]


def shared(size: int, devices: int) -> int:
    """How many runs a batch is filled up to, so that it is shared out among all devices.

    >>> shared(5, 4), shared(3, 4), shared(5, 1)
    (8, 3, 5)
    """
    return size + -size % devices if size > devices else size


def _ended(name: str, trace: Any, keep: bool, turned: Mapping[str, Any]) -> Outcome:
    header = trace.header
    versions = {f"version_{package}": value for package, value in header["versions"].items()}
    row = {
        "run": name, "room": header["room"], "status": "ok", "error": None,
        **header["settings"], **turned, **trace.merits(), **versions, "backend": header["backend"],
        "device": header["device"], "precision": header["precision"],
        "finished": header["created"], "readings": trace.readings,
        "trace": f"traces/{name}.npz" if keep else None,
    }  # fmt: skip
    return Outcome(row, trace.as_bytes() if keep else None)


def _failed(room: str, name: str, settings: Mapping[str, Any], error: Exception, started: float):
    seconds = time.perf_counter() - started
    return Outcome(failure(room, name, settings, said(error), seconds))


def failure(
    room: str, name: str, settings: Mapping[str, Any], error: str, seconds: float = 0.0
) -> dict[str, Any]:
    """The row of a run that failed, with what it was to be and why it is not."""
    row = {"run": name, "room": room, "status": "failed", "error": error, **settings}
    return {**row, "version_curvkit": __version__, "seconds": seconds}


def said(error: BaseException) -> str:
    """An error in one line: its kind and the first line of what it says."""
    lines: Sequence[str] = traceback.format_exception_only(error)
    return lines[-1].strip().split("\n")[0][:500]

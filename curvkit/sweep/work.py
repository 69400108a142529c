"""What a worker does: a batch of runs of one shape, each to a row and a trace.

It lives in the package, so that a worker keeps its compiled programs from one batch to the next.
"""

import importlib
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from curvkit import __version__


class Outcome(NamedTuple):
    """What came of a run: its row of the table, its trace as bytes, and other files by path."""

    row: dict[str, Any]
    trace: bytes | None = None
    files: Mapping[str, str] = {}


def version() -> str:
    """The version of curvkit on this worker."""
    return __version__


def batch(room: str, runs: Mapping[str, Mapping[str, Any]], size: int, keep: bool) -> list[Outcome]:
    """Makes the runs; where that fails, each by itself, so that only what is wrong fails.

    Args:
        room: the room's name.
        runs: plain settings by the name of the run; their static knobs agree.
        size: to how many runs a batch is filled up: another number would be another program.
        keep: whether traces are kept.
    """
    house = importlib.import_module(f"curvkit.{room}")
    settings = [house.Settings.read(each) for each in runs.values()]
    started = time.perf_counter()
    try:
        filled = [*settings, *[settings[-1]] * (size - len(settings))]
        traces = house.stream.batch(filled) if size > 1 else [house.stream.run(settings[0])]
        outcomes = [_ended(name, trace, keep) for name, trace in zip(runs, traces, strict=False)]
    except Exception as error:
        if len(runs) == 1:
            return [_failed(room, *item, error, started) for item in runs.items()]
        alone = [batch(room, {name: each}, 1, keep) for name, each in runs.items()]
        return [each for outcomes in alone for each in outcomes]
    seconds = (time.perf_counter() - started) / len(runs)
    return [each._replace(row={**each.row, "seconds": seconds}) for each in outcomes]


def _ended(name: str, trace: Any, keep: bool) -> Outcome:
    header = trace.header
    versions = {f"version_{package}": value for package, value in header["versions"].items()}
    row = {
        "run": name, "room": header["room"], "status": "ok", "error": None,
        **header["settings"], **trace.merits(), **versions, "backend": header["backend"],
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
    told: Sequence[str] = traceback.format_exception_only(error)
    return told[-1].strip().split("\n")[0][:500]

"""A whole sweep: its plan read, its runs made, its table, traces, figures and report written."""

import contextlib
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from rich.console import Console

from curvkit.core import knob, say
from curvkit.report import machine, rooms
from curvkit.report.stop import Stop
from curvkit.sweep import cluster, drive, notebook, store, work
from curvkit.sweep.plan import Plan, identity
from curvkit.sweep.progress import Follower

LARGEST_BATCH = 32


class Summary(NamedTuple):
    """What a sweep came to: its folder, how many runs are in its table, and how many failed."""

    folder: Path
    runs: int
    failed: int
    page: Path


def make(
    room: str,
    *,
    over: Mapping[str, Any] | None = None,
    fixed: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    retry_failed: bool = False,
    scheduler: str | None = None,
    workers: int | None = None,
    batch: int | None = None,
    traces: bool = True,
    notebooks: bool = False,
    client: Any = None,
    console: Console | None = None,
) -> Summary:
    """Runs the product of the values in `over`, on dask, into a folder.

    Args:
        room: the room's name.
        over: values by knob, as lists or as they are typed: `{"sigma": [1, 2], "seed": "0:10"}`.
        fixed: a value by knob, the same in all runs.
        out: the folder; `sweeps/ROOM` if None.
        resume: whether to go on with the sweep in the folder; what is in its table is not run
            again. Without `over` and `fixed` its own plan is made, else theirs is added to it.
        retry_failed: as `resume`, and runs that failed are made again.
        scheduler: the address of a dask scheduler; a cluster on this machine if None.
        workers: how many processes that cluster has; one a core if None.
        batch: how many runs of one shape go at once; moderate if None.
        traces: whether to keep what each run recorded.
        notebooks: whether to run the room's notebook for each run, in place of its experiment.
        client: a dask client to use instead of all that.
        console: where progress is shown.

    Raises:
        ValueError: with one sentence, before anything runs, if something is refused.
        OSError: if the sweep had to stop; what ended is in the table.
    """
    cluster.installed()
    _numbers(workers=workers, batch=batch)
    console, house = console or Console(quiet=True), rooms.load(room)
    kind = notebook.Kind(room) if notebooks else Kind(room, house, traces)
    plan = Plan.read(room, house.Settings, fixed or {}, over or {})
    kind.check(plan)
    kept = _opened(Path(out or Path("sweeps") / room), room, resume or retry_failed)
    with kept.locked():
        if not kept.plans or plan.over or plan.fixed:
            kept.add_plan(plan)
        plans = [Plan.read(room, house.Settings, p["set"], p["over"]) for p in kept.plans]
        there = kept.succeeded() if retry_failed else kept.present()
        runs = expanded(plans, house.Settings, kind.name)
        missing = {name: runs[name] for name in runs if name not in there}
        if missing:
            number = workers or min(machine.cores(), len(missing))
            jobs = kind.jobs(missing, batch or size(len(missing), number))
            where = _given(client) if client else cluster.connected(scheduler, number)
            followed = Follower(console, len(runs), len(runs) - len(missing))
            with Stop(at_once=True) as stop, where as client, followed as bar:
                bar.link(client)
                shape = store.schema(house.Settings, merits(house))
                drive.Drive(client, kept, shape, room, kind.alone, bar.ended, stop).run(jobs)
        return _finish(kept.folder, house, plans)


def _finish(folder: Path, house: Any, plans: list[Plan]) -> Summary:
    from curvkit.sweep import page

    table = store.read(folder)
    made = page.write(folder, house, table, plans)
    return Summary(folder, len(table["run"]), table["status"].count("failed"), made)


@contextlib.contextmanager
def _given(client: Any):
    yield client


def _numbers(**given: int | None) -> None:
    for name, value in given.items():
        if value is not None and value < 1:
            raise ValueError(say.refusal(f"--{name}", "a whole number from 1 on", value))


def _opened(folder: Path, room: str, resume: bool) -> store.Store:
    kept = store.Store.open(folder, resume=resume)
    for plan in kept.plans:
        if plan["room"] != room:
            raise ValueError(f"{folder} holds a sweep of {plan['room']}, not of {room}.")
    return kept


def expanded(plans: list[Plan], settings: type, kind: str) -> dict[str, dict[str, Any]]:
    """All settings of all plans, each once, by the names of their runs."""
    found = {}
    for plan in plans:
        for given in plan.runs():
            whole = knob.as_dict(knob.read(settings, given))
            found.setdefault(identity(plan.room, whole, kind), whole)
    return found


def size(runs: int, workers: int) -> int:
    """How many runs a batch is of: so that each worker has a few, and none waits for long."""
    return max(1, min(LARGEST_BATCH, math.ceil(runs / (4 * workers))))


def merits(house: Any) -> list[str]:
    """The names of a room's figures of merit, asked of an empty trace."""
    settings = house.Settings()
    state = jax.eval_shape(house.stream.begin, settings, jax.random.key(0))
    shapes = jax.eval_shape(house.stream.advance, settings, state, 1)
    empty = {name: np.zeros((0, *each.shape[1:]), each.dtype) for name, each in shapes[1].items()}
    rest = {name: np.zeros(each.shape, each.dtype) for name, each in shapes[4].items()}
    header = {"settings": knob.as_dict(settings)}
    return list(house.stream.trace(header=header, **empty, **rest).merits())


class Kind:
    """Runs of a room's experiment, batched by their shape."""

    name = "run"

    def __init__(self, room: str, house: Any, traces: bool):
        self.room, self.house, self.traces = room, house, traces

    def check(self, plan: Plan) -> None:
        """Nothing more than the gate has checked."""

    def jobs(self, runs: Mapping[str, dict], size: int) -> list[drive.Job]:
        """Batches of runs of one shape and of like length, the last of each shape filled up."""
        shapes: dict[Any, list[str]] = {}
        length: Callable = lambda name: self.house.stream.length(settings[name])
        settings = {name: self.house.Settings.read(each) for name, each in runs.items()}
        for name, each in settings.items():
            shapes.setdefault(jax.tree.structure(each), []).append(name)
        found = []
        for names in shapes.values():
            names, fit = sorted(names, key=length), min(size, len(names))
            for at in range(0, len(names), fit):
                chosen = {name: runs[name] for name in names[at : at + fit]}
                found.append(self._job(chosen, fit))
        return found

    def alone(self, name: str, settings: dict[str, Any]) -> drive.Job:
        """The job of a single run."""
        return self._job({name: settings}, 1)

    def _job(self, runs: dict[str, dict], size: int) -> drive.Job:
        return drive.Job(work.batch, (self.room, runs, size, self.traces), runs)

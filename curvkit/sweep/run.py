"""A whole sweep: its plan read, its runs made, its table, traces, figures and report written."""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
from rich.console import Console

from curvkit.core import files, knob, messages
from curvkit.core.messages import counted
from curvkit.host import machine, provenance, rooms
from curvkit.host.stop import Stop
from curvkit.sweep import cluster, guard, notebook, steered, store, submit, work
from curvkit.sweep.plan import Plan, identity
from curvkit.sweep.progress import SweepProgress

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
    security: Any = None,
    workers: int | None = None,
    batch: int | None = None,
    traces: bool | None = None,
    notebooks: bool | str = False,
    client: Any = None,
    console: Console | None = None,
) -> Summary:
    """Runs the product of the values in `over`, on dask, into a folder.

    Args:
        room: the room's name.
        over: values by knob, as lists or as they are typed: `{"sigma": [1, 2], "seed": "0:10"}`.
            `"learning_rate@300"` is turned during the run, before reading 300: those runs are made
            one after another.
        fixed: a value by knob, the same in all runs.
        out: the folder; `sweeps/ROOM` if None.
        resume: whether to go on with the sweep in the folder; what is in its table is not run
            again, but for runs whose traces are gone. Without `over` and `fixed` its own plan is
            made, else theirs is added to it.
        retry_failed: as `resume`, and runs that failed are made again.
        scheduler: the address of a dask scheduler, which is believed and whose workers are: one at
            `tls://` tells by certificates who may use it. A cluster on this machine if None, which
            nobody else can use.
        security: the certificates for a scheduler at `tls://`, a `distributed.Security`; as dask's
            configuration has them, `distributed.comm.tls`, if None.
        workers: how many processes that cluster has; one a core if None.
        batch: how many runs of one shape go at once; moderate if None.
        traces: whether to keep what each run recorded; if None, as the sweep that is gone on with
            does, and a new one does.
        notebooks: whether to run the room's notebook for each run, in place of its experiment, or
            the name of another one of the room. A sweep of notebooks goes on as one.
        client: a dask client to use instead of all that.
        console: where progress is shown.

    Raises:
        ValueError: with one sentence, before anything runs, if something is refused.
        OSError: if the sweep had to stop; what ended is in the table.
    """
    reach = _reach(client, scheduler, security)
    _numbers(workers=workers, batch=batch)
    console, house = console or Console(quiet=True), rooms.load(room)
    planned = lambda *given: Plan.read(room, house.Settings, *given, steers=house.stream.steers)
    plan = planned(fixed or {}, over or {})
    folder, resume = _folder(out, room), resume or retry_failed
    kind = _kind(store.Store.find(folder, resume=resume), room, house, notebooks, traces)
    kind.check(plan)
    results = store.Store.open(folder, resume=resume)
    with results.locked():
        if not results.plans or plan.over or plan.fixed:
            results.note(plan, kind.way)
        plans = [planned(each["set"], each["over"]) for each in results.plans]
        runs = expanded(plans, house.Settings, kind.name)
        shape = _schema(house, runs)
        missing = _missing(results, runs, shape, kind, retry_failed, console)
        if missing:
            number = workers or min(machine.cores(), len(missing))
            jobs = kind.jobs(missing, batch or size(len(missing), number))
            bar = SweepProgress(console, len(runs), len(missing))
            with _told_of(results.folder, house, plans, len(runs)):
                _run(reach(number, bar.say), jobs, results, shape, kind, bar)
        return _finish(results.folder, house, plans, len(runs))


def _schema(house: Any, runs: Mapping[str, Mapping[str, Any]]) -> Any:
    """The columns of the table of these runs."""
    turned = {name for each in runs.values() for name in steered.split(each)[1]}
    merits = house.stream.merit_names(house.Settings())
    return store.schema(house.Settings, merits, sorted(turned, key=steered.parted))


def _folder(out: str | Path | None, room: str) -> Path:
    return Path("sweeps") / room if out is None else files.named("--out")(out)


def _reach(client: Any, scheduler: str | None, security: Any) -> Callable[..., Any]:
    """What connects to where the runs are made, once it is known how many there are.

    Raises:
        ValueError: with one sentence, if it is known already that this cannot be done.
    """
    cluster.installed(own=client is None and scheduler is None)
    if scheduler is not None and not scheduler.strip():
        raise ValueError(
            messages.refusal("--scheduler", "an address as tcp://host:8786", scheduler)
        )
    security = security or cluster.secure(scheduler, {})
    if client is not None:
        return lambda workers, tell: _given(client)
    if scheduler is None:
        guard.check()

    def connected(workers: int, tell: Callable[[str], None]) -> Any:
        if scheduler is not None and security is None:
            tell(cluster.OPEN.format(scheduler=scheduler))
        return cluster.connected(scheduler, workers, **{"security": security} if security else {})

    return connected


def _missing(
    sweep: store.Store, runs: dict[str, Any], shape: Any, kind: Any, retry: bool, console: Console
) -> dict[str, Any]:
    """The runs that are to be made, by name; says what is not as it should be with the others.

    Raises:
        ValueError: with one sentence, if the table cannot be gone on with.
    """
    tell: Callable[..., Any] = lambda text: console.print(
        text, markup=False, highlight=False, soft_wrap=True
    )
    sweep.check(shape)
    there = sweep.succeeded() if retry else sweep.present()
    before = sweep.way.get("source")
    if there and before and before != provenance.source():
        tell("The table was begun by another state of curvkit's source; its rows may differ.")
    if extra := there - runs.keys():
        more = counted(len(extra), "run")
        tell(f"In the table {more} more than the plan has: {min(extra)} and so on.")
    lost = sweep.lost(runs)
    if lost and kind.keeps:
        tell(f"{counted(len(lost), 'run')} ended, and what it left is gone or cut off: made again.")
        there -= lost
    elif lost:
        tell(f"{counted(len(lost), 'run')} ended, and the trace that the table names is gone.")
    return {name: runs[name] for name in runs if name not in there}


@contextlib.contextmanager
def _told_of(*sweep: Any) -> Iterator[None]:
    """Where a sweep is stopped within the block, writes the page of what has ended."""
    try:
        yield
    except (KeyboardInterrupt, submit.Stopped):
        # The page is worth having, and no reason to say anything else than why it was stopped.
        with contextlib.suppress(OSError, ValueError):
            _finish(*sweep)
        raise


def _run(
    where: Any, jobs: list[Any], sweep: store.Store, shape: Any, kind: Any, follower: SweepProgress
):
    """Makes the runs of all jobs, each kept as it ends."""
    with Stop(at_once=True) as stop, where as client, follower as bar:
        bar.link(client)
        submit.Drive(client, sweep, shape, kind.room, kind.alone, bar.ended, stop).run(jobs)


def _finish(folder: Path, house: Any, plans: list[Plan], planned: int) -> Summary:
    from curvkit.sweep import page

    table = store.read(folder)
    try:
        path = page.write(folder, house, table, plans, planned)
    except OSError as error:
        raise submit.Stopped(
            f"All runs that have ended are in {folder / 'table'}, but report.html cannot be "
            f"written: {error.strerror or error}; --resume writes it."
        ) from error
    return Summary(folder, len(table["run"]), table["status"].count("failed"), path)


@contextlib.contextmanager
def _given(client: Any):
    yield client


def _numbers(**given: int | None) -> None:
    for name, value in given.items():
        if value is not None and value < 1:
            raise ValueError(messages.refusal(f"--{name}", "a whole number from 1 on", value))


def _kind(
    sweep: store.Store, room: str, house: Any, notebooks: bool | str, traces: bool | None
) -> Any:
    """What makes the runs: as is asked for, and else as in the sweep that is gone on with."""
    for plan in sweep.plans:
        if plan["room"] != room:
            raise ValueError(f"{sweep.folder} holds a sweep of {plan['room']}, not of {room}.")
    before = sweep.way.get("notebook")
    wanted = notebooks if isinstance(notebooks, str) else None
    if not (notebooks or before is not None):
        return RoomRuns(room, house, sweep.way.get("traces", True) if traces is None else traces)
    kind = notebook.NotebookRuns(room, wanted or notebook.noted(before, sweep.folder))
    if sweep.way:
        kind.goes_on(sweep)
    return kind


def expanded(plans: list[Plan], settings: type, kind: str) -> dict[str, dict[str, Any]]:
    """All settings of all plans, each once, by the names of their runs."""
    by_name = {}
    for plan in plans:
        for point in plan.runs():
            begun, turned = steered.split(point)
            values = knob.as_dict(knob.read(settings, begun)) | turned
            by_name.setdefault(identity(plan.room, values, kind), values)
    return by_name


def size(runs: int, workers: int) -> int:
    """How many runs a batch is of: so that each worker has a few, and none waits for long."""
    return max(1, min(LARGEST_BATCH, math.ceil(runs / (4 * workers))))


class RoomRuns:
    """Runs of a room's experiment, batched by their shape."""

    name = "run"
    keeps = property(lambda self: self.traces)

    def __init__(self, room: str, house: Any, traces: bool):
        self.room, self.house, self.traces = room, house, traces
        self.way = {"notebook": None, "traces": traces}

    def check(self, plan: Plan) -> None:
        """Raises ValueError where a run is over before it is turned."""
        if not any("@" in name for name in (*plan.fixed, *plan.over)):
            return
        for point in plan.runs():
            begun, turned = steered.split(point)
            steered.in_time(self.house.stream, self.house.Settings.read(begun), turned)

    def jobs(self, runs: Mapping[str, dict[Any, Any]], size: int) -> list[submit.Job]:
        """Batches of runs of one shape and of like length, the last of each shape filled up."""
        shapes: dict[Any, list[str]] = {}
        length: Callable[..., Any] = lambda name: self.house.stream.length(settings[name])
        parts = {name: steered.split(each) for name, each in runs.items()}
        settings = {name: self.house.Settings.read(begun) for name, (begun, _) in parts.items()}
        for name, each in settings.items():
            # What is turned is turned in one run alone, and is no part of a batch.
            shape = jax.tree.structure(each), bool(parts[name][1])
            shapes.setdefault(shape, []).append(name)
        jobs = []
        for names in shapes.values():
            names, fit = sorted(names, key=length), min(size, len(names))
            for at in range(0, len(names), fit):
                chosen = {name: runs[name] for name in names[at : at + fit]}
                jobs.append(self._job(chosen, fit))
        return jobs

    def alone(self, name: str, settings: dict[str, Any]) -> submit.Job:
        """The job of a single run."""
        return self._job({name: settings}, 1)

    def _job(self, runs: dict[str, dict[Any, Any]], size: int) -> submit.Job:
        return submit.Job(work.batch, (self.room, runs, size, self.traces), runs)

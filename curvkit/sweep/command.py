"""The command `curvkit sweep`; what is heavy is imported when it is called."""

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from curvkit.environment import environment

Over = Annotated[
    list[str] | None,
    typer.Option(
        "--over", metavar="NAME=VALUES",
        help="Sweep a knob over 1,1.9,2 or over 0:10 (the end left out); may be given again.",
    ),
]  # fmt: skip
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Turn a knob the same way in all runs."),
]
File = Annotated[
    Path | None,
    typer.Option(
        "--settings", metavar="FILE", help="Read set and over from a .toml or .yaml file."
    ),
]
Number = Annotated[int | None, typer.Option(min=1, metavar="N", help="Processes; one a core.")]
Runs = Annotated[int | None, typer.Option(min=1, metavar="N", help="Runs that go at once.")]
Room = Annotated[str, typer.Argument(help="The room whose experiment is run.")]
Folder = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The folder; sweeps/ROOM if not given.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the sweep that is in the folder.")
]
Retry = Annotated[
    bool, typer.Option("--retry-failed", help="Go on, and make again the runs that failed.")
]
Notebook = Annotated[
    bool, typer.Option("--notebook", help="Run the room's notebook for each setting instead.")
]
Scheduler = Annotated[
    str | None, typer.Option(metavar="tcp://HOST:PORT", help="A dask scheduler; else this machine.")
]
Traces = Annotated[
    bool, typer.Option("--traces/--no-traces", help="Whether to keep each run's trace.")
]


def sweep(
    room: Room,
    over: Over = None,
    settings: Set = None,
    file: File = None,
    out: Folder = None,
    resume: Resume = False,
    retry_failed: Retry = False,
    notebook: Notebook = False,
    scheduler: Scheduler = None,
    workers: Number = None,
    batch: Runs = None,
    traces: Traces = True,
) -> None:
    """Run a room at every combination of settings, into a table of one row a run.

    Results are kept as they end. The status is 0 if all runs are ok, 1 if one failed, 2 if
    something was refused, 130 if it was stopped; --resume goes on where it was.
    """
    os.environ.update(environment())
    from curvkit.sweep import plan

    told = plan.from_file(file) if file else {}
    if told.get("room", room) != room:
        raise ValueError(f"{file} is for the room {told['room']}, not for {room}.")
    fixed = {**told.get("set", {}), **plan.typed(settings or (), "--set")}
    swept = {**told.get("over", {}), **plan.typed(over or (), "--over")}
    from curvkit.sweep.whole import make

    options = dict(workers=workers, batch=batch, traces=traces, notebooks=notebook)
    where = dict(
        out=out, resume=resume, retry_failed=retry_failed, scheduler=scheduler, console=Console()
    )
    try:
        done = make(room, over=swept, fixed=fixed, **where, **options)
    except KeyboardInterrupt:
        given = (f" --out {shlex.quote(str(out))}" if out else "") + " --notebook" * notebook
        typer.echo(f"Stopped; to go on: curvkit sweep {room} --resume{given}", err=True)
        raise typer.Exit(130) from None
    if done.failed:
        told = f"{done.failed} of {done.runs} runs failed; the table says why, and --retry-failed"
        typer.echo(f"{told} makes them again.", err=True)
    typer.echo(f"Open {done.page}; the table is {done.folder / 'table'}")
    raise typer.Exit(1 if done.failed else 0)

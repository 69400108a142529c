"""The command `curvkit sweep`; what is heavy is imported when it is called."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

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


def sweep(
    room: Annotated[str, typer.Argument(help="The room whose experiment is run.")],
    over: Over = None,
    settings: Set = None,
    file: File = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder; sweeps/ROOM if not given.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the sweep that is in the folder.")
    ] = False,
    notebook: Annotated[
        bool, typer.Option("--notebook", help="Run the room's notebook for each setting instead.")
    ] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="tcp://HOST:PORT", help="A dask scheduler; else this machine."),
    ] = None,
    workers: Number = None,
    batch: Runs = None,
    traces: Annotated[
        bool, typer.Option("--traces/--no-traces", help="Whether to keep each run's trace.")
    ] = True,
) -> None:
    """Run a room at every combination of settings, into a table of one row a run.

    Results are kept as they end. The status is 0 if all runs are ok, 1 if one failed, 2 if
    something was refused, 130 if it was stopped; --resume goes on where it was.
    """
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    from curvkit.sweep import plan

    told = plan.from_file(file) if file else {}
    if told.get("room", room) != room:
        raise ValueError(f"{file} is for the room {told['room']}, not for {room}.")
    fixed = {**told.get("set", {}), **plan.typed(settings or (), "--set")}
    swept = {**told.get("over", {}), **plan.typed(over or (), "--over")}
    from curvkit.sweep.whole import make

    try:
        done = make(
            room, over=swept, fixed=fixed, out=out, resume=resume, scheduler=scheduler,
            workers=workers, batch=batch, traces=traces, notebooks=notebook, console=Console(),
        )  # fmt: skip
    except KeyboardInterrupt:
        place = f" --out {out}" if out else ""
        typer.echo(
            "Stopped; what had ended is kept. To go on: "
            f"curvkit sweep {room} --resume{place}{' --notebook' if notebook else ''}",
            err=True,
        )
        raise typer.Exit(130) from None
    if done.failed:
        typer.echo(f"{done.failed} of {done.runs} runs failed; the table says why.", err=True)
    typer.echo(f"Open {done.page}; the table is {done.folder / 'table'}")
    raise typer.Exit(1 if done.failed else 0)

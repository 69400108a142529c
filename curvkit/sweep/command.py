"""The command `curvkit sweep`; what is heavy is imported when it is called."""

import os
import shlex
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from curvkit.core import files
from curvkit.core.messages import counted
from curvkit.environment import environment

Over = Annotated[
    list[str] | None,
    typer.Option(
        "--over", metavar="NAME=VALUES",
        help="Sweep a knob over 1,1.9,2 or over 0:10 (the end left out); may be given again. "
        "NAME@300 is the knob from reading 300 on.",
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
Room = Annotated[
    str | None, typer.Argument(help="The room whose experiment is run; or the file says it.")
]
Folder = Annotated[
    Path | None,
    typer.Option(
        parser=files.named("--out"), metavar="DIR", help="The folder; sweeps/ROOM if not given."
    ),
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
Named = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="As --notebook, with another notebook of the room."),
]
Scheduler = Annotated[
    str | None, typer.Option(metavar="tls://HOST:PORT", help="A dask scheduler; else this machine.")
]
Authority = Annotated[
    Path | None,
    typer.Option(
        "--tls-ca-file", metavar="FILE",
        help="Whose certificates a scheduler at tls:// is known by; as dask's configuration says.",
    ),
]  # fmt: skip
Certificate = Annotated[
    Path | None,
    typer.Option("--tls-cert", metavar="FILE", help="The certificate that is shown to it."),
]
Key = Annotated[
    Path | None, typer.Option("--tls-key", metavar="FILE", help="The key of that certificate.")
]
Traces = Annotated[
    bool | None, typer.Option("--traces/--no-traces", help="Whether to keep each run's trace.")
]


def sweep(
    room: Room = None,
    over: Over = None,
    settings: Set = None,
    file: File = None,
    out: Folder = None,
    resume: Resume = False,
    retry_failed: Retry = False,
    notebook: Notebook = False,
    notebook_of: Named = None,
    scheduler: Scheduler = None,
    tls_ca_file: Authority = None,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    workers: Number = None,
    batch: Runs = None,
    traces: Traces = None,
) -> None:
    """Run a room at every combination of settings, into a table of one row a run.

    Results are kept as they end. The status is 0 if all runs are ok, 1 if one failed, 2 if
    something was refused, 130 if it was stopped; --resume goes on where it was.
    """
    os.environ.update(environment())
    from curvkit.sweep import plan

    room, swept, fixed = plan.asked(room, file, over or (), settings or ())
    where = dict(out=out, scheduler=scheduler, workers=workers, batch=batch)
    certificates = dict(tls_ca_file=tls_ca_file, tls_cert=tls_cert, tls_key=tls_key)
    runs = dict(over=swept, fixed=fixed, notebooks=notebook_of or notebook, traces=traces)
    # A notebook that was named by its path is named again: a folder of results leads nowhere.
    named = notebook_of if notebook_of and notebook_of.endswith(".ipynb") else None
    again = where | certificates | {"notebook_of": named}
    how = dict(resume=resume, retry_failed=retry_failed)
    _made(room, where | runs | how, certificates, lambda: _stopped(room, retry_failed, again))


def _made(
    room: str, given: dict[str, Any], certificates: dict[str, Any], again: Callable[..., Any]
) -> None:
    """Makes the sweep, says how that ended, and leaves with the status for it."""
    from curvkit.sweep import cluster
    from curvkit.sweep.run import make

    security = cluster.secure(given["scheduler"], certificates)
    # What dask has begun and a key breaks off is no news.
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    try:
        summary = make(room, **given, security=security, console=Console())
    except KeyboardInterrupt:
        typer.echo(again(), err=True)
        raise typer.Exit(130) from None
    if summary.failed:
        sentence = (
            f"{summary.failed} of {counted(summary.runs, 'run')} failed; the table says why, and "
            "--retry-failed"
        )
        typer.echo(f"{sentence} makes them again.", err=True)
    typer.echo(f"Open {summary.page}; the table is {summary.folder / 'table'}")
    raise typer.Exit(1 if summary.failed else 0)


def _stopped(room: str, retry_failed: bool, where: dict[str, Any]) -> str:
    """What to type to go on; what the runs are and how they are made is in the folder."""
    if not ((where["out"] or Path("sweeps") / room) / "sweep.json").exists():
        return "Stopped before anything was run."
    flag = "--retry-failed" if retry_failed else "--resume"
    options = [
        f"--{name.replace('_', '-')}={each}" for name, each in where.items() if each is not None
    ]
    return f"Stopped; to go on: {shlex.join(['curvkit', 'sweep', room, flag, *options])}"

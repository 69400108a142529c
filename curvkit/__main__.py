"""The command line: `curvkit lab`, `report`, `bundle`, `run`, `sweep`, `doctor`, `rooms`, `new`.

What is heavy is imported within the command that needs it, so that help comes at once.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table

from curvkit import __version__
from curvkit._rooms import about, names
from curvkit.core import files
from curvkit.doctor import command as doctors
from curvkit.environment import environment
from curvkit.host.rooms import having, load
from curvkit.report import command as reports
from curvkit.report import notebooks
from curvkit.sweep import command as sweeps

FIRST = "00_start_here"
app = typer.Typer(
    name="curvkit",
    help="See and turn what seven papers found about how neural networks train.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# Their endings tell what is written; of a figure that is a page alone, which moves.
TRACE, PAGE = files.file_named("--out", [".npz"]), files.file_named("--figure", [".html", ".htm"])
MARK = '<meta name="generator" content="curvkit run">'
Setting = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Turn a knob; may be given several times."),
]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"curvkit {__version__}")
        raise typer.Exit


@app.callback()
def curvkit(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """See and turn what seven papers found about how neural networks train."""


@app.command()
def lab(
    notebook: Annotated[
        str, typer.Argument(help="The notebook to open: a path, a name, or a part of a name.")
    ] = FIRST,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Whether to open a browser window.")
    ] = True,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="The port to listen on, or the next free one.")
    ] = 8888,
) -> None:
    """Open JupyterLab on a notebook, for this machine only and behind its token."""
    place, copied = notebooks.to_work_on(notebooks.choose([notebook])[0])
    if copied:
        typer.echo(f"The notebooks were copied to {place.parent}, where they may be changed.")
    command, environment = _lab(place, browser, port)
    if os.name == "nt":  # where exec would leave the terminal before JupyterLab has ended
        raise typer.Exit(subprocess.call(command, env=environment))
    os.execve(command[0], command, environment)


def _lab(notebook: Path, browser: bool, port: int) -> tuple[list[str], dict[str, str]]:
    """The command that opens JupyterLab, and the environment it runs in."""
    root = notebook.parent.parent if notebook.parent.name == "notebooks" else notebook.parent
    place = quote(notebook.relative_to(root).as_posix())
    command = [sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", f"--port={port}"]
    command += [f"--ServerApp.root_dir={root}", f"--LabApp.default_url=/lab/tree/{place}"]
    command += [] if browser else ["--no-browser"]
    # In a container one is root, and JupyterLab will not start unless told so.
    command += ["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    return command, {**environment(), "JUPYTER_PREFER_ENV_PATH": "1"}


app.command()(reports.report)
app.command()(reports.gallery)
app.command()(reports.bundle)
app.command()(reports.page)


@app.command()
def run(
    room: Annotated[str, typer.Argument(help="The room whose experiment is run.")],
    settings: Setting = None,
    out: Annotated[
        Path | None,
        typer.Option(parser=TRACE, metavar="TRACE.npz", help="Keep the trace in this file."),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(parser=PAGE, metavar="PAGE.html", help="Keep a moving figure in this page."),
    ] = None,
    view: Annotated[
        str | None, typer.Option(help="Which of the room's figures; the first if none is given.")
    ] = None,
) -> None:
    """Run a room's experiment once, and say in words what came of it."""
    os.environ.update(environment())
    _places(out, figure)
    from curvkit.core import knob
    from curvkit.pages import parameters

    house = load(room) if view is None else having(room, "figure", view, typer.echo)
    values = knob.read(house.Settings, parameters.pairs(settings or ()))
    drawings = house.room.figures
    trace = house.run(values, progress=True)
    typer.echo(house.figures.words(trace).replace("**", ""))
    if out is not None:
        trace.save(out)
    if figure is not None:
        files.write(figure, _page(drawings[view or next(iter(drawings))], trace))


def _places(out: Path | None, figure: Path | None) -> None:
    """Sees to it that what the run leaves can be written, and takes nothing else's place."""
    if out is not None:
        from curvkit.core.header import is_one

        files.ready(out, is_one, "a trace of curvkit")
    if figure is not None:
        files.ready(figure, lambda path: files.holds(path, MARK), "a figure's page of curvkit")
    if out is not None and figure is not None and files.same(out, figure):
        raise ValueError(f"--out and --figure are the same file, {out}; name two.")


def _page(draw: Any, trace: Any) -> str:
    """A page of one figure that plays by itself and needs no network."""
    from curvkit.show.player import animate

    page = animate(draw, trace).to_html(include_plotlyjs=True, auto_play=False)
    return page.replace("<head>", f"<head>{MARK}", 1)


app.command()(sweeps.sweep)
app.command()(doctors.doctor)


@app.command(name="rooms")
def list_rooms(
    room: Annotated[str | None, typer.Argument(help="A room, to list its knobs.")] = None,
) -> None:
    """List the rooms, or the knobs of one of them."""
    table = _knobs(room) if room else Table("room", "what it shows", box=None, pad_edge=False)
    if not room:
        for name in names():
            table.add_row(name, about(name))
    # A pipe has no width of its own; what reads it can cope with more than 80 columns.
    Console(width=None if sys.stdout.isatty() else 120).print(table)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The room's name, as Python names a package.")],
    root: Annotated[Path, typer.Option(help="The clone of curvkit to write into.")] = Path(),
) -> None:
    """Write a room that runs at once, its notebook, its claims and its test."""
    from curvkit.new.scaffold import write

    for path in write(name, root):
        typer.echo(path.relative_to(root))
    typer.echo(
        f"Now: make notebooks, then curvkit run {name}; CONTRIBUTING.md says what comes next."
    )


def _knobs(room: str) -> Table:
    house = load(room)
    from curvkit.core import knob

    table = Table(box=None, pad_edge=False, row_styles=("", "dim"))
    for heading in ("name", "default", "range", "scale"):
        table.add_column(heading, no_wrap=heading in ("name", "default"))
    table.add_column("static")
    table.add_column("what it does", ratio=1)
    for name, each in knob.knobs(house.Settings).items():
        scale = "" if each.choices or each.kind is bool else each.scale
        static = "yes" if each.static else ""
        wanted = each.expected.removeprefix("one of ").removeprefix("a number from ")
        wanted = wanted.removeprefix("a whole number from ")
        table.add_row(name, str(each.default), wanted, scale, static, each.sentence)
    return table


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; what is refused ends as one sentence and status 2."""
    try:
        app(args=None if arguments is None else list(arguments))
    except KeyboardInterrupt:
        sys.exit(130)
    except (ValueError, OSError) as error:
        sentence = str(error)
        if isinstance(error, OSError) and error.strerror:
            where = f"{error.filename}: " if error.filename else ""
            sentence = f"{where}{error.strerror}."
        print(f"curvkit: {sentence}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()

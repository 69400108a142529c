"""The command `curvkit report`; what is heavy is imported when it is called."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from curvkit.core import files, messages
from curvkit.environment import environment
from curvkit.host import machine
from curvkit.report import notebooks

PROFILES = ("quick", "full", "paper")
OF_A_SITE = PROFILES[:2]
Chosen = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NOTEBOOK]...", help="Paths, names, or parts of names; all if none is given."
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter wherever a notebook has it."),
]


OUT = files.named("--out")
Folder = Annotated[Path, typer.Option(parser=OUT, metavar="DIR", help="The folder of the pages.")]
Profile = Annotated[
    str,
    typer.Option(
        metavar="quick|full|paper",
        help="Shorten the runs that can be shortened, or not; or take a paper's own data.",
    ),
]
SiteProfile = Annotated[
    str, typer.Option(metavar="quick|full", help="Shorten the runs that can be shortened, or not.")
]
Formats = Annotated[
    list[str],
    typer.Option(
        "--format", metavar="html|notebook|pdf", help="What is made; may be given several times."
    ),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Run also what has not changed since.")]
Live = Annotated[
    bool, typer.Option("--live", help="Let the scenes train in their pages (needs ziglang).")
]
Jobs = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Notebooks run side by side; 2 if there is room."),
]
Timeout = Annotated[float, typer.Option(metavar="SECONDS", help="How long one cell may take.")]


def report(
    chosen: Chosen = None,
    settings: Set = None,
    out: Folder = Path("reports"),
    profile: Profile = "full",
    formats: Formats = ["html"],  # noqa: B006, which typer copies
    fresh: Fresh = False,
    live: Live = False,
    jobs: Jobs = None,
    timeout: Timeout = 600,
) -> None:
    """Run notebooks without a screen, and write self-contained pages that move without a network.

    Interrupted and started again it goes on: what ended well and has not changed is not run twice.
    The status is 0 if all ran, 1 if one failed, 2 if nothing was run, and 130 if it was stopped.
    """
    if profile not in PROFILES:
        raise ValueError(messages.unknown("profile", profile, PROFILES))
    console, paths = Console(), notebooks.choose(chosen or ())
    from curvkit.report.run import make

    options = dict(given=settings or (), quick=profile == "quick", formats=formats, fresh=fresh)
    options |= dict(live=live, paper=profile == "paper")
    options |= dict(console=console, timeout=timeout, jobs=jobs or machine.notebooks_at_once())
    _ended(make, paths, out, options)


def _ended(
    make: Callable[..., Any], paths: list[Path], out: Path, options: dict[str, Any]
) -> NoReturn:
    """Makes what is asked for, says how that ended, and leaves with the status for it."""
    try:
        failed = make(paths, out=out, **options)
    except KeyboardInterrupt:
        typer.echo(f"Stopped; the same command goes on from what is finished in {out}.", err=True)
        raise typer.Exit(130) from None
    if failed:
        typer.echo(f"{len(failed)} of {messages.counted(len(paths), 'notebook')} failed:", err=True)
        typer.echo("".join(f"  {each}\n" for each in failed), err=True, nl=False)
    typer.echo(f"Open {out / 'index.html'}")
    raise typer.Exit(1 if failed else 0)


Site = Annotated[Path, typer.Option(parser=OUT, metavar="DIR", help="The folder of the site.")]


def gallery(
    chosen: Chosen = None,
    out: Site = Path("site"),
    profile: SiteProfile = "full",
    jobs: Jobs = None,
    timeout: Timeout = 600,
) -> None:
    """Make a static site of the notebooks: it plays, and its main knobs turn, with no kernel."""
    if profile not in OF_A_SITE:
        raise ValueError(messages.unknown("profile", profile, OF_A_SITE))
    paths = notebooks.choose(chosen or ())
    os.environ.update(environment())
    from curvkit.report.gallery import build

    options = dict(quick=profile == "quick", timeout=timeout, console=Console())
    options |= dict(jobs=jobs or machine.notebooks_at_once())
    _ended(build, paths, out, options)


Room = Annotated[str, typer.Argument(help="The room whose scene is shown.")]
Scene = Annotated[str | None, typer.Option(help="Which of its scenes; the first if none is given.")]
Figure = Annotated[
    str | None, typer.Option(help="Which of its figures is first, of a page of figures.")
]
Lesson = Annotated[
    Path | None, typer.Option(parser=OUT, metavar="FILE", help="The page; ROOM-SCENE.html if none.")
]


def page(
    room: Room, scene: Scene = None, figure: Figure = None, settings: Set = None,
    out: Lesson = None,
) -> None:  # fmt: skip
    """Write a page of one scene, or of figures, that trains in it: one file, for a course's site.

    It needs no kernel, no server and no network, also when it is opened from a file.
    """
    from curvkit.host.rooms import having, load
    from curvkit.pages import parameters
    from curvkit.report import trained

    if scene is not None and figure is not None:
        raise ValueError("A page is of a scene or of figures; give --scene or --figure.")
    kind, asked = ("scene", scene) if figure is None else ("figure", figure)
    house = (load(room) if asked is None else having(room, kind, asked, typer.echo)).room
    drawn = figure if figure is not None or house.scenes else next(iter(house.figures))
    name = drawn or (next(iter(house.scenes)) if scene is None else scene)
    target = out or Path(f"{house.name}-{name}.html")
    if target.suffix != ".html":
        raise ValueError(messages.refusal("--out", "a file ending in .html", str(target)))
    files.replaceable(target, trained.is_one, "a page of curvkit")
    write = trained.lesson if drawn is None else trained.figures
    sizes = write(house, name, parameters.pairs(settings or ()), target)
    kilobytes = {part: round(size / 1000) for part, size in sizes.items()}
    besides = f", beside plotly's {kilobytes['plotly']} kB" if kilobytes["plotly"] else ""
    programs = f"of which programs {kilobytes['programs']} kB"
    typer.echo(f"{target}: {kilobytes['page']} kB, {programs}{besides}")


Notebook = Annotated[str, typer.Argument(help="A path, a name, or a part of a name.")]
Bundled = Annotated[
    Path | None,
    typer.Option(
        parser=OUT, metavar="FILE", help="A file or a folder; NOTEBOOK_bundle.ipynb if none."
    ),
]


def bundle(notebook: Notebook, out: Bundled = None) -> None:
    """Write a notebook that brings curvkit along, for a host that does not have it, such as Colab.

    One file, which needs no network; it replaces nothing that the host has.
    """
    (path,) = notebooks.choose([notebook])
    target = out or Path()
    if target.is_dir():
        target /= f"{path.stem}_bundle.ipynb"
    with contextlib.suppress(FileNotFoundError):
        files.existing(target)
    if target.suffix != ".ipynb":
        raise ValueError(
            messages.refusal("--out", "a folder or a file ending in .ipynb", str(target))
        )
    from curvkit.report import bundle as bundles

    carried = bundles.bundle(path, target)
    size = target.stat().st_size / 1e6
    typer.echo(f"{target}: {size:.1f} MB, with {', '.join(carried)}")

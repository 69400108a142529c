"""A whole report: each notebook run, each page written, and the index after each of them."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.reader import NotJSONError
from rich.console import Console

from curvkit.core import say
from curvkit.report import execute, files, index, page, parameters, pdf, record
from curvkit.report.progress import Follower
from curvkit.report.stop import Stop

FORMATS = ("html", "notebook", "pdf")
PROFILES = ("full", "quick")


@dataclass(frozen=True)
class Job:
    """A notebook to be run: where it lies, what was read there, its parameters, and its mark."""

    path: Path
    node: NotebookNode
    values: dict[str, Any]
    mark: str = field(repr=False)


def make(
    notebooks: Sequence[Path],
    *,
    out: Path,
    given: Sequence[str] = (),
    quick: bool = False,
    formats: Sequence[str] = ("html",),
    fresh: bool = False,
    timeout: float = 600,
    console: Console | None = None,
) -> list[str]:
    """Runs notebooks and writes `<stem>.html`, `.ipynb` and `.log` of each and `index.html`.

    A notebook that ended well in an earlier report into the same folder is not run again, unless
    its source, its parameters, the versions of what it uses or curvkit's own source changed.

    Args:
        notebooks: paths, as `notebooks.choose` finds them.
        out: the folder to write to; made if it is not there.
        given: `name=value` as typed; every name must be a parameter of at least one notebook.
        quick: whether to shorten the notebooks that say how, as `parameters.quickened` reads it.
        formats: what is made of each: a page (html), the executed notebook alone, a pdf.
        fresh: whether to run all of them, whatever is there.
        timeout: seconds that one cell may take.
        console: where progress is shown.

    Returns:
        A sentence for each notebook that failed.

    Raises:
        ValueError: with one sentence, before anything runs, if a parameter is refused.
        OSError: with one sentence, if nothing more can be written; what is finished stays.
        KeyboardInterrupt: when stopped; the kernel is shut down, finished pages and index stay.
    """
    if not timeout > 0:
        raise ValueError(say.refusal("timeout", "a number of seconds above 0", timeout))
    for each in formats:
        if each not in FORMATS:
            raise ValueError(say.unknown("format", each, FORMATS))
    if "pdf" in formats:
        pdf.browser()
    jobs = _jobs(notebooks, given, quick)
    _writable(out, notebooks)
    profile, failed = "quick" if quick else "full", []
    with files.locked(out, "report"), Stop() as stop, Follower(console or Console()) as follower:
        runs = index.earlier(out)
        maker = Maker(out, formats, fresh, timeout, profile, follower, stop)
        for job in jobs:
            stop.check()
            with _told(out):
                facts = runs[job.path.stem] = maker.make(job)
                files.write(out / "index.html", index.render(runs, out))
            if facts["failure"]:
                failed.append(f"{job.path.stem} failed in {facts['failure']}")
    return failed


def _jobs(notebooks: Sequence[Path], given: Sequence[str], quick: bool) -> list[Job]:
    nodes = {path.stem: _read(path) for path in notebooks}
    values = parameters.check(nodes, parameters.pairs(given))
    if quick:
        values = parameters.quickened(nodes, values)
    return [
        Job(path, nodes[stem], values[stem], record.mark(nodes[stem], values[stem]))
        for stem, path in ((path.stem, path) for path in notebooks)
    ]


@dataclass(frozen=True)
class Maker:
    """Runs notebooks into a folder, each with its files; arguments as in `make`."""

    out: Path
    formats: Sequence[str]
    fresh: bool
    timeout: float
    profile: str
    follower: Follower
    stop: Stop

    def make(self, job: Job) -> dict[str, Any]:
        """Runs a notebook, or takes what was run; writes what is not there, the record last."""
        stem, record_of = job.path.stem, self.out / f"{job.path.stem}.ipynb"
        kept = None if self.fresh else record.finished(record_of, job.mark)
        self.follower.begin(stem, len(job.node.cells), quietly=kept is not None)
        done = kept or self._run(job)
        facts = done.metadata.curvkit.report
        for kind, made in _kinds(done, job.path.parent).items():
            path = self.out / f"{stem}.{kind}"
            if kind in self.formats and not (kept and path.is_file()):
                files.write(path, made())
        if not kept:
            files.write(record_of, nbformat.writes(done))
        told = f"{stem}: ok, " + ("as it was" if kept else f"{facts.seconds:.0f} s")
        self.follower.end(f"{stem} failed in {facts.failure}" if facts.failure else told)
        return facts

    def _run(self, job: Job) -> NotebookNode:
        with (self.out / f"{job.path.stem}.log").open("w", encoding="utf-8") as log:
            options = dict(timeout=self.timeout, heard=self.follower.cell, stop=self.stop)
            done = execute.execute(job.path, job.node, job.values, log=log, **options)
        done.metadata.curvkit.report |= {"mark": job.mark, "profile": self.profile}
        return done


def _kinds(done: NotebookNode, place: Path) -> dict[str, Callable[[], str | bytes]]:
    """What is made of an executed notebook, by the ending of its file."""
    html = functools.cache(lambda: page.render(done, str(place)))
    return {"html": html, "pdf": lambda: pdf.printed(html())}


@contextlib.contextmanager
def _told(out: Path) -> Iterator[None]:
    """Says in a sentence that nothing can be written, and what to do about it."""
    try:
        yield
    except OSError as error:
        if error.errno is None:  # a sentence already
            raise
        raise OSError(
            f"Nothing more can be written to {out}: {error.strerror}; what had ended is there, and "
            "the same command goes on from it."
        ) from error


def _read(path: Path) -> NotebookNode:
    try:
        return nbformat.read(path, as_version=4)
    except (NotJSONError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is no notebook: it is not the JSON of one.") from error


def _writable(out: Path, notebooks: Sequence[Path]) -> None:
    """Makes the folder, and sees to it that no notebook would be overwritten by its own run."""
    if any(path.parent == out.resolve() for path in notebooks):
        raise ValueError(f"{out} holds the notebooks themselves; report into another folder.")
    out.mkdir(parents=True, exist_ok=True)

"""A whole report: each notebook run, each page written, and the index after each of them."""

import asyncio
import contextlib
import functools
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from jupyter_core.utils import ensure_event_loop
from nbformat import NotebookNode
from nbformat.reader import NotJSONError
from rich.console import Console

from curvkit.core import say
from curvkit.report import execute, files, index, page, parameters, pdf, record
from curvkit.report.progress import Follower
from curvkit.report.stop import Stop

FORMATS = ("html", "notebook", "pdf")
KINDS = ("html", "pdf")
PROFILES = ("full", "quick")
# With what a log begins: that of a run which was killed lies there alone.
LOG = "curvkit report of "


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
    jobs: int = 1,
    listed: bool = True,
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
        jobs: how many notebooks are run side by side, each in a kernel of its own.
        listed: whether `index.html` is written.
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
    if jobs < 1:
        raise ValueError(say.refusal("jobs", "a whole number from 1 on", jobs))
    for each in formats:
        if each not in FORMATS:
            raise ValueError(say.unknown("format", each, FORMATS))
    if "pdf" in formats:
        pdf.browser()
    wanted = _wanted(notebooks, given, quick)
    _writable(out, notebooks)
    profile, sentences = "quick" if quick else "full", {}
    with files.locked(out, "report"), Stop() as stop, Follower(console or Console()) as follower:
        runs = index.earlier(out)
        maker = Maker(out, formats, fresh, timeout, profile, follower, stop)

        def ended(job: Job, facts: dict[str, Any]) -> None:
            runs[job.path.stem] = facts
            if listed:
                files.write(out / "index.html", index.render(runs, out))
            if facts["failure"]:
                sentences[job.path] = f"{job.path.stem} failed in {facts['failure']}"

        with _told(out):
            _side_by_side(maker, wanted, jobs, ended)
    return [sentences[path] for path in notebooks if path in sentences]


def _side_by_side(maker: "Maker", wanted: Sequence[Job], jobs: int, ended: Callable) -> None:
    """Makes all, so many at once; `ended` is called with each job and what is said of its run."""
    with ThreadPoolExecutor(jobs) as pool:
        under_way = {pool.submit(maker.make, job): job for job in wanted}
        try:
            for future in as_completed(under_way):
                maker.stop.check()
                ended(under_way[future], future.result())
        except BaseException:
            maker.stop.end()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _wanted(notebooks: Sequence[Path], given: Sequence[str], quick: bool) -> list[Job]:
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
        """Runs a notebook, or takes what was run; writes its record, then what is made of it."""
        self.stop.check()
        stem, record_of = job.path.stem, self.out / f"{job.path.stem}.ipynb"
        kept = None if self.fresh else record.finished(record_of, job.mark)
        self.follower.begin(stem, len(job.node.cells), quietly=kept is not None)
        done = kept or self._run(job)
        facts = done.metadata.curvkit.report
        if not kept:
            # What was made of an earlier run goes first, so that nothing is taken for this one's.
            for kind in KINDS:
                (self.out / f"{stem}.{kind}").unlink(missing_ok=True)
            # Not by nbformat, which sorts all names: parameters are told in their own order.
            files.write(record_of, json.dumps(done, indent=1, ensure_ascii=False) + "\n")
        for kind, made in _kinds(done, job.path.parent).items():
            path = self.out / f"{stem}.{kind}"
            if kind in self.formats and not path.is_file():
                files.write(path, made())
        told = f"{stem}: ok, " + ("as it was" if kept else f"{facts.seconds:.0f} s")
        self.follower.end(stem, f"{stem} failed in {facts.failure}" if facts.failure else told)
        return facts

    def _run(self, job: Job) -> NotebookNode:
        heard = functools.partial(self.follower.cell, job.path.stem)
        options = dict(timeout=self.timeout, heard=heard, stop=self.stop)
        options |= dict(brisk=self.profile == "quick")
        with files.fresh(self.out / f"{job.path.stem}.log") as log:
            log.write(f"{LOG}{job.path.stem}\n")
            # A thread of a pool has no event loop of its own, and nobody else would close it.
            loop = ensure_event_loop()
            try:
                done = execute.execute(job.path, job.node, job.values, log=log, **options)
            finally:
                loop.close()
                asyncio.set_event_loop(None)
        done.metadata.curvkit.report |= {"mark": job.mark, "profile": self.profile}
        return done


def _kinds(done: NotebookNode, place: Path) -> dict[str, Callable[[], str | bytes]]:
    """What is made of an executed notebook, by the ending of its file."""
    html = functools.cache(lambda: page.render(done, str(place)))
    return dict(zip(KINDS, (html, lambda: pdf.printed(html())), strict=True))


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
        raise ValueError(f"{path} is no notebook: it is not the JSON of one.") from error


def _writable(out: Path, notebooks: Sequence[Path]) -> None:
    """Makes the folder, and sees to it that no file of somebody else's would be overwritten."""
    if any(path.parent == out.resolve() for path in notebooks):
        raise ValueError(f"{out} holds the notebooks themselves; report into another folder.")
    files.folder(out)
    names = [f"{path.stem}.{kind}" for path in notebooks for kind in ("ipynb", *KINDS, "log")]
    there = [out / name for name in ("index.html", *names) if files.found(out / name)]
    ours = index.earlier(out) if there else {}
    for path in there:
        log = path.suffix == ".log" and files.holds(path, LOG)
        if path.stem not in ours and not index.is_one(path) and not log:
            raise ValueError(
                f"{path} is not of a report, so it is not overwritten: report into another folder, "
                "or move it away."
            )

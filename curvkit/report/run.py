"""A whole report: each notebook run, each page written, and the index after each of them."""

import asyncio
import contextlib
import errno
import functools
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from jupyter_core.utils import ensure_event_loop
from nbformat import NotebookNode, v4
from rich.console import Console

from curvkit.core import messages
from curvkit.host import files, provenance
from curvkit.host.stop import Stop
from curvkit.pages import index, page, parameters, pdf, reading
from curvkit.report import execute, pictures
from curvkit.report.notebooks import stems
from curvkit.report.progress import NotebookProgress

FORMATS = ("html", "notebook", "pdf")
KINDS = ("html", "pdf")
PROFILES = ("full", "quick", "paper")
# With what a log begins: that of a run which was killed lies there alone.
LOG = "curvkit report of "


@dataclass(frozen=True)
class NotebookJob:
    """A notebook to be run: where it lies, what its files are called, what was read there, its
    parameters, its mark, and if it cannot be read, why.
    """

    path: Path
    stem: str
    node: NotebookNode
    values: dict[str, Any]
    mark: str = field(repr=False)
    torn: ValueError | None = None


def make(
    notebooks: Sequence[Path],
    *,
    out: Path,
    given: Sequence[str] = (),
    quick: bool = False,
    paper: bool = False,
    formats: Sequence[str] = ("html",),
    fresh: bool = False,
    live: bool = False,
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
        quick: whether to shorten the notebooks that say how, as `parameters.profiled` reads it.
        paper: whether to run those that say how on what their papers have, such as large data.
        formats: what is made of each: a page (html), the executed notebook alone, a pdf.
        fresh: whether to run all of them, whatever is there.
        live: whether scenes train in their pages, where they can.
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
        raise ValueError(messages.refusal("timeout", "a number of seconds above 0", timeout))
    if jobs < 1:
        raise ValueError(messages.refusal("jobs", "a whole number from 1 on", jobs))
    for each in formats:
        if each not in FORMATS:
            raise ValueError(messages.unknown("format", each, FORMATS))
    if "pdf" in formats:
        pdf.browser()
    profile, sentences = "quick" if quick else "paper" if paper else "full", {}
    _writable(out, wanted := _wanted(notebooks, given, profile))
    with files.locked(out, "report"), Stop() as stop, NotebookProgress(console or Console()) as bar:
        runs = index.earlier(out)
        maker = Maker(out, formats, fresh, live, timeout, profile, bar, stop)

        def ended(job: NotebookJob, facts: dict[str, Any]) -> None:
            runs[job.stem] = {**facts, "name": job.stem}
            if listed:
                files.write(out / "index.html", index.render(runs, out))
            if facts["failure"]:
                sentences[job.path] = f"{job.path.stem} failed in {facts['failure']}"

        with _told(out):
            _side_by_side(maker, wanted, jobs, ended)
    return [sentences[path] for path in notebooks if path in sentences]


def _side_by_side(
    maker: "Maker", wanted: Sequence[NotebookJob], jobs: int, ended: Callable[..., Any]
) -> None:
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


def _wanted(notebooks: Sequence[Path], given: Sequence[str], profile: str) -> list[NotebookJob]:
    nodes, torn = {}, {}
    for path in notebooks:
        try:
            nodes[path.stem] = reading.read(path)
        except ValueError as error:
            torn[path.stem] = error
    values = parameters.check(nodes, parameters.pairs(given))
    if profile != "full":
        values = parameters.profiled(nodes, values, profile)
    jobs = []
    for path, stem in zip(notebooks, stems([path.stem for path in notebooks]), strict=True):
        node, own = nodes.get(path.stem, v4.new_notebook()), values.get(path.stem, {})
        jobs.append(
            NotebookJob(path, stem, node, own, provenance.mark(node, own), torn.get(path.stem))
        )
    return jobs


@dataclass(frozen=True)
class Maker:
    """Runs notebooks into a folder, each with its files; arguments as in `make`."""

    out: Path
    formats: Sequence[str]
    fresh: bool
    live: bool
    timeout: float
    profile: str
    follower: NotebookProgress
    stop: Stop

    def make(self, job: NotebookJob) -> dict[str, Any]:
        """Runs a notebook, or takes what was run; writes its record, then what is made of it.

        Whatever fails in one notebook is told as its failure, and the others go on.
        """
        self.stop.check()
        try:
            return self._make(job)
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            error = ValueError(f"{error.strerror}; give it a shorter one")
            facts = execute.failed(job.path, "its name", error).metadata.curvkit.report
            self.follower.end(job.path.stem, f"{job.path.stem} failed in {facts.failure}")
            return {**facts, "profile": self.profile}

    def _make(self, job: NotebookJob) -> dict[str, Any]:
        stem, record_of = job.path.stem, self.out / f"{job.stem}.ipynb"
        earlier = None if self.fresh or job.torn else provenance.finished(record_of, job.mark)
        self.follower.begin(stem, len(job.node.cells), quietly=earlier is not None)
        notebook = earlier or self._run(job)
        contents = self._made(job, notebook, earlier is not None)
        facts = notebook.metadata.curvkit.report
        if not earlier or facts.failure:
            # Pages of an earlier run are deleted first, so that none is mistaken for this run's.
            for kind in KINDS:
                (self.out / f"{job.stem}.{kind}").unlink(missing_ok=True)
            # Not by nbformat, which sorts all names: parameters are told in their own order.
            record = pictures.carried(notebook, job.path.parent)
            text = json.dumps(record, indent=1, ensure_ascii=False)
            files.write(record_of, writable(f"{text}\n"))
        for kind, content in contents.items():
            files.write(self.out / f"{job.stem}.{kind}", content)
        sentence = f"{stem}: ok, " + ("as it was" if earlier else f"{facts.seconds:.0f} s")
        self.follower.end(stem, f"{stem} failed in {facts.failure}" if facts.failure else sentence)
        return facts

    def _run(self, job: NotebookJob) -> NotebookNode:
        if job.torn:
            with self._log(job) as log:
                log.write(f"{job.torn}\n")
            notebook = execute.failed(job.path, "its reading", job.torn)
        else:
            notebook = self._executed(job)
        notebook.metadata.curvkit.report |= {"mark": job.mark, "profile": self.profile}
        return notebook

    @contextlib.contextmanager
    def _log(self, job: NotebookJob) -> Iterator[TextIO]:
        with files.fresh(self.out / f"{job.stem}.log") as log:
            log.write(f"{LOG}{job.stem}\n")
            yield log

    def _executed(self, job: NotebookJob) -> NotebookNode:
        heard = functools.partial(self.follower.cell, job.path.stem)
        options: dict[str, Any] = dict(timeout=self.timeout, heard=heard, stop=self.stop)
        options |= dict(brisk=self.profile == "quick")
        with self._log(job) as log:
            # A thread of a pool has no event loop of its own, and nobody else would close it.
            loop = ensure_event_loop()
            try:
                return execute.execute(job.path, job.node, job.values, log=log, **options)
            except OSError:
                raise  # the log cannot be written to, and nothing else could be
            except Exception as error:
                return execute.failed(job.path, "its run", error)
            finally:
                loop.close()
                asyncio.set_event_loop(None)

    def _made(self, job: NotebookJob, done: NotebookNode, reuse: bool) -> dict[str, str | bytes]:
        """What is made of an executed notebook and not there yet, by the ending of its file."""
        there = [kind for kind in KINDS if reuse and (self.out / f"{job.stem}.{kind}").is_file()]
        there = [kind for kind in there if not self.live]  # a page of before may not train
        wanted = [kind for kind in KINDS if kind in self.formats and kind not in there]
        facts, contents, where = done.metadata.curvkit.report, {}, "its page"
        try:
            # Whatever a notebook holds that no page was foreseen for. What was wrong before tells
            # more than that it cannot be drawn either.
            contents["html"] = writable(self._drawn(job, done) if wanted else "")
            where = "its pdf"
            contents |= {"pdf": pdf.printed(contents["html"])} if "pdf" in wanted else {}
        except Exception as error:
            facts.failure = facts.failure or f"{where}: {execute.sentence(error)}"
            contents.setdefault("html", writable(page.without_cells(done)))
        return {kind: content for kind, content in contents.items() if kind in wanted}

    def _drawn(self, job: NotebookJob, done: NotebookNode) -> str:
        """The page of a notebook; in a live one scenes and figures train."""
        if not self.live:
            return page.render(done, str(job.path.parent))
        from curvkit.report import trained  # imports jax

        shown, said = trained.with_programs(done)
        live, lacking = trained.live(done)
        for sentence in said + lacking:
            self.follower.say(sentence)
        before = lambda nonce: trained.section(live, nonce) if live else ""
        return page.render(shown, str(job.path.parent), before, late=True)


def writable(text: str) -> str:
    """Text that a file can hold: half a character, of which JSON knows, is replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


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


def _writable(out: Path, wanted: Sequence[NotebookJob]) -> None:
    """Makes the folder, and sees to it that no file of somebody else's would be overwritten."""
    if any(job.path.parent == out.resolve() for job in wanted):
        raise ValueError(f"{out} holds the notebooks themselves; report into another folder.")
    files.folder(out)
    names = [f"{job.stem}.{kind}" for job in wanted for kind in ("ipynb", *KINDS, "log")]
    stats = {out / name: files.existing(out / name) for name in ("index.html", *names)}
    there = {path: stat for path, stat in stats.items() if stat}
    ours = index.earlier(out) if there else {}
    for path, stat in there.items():
        # A report that is killed as it opens its log leaves it empty.
        log = path.suffix == ".log" and (not stat.st_size or files.holds(path, LOG))
        if path.stem not in ours and not index.is_one(path) and not log:
            raise ValueError(
                f"{path} is not of a report, so it is not overwritten: report into another folder, "
                "or move it away."
            )

"""One notebook, run from its first cell to its last or to the cell that fails.

Papermill runs it, in the kernel of `kernel.py`. What is added here: the notebook is at hand also
when it failed, with where and why, and with all that its page and the index say of the run.
"""

import contextlib
import datetime
import html
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from papermill.execute import remove_error_markers

from curvkit.host import provenance
from curvkit.host.stop import Stop
from curvkit.pages import plot, summary, thumbnail
from curvkit.pages.outputs import PLOTLY
from curvkit.pages.parameters import KINDS, declared
from curvkit.report.kernel import NotebookState

DIED = (
    "; most often memory had run out: close other programs and kernels, or run it alone, --jobs 1"
)
COLORS = re.compile(r"\x1b\[[0-9;]*m")


class Lines:
    """A file to which programs write lines; of a progress bar only its last state is kept."""

    def __init__(self, file: TextIO):
        self.file, self.error = file, None

    def write(self, text: str) -> None:
        """Writes `text` without what was overwritten by a carriage return, and without colours.

        Where the disk is full, the notebook is not to blame and runs on; the error is kept.
        """
        text = COLORS.sub("", text).replace("\r\n", "\n")
        try:
            self.file.write("\n".join(line.rpartition("\r")[2] for line in text.split("\n")))
            self.file.flush()  # the kernel writes into the same file
        except OSError as error:
            self.error = error

    def flush(self) -> None:
        """What was written is flushed already."""


@dataclass(frozen=True)
class Failure:
    """Where and why a notebook failed: its cell counted from 1, that cell's first line, and why.

    Where it was in no cell, `line` says in what: its start, its reading, its page.
    """

    cell: int | None
    line: str
    error: str

    def __str__(self) -> str:
        where = f"cell {self.cell} ({self.line})" if self.cell else self.line
        return f"{where}: {self.error}"


def execute(
    path: Path,
    node: NotebookNode,
    parameters: Mapping[str, Any],
    *,
    log: TextIO,
    timeout: float = 600,
    heard: Callable[[int], None] = lambda number: None,
    stop: Stop | None = None,
    brisk: bool = False,
) -> NotebookNode:
    """Runs a notebook in its folder; a notebook that fails comes back with its `failure`.

    Args:
        path: where the notebook lies.
        node: what was read from there.
        parameters: checked values, as `parameters.check` makes them.
        log: an open file, for papermill's log, the cells' streams and what the kernel says.
        timeout: seconds that one cell may take.
        heard: called with the number of each cell that starts, counted from 1.
        stop: what notes a Ctrl-C; it ends the kernel, and so the notebook.
        brisk: whether runs are short, see `curvkit.environment.brisk`.

    Returns:
        The executed notebook; `metadata.curvkit.report` holds what pages and index say of it.

    Raises:
        OSError: if the log could not be written to.
        KeyboardInterrupt: if `stop` was asked for.
    """
    for number, cell in enumerate(node.cells, 1):
        cell.metadata["curvkit_cell"] = number
    defaults = _plain(declared(node))
    watch, lines, started = NotebookState(node, heard, stop), Lines(log), time.perf_counter()
    with _logged(lines):
        raised = _run(path, node, parameters, watch, lines, timeout=timeout, brisk=brisk)
    watch.stop.check()
    executed = remove_error_markers(watch.node)
    failure = _failure(executed, raised, watch.cell, timeout)
    if failure:
        lines.write(f"\n{path.stem} failed in {failure}\n{_traceback(executed)}\n")
    if lines.error:
        raise lines.error
    seconds = time.perf_counter() - started
    executed.metadata.setdefault("papermill", NotebookNode())["input_path"] = path.name
    executed.metadata.setdefault("curvkit", NotebookNode())["report"] = NotebookNode(
        _facts(path, executed, defaults, parameters, seconds, failure)
    )
    return executed


def _run(path, node, parameters, watch, lines, **options) -> Exception | None:
    try:
        papermill.execute_notebook(
            node, None, dict(parameters), engine_name="curvkit", kernel_name="python3",
            language="python", progress_bar=False, log_output=True, watch=watch, streams=lines,
            # Not papermill's own `cwd`, which moves the whole process, other notebooks and all.
            place=str(path.parent), **options,
        )  # fmt: skip
    except Exception as error:  # whatever it is, the other notebooks are to run
        return error
    return None


@contextlib.contextmanager
def _logged(lines: Lines):
    """Papermill's log of this thread, told to `lines` and to nobody else."""
    logger, own = logging.getLogger("papermill"), threading.get_ident()
    handler = logging.StreamHandler(lines)
    handler.addFilter(lambda record: record.thread == own)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    # Left so: another thread may be in the midst of a notebook.
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _errors(node: NotebookNode):
    """Each error that counts, with its cell: not those a notebook shows on purpose."""
    for cell in node.cells:
        if "raises-exception" not in cell.metadata.get("tags", []):
            for output in cell.get("outputs", []):
                if output.output_type == "error" and (output.ename, output.evalue) not in (
                    ("SystemExit", ""),
                    ("SystemExit", "0"),
                ):
                    yield cell, output


def _failure(node, raised, cell, timeout) -> Failure | None:
    if isinstance(raised, CellTimeoutError):  # its cell also shows how the kernel was interrupted
        return _failed_in(cell, f"it took longer than {timeout:g} s")
    for failed, output in _errors(node):
        return _failed_in(failed, f"{output.ename}: {COLORS.sub('', output.evalue)}")
    if isinstance(raised, PapermillExecutionError) or raised is None:
        return None
    advice = DIED if isinstance(raised, DeadKernelError) else ""
    return _failed_in(cell, f"{type(raised).__name__}: {raised}{advice}")


def _failed_in(cell: NotebookNode | None, error: str) -> Failure:
    first = (error.strip().splitlines() or [""])[0]
    if cell is None:
        return Failure(None, "its start", first.rstrip(": "))
    lines = cell.source.strip().splitlines() or [""]
    return Failure(cell.metadata.get("curvkit_cell"), lines[0], first.rstrip(": "))


def failed(path: Path, where: str, error: Exception) -> NotebookNode:
    """What stands for a notebook of which nothing could be made: no cells, and why it failed.

    Args:
        path: where the notebook lies.
        where: in what it failed, as `its reading`.
        error: what went wrong there.
    """
    notebook = nbformat.v4.new_notebook()
    facts = _facts(path, notebook, {}, {}, 0.0, Failure(None, where, sentence(error)))
    notebook.metadata["curvkit"] = NotebookNode(report=NotebookNode(facts))
    return notebook


def sentence(error: Exception) -> str:
    """What went wrong, on one line; of an error that is not worded for people, its kind as well.

    >>> sentence(ValueError("No.")), sentence(KeyError("a"))
    ('No.', "KeyError: 'a'")
    """
    first = (str(error).strip().splitlines() or [""])[0][:400]
    kind = "" if first and type(error) in (ValueError, OSError) else f"{type(error).__name__}: "
    return f"{kind}{first}".rstrip(": ")


def _traceback(node: NotebookNode) -> str:
    return "\n".join("\n".join(output.traceback) for _, output in _errors(node))


def _facts(path, node, defaults, parameters, seconds, failure) -> dict[str, Any]:
    """What is said of a run, on its page and in the index; plain JSON."""
    kernel = node.metadata.get("curvkit", {}).pop("kernel", {})
    versions = provenance.versions()
    return {
        "name": path.stem,
        "title": title(node) or path.stem,
        "failure": str(failure) if failure else "",
        "failed_cell": failure.cell if failure else None,
        "seconds": round(seconds, 1),
        "defaults": defaults,
        "parameters": {**defaults, **parameters},
        "changed": dict(parameters),
        "date": datetime.datetime.now().astimezone().isoformat(sep=" ", timespec="minutes"),
        "backend": kernel.get("backend", "unknown"),
        **{name: kernel.get(name) for name in ("device", "device_peak_mb", "peak_mb")},
        "cpu_seconds": kernel.get("cpu_seconds"),
        "versions": {name: versions[name] for name in provenance.SHOWN if name in versions},
        "runs": summary.runs(node),
        "thumbnail": _thumbnail(node),
    }


def _thumbnail(node: NotebookNode) -> dict[str, str] | None:
    """The sketch of a notebook's first figure and what is on it, or None if it draws nothing."""
    for cell in node.cells:
        for output in cell.get("outputs", []):
            figure = output.get("data", {}).get(PLOTLY)
            if not figure:
                continue
            try:
                return {"svg": thumbnail.svg(figure), "alt": plot.name(figure, 0)}
            except Exception:  # a figure of any kind; without a sketch the page is as good
                continue
    return None


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON can hold them, the unusual ones as they are written."""
    return {key: value if type(value) in KINDS else repr(value) for key, value in values.items()}


def title(node: NotebookNode) -> str:
    """The first heading of a notebook in plain letters, or nothing."""
    for cell in node.cells:
        heading = cell.cell_type == "markdown" and re.search(r"(?m)^#\s+(.+)$", cell.source)
        if heading:
            return html.unescape(re.sub(r"<[^>]*>|[*`$\\]", "", heading.group(1))).strip()
    return ""

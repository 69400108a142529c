"""One notebook, run from its first cell to its last or to the cell that fails.

Papermill runs it. What is added to papermill: the kernel is this very interpreter, whatever
kernels are installed; the notebook is at hand also when it failed; and the kernel is asked on
what it computed.
"""

import contextlib
import datetime
import logging
import platform
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO

import papermill
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient.exceptions import CellTimeoutError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import remove_error_markers

from curvkit import __version__
from curvkit.environment import environment
from curvkit.report.parameters import KINDS, declared

ENVIRONMENT = {
    "CURVKIT_HEADLESS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    # Else every figure brings its own copy of plotly.js, some megabytes each.
    "PLOTLY_RENDERER": "plotly_mimetype",
}
BACKEND = (
    "__import__('sys').modules['jax'].default_backend()"
    " if 'jax' in __import__('sys').modules else 'jax was not used'"
)
COLORS = re.compile(r"\x1b\[[0-9;]*m")


class OwnKernel(AsyncKernelManager):
    """A kernel of the running interpreter, whatever kernel of that name is installed."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """How the kernel is started, and in which environment."""
        command = get_kernel_dict()["argv"]
        env = {**environment(), **ENVIRONMENT}
        return KernelSpec(argv=command, env=env, display_name="Python 3", language="python")


class Client(PapermillNotebookClient):
    """Papermill's client, which leaves word of the backend in the notebook."""

    def papermill_execute_cells(self):
        """Executes the cells, then asks the kernel what it computed on."""
        super().papermill_execute_cells()
        question = self.kc.execute("", silent=True, user_expressions={"backend": BACKEND})
        answer = self.wait_for_reply(question)["content"].get("user_expressions", {})
        told = answer.get("backend", {}).get("data", {}).get("text/plain", "'unknown'")
        self.nb.metadata.setdefault("curvkit", NotebookNode())["backend"] = told.strip("'")


class Engine(NBClientEngine):
    """Papermill's engine with the client and the kernel above."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, watch, streams, timeout, **_):
        """Runs the cells; `watch` keeps the notebook and hears of every cell that starts."""
        watch.node = nb_man.nb
        Client(
            nb_man,
            kernel_name=kernel_name,
            kernel_manager_class=OwnKernel,
            on_cell_start=watch.started,
            timeout=timeout,
            startup_timeout=60,
            store_widget_state=False,  # some megabytes per figure, and no page shows it
            log=logging.getLogger("papermill"),
            stdout_file=streams,
            stderr_file=streams,
            # What the kernel says outside of cells belongs into the log, not on the terminal.
        ).execute(stdout=streams.file, stderr=streams.file)


papermill_engines.register("curvkit", Engine)


class Watch:
    """What is known of a notebook while it runs."""

    def __init__(self, node: NotebookNode, heard: Callable[[int], None]):
        self.node, self.cell, self._heard = node, None, heard

    def started(self, cell: NotebookNode, cell_index: int) -> None:
        """Notes that `cell` starts; papermill's own cell has no number."""
        self.cell = cell
        if "curvkit_cell" in cell.metadata:
            self._heard(cell.metadata.curvkit_cell)


class Lines:
    """A file to which programs write lines; of a progress bar only its last state is kept."""

    def __init__(self, file: TextIO):
        self.file = file

    def write(self, text: str) -> None:
        """Writes `text` without what was overwritten by a carriage return, and without colours."""
        text = COLORS.sub("", text).replace("\r\n", "\n")
        self.file.write("\n".join(line.rpartition("\r")[2] for line in text.split("\n")))
        self.file.flush()  # the kernel writes into the same file

    def flush(self) -> None:
        """Flushes the file, so that a log can be followed."""
        self.file.flush()


@dataclass(frozen=True)
class Failure:
    """Where and why a notebook failed: its cell counted from 1, that cell's first line, and why."""

    cell: int | None
    line: str
    error: str

    def __str__(self) -> str:
        where = f"cell {self.cell} ({self.line})" if self.cell else "before its first cell"
        return f"{where}: {self.error}"


def execute(
    path: Path,
    node: NotebookNode,
    parameters: Mapping[str, Any],
    *,
    log: TextIO,
    timeout: float = 600,
    heard: Callable[[int], None] = lambda number: None,
) -> NotebookNode:
    """Runs a notebook in its folder; a notebook that fails comes back with its `failure`.

    Args:
        path: where the notebook lies.
        node: what was read from there.
        parameters: checked values, as `parameters.check` makes them.
        log: an open file, for papermill's log, the cells' streams and what the kernel says.
        timeout: seconds that one cell may take.
        heard: called with the number of each cell that starts, counted from 1.

    Returns:
        The executed notebook; `metadata.curvkit.report` holds what pages and index say of it.
    """
    for number, cell in enumerate(node.cells, 1):
        cell.metadata["curvkit_cell"] = number
    watch, lines, started = Watch(node, heard), Lines(log), time.perf_counter()
    with _logged(lines):
        raised = _run(path, node, parameters, watch, lines, timeout)
    done = remove_error_markers(watch.node)
    failure = _failure(done, raised, watch.cell, timeout)
    if failure:
        lines.write(f"\n{path.stem} failed in {failure}\n{_traceback(done)}\n")
    seconds = time.perf_counter() - started
    done.metadata.setdefault("papermill", NotebookNode())["input_path"] = path.name
    done.metadata.setdefault("curvkit", NotebookNode())["report"] = NotebookNode(
        _facts(path, done, parameters, seconds, failure)
    )
    return done


def _run(path, node, parameters, watch, lines, timeout) -> Exception | None:
    try:
        papermill.execute_notebook(
            node, None, dict(parameters), engine_name="curvkit", cwd=path.parent,
            kernel_name="python3", language="python", progress_bar=False, log_output=True,
            watch=watch, streams=lines, timeout=timeout,
        )  # fmt: skip
    except Exception as error:  # whatever it is, the other notebooks are to run
        return error
    return None


@contextlib.contextmanager
def _logged(lines: Lines):
    """Papermill's log, told to `lines` and to nobody else."""
    logger = logging.getLogger("papermill")
    before = logger.level, logger.propagate
    handler = logging.StreamHandler(lines)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before


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
    return _failed_in(cell, f"{type(raised).__name__}: {raised}")


def _failed_in(cell: NotebookNode | None, error: str) -> Failure:
    first = (error.strip().splitlines() or [""])[0]
    lines = (cell.source.strip().splitlines() if cell else []) or [""]
    number = cell.metadata.get("curvkit_cell") if cell else None
    return Failure(number, lines[0], first.rstrip(": "))


def _traceback(node: NotebookNode) -> str:
    return "\n".join("\n".join(output.traceback) for _, output in _errors(node))


def _facts(path, node, parameters, seconds, failure) -> dict[str, Any]:
    """What is said of a run, on its page and in the index; plain JSON."""
    return {
        "name": path.stem,
        "title": title(node) or path.stem,
        "failure": str(failure) if failure else "",
        "failed_cell": failure.cell if failure else None,
        "seconds": round(seconds, 1),
        "parameters": {**_plain(declared(node)), **parameters},
        "changed": dict(parameters),
        "date": datetime.datetime.now().astimezone().isoformat(sep=" ", timespec="minutes"),
        "backend": node.metadata.get("curvkit", {}).get("backend", "unknown"),
        "versions": {
            "curvkit": __version__,
            "jax": metadata.version("jax"),
            "python": platform.python_version(),
        },
    }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON can hold them, the unusual ones as they are written."""
    return {key: value if type(value) in KINDS else repr(value) for key, value in values.items()}


def title(node: NotebookNode) -> str:
    """The first heading of a notebook in plain letters, or nothing."""
    for cell in node.cells:
        found = cell.cell_type == "markdown" and re.search(r"(?m)^#\s+(.+)$", cell.source)
        if found:
            return re.sub(r"[*`$\\]", "", found.group(1)).strip()
    return ""

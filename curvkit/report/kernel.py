"""The kernel of a report and papermill's engine that runs notebooks in it.

The kernel is this very interpreter, whatever kernels are installed; it keeps what it prints within
bounds, and is asked at the end on what it computed. As an entry point the engine serves papermill
itself: `papermill --engine curvkit s3://bucket/in.ipynb s3://bucket/out.ipynb`.
"""

import logging
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

# Else the debugger that comes with ipykernel warns of frozen modules as it is imported.
os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")

from ipykernel.kernelspec import get_kernel_dict  # noqa: E402
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from papermill.engines import NBClientEngine, papermill_engines

from curvkit import environment
from curvkit.host.stop import Stop
from curvkit.pages import reading
from curvkit.report import widgets
from curvkit.report.widgets import WidgetClient

ENVIRONMENT = {
    "CURVKIT_HEADLESS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    # Else every figure brings its own copy of plotly.js, some megabytes each.
    "PLOTLY_RENDERER": "plotly_mimetype",
}
QUESTION = "__import__('importlib').import_module('curvkit.report.in_kernel').facts()"


class OwnKernel(AsyncKernelManager):
    """A kernel of the running interpreter, whatever kernel of that name is installed.

    Attributes:
        idle: whether it has answered all that it was asked.
    """

    idle = False

    @property
    def kernel_spec(self) -> KernelSpec:
        """How the kernel is started, and in which environment."""
        # The kernel's warnings, as that nothing is encrypted, mean little to readers of the log.
        options = ("outstream_class=curvkit.report.in_kernel.Bounded", "log_level=ERROR")
        command = [*get_kernel_dict()["argv"], *(f"--IPKernelApp.{each}" for each in options)]
        env = {**environment.environment(), **ENVIRONMENT}
        return KernelSpec(argv=command, env=env, display_name="Python 3", language="python")

    async def shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        """Ends the kernel; without an interrupt, of which its log would tell, where it is idle."""
        if now or restart or not self.idle:
            return await super().shutdown_kernel(now=now, restart=restart)
        await self.request_shutdown()
        await self.finish_shutdown()
        await self.cleanup_resources()

    def kill(self) -> None:
        """Ends the kernel's process at once; may be called from a signal handler."""
        process = getattr(getattr(self, "provisioner", None), "process", None)
        if process is not None:
            process.kill()


class NotebookState:
    """What is known of a notebook while it runs."""

    def __init__(self, node: NotebookNode, heard: Callable[[int], None], stop: Stop | None = None):
        self.node, self.cell, self._heard = node, None, heard
        self.stop = stop or Stop()

    def started(self, cell: NotebookNode, cell_index: int) -> None:
        """Notes that `cell` starts; papermill's own cell has no number."""
        self.cell = cell
        if "curvkit_cell" in cell.metadata:
            self._heard(cell.metadata.curvkit_cell)


class Client(WidgetClient):
    """A papermill client that records the kernel's device and memory in the notebook's metadata."""

    def __init__(self, nb_man: Any, *, stop: Stop, **options: Any):
        super().__init__(nb_man, **options)
        self._stop = stop

    def _kernel(self) -> tuple[Any, Any]:
        """Manager and client of the kernel, which are there while cells are executed."""
        return self.km, self.kc

    def papermill_execute_cells(self) -> None:
        """Executes the cells, then asks the kernel what it computed on, and what widgets show."""
        self._stop.will_kill(self._kernel()[0].kill)
        super().papermill_execute_cells()
        self.tell_the_kernel()
        asked = {"facts": QUESTION}
        if models := widgets.displayed(self.nb):
            asked["stills"] = widgets.QUESTION.format(models=models)
        manager, client = self._kernel()
        question = client.execute("", silent=True, user_expressions=asked)
        reply: Any = self.wait_for_reply(question)
        answer = reply["content"].get("user_expressions", {})
        manager.idle = True
        widgets.put_beside(self.nb, widgets.answered(answer, "stills"))
        # A notebook of somebody else's may keep something else under this name.
        own = self.nb.metadata.setdefault("curvkit", NotebookNode())
        if isinstance(own, dict):
            own["kernel"] = NotebookNode(widgets.answered(answer, "facts"))


class Engine(NBClientEngine):
    """Papermill's engine with the client and the kernel above."""

    @classmethod
    def nb_kernel_name(cls, nb: NotebookNode, name: str | None = None) -> str:
        """The kernel asked for, else the notebook's, else that of Python."""
        return name or nb.metadata.get("kernelspec", {}).get("name") or "python3"

    @classmethod
    def nb_language(cls, nb: NotebookNode, language: str | None = None) -> str:
        """The language asked for, else the notebook's, else Python."""
        return language or reading.language(nb.metadata) or "python"

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        watch: NotebookState | None = None,
        place: str | None = None,
        streams: TextIO | None = None,
        execution_timeout: float | None = None,
        timeout: float | None = None,
        start_timeout: float = 60,
        brisk: bool = False,
        **_: Any,
    ) -> None:
        """Runs the cells in the folder `place`; `watch` hears of every cell that starts.

        Raises:
            ValueError: with one sentence, if the notebook is in another language than Python.
        """
        _in_python(nb_man.nb, kernel_name)
        started = {"cwd": place} if place else {}
        started |= {"env": environment.brisk()} if brisk else {}
        watch = watch or NotebookState(nb_man.nb, lambda number: None)
        watch.node, quiet = nb_man.nb, getattr(streams, "file", sys.stderr)
        client = Client(
            nb_man,
            stop=watch.stop,
            kernel_name=kernel_name,
            kernel_manager_class=OwnKernel,
            on_cell_start=watch.started,
            timeout=timeout or execution_timeout,
            startup_timeout=start_timeout,
            store_widget_state=False,
            log=logging.getLogger("papermill"),
            stdout_file=streams,
            stderr_file=streams,
        )
        with widgets.nothing_waits():
            # What the kernel says outside of cells belongs into the log, not on the terminal.
            client.execute(stdout=quiet, stderr=quiet, **started)


def _in_python(node: NotebookNode, kernel_name: str) -> None:
    """Raises ValueError if a notebook, or the kernel asked for, is of another language."""
    known = node.metadata
    if known.get("kernelspec", {}).get("name") != kernel_name:
        known = {"kernelspec": {"name": kernel_name}}
    if foreign := reading.language(known):
        raise ValueError(
            f"The kernel {kernel_name} is for {foreign}, and the engine curvkit runs notebooks in "
            "Python only; run it without --engine."
        )


papermill_engines.register("curvkit", Engine)

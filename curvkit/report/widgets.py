"""Widgets in a notebook that runs without a screen: what they capture, and what they come to show.

There is no browser that would keep their state. So nbclient's stand-in for an Output widget, which
catches what is printed within it, keeps its own, and at the end the kernel is asked what the
widgets that were displayed show (`stills`), which is put beside them.
"""

import ast
import asyncio
import collections
import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import nbformat
from jupyter_core.utils import ensure_event_loop
from nbclient.output_widget import OutputWidget
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient

from curvkit.pages.outputs import PLOTLY, WIDGET, text_of

DISPLAYS = ("display_data", "execute_result", "update_display_data")
QUESTION = "__import__('importlib').import_module('curvkit.pages.stills').of({models!r})"


class Capture(OutputWidget):
    """nbclient's stand-in for an Output widget, which also hears what the kernel puts into it.

    nbclient tells the kernel of each output at once. While it waits for the kernel's reply on the
    same socket, that may make it miss the reply, and wait until the cell's time is over. So here
    the kernel is told between cells, when nothing is waited for.
    """

    msg_id = ""

    def sync_state(self) -> None:
        """Notes that the kernel is to be told of what was captured."""
        self.executor.captured[self.comm_id] = self

    def tell_the_kernel(self) -> None:
        """Tells the kernel of what was captured."""
        super().sync_state()

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes over what the kernel's own side changed."""
        if isinstance(state.get("outputs"), list):
            outputs: Any = [nbformat.from_dict(each) for each in state["outputs"]]
            self.outputs = outputs
        super().set_state(state)


class WidgetClient(PapermillNotebookClient):
    """Papermill's client for notebooks with widgets."""

    def reset_execution_trackers(self) -> None:
        """Begins with no widgets; the state of each is there as soon as it is asked for."""
        super().reset_execution_trackers()
        self.widget_state = collections.defaultdict(dict)
        self.captured: dict[str, Capture] = {}
        self.widget_registry = {"@jupyter-widgets/output": {"OutputModel": Capture}}

    def execute_cell(self, *given: Any, **options: Any) -> NotebookNode:
        """Executes a cell in a kernel that knows what was captured before."""
        self.tell_the_kernel()
        return super().execute_cell(*given, **options)

    def tell_the_kernel(self) -> None:
        """Tells the kernel of what was captured since it was last told."""
        for each in self.captured.values():
            each.tell_the_kernel()
        self.captured.clear()

    def set_widgets_metadata(self) -> None:
        """Keeps no state of widgets, which is some megabytes a figure, and which no page shows."""

    def process_message(self, msg: dict[str, Any], *where: Any) -> NotebookNode | None:
        """Takes a message in; what is displayed becomes such that a notebook can hold it."""
        data = msg["content"].get("data")
        if msg["msg_type"] in DISPLAYS and isinstance(data, dict):
            msg["content"]["data"] = {
                kind: each if kind.endswith("json") else text_of(each)
                for kind, each in data.items()
            }
        return super().process_message(msg, *where)

    def handle_comm_msg(self, outs: list[Any], msg: dict[str, Any], cell_index: int) -> None:
        """Hears of a widget; one that cannot be followed is no failure of its notebook."""
        try:
            super().handle_comm_msg(outs, msg, cell_index)
        except Exception as error:  # whatever a widget sends
            self.log.warning(f"A widget is not followed: {type(error).__name__}: {error}")


def displayed(node: NotebookNode) -> list[str]:
    """The models of the widgets that a notebook displays."""
    models = [
        output.data[WIDGET].get("model_id")
        for cell in node.cells
        for output in cell.get("outputs", [])
        if isinstance(output.get("data", {}).get(WIDGET), Mapping)
    ]
    return [each for each in dict.fromkeys(models) if isinstance(each, str)]


def put_beside(node: NotebookNode, stills: Mapping[str, Any]) -> None:
    """Puts what widgets show beside them, in the outputs of a notebook."""
    for cell in node.cells:
        if "outputs" in cell:
            cell["outputs"] = [new for old in cell.outputs for new in _with(old, stills)]


def _with(output: NotebookNode, stills: Mapping[str, Any]) -> list[NotebookNode]:
    view = output.get("data", {}).get(WIDGET)
    still = stills.get(str(view.get("model_id"))) if isinstance(view, Mapping) else None
    if not still:
        return [output]
    extent = "bar" if still["bar"] else "whole" if still["whole"] else "partly"
    output.setdefault("metadata", NotebookNode())["curvkit"] = NotebookNode(widget=extent)
    shown: list[Any] = [nbformat.from_dict(each) for each in still["outputs"]]
    if len(shown) == 1 and extent == "whole" and PLOTLY in shown[0].get("data", {}):
        # As JupyterLab draws it, too, where the widget has no kernel any more.
        output.data[PLOTLY] = shown[0].data[PLOTLY]
        return [output]
    return [output, *shown]


def answered(answers: Mapping[str, Any], name: str) -> Any:
    """What the kernel answered to a question, as JSON holds it; nothing where it did not."""
    try:
        return json.loads(ast.literal_eval(answers[name]["data"]["text/plain"]))
    except (KeyError, TypeError, ValueError, SyntaxError, MemoryError, RecursionError):
        return {}


@contextlib.contextmanager
def nothing_waits() -> Iterator[None]:
    """Ends what in the end still waits for a kernel that is gone; else Python complains of each."""
    loop = ensure_event_loop()
    idle = not loop.is_running()
    before = asyncio.all_tasks(loop) if idle else set()
    try:
        yield
    finally:
        waiting = asyncio.all_tasks(loop) - before if idle and not loop.is_closed() else set()
        for each in waiting:
            each.cancel()
        if waiting:
            loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))

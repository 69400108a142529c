"""The body of a page: the cells of an executed notebook, one below the other."""

import html
from collections.abc import Callable
from typing import Any

from nbconvert.filters import Highlight2HTML
from nbformat import NotebookNode

from curvkit.pages import markup, outputs, safe


def drawn(node: NotebookNode, path: str, figure: Callable[[dict[Any, Any]], str]) -> str:
    """The cells as HTML.

    Args:
        node: an executed notebook.
        path: the folder of the notebook, whose images are taken in.
        figure: draws plotly's JSON.
    """
    return "\n".join(filter(None, (_cell(cell, path, figure) for cell in node.cells)))


def _cell(cell: NotebookNode, path: str, figure: Callable[[dict[Any, Any]], str]) -> str:
    source = cell.source
    if cell.cell_type == "code":
        return _code(cell, figure)
    if cell.cell_type == "markdown":
        source, attachments = markup.for_page(source), cell.get("attachments")
        body = markup.markdown(source, path=path, attachments=attachments)
        return f'<section class="text">\n{body}</section>' if source.strip() else ""
    return f'<section class="text raw">\n{_raw(cell)}</section>' if source.strip() else ""


def _raw(cell: NotebookNode) -> str:
    """A raw cell, whose text is for another converter than this one unless it says so."""
    kind = cell.metadata.get("raw_mimetype", cell.metadata.get("format", ""))
    if kind == "text/html":
        return safe.html_of(cell.source)
    if kind == "text/markdown":
        return markup.markdown(cell.source)
    return f"<pre>{html.escape(cell.source)}</pre>\n"


def _code(cell: NotebookNode, figure: Callable[[dict[Any, Any]], str]) -> str:
    number = cell.metadata.get("curvkit_cell")
    named = f' id="cell-{number}"' if number else ""
    shown = "".join(
        f'<div class="output">\n{each}\n</div>\n' for each in outputs.of_cell(cell, figure)
    )
    return f'<section class="cell"{named}>\n{_source(cell, number)}{shown}</section>'


def _source(cell: NotebookNode, number: int | None) -> str:
    if not cell.source.strip():
        return ""
    failed = cell.metadata.get("papermill", {}).get("exception") is True
    summary = f"code of cell {number}" if number else "parameters set for this run"
    return (
        f'<details class="code"{" open" * failed}><summary>{summary}</summary>\n'
        f"{Highlight2HTML()(cell.source)}</details>\n"
    )

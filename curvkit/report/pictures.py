"""Pictures that a notebook names and that lie beside it: taken along where it goes without them."""

import base64
import copy
import re
from pathlib import Path

from nbformat import NotebookNode

KINDS = {
    ".gif": "image/gif", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".png": "image/png",
    ".svg": "image/svg+xml", ".webp": "image/webp",
}  # fmt: skip
# `![a text](pictures/a.webp)`; what is on the network, or attached, has a colon.
NAMED = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<path>[^):\s]+)\)")


def carried(node: NotebookNode, folder: Path) -> NotebookNode:
    """A copy of a notebook that has its pictures in it, as attachments of its cells.

    Args:
        node: the notebook, which stays as it is.
        folder: where it lies. What is not there, is no picture, or lies elsewhere stays a path.
    """
    notebook = copy.deepcopy(node)
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for match in list(NAMED.finditer(cell.source)):
            path = inside(folder, match["path"])
            if path is None:
                continue
            data = base64.b64encode(path.read_bytes()).decode()
            cell.setdefault("attachments", NotebookNode())
            cell.attachments[path.name] = NotebookNode({KINDS[path.suffix.lower()]: data})
            shown = f"![{match['alt']}](attachment:{path.name})"
            cell.source = cell.source.replace(match[0], shown)
    return notebook


def inside(folder: Path, name: str) -> Path | None:
    """The picture of that name in a folder or below it; None if there is none."""
    path = (folder / name).resolve()
    known = path.suffix.lower() in KINDS and path.is_relative_to(folder.resolve())
    return path if known and path.is_file() else None

"""Small notebooks for the tests of reports."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

DEFAULTS = "steps = 20\nrate: float = 0.1\nquick = False\nnote = 'plain'  # a note\nlog = [1, 2]"


def notebook(path, *cells, room=None):
    """Writes a notebook of cells: Markdown where the text begins with `#`, else code."""
    made = new_notebook()
    for text in cells:
        words = text.startswith("#")
        made.cells.append((new_markdown_cell if words else new_code_cell)(text))
        if text == DEFAULTS:
            made.cells[-1].metadata["tags"] = ["parameters"]
    if room:
        made.metadata["curvkit"] = {"room": room}
    nbformat.write(made, path)
    return path

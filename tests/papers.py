"""Small notebooks for the tests of reports, and the scripts in .ci for the tests of those."""

import importlib.util
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parent.parent
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


def script(name):
    """Import one of the stdlib scripts in .ci."""
    sys.path.insert(0, str(ROOT / ".ci"))
    try:
        spec = importlib.util.spec_from_file_location(f"ci_{name}", ROOT / ".ci" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / ".ci"))
    return module

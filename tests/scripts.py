"""Small notebooks for the tests of reports, and the scripts in .ci for the tests of those."""

import importlib.util
import sys
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PLOTLY_5 = int(metadata.version("plotly").split(".")[0]) < 6
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


def moves(sheet, drawn, before):
    """Waits until a page shows something else than before; its policy forbids to wait in it."""
    for _ in range(200):
        if sheet.evaluate(drawn) != before:
            return
        sheet.wait_for_timeout(50)
    pytest.fail("nothing moves")


def listened(sheet):
    """A list that fills with what a page's console says, what fails, and what it asks the network.

    plotly before 6 asks for a style sheet of its maps as it is loaded, which the page's policy
    forbids; that is not a thing of ours.
    """
    complaints = []

    def complain(text):
        if not (PLOTLY_5 and "maplibre-gl" in text):
            complaints.append(text)

    sheet.on("console", lambda said: complain(said.text))
    sheet.on("pageerror", lambda error: complain(str(error)))
    sheet.on("requestfailed", lambda request: complain(request.url))
    sheet.on("request", lambda asked: asked.url[:5] in ("file:", "data:") or complain(asked.url))
    return complaints


def luminance(color):
    """The relative luminance of a colour `#rrggbb`, as WCAG 2.1 has it."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

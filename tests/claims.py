"""What an executed notebook has to show, on whatever device it was computed."""

import io
import re
from typing import Any, NamedTuple

import jax
import nbformat
import sentences
from rich.console import Console

from curvkit.report import make

PLOTLY = "application/vnd.plotly.v1+json"
# Of Binder's two gigabytes JupyterLab's server takes some hundred megabytes.
MOST_MB = 1500


class Executed(NamedTuple):
    """An executed notebook: its outputs, its figures, and what its report says of the run."""

    outputs: list[Any]
    figures: list[Any]
    facts: dict[str, Any]

    @property
    def told(self) -> str:
        """All that the notebook told, printed and showed as a value, a paragraph each."""
        return "\n".join(
            each.text if "text" in each else data.get("text/markdown", data.get("text/plain", ""))
            for each in self.outputs
            for data in [each.get("data", {})]
        )

    @property
    def plots(self) -> list[Any]:
        """The figures, as plotly's dictionaries."""
        return [each.data[PLOTLY] for each in self.figures]


def executed(notebook, folder, quick):
    """The notebook as `curvkit report` executes it by papermill on the default device."""
    console = Console(file=io.StringIO())
    failed = make([notebook], out=folder, quick=quick, timeout=600, console=console)
    assert not failed, failed
    done = nbformat.read(folder / notebook.name, 4)
    facts = done.metadata.curvkit.report
    assert facts.backend in (jax.default_backend(), "jax was not used")
    outputs = [each for cell in done.cells for each in cell.get("outputs", [])]
    figures = [each for each in outputs if PLOTLY in each.get("data", {})]
    assert figures, "no figure was drawn"
    page = (folder / f"{notebook.stem}.html").read_text(encoding="utf-8")
    assert page.count('role="img"') == len(figures)
    return Executed(outputs, figures, facts)


def is_alive(done):
    """Every figure has points in it, at least one has frames, and the runs told have merits."""
    frames = 0
    for figure in done.plots:
        assert any(len(curve.get("x", ())) for curve in figure["data"])
        frames += len(figure.get("frames", ())) > 1
    assert frames
    assert done.facts.runs and all(run.merits for run in done.facts.runs)


def hold(stem, done):
    """What the notebook of that name claims is what its run came to."""
    is_alive(done)
    # What a room tells of a run has a number of that run in bold.
    assert re.search(r"\*\*[^*]*\d[^*]*\*\*", done.told)
    sentences.OWN[stem](done)

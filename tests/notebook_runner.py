"""What an executed notebook has to show, on whatever device it was computed."""

import io
import re
import runpy
from pathlib import Path
from typing import Any, NamedTuple

import jax
import nbformat
from rich.console import Console

from curvkit import claims
from curvkit.pages import thumbnail
from curvkit.report import make

CLAIMS = Path(__file__).resolve().parent.parent / "notebooks" / "claims"
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

    def found(self, pattern):
        """The numbers in the groups of the pattern's only match in what was told."""
        matches = re.findall(pattern, self.told)
        assert matches, f"nothing told matches {pattern!r}"
        assert len(set(matches)) == 1, f"{pattern!r} is told in several ways: {matches}"
        given = matches[0]
        return [float(each) for each in (given if isinstance(given, tuple) else (given,))]

    def merits(self, room, **turned):
        """The figures of merit of the only run of that room with just these knobs turned."""
        runs = [
            run.merits
            for run in self.facts.runs
            if run.room == room and turned.items() <= run.turned.items()
        ]
        runs = runs if turned else runs[:1]
        assert len(runs) == 1, f"{len(runs)} runs of {room} with {turned}"
        return runs[0]

    @property
    def claims(self) -> list[dict[str, Any]]:
        """What the notebook's table of claims came to, a dictionary a row."""
        shown = [each.get("metadata", {}).get("text/markdown", {}) for each in self.outputs]
        tables = [
            each["curvkit"]["claims"] for each in shown if "claims" in each.get("curvkit", {})
        ]
        assert len(tables) == 1, f"{len(tables)} tables of claims are shown"
        return tables[0]

    def rows(self, width, having=""):
        """Of the tables, the rows of so many cells whose second cell has that in it."""
        lines = [line for line in self.told.splitlines() if line.startswith("|")]
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        return {row[0]: row[1:] for row in cells if len(row) == width and having in row[1]}

    def titled(self, start):
        """The only figure whose title begins like that."""
        figures = [each for each in self.plots if each["layout"]["title"]["text"].startswith(start)]
        assert len(figures) == 1, f"{len(figures)} figures begin with {start!r}"
        return figures[0]

    @staticmethod
    def curve(figure, name, axis="x"):
        """Heights of the figure's curve or bars of that name, in the panel with that axis."""
        curves = [
            each
            for each in figure["data"]
            if each.get("name") == name and each.get("xaxis", "x") == axis
        ]
        assert curves, f"no curve is named {name!r}"
        return thumbnail.numbers(curves[0]["y"])


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


def of_notebook(stem):
    """The function `claims(done)` of the notebook's own file of claims."""
    path = CLAIMS / f"{stem}.py"
    assert path.is_file(), f"write notebooks/claims/{stem}.py with a function `claims(done)`"
    return runpy.run_path(str(path))["claims"]


def hold(stem, done):
    """What the notebook of that name claims is what its run came to."""
    is_alive(done)
    # What a room tells of a run has a number of that run in bold.
    assert re.search(r"\*\*[^*]*\d[^*]*\*\*", done.told)
    of_notebook(stem)(done)
    if (CLAIMS / f"{stem}.toml").is_file():
        holds_its_claims(stem, done)


def holds_its_claims(stem, done):
    """Each row of the notebook's table came to the verdict that is written down for it."""
    rows = claims.of(stem).rows
    assert [each["claim"] for each in done.claims] == [row.claim for row in rows]
    for row, shown in zip(rows, done.claims, strict=True):
        assert shown["verdict"] == row.verdict, f"{row.claim} {shown['told']}: {shown['verdict']}"

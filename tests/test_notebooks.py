"""The notebooks: pairs held equal, parameters that are the room's, and each of them executed."""

import ast
import importlib
import io
import re
from pathlib import Path

import jax
import jupytext
import nbformat
import pytest
from papers import script
from rich.console import Console

from curvkit.core import knob as knobs
from curvkit.report import make, parameters

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = sorted((ROOT / "notebooks").glob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
RHYTHM = ("Predict", "Turn", "Look at", "What is known", "Break it", "Exercises", "Where it lives")
named = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def _code(notebook):
    """The cells of code, but for what a host that is not ours runs first."""
    cells = nbformat.read(notebook, 4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    return [cell for cell in code if "hosted" not in cell.metadata.get("tags", [])]


def test_every_notebook_is_a_pair():
    assert [path.stem for path in SCRIPTS] == [path.stem for path in NOTEBOOKS] != []


@named
def test_the_pair_is_equal_and_holds_no_outputs(notebook):
    expected = script("pair").paired(notebook.with_suffix(".py"))
    assert notebook.read_text(encoding="utf-8") == expected, "run `make notebooks`"
    assert all(not cell.outputs and cell.execution_count is None for cell in _code(notebook))


@named
def test_the_first_code_cell_has_the_defaults_of_the_room(notebook):
    node = nbformat.read(notebook, 4)
    assert "parameters" in _code(notebook)[0].metadata.tags
    room = importlib.import_module(f"curvkit.{node.metadata.curvkit.room}")
    declared = knobs.knobs(room.Settings)
    given = parameters.declared(node)
    assert given == {name: declared[name].default for name in given}


@named
def test_a_notebook_is_thin(notebook):
    cells = _code(notebook)
    assert len(cells) <= 16
    for cell in cells:
        assert len(cell.source.splitlines()) <= 8, cell.source
        tree = ast.parse(cell.source)
        defined = [
            each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.ClassDef)
        ]
        assert not defined, cell.source
        for each in ast.walk(tree):
            names = [each.module] if isinstance(each, ast.ImportFrom) else []
            names += [alias.name for alias in each.names] if isinstance(each, ast.Import) else []
            assert all(name.split(".")[0] in ("curvkit", "jax") for name in names), names


@pytest.mark.parametrize("script", SCRIPTS[1:], ids=lambda path: path.stem)
def test_a_room_s_notebook_keeps_the_rhythm(script):
    text = "\n".join(cell.source for cell in jupytext.read(script).cells)
    places = [text.find(f"## {heading}") for heading in RHYTHM]
    assert -1 not in places and places == sorted(places), dict(zip(RHYTHM, places, strict=True))
    assert "**Claim.**" in text and "## Reference" in text and "<summary>Answer</summary>" in text


def _executed(notebook, folder, quick):
    """The notebook as `curvkit report` executes it by papermill: its outputs and its page."""
    console = Console(file=io.StringIO())
    failed = make.make([notebook], out=folder, quick=quick, timeout=600, console=console)
    assert not failed, failed
    done = nbformat.read(folder / notebook.name, 4)
    assert done.metadata.curvkit.backend in (jax.default_backend(), "jax was not used")
    outputs = [each for cell in done.cells for each in cell.get("outputs", [])]
    figures = [each for each in outputs if "application/vnd.plotly.v1+json" in each.get("data", {})]
    assert figures, "no figure was drawn"
    page = (folder / f"{notebook.stem}.html").read_text(encoding="utf-8")
    assert page.count('role="img"') == len(figures)
    return outputs, figures


def _is_alive(figures):
    """Every figure has points in it, and at least one has frames to be played."""
    frames = 0
    for each in figures:
        figure = each.data["application/vnd.plotly.v1+json"]
        assert any(len(curve.get("x", ())) for curve in figure["data"])
        frames += len(figure.get("frames", ())) > 1
    assert frames


@pytest.mark.slow
@named
def test_a_notebook_runs_headlessly_with_quick_settings(notebook, tmp_path):
    _is_alive(_executed(notebook, tmp_path, quick=True)[1])


@pytest.mark.full
@named
def test_a_notebook_runs_headlessly_at_its_defaults(notebook, tmp_path):
    outputs, figures = _executed(notebook, tmp_path, quick=False)
    _is_alive(figures)
    # What a room tells of a run has a number of that run in bold.
    text = " ".join(each.data.get("text/markdown", "") for each in outputs if "data" in each)
    assert re.search(r"\*\*[^*]*\d[^*]*\*\*", text)


@pytest.mark.full
def test_the_curvature_notebook_says_where_the_rules_settle(tmp_path):
    outputs, _ = _executed(ROOT / "notebooks" / "01_curvature.ipynb", tmp_path, quick=False)
    text = " ".join(each.data.get("text/markdown", "") for each in outputs if "data" in each)
    told = re.findall(r"last half of the run is \*\*([\d.]+)\*\* \(([\d.]+) is the edge\)", text)
    settled = {float(edge): float(value) for value, edge in told if float(value) > 1}
    crossed = re.search(r"came to its edge at step \*\*(\d+)\*\*", text)
    assert 400 <= int(crossed[1]) <= 900
    assert abs(settled[2.0] - 2.0) <= 0.05
    assert abs(settled[3.8] - 3.8) <= 0.1
    assert abs(settled[38.0] - 38.0) <= 3

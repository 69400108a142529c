"""The notebooks: pairs held equal, parameters that are the room's, and each of them executed."""

import ast
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import notebook_runner
import pytest
from rooms import ROOMS
from scripts import script

from curvkit.core import knob as knobs
from curvkit.pages import parameters

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
    # What the rooms within ask for, too.
    within = [each.Settings for each in vars(room).values() if hasattr(each, "Settings")]
    declared = {k: v for each in (*within, room.Settings) for k, v in knobs.knobs(each).items()}
    given = parameters.declared(node)
    assert given == {name: declared[name].default for name in given}


@named
def test_a_notebook_is_thin(notebook):
    cells = _code(notebook)
    assert len(cells) <= 17
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
            # A model of one's own comes in its own framework.
            own = ("flax", "optax") if notebook.stem == "09_your_own_model" else ()
            assert all(name.split(".")[0] in ("curvkit", "jax", *own) for name in names), names


@pytest.mark.parametrize("script", SCRIPTS[1:], ids=lambda path: path.stem)
def test_a_room_s_notebook_keeps_the_rhythm(script):
    text = "\n".join(cell.source for cell in jupytext.read(script).cells)
    places = [text.find(f"## {heading}") for heading in RHYTHM]
    assert -1 not in places and places == sorted(places), dict(zip(RHYTHM, places, strict=True))
    assert "**Claim.**" in text and "## Reference" in text and "<summary>Answer</summary>" in text


@named
def test_the_files_that_a_notebook_names_are_there(notebook):
    cells = nbformat.read(notebook, 4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    files = {path.name for path in (ROOT / "curvkit").rglob("*.py")}
    for name in re.findall(r"`([\w/]+\.py)`", text):
        known = (ROOT / name).is_file() if "/" in name else name in files
        inside = any((ROOT / "curvkit" / room / name).is_file() for room in ROOMS)
        assert known or inside, f"{name} is not there"


# What a link in Markdown leads to, but for pictures, addresses, and places on the same page.
LINKED = re.compile(r"(?<!!)\[(?:!\[[^\]]*\]\([^)]*\)|[^\]])*\]\(([^):#]+)\)")


@named
def test_a_notebook_links_to_the_one_before_it_and_to_nothing_that_is_not_there(notebook):
    cells = nbformat.read(notebook, 4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    linked = LINKED.findall(text)
    assert all((notebook.parent / each).is_file() for each in linked), linked
    at = NOTEBOOKS.index(notebook)
    # To the next one, too, where somebody wrote it; a new notebook changes none that is there.
    assert {each.name for each in NOTEBOOKS[max(1, at - 1) : at]} <= set(linked)


def test_every_file_of_claims_is_of_a_notebook():
    stems = {path.stem for path in notebook_runner.CLAIMS.glob("*.py")}
    assert stems == {path.stem for path in NOTEBOOKS}


@named
def test_what_a_notebook_claims_can_fail(notebook):
    facts = nbformat.from_dict({"runs": []})
    with pytest.raises(AssertionError):
        notebook_runner.of_notebook(notebook.stem)(notebook_runner.Executed([], [], facts))


@pytest.mark.full
@named
def test_no_run_of_a_notebook_is_made_twice(notebook):
    """A stage, a panel and a cell that ask for the same settings share one run."""
    counted = subprocess.run(
        [sys.executable, ROOT / "tests" / "runs_begun.py", notebook], check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    runs = json.loads(counted.stdout.splitlines()[-1])
    assert runs or notebook.stem == "09_your_own_model"  # loops of one's own
    assert [run for run, times in runs.items() if times > 1] == []


@pytest.mark.slow
@named
def test_a_notebook_runs_headlessly_with_quick_settings(notebook, tmp_path):
    done = notebook_runner.executed(notebook, tmp_path, quick=True)
    notebook_runner.is_alive(done)
    # Binder gives two gigabytes to JupyterLab and a kernel.
    assert done.facts["peak_mb"] < notebook_runner.MOST_MB


@pytest.mark.full
@named
def test_a_notebook_runs_headlessly_at_its_defaults(notebook, tmp_path):
    done = notebook_runner.executed(notebook, tmp_path, quick=False)
    notebook_runner.hold(notebook.stem, done)
    assert done.facts["peak_mb"] < notebook_runner.MOST_MB

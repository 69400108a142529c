"""A new room is whole: it runs, and keeps the contract and the house rules, as it is written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from curvkit.new import scaffold

ROOT = Path(__file__).resolve().parents[2]


def clone(folder: Path) -> Path:
    """The parts of the repository that a room touches."""
    for part in ("curvkit", "notebooks", "tests", ".ci", "docs", "binder"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for each in ("pyproject.toml", "requirements.lock", "README.md", "LICENSE"):
        shutil.copy(ROOT / each, folder / each)
    return folder


def python(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=root, capture_output=True, text=True, timeout=600,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_a_new_room_runs_and_is_found_by_every_rule(tmp_path):
    root = clone(tmp_path)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    told = python(root, "-m", "curvkit", "new", "heat_map")
    assert "notebooks/claims/" in told and "_heat_map.py" in told and "make notebooks" in told
    assert all(path.read_bytes() == content for path, content in before.items())
    assert len(told.splitlines()) == len(scaffold.PLACES) + 1
    python(root, ".ci/pair.py")
    python(root, ".ci/tables.py")
    assert "the population is 0.643" in python(root, "-m", "curvkit", "run", "heat_map")
    tests = ["-m", "pytest", "-q", "-rp", "-n", "0", "-p", "no:cacheprovider", "-m", "not full"]
    chosen = ["tests/test_every_room.py", "tests/test_every_figure.py", "tests/test_room.py",
              "tests/test_house_rules.py", "tests/test_notebooks.py", "tests/test_readme.py",
              "tests/test_series_held.py", "tests/heat_map"]  # fmt: skip
    own = "(heat_map and not headlessly) or tables or test_theory"
    passed = python(root, *tests, *chosen, "-k", own)
    tested = {line.split()[1].partition("::")[0] for line in passed.splitlines() if "::" in line}
    assert tested == {*chosen[:-1], "tests/heat_map/test_theory.py"}


@pytest.mark.parametrize(
    "name, said",
    [
        ("Heat", "The name must be in lower case, such as sam, but 'Heat' was given."),
        ("../heat", "in lower case"),
        ("class", "in lower case"),
        ("core", "curvkit/core is there already; choose another name."),
        ("tuners", "curvkit/tuners is there already; choose another name."),
        ("data", "curvkit/data.py is there already; choose another name."),
    ],
)
def test_a_name_that_is_none_or_taken_is_refused_before_anything_is_written(name, said):
    before = {path for path in (ROOT / "curvkit").iterdir()}
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        scaffold.write(name, ROOT)
    assert {path for path in (ROOT / "curvkit").iterdir()} == before


@pytest.mark.parametrize("name", ["ab", "heat_map_of_a_long_name"])
def test_what_is_written_keeps_the_style(tmp_path, name):
    for part in ("curvkit", "notebooks", "tests"):
        (tmp_path / part).mkdir()
    (tmp_path / "curvkit" / "__init__.py").touch()
    (tmp_path / "curvkit" / "core").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    scaffold.write(name, tmp_path)
    ruff = [sys.executable, "-m", "ruff"]
    for each in (["check"], ["format", "--check"]):
        done = subprocess.run([*ruff, *each, "."], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_outside_of_a_clone_it_says_where_it_belongs(tmp_path):
    with pytest.raises(ValueError, match="has no curvkit/__init__.py; a room is written into"):
        scaffold.write("heat", tmp_path)
    assert not list(tmp_path.iterdir())

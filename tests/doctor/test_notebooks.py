"""The doctor misses a notebook that is not there, and says how one that is torn is mended."""

import pytest
from scripts import DEFAULTS, notebook

from curvkit._rooms import names
from curvkit.doctor import notebooks
from curvkit.doctor.checks import NOTE, OK, WRONG


def one_sentence(found):
    return "\n" not in found.message + found.advice


def test_each_notebook_is_read_and_its_parameters_go_through_the_gate(tmp_path, monkeypatch):
    rooms = {"good": None, "bad": "curvature", "lost": "attic"}
    paths = [notebook(tmp_path / f"{n}.ipynb", DEFAULTS, room=room) for n, room in rooms.items()]
    paths[1].write_text(paths[1].read_text().replace("steps = 20", "steps = 0"))
    paths.append(tmp_path / "torn.ipynb")
    paths[-1].write_text("{")
    monkeypatch.setattr(notebooks.notebooks, "choose", lambda: paths)
    found = list(notebooks.each_notebook())
    assert [each.state for each in found] == [OK, WRONG, WRONG, WRONG]
    assert "steps must be a whole number from 1 to 20000" in found[1].message
    assert "There is no room 'attic'" in found[2].message
    assert all(map(one_sentence, found))


def test_without_notebooks_that_is_noted(monkeypatch, tmp_path):
    def absent():
        raise FileNotFoundError("There is no folder notebooks/.")

    monkeypatch.setattr(notebooks.notebooks, "choose", absent)
    monkeypatch.setattr(notebooks, "CHECKOUT", tmp_path)
    (found,) = notebooks.each_notebook()
    assert found.state == NOTE


@pytest.fixture
def series(tmp_path, monkeypatch):
    """Return a checkout's folder of notebooks, one a room, each with its script."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (tmp_path / "Makefile").touch()
    for number, room in enumerate(name for name in names() if "." not in name):
        notebook(folder / f"{number:02}_{room}.ipynb", "x = 1", room=room)
        (folder / f"{number:02}_{room}.py").write_text("# %%\nx = 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(notebooks, "CHECKOUT", tmp_path)
    monkeypatch.setattr(notebooks.notebooks.curvkit, "__file__", str(tmp_path / "curvkit" / "a"))
    return folder


def wrong():
    return [each for each in notebooks.each_notebook() if each.state == WRONG]


def test_a_whole_series_is_well(series):
    assert not wrong()


def test_a_torn_notebook_is_written_again_from_its_script(series):
    (series / "00_curvature.ipynb").write_text('{"cells": [')
    (found,) = wrong()
    assert found.name == "00_curvature" and one_sentence(found)
    assert found.advice.startswith("make notebooks") and "setup" not in found.advice
    (series / "00_curvature.py").unlink()
    (found,) = wrong()
    assert found.advice.startswith("git checkout notebooks/00_curvature.ipynb")


def test_a_notebook_of_which_only_the_script_is_there_is_missed(series):
    (series / "00_curvature.ipynb").unlink()
    (found,) = wrong()
    assert found.name == "00_curvature" and "00_curvature.py is" in found.message
    assert found.advice.startswith("make notebooks")
    for each in series.glob("*.ipynb"):
        each.unlink()
    assert len(wrong()) == len(list(series.glob("*.py")))


def test_a_room_without_any_notebook_is_missed_in_the_series_alone(series):
    for each in series.glob("00_curvature.*"):
        each.unlink()
    (found,) = wrong()
    assert found.message == "no notebook is about the room curvature"
    for each in series.glob("*.py"):
        each.unlink()
    assert not wrong()

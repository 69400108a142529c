"""What a command is to write is looked at before it runs: nothing is replaced, no run is lost."""

import json
import os
import stat
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import curvkit.tuners.model as house
from curvkit import __main__
from curvkit.report import bundle, execute, notebooks, run
from curvkit.sweep import submit

RUN = ["run", "tuners.model", "--set", "steps=1"]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has other kinds of files")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return a working directory full of what is no file, in which nothing may be run."""
    for owner, name in (
        (house, "run"),
        (execute, "execute"),
        (bundle, "_wheels"),
        (submit.Drive, "run"),
    ):
        monkeypatch.setattr(owner, name, lambda *_, **__: pytest.fail("something was run"))
    monkeypatch.chdir(tmp_path)
    for end in (".npz", ".html", ".ipynb"):
        os.mkfifo(f"pipe{end}")
        os.mkdir(f"folder{end}")
        os.symlink("/dev/null", f"device{end}")
        os.symlink(f"nowhere{end}", f"dangling{end}")
        os.symlink(f"theirs{end}", f"link{end}")
        Path(f"theirs{end}").write_text("{}")
    np.savez("numbers.npz", data=np.ones(3))
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), "a.ipynb")
    os.link("a.ipynb", "same.ipynb")
    os.symlink("nowhere", "dangling")
    os.mkfifo("pipe")
    os.makedirs("full/folder")
    Path("full/theirs").write_text("{}")
    return tmp_path


def there(folder):
    """All that is there, as it is."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        found[path] = (mode, path.read_bytes() if stat.S_ISREG(mode) else b"")
    return found


def refused(capsys, arguments):
    """What a command says that is refused with status 2 in one sentence."""
    with pytest.raises(SystemExit) as ended:
        __main__.main(arguments)
    out, said = capsys.readouterr()
    assert (ended.value.code, out) == (2, ""), said
    assert said.startswith("curvkit: ") and said.endswith(".\n") and said.count("\n") == 1, said
    return said


ODD = [
    ("/dev/null", "is a device|must be a|is a folder"), (".", "folder"), ("..", "folder"),
    ("/", "folder"), ("", "must name a place to write to, but '' was given"), ("new/", "folder"),
    ("pipe{}", "is a pipe, which is not replaced"), ("folder{}", "is a folder, which is"),
    ("device{}", "is a link, which is"), ("dangling{}", "is a link, which is"),
    ("link{}", "is a link, which is"), ("theirs{}", "so it is not replaced; name another"),
    ("no/such/folder{}", "There is no folder 'no/such' to write to"),
    ("theirs{}/in it{}", "There is no folder|Not a directory"), ("a" * 260 + "{}", "name too long"),
    ("/proc/nobody{}", "cannot be written to"),
]  # fmt: skip
WRONG = ["f.png", "f.json", "f.csv", "f.pdf", "f.svg", "f.txt", "f", "f.npz.gz"]


@pytest.mark.parametrize("flag, end", [("--out", ".npz"), ("--figure", ".html")])
def test_a_run_is_refused_where_it_could_not_be_kept(place, capsys, flag, end):
    before, device = there(place), os.stat("/dev/null")
    for name, said in ODD:
        assert any(part in refused(capsys, [*RUN, flag, name.format(end, end)])
                   for part in said.split("|")), name  # fmt: skip
    for name in WRONG:
        if not name.endswith(end):
            assert f"{flag} must be a file that ends in {end}" in refused(
                capsys, [*RUN, flag, name]
            )
    assert there(place) == before and os.stat("/dev/null") == device


def test_a_trace_of_somebody_else_and_the_same_file_twice_are_refused(place, capsys):
    assert "is not a trace of curvkit" in refused(capsys, [*RUN, "--out", "numbers.npz"])
    refused(capsys, [*RUN, "--out", "a", "--figure", "a"])
    refused(capsys, [*RUN, "--out", "a.npz", "--figure", "a.npz"])
    Path("one.npz").touch()
    os.link("one.npz", "one.html")
    said = refused(capsys, [*RUN, "--out", "one.npz", "--figure", "one.html"])
    assert "--out and --figure are the same file" in said


def test_a_bundle_takes_no_other_place(place, capsys):
    before = there(place)
    for name, said in (*ODD[-2:], *ODD[6:7], *ODD[8:13], ("/dev/null", "is a device"), ODD[4]):
        told = refused(capsys, ["bundle", "a.ipynb", "--out", name.format(".ipynb", ".ipynb")])
        assert any(part in told for part in said.split("|")), name
    for name in ("a.ipynb", "./a.ipynb", "same.ipynb"):
        assert "is the notebook itself" in refused(capsys, ["bundle", "a.ipynb", "--out", name])
    assert there(place) == before


@pytest.mark.parametrize(
    "command", [["report", "a.ipynb"], ["gallery", "a.ipynb"], ["sweep", house.__name__[8:]]]
)
def test_pages_go_into_a_folder_and_into_nothing_else(place, capsys, command):
    before = there(place)
    for name, said in (
        ("/dev/null", "is a device, and no folder"), ("pipe", "is a pipe, and no folder"),
        ("dangling", "is a link, and no folder"), ("full/theirs", "is a file, and no folder"),
        ("", "must name a place"), ("a" * 300, "name too long"),
        ("full/theirs/in", "Not a directory"),
    ):  # fmt: skip
        assert said in refused(capsys, [*command, "--out", name]), name
    assert there(place) == before


@pytest.mark.parametrize("name", ["index.html", "a.html", "a.pdf", "a.ipynb", "a.log", ".lock"])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "file"])
def test_no_file_of_a_report_takes_the_place_of_anything(place, capsys, name, kind):
    os.mkdir("out")
    path = Path("out", name)
    make_odd = dict(link=lambda: path.symlink_to("../a.ipynb"), pipe=lambda: os.mkfifo(path),
                    folder=path.mkdir, file=lambda: path.write_text("mine"))  # fmt: skip
    make_odd[kind]()
    before = there(place)
    if (name, kind) == (".lock", "file"):
        return  # which is locked, and not written to
    said = refused(capsys, ["report", "a.ipynb", "--out", "out"])
    assert ("is not of a report" if kind == "file" else f"is a {kind}, which is not") in said
    found = there(place)
    assert {path: found[path] for path in before} == before


def test_what_an_earlier_command_wrote_is_replaced(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(__main__, "_page", lambda draw, trace: f"<html>{__main__.MARK}</html>")
    old = os.umask(0o027)
    try:
        for _ in range(2):
            __main__.app([*RUN, "--out", "a.npz", "--figure", "a.html"], standalone_mode=False)
    finally:
        os.umask(old)
    assert house.Trace.load("a.npz").readings == 2
    assert {stat.S_IMODE(os.stat(each).st_mode) for each in os.listdir()} == {0o640}
    assert sorted(os.listdir()) == ["a.html", "a.npz"]


def test_a_bundle_is_told_from_a_notebook(tmp_path, monkeypatch):
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), tmp_path / "a.ipynb")
    monkeypatch.setattr(bundle, "_wheels", lambda: {"curvkit": b""})
    for _ in range(2):
        bundle.bundle(tmp_path / "a.ipynb", tmp_path / "b.ipynb")
    assert bundle.is_one(tmp_path / "b.ipynb") and not bundle.is_one(tmp_path / "a.ipynb")
    for text in ("[]", "{}", json.dumps({"cells": 3}), json.dumps({"cells": [3]}), "[" * 10**5):
        (tmp_path / "b.ipynb").write_text(text)
        with pytest.raises(ValueError, match="is not a bundle of curvkit, so it is not replaced"):
            bundle.bundle(tmp_path / "a.ipynb", tmp_path / "b.ipynb")


def test_the_log_of_a_report_that_was_killed_is_known(tmp_path):
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), tmp_path / "a.ipynb")
    (tmp_path / "out").mkdir()
    (path,) = notebooks.choose([str(tmp_path / "a.ipynb")])
    wanted = [SimpleNamespace(path=path, stem="a")]
    for left in ("", f"{run.LOG}a\n", f"{run.LOG}a\nhalf a line"):
        (tmp_path / "out/a.log").write_text(left)
        run._writable(tmp_path / "out", wanted)
    (tmp_path / "out/a.log").write_text("mine")
    with pytest.raises(ValueError, match="a.log is not of a report, so it is not overwritten"):
        run._writable(tmp_path / "out", wanted)

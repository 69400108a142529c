"""A bundled notebook runs where there is no curvkit and no network, and replaces nothing there."""

import base64
import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from types import ModuleType, SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from scripts import notebook

from curvkit import __main__, hosted
from curvkit.report import bundle, wheel

ROOT = Path(__file__).resolve().parent.parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# What a host may lack; the test hides them beside curvkit itself.
HIDDEN = ("curvkit", "optax", "absl", "jaxtyping", "wadler_lindig", "anywidget", "psygnal", "flint")
NO_NETWORK = """
import socket
def refuse(self, address, connect=socket.socket.connect):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise OSError("there is no network")
    return connect(self, address)
socket.socket.connect = refuse
"""
PAPERMILL = "-m papermill --no-progress-bar -k python3 --language python".split()
CELLS = """
import jax, optax, anywidget, curvkit, sys
print(curvkit.__file__.count("curvkit-"), optax.__file__.count("curvkit-"))
print(jax.__file__.startswith(sys.prefix), "pip" in sys.modules)

import os
from curvkit.tuners import model
os.environ["CURVKIT_HEADLESS"] = "0"
panel = model.explore(steps=30)
print(panel.wait().readings)

os.environ["CURVKIT_HEADLESS"] = "1"
model.explore(steps=30)
"""


# The wheel


def test_the_wheel_holds_what_a_build_of_the_checkout_holds(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = tmp_path.glob("*.whl")
    name, data = wheel.built("curvkit")
    assert name == path.name
    with zipfile.ZipFile(path) as built, zipfile.ZipFile(io.BytesIO(data)) as ours:
        # A bundle is one notebook, and brings no others, with their pictures and claims.
        beside = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("notebooks/**/*.*")]
        others = ("RECORD", *(f"curvkit/{path}" for path in beside))
        theirs = {each for each in built.namelist() if not each.endswith(others)}
        assert theirs <= set(ours.namelist())
        for each in theirs:
            if ".dist-info" not in each:
                assert ours.read(each) == built.read(each), each
        # Every file is in the record with its size, as an installer checks it.
        rows = list(csv.reader(io.StringIO(ours.read("curvkit-0.1.0.dist-info/RECORD").decode())))
        assert {row[0] for row in rows} == set(ours.namelist())
        assert all(int(size) == len(ours.read(path)) for path, _, size in rows if size)


def test_the_same_package_is_the_same_wheel_bit_by_bit():
    assert wheel.built("jaxtyping") == wheel.built("jaxtyping")


@pytest.mark.parametrize(
    ("name", "said"),
    [("numpy", "has compiled parts, so it cannot"), ("no-such-thing", "is not installed, so it")],
)
def test_what_cannot_be_carried_is_refused_in_a_sentence(name, said):
    with pytest.raises(ValueError, match=f"^{name} {said} .*\\.$"):
        wheel.built(name)


def test_compiled_twins_of_python_are_left_out_and_licences_kept():
    _, data = wheel.built("psygnal")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
    assert "psygnal/_group.py" in names and not [each for each in names if each.endswith(".so")]
    assert [each for each in names if "LICENSE" in each]


# The notebook


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    """Return a bundled notebook of three cells."""
    folder = tmp_path_factory.mktemp("bundled")
    cells = [new_code_cell(each) for each in CELLS.strip().split("\n\n")]
    node = new_notebook(cells=[new_markdown_cell("# Title"), *cells])
    nbformat.write(node, folder / "plain.ipynb")
    bundle.bundle(folder / "plain.ipynb", folder / "whole.ipynb")
    return folder / "whole.ipynb"


def test_the_first_cell_brings_curvkit_and_the_others_stay_as_they_were(bundled):
    node = nbformat.read(bundled, as_version=4)
    nbformat.validate(node)
    title, first, *rest = node.cells
    plain = nbformat.read(bundled.with_name("plain.ipynb"), as_version=4)
    assert [title, *rest] == plain.cells
    assert first.metadata.tags == ["hosted"] and first.metadata.jupyter.source_hidden
    compile(first.source, "first", "exec")
    assert bundled.stat().st_size < 4_000_000
    packed = first.source.split('"""')[1::2]
    names = [zipfile.ZipFile(io.BytesIO(base64.b64decode(each))).namelist()[0] for each in packed]
    assert names[0].startswith("curvkit-") and len(names) > 3


def test_the_notebook_itself_is_not_overwritten_and_no_notebook_is_refused(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "x = 1")
    with pytest.raises(ValueError, match="is the notebook itself; name another file by --out"):
        bundle.bundle(path, path)
    path.write_text("{")
    with pytest.raises(ValueError, match="a.ipynb is no notebook"):
        bundle.bundle(path, tmp_path / "b.ipynb")


def test_the_command_says_what_is_in_the_bundle(tmp_path, monkeypatch, capsys):
    path = notebook(tmp_path / "a.ipynb", "x = 1")
    monkeypatch.chdir(tmp_path)
    __main__.app(["bundle", str(path)], standalone_mode=False)
    said = capsys.readouterr().out
    assert said.startswith("a_bundle.ipynb: ") and "curvkit-0.1.0-py3-none-any.whl" in said
    with pytest.raises(SystemExit):
        __main__.main(["bundle", str(path), "--out", "no/such/b.ipynb"])
    assert "There is no folder 'no/such'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """Return the Python of an environment with all but curvkit and what a host may lack."""
    home = tmp_path_factory.mktemp("clean") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    (site,) = home.glob("lib/python*/site-packages")
    hidden = tuple(f"{each}-" for each in (*HIDDEN, "absl_py", "python_flint"))
    for each in Path(metadata.distribution("jax").locate_file("")).iterdir():
        own = each.suffix == ".pth" or each.name in HIDDEN or each.name.startswith(hidden)
        if not own and each.name != "__pycache__":
            (site / each.name).symlink_to(each)
    (site / "sitecustomize.py").write_text(NO_NETWORK)
    return home / "bin" / "python"


@pytest.mark.slow
def test_a_bundle_runs_in_a_clean_environment_without_a_network(bundled, clean, tmp_path):
    kept = ("PYTHONPATH", "CURVKIT_HEADLESS", "JAX_COMPILATION_CACHE_DIR")
    env = {name: value for name, value in os.environ.items() if name not in kept}
    env["PIP_NO_INDEX"] = "1"
    command = [clean, *PAPERMILL, bundled, tmp_path / "out.ipynb"]
    told = dict(env=env, capture_output=True, text=True)
    for module in ("curvkit", "optax", "anywidget"):
        absent = subprocess.run([clean, "-c", f"import {module}"], cwd=tmp_path, **told)
        assert absent.returncode, f"{module} is in the clean environment"
    done = subprocess.run(command, cwd=tmp_path, **told)
    assert done.returncode == 0, done.stderr[-2000:]
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    texts = ["".join(o.get("text", "") for o in cell.get("outputs", [])) for cell in cells]
    assert texts[1] == "python-flint is missing here; what needs it will fail.\n"
    assert texts[2] == "1 1\nTrue False\n" and texts[3].endswith("31\n")
    drawn = [o.data for o in cells[4].outputs if "data" in o]
    assert any("application/vnd.plotly.v1+json" in data for data in drawn)


def _links_what_it_needs(clean, needs):
    """Of the packages that only some notebooks need, those that one needs are there, no others."""
    (site,) = clean.parent.parent.glob("lib/python*/site-packages")
    for name, files in (("scikit-learn", "*sklearn* scikit_learn-*"), ("python-flint", "*flint*")):
        home = Path(metadata.distribution("jax").locate_file(""))
        for each in (path for pattern in files.split() for path in home.glob(pattern)):
            (site / each.name).unlink(missing_ok=True)
            if name in needs:
                (site / each.name).symlink_to(each)


@pytest.mark.full
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_notebook_runs_as_a_bundle(path, clean, tmp_path):
    bundle.bundle(path, tmp_path / "in.ipynb")
    node = nbformat.read(tmp_path / "in.ipynb", as_version=4)
    quick = node.metadata.get("curvkit", {}).get("quick", {})
    command = [clean, *PAPERMILL, "in.ipynb", "out.ipynb"]
    command += [part for name, value in quick.items() for part in ("-p", name, str(value))]
    _links_what_it_needs(clean, node.metadata.curvkit.needs)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]


# The host


def said(capsys, *needs, **options):
    """What the host is told, a sentence a line; nothing that a notebook would show besides."""
    capsys.readouterr()
    assert hosted.start(*needs, **options) is None
    return capsys.readouterr().out.splitlines()


def test_on_colab_the_widget_manager_is_turned_on(monkeypatch, capsys):
    turned = []
    output = SimpleNamespace(enable_custom_widget_manager=lambda: turned.append("on"))
    colab = ModuleType("google.colab")
    colab.output = output
    for name, module in {"google": ModuleType("google"), "google.colab": colab}.items():
        monkeypatch.setitem(sys.modules, name, module)
    assert said(capsys) == [] and turned == ["on"]


def test_nothing_that_a_host_has_is_asked_of_pip_and_jax_never_is(monkeypatch, capsys):
    asked = []
    kept = hosted.importlib.util.find_spec
    gone = {"flint", "jax"}
    monkeypatch.setattr(
        hosted.importlib.util, "find_spec", lambda name: None if name in gone else kept(name)
    )
    pip = lambda names: asked.append(names) or gone.discard("flint") or True
    monkeypatch.setattr(hosted, "_pip", pip)
    assert said(capsys) == ["jax is missing here; what needs it will fail."]
    assert asked == [["python-flint"]]
    gone.add("flint")
    told = said(capsys, install=False)
    assert len(told) == 2 and len(asked) == 1
    assert told[1].startswith("python-flint is missing here")


@pytest.mark.parametrize("needs", [[], ["scikit-learn"], ["python-flint"]])
def test_what_a_notebook_does_not_need_is_neither_asked_for_nor_missed(monkeypatch, capsys, needs):
    asked, kept = [], hosted.importlib.util.find_spec
    absent = lambda name: None if name in ("flint", "sklearn") else kept(name)
    monkeypatch.setattr(hosted.importlib.util, "find_spec", absent)
    monkeypatch.setattr(hosted, "_pip", lambda names: asked.extend(names))
    told = said(capsys, needs)
    assert told == [f"{name} is missing here; what needs it will fail." for name in needs]
    assert asked == [name for name in needs if name not in hosted.NEVER_INSTALLED]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_bundle_asks_for_what_its_notebook_says_that_it_needs(path, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "_wheels", lambda: {"own": b"", "other": b""})
    bundle.bundle(path, tmp_path / "out.ipynb")
    needs = nbformat.read(path, as_version=4).metadata.curvkit.needs
    assert {*needs} <= hosted.SOME
    first = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[1].source
    assert first.endswith(f"\nhosted.start({needs!r})")


def test_what_is_fetched_asks_for_its_own_in_turn_and_a_pip_that_cannot_is_asked_once(
    monkeypatch, capsys
):
    asked, gone, kept = [], {"optax", "absl-py"}, hosted.importlib.util.find_spec
    there = lambda name: name not in gone
    monkeypatch.setattr(hosted, "_there", there)
    monkeypatch.setattr(
        hosted.importlib.util, "find_spec", lambda name: kept(name) if there(name) else None
    )
    monkeypatch.setattr(hosted, "_pip", lambda names: asked.append(names) or True)
    monkeypatch.setattr(hosted.importlib, "invalidate_caches", lambda: gone.discard("optax"))
    assert said(capsys) == ["absl-py is missing here; what needs it will fail."]
    assert asked == [["optax"], ["absl-py"], ["absl-py"]]
    asked.clear()
    monkeypatch.setattr(hosted, "_pip", lambda names: asked.append(names))
    assert len(said(capsys)) == 1 and asked == [["absl-py"]]


@pytest.mark.parametrize("code", [0, 1])
def test_pip_is_asked_for_packages_without_what_they_depend_on(monkeypatch, code):
    asked = []

    def run(command, **_):
        asked.extend(command)
        return SimpleNamespace(returncode=code)

    monkeypatch.setattr(hosted.subprocess, "run", run)
    assert hosted._pip(["a", "b"]) is (code == 0)
    assert "--no-deps" in asked and asked[-2:] == ["a", "b"] and "--upgrade" not in asked


def test_a_host_that_is_too_old_is_told_so(monkeypatch, capsys):
    kept = metadata.version
    old = {"jax": "0.6.1", "plotly": "5.24.1"}
    monkeypatch.setattr(hosted.metadata, "version", lambda name: old.get(name) or kept(name))
    assert said(capsys, install=False) == ["jax is 0.6.1 here, and curvkit needs 0.7 or newer."]


def test_the_floors_are_those_of_the_package():
    asked = {each.split(">=")[0]: each for each in metadata.requires("curvkit")}
    for name, floor in hosted.FLOORS.items():
        assert asked[name] == f"{name}>={'.'.join(map(str, floor))}"
    assert json.dumps(hosted.NEEDED)

"""The command line: every command helps, refuses in a sentence, and does what it says."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.metadata import entry_points
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from processes import listening

from curvkit import __main__, __version__
from curvkit.curvature import Settings, Trace
from curvkit.report import kernel, trained


@pytest.fixture
def say(capsys):
    """Return a function that gives status, output and errors of a command line."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            __main__.main(arguments)
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


def test_every_command_and_every_option_has_help(say):
    for command in (
        [],
        ["lab"],
        ["report"],
        ["run"],
        ["sweep"],
        ["bundle"],
        ["gallery"],
        ["doctor"],
        ["rooms"],
    ):
        status, out, _ = say(*command, "--help")
        assert status == 0
        assert "Usage" in out
    for command in __main__.app.registered_commands:
        assert command.callback.__doc__, command
    for name in ("--set", "--out", "--profile", "--format", "--fresh", "--timeout"):
        assert name in say("report", "--help")[1]
    for name in ("--over", "--set", "--settings", "--resume", "--retry-failed", "--notebook"):
        assert name in say("sweep", "--help")[1]


def test_the_version_is_said(say):
    assert say("--version") == (0, f"curvkit {__version__}\n", "")


def test_help_imports_neither_jax_nor_plotly_nor_papermill():
    heavy = {"jax", "plotly", "papermill", "nbconvert", "numpy"}
    question = f"import sys, curvkit.__main__; print({heavy!r} & set(sys.modules))"
    command = [sys.executable, "-c", question]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "curvatura"], "There is no room 'curvatura'; did you mean 'curvature'?"),
        (["run", "curvature", "--set", "steps=0"], "steps must be a whole number from 1 to 20000"),
        (["run", "curvature", "--set", "stepz=9"], "There is no setting 'stepz'"),
        (["run", "curvature", "--set", "steps"], "--set must be of the form name=value"),
        (["run", "curvature", "--view", "edges"], "There is no figure 'edges'"),
        (
            ["page", "sam", "--figure", "race"],
            "There is no figure 'race' in sam, but in distillation.grid, kernels.race, tuners; "
            "sam has bounce, edge, gradient, loss.",
        ),
        (["page", "curvature", "--scene", "balls"], "There is no scene 'balls' in curvature"),
        (["run", "curvature", "--out", "no/such/t.npz"], "There is no folder 'no/such'"),
        (["sweep", "attic"], "There is no room 'attic'"),
        (["sweep", "curvature", "--over", "seed"], "--over must be of the form name=value"),
        (["sweep", "curvature", "--over", "sead=1"], "There is no setting 'sead'"),
        (["sweep", "curvature", "--settings", "no.toml"], "no.toml: No such file"),
        (["rooms", "attic"], "There is no room 'attic'"),
        (["report", "no.ipynb"], "There is no notebook at 'no.ipynb'"),
        (["report", "s3://a/b.ipynb"], "s3://a/b.ipynb is on the network, which is papermill's"),
        (["report", "--profile", "quik"], "There is no profile 'quik'; did you mean 'quick'?"),
        (["report", "--format", "odt"], "There is no format 'odt'"),
        (["report", "--timeout", "0"], "timeout must be a number of seconds above 0"),
        (["lab", "no.ipynb"], "There is no notebook at 'no.ipynb'"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_with_status_2(say, arguments, said):
    status, out, err = say(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"curvkit: {said}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("asked", "kind", "name", "room"),
    [
        ("tuners.model", "figure", "race", "tuners"),
        ("tuners", "figure", "race", "tuners"),
        ("kernels", "figure", "race", "kernels.race"),
        ("minima", "scene", "marbles", "minima.basin"),
    ],
)
def test_a_page_of_what_only_the_room_around_or_within_has_is_that_rooms(
    say, tmp_path, monkeypatch, asked, kind, name, room
):
    written = []

    def write(house, *given):
        written.append((house.name, *given))
        return {"page": 1, "plotly": 0, "programs": 1}

    for each in ("figures", "lesson"):
        monkeypatch.setattr(trained, each, write)
    monkeypatch.chdir(tmp_path)
    status, out, _ = say("page", asked, f"--{kind}", name, "--set", "steps=9")
    assert status == 0
    assert written == [(room, name, {"steps": "9"}, Path(f"{room}-{name}.html"))]
    said = [f"The {kind} {name} is of {room} and not of {asked}: it is that room which runs."]
    assert out.splitlines()[:-1] == said * (asked != room)


def test_the_rooms_are_listed_with_what_they_show(say):
    status, out, _ = say("rooms")
    assert status == 0
    assert re.search(r"^curvature +Curvature along training", out, flags=re.MULTILINE)


def test_every_knob_of_a_room_is_listed(say):
    _, out, _ = say("rooms", "curvature")
    for name in Settings.__knobs__:
        assert any(line.startswith(f"{name} ") for line in out.splitlines()), name
    assert "1e-05 to 20" in out


def test_papermill_finds_the_engine_by_its_name():
    (found,) = entry_points(group="papermill.engine", name="curvkit")
    assert found.load().execute_notebook == kernel.Engine.execute_notebook


@pytest.mark.slow
def test_a_room_is_run_and_told_and_kept(say, tmp_path, monkeypatch):
    monkeypatch.setenv("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    trace, figure = tmp_path / "trace.npz", tmp_path / "page.html"
    kept = ["--out", str(trace), "--figure", str(figure), "--view", "scaled"]
    small = ["--set", "steps=22", "--set", "data=quadratic"]
    __main__.app(["run", "curvature", *small, *kept], standalone_mode=False)
    loaded = Trace.load(trace)
    assert loaded.step.tolist() == [0, 11, 22]
    assert loaded.settings["data"] == "quadratic"
    text = figure.read_text()
    assert "How far from the edge" in text
    assert "<script src" not in text


def test_jupyterlab_listens_to_this_machine_only_and_keeps_its_token(tmp_path, monkeypatch):
    path = tmp_path / "notebooks/00 start.ipynb"
    path.parent.mkdir()
    nbformat.write(new_notebook(cells=[new_code_cell("x = 1")]), path)
    seen = []
    monkeypatch.setattr(os, "execve", lambda *given: seen.append(given))
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    arguments = ["lab", str(path), "--no-browser", "--port", "8901"]
    __main__.app(arguments, standalone_mode=False)
    ((program, command, environment),) = seen
    assert program == command[0] == sys.executable
    assert {"--ServerApp.ip=127.0.0.1", "--port=8901", "--no-browser", "--allow-root"} <= {*command}
    assert f"--ServerApp.root_dir={tmp_path}" in command
    assert "--LabApp.default_url=/lab/tree/notebooks/00%20start.ipynb" in command
    assert not [each for each in command if "token" in each or "password" in each]
    assert environment["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"


def port_of_its_own():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]


def answer(address):
    """The status with which a server of this machine answers, once it does."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(300):
        try:
            with opener.open(address, timeout=30) as found:
                return found.status
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            time.sleep(0.1)  # it says its address a moment before it listens there
    pytest.fail(f"{address} does not answer")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")
def test_jupyterlab_answers_nobody_without_its_token_and_no_other_machine(tmp_path):
    (tmp_path / "notebooks").mkdir()
    nbformat.write(new_notebook(cells=[]), tmp_path / "notebooks/a.ipynb")
    where = ["notebooks/a.ipynb", "--no-browser", "--port", str(port_of_its_own())]
    command = [sys.executable, "-m", "curvkit", "lab", *where]
    piped = dict(stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    with subprocess.Popen(command, cwd=tmp_path, **piped) as running:
        try:
            shape = re.compile(
                r"(http://127\.0\.0\.1:\d+)/lab/tree/notebooks/a\.ipynb\?token=(\w+)"
            )
            found = next(filter(None, map(shape.search, running.stderr)))
            home, token = found.groups()
            assert len(token) >= 32
            assert answer(f"{home}/api/contents") == 403
            assert answer(f"{home}/api/contents?token={token[:-1]}") == 403
            assert answer(f"{home}/api/contents?token={token}") == 200
            assert listening({running.pid}) == {"0100007F"}  # 127.0.0.1
        finally:
            running.terminate()
            running.stderr.close()


@pytest.mark.slow
def test_a_failing_notebook_gives_status_1_and_is_named_at_the_end(tmp_path):
    for stem, source in (("a", "print('fine')"), ("b", "raise KeyError('gone')")):
        nbformat.write(new_notebook(cells=[new_code_cell(source)]), tmp_path / f"{stem}.ipynb")
    command = [sys.executable, "-m", "curvkit", "report", "b.ipynb", "a.ipynb", "--out", "pages"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "a: ok" in done.stdout
    assert done.stderr == (
        "1 of 2 notebooks failed:\n"
        "  b failed in cell 1 (raise KeyError('gone')): KeyError: 'gone'\n"
    )
    assert (tmp_path / "pages/a.html").is_file()

"""Reports that are stopped, killed and started again: nothing is run twice, nothing is torn."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from rich.console import Console
from scripts import DEFAULTS, notebook

from curvkit.host import files
from curvkit.report import in_kernel
from curvkit.report.run import make

STEMS = ("a", "b", "c")
# A stand-in for a notebook: it notes that it was run, and needs no JAX.
COUNTS = """
import os, pathlib, time
pathlib.Path("runs", f"{name}-{os.getpid()}").touch()
time.sleep(0.05)
print("done", name)
"""
# One process imports all once, and forks a report for every line that it reads.
NURSERY = """
import os, sys
from pathlib import Path
from rich.console import Console
from curvkit.report.run import make
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        failed = make([Path(f"{stem}.ipynb").resolve() for stem in "abc"], out=Path("out"), jobs=2,
                      console=Console(quiet=True))
        os._exit(len(failed))
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""


def quietly(paths, out, **options):
    return make(paths, out=out, console=Console(quiet=True), **options)


def shelf(home):
    """Notebooks that note in a folder that they were run."""
    (home / "runs").mkdir()
    made = [notebook(home / f"{n}.ipynb", f"name = {n!r}", COUNTS.strip()) for n in STEMS]
    return made


def ran(home):
    """How often each notebook was started."""
    names = [path.name.split("-")[0] for path in (home / "runs").iterdir()]
    return {stem: names.count(stem) for stem in STEMS}


def whole(out):
    """Every file that is seen is whole: pages end, notebooks are JSON, no other name is there."""
    for path in out.iterdir():
        if path.suffix == ".html":
            assert path.read_text().endswith("</html>\n"), path
        elif path.suffix == ".ipynb":
            assert json.loads(path.read_text())["metadata"]["curvkit"]["report"]["mark"]
        else:
            assert path.suffix == ".log" or path.name.startswith("."), path


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def killed_and_resumed(home, kills):
    """Kills a report so many times at moments drawn by lot, then lets it end."""
    chance, out = random.Random(6), home / "out"
    shelf(home)
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    command, seen, died = [sys.executable, "-c", NURSERY], {}, 0
    complaints = home / "complaints"
    with (
        complaints.open("w") as stderr,
        subprocess.Popen(command, cwd=home, **pipes, stderr=stderr) as nursery,
    ):
        for _ in range(6 * kills):
            if died == kills:
                break
            # How long a report takes depends on the machine; one that ended is not counted.
            nursery.stdin.write("go\n")
            pid, end = int(nursery.stdout.readline()), time.monotonic() + chance.uniform(0, 1.5)
            while time.monotonic() < end and Path(f"/proc/{pid}").exists():
                time.sleep(0.01)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            ended = int(nursery.stdout.readline())
            assert ended in (0, signal.SIGKILL), complaints.read_text()
            died += ended == signal.SIGKILL
            whole(out) if out.exists() else None
            now = {path: path.stat().st_mtime_ns for path in out.glob("*.ipynb")}
            assert seen.items() <= now.items(), "what was finished was written again"
            seen = now
            if len(seen) == len(STEMS):
                # All are there: let the last one be run anew, by another source.
                path = home / f"{STEMS[-1]}.ipynb"
                notebook(path, f"name = {STEMS[-1]!r}  # {time.time()}", COUNTS.strip())
                seen.pop(out / path.name)
        nursery.stdin.write("go\n")
        nursery.stdout.readline()
        assert int(nursery.stdout.readline()) == 0, complaints.read_text()
        nursery.stdin.close()
    assert died == kills
    # A kernel that lost its report ends by itself, within a second or so.
    pids = [int(path.name.split("-")[1]) for path in (home / "runs").iterdir()]
    end = time.monotonic() + 30
    while not all(map(gone, pids)) and time.monotonic() < end:
        time.sleep(0.1)
    assert all(map(gone, pids))
    whole(out)
    names = {path.name for path in out.iterdir()}
    kinds = ("html", "ipynb", "log")
    assert names == {f"{n}.{kind}" for n in STEMS for kind in kinds} | {"index.html", ".lock"}
    assert "3 notebooks, all ok" in (out / "index.html").read_text()
    before = ran(home)
    assert quietly([home / f"{stem}.ipynb" for stem in STEMS], out) == []
    assert ran(home) == before, "what had not changed was run again"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_killed_and_started_again_every_page_is_there_whole_and_nothing_ran_twice(tmp_path):
    killed_and_resumed(tmp_path, 3)


@pytest.mark.full
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_killed_twenty_times_every_page_is_there_whole(tmp_path):
    killed_and_resumed(tmp_path, 20)


@pytest.mark.slow
def test_only_what_changed_is_run_again_and_a_missing_page_is_made_without_running(tmp_path):
    paths, out = shelf(tmp_path), tmp_path / "out"
    assert quietly(paths, out) == []
    assert ran(tmp_path) == {"a": 1, "b": 1, "c": 1}
    notebook(paths[1], "name = 'b'", COUNTS.strip() + "\nraise ValueError('no')")
    (out / "c.html").unlink()
    (said,) = quietly(paths, out)
    assert said == "b failed in cell 2 (import os, pathlib, time): ValueError: no"
    assert ran(tmp_path) == {"a": 1, "b": 2, "c": 1} and (out / "c.html").is_file()
    notebook(paths[1], "name = 'b'", COUNTS.strip())
    assert quietly(paths, out, formats=["notebook"]) == []
    assert ran(tmp_path) == {"a": 1, "b": 3, "c": 1}
    assert quietly(paths[:1], out, fresh=True) == []
    assert ran(tmp_path)["a"] == 2


@pytest.mark.slow
def test_a_page_is_never_taken_for_that_of_other_parameters(tmp_path):
    path = notebook(tmp_path / "a.ipynb", DEFAULTS, "print('steps are', steps)")
    page, contents = tmp_path / "out/a.html", tmp_path / "out/index.html"
    assert quietly([path], tmp_path / "out", given=["steps=31"]) == []
    assert "steps are 31" in page.read_text()
    # The page of the run before is not left to be linked beside what is said of this one.
    assert quietly([path], tmp_path / "out", given=["steps=32"], formats=["notebook"]) == []
    assert not page.exists() and 'href="a.html"' not in contents.read_text()
    assert quietly([path], tmp_path / "out", given=["steps=32"]) == []
    assert "steps are 32" in page.read_text() and 'href="a.html"' in contents.read_text()


@pytest.mark.slow
def test_settings_stay_in_the_order_of_the_notebook_in_a_page_that_is_made_later(tmp_path):
    path, names = notebook(tmp_path / "a.ipynb", DEFAULTS, "1"), ["steps", "rate", "quick", "note"]
    assert quietly([path], tmp_path / "out", formats=["notebook"]) == []
    assert quietly([path], tmp_path / "out") == []
    told = (tmp_path / "out/a.html").read_text()
    places = [told.index(f"{name} = ", told.index("<dt>parameters")) for name in names]
    assert places == sorted(places)


LOUD = f"""
line = "x" * 999 + "\\n"
for _ in range({2 * in_kernel.MOST_CHARACTERS // 1000}): print(line, end="")
import sys; print("and " * 9, file=sys.stderr)
"""


@pytest.mark.slow
def test_what_a_loud_notebook_prints_is_cut_and_it_ends_well(tmp_path):
    path = notebook(tmp_path / "loud.ipynb", LOUD.strip(), "print('after')")
    assert quietly([path], tmp_path / "out") == []
    done = nbformat.read(tmp_path / "out" / "loud.ipynb", as_version=4)
    texts = {each.name: each.text for each in done.cells[0].outputs}
    assert texts["stdout"].endswith(in_kernel.CUT) and texts["stderr"].startswith("and and")
    assert len(texts["stdout"]) == in_kernel.MOST_CHARACTERS + len(in_kernel.CUT)
    assert done.cells[1].outputs[0].text == "after\n"


def interrupted(home, seconds, *options):
    """A report whose second notebook sleeps, stopped by Ctrl-C.

    After so many seconds from when it began its first notebook; if None, when the second runs.
    """
    mark = home / "pid"
    waits = f"import os, pathlib, time\npathlib.Path({str(mark)!r}).write_text(str(os.getpid()))"
    notebook(home / "a.ipynb", "x = 1")
    notebook(home / "b.ipynb", f"{waits}\ntime.sleep(600)")
    command = [sys.executable, "-m", "curvkit", "report", "a.ipynb", "b.ipynb", *options]
    piped = dict(stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    running = subprocess.Popen(command, cwd=home, **piped)
    try:
        begun = running.stdout.readline()
        assert begun in ("a: 1 cell\n", "b: 1 cell\n")
        end = time.monotonic() + (90 if seconds is None else seconds)
        while time.monotonic() < end and not (seconds is None and mark.exists()):
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    finally:
        running.kill()
    return running.returncode, said


@pytest.mark.slow
def test_ctrl_c_ends_the_kernel_and_keeps_what_is_finished(tmp_path):
    status, said = interrupted(tmp_path, None, "--jobs", "1")
    assert (status, said) == (
        130, "Stopped; the same command goes on from what is finished in reports.\n",
    )  # fmt: skip
    assert gone(int((tmp_path / "pid").read_text()))
    made = {path.name for path in (tmp_path / "reports").iterdir()}
    assert made == {"a.html", "a.ipynb", "a.log", "b.log", "index.html", ".lock"}


@pytest.mark.full
@pytest.mark.parametrize("number", range(20))
def test_ctrl_c_at_any_moment_is_heard(tmp_path, number):
    status, said = interrupted(tmp_path, random.Random(number).uniform(0, 6))
    assert status == 130, said
    assert not re.search("Traceback|Error", said)
    told = (tmp_path / "pid").read_text() if (tmp_path / "pid").exists() else ""
    assert not told or gone(int(told))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_disk_that_is_full_ends_in_a_sentence_and_what_is_finished_stays(tmp_path, monkeypatch):
    paths, out = shelf(tmp_path), tmp_path / "out"
    assert quietly(paths[:1], out) == []
    # Whatever is written there fails as on a full disk.
    with monkeypatch.context() as full, pytest.raises(OSError) as caught:
        full.setattr(files, "fresh", lambda path: open("/dev/full", "w", buffering=1))
        quietly(paths, out)
    assert str(caught.value) == (
        f"Nothing more can be written to {out}: No space left on device; what had ended is there, "
        "and the same command goes on from it."
    )
    assert {path.name for path in out.glob("*.ipynb")} == {"a.ipynb"}
    assert quietly(paths, out) == []
    assert ran(tmp_path)["a"] == 1

"""The drill: sweeps that are killed, stopped and abandoned, and lose nothing and double nothing."""

import contextlib
import datetime
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError
from pathlib import Path

import deadly
import distributed
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from processes import children, listening
from rich.console import Console

import curvkit.tuners.model as house
from curvkit.host.stop import Stop
from curvkit.report import notebooks
from curvkit.sweep import cluster, make, notebook, plan, read, store, submit

pytestmark = pytest.mark.slow

ROOM, RUNS, PATIENCE = "tuners.model", 40, 120


def over(runs):
    """A sweep of so many runs."""
    return {"sigma": [round(1.1 + 0.002 * number, 3) for number in range(runs)]}


# One process imports all once, and forks a sweep for every line that it reads.
NURSERY = """
import os, sys
import distributed, pyarrow.parquet, curvkit.tuners.model
from curvkit.sweep import figure, make, page
def sweep(out, resume, runs):
    client = distributed.Client(processes=False, n_workers=1, threads_per_worker=1,
                                dashboard_address="127.0.0.1:0")
    over = {"sigma": [round(1.1 + 0.002 * number, 3) for number in range(runs)]}
    given = {} if resume else dict(over=over, fixed={"steps": 3})
    make("tuners.model", **given, out=out, resume=resume, client=client, batch=2)
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        sweep(sys.argv[1], line.strip() == "resume", int(sys.argv[2]))
        os._exit(0)
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""


def parts(folder):
    return sorted((folder / "table").glob("part-*.parquet"))


def until(true, what):
    """Waits for what another process does, and fails if it never does."""
    for _ in range(PATIENCE * 200):
        if true():
            return
        time.sleep(0.005)
    pytest.fail(f"waited in vain for {what}")


def killed_and_resumed(folder, wanted, runs):
    """Kills a sweep so many times at moments drawn by lot, then lets it end."""
    chance = random.Random(6)
    command = [sys.executable, "-c", NURSERY, str(folder), str(runs)]
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    with subprocess.Popen(command, **pipes, stderr=subprocess.DEVNULL) as nursery:
        seen, kills = {}, 0
        for number in range(wanted):
            nursery.stdin.write("resume\n" if number else "start\n")
            pid, more = int(nursery.stdout.readline()), chance.randint(1, 3)
            more += len(seen)
            until(lambda more=more: len(parts(folder)) >= more, "results")
            time.sleep(chance.random() * 0.03)
            os.kill(pid, signal.SIGKILL)
            kills += int(nursery.stdout.readline()) == signal.SIGKILL
            now = {each: each.stat().st_mtime_ns for each in parts(folder)}
            assert seen.items() <= now.items(), "what was there was written again"
            seen = now
            assert len(read(folder)["run"]) == 2 * len(now), "a part is torn"
        assert kills == wanted and len(seen) < runs // 2
        nursery.stdin.write("resume\n")
        nursery.stdout.readline()
        assert int(nursery.stdout.readline()) == 0
        nursery.stdin.close()
    whole_and_once(folder, runs)


def test_killed_and_resumed_every_result_is_there_once_and_whole(tmp_path):
    # So many that a fast machine is not done before the third kill.
    killed_and_resumed(tmp_path / "out", 3, 4 * RUNS)


@pytest.mark.full
def test_killed_twenty_times_and_resumed_every_result_is_there_once_and_whole(tmp_path):
    killed_and_resumed(tmp_path / "out", 20, 300)


def whole_and_once(folder, runs):
    """Every run of the drill is in the table once, with a trace that can be read."""
    table = read(folder)
    assert sorted(table["sigma"]) == over(runs)["sigma"]
    assert set(table["status"]) == {"ok"}
    assert len(set(table["run"])) == runs
    for path, sigma in zip(table["trace"], table["sigma"], strict=True):
        trace = house.Trace.load(folder / path)
        assert (trace.readings, trace.settings["sigma"]) == (4, sigma)
    names = [path.name for path in folder.rglob("*") if path.is_file()]
    assert [name for name in names if name.startswith(".")] == [".lock"]
    assert len([name for name in names if name.endswith(".npz")]) == runs


COMMAND = [sys.executable, "-m", "curvkit", "sweep", ROOM, "--out", "out", "--workers", "1"]
STARTED = dict(start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
has_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")


def commanded(folder):
    """A sweep as a command on its way, and the processes below it."""
    swept = ["--over", f"sigma={','.join(map(str, over(300)['sigma']))}", "--set", "steps=3"]
    running = subprocess.Popen([*COMMAND, *swept, "--batch", "1"], cwd=folder, **STARTED)
    until(lambda: parts(folder / "out") or running.poll() is not None, "the first result")
    return running, children(running.pid)


@has_proc
def test_a_key_while_dask_starts_ends_in_one_sentence(tmp_path):
    with subprocess.Popen([*COMMAND, "--over", "sigma=1,1.9"], cwd=tmp_path, **STARTED) as running:
        until(lambda: len(children(running.pid)) >= 2, "a worker to start")
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert said == f"Stopped; to go on: curvkit sweep {ROOM} --resume --out=out --workers=1\n"


def end(below):
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), "workers to end")


@has_proc
def test_a_command_listens_to_this_machine_only_and_is_stopped_by_a_key(tmp_path):
    running, below = commanded(tmp_path)
    with running:
        assert below and listening({running.pid, *below}) == {"0100007F"}  # 127.0.0.1
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does
        _, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130, said
    assert said == (
        "Stopped; to go on: curvkit sweep tuners.model --resume --out=out --workers=1 --batch=1\n"
    )
    end(below)
    assert read(tmp_path / "out")["run"]


@has_proc
@pytest.mark.full
def test_a_command_that_is_killed_leaves_no_worker_behind(tmp_path):
    running, below = commanded(tmp_path)
    with running:
        running.kill()
        running.communicate()
    end(below)
    there = len(parts(tmp_path / "out"))
    assert len(set(read(tmp_path / "out")["run"])) >= there >= 1


@pytest.mark.parametrize("closing", [False, True])
def test_a_key_is_kept_back_while_dask_starts_or_closes(closing):
    made = []

    @contextlib.contextmanager
    def dask():
        if not closing:
            signal.raise_signal(signal.SIGINT)
        made.append("started")
        yield "it"
        if closing:
            signal.raise_signal(signal.SIGINT)
        made.append("closed")

    with pytest.raises(KeyboardInterrupt), Stop(at_once=True) as stop:
        with cluster._owned(dask):
            assert closing, "went on though the key was pressed"
    assert made == ["started", "closed"] and stop.asked
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())


WORKER = """
import asyncio, distributed, jax, sys
async def work():
    async with distributed.Worker(sys.argv[1], nthreads=1) as worker:
        await worker.finished()
asyncio.run(work())
"""


@pytest.mark.full
def test_workers_of_a_scheduler_compute_as_those_of_this_machine_do(tmp_path):
    bare = {name: v for name, v in os.environ.items() if not name.startswith("JAX_")}
    bare["PYTHONPATH"] = str(Path(deadly.__file__).parent)
    quiet = dict(text=True, env=bare, stderr=subprocess.DEVNULL)
    with contextlib.ExitStack() as stack:
        start = lambda *command, **rest: stack.enter_context(
            subprocess.Popen([sys.executable, "-c", *command], **quiet, **rest)
        )
        scheduler = start(LONELY, stdout=subprocess.PIPE)
        stack.callback(scheduler.kill)
        address = scheduler.stdout.readline().strip()
        for number in (1, 2):  # one is there before the sweep, and one comes later
            stack.callback(start(WORKER, address).kill)
            with cluster.connected(address, 1) as client:
                client.wait_for_workers(number, timeout=PATIENCE)
                assert set(client.run(deadly.computes).values()) == {("highest", True)}


def driven(tmp_path, client, kills, seconds=0.0, stop=None, heard=None):
    """The rows of two batches, of which some runs kill their worker so many times."""
    kept = store.Store.open(tmp_path / "out", resume=False)
    runs = {
        name: {"tally": str(tmp_path / name), "kill": kills.get(name, 0)} for name in "abcd"
    }  # fmt: skip
    alone = lambda name, told: submit.Job(deadly.batch, ({name: told},), {name: told})
    jobs = [
        submit.Job(
            deadly.batch, ({n: runs[n] for n in names}, seconds), {n: runs[n] for n in names}
        )
        for names in ("ab", "cd")
    ]
    columns = store.schema(house.Settings, house.stream.merit_names(house.Settings()))
    heard, stop = heard or (lambda rows: None), stop or Stop()
    submit.Drive(client, kept, columns, ROOM, alone, heard, stop).run(jobs)
    return {row["run"]: (row["status"], row["error"]) for row in store.rows(read(kept.folder))}


def test_a_key_whose_exception_was_lost_stops_the_sweep_all_the_same(tmp_path, client):
    with Stop(at_once=True) as stop:
        with contextlib.suppress(KeyboardInterrupt):  # as a destructor does
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            driven(tmp_path, client, {}, stop=stop)
    assert not parts(tmp_path / "out")


def test_the_runs_of_a_killed_worker_are_made_again(tmp_path):
    with cluster.connected(None, 1) as client:
        found = driven(tmp_path, client, {"b": 1})
    assert found == dict.fromkeys("abcd", ("ok", None))
    assert (tmp_path / "b").read_text() == "x"


def test_a_run_that_kills_every_worker_fails_and_only_it(tmp_path, monkeypatch):
    monkeypatch.setitem(cluster.CONFIG, "distributed.scheduler.allowed-failures", 0)
    with cluster.connected(None, 1) as client:
        found = driven(tmp_path, client, {"b": 99})
    status, error = found.pop("b")
    assert status == "failed" and "KilledWorker" in error
    assert found == dict.fromkeys("acd", ("ok", None))


@pytest.mark.full
def test_what_died_with_its_worker_after_its_end_is_made_again(tmp_path):
    with cluster.connected(None, 1) as client:
        (pid,) = client.run(os.getpid).values()

        def heard(rows):  # the first of two batches has been kept
            states = list(client.futures.values())
            if not heard.killed:
                until(lambda: all(each.status == "finished" for each in states), "the second")
                os.kill(pid, signal.SIGKILL)
                until(lambda: any(each.status != "finished" for each in states), "the loss")
            heard.killed = True

        heard.killed = False
        found = driven(tmp_path, client, {}, 0.5, heard=heard)
    assert found == dict.fromkeys("abcd", ("ok", None))


@pytest.mark.parametrize("error", [TimeoutError, CancelledError, OSError])
def test_a_result_that_is_long_in_coming_is_waited_for(tmp_path, client, monkeypatch, error):
    kept, asked = distributed.Future.result, []

    def result(self, timeout=None):
        asked.append(self)
        if len(asked) == 1:
            if error is CancelledError:  # as all are when the scheduler lets go of them
                client.cancel([self])
            raise error
        return kept(self, timeout)

    monkeypatch.setattr(distributed.Future, "result", result)
    assert driven(tmp_path, client, {}) == dict.fromkeys("abcd", ("ok", None))


LONELY = """
import distributed, time
made = distributed.LocalCluster(processes=False, n_workers=0, protocol="tcp", host="127.0.0.1",
                                dashboard_address="127.0.0.1:0")
print(made.scheduler_address, flush=True)
time.sleep(600)
"""
SCHEDULER = """
import distributed, time
made = distributed.LocalCluster(processes=False, n_workers=1, threads_per_worker=1,
    protocol="tcp", host="127.0.0.1", dashboard_address="127.0.0.1:0")
print(made.scheduler_address, flush=True)
time.sleep(600)
"""


def test_a_scheduler_that_goes_away_is_told_and_the_rest_is_run_later(tmp_path, client):
    folder = tmp_path / "out"
    started = [sys.executable, "-c", SCHEDULER]
    with subprocess.Popen(started, stdout=subprocess.PIPE, text=True) as scheduler:
        address = scheduler.stdout.readline().strip()

        def kill():
            until(lambda: parts(folder), "the first result")
            scheduler.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        given = dict(over=over(RUNS), fixed={"steps": 3}, out=folder, batch=1)
        with pytest.raises(submit.Stopped, match="went away; what had ended is in .* --resume"):
            make(ROOM, **given, scheduler=address)
        killer.join()
    assert 1 <= len(read(folder)["run"]) < RUNS
    make(ROOM, out=folder, resume=True, client=client)
    whole_and_once(folder, RUNS)


def test_a_scheduler_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(cluster, "SECONDS_TO_ANSWER", 1)
    with pytest.raises(ValueError, match=r"No dask scheduler answers at tcp://127.0.0.1:9: .*\.$"):
        with cluster.connected("tcp://127.0.0.1:9", 1):
            pytest.fail("connected to nothing")


TELLS = """
from curvkit.show.summary import markdown
from curvkit.tuners.model import Settings, run
markdown('words', run(Settings.read(sigma=sigma, steps=3)))
"""


def test_a_notebook_is_run_for_each_setting_with_a_file_for_each(tmp_path, client, monkeypatch):
    parameters = new_code_cell("sigma = 1.9", metadata={"tags": ["parameters"]})
    body = new_code_cell("assert sigma < 2, '<b>too much</b>'\nprint('sigma is', sigma)" + TELLS)
    node = new_notebook(cells=[parameters, body], metadata={"curvkit": {"room": ROOM}})
    path = tmp_path / "model.ipynb"
    nbformat.write(node, path)
    monkeypatch.setattr(notebooks, "choose", lambda wanted=(): [path])
    given = dict(out=tmp_path / "out", client=client, console=Console(quiet=True))
    with pytest.raises(ValueError, match="There is no parameter 'steps'"):
        make(ROOM, over={"steps": [3]}, notebooks=True, **given)
    made = make(ROOM, over={"sigma": [1.5, 2.2]}, notebooks=True, **given)
    assert (made.runs, made.failed) == (2, 1)
    rows = {row["sigma"]: row for row in store.rows(read(made.folder))}
    assert rows[1.5]["status"] == "ok" and rows[1.5]["version_jax"]
    assert "too much" in rows[2.2]["error"] and "<b>" not in made.page.read_text()
    done = tmp_path / "out" / "notebooks" / f"{rows[1.5]['run']}.ipynb"
    assert "sigma is 1.5" in nbformat.read(done, as_version=4).cells[-1].outputs[0].text
    assert done.with_suffix(".html").is_file() and done.with_suffix(".log").is_file()
    assert plan.identity(ROOM, {}, "notebook") != plan.identity(ROOM, {})
    says_what_was_run(rows, made.page.read_text())
    # It goes on as a sweep of this notebook, also where nobody says so again.
    assert make(ROOM, resume=True, **given).runs == 2


def says_what_was_run(rows, page):
    """The rows of the drill have their merits and pages, and no setting the notebook lacks."""
    for sigma, row in rows.items():
        assert row["steps"] is None and row["rule"] is None
        assert row["page"] == f"notebooks/{row['run']}.html"
        assert f'href="{row["page"]}"' in page
        assert (row["settled_sharpness"] is None) == (sigma == 2.2)
    assert datetime.datetime.fromisoformat(rows[1.5]["finished"]).tzinfo is datetime.UTC
    assert 'role="img"' in page


def test_a_sweep_of_runs_does_not_go_on_as_one_of_notebooks(tmp_path, client):
    given = dict(out=tmp_path / "out", client=client)
    make("curvature", fixed={"data": "quadratic", "steps": 2}, **given)
    with pytest.raises(ValueError, match="holds runs of the room's experiment, not of the noteb"):
        make("curvature", resume=True, notebooks=True, **given)


def test_a_notebook_does_not_go_on_as_another(tmp_path, client):
    kept = store.Store.open(tmp_path, resume=False)
    kept.note(plan.Plan("curvature", {}, {}), {"notebook": "01_curvature", "traces": False})
    with pytest.raises(ValueError, match="of the notebook 01_curvature, not of the notebook 09_yo"):
        make("curvature", out=tmp_path, resume=True, notebooks="09", client=client)


def test_the_notebook_of_a_room_is_the_one_that_bears_its_name(monkeypatch):
    assert notebook.of_room("curvature").stem == "01_curvature"
    assert notebook.of_room("curvature", "09").stem == "09_your_own_model"
    with pytest.raises(ValueError, match="02_tuners is not a notebook of the room curvature"):
        notebook.of_room("curvature", "02_tuners")
    with pytest.raises(ValueError, match=r"no notebook of the room 'tuners.model'; did .*'tuners'"):
        notebook.of_room("tuners.model")
    rest = [path for path in notebooks.choose() if path.stem != "01_curvature"]
    monkeypatch.setattr(notebooks, "choose", lambda wanted=(): rest)
    with pytest.raises(ValueError, match="by --notebook-of: 00_start_here, 09_your_own_model"):
        notebook.of_room("curvature")

"""A sweep as a whole: its numbers, its table, its page, and what goes wrong on the way."""

import errno
import io
import json
import os
import re
import threading
import time

import jax.numpy as jnp
import numpy as np
import pyarrow.parquet
import pytest
from rich.console import Console

import curvkit.tuners.model as house
from curvkit import __main__
from curvkit.core import knob
from curvkit.host import files
from curvkit.sweep import cluster, figure, make, read, store, submit, work
from curvkit.sweep.page import render as page_of
from curvkit.sweep.plan import Plan
from curvkit.sweep.progress import SweepProgress

ROOM, OVER = "tuners.model", {"sigma": [1.5, 1.9], "rule": ["cdat", "oracle"]}
SHORT = {"steps": 30}
NASTY = "</script><script>alert(1)</script> \"quoted\" & 'so'\n__import__('os')"


@pytest.fixture(scope="module")
def swept(client, tmp_path_factory):
    """Return the folder of a small sweep."""
    folder = tmp_path_factory.mktemp("swept") / "out"
    made = make(ROOM, over=OVER, fixed=SHORT, out=folder, client=client, batch=2)
    assert (made.runs, made.failed) == (4, 0)
    return folder


def test_every_run_has_the_numbers_of_the_run_alone(swept):
    every = store.rows(read(swept))
    assert sorted((row["sigma"], row["rule"]) for row in every) == [
        (1.5, "cdat"), (1.5, "oracle"), (1.9, "cdat"), (1.9, "oracle"),
    ]  # fmt: skip
    for row in every:
        alone = house.run(
            house.Settings.read({name: row[name] for name in house.Settings.__knobs__})
        )
        kept = house.Trace.load(swept / row["trace"])
        assert kept.settings == alone.settings
        for name, array in alone.arrays().items():
            # The model is smooth here: what separates the two is rounding, a few in 1e7 a step.
            np.testing.assert_allclose(getattr(kept, name), array, rtol=1e-4, atol=1e-5)
        for name, value in alone.merits().items():
            assert row[name] == pytest.approx(value, rel=1e-4, abs=1e-5), name


def test_a_row_says_what_was_run_with_what_and_how_it_went(swept):
    for row in store.rows(read(swept)):
        assert (row["status"], row["error"], row["room"], row["steps"]) == ("ok", None, ROOM, 30)
        assert row["readings"] == 31 and row["seconds"] > 0
        assert row["version_curvkit"] and row["version_jax"] and row["backend"] == "cpu"


def test_any_reader_of_parquet_takes_the_table(swept):
    assert pyarrow.parquet.read_table(swept / "table").num_rows == 4


def test_a_sweep_in_the_folder_is_not_overwritten(client, swept):
    with pytest.raises(ValueError, match="holds a sweep already; go on with it by --resume"):
        make(ROOM, over=OVER, out=swept, client=client)


def test_resume_runs_nothing_that_is_there_and_adds_what_is_new(client, swept, monkeypatch):
    asked = []
    kept = submit.Drive.run
    monkeypatch.setattr(
        submit.Drive, "run", lambda self, jobs: (asked.extend(jobs), kept(self, jobs))
    )
    before = {path: path.stat().st_mtime_ns for path in (swept / "table").iterdir()}
    assert make(ROOM, out=swept, resume=True, client=client).runs == 4
    assert not asked
    over = {**OVER, "sigma": [1.9, 1.7]}
    assert make(ROOM, over=over, fixed=SHORT, out=swept, resume=True, client=client).runs == 6
    assert sorted(run["sigma"] for job in asked for run in job.runs.values()) == [1.7, 1.7]
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    names = read(swept)["run"]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (dict(room="attic"), "There is no room 'attic'"),
        (dict(resume=True), "There is no sweep in .* to go on with"),
        (dict(retry_failed=True), "There is no sweep in .* to go on with"),
        (dict(workers=0), "--workers must be a whole number from 1 on, but 0 was given"),
        (dict(batch=0), "--batch must be a whole number from 1 on, but 0 was given"),
        (dict(scheduler=" "), "--scheduler must be an address as tcp://host:8786, but ' ' was"),
        (dict(over={"sigmo": [1]}), "There is no setting 'sigmo'; did you mean 'sigma'"),
    ],
)
def test_what_is_wrong_is_refused_before_a_folder_is_made(client, tmp_path, options, said):
    room = options.pop("room", ROOM)
    with pytest.raises(ValueError, match=said):
        make(room, out=tmp_path / "out", client=client, **options)
    assert not list(tmp_path.iterdir())


def test_another_room_does_not_go_on_with_the_sweep(client, swept):
    with pytest.raises(ValueError, match="holds a sweep of tuners.model, not of minima"):
        make("minima", out=swept, resume=True, client=client)


def test_two_sweeps_do_not_share_a_folder(client, swept):
    with store.Store.open(swept, resume=True).locked():
        with pytest.raises(ValueError, match="Another sweep is writing to"):
            make(ROOM, out=swept, resume=True, client=client)


# What fails


def bad_at(value):
    """A begin that raises for one value of sigma, as a bug in a room would."""

    def run(self, settings, *rest, **options):
        if settings.sigma == value:
            raise RuntimeError(NASTY)
        return KEPT(self, settings, *rest, **options)

    return run


KEPT = type(house.stream).run


def test_only_the_run_that_fails_is_a_failed_row(client, tmp_path, monkeypatch):
    stream = type(house.stream)

    def batch(self, settings, *rest):
        raise RuntimeError("one of them is bad")

    monkeypatch.setattr(stream, "batch", batch)
    monkeypatch.setattr(stream, "run", bad_at(1.6))
    over = {"sigma": [1.5, 1.6, 1.7]}
    made = make(ROOM, over=over, fixed=SHORT, out=tmp_path / "out", client=client, batch=3)
    assert (made.runs, made.failed) == (3, 1)
    every = {row["sigma"]: row for row in store.rows(read(tmp_path / "out"))}
    assert [every[sigma]["status"] for sigma in (1.5, 1.6, 1.7)] == ["ok", "failed", "ok"]
    assert every[1.6]["error"].startswith("RuntimeError: </script>")
    assert every[1.6]["trace"] is None and every[1.6]["settled_sharpness"] is None
    page = made.page.read_text()
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert make(ROOM, out=tmp_path / "out", resume=True, client=client).failed == 1
    # Once what is wrong is mended, the run that failed is made again, and nothing else.
    before = sorted(path.name for path in (tmp_path / "out" / "traces").iterdir())
    times = [(tmp_path / "out" / "traces" / name).stat().st_mtime_ns for name in before]
    monkeypatch.setattr(stream, "run", KEPT)
    made = make(ROOM, out=tmp_path / "out", retry_failed=True, client=client)
    assert (made.runs, made.failed) == (3, 0)
    table = read(tmp_path / "out")
    assert sorted(table["sigma"]) == [1.5, 1.6, 1.7] and set(table["status"]) == {"ok"}
    assert times == [(tmp_path / "out" / "traces" / name).stat().st_mtime_ns for name in before]


def test_a_full_disk_ends_in_a_sentence_and_what_was_kept_is_whole(client, tmp_path, monkeypatch):
    kept, written = files.write, []

    def write(path, text):
        written.append(path)
        if len(written) > 6:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return kept(path, text)

    monkeypatch.setattr(files, "write", write)
    given = dict(over={"sigma": [1.1, 1.2, 1.3, 1.4]}, fixed=SHORT)
    with pytest.raises(OSError, match="No space left on device; what had ended is there") as full:
        make(ROOM, **given, out=tmp_path / "out", client=client, batch=1)
    assert "\n" not in str(full.value)
    there = read(tmp_path / "out")["run"]
    assert 1 <= len(there) < 4
    monkeypatch.setattr(files, "write", kept)
    assert make(ROOM, out=tmp_path / "out", resume=True, client=client, batch=1).runs == 4
    assert set(there) <= set(read(tmp_path / "out")["run"])


def test_a_full_disk_at_the_page_leaves_all_runs_in_the_table(client, tmp_path, monkeypatch):
    kept = files.write

    def write(path, text):
        if path.name == "report.html":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return kept(path, text)

    monkeypatch.setattr(files, "write", write)
    said = "are in .*table, but report.html cannot be written: No space left .*; --resume writes it"
    with pytest.raises(OSError, match=said):
        make(ROOM, over={"sigma": [1.1]}, fixed=SHORT, out=tmp_path / "out", client=client)
    assert read(tmp_path / "out")["status"] == ["ok"]


def test_an_error_of_the_system_without_a_file_is_told_without_one(capsys, monkeypatch):
    def full(**options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(__main__, "app", full)
    with pytest.raises(SystemExit):
        __main__.main([])
    assert capsys.readouterr().err == "curvkit: No space left on device.\n"


def test_a_report_of_something_else_is_not_overwritten(client, tmp_path):
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(ValueError, match="holds a report.html of something else; name another"):
        make(ROOM, out=tmp_path, client=client)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_sweep_that_is_stopped_has_a_page_of_what_had_ended(client, tmp_path, monkeypatch):
    kept = submit.Drive._keep

    def keep(self, outcomes):
        kept(self, outcomes)
        raise KeyboardInterrupt

    monkeypatch.setattr(submit.Drive, "_keep", keep)
    over = {"sigma": [1.1, 1.2, 1.3]}
    with pytest.raises(KeyboardInterrupt):
        make(ROOM, over=over, fixed=SHORT, out=tmp_path, client=client, batch=1)
    assert "1 of 3 runs ended, 0 of them failed." in (tmp_path / "report.html").read_text()


def test_a_folder_that_cannot_be_written_to_is_named_in_a_sentence(client, tmp_path, monkeypatch):
    # As root every folder can be written to, so the refusal is that of the system call.
    def mkdir(self, **options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr("pathlib.Path.mkdir", mkdir)
    with pytest.raises(PermissionError, match="Permission denied"):
        make(ROOM, over=OVER, out=tmp_path / "out", client=client)


def test_a_folder_that_is_a_file_is_refused_by_the_command(tmp_path, capsys):
    (tmp_path / "out").write_text("")
    with pytest.raises(SystemExit) as ended:
        __main__.main(["sweep", ROOM, "--out", str(tmp_path / "out" / "deeper")])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "Not a directory" in said and said.count("\n") == 1


@pytest.mark.parametrize("module", ["distributed", "pyarrow.parquet"])
def test_without_the_extra_it_is_said_what_to_install(tmp_path, monkeypatch, module):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(ValueError, match=re.escape('pip install "curvkit[cluster]"')):
        make(ROOM, out=tmp_path / "out")


def test_a_scheduler_that_does_not_answer_is_named():
    with pytest.raises(ValueError, match="No dask scheduler answers at nonsense://x"):
        with cluster.connected("nonsense://x", 1):
            pytest.fail("connected to nothing")


def test_a_torn_part_is_seen_and_named(tmp_path):
    (tmp_path / "table").mkdir()
    (tmp_path / "table" / "part-1.parquet").write_bytes(b"PAR1 half of it")
    with pytest.raises(ValueError, match="part-1.parquet is no part of a table"):
        read(tmp_path)


def test_a_plan_that_is_torn_is_refused(client, tmp_path):
    (tmp_path / "sweep.json").write_text("{")
    with pytest.raises(ValueError, match="is not what a sweep wrote"):
        make(ROOM, out=tmp_path, resume=True, client=client)


def test_the_row_of_a_failed_run_goes_when_its_new_one_comes_and_not_before(tmp_path):
    kept, columns = store.Store.open(tmp_path, resume=False), store.schema(house.Settings, [])
    row = lambda name, status: work.Outcome({"run": name, "status": status})
    kept.add([row("a", "ok"), row("b", "failed")], columns)
    kept.add([row("c", "failed")], columns)
    kept.add([row("d", "failed")], columns)
    assert kept.succeeded() == {"a"}
    assert kept.present() == {"a", "b", "c", "d"}
    kept.add([row("b", "ok"), row("c", "failed")], columns)
    found = read(tmp_path)
    assert dict(zip(found["run"], found["status"], strict=True)) == {
        "a": "ok", "b": "ok", "c": "failed", "d": "failed",
    }  # fmt: skip
    assert len(found["run"]) == 4


def test_a_refused_scheduler_neither_leaves_a_sweep_nor_takes_a_failed_row(
    client, tmp_path, monkeypatch
):
    def connected(scheduler, workers):
        raise ValueError("No dask scheduler answers.")

    monkeypatch.setattr(cluster, "connected", connected)
    given, out = dict(over={"sigma": [1.5]}, fixed=SHORT), tmp_path / "out"
    with pytest.raises(ValueError, match="No dask scheduler answers"):
        make(ROOM, **given, out=out, scheduler="tcp://nowhere")
    assert make(ROOM, **given, out=out, client=client).runs == 1
    row = {"run": "another", "room": ROOM, "status": "failed"}
    store.Store.open(out, resume=True).add([work.Outcome(row)], store.schema(house.Settings, []))
    over = {"sigma": [1.5, 1.6]}
    with pytest.raises(ValueError, match="No dask scheduler answers"):
        make(ROOM, over=over, out=out, retry_failed=True, scheduler="tcp://nowhere")
    assert read(out)["status"].count("failed") == 1


def test_a_sweep_that_began_just_before_is_seen_once_the_lock_is_free(client, tmp_path):
    late = store.Store.open(tmp_path, resume=False)
    make(ROOM, over={"sigma": [1.5]}, fixed=SHORT, out=tmp_path, client=client)
    with pytest.raises(ValueError, match="holds a sweep already"):
        with late.locked():
            pytest.fail("took the folder")


def test_no_traces_is_remembered(client, tmp_path):
    out = tmp_path / "out"
    make(ROOM, over={"sigma": [1.5]}, fixed=SHORT, out=out, client=client, traces=False)
    again = dict(over={"sigma": [1.6]}, fixed=SHORT, resume=True, client=client)
    make(ROOM, out=out, **again)
    assert read(out)["trace"] == [None, None] and not list((out / "traces").iterdir())


@pytest.mark.parametrize(
    "note",
    ["[]", "3", '{"plans": 3}', '{"plans": [3]}', '{"plans": [{"room": 1, "set": {}, "over": {}}]}',
     '{"plans": [{"room": "tuners.model"}]}', '{"plans": [], "notebook": 3}', "[" * 99999],
)  # fmt: skip
def test_json_that_no_sweep_wrote_is_refused_in_a_sentence(client, tmp_path, note):
    (tmp_path / "sweep.json").write_text(note)
    with pytest.raises(ValueError, match="sweep.json is not what a sweep wrote: .*[^.].$") as no:
        make(ROOM, out=tmp_path, resume=True, client=client)
    assert "\n" not in str(no.value)


def test_older_sweeps_go_on_but_for_those_of_an_unknown_notebook(client, tmp_path):
    told = {"room": ROOM, "set": {"steps": 3}, "over": {"sigma": [1.5]}}
    (tmp_path / "sweep.json").write_text(json.dumps({"plans": [told]}))
    assert make(ROOM, out=tmp_path, resume=True, client=client).runs == 1
    (tmp_path / "notebooks").mkdir()
    with pytest.raises(ValueError, match="is of an older curvkit and does not say which notebook"):
        make(ROOM, out=tmp_path, resume=True, client=client)


def test_a_table_that_no_sweep_wrote_is_refused_in_a_sentence(client, tmp_path):
    (tmp_path / "table").mkdir()
    foreign = pyarrow.table({"x": [1]})
    pyarrow.parquet.write_table(foreign, tmp_path / "table" / "mine.parquet")
    with pytest.raises(ValueError, match="holds a table, but not the plan of a sweep; name anothe"):
        make(ROOM, out=tmp_path, client=client)
    with pytest.raises(ValueError, match=r"mine.parquet is no part of .* table: it has no \w+\.$"):
        read(tmp_path)
    (tmp_path / "sweep.json").write_text('{"plans": []}')
    for options in (dict(resume=True), dict(retry_failed=True)):
        with pytest.raises(ValueError, match="mine.parquet is no part of a sweep's table"):
            make(ROOM, out=tmp_path, client=client, **options)
    other = pyarrow.table({name: [1] for name in store.COLUMNS})
    pyarrow.parquet.write_table(other, tmp_path / "table" / "mine.parquet")
    whole = pyarrow.table({name: ["a"] for name in store.COLUMNS})
    pyarrow.parquet.write_table(whole, tmp_path / "table" / "part.parquet")
    with pytest.raises(ValueError, match="The parts of .*table do not fit"):
        read(tmp_path)


def test_what_was_left_half_written_is_swept_up(tmp_path):
    kept = store.Store.open(tmp_path, resume=False)
    for name in (
        ".sweep.json-a1b2c3d4.part",
        "table/.part-1.parquet-abcdefgh.part",
        "traces/.x.npz-________.part",
        ".my-own-file",
    ):
        (tmp_path / name).write_text("half")
    (tmp_path / "traces" / "whole.npz").write_text("whole")
    with kept.locked():
        pass
    found = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {".lock", ".my-own-file", "whole.npz"}


def test_a_key_just_after_the_rename_leaves_the_file_and_stays_a_key(tmp_path, monkeypatch):
    kept, trace = os.replace, house.run(house.Settings.read(steps=1))

    def replace(*paths):
        kept(*paths)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", replace)
    for name, write in (("a", lambda path: files.write(path, "whole")), ("b", trace.save)):
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_without_bokeh_it_is_said_how_to_get_a_dashboard(client, monkeypatch):
    said = io.StringIO()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with SweepProgress(Console(file=said), 1, 1) as bar:
        bar.link(client)
    assert said.getvalue() == (
        "1 run\ndashboard: not here; dask has one after `pip install bokeh`\n"
    )


def test_workers_that_are_all_gone_are_told_of_while_the_runs_wait(monkeypatch):
    class Client:
        dashboard_link = ""
        asked = [{}, {"a": 1}, {"a": 1}, {}, {}, {}, {}, {"a": 1}]

        def scheduler_info(self):
            return {"workers": self.asked.pop(0)} if self.asked else done.set()

    said, done = io.StringIO(), threading.Event()
    monkeypatch.setattr("curvkit.sweep.progress.SECONDS_BETWEEN_LINES", 0.01)
    with SweepProgress(Console(file=said), 2, 2) as bar:
        bar.link(Client())
        assert done.wait(60)
    assert said.getvalue().count("There is no worker yet") == 1
    assert said.getvalue().count("All workers are gone; the runs wait for one.") == 1


# What is drawn


TABLE = {
    "sigma": [1.0, 1.0, 2.0, 2.0], "seed": [0, 1, 0, 1], "rule": ["cdat"] * 4,
    "steps": [1, 1, 1, 1], "merit": [1.0, 3.0, None, np.inf],
}  # fmt: skip
KNOBS = {**knob.knobs(house.Settings), "seed": knob.Knob("seed", int, 0, "", "", low=0, high=9)}


def test_over_one_knob_the_median_is_drawn_with_its_quartiles():
    made = figure.draw(TABLE, "merit", KNOBS)
    curves = {curve.name: list(curve.y) for curve in made.data}
    assert curves["median"][0] == 2.0 and curves["low quartile"][0] == 1.5
    assert np.isnan(curves["median"][1])
    assert made.layout.xaxis.title.text == "sigma σ"
    (remark,) = made.layout.annotations
    assert "2 of 4 runs did not come to it" in remark.text
    assert (remark.y, remark.yanchor) == (1.02, "bottom"), "the remark covers what is drawn"


def test_values_that_look_alike_stay_apart():
    close = [0.10000001, 0.10000002] * 2
    table = {**TABLE, "sigma": close, "rule": ["cdat"] * 2 + ["oracle"] * 2, "merit": [1.0] * 4}
    (drawn,) = figure.draw(table, "merit", KNOBS).data
    assert set(drawn.y) == {"0.10000001", "0.10000002"} and np.shape(drawn.z) == (2, 2)
    told = dict(run="a", room=ROOM, status="ok", error=None, seconds=1.0)
    merits = dict.fromkeys(house.stream.merit_names(house.Settings()), [1.0] * 4)
    rows = {name: [value] * 4 for name, value in told.items()} | table | merits
    page = page_of(house, rows, [Plan(ROOM, {"step": 0.123456}, {"sigma": tuple(close[:2])})])
    assert page.count('<td class="values">0.10000001</td>') == 2
    assert "sigma = 0.10000001, 0.10000002" in page and "step = 0.123456" in page


def test_axes_are_in_the_order_of_the_plan_and_a_third_knob_is_in_the_title():
    table = {**TABLE, "rule": ["cdat", "oracle"] * 2, "steps": [1, 1, 2, 2], "merit": [1.0] * 4}
    made = figure.draw(table, "merit", KNOBS, order=["steps", "rule", "absent"])
    assert made.layout.title.text == "Merit over steps and rule: median over sigma and seed"
    assert (made.layout.xaxis.title.text, made.layout.yaxis.title.text) == ("steps", "rule")
    alone = {**TABLE, "sigma": [1.0] * 4, "seed": [0] * 4}
    assert figure.draw(alone, "merit", KNOBS).layout.title.text == "Merit"


def test_a_large_table_is_drawn_in_no_time():
    number = 40000
    table = {"sigma": list(range(number)), "seed": [0] * number, "merit": [1.0] * number}
    started = time.perf_counter()
    found = figure.medians(table["sigma"], np.array(table["merit"]))
    # Compared each with each it takes minutes.
    assert len(found) == number and time.perf_counter() - started < 30


def test_over_two_knobs_a_map_is_drawn():
    table = {**TABLE, "rule": ["cdat", "oracle"] * 2, "merit": [1.0, 2.0, 3.0, 4.0]}
    (drawn,) = figure.draw(table, "merit", KNOBS).data
    assert (list(drawn.x), list(drawn.y)) == (["cdat", "oracle"], ["1", "2"])
    assert np.array(drawn.z).tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_the_seed_is_an_axis_only_where_nothing_else_was_swept():
    assert figure.axes_of(TABLE, KNOBS) == ["sigma"]
    assert figure.axes_of({**TABLE, "sigma": [1.0] * 4}, KNOBS) == ["seed"]


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no column 'merid'"):
        figure.draw(TABLE, "merid", KNOBS)


def test_the_page_needs_no_network_and_draws_every_merit(swept):
    page = (swept / "report.html").read_text()
    merits = list(house.run(house.Settings.read(SHORT)).merits())
    assert page.count('role="img"') == len(merits)
    assert not re.findall(r"<script[^>]* src=", page)
    assert "Settled sharpness over" in page


# On a worker


def test_a_batch_is_filled_up_and_what_fills_it_brings_no_row():
    runs = {name: knob.as_dict(house.Settings.read(SHORT)) for name in ("a", "b", "c")}
    found = work.batch(ROOM, runs, 4, keep=False)
    assert [each.row["run"] for each in found] == ["a", "b", "c"]
    assert all(each.trace is None and each.row["trace"] is None for each in found)


def test_an_error_is_told_in_one_line():
    assert work.said(ValueError("one\ntwo")) == "ValueError: one"
    assert work.said(KeyError()) == "KeyError"


def test_jnp_settings_of_a_batch_are_stacked():
    from curvkit.core import batch

    stacked = batch.stack([house.Settings.read(sigma=1.0), house.Settings.read(sigma=2.0)])
    assert jnp.asarray(stacked.sigma).tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="same static knobs"):
        batch.stack([house.Settings(), house.Settings.read(rule="oracle")])
    with pytest.raises(ValueError, match="at least one"):
        batch.stack([])

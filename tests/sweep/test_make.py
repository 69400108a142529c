"""A sweep as a whole: its numbers, its table, its page, and what goes wrong on the way."""

import errno
import os
import re

import jax.numpy as jnp
import numpy as np
import pyarrow.parquet
import pytest

import curvkit.tuners.model as house
from curvkit import __main__
from curvkit.core import knob
from curvkit.report import files
from curvkit.sweep import cluster, drive, figure, make, read, store, work

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
    kept = drive.Drive.run
    monkeypatch.setattr(
        drive.Drive, "run", lambda self, jobs: (asked.extend(jobs), kept(self, jobs))
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


def test_a_part_of_failed_runs_alone_goes_and_the_others_stay_whole(tmp_path):
    kept, columns = store.Store.open(tmp_path, resume=False), store.schema(house.Settings, [])
    row = lambda name, status: work.Outcome({"run": name, "status": status})
    kept.add([row("a", "ok"), row("b", "failed")], columns)
    kept.add([row("c", "failed")], columns)
    assert kept.present() == {"a", "b", "c"}
    assert kept.succeeded() == kept.present() == {"a"}
    assert len(list((tmp_path / "table").iterdir())) == 1
    assert kept.succeeded() == {"a"}


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
    assert "2 of 4 runs did not come to it" in made.layout.annotations[0].text


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

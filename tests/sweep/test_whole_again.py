"""A sweep that is gone on with: what is missing, doubled, cut off or of others is noticed."""

import io
import json
import os
import shutil

import nbformat
import pyarrow.parquet
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from rich.console import Console

from curvkit import __main__
from curvkit.report import notebooks
from curvkit.sweep import make, notebook, part, read, run, store, submit, work

ROOM, RUNS = "tuners.model", 4
GIVEN = dict(over={"sigma": [1.5, 1.6, 1.7, 1.8]}, fixed={"steps": 3})


@pytest.fixture(scope="module")
def made(client, tmp_path_factory):
    """Return the folder of a sweep of two parts, which is copied and not touched."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    assert make(ROOM, **GIVEN, out=folder, client=client, batch=2).runs == RUNS
    return folder


@pytest.fixture
def there(made, tmp_path):
    """Return a copy of that folder."""
    return shutil.copytree(made, tmp_path / "out")


@pytest.fixture
def resume(client, there, monkeypatch):
    """Return what goes on with the sweep: how many runs are made, and what is said."""
    kept, asked = submit.Drive.run, []
    monkeypatch.setattr(
        submit.Drive, "run", lambda self, jobs: (asked.extend(jobs), kept(self, jobs))
    )

    def again(**options):
        asked.clear()
        said = io.StringIO()
        given = dict(resume=True, client=client, console=Console(file=said, width=400))
        summary = make(ROOM, out=there, **given, **options)
        assert (summary.runs, summary.failed) == (RUNS, 0)
        return sum(len(job.runs) for job in asked), said.getvalue()

    return again


def parts(folder):
    return sorted((folder / "table").glob("*.parquet"))


def test_what_is_whole_is_not_made_again_and_nothing_is_said(resume):
    assert resume() == (0, "")


@pytest.mark.parametrize("gone", [1, RUNS])
def test_runs_whose_traces_are_gone_are_made_again_and_told_of(there, resume, gone):
    for path in sorted((there / "traces").iterdir())[:gone]:
        path.unlink()
    number, said = resume()
    assert number == gone
    assert "ended, and what it left is gone or cut off: made again." in said
    table = read(there)
    assert all((there / name).is_file() for name in table["trace"])
    assert len({*table["run"]}) == len(table["run"]) == RUNS
    assert resume() == (0, "")


def test_a_folder_of_traces_that_is_gone_and_a_trace_that_is_cut_off_are_made_again(there, resume):
    first = min((there / "traces").iterdir())
    first.write_bytes(first.read_bytes()[:-30])
    assert resume()[0] == 1
    shutil.rmtree(there / "traces")
    assert resume()[0] == RUNS


def test_without_traces_their_absence_is_told_and_nothing_is_made(there, resume):
    shutil.rmtree(there / "traces")
    number, said = resume(traces=False)
    assert number == 0 and "4 runs ended, and the trace that the table names is gone." in said


def test_a_row_that_names_another_file_has_no_trace(there, resume):
    (path, *_) = parts(there)
    table = pyarrow.parquet.read_table(path).to_pylist()
    table[0]["trace"] = "/etc/passwd"
    schema = pyarrow.parquet.read_schema(path)
    path.write_bytes(part.as_bytes(pyarrow.Table.from_pylist(table, schema)))
    assert resume()[0] == 1
    assert "/etc/passwd" not in read(there)["trace"]


@pytest.mark.parametrize("again", [read, "resume", "retry"])
def test_a_part_that_was_copied_is_named(there, client, again):
    path = parts(there)[1]
    shutil.copy(path, path.with_name("part-z copy.parquet"))
    with pytest.raises(
        ValueError, match=r"z copy\.parquet both hold the run \w{16}: take away the"
    ):
        if again is read:
            read(there)
        else:
            make(ROOM, out=there, client=client, resume=True, retry_failed=again == "retry")


def test_a_run_that_is_twice_in_a_part_is_named(there):
    path = parts(there)[0]
    table = pyarrow.parquet.read_table(path)
    path.write_bytes(part.as_bytes(pyarrow.concat_tables([table, table])))
    with pytest.raises(ValueError, match=rf"{path.name} holds twice the run"):
        read(there)


@pytest.mark.parametrize("cut", [0, 1, 7, 100, -1, -8, -200])
def test_a_part_that_was_cut_off_says_what_to_do(there, client, cut):
    path = parts(there)[0]
    path.write_bytes(path.read_bytes()[:cut])
    for again in (lambda: read(there), lambda: make(ROOM, out=there, client=client, resume=True)):
        with pytest.raises(
            ValueError, match=r"is no part of a table: .*; take it away, and --res"
        ) as no:
            again()
        assert str(path) in str(no.value) and str(no.value).count("\n") == 0
    path.unlink()
    assert make(ROOM, out=there, client=client, resume=True).runs == RUNS


def test_no_byte_that_was_turned_is_read_as_another_number(there):
    path = parts(there)[0]
    good, table = path.read_bytes(), part.read(path, ())
    refused = 0
    # As many as there are Parquet's own damages, each at another place, and none by chance.
    for number in range(400):
        at = number * len(good) // 400
        turned = bytearray(good)
        turned[at] ^= 1 << number % 8
        path.write_bytes(turned)
        try:
            assert part.read(path, ()).equals(table), f"byte {at} was read as something else"
        except ValueError as error:
            refused += 1
            assert str(error).startswith(f"{path} is no part of a table: ")
            assert str(error).endswith("and --resume makes its runs again.")
    assert refused > 200


def test_pages_carry_checksums_and_older_parts_are_read(there):
    path = parts(there)[0]
    table = pyarrow.parquet.read_table(path).replace_schema_metadata(None)
    pyarrow.parquet.write_table(table, path)  # as an older curvkit did
    assert part.read(path, ("run",)).equals(table)
    path.write_bytes(part.as_bytes(table))
    content = bytearray(path.read_bytes())
    at = content.index(table["run"][0].as_py().encode())
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="CRC|checksum|integrity"):
        part.read(path, ())


def test_what_claims_to_be_larger_than_any_sweep_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "part-1.parquet"
    path.write_bytes(part.as_bytes(pyarrow.table({"run": ["a"] * 1000})))
    for name in ("MOST_ROWS", "MOST_COLUMNS", "MOST_BYTES"):
        with monkeypatch.context() as less:
            less.setattr(part, name, 0)
            with pytest.raises(ValueError, match="it claims to be larger than any sweep'; take it"):
                part.read(path, ())
    assert part.read(path, ()).num_rows == 1000


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_a_part_that_is_no_file_is_not_waited_for(there, kind):
    path = there / "table" / "part-x.parquet"
    (os.mkfifo if kind == "pipe" else os.mkdir)(path)
    with pytest.raises(ValueError, match=f"is a {kind}, and no file that can be read"):
        read(there)


# By whom


def test_another_curvkit_does_not_add_its_rows(there, client, monkeypatch):
    monkeypatch.setattr(work, "__version__", "99.1")
    with pytest.raises(
        ValueError, match=r"was made by curvkit 0\.1\.0, and this is 99\.1: go on w"
    ):
        make(ROOM, out=there, client=client, resume=True)
    assert read(there)["version_curvkit"] == ["0.1.0"] * RUNS


def test_another_state_of_the_source_is_told_of(there, resume, monkeypatch):
    monkeypatch.setattr("curvkit.host.provenance.source", lambda: "another")
    assert resume() == (
        0, "The table was begun by another state of curvkit's source; its rows may differ.\n",
    )  # fmt: skip


def test_runs_that_no_plan_names_are_told_of(there, resume, made):
    note = json.loads((there / "sweep.json").read_text())
    note["plans"][0]["over"]["sigma"] = [1.5, 1.6, 1.7]
    (there / "sweep.json").write_text(json.dumps(note))
    assert resume()[1].startswith("In the table 1 run more than the plan has: ")


def test_a_column_of_another_type_is_refused(there, client):
    path = parts(there)[0]
    table = pyarrow.parquet.read_table(path)
    at = table.column_names.index("sigma")
    text = pyarrow.array([str(each) for each in table["sigma"].to_pylist()])
    path.write_bytes(part.as_bytes(table.set_column(at, "sigma", text)))
    with pytest.raises(ValueError, match="its sigma is of string, not of double; take it away"):
        make(ROOM, out=there, client=client, resume=True)


@pytest.mark.parametrize(
    "name", ["table", "traces", "notebooks", "report.html", "sweep.json", ".lock"]
)
def test_a_link_in_a_folder_of_results_leads_nowhere(there, client, tmp_path, name):
    far = tmp_path / "far"
    if (there / name).exists():
        shutil.move(there / name, far)
    else:
        far.mkdir()
    (there / name).symlink_to(far)
    before = sorted(far.iterdir()) if far.is_dir() else far.read_bytes()
    with pytest.raises(ValueError, match=f"{name} is a link, "):
        make(ROOM, out=there, client=client, resume=True)
    assert before == (sorted(far.iterdir()) if far.is_dir() else far.read_bytes())


def test_a_trace_that_is_a_link_or_a_pipe_is_refused_before_anything_runs(there, client):
    path = min((there / "traces").iterdir())
    for make_odd, kind in (
        (lambda: path.symlink_to("nowhere"), "link"),
        (lambda: os.mkfifo(path), "pipe"),
    ):
        path.unlink()
        make_odd()
        with pytest.raises(ValueError, match=f"is a {kind}, which is not replaced"):
            make(ROOM, out=there, client=client, resume=True)


def test_a_note_of_something_else_is_not_replaced(client, tmp_path):
    (tmp_path / "sweep.json").write_text('{"method": "bayes"}')
    with pytest.raises(ValueError, match="sweep.json is not what a sweep wrote: 'plans' is absent"):
        make(ROOM, **GIVEN, out=tmp_path, client=client)
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.json"]


def test_no_name_is_not_the_working_directory(client, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="--out must name a place to write to, but '' was"):
        make(ROOM, **GIVEN, out="", client=client)
    with pytest.raises(SystemExit):
        __main__.main(["sweep", ROOM, "--out", ""])
    assert "--out must name a place to write to, but '' was given." in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


# What a folder of results may name


EVIL = "import pathlib; pathlib.Path('ran').touch()"


def noted(folder, **told):
    """A folder of results whose note says these things."""
    (folder / "notebooks").mkdir(parents=True)
    node = new_notebook(
        cells=[
            new_code_cell("sigma = 1.9", metadata={"tags": ["parameters"]}),
            new_code_cell(EVIL),
        ],
        metadata={"curvkit": {"room": ROOM}},
    )
    nbformat.write(node, folder / "notebooks" / "evil.ipynb")
    plans = [{"room": ROOM, "set": {"sigma": 1.5}, "over": {}}]
    (folder / "sweep.json").write_text(json.dumps({"plans": plans, **told}))


@pytest.mark.parametrize(
    "name",
    ["dr/notebooks/evil.ipynb", "evil.ipynb", "./evil", "../dr/notebooks/evil", "notebooks/evil",
     "/tmp/evil", "s3://a/evil", "C:\\evil", "~/evil", "dr/notebooks/evil", "",
     "a\nb", "evil\0"],
)  # fmt: skip
def test_a_note_leads_to_no_notebook_outside_of_the_folder_of_notebooks(
    client, tmp_path, monkeypatch, name
):
    monkeypatch.chdir(tmp_path)
    noted(tmp_path / "dr", notebook=name)
    with pytest.raises(
        ValueError, match="only names of the folder notebooks/ are taken from there"
    ):
        make(ROOM, out="dr", client=client, resume=True)
    assert not list(tmp_path.rglob("ran"))


def test_a_name_that_only_the_results_have_is_unknown(client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    noted(tmp_path / "dr", notebook="evil")
    with pytest.raises(ValueError, match="There is no notebook 'evil'"):
        make(ROOM, out="dr", client=client, resume=True)
    # Where curvkit is installed, its notebooks are those of the working directory.
    monkeypatch.setattr(notebooks.curvkit, "__file__", str(tmp_path / "elsewhere/curvkit/a.py"))
    monkeypatch.chdir(tmp_path / "dr")
    for out in (".", "../dr", str(tmp_path / "dr")):
        with pytest.raises(
            ValueError, match="among the results of a sweep, and nothing there is run"
        ):
            make(ROOM, out=out, client=client, resume=True)
    assert not list(tmp_path.rglob("ran"))


@pytest.mark.parametrize("told", [dict(traces="yes"), dict(notebook=["a"]), dict(cells=3)])
def test_a_note_of_other_kinds_is_refused(client, tmp_path, told):
    noted(tmp_path / "dr", **told)
    with pytest.raises(ValueError, match="something in it is of another kind"):
        make(ROOM, out=tmp_path / "dr", client=client, resume=True)


def test_a_notebook_that_has_changed_since_is_not_gone_on_with(tmp_path, monkeypatch):
    path = tmp_path / "own.ipynb"
    cells = [new_markdown_cell("words"), new_code_cell("sigma = 1.9")]
    nbformat.write(new_notebook(cells=cells, metadata={"curvkit": {"room": ROOM}}), path)
    before = notebook.NotebookRuns(ROOM, str(path))
    assert before.way["notebook"] == "own"
    kept = store.Store.open(tmp_path / "out", resume=False)
    kept.note(run.Plan(ROOM, {}, {}), before.way)
    found = store.Store.find(tmp_path / "out", resume=True)
    cells[0].source = "other words"
    nbformat.write(new_notebook(cells=cells, metadata={"curvkit": {"room": ROOM}}), path)
    notebook.NotebookRuns(ROOM, str(path)).goes_on(found)
    cells[1].source = "sigma = 2.0"
    nbformat.write(new_notebook(cells=cells, metadata={"curvkit": {"room": ROOM}}), path)
    with pytest.raises(
        ValueError, match="own.ipynb is not the notebook that .*, or has changed sin"
    ):
        notebook.NotebookRuns(ROOM, str(path)).goes_on(found)

"""The folder of a sweep: its plans, its table in parts, its traces; nothing half written.

A part of the table is one Parquet file of one batch, put there by a rename after the batch's
traces: a run is in the table, or is to be made. What an interrupted sweep left under temporary
names is swept up by the next one.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from curvkit.core import knob, say
from curvkit.report import files
from curvkit.sweep.plan import Plan
from curvkit.sweep.work import Outcome

MISSING = 'A sweep needs dask and pyarrow: pip install "curvkit[cluster]".'
TEXT = (
    "run", "room", "status", "error", "backend", "device", "precision", "finished", "trace", "page",
)  # fmt: skip
COLUMNS = TEXT[:4]


class Store:
    """A folder that a sweep writes to.

    Attributes:
        plans: those it has been given so far.
        way: how its runs are made: the `notebook` that is run, or None, and whether there are
            `traces`. Empty where nothing has been noted yet.
    """

    def __init__(self, folder: Path, resume: bool):
        self.folder, self.resume, self.plans, self.way = folder, resume, [], {}
        self._failed: dict[str, Path] = {}

    @classmethod
    def find(cls, folder: Path, *, resume: bool) -> "Store":
        """What is in the folder; nothing is made yet.

        A sweep without a single row, as one whose scheduler was refused, is none.

        Raises:
            ValueError: with one sentence, if there is a sweep and `resume` is not asked for, or
                none and it is, or its plan cannot be read.
        """
        made = cls(folder, resume)
        made._read()
        return made

    @classmethod
    def open(cls, folder: Path, *, resume: bool) -> "Store":
        """As `find`, and makes the folder."""
        made = cls.find(folder, resume=resume)
        for each in (folder, folder / "table", folder / "traces"):
            each.mkdir(parents=True, exist_ok=True)
        return made

    def _read(self) -> None:
        note = self.folder / "sweep.json"
        if self.resume:
            if not note.exists():
                raise ValueError(f"There is no sweep in {self.folder} to go on with.")
            self.plans, self.way = _noted(note)
        elif (self.folder / "report.html").exists() and not note.exists():
            raise ValueError(
                f"{self.folder} holds a report.html of something else; name another folder by "
                "--out."
            )
        elif _parts(self.folder):
            does = "a sweep already; go on with it by --resume, or name" if note.exists() else (
                "a table, but not the plan of a sweep; name"
            )  # fmt: skip
            raise ValueError(f"{self.folder} holds {does} another folder by --out.")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps a second sweep out of the folder; the lock goes with the process that holds it.

        What another sweep did there before the lock was free is seen.
        """
        with files.locked(self.folder, "sweep"):
            self._read()
            yield

    def note(self, plan: Plan, way: Mapping[str, Any]) -> None:
        """Notes what is to be run and how, so that `--resume` needs no word of it."""
        self.way = dict(way)
        if plan.as_dict() not in self.plans:
            self.plans.append(plan.as_dict())
        told = {**self.way, "plans": self.plans}
        files.write(self.folder / "sweep.json", json.dumps(told, indent=1))

    def present(self) -> set[str]:
        """The names of the runs that are in the table."""
        return {
            each for part in _parts(self.folder) for each in _read(part, ["run"])["run"].to_pylist()
        }

    def succeeded(self) -> set[str]:
        """The names of the runs that are in the table, but for those that failed.

        From now on the row of a failed run goes when a new one comes, and not before.
        """
        found = set()
        for part in _parts(self.folder):
            table = _read(part, ["run", "status"]).to_pydict()
            for name, status in zip(table["run"], table["status"], strict=True):
                if status == "failed":
                    self._failed[name] = part
                else:
                    found.add(name)
        return found

    def add(self, outcomes: Sequence[Outcome], schema: Any) -> None:
        """Writes the traces of a batch, then its part of the table."""
        import pyarrow

        for outcome in outcomes:
            if outcome.trace is not None:
                files.write(self.folder / outcome.row["trace"], outcome.trace)
            for name, text in outcome.files.items():
                path = self.folder / name
                path.parent.mkdir(exist_ok=True)
                files.write(path, text)
        names = sorted(outcome.row["run"] for outcome in outcomes)
        part = hashlib.sha256(",".join(names).encode()).hexdigest()[:16]
        table = pyarrow.Table.from_pylist([outcome.row for outcome in outcomes], schema=schema)
        whole = _as_bytes(table)
        # Whoever is stopped in between has these runs to make, and no run is there twice.
        for old in {self._failed.pop(name) for name in names if name in self._failed}:
            _drop(old, names)
        files.write(self.folder / "table" / f"part-{part}.parquet", whole)


def _parts(folder: Path) -> list[Path]:
    """The parts of the table of the sweep in a folder."""
    return sorted((folder / "table").glob("*.parquet"))


def _noted(note: Path) -> tuple[list[dict], dict[str, Any]]:
    """The plans that are in a note, and how the runs are made."""
    try:
        told = json.loads(note.read_text(encoding="utf-8"))
        plans = told["plans"]
        kinds = {(type(p["room"]), type(p["set"]), type(p["over"])) for p in plans}
        way = {"notebook": told.get("notebook"), "traces": told.get("traces", True)}
        if kinds - {(str, dict, dict)} or not isinstance(way["notebook"], str | None):
            raise TypeError("something in it is of another kind")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{error} is absent" if isinstance(error, KeyError) else str(error).rstrip(".")
        raise ValueError(f"{note} is not what a sweep wrote: {reason}.") from error
    if "notebook" not in told and (note.parent / "notebooks").is_dir():
        raise ValueError(
            f"{note} is of an older curvkit and does not say which notebook was run; name another "
            "folder by --out."
        )
    return list(plans), way


def _drop(part: Path, names: Sequence[str]) -> None:
    """Takes the rows of some runs out of a part, which is replaced whole."""
    table = _read(part)
    kept = table.filter([each not in names for each in table["run"].to_pylist()])
    if len(kept):
        files.write(part, _as_bytes(kept))
    else:
        part.unlink()


def _as_bytes(table: Any) -> bytes:
    import pyarrow
    import pyarrow.parquet

    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def schema(settings: type, merits: Sequence[str]) -> Any:
    """The columns of a room's table: the run, its knobs, its merits, and how it was made."""
    pyarrow = require()
    kinds = {int: pyarrow.int64(), float: pyarrow.float64(), bool: pyarrow.bool_()}
    columns = {name: pyarrow.string() for name in TEXT[:4]}
    for name, each in knob.knobs(settings).items():
        columns[name] = kinds.get(each.kind, pyarrow.string())
    columns |= {name: pyarrow.float64() for name in (*merits, "seconds")}
    columns["readings"] = pyarrow.int64()
    columns |= {name: pyarrow.string() for name in TEXT[4:]}
    packages = ("curvkit", "python", "jax", "jaxlib", "numpy", "optax")
    columns |= {f"version_{name}": pyarrow.string() for name in packages}
    return pyarrow.schema(list(columns.items()))


def require() -> Any:
    """The module of pyarrow.

    Raises:
        ValueError: with one sentence, where it is not installed.
    """
    try:
        import pyarrow.parquet
    except ImportError:
        raise ValueError(MISSING) from None
    return pyarrow


def read(folder: str | Path) -> dict[str, list]:
    """The table of a sweep as lists by column, in the order of the runs' names.

    Any reader of Parquet takes `folder/table` as well.

    Raises:
        ValueError: with one sentence, if there is no table, or a part of it is no Parquet.
    """
    pyarrow = require()
    parts = _parts(Path(folder))
    if not parts:
        raise ValueError(f"There is no table of a sweep in {folder}.")
    tables = [_read(part) for part in parts]
    try:
        whole = pyarrow.concat_tables(tables, promote_options="default")
    except pyarrow.ArrowException as error:
        raise ValueError(f"The parts of {parts[0].parent} do not fit: {_why(error)}.") from error
    return whole.sort_by("run").to_pydict()


def _read(part: Path, columns: list[str] | None = None) -> Any:
    pyarrow = require()
    try:
        table = pyarrow.parquet.ParquetFile(part).read(columns)
    except pyarrow.ArrowInvalid as error:
        raise ValueError(f"{part} is no part of a table: {_why(error)}.") from error
    if absent := {*(columns or COLUMNS)} - {*table.column_names}:
        raise ValueError(f"{part} is no part of a sweep's table: it has no {min(absent)}.")
    return table


def _why(error: Exception) -> str:
    return say.shown(str(error).split("\n")[0])


def rows(table: Mapping[str, list]) -> list[dict[str, Any]]:
    """The table as one dict a run."""
    return [dict(zip(table, each, strict=True)) for each in zip(*table.values(), strict=True)]

"""The folder of a sweep: its plans, its table in parts, its traces; nothing half written.

A part of the table is one Parquet file of one batch, put there by a rename after the batch's
traces: a run is in the table, or is to be made. What an interrupted sweep left under temporary
names is swept up by the next one.
"""

import contextlib
import hashlib
import json
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from curvkit.core import knob, messages
from curvkit.host import files, provenance
from curvkit.sweep import part as parts
from curvkit.sweep import steered
from curvkit.sweep.part import MISSING, require
from curvkit.sweep.plan import Plan
from curvkit.sweep.work import Outcome, version

__all__ = ["COLUMNS", "MISSING", "Store", "read", "require", "rows", "schema"]

TEXT = (
    "run", "room", "status", "error", "backend", "device", "precision", "finished", "trace", "page",
)  # fmt: skip
COLUMNS = TEXT[:4]
FOLDERS, FILES = ("table", "traces", "notebooks"), ("sweep.json", "report.html")
LONGEST_NOTE = 2**26
# Where a run leaves a file: the column that names it, and the name that it has for a run.
LEFT = {"trace": "traces/{}.npz", "page": "notebooks/{}.html"}


class Store:
    """A folder that a sweep writes to.

    Attributes:
        plans: those it has been given so far.
        way: how its runs are made: the `notebook` that is run, or None, and whether there are
            `traces`. Empty where nothing has been noted yet.
    """

    def __init__(self, folder: Path, resume: bool):
        self.folder, self.resume, self.plans, self.way = folder, resume, [], {}
        self._old: dict[str, Path] = {}
        self._seen: dict[Path, Any] | None = None

    @classmethod
    def find(cls, folder: Path, *, resume: bool) -> "Store":
        """What is in the folder; nothing is made yet.

        A sweep without a single row, as one whose scheduler was refused, is none.

        Raises:
            ValueError: with one sentence, if there is a sweep and `resume` is not asked for, or
                none and it is, or its plan cannot be read.
        """
        store = cls(folder, resume)
        store._read()
        return store

    @classmethod
    def open(cls, folder: Path, *, resume: bool) -> "Store":
        """As `find`, and makes the folder."""
        store = cls.find(folder, resume=resume)
        files.folder(folder)
        for name in FOLDERS:
            if name != "notebooks" or (folder / name).is_symlink():
                files.own_folder(folder / name)
        for name in FILES:
            files.existing(folder / name)
        return store

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
        elif note.exists() and not _parts(self.folder):
            _noted(note)  # or it is somebody else's
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
            self._seen = None
            self._read()
            yield

    def note(self, plan: Plan, way: Mapping[str, Any]) -> None:
        """Notes what is to be run and how, so that `--resume` needs no word of it."""
        self.way = dict(way)
        if plan.as_dict() not in self.plans:
            self.plans.append(plan.as_dict())
        note = {**self.way, "source": provenance.source(), "plans": self.plans}
        files.write(self.folder / "sweep.json", json.dumps(note, indent=1))

    def tables(self) -> dict[Path, Any]:
        """The parts of the table by their files, each run once.

        Raises:
            ValueError: with one sentence, if one is damaged, or a run is there twice.
        """
        if self._seen is None:
            self._seen = {each: parts.read(each, COLUMNS[:3]) for each in _parts(self.folder)}
            parts.once(self._seen)
        return self._seen

    def present(self) -> set[str]:
        """The names of the runs that are in the table."""
        return {each for table in self.tables().values() for each in table["run"].to_pylist()}

    def succeeded(self) -> set[str]:
        """The names of the runs that are in the table, but for those that failed.

        From now on the row of a failed run goes when a new one comes, and not before.
        """
        names = set()
        for part, table in self.tables().items():
            pairs = zip(table["run"].to_pylist(), table["status"].to_pylist(), strict=True)
            failed = {name for name, status in pairs if status == "failed"}
            self._old |= dict.fromkeys(failed, part)
            names |= {*table["run"].to_pylist()} - failed
        return names

    def lost(self, among: Container[str]) -> set[str]:
        """Of some runs those that ended, and whose traces or pages are gone or cut off.

        As of failed runs, a row goes when a new one comes.

        Raises:
            ValueError: with one sentence, if what is in such a place is no file.
        """
        names = set()
        for part, table in self.tables().items():
            for column, shape in LEFT.items():
                if column not in table.column_names:
                    continue
                pairs = zip(table["run"].to_pylist(), table[column].to_pylist(), strict=True)
                for name, path in pairs:
                    if path is not None and name in among:
                        if path != shape.format(name) or not parts.is_there(self.folder / path):
                            self._old[name] = part
                            names.add(name)
        return names

    def check(self, wanted: Any) -> None:
        """Sees to it that the table goes on with the columns and the curvkit that it was begun by.

        Args:
            wanted: the schema of what is added.

        Raises:
            ValueError: with one sentence, if it does not.
        """
        for part, table in self.tables().items():
            for field in table.schema:
                at = wanted.get_field_index(field.name)
                kind = wanted.field(at).type if at >= 0 else field.type
                if kind != field.type and not parts.empty(table, field.name):
                    raise ValueError(
                        f"{part} is no part of this sweep: its {field.name} is of {field.type}, "
                        f"not of {kind}; {parts.ADVICE}."
                    )
            if "version_curvkit" in table.column_names:
                others = {*table["version_curvkit"].to_pylist()} - {version(), None}
                if others:
                    raise ValueError(
                        f"{self.folder} was made by curvkit {min(others)}, and this is {version()}:"
                        " go on with that one, or name another folder by --out."
                    )

    def add(self, outcomes: Sequence[Outcome], schema: Any) -> None:
        """Writes the traces of a batch, then its part of the table."""
        import pyarrow

        for outcome in outcomes:
            if outcome.trace is not None:
                files.write(self.folder / outcome.row["trace"], outcome.trace)
            for name, text in outcome.files.items():
                files.own_folder((self.folder / name).parent)
                files.write(self.folder / name, text)
        names = sorted(outcome.row["run"] for outcome in outcomes)
        part = hashlib.sha256(",".join(names).encode()).hexdigest()[:16]
        table = pyarrow.Table.from_pylist([outcome.row for outcome in outcomes], schema=schema)
        content, self._seen = parts.as_bytes(table), None
        # Whoever is stopped in between has these runs to make, and no run is there twice.
        for old in {self._old.pop(name) for name in names if name in self._old}:
            _drop(old, names)
        files.write(self.folder / "table" / f"part-{part}.parquet", content)


def _parts(folder: Path) -> list[Path]:
    """The parts of the table of the sweep in a folder."""
    return sorted((folder / "table").glob("*.parquet"))


def _noted(note: Path) -> tuple[list[dict[Any, Any]], dict[str, Any]]:
    """The plans that are in a note, and how the runs are made."""
    try:
        with files.reading(note) as file:
            content = json.loads(file.read(LONGEST_NOTE).decode())
        plans = content["plans"]
        kinds = {(type(p["room"]), type(p["set"]), type(p["over"])) for p in plans}
        way = {name: content.get(name) for name in ("notebook", "cells", "source")}
        texts = all(isinstance(each, str | None) for each in way.values())
        way["traces"] = content.get("traces", True)
        if kinds - {(str, dict, dict)} or not texts or not isinstance(way["traces"], bool):
            raise TypeError("something in it is of another kind")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{error} is absent" if isinstance(error, KeyError) else str(error).rstrip(".")
        raise ValueError(f"{note} is not what a sweep wrote: {reason}.") from error
    if "notebook" not in content and (note.parent / "notebooks").is_dir():
        raise ValueError(
            f"{note} is of an older curvkit and does not say which notebook was run; name another "
            "folder by --out."
        )
    return list(plans), way


def _drop(part: Path, names: Sequence[str]) -> None:
    """Takes the rows of some runs out of a part, which is replaced whole."""
    table = parts.read(part, COLUMNS[:1])
    remaining = table.filter([each not in names for each in table["run"].to_pylist()])
    if len(remaining):
        files.write(part, parts.as_bytes(remaining))
    else:
        part.unlink()


def schema(settings: type, merits: Sequence[str], turned: Sequence[str] = ()) -> Any:
    """The columns of a room's table: the run, its knobs, its merits, and how it was made.

    Args:
        settings: the room's `Settings`.
        merits: the names of the figures of merit.
        turned: the axes that are turned during a run, as `learning_rate@300`.
    """
    pyarrow = require()
    kinds = {int: pyarrow.int64(), float: pyarrow.float64(), bool: pyarrow.bool_()}
    columns = {name: pyarrow.string() for name in TEXT[:4]}
    for name, each in knob.knobs(settings).items():
        columns[name] = kinds.get(each.kind, pyarrow.string())
    columns |= {name: columns[steered.parted(name)[0]] for name in turned}
    columns |= {name: pyarrow.float64() for name in (*merits, "seconds")}
    columns["readings"] = pyarrow.int64()
    columns |= {name: pyarrow.string() for name in TEXT[4:]}
    packages = ("curvkit", "python", "jax", "jaxlib", "numpy", "optax")
    columns |= {f"version_{name}": pyarrow.string() for name in packages}
    return pyarrow.schema(list(columns.items()))


def read(folder: str | Path) -> dict[str, list[Any]]:
    """The table of a sweep as lists by column, in the order of the runs' names.

    Any reader of Parquet takes `folder/table` as well.

    Raises:
        ValueError: with one sentence, if there is no table, or a part of it is no Parquet.
    """
    pyarrow = require()
    tables = {each: parts.read(each, COLUMNS) for each in _parts(Path(folder))}
    if not tables:
        raise ValueError(f"There is no table of a sweep in {folder}.")
    try:
        table = pyarrow.concat_tables(tables.values(), promote_options="default")
    except pyarrow.ArrowException as error:
        why = messages.shown(str(error).split("\n")[0])
        raise ValueError(f"The parts of {min(tables).parent} do not fit: {why}.") from error
    parts.once(tables)
    return table.sort_by("run").to_pydict()


def rows(table: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    """The table as one dict a run."""
    return [dict(zip(table, each, strict=True)) for each in zip(*table.values(), strict=True)]

"""The folder of a sweep: its plans, its table in parts, its traces; nothing half written.

A part of the table is one Parquet file of one batch, put there by a rename after the batch's
traces: a run is in the table, or is to be made. What an interrupted sweep left under temporary
names is swept up by the next one.
"""

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from curvkit.core import knob, say
from curvkit.report import files
from curvkit.sweep.plan import Plan
from curvkit.sweep.work import Outcome

MISSING = 'A sweep needs dask and pyarrow: pip install "curvkit[cluster]".'
TEXT = ("run", "room", "status", "error", "backend", "device", "precision", "finished", "trace")


class Store:
    """A folder that a sweep writes to; `plans` are those it has been given so far."""

    def __init__(self, folder: Path):
        self.folder, self.plans = folder, []

    @classmethod
    def open(cls, folder: Path, *, resume: bool) -> "Store":
        """Makes the folder, or takes up the sweep that is in it.

        Raises:
            ValueError: with one sentence, if there is a sweep and `resume` is not asked for, or
                none and it is, or its plan cannot be read.
        """
        made, note = cls(folder), folder / "sweep.json"
        if note.exists():
            if not resume:
                raise ValueError(
                    f"{folder} holds a sweep already; go on with it by --resume, or name another "
                    "folder by --out."
                )
            try:
                made.plans = json.loads(note.read_text(encoding="utf-8"))["plans"]
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{note} is not what a sweep wrote: {error}.") from error
        elif resume:
            raise ValueError(f"There is no sweep in {folder} to go on with.")
        for each in (folder, folder / "table", folder / "traces"):
            each.mkdir(parents=True, exist_ok=True)
        return made

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Keeps a second sweep out of the folder; the lock goes with the process that holds it."""
        return files.locked(self.folder, "sweep")

    def add_plan(self, plan: Plan) -> None:
        """Notes what is to be run, so that `--resume` needs no word of it."""
        if plan.as_dict() not in self.plans:
            self.plans.append(plan.as_dict())
        files.write(self.folder / "sweep.json", json.dumps({"plans": self.plans}, indent=1))

    def present(self) -> set[str]:
        """The names of the runs that are in the table."""
        parts = sorted((self.folder / "table").glob("*.parquet"))
        return {each for part in parts for each in _read(part, ["run"])["run"].to_pylist()}

    def succeeded(self) -> set[str]:
        """Takes the rows of failed runs out of the table; the names of the runs that are left.

        Each part is replaced whole; whoever is stopped in between has runs to make, and no less.
        """
        import pyarrow.compute

        for part in sorted((self.folder / "table").glob("*.parquet")):
            table = _read(part)
            kept = table.filter(pyarrow.compute.not_equal(table["status"], "failed"))
            if not len(kept):
                part.unlink()
            elif len(kept) < len(table):
                files.write(part, _as_bytes(kept))
        return self.present()

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
        names = ",".join(sorted(outcome.row["run"] for outcome in outcomes))
        part = hashlib.sha256(names.encode()).hexdigest()[:16]
        table = pyarrow.Table.from_pylist([outcome.row for outcome in outcomes], schema=schema)
        files.write(self.folder / "table" / f"part-{part}.parquet", _as_bytes(table))


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
    parts = sorted((Path(folder) / "table").glob("*.parquet"))
    if not parts:
        raise ValueError(f"There is no table of a sweep in {folder}.")
    whole = pyarrow.concat_tables([_read(part) for part in parts], promote_options="default")
    return whole.sort_by("run").to_pydict()


def _read(part: Path, columns: list[str] | None = None) -> Any:
    pyarrow = require()
    try:
        return pyarrow.parquet.ParquetFile(part).read(columns)
    except pyarrow.ArrowInvalid as error:
        reason = say.shown(str(error).split("\n")[0])
        raise ValueError(f"{part} is no part of a table: {reason}.") from error


def rows(table: Mapping[str, list]) -> list[dict[str, Any]]:
    """The table as one dict a run."""
    return [dict(zip(table, each, strict=True)) for each in zip(*table.values(), strict=True)]

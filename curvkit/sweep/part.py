"""A part of a sweep's table: a Parquet file whose pages and whose content carry checksums.

Parquet has a checksum for each page and none for the list of columns; the digest of all that the
part says stands beside it. A part of an older curvkit has neither, and is read as it is.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from curvkit.core import files, messages

MISSING = 'A sweep needs dask, pyarrow and cryptography: pip install "curvkit[cluster]".'
DIGEST = b"curvkit"
MOST_ROWS, MOST_COLUMNS, MOST_BYTES = 1_000_000, 1_000, 2**30
ADVICE = "take it away, and --resume makes its runs again"


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


def as_bytes(table: Any) -> bytes:
    """The file of a part."""
    pyarrow = require()
    sink = pyarrow.BufferOutputStream()
    marked = table.replace_schema_metadata({DIGEST: digest(table)})
    pyarrow.parquet.write_table(marked, sink, write_page_checksum=True)
    return sink.getvalue().to_pybytes()


def digest(table: Any) -> str:
    """A digest of names, types and values."""
    sha = hashlib.sha256()
    for field, column in zip(table.schema, table.columns, strict=True):
        sha.update(json.dumps([field.name, str(field.type), column.to_pylist()]).encode())
    return sha.hexdigest()


def read(path: Path, needed: tuple[str, ...]) -> Any:
    """A part as a table of pyarrow, without what it says about itself.

    Raises:
        ValueError: with one sentence that names the file and says what to do, if it is damaged, or
            lacks a column that is needed.
    """
    pyarrow = require()
    with files.reading(path) as file:
        try:
            table = _table(pyarrow.parquet.ParquetFile(file, page_checksum_verification=True))
        except (pyarrow.ArrowException, OSError, ValueError, TypeError, MemoryError) as error:
            raise ValueError(f"{path} is no part of a table: {_why(error)}; {ADVICE}.") from error
    if absent := {*needed} - {*table.column_names}:
        raise ValueError(f"{path} is no part of a sweep's table: it has no {min(absent)}.")
    return table


def _table(file: Any) -> Any:
    metadata = file.metadata
    size = sum(metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
    if metadata.num_rows > MOST_ROWS or metadata.num_columns > MOST_COLUMNS or size > MOST_BYTES:
        raise ValueError("it claims to be larger than any sweep")
    table = file.read()
    marks = {name: value for name, value in (table.schema.metadata or {}).items()}
    if marks and marks != {DIGEST: digest(table).encode()} and b"pandas" not in marks:
        raise ValueError("what it holds is not what was written")
    return table.replace_schema_metadata(None)


def _why(error: BaseException) -> str:
    return messages.shown(str(error).split("\n")[0].rstrip("."), 100)


def once(tables: Mapping[Path, Any]) -> None:
    """Raises ValueError where a run is in the table twice, as after a part was copied."""
    seen: dict[str, Path] = {}
    for part, table in tables.items():
        for name in table["run"].to_pylist():
            if name in seen:
                both = f"{seen[name].name} and {part.name} both hold" if part != seen[name] else (
                    f"{part.name} holds twice")  # fmt: skip
                raise ValueError(
                    f"In {part.parent} {both} the run {name}: take away the one that is a copy."
                )
            seen[name] = part


def is_there(path: Path) -> bool:
    """Whether a file that a run left is there to its end."""
    if not path.parent.is_dir() or files.existing(path) is None:
        return False
    return path.suffix != ".npz" or files.holds(path, "PK\5\6", 22)


def empty(table: Any, name: str) -> bool:
    """Whether a column says nothing, of whatever type it is."""
    return table[name].null_count == len(table)

"""Files that are there whole or not at all, so that nobody opens half a page."""

import contextlib
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

_masked = threading.Lock()
# What a writer that was killed leaves behind; a name that nobody would give to a file of his own.
LITTER = re.compile(r"^\..+-[a-z0-9_]{8}\.part$")


def write(path: Path, text: str | bytes) -> Path:
    """Writes `text` under a temporary name in the same folder, then renames; returns the path."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files for their owner only; a report is to be read by others as well.
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    return path


@contextlib.contextmanager
def locked(folder: Path, what: str) -> Iterator[None]:
    """Keeps a second program out of the folder, and removes what one that was killed left there.

    The lock goes with the process that holds it, however that ends.

    Args:
        folder: the folder; those right below it are tidied, too.
        what: what writes there, for the refusal: `sweep`, `report`.

    Raises:
        ValueError: with one sentence, if another program holds the lock.
    """
    with (folder / ".lock").open("w") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # Windows has no such lock
            pass
        except BlockingIOError:
            raise ValueError(f"Another {what} is writing to {folder}.") from None
        for each in (*folder.glob(".*.part"), *folder.glob("*/.*.part")):
            if LITTER.match(each.name):
                each.unlink(missing_ok=True)
        yield


def _umask() -> int:
    # It can be read only by setting it, which is that of all threads.
    with _masked:
        mask = os.umask(0)
        os.umask(mask)
    return mask

"""A folder that is written to: by one program at a time, each file whole or not at all."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from curvkit.core.files import existing, folder, fresh, holds, own_folder, reading, write

__all__ = ["folder", "existing", "fresh", "holds", "locked", "own_folder", "reading", "write"]

# What a writer that was killed leaves behind; a name that nobody would give to a file of his own.
LITTER = re.compile(r"^\..+-[a-z0-9_]{8}\.part$")


@contextlib.contextmanager
def locked(folder: Path, what: str) -> Iterator[None]:
    """Keeps a second program out of the folder, and removes what one that was killed left there.

    The lock goes with the process that holds it, however that ends.

    Args:
        folder: the folder; those right below it are tidied, too.
        what: what writes there, for the refusal: `sweep`, `report`.

    Raises:
        ValueError: with one sentence, if another program holds the lock, or it is no file.
    """
    with _lock(folder / ".lock") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # Windows has no such lock
            pass
        except BlockingIOError:
            raise ValueError(f"Another {what} is writing to {folder}.") from None
        for each in (*folder.glob(".*.part"), *folder.glob("*/.*.part")):
            if LITTER.match(each.name) and not each.parent.is_symlink():
                each.unlink(missing_ok=True)
        yield


def _lock(path: Path) -> BinaryIO:
    """A file to lock, which is neither written to nor followed to where somebody else's lies."""
    if existing(path) is None:
        with contextlib.suppress(FileExistsError):  # another program made it just now
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    return open(path, "r+b")

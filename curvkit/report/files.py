"""A folder that is written to: by one program at a time, each file whole or not at all."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from curvkit.core.files import write

__all__ = ["locked", "write"]

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

"""Files that are there whole or not at all, so that nobody opens half a page."""

import contextlib
import os
import tempfile
import threading
from pathlib import Path

_masked = threading.Lock()


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
        # After the rename, as where a key was pressed just then, there is nothing to remove.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    return path


def _umask() -> int:
    # It can be read only by setting it, which is that of all threads.
    with _masked:
        mask = os.umask(0)
        os.umask(mask)
    return mask

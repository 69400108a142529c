"""Files that are there whole or not at all, so that nobody opens half a page.

All that curvkit leaves on a disk is written here: under a temporary name in the same folder, then
renamed. A name that stands for a device, a pipe, a link or a folder is refused; a rename would take
it away. What a run is to leave is checked before the run, so that no run is lost to a wrong name.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, TextIO

from curvkit.core import messages

KINDS = (
    (stat.S_ISLNK, "a link"), (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"), (stat.S_ISSOCK, "a socket"),
)  # fmt: skip
# No link is followed, and what is not there yet is made by nobody else in between. The mode is
# that of any new file: what the umask leaves of it.
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
# A pipe that nobody writes to would be waited for.
OLD = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
# Of a name in that of its part, and of a path in a refusal.
LONGEST, LONGEST_TOLD = 40, 200


def write(path: str | os.PathLike[str], text: str | bytes) -> Path:
    """Writes `text` under a temporary name in the same folder, then renames; returns the path.

    Raises:
        ValueError: with one sentence, if a device, a pipe, a link or a folder has that name.
        OSError: if it cannot be written.
    """
    path = Path(path)
    existing(path)
    content = text if isinstance(text, bytes) else text.encode()
    part = _part(path)
    try:
        with os.fdopen(os.open(part, NEW, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        existing(path)
        os.replace(part, path)
    except BaseException:
        # Where Ctrl-C comes after the rename, the temporary file is gone already.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)
        raise
    return path


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name[:LONGEST]}-{secrets.token_hex(4)}.part")


def existing(path: Path) -> os.stat_result | None:
    """What has the name of a file that is to be written; None where nothing has.

    Raises:
        ValueError: with one sentence, if it is anything but a file.
        OSError: with one sentence, if nothing can have that name.
    """
    try:
        there = path.lstat()
    except FileNotFoundError:
        if path.parent.is_dir():
            return None
        raise FileNotFoundError(
            f"There is no folder {messages.shown(str(path.parent), LONGEST_TOLD)} to write to."
        ) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    except ValueError as error:  # of a name that no system has
        raise ValueError(
            f"{messages.shown(str(path), LONGEST_TOLD)} is no name of a file: {error}."
        ) from None
    if kind := kind_of(there):
        raise ValueError(f"{path} is {kind}, which is not replaced; name a file.")
    return there


def kind_of(there: os.stat_result) -> str:
    """What it is in words; empty for a file.

    >>> import os
    >>> kind_of(os.stat("."))
    'a folder'
    """
    return next((kind for true, kind in KINDS if true(there.st_mode)), "")


def _unwritable(path: Path, error: OSError) -> OSError:
    name = messages.shown(str(path), LONGEST_TOLD)
    return type(error)(f"{name} cannot be written to: {error.strerror}; name another place.")


def ready(path: str | os.PathLike[str], ours: Callable[[Path], bool], kind: str) -> Path:
    """Sees to it, before anything is run, that a file can be written and that none is lost by it.

    Args:
        path: of the file.
        ours: whether a file that is there may be replaced.
        kind: what such a file is, for the refusal: `a trace of curvkit`.

    Raises:
        ValueError: with one sentence, if what is there is no file, or not of the kind.
        OSError: with one sentence, if it cannot be written.
    """
    path = replaceable(path, ours, kind)
    part = _part(path)
    try:
        os.close(os.open(part, NEW, 0o666))
        os.unlink(part)
    except OSError as error:
        raise _unwritable(path, error) from None
    return path


def replaceable(path: str | os.PathLike[str], ours: Callable[[Path], bool], kind: str) -> Path:
    """As `ready`, and nothing is tried; an empty file is replaced whatever it was."""
    path = Path(path)
    there = existing(path)
    if there is None:
        return path
    if there.st_dev != path.parent.stat().st_dev:
        raise ValueError(f"{path} is mounted by itself and cannot be replaced; name another file.")
    if there.st_size and not ours(path):
        raise ValueError(
            f"{path} is not {kind}, so it is not replaced; name another file, or move it away."
        )
    return path


def folder(path: Path) -> Path:
    """Makes a folder and those above it, where they are not there.

    Raises:
        ValueError: with one sentence, if what is there is none.
        OSError: with one sentence, if it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        with contextlib.suppress(OSError):
            there = path.lstat()
            kind = kind_of(there) or "a file"
            raise ValueError(f"{path} is {kind}, and no folder; name another place.") from None
        raise _unwritable(path, error) from None
    except ValueError as error:
        raise ValueError(
            f"{messages.shown(str(path), LONGEST_TOLD)} is no name of a folder: {error}."
        ) from None
    return path


def own_folder(path: Path) -> Path:
    """As `folder`, for one in a folder of ours: a link would lead to where others keep theirs."""
    if path.is_symlink():
        raise ValueError(f"{path} is a link, and curvkit keeps its files in a folder there.")
    return folder(path)


def fresh(path: Path) -> TextIO:
    """A new file for lines that are read while they are written, in place of an older one."""
    if existing(path):
        path.unlink()
    return os.fdopen(os.open(path, NEW, 0o666), "w", encoding="utf-8", errors="replace")


def reading(path: str | os.PathLike[str]) -> BinaryIO:
    """Opens a file to read it, and nothing else: neither waits for a pipe nor reads a device.

    Raises:
        ValueError: with one sentence, if it is no file.
        OSError: if it cannot be read.
    """
    handle = os.open(path, OLD)
    if kind := kind_of(os.fstat(handle)):
        os.close(handle)
        raise ValueError(f"{path} is {kind}, and no file that can be read.")
    return os.fdopen(handle, "rb")


def holds(path: Path, mark: str, within: int = 4096) -> bool:
    """Whether a text stands in so many bytes at the beginning or at the end of a file."""
    try:
        with reading(path) as file:
            first = file.read(within)
            file.seek(max(0, file.seek(0, os.SEEK_END) - within))
            return mark.encode() in first + b"\0" + file.read(within)
    except (OSError, ValueError):
        return False


def named(what: str) -> Callable[[str | os.PathLike[str]], Path]:
    """What reads the name of a place as it was typed; `what` asks for it: `--out`.

    Nothing is not taken for the working directory.

    >>> named("--out")("a/b").name
    'b'
    """

    def place(typed: str | os.PathLike[str]) -> Path:
        # This one passes through typer, which takes a ValueError for its own.
        if not os.fspath(typed):
            raise FileNotFoundError(f"{what} must name a place to write to, but '' was given.")
        return Path(typed)

    return place


def file_named(what: str, endings: Sequence[str]) -> Callable[[str | os.PathLike[str]], Path]:
    """As `named`, of a file, whose name tells what is written; the first ending is the usual one.

    >>> file_named("--out", [".npz"])("run.npz").name
    'run.npz'
    """

    def place(typed: str | os.PathLike[str]) -> Path:
        path, text = named(what)(typed), os.fspath(typed)
        if text.endswith(("/", os.sep)):
            raise OSError(f"{what} must name a file, but {messages.shown(text)} is a folder.")
        try:
            existing(path)
        except ValueError as error:
            raise OSError(str(error)) from None
        if path.suffix.lower() not in endings:
            wanted = " or ".join(endings)
            raise OSError(messages.refusal(what, f"a file that ends in {wanted}", text))
        return path

    return place


def same(one: Path, other: Path) -> bool:
    """Whether two names are of one file, whichever way they lead there, also if it is not there.

    >>> same(Path("a"), Path("./b/../a"))
    True
    """
    if one.exists() and other.exists():
        return one.samefile(other)
    paths = [os.path.join(os.path.realpath(each.parent), each.name) for each in (one, other)]
    return paths[0] == paths[1]

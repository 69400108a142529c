"""Large data sets as they are published: fetched once, gone on with, checked, kept as arrays.

| data set | files | what is in them |
| --- | --- | --- |
| MNIST | four of idx, gzipped | a header of big-endian numbers, then bytes |
| CIFAR-10 | the binary archive, a gzipped tar | records of a label and 3072 bytes |

Nothing of them is unpickled, and nothing is unpacked on the disk. A file is held against its
SHA-256 sum; one that came in part is kept as `NAME.part`, and the next call goes on from there.
"""

import gzip
import hashlib
import io
import os
import tarfile
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError

import numpy as np
from tqdm.auto import tqdm

from curvkit.core import files

# Bytes read at once, seconds without any, and how often in a row nothing may come.
PIECE, PATIENCE, TRIES = 1 << 16, 30.0, 3


class File(NamedTuple):
    """A file as it is published: its name, how many bytes, and their SHA-256 sum."""

    name: str
    size: int
    sha256: str


class Source(NamedTuple):
    """A data set of images: its files, their addresses, its shape, and how many of each class.

    `addresses` are folders, each of which has all the files; `read` makes pixels and labels of the
    files' bytes.
    """

    name: str
    shape: tuple[int, ...]
    counts: tuple[int, ...]
    files: tuple[File, ...]
    addresses: tuple[str, ...]
    read: Callable[[list[bytes]], tuple[np.ndarray, np.ndarray]]


def images(
    source: Source, data_home: str | os.PathLike[str] | None = None, progress: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """The pixels and labels of a data set, those to be trained on first.

    Args:
        source: which one.
        data_home: scikit-learn's cache folder, `sklearn.datasets.get_data_home()` if None; files
            that are put into `curvkit/NAME` of it are not fetched.
        progress: whether to show how much has come.

    Returns:
        `(pixels, labels)`: bytes of shape (examples, …), whole numbers of shape (examples,).

    Raises:
        ConnectionError: if it is not at hand and cannot be fetched, or not all of it has come.
        ValueError: if a file is not what was published.
    """
    from sklearn.datasets import get_data_home

    home = Path(get_data_home(data_home)) / "curvkit"
    cache = home / f"{source.name}.npz"
    if not cache.exists():
        folder = home / source.name
        given = [_whole(source, each, folder, progress) for each in source.files]
        pixels, labels = source.read(given)
        counts = tuple(np.bincount(labels, minlength=len(source.counts)).tolist())
        if pixels.shape != (sum(source.counts), *source.shape) or counts != source.counts:
            raise ValueError(
                f"What is in {folder} has shape {pixels.shape} and class counts {counts}, not "
                f"{(sum(source.counts), *source.shape)} and {source.counts}; delete it and try "
                "again."
            )
        _keep(cache, pixels, labels)
    with np.load(cache, allow_pickle=False) as stored:
        return stored["pixels"], stored["labels"]


def idx(content: bytes) -> np.ndarray:
    """The array of bytes that a gzipped idx file holds.

    Raises:
        ValueError: if it is none.

    >>> idx(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))).tolist()
    [7, 9]
    """
    raw = gzip.decompress(content)
    dims = raw[3] if raw[:3] == bytes([0, 0, 8]) else 0
    shape = np.frombuffer(raw[4 : 4 + 4 * dims], ">i4")
    if not dims or len(raw) != 4 + 4 * dims + int(np.prod(shape)):
        raise ValueError("An idx file of bytes begins with 0, 0, 8 and its sizes; this does not.")
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dims).reshape(shape)


def _idx_pairs(content: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels in turn, those to be trained on first."""
    arrays = [idx(each) for each in content]
    return np.concatenate(arrays[::2]), np.concatenate(arrays[1::2])


def _records(content: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """CIFAR-10's binary archive: five batches to be trained on, then the one for tests."""
    names = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    rows = []
    with tarfile.open(fileobj=io.BytesIO(content[0]), mode="r:gz") as archive:
        members = {Path(each.name).name: each for each in archive if each.isfile()}
        for name in names:
            member: Any = archive.extractfile(members[name]) if name in members else None
            if member is None:
                raise ValueError(f"The archive of CIFAR-10 has no {name}.")
            rows.append(np.frombuffer(member.read(), np.uint8).reshape(-1, 1 + 3 * 32**2))
    both = np.concatenate(rows)
    return both[:, 1:].reshape(-1, 3, 32, 32), both[:, 0]


MNIST = Source(
    "mnist", (28, 28),
    (6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958),
    (
        File("train-images-idx3-ubyte.gz", 9_912_422,
             "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        File("train-labels-idx1-ubyte.gz", 28_881,
             "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        File("t10k-images-idx3-ubyte.gz", 1_648_877,
             "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        File("t10k-labels-idx1-ubyte.gz", 4_542,
             "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    ),
    ("https://storage.googleapis.com/cvdf-datasets/mnist/",
     "https://ossci-datasets.s3.amazonaws.com/mnist/"),
    _idx_pairs,
)  # fmt: skip
CIFAR10 = Source(
    "cifar10", (3, 32, 32), (6000,) * 10,
    (File("cifar-10-binary.tar.gz", 170_052_171,
          "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),),
    ("https://www.cs.toronto.edu/~kriz/",),
    _records,
)  # fmt: skip


def _whole(source: Source, file: File, folder: Path, progress: bool) -> bytes:
    """A file's bytes, checked: those in the folder, or those that are published."""
    path, part = folder / file.name, folder / f"{file.name}.part"
    if not path.is_file():
        _fetch(source, file, part, progress)
        if not _is(file, part.read_bytes()):
            part.unlink()
            raise ValueError(
                f"What came as {file.name} does not have the SHA-256 sum {file.sha256[:12]}… of "
                f"the one that is published; it was deleted, try again."
            )
        part.replace(path)
    content = path.read_bytes()
    if not _is(file, content):
        raise ValueError(
            f"{path} is not {file.name} as it is published (SHA-256 {file.sha256[:12]}…); delete "
            "it and try again."
        )
    return content


def _is(file: File, content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == file.sha256


def _fetch(source: Source, file: File, part: Path, progress: bool) -> None:
    """Adds to what has come of a file, from one address after another, until all has."""
    part.parent.mkdir(parents=True, exist_ok=True)
    have = lambda: part.stat().st_size if part.is_file() else 0
    reason: Exception | None = None
    bar = tqdm(desc=f"fetching {file.name}", total=file.size, unit="B", unit_scale=True,
               initial=have(), disable=not progress)  # fmt: skip
    with bar:
        for address in source.addresses:
            left = TRIES
            while left and have() < file.size:
                before = have()
                try:
                    _add(address + file.name, file, part, bar)
                except (OSError, HTTPException) as error:
                    reason = error
                # What goes on coming may break off as often as it likes.
                left = TRIES if have() > before else left - 1
            if have() >= file.size:
                return
    why = getattr(reason, "reason", None) or reason or "nothing came"
    come = f"{have()} of {file.size} bytes of {file.name} have come"
    raise ConnectionError(
        f"{source.name} is not in {part.parent}, where {come}, and the rest cannot be fetched "
        f"({why}); connect and try again, which goes on from there, or bring the files."
    ) from reason


def _add(address: str, file: File, part: Path, bar: Any) -> None:
    """Asks for what has not come yet, and adds it."""
    have = part.stat().st_size if part.is_file() else 0
    asked = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(asked, timeout=PATIENCE)
    except HTTPError as error:
        error.close()
        if error.code == 416:  # of what has come, there is no more
            part.unlink()
        raise
    # A server that cannot go on begins anew, and so does what is kept.
    go_on = answer.status == 206
    with answer, open(part, "ab" if go_on else "wb") as file_so_far:
        bar.n = have if go_on else 0
        while piece := answer.read(min(PIECE, file.size + 1 - file_so_far.tell())):
            file_so_far.write(piece)
            bar.update(len(piece))


def _keep(path: Path, pixels: np.ndarray, labels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    np.savez_compressed(file, pixels=pixels, labels=labels)
    files.write(path, file.getvalue())

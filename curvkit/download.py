"""Large data sets from OpenML, through scikit-learn's cache: fetched once, checked, at hand."""

import contextlib
import io
import os
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError

import numpy as np
from sklearn.datasets import fetch_openml, get_data_home
from tqdm.auto import tqdm

from curvkit.core import files


class Source(NamedTuple):
    """A data set of images on OpenML: its number there, its shape, and how many of each class."""

    name: str
    number: int
    shape: tuple[int, ...]
    counts: tuple[int, ...]


MNIST = Source(
    "mnist", 554, (28, 28),
    (6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958),
)  # fmt: skip
CIFAR10 = Source("cifar10", 40926, (3, 32, 32), (6000,) * 10)


def images(
    source: Source, data_home: str | os.PathLike[str] | None = None, progress: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """The pixels and labels of a data set, in the order that it has on OpenML.

    scikit-learn fetches the file and holds it against the MD5 sum that OpenML states. The arrays
    are kept beside it, so that the text is read only once.

    Args:
        source: which one.
        data_home: scikit-learn's cache folder, `sklearn.datasets.get_data_home()` if None.
        progress: whether to show how much has come.

    Returns:
        `(pixels, labels)`: bytes of shape (examples, …), whole numbers of shape (examples,).

    Raises:
        ConnectionError: if it is not at hand and cannot be fetched.
        ValueError: if what came is not the data set.
    """
    home = Path(get_data_home(data_home))
    cache = home / "curvkit" / f"{source.name}.npz"
    if not cache.exists():
        pixels, labels = _fetched(source, home, progress)
        _keep(cache, pixels, labels)
    with np.load(cache, allow_pickle=False) as stored:
        return stored["pixels"], stored["labels"]


def _fetched(source, home, progress):
    try:
        with warnings.catch_warnings(), _growing(home, source.name, progress):
            # It warns at each of its tries; what comes of them is said below.
            warnings.simplefilter("ignore")
            data_set: Any = fetch_openml(
                data_id=source.number, data_home=home, as_frame=False, parser="liac-arff"
            )
    except (URLError, ConnectionError, TimeoutError) as error:
        reason = getattr(error, "reason", error)
        raise ConnectionError(
            f"{source.name} is not in {home} and openml.org cannot be reached ({reason}); connect "
            "once, or bring that folder from a machine that has it."
        ) from error
    pixels = np.asarray(data_set.data)
    labels = np.asarray(data_set.target).astype(int)
    counts = tuple(np.bincount(labels, minlength=len(source.counts)).tolist())
    size = (sum(source.counts), int(np.prod(source.shape)))
    if pixels.shape != size or counts != source.counts:
        raise ValueError(
            f"What came from OpenML as {source.name} has shape {pixels.shape} and class counts "
            f"{counts}, not {size} and {source.counts}; delete {home / 'openml'} and try again."
        )
    return pixels.astype(np.uint8).reshape(-1, *source.shape), labels.astype(np.uint8)


def _keep(path: Path, pixels: np.ndarray, labels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    np.savez_compressed(file, pixels=pixels, labels=labels)
    files.write(path, file.getvalue())


@contextlib.contextmanager
def _growing(home: Path, name: str, progress: bool) -> Iterator[None]:
    """Shows how much scikit-learn has written, which itself says nothing while it fetches."""
    finished = threading.Event()
    folder = home / "openml"

    def size() -> int:
        total = 0
        # A file is moved to its place, or a folder taken away, in this very moment.
        with contextlib.suppress(OSError):
            for path in folder.rglob("*"):
                with contextlib.suppress(OSError):
                    total += path.stat().st_size if path.is_file() else 0
        return total

    def look() -> None:
        before = size()
        with tqdm(desc=f"fetching {name}", unit="B", unit_scale=True) as bar:
            while not finished.wait(0.2):
                bar.n = size() - before
                bar.refresh()

    watcher = threading.Thread(target=look, daemon=True)
    if progress:
        watcher.start()
    try:
        yield
    finally:
        finished.set()
        if progress:
            watcher.join()

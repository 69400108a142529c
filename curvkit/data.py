"""The data sets of the kit, as arrays ready to train on."""

import codecs
import contextlib
import functools
import importlib.util
import io
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curvkit.core import messages


class Data(NamedTuple):
    """`inputs` of shape (examples, features) and `targets` of shape (examples, outputs), fp32."""

    inputs: np.ndarray
    targets: np.ndarray


def digits(examples: int = 200) -> Data:
    """The first `examples` of scikit-learn's handwritten digits, shuffled once and for all.

    Pixels are scaled to mean 0 and deviation 1 over all entries; targets are one-hot.

    Args:
        examples: from 1 to 1797.

    Raises:
        ValueError: if there are not so many.

    >>> digits(200).inputs.shape, digits(200).targets.shape
    ((200, 64), (200, 10))
    """
    return _first_digits(messages.whole("examples", examples, most=1797))


@functools.lru_cache
def _first_digits(examples: int) -> Data:
    pixels, labels = _digits()
    chosen = np.random.RandomState(0).permutation(len(pixels))[:examples]
    return _standardised(pixels[chosen] / 16, labels[chosen], 10)


def _digits() -> tuple[np.ndarray, np.ndarray]:
    # To import scikit-learn takes seconds, most of the time to a first figure, and its table does
    # not need it.
    spec = importlib.util.find_spec("sklearn")
    if spec is None:
        raise ModuleNotFoundError(
            "The handwritten digits come with scikit-learn, which is not installed; run "
            "`pip install scikit-learn`."
        )
    home = Path(*spec.submodule_search_locations or ())
    table = home / "datasets" / "data" / "digits.csv.gz"
    if table.is_file():
        rows = np.loadtxt(table, delimiter=",")
        return rows[:, :-1], rows[:, -1].astype(int)
    from sklearn.datasets import load_digits

    loaded: Any = load_digits(return_X_y=True)
    return loaded


def chebyshev(degree: int = 6, examples: int = 20) -> Data:
    """The Chebyshev polynomial of `degree` at `examples` points evenly spaced in [−1, 1].

    The one-dimensional regression of arXiv 2103.00065.

    Args:
        degree: from 0.
        examples: from 1.

    Raises:
        ValueError: if one of them is no such number.

    >>> [float(y) for y in chebyshev(2, 3).targets[:, 0]]
    [1.0, -1.0, 1.0]
    """
    degree, examples = messages.whole("degree", degree, 0), messages.whole("examples", examples)
    points = np.linspace(-1, 1, examples)
    values = np.polynomial.chebyshev.chebval(points, [0] * degree + [1])
    return Data(points[:, None].astype(np.float32), values[:, None].astype(np.float32))


def characters(examples: int = 1024, context: int = 32) -> Data:
    """Pieces of English text as one-hot characters, and beside each character the next one.

    The text is the Zen of Python, PEP 20, which is in the public domain and comes with Python as
    the module `this`; in small letters it is 856 characters of 32 kinds. Pieces overlap.

    Args:
        examples: how many characters are to be foretold, from `context`; of a piece that would not
            be whole nothing is taken.
        context: how many stand in a piece, from 1 to 855.

    Returns:
        Inputs and targets of shape (pieces, context, 32).

    Raises:
        ValueError: if one of them is no such number.

    >>> characters(64, 32).inputs.shape
    (2, 32, 32)
    """
    context = messages.whole("context", context, most=len(_text()) - 1)
    examples = messages.whole("examples", examples, context)
    return _pieces(examples // context, context)


@functools.lru_cache
def _pieces(count: int, context: int) -> Data:
    text = _text()
    kinds = {letter: number for number, letter in enumerate(sorted(set(text)))}
    starts = np.linspace(0, len(text) - context - 1, count).astype(int)
    places = starts[:, None] + np.arange(context + 1)
    coded = np.array([kinds[letter] for letter in text])[places]
    letters = np.eye(len(kinds), dtype=np.float32)[coded]
    return Data(letters[:, :-1], letters[:, 1:])


@functools.lru_cache
def _text() -> str:
    # As it is imported, it prints what it says.
    with contextlib.redirect_stdout(io.StringIO()):
        import this
    return codecs.decode(this.s, "rot13").lower()


def mnist(examples: int = 70000, *, data_home: str | None = None) -> Data:
    """The first `examples` of MNIST, shuffled once and for all, scaled as `digits` is.

    Fetched as it is published at the first call (12 MB), and kept in scikit-learn's cache folder.
    Its four files may also be put into `curvkit/mnist` there by hand.

    Args:
        examples: from 1 to 70000.
        data_home: scikit-learn's cache folder, its own default if None.

    Returns:
        Inputs of shape (examples, 784), targets of shape (examples, 10).

    Raises:
        ConnectionError: if it is not at hand and cannot be fetched whole; the next call goes on.
        ValueError: if there are not so many, or what came is not MNIST.
    """
    from curvkit import download

    return _scaled(download.MNIST, examples, data_home)


def cifar10(examples: int = 60000, *, data_home: str | None = None) -> Data:
    """The first `examples` of CIFAR-10, shuffled once and for all, scaled as `digits` is.

    Fetched as it is published at the first call (170 MB), and kept in scikit-learn's cache folder.
    Its binary archive may also be put into `curvkit/cifar10` there by hand.

    Args:
        examples: from 1 to 60000.
        data_home: scikit-learn's cache folder, its own default if None.

    Returns:
        Inputs of shape (examples, 3072), channel by channel; targets of shape (examples, 10).

    Raises:
        ConnectionError: if it is not at hand and cannot be fetched whole; the next call goes on.
        ValueError: if there are not so many, or what came is not CIFAR-10.
    """
    from curvkit import download

    return _scaled(download.CIFAR10, examples, data_home)


def _scaled(source, examples, data_home) -> Data:
    from curvkit import download

    most = sum(source.counts)
    examples = messages.whole("examples", examples, most=most)
    pixels, labels = download.images(source, data_home)
    chosen = np.random.RandomState(0).permutation(len(pixels))[:examples]
    inputs = pixels[chosen].reshape(examples, -1).astype(np.float32) / 255
    return _standardised(inputs, labels[chosen], len(source.counts))


def _standardised(inputs, labels, classes) -> Data:
    """Inputs at mean 0 and deviation 1 over all entries, labels one-hot."""
    inputs = (inputs - inputs.mean()) / inputs.std()
    return Data(inputs.astype(np.float32), np.eye(classes, dtype=np.float32)[labels])

"""Data as people have them: read as floats, with the names of their columns, in a unit near 1.

| symbol | name | shape |
| --- | --- | --- |
| X | `matrix`, dense or sparse | (n, d) |
| 2^k | `units`, of columns or of all, powers of two | (d,), or a scalar |
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from curvkit.core import messages

FLOATS = (np.float32, np.float64)


def matrix(X: Any, name: str = "X") -> tuple[Any, list[str] | None]:
    """A table as floats, and the names of its columns where it has names.

    Args:
        X: (n, d), an array, a data frame or a sparse matrix.
        name: what it is called in a refusal.

    Returns:
        An array or a CSC matrix, of single precision if X is, else of double; and names or None.

    Raises:
        ValueError: with one sentence, unless they are finite real numbers in rows and columns.

    >>> matrix([[1, 2], [3, 4]])[0].dtype
    dtype('float64')
    """
    names = getattr(X, "columns", None)
    names = None if names is None else list(names)
    known = names if names and all(isinstance(each, str) for each in names) else None
    if sparse.issparse(X):
        table = floats(name, X.tocsc())
        values = table.data
    else:
        table = values = floats(name, X)
    if table.ndim != 2 or not all(table.shape):
        expected, got = "of shape (samples, columns), neither of them 0", table.shape
        raise ValueError(messages.refusal(name, expected, got, "one column is X[:, None]"))
    require_finite(name, values)
    return table, known


def floats(name: str, given: Any) -> Any:
    """Real numbers, dense or sparse, as floats; single precision stays.

    Raises:
        ValueError: if they are none.

    >>> floats("beta", [True, 2])
    array([1., 2.])
    """
    if isinstance(given, str | bytes | set | frozenset | Iterator):
        raise ValueError(messages.refusal(name, "an array of numbers", given))
    try:
        array = given if sparse.issparse(given) else np.asarray(given)
        words = array.dtype.kind == "O" and any(
            isinstance(each, str | bytes) for each in array.flat
        )
        if words or array.dtype.kind in "cUSMm":
            raise TypeError(f"these are of {array.dtype}")
        return array if array.dtype in FLOATS else array.astype(float)
    except (TypeError, ValueError, AttributeError) as error:
        reason = str(error).split("\n")[0]
        advice = f"all entries must be real numbers ({reason[:80]})"
        raise ValueError(messages.refusal(name, "an array of numbers", given, advice)) from error


def require_finite(name: str, values: np.ndarray) -> None:
    """Raises ValueError where a number is nan or infinite.

    >>> require_finite("y", np.array([0.0, np.inf]))
    Traceback (most recent call last):
    ValueError: y must be of finite numbers, but inf was given; leave its row out, or fill it in.
    """
    bad = ~np.isfinite(values)
    if bad.any():
        advice = "leave its row out, or fill it in"
        raise ValueError(messages.refusal(name, "of finite numbers", float(values[bad][0]), advice))


def units(X: Any, together: bool) -> np.ndarray | None:
    """For each column a power of two, over which its squares can be added up; None if X itself can.

    A column of zeros has the unit 1.

    Args:
        X: (n, d), of floats, dense or sparse.
        together: whether all columns have one unit, so that what is long stays longer.

    >>> units(np.array([[3e200, 1.0]]), False)
    array([1.53090103e+200, 1.00000000e+000])
    """
    size = abs(X).max(axis=0)
    size = np.asarray(size.toarray() if sparse.issparse(size) else size).ravel()
    size = np.broadcast_to(size.max(), size.shape) if together else size
    exponents = np.frexp(size)[1] - 1
    # Of a third of the exponents there are, squares and sums of many of them are numbers.
    if not np.any((size > 0) & (abs(exponents) > np.finfo(X.dtype).maxexp // 3)):
        return None
    return np.where(size > 0, np.ldexp(1.0, exponents), 1.0)


def divided(X: Any, unit: np.ndarray) -> Any:
    """X with each column over its unit, a power of two, so that no digit is lost.

    >>> divided(np.array([[4.0, 3.0]]), np.array([4.0, 1.0]))
    array([[1., 3.]])
    """
    if not sparse.issparse(X):
        return (X / unit).astype(X.dtype)
    scaled = X.copy()
    scaled.data = (X.data / np.repeat(unit, np.diff(X.indptr))).astype(X.dtype)
    return scaled

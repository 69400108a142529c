"""What a room's functions take and return is checked where they are handed over and traced.

A mistake there would come up as an error of JAX or of Python, some layers below the room. Each
refusal names the room, the function and the field.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from curvkit.core import messages


def arguments(room: str, name: str, function: Callable[..., Any], places: Sequence[str]) -> None:
    """Raises TypeError where a function does not take so many arguments by place.

    >>> arguments("sam", "begin", lambda settings: 0, ["settings", "key"])
    Traceback (most recent call last):
        ...
    TypeError: sam: begin must take (settings, key), but it takes (settings).
    """
    try:
        signature = inspect.signature(function)
    except ValueError:  # a builtin may not tell
        return
    try:
        signature.bind(*places)
    except TypeError:
        wanted = ", ".join(places)
        raise TypeError(f"{room}: {name} must take ({wanted}), but it takes {signature}.") from None


def reading(room: str, declared: Mapping[str, Any], state: Any, returned: Any) -> None:
    """Raises TypeError or ValueError where `reading` does not return a state and a row that fit.

    Args:
        room: its name.
        declared: the series of its trace, by name.
        state: what `reading` was given.
        returned: what it returned, as shapes or arrays.
    """
    if not (isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], dict)):
        kind = type(returned).__name__
        wanted = "must return (state, row), with a dict as row"
        raise TypeError(f"{room}: reading {wanted}, but it returns a {kind}.")
    before, after = (jax.tree_util.tree_leaves_with_path(each) for each in (state, returned[0]))
    if [path for path, _ in before] != [path for path, _ in after]:
        raise TypeError(f"{room}: reading must return a state built as the one it was given.")
    for (path, old), (_, new) in zip(before, after, strict=True):
        if jnp.shape(old) != jnp.shape(new):
            place = f"state{jax.tree_util.keystr(path)}"
            mismatch = f"of shape {jnp.shape(old)} as it was, but it returns {jnp.shape(new)}"
            raise ValueError(f"{room}: reading must keep {place} {mismatch}.")
    for name, values in returned[1].items():
        series = _known(room, "reading", declared, name)
        if series.dims[:1] != ("reading",):
            mismatch = f"which has no axis reading in its Trace ({', '.join(series.dims)})"
            raise ValueError(f"{room}: reading returns {name}, {mismatch}; return it from last.")
        _fits(room, "reading", series, values, series.dims[1:])


def finished(room: str, ended: Any) -> None:
    """Raises TypeError where `finished` does not return one boolean."""
    if jnp.shape(ended) or jnp.result_type(ended) != jnp.bool_:
        description = f"an array of shape {jnp.shape(ended)} and type {jnp.result_type(ended)}"
        raise TypeError(f"{room}: finished must return one boolean, but it returns {description}.")


def last(room: str, declared: Mapping[str, Any], row: Any, rest: Mapping[str, Any]) -> None:
    """Raises ValueError where `last` does not return what `reading` leaves of the trace."""
    for name, values in rest.items():
        series = _known(room, "last", declared, name)
        _fits(room, "last", series, values, series.dims)
    absent = [name for name in declared if name not in row and name not in rest]
    if absent:
        names = ", ".join(absent)
        raise ValueError(f"{room}: neither reading nor last returns {names}, which its Trace has.")


def _known(room: str, function: str, declared: Mapping[str, Any], name: str) -> Any:
    if name not in declared:
        known = messages.unknown("series", name, declared)
        raise ValueError(f"{room}: {function} returns what its Trace does not have. {known}")
    return declared[name]


def _fits(room: str, function: str, series: Any, values: Any, dims: Sequence[str]) -> None:
    """Raises ValueError where values have another number of axes, or are of another kind."""
    shape, kind = jnp.shape(values), jnp.result_type(values).name
    if len(shape) != len(dims):
        wanted = f"of shape ({', '.join(dims)})" if dims else "as one number"
        mismatch = f"must return {series.name} {wanted}, but it returns shape {shape}"
        raise ValueError(f"{room}: {function} {mismatch}.")
    if kind not in series.dtypes:
        kinds = " or ".join(series.dtypes)
        mismatch = f"must return {series.name} of type {kinds}, but it returns {kind}"
        raise ValueError(f"{room}: {function} {mismatch}.")

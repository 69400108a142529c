"""Keywords of public functions that are turned one at a time, to see that each changes something.

A room's examples stand in `tests/<room>/turns.py`, which is found by looking: `TURNS`, and in
`LEFT` the keywords that are not turned, each with its reason.
"""

import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

HERE = Path(__file__).parent
# What `Room` makes has knobs, each of which is turned elsewhere.
OF_THE_ROOM = {"batch", "explore", "run", "stage", "tell"}


class Turn(NamedTuple):
    """A function at an example, and another value for each of its keywords.

    Attributes:
        call: takes keywords, and returns anything that has numbers in it.
        others: by keyword another value than `call` has by itself; a `Beside` where it counts only
            beside others.
        traced: whether all calls are one program, which compiles once.
        full: whether that takes so long that `make test` leaves it out.
        needs: modules without which there is nothing to turn.
    """

    call: Callable
    others: dict[str, Any]
    traced: bool = False
    full: bool = False
    needs: tuple[str, ...] = ()


class Beside(NamedTuple):
    """A value that counts only beside others: by keyword, the same for both calls."""

    value: Any
    fixed: dict[str, Any]


def keywords(function: Callable) -> list[str]:
    """The keywords that a call may leave out or must name."""
    named = inspect.signature(function).parameters.values()
    return [
        each.name
        for each in named
        if each.kind is each.KEYWORD_ONLY
        or (each.default is not each.empty and each.kind is each.POSITIONAL_OR_KEYWORD)
    ]


def functions(package: Any) -> dict[str, list[str]]:
    """The public functions and estimators of a package that have keywords."""
    found = {}
    for name in getattr(package, "__all__", ()):
        thing = getattr(package, name)
        estimator = inspect.isclass(thing) and hasattr(thing, "fit")
        mine = getattr(thing, "__module__", "").startswith("curvkit")
        if mine and name not in OF_THE_ROOM and (inspect.isfunction(thing) or estimator):
            if names := keywords(thing):
                found[name] = names
    return found


def table(room: str) -> Any:
    """The module with a room's examples, or None."""
    path = HERE.joinpath(*room.split("."), "turns.py")
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location(f"turns_of_{room.replace('.', '_')}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def unmoved(turn: Turn) -> list[str]:
    """The keywords of an example that change nothing."""
    pairs = {
        name: other if isinstance(other, Beside) else Beside(other, {})
        for name, other in turn.others.items()
    }

    def made():
        usual = turn.call() if any(not each.fixed for each in pairs.values()) else None
        plain = lambda each: turn.call(**each.fixed) if each.fixed else usual
        turned = lambda name, each: turn.call(**{**each.fixed, name: each.value})
        return {name: (plain(each), turned(name, each)) for name, each in pairs.items()}

    found = jax.jit(made)() if turn.traced else made()
    return [name for name, (one, other) in found.items() if _same(one, other)]


def _same(one: Any, other: Any) -> bool:
    one, other = (jax.tree.leaves(each) for each in (one, other))
    alike = lambda a, b: np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind == "f")
    return len(one) == len(other) and all(map(alike, one, other))

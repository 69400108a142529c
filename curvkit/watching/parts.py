"""Anyone's parameters in three parts: the numbers that are trained, other arrays, and the rest.

A model's pytree may hold integers, activation functions, masks and statistics beside its weights.
Curvature is of the weights alone; the other arrays go along into the compiled program, and what is
no array at all becomes part of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from curvkit.core import say

NUMBER, HELD, FIXED = "number", "held", "fixed"


@dataclass(frozen=True)
class Shape:
    """How to put the parts together again; two pytrees of one shape share a compiled program."""

    structure: Any
    kinds: tuple[str, ...]
    dtypes: tuple[str, ...]
    fixed: tuple[Any, ...]

    def join(self, numbers: list[jax.Array], held: list[jax.Array]) -> Any:
        """The pytree, each number in the dtype that it had."""
        dtypes, parts = iter(self.dtypes), {NUMBER: iter(numbers), HELD: iter(held)}
        parts[FIXED] = iter(self.fixed)
        leaves = [
            next(parts[kind]).astype(next(dtypes)) if kind == NUMBER else next(parts[kind])
            for kind in self.kinds
        ]
        return jax.tree.unflatten(self.structure, leaves)


def split(
    pytree: Any, trained: Any | Callable[[Any], Any] = None
) -> tuple[list[jax.Array], list[jax.Array], Shape]:
    """The numbers that are trained, the other arrays, and how to join them.

    Args:
        pytree: anything.
        trained: which leaves are trained: a pytree of booleans, a prefix of `pytree`, a function
            that makes one of it, or a leaf's name; by default all floating-point arrays.

    Returns:
        `(numbers, held, shape)`; numbers narrower than float32 are widened to it.

    Raises:
        ValueError: if `trained` is no prefix of `pytree`, or calls a leaf trained that is no
            floating-point array, or is a name that there is not.
    """
    leaves, structure = jax.tree.flatten(pytree)
    chosen = _chosen(trained, pytree, leaves)
    numbers, held, fixed, kinds, dtypes = [], [], [], [], []
    for leaf, wanted in zip(leaves, chosen, strict=True):
        array = isinstance(leaf, jax.Array) or hasattr(leaf, "__array__")
        floating = array and jnp.issubdtype(jnp.result_type(leaf), jnp.floating)
        if trained is not None and wanted and not floating:
            raise ValueError(say.refusal("trained", "of floating-point arrays only", leaf))
        if floating and wanted:
            kinds.append(NUMBER)
            dtypes.append(str(jnp.result_type(leaf)))
            numbers.append(jnp.asarray(leaf, jnp.promote_types(jnp.result_type(leaf), jnp.float32)))
        elif array or isinstance(leaf, int | float | complex):
            kinds.append(HELD)
            held.append(leaf)
        else:
            kinds.append(FIXED)
            fixed.append(leaf)
    return numbers, held, Shape(structure, tuple(kinds), tuple(dtypes), tuple(fixed))


def _chosen(trained, pytree, leaves) -> list[bool]:
    if trained is None:
        return [True] * len(leaves)
    mask = trained(pytree) if callable(trained) else trained
    if isinstance(mask, str):
        return _named(mask, pytree)
    try:
        spread = jax.tree.map(lambda one, below: jax.tree.map(lambda _: _flag(one), below),
                              mask, pytree)  # fmt: skip
    except (ValueError, TypeError) as error:
        expected = "a pytree of booleans that is a prefix of params, or the name of a leaf"
        raise ValueError(say.refusal("trained", expected, mask)) from error
    return jax.tree.leaves(spread)


def _flag(value: Any) -> bool:
    if not hasattr(value, "dtype") and not isinstance(value, bool):
        raise TypeError("a flag is True or False")
    if hasattr(value, "dtype") and not (value.dtype == bool and value.shape == ()):
        raise TypeError("a flag is True or False")
    return bool(value)


def _named(name: str, pytree: Any) -> list[bool]:
    """Which leaves have a name: their own, or that of what they are in."""
    paths = [
        [_step(each) for each in path] for path, _ in jax.tree_util.tree_leaves_with_path(pytree)
    ]
    wanted = name.split(".")
    within = lambda path: any(path[at : at + len(wanted)] == wanted for at in range(len(path)))
    found = [within(path) for path in paths]
    if not any(found):
        raise ValueError(say.unknown("leaf of params", name, [".".join(path) for path in paths]))
    return found


def _step(key: Any) -> str:
    """One step of the path to a leaf, as a name."""
    for kind in ("key", "name", "idx"):
        if hasattr(key, kind):
            return str(getattr(key, kind))
    return str(key)


def layers(pytree: Any, shape: Shape, named: Callable[[Any], dict[str, list[int]]]) -> dict:
    """For each layer the places of its leaves among the numbers; layers without any are left out.

    Args:
        pytree: what `shape` came from.
        shape: as `split` returned it.
        named: for each layer of a pytree the places of its leaves.
    """
    place = {
        leaf: at for at, leaf in enumerate(i for i, k in enumerate(shape.kinds) if k == NUMBER)
    }
    found = {name: [place[i] for i in at if i in place] for name, at in named(pytree).items()}
    return {name: at for name, at in found.items() if at}

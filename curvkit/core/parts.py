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
import numpy as np

from curvkit.core import frameworks, messages

NUMBER, HELD, FIXED = "number", "held", "fixed"


@dataclass(frozen=True)
class TreeShape:
    """How to put the parts together again; two pytrees of one shape share a compiled program."""

    structure: Any
    kinds: tuple[str, ...]
    dtypes: tuple[str, ...]
    fixed: tuple[Any, ...]
    graph: Any = None

    def join(self, numbers: list[jax.Array], held: list[jax.Array]) -> Any:
        """The pytree, each number in the dtype that it had; modules of NNX are new ones."""
        dtypes = iter(self.dtypes)
        return self._filled([each.astype(next(dtypes)) for each in numbers], held)

    def like(self, numbers: list[jax.Array], held: list[jax.Array], axes: int = 0) -> Any:
        """What belongs to the numbers, such as a gradient or eigenvectors, as a pytree like theirs.

        Args:
            numbers: for each trained number an array of its shape, with leading axes before it.
            held: the other arrays, in whose place zeros are put.
            axes: how many leading axes there are.

        Returns:
            The pytree, its numbers in the dtype they come in, what is no array as it was.

        >>> numbers, held, shape = split({"w": jnp.ones(2), "count": jnp.array(3)})
        >>> shape.like([2 * numbers[0]], held)
        {'count': Array(0, dtype=int32), 'w': Array([2., 2.], dtype=float32)}
        """
        leading = numbers[0].shape[:axes] if numbers else (1,) * axes
        return self._filled(numbers, [_zeros(each, leading) for each in held])

    def _filled(self, numbers: Any, held: Any):
        parts = {NUMBER: iter(numbers), HELD: iter(held), FIXED: iter(self.fixed)}
        leaves = [next(parts[kind]) for kind in self.kinds]
        leaves = [each.leaf if isinstance(each, Fixed) else each for each in leaves]
        plain = jax.tree.unflatten(_bare(self.structure), leaves)
        return plain if self.graph is None else _bare(self.graph).closed(plain)


def split(
    pytree: Any, trained: Any | Callable[[Any], Any] = None, name: str = "params"
) -> tuple[list[jax.Array], list[jax.Array], TreeShape]:
    """The numbers that are trained, the other arrays, and how to join them.

    By default all floating-point numbers are trained that a framework trains: of NNX modules and
    states the `nnx.Param`s, of Linen's collections `params`, of an Equinox module the arrays, those
    of its `StateIndex` excepted, of Haiku's `(params, state)` the former, of Keras the variables
    that are `trainable`. All others are held.

    Args:
        pytree: anything.
        trained: which leaves are trained: a pytree of booleans, a prefix of `pytree`, a function
            that makes one of it (of its `nnx.state`, for a module of NNX), a leaf's name, or a
            class of NNX variables, such as `nnx.LoRAParam`.
        name: of the pytree, for sentences. Under any other than "params" it is data: tensors of
            PyTorch are made arrays, and complex numbers and objects are let through.

    Returns:
        `(numbers, held, shape)`; numbers narrower than float32 are widened to it.

    Raises:
        ValueError: if `trained` is no prefix of `pytree`, or calls an array trained that has no
            floating-point numbers; if a leaf is nothing that JAX can take (a set, strings, a
            tensor or a model of PyTorch, a model of Keras).

    >>> numbers, held, shape = split({"w": jnp.ones(2, jnp.float16), "act": jnp.tanh, "n": 3})
    >>> numbers, held
    ([Array([1., 1.], dtype=float32)], [3])
    >>> shape.join(numbers, held)["w"].dtype
    dtype('float16')
    """
    strict = name == "params"
    _readable(pytree, name)
    plain, graph = frameworks.opened(pytree)
    leaves, structure = jax.tree.flatten(plain)
    where = lambda at: lambda: f"{name}{_path(plain, at)}"
    asked = isinstance(trained, type)  # for a class of variables
    rules = frameworks.rules(plain, trained if asked else None)
    chosen = None if asked or trained is None else _chosen(trained, plain)
    numbers, held, fixed, kinds, dtypes = [], [], [], [], []
    for at, (leaf, rule) in enumerate(zip(leaves, rules, strict=True)):
        array = frameworks.value(leaf, where(at), strict)
        kind = _kind(array, rule if getattr(leaf, "trainable", True) else frameworks.NONE)
        if chosen is not None and kind != FIXED:
            kind = _told(array, chosen[at], leaf)
        elif strict and rule != frameworks.NONE and kind == HELD:
            _no_complex(array, where(at))
        kinds.append(kind)
        if kind == NUMBER:
            numbers.append(_widened(array))
            dtypes.append(str(_dtype(array)))
        else:
            (held if kind == HELD else fixed).append(array)
    fixed = tuple(map(Fixed, fixed))
    return numbers, held, TreeShape(_hashable(structure), tuple(kinds), tuple(dtypes), fixed,
                                    graph and _hashable(graph))  # fmt: skip


class Fixed:
    """What becomes part of a program: equal where it is a name or a number of one type and value,
    or says so itself and can be hashed; else only where it is the same object.
    """

    def __init__(self, leaf: Any):
        self.leaf, self.key = leaf, _key_of(leaf)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fixed) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return repr(self.leaf)


def _key_of(leaf: Any) -> Any:
    if isinstance(leaf, bool | int | float | complex | str):
        return type(leaf), repr(leaf)
    if getattr(leaf, "dtype", None) == jax.dtypes.float0:
        return "float0", leaf.shape
    try:
        if (leaf == leaf) is True:
            return type(leaf), leaf, hash(leaf)
    except Exception:  # whatever another's == or hash may raise
        pass
    # The object itself is kept in `leaf`, so that no other gets its place in memory.
    return type(leaf), id(leaf)


def _hashable(thing: Any):
    """A structure as it is, or, where what it holds cannot be hashed or compared, as one object."""
    try:
        hash(thing)
        return thing if (thing == thing) is True else Fixed(thing)
    except Exception:
        return Fixed(thing)


def same_structure(structure: Any, shape: TreeShape) -> bool:
    """Whether a pytree's structure is that of what was split into `shape`."""
    return _hashable(structure) == shape.structure or structure == _bare(shape.structure)


def _bare(thing: Any):
    return thing.leaf if isinstance(thing, Fixed) else thing


def _readable(pytree: Any, name: str) -> None:
    """Raises ValueError where the whole is a word, holds the state of an optimizer as well, or has
    in it what can be gone through once only.
    """
    if isinstance(pytree, str):
        raise ValueError(messages.refusal(name, "a pytree of arrays", pytree))
    if name == "params" and hasattr(pytree, "opt_state"):
        model = "the params" if hasattr(pytree, "params") else "the model"
        kind = frameworks.Unquoted(f"a {type(pytree).__name__}")
        raise ValueError(
            messages.refusal(name, "a pytree of parameters", kind, f"give {model} alone")
        )
    # JAX warns of these, and will no longer take them for leaves.
    for path, leaf in jax.tree_util.tree_leaves_with_path(pytree, is_leaf=frameworks.is_closed):
        if frameworks.is_gone_through_once(leaf):
            frameworks.value(leaf, lambda path=path: f"{name}{jax.tree_util.keystr(path)}", True)


def _path(plain: Any, at: int) -> str:
    return jax.tree_util.keystr(jax.tree_util.tree_leaves_with_path(plain)[at][0])


def _kind(array: Any, rule: Any) -> str:
    """The kind of a leaf whose framework says `rule` of it."""
    if isinstance(array, frameworks.ARRAY):
        if array.dtype == jax.dtypes.float0:
            return FIXED
        return NUMBER if _floating(array) and rule != frameworks.NONE else HELD
    # A switch is looked at by Python, as are the numbers among the settings of a module.
    if isinstance(array, bool) or not isinstance(array, int | float | complex):
        return FIXED
    if rule == frameworks.ARRAYS:
        return FIXED
    return NUMBER if isinstance(array, float) and rule == frameworks.ANY else HELD


def _told(array: Any, wanted: Any, leaf: Any) -> str:
    """The kind of an array or number that is said to be trained, or not."""
    if wanted and not _floating(array):
        raise ValueError(messages.refusal("trained", "of floating-point arrays only", leaf))
    return NUMBER if wanted else HELD


def _no_complex(array: Any, where: Callable[[], str]) -> None:
    if jnp.issubdtype(_dtype(array), jnp.complexfloating):
        advice = "give the real and the imaginary part as two arrays, or hold it by trained="
        raise ValueError(
            messages.refusal(where(), "real", frameworks.Unquoted(_dtype(array)), advice)
        )


def _dtype(array: Any):
    if isinstance(array, jax.Array):
        return array.dtype
    return jnp.result_type(float if isinstance(array, float) else array)


def _floating(array: Any) -> bool:
    return jnp.issubdtype(_dtype(array), jnp.floating)


def _widened(array: Any) -> jax.Array:
    dtype = _dtype(array)
    # As most are already: this is done at every reading.
    if isinstance(array, jax.Array) and dtype == jnp.float32 and not array.weak_type:
        return array
    return jnp.asarray(array, jnp.float32 if jnp.finfo(dtype).bits < 32 else dtype)


def _zeros(array: Any, leading: tuple[int, ...]):
    dtype = jnp.result_type(array)
    if jnp.issubdtype(dtype, jax.dtypes.extended):  # a random key, of which there is no zero
        return array
    return jnp.zeros(leading + jnp.shape(array), dtype)


def _chosen(trained: Any, pytree: Any) -> list[bool]:
    mask = trained(pytree) if callable(trained) else trained
    if isinstance(mask, str):
        return _named(mask, pytree)
    expected = "a pytree of booleans that is a prefix of params, or the name of a leaf"
    # Words are true as well: trained="out" would train everything.
    if not all(isinstance(each, bool | np.bool_ | jax.Array) for each in jax.tree.leaves(mask)):
        raise ValueError(messages.refusal("trained", expected, mask))
    try:
        spread = jax.tree.map(lambda one, below: jax.tree.map(lambda _: bool(one), below),
                              mask, pytree)  # fmt: skip
    except (ValueError, TypeError) as error:
        raise ValueError(messages.refusal("trained", expected, mask)) from error
    return jax.tree.leaves(spread)


def _named(name: str, pytree: Any) -> list[bool]:
    """Which leaves have a name: their own, or that of what they are in."""
    paths = [
        [_step(each) for each in path] for path, _ in jax.tree_util.tree_leaves_with_path(pytree)
    ]
    wanted = name.split(".")
    within = lambda path: any(path[at : at + len(wanted)] == wanted for at in range(len(path)))
    mask = [within(path) for path in paths]
    if not any(mask):
        raise ValueError(
            messages.unknown("leaf of params", name, [".".join(path) for path in paths])
        )
    return mask


def _step(key: Any) -> str:
    """One step of the path to a leaf, as a name."""
    named = (getattr(key, kind) for kind in ("key", "name", "idx") if hasattr(key, kind))
    return str(next(named, key))


def layers(
    pytree: Any, shape: TreeShape, named: Callable[[Any], dict[str, list[int]]]
) -> dict[Any, Any]:
    """For each layer the places of its leaves among the numbers; layers without any are left out.

    Args:
        pytree: what `shape` came from.
        shape: as `split` returned it.
        named: for each layer of a pytree the places of its leaves.
    """
    place = {
        leaf: at for at, leaf in enumerate(i for i, k in enumerate(shape.kinds) if k == NUMBER)
    }
    places = named(frameworks.opened(pytree)[0])
    places = {name: [place[i] for i in at if i in place] for name, at in places.items()}
    return {name: at for name, at in places.items() if at}

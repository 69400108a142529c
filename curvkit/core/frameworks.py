"""What other people's frameworks keep in their models beside the weights, told by class names.

No framework is imported: an object of one can be there only if its package is. A batch norm's
running average is a floating-point array as a weight is one, and yet nothing trains it.
"""

import functools
import sys
from collections.abc import Callable, Iterator, Mapping, MappingView, Set
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages

# What a framework says of a leaf: any floating-point number is trained; only arrays are, and plain
# numbers are settings; no leaf is.
ANY, ARRAYS, NONE = "any", "arrays", "none"

ARRAY = jax.Array | np.ndarray | np.generic


def is_a(thing: Any, package: str, *names: str) -> bool:
    """Whether a class of this name from this package is among those that `thing` is of.

    >>> is_a(np.ones(2), "numpy", "ndarray"), is_a(np.ones(2), "torch", "Tensor")
    (True, False)
    """
    return _are(type(thing), package, names)


# Asked of every node of a model at every reading.
@functools.lru_cache(maxsize=4096)
def _are(kind: type, package: str, names: tuple[str, ...]) -> bool:
    return any(
        each.__name__ in names and f"{each.__module__}.".startswith(f"{package}.")
        for each in kind.__mro__
    )


# Flax NNX


class Graph(NamedTuple):
    """How to make NNX modules again of their state."""

    definition: Any
    structure: Any
    modules: tuple[bool, ...]

    def closed(self, plain: Any) -> Any:
        """What `opened` was given, with new variables, so that a loss may change them."""
        nnx = sys.modules["flax.nnx"]
        parts = self.structure.flatten_up_to(plain)
        places = [at for at, module in enumerate(self.modules) if module]
        state = nnx.State({number: _dict(parts[at]) for number, at in enumerate(places)})
        for at, module in zip(places, nnx.merge(self.definition, state), strict=True):
            parts[at] = module
        return jax.tree.unflatten(self.structure, parts)


def opened(pytree: Any) -> tuple[Any, Graph | None]:
    """A pytree with NNX modules replaced by their state, and how to make them again.

    What modules share, such as tied weights, is in the state once, where it is first: flattened as
    pytrees they would have it twice, and it would no longer be tied.
    """
    leaves, structure = jax.tree.flatten(pytree, is_leaf=_is_graph)
    modules = tuple(_is_graph(each) for each in leaves)
    if not any(modules):
        return pytree, None
    nnx = sys.modules["flax.nnx"]
    places = [at for at, module in enumerate(modules) if module]
    definition, state = nnx.split([leaves[at] for at in places])
    for number, at in enumerate(places):
        leaves[at] = state[number] if number in state else nnx.State({})
    return jax.tree.unflatten(structure, leaves), Graph(definition, structure, modules)


def _dict(state: Any) -> Any:
    """A state as nested dicts; older flax takes no states within states."""
    if not isinstance(state, Mapping):
        return state
    return {name: _dict(each) for name, each in state.items()}


def is_gone_through_once(thing: Any) -> bool:
    """Whether it is an iterator, or a view of a dict's values or keys."""
    return isinstance(thing, Iterator | MappingView)


def is_closed(thing: Any) -> bool:
    """Whether it is not looked into as a pytree: a module of NNX, or what JAX warns of."""
    return _is_graph(thing) or is_gone_through_once(thing)


def _is_graph(thing: Any) -> bool:
    return is_a(thing, "flax.nnx", "Module", "Object", "Pytree")


def _is_variable(thing: Any) -> bool:
    return is_a(thing, "flax.nnx", "Variable")


# What is trained


def rules(plain: Any, wanted: type | None = None) -> list[str]:
    """For each leaf of a pytree what its framework says of it: ANY, ARRAYS or NONE.

    Args:
        plain: a pytree without NNX modules, as from `opened`.
        wanted: the class of NNX variables that are trained, `nnx.Param` by default.
    """
    by_leaf: list[str] = []
    _walk(plain, ANY, wanted, by_leaf)
    return by_leaf


def _walk(node: Any, rule: str, wanted: type | None, rules: list[str]) -> None:
    below, structure = jax.tree.flatten(node, is_leaf=lambda each: each is not node)
    if structure.num_nodes == structure.num_leaves == 1:
        rules.append(rule)
        return
    if rule != NONE or _is_variable(node):
        rule = _said(node, rule, wanted)
    trained = _collections(node)
    for place, each in enumerate(below):
        _walk(each, rule if trained is None or place in trained else NONE, wanted, rules)


def _said(node: Any, rule: str, wanted: type | None) -> str:
    """What is said of the leaves below a node, its variables excepted."""
    if _is_variable(node):
        trained = is_a(node, "flax.nnx", "Param") if wanted is None else isinstance(node, wanted)
        return ANY if trained else NONE
    if is_a(node, "flax.nnx", "State"):
        # An array that is in no variable is not trained by nnx.Optimizer; a state of arrays alone
        # is as good as a dict.
        leaves = jax.tree.leaves(node, is_leaf=_is_variable)
        return NONE if any(_is_variable(each) for each in leaves) else rule
    if is_a(node, "equinox", "State", "StateIndex"):
        return NONE
    return ARRAYS if is_a(node, "equinox", "Module") else rule


def _collections(node: Any) -> set[int] | None:
    """Which children of a node are trained, where it is Linen's variables or Haiku's params with
    their state; else None.
    """
    if isinstance(node, Mapping) and len(node) > 1 and "params" in node and "flax" in sys.modules:
        if all(isinstance(each, Mapping) for each in node.values()):
            paths, _ = jax.tree_util.tree_flatten_with_path(
                node, is_leaf=lambda each: each is not node
            )
            return {at for at, (path, _) in enumerate(paths) if _key(path[0]) == "params"}
    if type(node) is tuple and len(node) == 2 and "haiku" in sys.modules:
        return {0} if all(map(_is_haikus, node)) and _averages(node[1]) else None
    return None


def _key(key: Any) -> Any:
    return getattr(key, "key", getattr(key, "name", None))


def _is_haikus(node: Any) -> bool:
    return isinstance(node, Mapping) and all(isinstance(each, Mapping) for each in node.values())


def _averages(state: Mapping[str, Any]) -> bool:
    """Whether modules keep moving averages or whole numbers in it, as no weights are."""
    return any(
        {"average", "counter"} <= set(each) or any(_whole(leaf) for leaf in each.values())
        for each in state.values()
    )


def _whole(leaf: Any) -> bool:
    return isinstance(leaf, ARRAY) and jnp.issubdtype(leaf.dtype, jnp.integer)


# What a leaf is


def value(leaf: Any, where: Callable[[], str], strict: bool) -> Any:
    """A leaf as an array where it is one to somebody, else as it is.

    Args:
        leaf: anything that JAX does not look into.
        where: the name of the leaf, for a sentence.
        strict: whether it is among parameters: then a tensor of PyTorch, or an object with arrays
            in it that JAX does not see, is refused.

    Raises:
        ValueError: with one sentence that says what to do.
    """
    if isinstance(leaf, jax.Array):
        return leaf
    advice = _advice(leaf, strict)
    if advice:
        raise ValueError(messages.refusal(where(), "an array, or a pytree of arrays", _told(leaf),
                                     advice))  # fmt: skip
    if is_a(leaf, "keras", "Variable"):
        return value(leaf.value, where, strict)
    if hasattr(leaf, "__array__") and not isinstance(leaf, ARRAY | type):
        leaf = np.asarray(leaf)
    if isinstance(leaf, ARRAY) and leaf.dtype != jax.dtypes.float0:
        try:
            jnp.result_type(leaf)
        except TypeError as error:
            advice = "keep numbers alone, as by numpy.asarray(..., float)"
            kind = f"an array of {leaf.dtype}"
            raise ValueError(messages.refusal(where(), "an array of numbers", Unquoted(kind),
                                              advice)) from error  # fmt: skip
    return leaf


class Unquoted(str):
    """Words that are shown without quotation marks."""

    def __repr__(self) -> str:
        return str(self)


def _told(leaf: Any) -> Unquoted:
    kind = type(leaf)
    home = "" if kind.__module__ == "builtins" else f"{kind.__module__.split('.')[0]}."
    return Unquoted(f"a {home}{kind.__qualname__}")


def _advice(leaf: Any, strict: bool) -> str:
    """What to do about a leaf that cannot be read; "" where it can."""
    if is_a(leaf, "torch", "Tensor", "Module") and (strict or not is_a(leaf, "torch", "Tensor")):
        return (
            "bring a PyTorch model over by torch2jax.t2j, or give its Hessian-vector product to "
            "curvature.of_operator"
        )
    if is_a(leaf, "keras", "Layer"):
        return (
            "give [v.value for v in model.trainable_variables], and call model.stateless_call in "
            "the loss"
        )
    if isinstance(leaf, Set | MappingView | Iterator | bytes | bytearray):
        return "make a list of it, whose order is known"
    if isinstance(leaf, Mapping):
        return "make a dict of it, which JAX looks into"
    if strict and _hides(leaf):
        return (
            "register its class by jax.tree_util.register_dataclass, or give its arrays in a dict"
        )
    return ""


def _hides(leaf: Any) -> bool:
    """Whether an object has arrays for attributes, which JAX does not see."""
    if isinstance(leaf, ARRAY | type) or hasattr(leaf, "__array__"):
        return False
    attributes = list(getattr(leaf, "__dict__", {}).values())
    return any(isinstance(each, jax.Array | np.ndarray) for each in attributes)

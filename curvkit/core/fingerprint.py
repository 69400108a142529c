"""What tells one operation of a traced program from others.

Two operations are the same if they have the same settings, and the programs within them too. A
function with a rule of its own for its derivative is known by what the rule does.
"""

import hashlib
import inspect
import weakref
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jax.extend import core

# Rules of a function's own are looked into so deep: a loss is differentiated twice.
DEPTH = 2
# Where the functions are in which JAX wraps somebody's rule.
WRAPPERS = ("jax._src.interpreters", "jax._src.custom_derivatives", "jax._src.linear_util")

_keys: weakref.WeakKeyDictionary[Any, Hashable] = weakref.WeakKeyDictionary()


class Names:
    """Numbers for the variables of one program, in the order in which they appear."""

    def __init__(self, jaxpr: Any):
        self._known: dict[Any, int] = {}
        self.define((*jaxpr.constvars, *jaxpr.invars))

    def define(self, variables: Sequence[Any]) -> Hashable:
        """Numbers given to new variables; how many there are."""
        for each in variables:
            self._known[each] = len(self._known)
        return len(variables)

    def of(self, atom: Any) -> Hashable:
        """The number of a variable, or what a literal is."""
        if isinstance(atom, core.Literal):
            return ("literal", atom.aval, plain(atom.val))
        return self._known[atom]


def done(eqn: Any, inputs: Sequence[Any]) -> Sequence[Any]:
    """One operation, on these inputs."""
    outs = eqn.primitive.get_bind_params(eqn.params)
    functions, params = outs if isinstance(outs, tuple) else ((), outs)
    with eqn.ctx.manager:
        outs = eqn.primitive.bind(*functions, *inputs, **params)
    return outs if eqn.primitive.multiple_results else [outs]


def within(eqn: Any) -> Iterator[Any]:
    """The programs within an operation."""
    for each in jax.tree.leaves(list(eqn.params.values()), is_leaf=_is_program):
        if _is_program(each):
            yield getattr(each, "jaxpr", each)


def _is_program(value: Any) -> bool:
    return isinstance(value, core.Jaxpr | core.ClosedJaxpr)


def parameters(eqn: Any, depth: int = DEPTH) -> Hashable:
    """The settings of an operation, so that two equal ones are the same operation."""
    custom = eqn.primitive.name.startswith(("custom_jvp_call", "custom_vjp_call"))
    if custom:
        named = (str(eqn.params.get("name", "")), _of_library(eqn))
        rule = _of_rule(eqn, depth) if depth and named[1] is None else None
        return (*named, _of_call(eqn), rule)
    settings = tuple((name, plain(value)) for name, value in sorted(eqn.params.items()))
    context = getattr(eqn, "ctx", None)
    return (
        *settings,
        str(getattr(context, "compute_type", "")),
        str(getattr(context, "xla_metadata", "")),
    )


def _of_call(eqn: Any) -> Hashable:
    return tuple(_of_program(each) for each in eqn.params.values() if _is_program(each))


def _of_library(eqn: Any) -> Hashable:
    """Where in JAX itself a function has its rule from; None for anybody else's."""
    rules = [each for each in eqn.params.values() if _is_function(each)]
    functions = [leaf for each in rules for leaf in _behind(each)]
    named = {(each.__module__, str(getattr(each, "__qualname__", ""))) for each in functions}
    own = named and all(str(module).startswith("jax.") for module, _ in named)
    return tuple(sorted(named)) if own else None


def _behind(function: Any, depth: int = 8) -> Iterator[Any]:
    """The functions that JAX's wrappers of a rule were made for."""
    wrapped = getattr(function, "f", None)
    cells = getattr(function, "__closure__", None) or ()
    wrapper = str(getattr(function, "__module__", "")).startswith(WRAPPERS)
    if depth and wrapped is not None and hasattr(function, "transforms"):
        yield from _behind(wrapped, depth - 1)
    elif depth and wrapper and cells:
        for value in inspect.getclosurevars(function).nonlocals.values():
            if _is_function(value):
                yield from _behind(value, depth - 1)
    elif not wrapper:
        yield function


def _is_function(value: Any) -> bool:
    return callable(value) or hasattr(value, "transforms")


def _of_rule(eqn: Any, depth: int) -> Hashable:
    """What a function's own rule for its derivative does, by tracing the derivative."""
    shapes = [jax.ShapeDtypeStruct(a.aval.shape, a.aval.dtype) for a in eqn.invars]
    real = [at for at, each in enumerate(shapes) if np.issubdtype(each.dtype, np.floating)]

    def derivative(inputs: Any, cotangents: Any) -> Any:
        def some(*chosen: Any):
            arguments = list(inputs)
            for at, value in zip(real, chosen, strict=True):
                arguments[at] = value
            return done(eqn, arguments)

        outs, back = jax.vjp(some, *(inputs[at] for at in real))
        kind: Any = type(outs)
        return outs, back(kind(cotangents))

    outs = [jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in eqn.outvars]
    try:
        program = jax.make_jaxpr(derivative)(shapes, outs)
    except Exception:  # a rule that cannot be looked into is like no other
        return ("unknown", _Same(eqn))
    return _of_program(program, depth - 1)


def _of_program(program: Any, depth: int = DEPTH) -> Hashable:
    """What tells a program within an operation from others, what it reads included."""
    jaxpr = getattr(program, "jaxpr", program)
    consts = getattr(program, "consts", ())
    if depth == DEPTH and jaxpr in _keys:
        return _keys[jaxpr], tuple(map(plain, consts))
    names = Names(jaxpr)
    seen = [tuple(each.aval for each in (*jaxpr.constvars, *jaxpr.invars))]
    for eqn in jaxpr.eqns:
        inputs = tuple(names.of(each) for each in eqn.invars)
        seen.append((eqn.primitive, parameters(eqn, depth), inputs, names.define(eqn.outvars)))
    key = (*seen, tuple(names.of(each) for each in jaxpr.outvars))
    if depth == DEPTH:
        _keys[jaxpr] = key
    return key, tuple(map(plain, consts))


class _Same:
    """A thing that is equal to itself alone, and is kept so that nothing else takes its place."""

    def __init__(self, thing: Any):
        self._thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other._thing is self._thing

    def __hash__(self) -> int:
        return id(self._thing)


def plain(value: Any) -> Hashable:
    """A setting, or an array, as something that can be compared."""
    if _is_program(value):
        return _of_program(value)
    if isinstance(value, np.ndarray | np.generic | jax.Array) or hasattr(value, "__array__"):
        return _digest(value)
    if isinstance(value, dict):
        return tuple((plain(k), plain(v)) for k, v in value.items())
    if isinstance(value, list | tuple):
        return (type(value).__name__, *map(plain, value))
    if isinstance(value, float):  # 0.0 and -0.0 are equal to Python, and nan not to itself
        return ("float", value.hex())
    try:
        hash(value)
    except TypeError:
        return _Same(value)
    return (type(value).__name__, value)


def _digest(array: Any) -> Hashable:
    if isinstance(array, jax.core.Tracer):
        return _Same(array)
    if isinstance(array, jax.Array) and jnp.issubdtype(array.dtype, jax.dtypes.extended):
        array = jax.random.key_data(array)
    array = np.asarray(array)
    content = hashlib.sha256(np.ascontiguousarray(array).view(np.uint8).data).hexdigest()
    return ("array", array.shape, str(array.dtype), content)

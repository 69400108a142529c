"""A function as it is now: traced at each call, compiled once for all that is traced alike.

A loss reads more than its arguments: globals, attributes, batches that are filled anew. A program
that was compiled for the function itself would go on with what it read first. So the function is
traced at each call, which is cheap; the arrays that it reads become arguments of the program; and
the program is found again by what was traced. A function that is made anew in a loop then finds its
program too, and no data are kept alive.
"""

import collections
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from curvkit.core import fingerprint, meshes, tree

# So many compiled programs are kept, those that were used last.
KEPT = 64
JITTED = ("jit", "pjit")
IN_JAX = "a function in JAX, written with jax.numpy"

_programs: collections.OrderedDict[Hashable, Callable[..., Any]] = collections.OrderedDict()
_lock = threading.Lock()


def own(function: Callable[..., Any], name: str, expected: str = IN_JAX) -> Callable[..., Any]:
    """Any callable as a function of Python's, and its refusal of JAX's arrays as one sentence.

    `jax.jit` and `jax.eval_shape` end the whole process where they are given a function such as
    `np.tanh` a second time.

    Args:
        function: of arrays.
        name, expected: what it is called in a refusal, and what it has to be.

    Raises:
        ValueError: when called, if `function` raises anything.

    >>> own(np.tanh, "model")(0.0)
    np.float64(0.0)
    """
    if getattr(function, "is_own", False):
        return function

    def called(*given: Any, **named: Any):
        try:
            return function(*given, **named)
        except Exception as error:
            reason = str(error).strip().split("\n")[0][:160].rstrip(".")
            raised = type(error).__name__ + (f" ({reason})" if reason else "")
            raise ValueError(f"{name} must be {expected}, but it raises {raised}.") from error

    marked: Any = called
    marked.is_own = True
    return called


class Traced:
    """What a function does, as it is now.

    Args:
        function: of pytrees of arrays.
        arguments: for which it is traced.
        free: how many of their leaves stay arguments; the others are read, as what the function
            closes over is. All, if None.

    Attributes:
        key: equal for two functions that do the same with what they read.
        values: what it reads beside its arguments, to be handed to it.
        out: the shapes and dtypes that it returns, flat.
        structure: the pytree that they make.
        reverse_only: whether a part of it has a rule for the backward pass alone
            (`jax.custom_vjp`), so that it cannot be differentiated forward.
    """

    def __init__(
        self, function: Callable[..., Any], arguments: Sequence[Any], free: int | None = None
    ):
        # A function made anew: of one that it knows JAX would return what it traced before.
        anew = lambda *given: function(*given)
        closed, shapes = jax.make_jaxpr(anew, return_shape=True)(*arguments)
        self._closed, self.structure = meshes.without(closed), jax.tree.structure(shapes)
        leaves = jax.tree.leaves(arguments)
        self.values = leaves[free:] if free is not None else []
        self._given = len(self.values)
        walked = _walked(self._closed.jaxpr, self._closed.consts, self.values)
        self.key = (self._given, walked)
        self.out = self._closed.out_avals
        self.reverse_only = has(self._closed.jaxpr, "custom_vjp_call")

    def bound(self, values: Sequence[Any]) -> "Bound":
        """The function of its arguments alone, with what it reads given."""
        return Bound(self, values)

    def call(self, values: Sequence[Any], *arguments: Any) -> list[Any]:
        """What the function returns, flat."""
        return _called(self._closed.jaxpr, self._closed.consts, self._given, values, arguments)

    def bare(self) -> "Traced":
        """The same, which keeps nothing of what was read."""
        copy = object.__new__(Traced)
        copy.__dict__.update(vars(self))
        jaxpr, count = _emptied(self._closed.jaxpr), len(self._closed.consts)
        copy._closed, copy.values = core.ClosedJaxpr(jaxpr, [0] * count), []
        return copy


class Bound:
    """A traced function with what it reads, to be called as the function itself."""

    def __init__(self, traced: Traced, values: Sequence[Any]):
        self._traced, self._values = traced, values
        self.reverse_only = traced.reverse_only

    def __call__(self, *arguments: Any) -> Any:
        """Its value: an array where there is one, else the list of them."""
        outs = self.flat(*arguments)
        return outs[0] if len(outs) == 1 else outs

    def flat(self, *arguments: Any) -> list[Any]:
        """Its values, always as a list."""
        return self._traced.call(self._values, *arguments)


def run(
    body: Callable[..., Any],
    traced: Sequence[Traced],
    arguments: Sequence[Any],
    **statics: Hashable,
) -> Any:
    """`body(*functions, *arguments, **statics)`, compiled unless something is being traced.

    Args:
        body: a function of a module, which is found again by its name.
        traced: what was traced; `body` gets it as functions.
        arguments: pytrees of arrays.
        statics: settings that are part of the program.
    """
    values = [each.values for each in traced]
    if tree.traced(values, arguments):
        return _meant(body, traced, statics)(values, *arguments)
    return compiled(body, traced, (), **statics)(values, *arguments)


def _meant(body: Any, traced: Any, statics: Any) -> Callable[..., Any]:
    """`body` as a function of what was read and of the arguments, wherever they lie."""

    def called(values: Any, *arguments: Any):
        functions = (Bound(t, v) for t, v in zip(traced, values, strict=True))
        return body(*functions, *arguments, **statics)

    def placed(*given: Any):
        return meshes.automatic(called, meshes.explicit(given))(*given)

    return placed


def compiled(
    body: Callable[..., Any],
    traced: Sequence[Traced],
    donated: tuple[int, ...] = (),
    **statics: Hashable,
) -> Callable[..., Any]:
    """The compiled program of `body`, to be called as `program(values, *arguments)`.

    Args:
        body: as in `run`.
        traced: as there; `values` are those of each.
        donated: which arguments give their memory away.
        statics: as there.
    """
    key = (body, tuple(each.key for each in traced), donated, tuple(sorted(statics.items())))
    with _lock:
        program = _programs.pop(key, None)
        if program is None:
            # What was read is not kept: only the shape of the program is.
            called = _meant(body, [each.bare() for each in traced], statics)
            program = jax.jit(called, donate_argnums=tuple(1 + at for at in donated))
        _programs[key] = program
        while len(_programs) > KEPT:
            _programs.popitem(last=False)
    return program


def has(jaxpr: Any, primitive: str) -> bool:
    """Whether a program, or one within it, has an operation whose name begins so.

    >>> has(jax.make_jaxpr(jax.jit(jax.numpy.sin))(1.0).jaxpr, "sin")
    True
    """
    return any(
        each.primitive.name.startswith(primitive)
        or any(has(i, primitive) for i in fingerprint.within(each))
        for each in jaxpr.eqns
    )


# -- one walk, to know a program and to run it ---------------------------------------------------


def _lifted(atom: Any) -> bool:
    """Whether what stands in a program is handed to it instead: an array, or a real number."""
    return isinstance(atom, core.Literal) and (
        np.ndim(atom.val) > 0 or np.issubdtype(np.result_type(atom.val), np.floating)
    )


def _literals(eqn: Any) -> list[bool]:
    """Which of an operation's inputs are lifted; a power is differentiated by its exponent's."""
    return [eqn.primitive.name != "pow" and _lifted(atom) for atom in eqn.invars]


def _opened(eqn: Any) -> Any:
    """The program within a call of a jitted function that reads arrays of its own, or None."""
    if eqn.primitive.name not in JITTED:
        return None
    closed = eqn.params["jaxpr"]
    return closed if closed.consts or any(_opened(each) for each in closed.jaxpr.eqns) else None


def _walked(jaxpr: Any, consts: Sequence[Any], values: list[Any]) -> Hashable:
    """What tells this program from others; what it reads is added to `values`."""
    values += consts
    names = fingerprint.Names(jaxpr)
    traits: list[Hashable] = [tuple(each.aval for each in (*jaxpr.constvars, *jaxpr.invars))]
    for eqn in jaxpr.eqns:
        inputs = []
        for atom, lifted in zip(eqn.invars, _literals(eqn), strict=True):
            if lifted:
                values.append(_handed(atom))
            inputs.append(("lifted", atom.aval) if lifted else names.of(atom))
        inner = _opened(eqn)
        own = (
            (eqn.primitive, fingerprint.parameters(eqn))
            if inner is None
            else ("opened", _walked(inner.jaxpr, inner.consts, values))
        )
        traits.append((*own, tuple(inputs), names.define(eqn.outvars)))
    return (*traits, tuple(names.of(each) for each in jaxpr.outvars))


def _evaluated(jaxpr: Any, consts: Sequence[Any], left: Iterator[Any], *arguments: Any):
    """What a program returns, with what it reads taken from `left`, in the order of `_walked`."""
    own = [next(left) for _ in consts]
    known = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*own, *arguments), strict=True))
    read = lambda atom: atom.val if isinstance(atom, core.Literal) else known[atom]
    for eqn in jaxpr.eqns:
        lifted = zip(eqn.invars, _literals(eqn), strict=True)
        inputs = [next(left) if handed else read(atom) for atom, handed in lifted]
        inner = _opened(eqn)
        if inner is None:
            outs = fingerprint.done(eqn, inputs)
        else:
            outs = _evaluated(inner.jaxpr, inner.consts, left, *inputs)
        known.update(zip(eqn.outvars, outs, strict=True))
    return [read(each) for each in jaxpr.outvars]


def _called(jaxpr: Any, consts: Any, given: Any, values: Any, arguments: Any):
    remaining = iter(values[given:])
    outs = _evaluated(jaxpr, consts, remaining, *jax.tree.leaves(arguments), *values[:given])
    # What does not depend on any argument stands there as a number.
    return [
        out if isinstance(out, jax.Array) else jnp.asarray(out, each.aval.dtype)
        for out, each in zip(outs, jaxpr.outvars, strict=True)
    ]


def _handed(atom: Any) -> Any:
    """A literal as an argument of the same type: a weak one stays a number of Python's."""
    weak = getattr(atom.aval, "weak_type", False) and atom.aval.dtype == jnp.result_type(float)
    return (
        float(atom.val) if weak and not np.ndim(atom.val) else np.asarray(atom.val, atom.aval.dtype)
    )


def _emptied(jaxpr: Any) -> Any:
    """A program without the arrays that it read, which are handed to it."""
    eqns = []
    for eqn in jaxpr.eqns:
        inner, lifted = _opened(eqn), _literals(eqn)
        if inner is not None:
            bare = core.ClosedJaxpr(_emptied(inner.jaxpr), [0] * len(inner.consts))
            eqn = eqn.replace(params={**eqn.params, "jaxpr": bare})
        if any(lifted):
            zero = lambda atom: core.Literal(
                np.broadcast_to(np.zeros((), atom.aval.dtype), atom.aval.shape), atom.aval
            )
            pairs = zip(eqn.invars, lifted, strict=True)
            eqn = eqn.replace(invars=[zero(atom) if lift else atom for atom, lift in pairs])
        eqns.append(eqn)
    return jaxpr.replace(eqns=eqns)

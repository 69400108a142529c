"""Activations with their first two derivatives in double precision, whatever JAX's own precision.

| symbol | name | shape |
| --- | --- | --- |
| φ | `Activation.function`, in JAX | elementwise |
| φ, φ′, φ″ | `Activation.jet`, in NumPy and float64 | elementwise, three arrays |
| jumps of φ′ | `Activation.kinks` | tuple of places |
| jumps of φ″ | `Activation.bends` | tuple of places |

The named ones are written out in NumPy, so that a shape is solved without compiling anything. A
JAX function is one of them if its values are; any other is differentiated by JAX, and where its
derivatives jump is found by bisection.
"""

import functools
import importlib
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import fingerprint, messages, programs
from curvkit.core.tree import float64
from curvkit.kernels import _written as written
from curvkit.kernels._breaks import jumps

Jet = tuple[np.ndarray, np.ndarray, np.ndarray]
BLOCK = 2048
# So many functions that are not among the named ones are remembered.
KEPT = 256


@dataclass(frozen=True)
class Activation:
    """A nonlinearity φ: as a JAX function, as NumPy derivatives, and where these jump.

    `family` is the name in `ACTIVATIONS` of what it does, whatever it is called; "" if in none.
    """

    name: str
    function: Callable[[jax.Array], jax.Array]
    jet: Callable[[np.ndarray], Jet]
    kinks: tuple[float, ...] = ()
    bends: tuple[float, ...] = ()
    family: str = ""

    @property
    def breaks(self) -> tuple[float, ...]:
        """Where an integral has to be cut: all jumps of φ′ and φ″."""
        return tuple(sorted({*self.kinks, *self.bends}))

    def __copy__(self) -> "Activation":
        return self

    def __deepcopy__(self, memo: dict[Any, Any]) -> "Activation":
        return self

    def __reduce__(self):
        """Its name, or the function that it is made of: derivatives are found again."""
        if self == ACTIVATIONS.get(self.name):
            return activation, (self.name,)
        if self.family == "leaky_relu":
            return leaky_relu, (float(-self.jet(np.array(-1.0))[0]),)
        if self.family or isinstance(self.jet, Derived):
            return _found_again, _told(self.function)
        return Activation, tuple(getattr(self, each.name) for each in fields(self))


def _told(function: Callable[..., Any]) -> tuple[Any, ...]:
    """A function as what can be pickled wherever it itself can, or what it is a part of."""
    if isinstance(function, functools.partial):
        return "partial", _told(function.func), function.args, function.keywords
    module, name = (getattr(function, each, "") for each in ("__module__", "__qualname__"))
    # What JAX compiles, or has a rule for, is pickled as the function within, which is another.
    plain = isinstance(function, types.FunctionType) or module == "__main__"
    resolved = None if plain else sys.modules.get(module)
    for part in name.split("."):
        resolved = getattr(resolved, part, None)
    return ("name", module, name) if resolved is function else ("itself", function)


def _found_again(kind: str, *reference) -> Activation:
    return activation(_function(kind, *reference))


def _function(kind: str, *reference: Any) -> Callable[..., Any]:
    """The function of which `_told` tells."""
    if kind == "partial":
        return functools.partial(_function(*reference[0]), *reference[1], **reference[2])
    if kind == "name":
        resolved: Any = importlib.import_module(reference[0])
        for part in reference[1].split("."):
            resolved = getattr(resolved, part)
        return resolved
    return reference[0]


def leaky_relu(slope: float | jax.Array) -> Activation:
    """The leaky ReLU with that `slope` below zero; 0 makes the ReLU.

    >>> [float(part) for part in leaky_relu(0.5).jet(np.array(-2.0))]
    [-1.0, 0.5, 0.0]
    """

    def jet(x):
        return np.where(x > 0, x, slope * x), np.where(x > 0, 1.0, slope), np.zeros_like(x)

    function = functools.partial(jax.nn.leaky_relu, negative_slope=slope)
    return Activation("leaky_relu", function, jet, kinks=(0.0,), family="leaky_relu")


ACTIVATIONS: dict[str, Activation] = {
    each.name: replace(each, family=each.name)
    for each in (
        Activation("tanh", jnp.tanh, written.tanh),
        Activation("sigmoid", jax.nn.sigmoid, written.sigmoid),
        Activation("erf", jax.scipy.special.erf, written.erf),
        Activation("relu", jax.nn.relu, leaky_relu(0.0).jet, kinks=(0.0,)),
        Activation("softplus", jax.nn.softplus, written.softplus),
        Activation(
            "selu",
            jax.nn.selu,
            written.exponential(written.SELU_SCALE, written.SELU_ALPHA),
            kinks=(0.0,),
        ),
        Activation("elu", jax.nn.elu, written.exponential(1.0, 1.0), bends=(0.0,)),
        Activation("swish", jax.nn.swish, written.swish),
        Activation("bentid", lambda x: (jnp.sqrt(x**2 + 1) - 1) / 2 + x, written.bentid),
        Activation("atan", jnp.arctan, written.atan),
        Activation("asinh", jnp.arcsinh, written.asinh),
        Activation("square", jnp.square, lambda x: (x**2, 2 * x, np.full_like(x, 2.0))),
        Activation("softsign", jax.nn.soft_sign, written.softsign, bends=(0.0,)),
        leaky_relu(0.01),
        Activation("gelu", jax.nn.gelu, written.gelu),
        Activation(
            "gelu_exact", functools.partial(jax.nn.gelu, approximate=False), written.gelu_exact
        ),
        Activation("sin", jnp.sin, lambda x: (np.sin(x), np.cos(x), -np.sin(x))),
        Activation("cos", jnp.cos, lambda x: (np.cos(x), -np.sin(x), -np.cos(x))),
    )
}
# Further names, most of them those of `jax.nn` and `jax.numpy`, and its functions of no other name.
OTHERWISE = {
    "arcsinh": "asinh", "arctan": "atan", "celu": "elu", "expit": "sigmoid", "logistic": "sigmoid",
    "silu": "swish", "soft_plus": "softplus", "soft_sign": "softsign",
}  # fmt: skip
OF_JAX = (
    "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "log_sigmoid", "mish", "relu6",
    "sparse_plus", "sparse_sigmoid", "squareplus",
)  # fmt: skip

_known: dict[Any, Any] = {}


def activation(given: "str | Activation | Callable[..., Any]") -> Activation:
    """The activation of that name, or what a shape needs of any elementwise JAX function.

    Args:
        given: a name of `ACTIVATIONS` or of `jax.nn`, an `Activation`, or a function of an array
            that JAX can differentiate, applied to each entry by itself. One that does what a named
            one does, such as `jax.nn.relu`, is that.

    Raises:
        ValueError: if there is no such name, or JAX cannot evaluate the function, or it is not
            elementwise, not finite or has a jump.

    >>> activation("elu").kinks, activation(lambda x: jnp.abs(x)).kinks
    ((), (0.0,))
    """
    if isinstance(given, Activation):
        return given
    if isinstance(given, str):
        name = OTHERWISE.get(given, given)
        if name in OF_JAX and hasattr(jax.nn, name):
            return activation(getattr(jax.nn, name))
        if name not in ACTIVATIONS:
            raise ValueError(
                messages.unknown("activation", given, [*ACTIVATIONS, *OTHERWISE, *OF_JAX])
            )
        return ACTIVATIONS[name]
    if not callable(given):
        raise ValueError(messages.refusal("activation", "a name or a function of an array", given))
    name, traced = _traced(given)
    return _remembered(name, given, traced, lambda: _named(traced) or _looked_into(name, traced))


def _of(function: Callable[..., Any]) -> Activation:
    """What JAX finds of a function, by whatever name it may be known."""
    return replace(_looked_into(*_traced(function)), function=function)


def _remembered(name, function, traced, find) -> Activation:
    """What is known of a function as it is now, found again by what it does, not by its name."""
    key = traced.key, tuple(map(fingerprint.plain, traced.values))
    if key not in _known:
        _known[key] = find()
        while len(_known) > KEPT:
            _known.pop(next(iter(_known)))
    return replace(_known[key], name=name, function=function)


def _traced(function: Callable[..., Any]) -> tuple[str, programs.Traced]:
    """The name of a function, and what it does as it is now, in double precision."""
    name = getattr(getattr(function, "func", function), "__name__", "activation")
    name = "the function" if name == "<lambda>" else name
    block = jax.ShapeDtypeStruct((BLOCK,), np.float64)
    try:
        with float64():
            traced = programs.Traced(function, [block])
    except Exception as error:  # whatever a stranger's function does, the refusal is one sentence
        raise ValueError(_raises(name, error)) from error
    (out,) = traced.out if len(traced.out) == 1 else (block.update(shape=()),)
    if out.shape != (BLOCK,):
        raise ValueError(_refused(f"{name}, whose output has another shape"))
    if out.dtype != np.float64:
        advice = "let it keep the type of its input"
        raise ValueError(_refused(f"{name}, which makes {out.dtype} of float64", advice))
    return name, traced


def _named(traced: programs.Traced) -> Activation | None:
    """The one of `ACTIVATIONS` that has the values of a function, or a leaky ReLU of its slope."""
    far = np.geomspace(21.0, 1e4, 24)
    x = np.concatenate([-far[::-1], np.linspace(-20.0, 20.0, BLOCK - 48) + 0.00314, far])
    with float64(), jax.ensure_compile_time_eval():
        # In another order, too: what mixes entries is none of them.
        up, down = (np.asarray(traced.call(traced.values, each)[0]) for each in (x, x[::-1].copy()))
    if not np.array_equal(up, down[::-1], equal_nan=True):
        return None
    with np.errstate(all="ignore"):
        slope = float(up[0] / x[0])
        leaky_relus = [leaky_relu(slope)] if 0 < slope < 1 else []
        for each in (*ACTIVATIONS.values(), *leaky_relus):
            if np.allclose(up, each.jet(x)[0], rtol=1e-12, atol=1e-13):
                return each
    return None


def _looked_into(name: str, traced: programs.Traced) -> Activation:
    jet = Derived(traced)
    # Off the round numbers, where functions bend and JAX takes the middle of two slopes.
    x = np.linspace(-20.0, 20.0, 4001) + 0.00314
    try:
        derivatives = jet(x)
    except Exception as error:
        raise ValueError(_raises(name, error)) from error
    if not np.allclose(derivatives[0][::-1], jet(x[::-1])[0], 1e-9, 1e-12, equal_nan=True):
        raise ValueError(_refused(f"{name}, which mixes entries"))
    if not all(np.isfinite(part).all() for part in derivatives):
        raise ValueError(_refused(f"{name}, which is not finite on [-20, 20]"))
    if jumps(lambda x: jet(x)[0], x):
        raise ValueError(_refused(f"{name}, which jumps"))
    kinks = jumps(lambda x: jet(x)[1], x)
    function: Any = traced.call  # until who asked puts what was given in its place
    return Activation(name, function, jet, kinks, jumps(lambda x: jet(x)[2], x))


def _raises(name: str, error: Exception) -> str:
    return _refused(f"{name}, which raises {type(error).__name__}", "write it with jax.numpy")


def _refused(got: str, advice: str = "") -> str:
    return messages.refusal("activation", "a continuous elementwise function in JAX", got, advice)


class Derived:
    """The derivatives of what was traced, in double precision and outside of any trace."""

    def __init__(self, traced: programs.Traced):
        function = traced.bound(traced.values)

        def slopes(x):
            if function.reverse_only:
                return jax.grad(lambda x: jnp.sum(function(x)))(x)
            return jax.jvp(function, (x,), (jnp.ones_like(x),))[1]

        def derivatives(x):
            bend = jax.vjp(slopes, x)[1] if function.reverse_only else None
            along = jnp.ones_like(x)
            bent = bend(along)[0] if bend else jax.jvp(slopes, (x,), (along,))[1]
            return function(x), slopes(x), bent

        self.traced = jax.jit(derivatives)

    def __call__(self, x: np.ndarray) -> Jet:
        """Value, slope and bend at each entry."""
        with float64(), jax.ensure_compile_time_eval():
            flat = np.asarray(x, np.float64).ravel()
            # In blocks of one size, so that one size is compiled.
            filled = np.concatenate([flat, np.zeros(-flat.size % BLOCK)]).reshape(-1, BLOCK)
            parts = zip(*(self.traced(block) for block in filled), strict=True)
            joined = (np.concatenate([np.asarray(each) for each in part]) for part in parts)
            value, slope, bend = (part[: flat.size].reshape(np.shape(x)) for part in joined)
            return value, slope, bend

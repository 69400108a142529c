"""Activations with their first two derivatives in double precision, whatever JAX's own precision.

| symbol | name | shape |
| --- | --- | --- |
| φ | `Activation.function`, in JAX | elementwise |
| φ, φ′, φ″ | `Activation.jet`, in NumPy and float64 | elementwise, three arrays |
| jumps of φ′ | `Activation.kinks` | tuple of places |
| jumps of φ″ | `Activation.bends` | tuple of places |

The named ones are written out in NumPy, so that a shape is solved without compiling anything. Any
other JAX function is differentiated by JAX; where its derivatives jump is found by bisection.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import erf, expit, ndtr

from curvkit.core import fingerprint, programs, say
from curvkit.core.tree import float64

Jet = tuple[np.ndarray, np.ndarray, np.ndarray]
BLOCK = 2048
# So many functions that are not among the named ones are remembered.
KEPT = 256
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


@dataclass(frozen=True)
class Activation:
    """A nonlinearity φ: as a JAX function, as NumPy derivatives, and where these jump."""

    name: str
    function: Callable[[jax.Array], jax.Array]
    jet: Callable[[np.ndarray], Jet]
    kinks: tuple[float, ...] = ()
    bends: tuple[float, ...] = ()

    @property
    def breaks(self) -> tuple[float, ...]:
        """Where an integral has to be cut: all jumps of φ′ and φ″."""
        return tuple(sorted({*self.kinks, *self.bends}))


def _tanh(x):
    t = np.tanh(x)
    return t, 1 - t**2, -2 * t * (1 - t**2)


def _sigmoid(x):
    s, r = expit(x), expit(-x)
    return s, s * r, s * r * (r - s)


def _erf(x):
    slope = 2 / np.sqrt(np.pi) * np.exp(-(x**2))
    return erf(x), slope, -2 * x * slope


def _softplus(x):
    s = expit(x)
    return np.logaddexp(0, x), s, s * expit(-x)


def _exponential(scale, alpha):
    def jet(x):
        low = scale * alpha * np.exp(np.minimum(x, 0))
        value = np.where(x > 0, scale * x, scale * alpha * np.expm1(np.minimum(x, 0)))
        return value, np.where(x > 0, scale, low), np.where(x > 0, 0.0, low)

    return jet


def _swish(x):
    s, r = expit(x), expit(-x)
    return x * s, s + x * s * r, s * r * (2 + x * (r - s))


def _bentid(x):
    root = np.sqrt(x**2 + 1)
    return (root - 1) / 2 + x, x / (2 * root) + 1, 0.5 / root**3


def _atan(x):
    below = 1 / (1 + x**2)
    return np.arctan(x), below, -2 * x * below**2


def _asinh(x):
    root = np.sqrt(x**2 + 1)
    return np.arcsinh(x), 1 / root, -x / root**3


def _softsign(x):
    below = 1 / (1 + np.abs(x))
    return x * below, below**2, -2 * np.sign(x) * below**3


def _gelu(x):
    c, a = np.sqrt(2 / np.pi), 0.044715
    t, inner = np.tanh(c * (x + a * x**3)), c * (1 + 3 * a * x**2)
    first = (1 - t**2) * inner
    second = (1 - t**2) * (6 * a * c * x - 2 * t * inner**2)
    return 0.5 * x * (1 + t), 0.5 * (1 + t) + 0.5 * x * first, first + 0.5 * x * second


def _gelu_exact(x):
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    return x * ndtr(x), ndtr(x) + x * density, (2 - x**2) * density


def leaky_relu(slope: float) -> Activation:
    """The leaky ReLU with that `slope` below zero; 0 makes the ReLU.

    >>> [float(part) for part in leaky_relu(0.5).jet(np.array(-2.0))]
    [-1.0, 0.5, 0.0]
    """

    def jet(x):
        return np.where(x > 0, x, slope * x), np.where(x > 0, 1.0, slope), np.zeros_like(x)

    function = functools.partial(jax.nn.leaky_relu, negative_slope=slope)
    return Activation("leaky_relu", function, jet, kinks=(0.0,))


ACTIVATIONS: dict[str, Activation] = {
    each.name: each
    for each in (
        Activation("tanh", jnp.tanh, _tanh),
        Activation("sigmoid", jax.nn.sigmoid, _sigmoid),
        Activation("erf", jax.scipy.special.erf, _erf),
        Activation("relu", jax.nn.relu, leaky_relu(0.0).jet, kinks=(0.0,)),
        Activation("softplus", jax.nn.softplus, _softplus),
        Activation("selu", jax.nn.selu, _exponential(SELU_SCALE, SELU_ALPHA), kinks=(0.0,)),
        Activation("elu", jax.nn.elu, _exponential(1.0, 1.0), bends=(0.0,)),
        Activation("swish", jax.nn.swish, _swish),
        Activation("bentid", lambda x: (jnp.sqrt(x**2 + 1) - 1) / 2 + x, _bentid),
        Activation("atan", jnp.arctan, _atan),
        Activation("asinh", jnp.arcsinh, _asinh),
        Activation("square", jnp.square, lambda x: (x**2, 2 * x, np.full_like(x, 2.0))),
        Activation("softsign", jax.nn.soft_sign, _softsign, bends=(0.0,)),
        leaky_relu(0.01),
        Activation("gelu", jax.nn.gelu, _gelu),
        Activation("gelu_exact", functools.partial(jax.nn.gelu, approximate=False), _gelu_exact),
        Activation("sin", jnp.sin, lambda x: (np.sin(x), np.cos(x), -np.sin(x))),
        Activation("cos", jnp.cos, lambda x: (np.cos(x), -np.sin(x), -np.cos(x))),
    )
}


_known: dict = {}


def activation(given: "str | Activation | Callable") -> Activation:
    """The activation of that name, or what a shape needs of any elementwise JAX function.

    Args:
        given: a name of `ACTIVATIONS`, an `Activation`, or a function of an array that JAX can
            differentiate, applied to each entry by itself.

    Raises:
        ValueError: if there is no such name, or JAX cannot evaluate the function, or it is not
            elementwise, not finite or has a jump.

    >>> activation("elu").kinks, activation(lambda x: jnp.abs(x)).kinks
    ((), (0.0,))
    """
    if isinstance(given, Activation):
        return given
    if isinstance(given, str):
        if given not in ACTIVATIONS:
            raise ValueError(say.unknown("activation", given, ACTIVATIONS))
        return ACTIVATIONS[given]
    if not callable(given):
        raise ValueError(say.refusal("activation", "a name or a function of an array", given))
    return _of(given)


def _of(function: Callable) -> Activation:
    """What is known of a function as it is now, found again by what it does, not by its name."""
    name = getattr(function, "__name__", "activation")
    name = "the function" if name == "<lambda>" else name
    block = jax.ShapeDtypeStruct((BLOCK,), np.float64)
    try:
        with float64():
            # Wrapped: JAX may come to harm by a function that is not its own, such as NumPy's.
            traced = programs.Traced(lambda x: function(x), [block])
    except Exception as error:  # whatever a stranger's function does, the refusal is one sentence
        raise ValueError(_raises(name, error)) from error
    (out,) = traced.out if len(traced.out) == 1 else (block.update(shape=()),)
    if out.shape != (BLOCK,):
        raise ValueError(_refused(f"{name}, whose output has another shape"))
    if out.dtype != np.float64:
        advice = "let it keep the type of its input"
        raise ValueError(_refused(f"{name}, which makes {out.dtype} of float64", advice))
    key = traced.key, tuple(map(fingerprint.plain, traced.values))
    if key not in _known:
        _known[key] = _looked_into(name, traced)
        while len(_known) > KEPT:
            _known.pop(next(iter(_known)))
    return replace(_known[key], name=name, function=function)


def _looked_into(name: str, traced: programs.Traced) -> Activation:
    jet = _by_jax(traced)
    # Off the round numbers, where functions bend and JAX takes the middle of two slopes.
    x = np.linspace(-20.0, 20.0, 4001) + 0.00314
    try:
        found = jet(x)
    except Exception as error:
        raise ValueError(_raises(name, error)) from error
    if not np.allclose(found[0][::-1], jet(x[::-1])[0], 1e-9, 1e-12, equal_nan=True):
        raise ValueError(_refused(f"{name}, which mixes entries"))
    if not all(np.isfinite(part).all() for part in found):
        raise ValueError(_refused(f"{name}, which is not finite on [-20, 20]"))
    if jumps(lambda x: jet(x)[0], x):
        raise ValueError(_refused(f"{name}, which jumps"))
    kinks = jumps(lambda x: jet(x)[1], x)
    return Activation(name, traced.call, jet, kinks, jumps(lambda x: jet(x)[2], x))


def _raises(name: str, error: Exception) -> str:
    return _refused(f"{name}, which raises {type(error).__name__}", "write it with jax.numpy")


def _refused(got: str, advice: str = "") -> str:
    return say.refusal("activation", "a continuous elementwise function in JAX", got, advice)


def _by_jax(traced: programs.Traced) -> Callable[[np.ndarray], Jet]:
    """The derivatives of what was traced, in double precision and outside of any trace."""
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

    compiled = jax.jit(derivatives)

    def jet(x):
        with float64(), jax.ensure_compile_time_eval():
            flat = np.asarray(x, np.float64).ravel()
            # In blocks of one size, so that one size is compiled.
            filled = np.concatenate([flat, np.zeros(-flat.size % BLOCK)]).reshape(-1, BLOCK)
            parts = zip(*(compiled(block) for block in filled), strict=True)
            joined = (np.concatenate([np.asarray(each) for each in part]) for part in parts)
            return tuple(part[: flat.size].reshape(np.shape(x)) for part in joined)

    return jet


def jumps(function: Callable[[np.ndarray], np.ndarray], grid: np.ndarray) -> tuple[float, ...]:
    """Where `function` jumps between points of `grid`, found by bisecting its steepest cells."""
    values = function(grid)
    steps = np.abs(np.diff(values))
    scale = max(np.ptp(values), 1e-300)
    suspects = np.flatnonzero(steps > 1e-4 * scale)
    # Of a smooth function many cells are steep: those that stand out from both neighbours jump.
    padded = np.concatenate([[0.0], steps, [0.0]])
    beside = np.maximum(padded[:-2], padded[2:])
    suspects = [i for i in suspects if steps[i] > 1.5 * beside[i]] or list(suspects[:8])
    found = []
    for i in suspects[:64]:
        low, high, whole = grid[i], grid[i + 1], steps[i]
        for _ in range(48):
            middle = (low + high) / 2
            at = function(np.array([low, middle, high]))
            left = abs(at[1] - at[0]) >= abs(at[2] - at[1])
            low, high = (low, middle) if left else (middle, high)
        if np.abs(np.diff(function(np.array([low, high]))))[0] > 0.4 * whole:
            place = (low + high) / 2
            found.append(0.0 if abs(place) < 1e-9 else float(place))
    return tuple(sorted(set(found)))

"""Networks and boxes as a verifier reads them: a list of affine and elementwise layers.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| W_k, b_k | `AffineLayer.weight`, `.bias` | (out, in), (out,) | arXiv 1902.09592, section 2 |
| g_k | the name of an elementwise function | | there |
| S_in | `Box` | (inputs,) twice | there |

All numbers are promoted to float64, which holds every float32 exactly: a certificate is one of the
promoted network, as evaluated in exact arithmetic.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from curvkit.core.messages import refusal, unknown

# XLA's newer emitters of fused loops take two to three times as long to compile as the older ones,
# which these versions of jax still have.
_OLDER = {"xla_cpu_use_fusion_emitters": False} if jax.__version_info__ < (0, 11) else {}
# Programs here are compiled for a person who waits: they run for milliseconds, or for seconds.
COLD = {"xla_backend_optimization_level": 0, **_OLDER}
BRISK = {"xla_backend_optimization_level": 1, **_OLDER}

# Beyond it the width of a box, or the sum of its ends, is no float64.
LARGEST = 1e300

ELEMENTWISE = {
    "relu": jax.nn.relu,
    "tanh": jax.numpy.tanh,
    "sigmoid": jax.nn.sigmoid,
    "softplus": jax.nn.softplus,
}


class AffineLayer(NamedTuple):
    """The layer W x + b: a weight (out, in) and a bias (out,)."""

    weight: np.ndarray | jax.Array
    bias: np.ndarray | jax.Array


class CheckedNetwork(tuple[Any, ...]):
    """Checked layers, a pytree of their numbers: networks of one shape share compiled programs."""

    __slots__ = ()


def _numbers_of(layers):
    names = tuple(each if isinstance(each, str) else None for each in layers)
    return [each for each in layers if not isinstance(each, str)], names


def _with_numbers(names, affine):
    affine = iter(affine)
    return CheckedNetwork(next(affine) if each is None else each for each in names)


jax.tree_util.register_pytree_node(CheckedNetwork, _numbers_of, _with_numbers)


class Box(NamedTuple):
    """All x with lower <= x <= upper, both (inputs,)."""

    lower: np.ndarray | jax.Array
    upper: np.ndarray | jax.Array


def network(layers: Sequence[Any]) -> CheckedNetwork:
    """A checked list of layers in float64: pairs (weight, bias), and names of `ELEMENTWISE`.

    Args:
        layers: weights are (out, in), as Equinox keeps them; give Flax's kernels transposed. A bias
            may be None. Any float of at most 64 bits is held exactly,
            and so are whole numbers that it can hold.

    Raises:
        ValueError: with one sentence, for an unsupported layer or one that does not fit.

    >>> network([([[2.0]], [1.0]), "relu"])[0].weight.dtype
    dtype('float64')
    """
    if isinstance(layers, CheckedNetwork):
        return layers
    if isinstance(layers, str | bytes) or not isinstance(layers, Iterable):
        expected = "a list of pairs (weight, bias) and names of elementwise functions"
        raise ValueError(refusal("layers", expected, layers, "load a file of weights first"))
    checked, width = [], None
    for at, layer in enumerate(layers):
        if isinstance(layer, str):
            if layer not in ELEMENTWISE:
                raise ValueError(unknown("elementwise layer", layer, ELEMENTWISE))
            checked.append(layer)
            continue
        if not (isinstance(layer, tuple | list) and len(layer) == 2):
            expected = "a pair (weight, bias) or the name of an elementwise function"
            raise ValueError(refusal(f"layers[{at}]", expected, type(layer).__name__))
        weight = numbers(f"layers[{at}]", layer[0])
        # A layer without a bias has None there, as in most frameworks.
        bias = np.zeros(weight.shape[:1]) if layer[1] is None else layer[1]
        bias = numbers(f"layers[{at}]", bias)
        if weight.ndim != 2 or bias.shape != weight.shape[:1]:
            expected = "a weight (out, in) and a bias (out,)"
            raise ValueError(refusal(f"layers[{at}]", expected, (weight.shape, bias.shape)))
        if width is not None and weight.shape[1] != width:
            expected = f"a weight with {width} columns"
            raise ValueError(refusal(f"layers[{at}]", expected, weight.shape))
        width = len(weight)
        checked.append(AffineLayer(weight, bias))
    if not checked or isinstance(checked[0], str):
        raise ValueError(refusal("layers", "a list that begins with an affine layer", len(checked)))
    return CheckedNetwork(checked)


def pair(within, inputs: int | None = None) -> Box:
    """The checked box of a pair (lower, upper), refused in one sentence where it is none.

    >>> pair(([0.0], [1.0])).lower
    array([0.])
    """
    try:
        lower, upper = within
    except (TypeError, ValueError):
        raise ValueError(refusal("within", "a pair (lower, upper)", within)) from None
    return box(lower, upper, inputs)


def box(lower: Any, upper: Any, inputs: int | None = None) -> Box:
    """A checked box in float64.

    Raises:
        ValueError: with one sentence, if the shapes differ from each other or from (inputs,), if a
            number is not finite or beyond 1e300 in size, or if lower lies above upper.

    >>> box([0.0, 1.0], [1.0, 1.0]).upper
    array([1., 1.])
    """
    lower, upper = (numbers(name, each) for name, each in (("lower", lower), ("upper", upper)))
    wanted = lower.shape if inputs is None else (inputs,)
    for name, each in (("lower", lower), ("upper", upper)):
        if each.ndim != 1 or each.shape != wanted:
            raise ValueError(refusal(name, f"an array of shape {wanted}", each.shape))
        if np.any(np.abs(each) > LARGEST):
            largest = float(np.max(np.abs(each)))
            raise ValueError(refusal(name, f"of at most {LARGEST:g} in size", largest))
    above = np.flatnonzero(lower > upper)
    if len(above):
        at = int(above[0])
        raise ValueError(refusal(f"lower[{at}]", f"at most upper[{at}] = {upper[at]}", lower[at]))
    return Box(lower, upper)


def side_by_side(layers: Sequence[Any], copies: int) -> CheckedNetwork:
    """The network that applies the same layers to each of several inputs, laid end to end.

    >>> side_by_side([([[2.0]], [1.0])], 2)[0].weight
    array([[2., 0.],
           [0., 2.]])
    """
    many = np.eye(copies)
    return CheckedNetwork(
        each if isinstance(each, str)
        else AffineLayer(np.kron(many, each.weight), np.tile(each.bias, copies))
        for each in network(layers)
    )  # fmt: skip


def outputs(layers: Sequence[Any], x):
    """What a network returns at x (inputs,)."""
    for layer in layers:
        x = ELEMENTWISE[layer](x) if isinstance(layer, str) else layer.weight @ x + layer.bias
    return x


def sizes(layers: Sequence[Any]) -> tuple[int, int]:
    """How many inputs and outputs a checked network has."""
    affine = [each for each in layers if not isinstance(each, str)]
    return affine[0].weight.shape[1], len(affine[-1].weight)


def numbers(name: str, values) -> np.ndarray:
    """`values` as an array of float64, which holds each of them exactly.

    Raises:
        ValueError: with one sentence, if they are no real numbers, not finite, or not so held.
    """
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(refusal(name, "an array, with rows of one length", values)) from None
    real = array.dtype.kind in "iu" or jax.numpy.issubdtype(array.dtype, np.floating)
    if not real:
        raise ValueError(refusal(name, "an array of real numbers", array.dtype.name))
    promoted = array.astype(np.float64)
    odd = promoted[~np.isfinite(promoted)]
    if odd.size:
        raise ValueError(refusal(name, "an array of finite numbers", float(odd[0])))
    with np.errstate(invalid="ignore"):
        exact = np.array_equal(promoted.astype(array.dtype), array)
    if not exact or (array.dtype.kind in "iu" and np.any(np.abs(promoted) >= 2.0**63)):
        raise ValueError(refusal(name, "of numbers that float64 holds exactly", array.ravel()[0]))
    return promoted

"""Other ways of shaping as architectures, and the plane of gains and biases with its edge of chaos.

| symbol | name | source |
| --- | --- | --- |
| σ_w, σ_b | `gain`, `bias` | arXiv 1611.01232 |
| q* = σ_w² E[φ(√q* z)²] + σ_b² | in `chi` | arXiv 1606.05340 |
| χ = σ_w² E[φ′(√q* z)²]; χ = 1 | `chi`; `edge` | arXiv 1606.05340 |

χ is the slope of one layer's C map at 1 where lengths have settled: below 1 inputs run together
(ordered), above 1 they part however near they were (chaotic), and at 1, the edge, angles change
like a power of depth. A block is two layers of φ and an affine one.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages
from curvkit.kernels import _expectations as expectations
from curvkit.kernels import _kernel as kernel
from curvkit.kernels import _networks as networks
from curvkit.kernels import _parts as parts
from curvkit.kernels._activations import ACTIVATIONS, Activation
from curvkit.kernels._blocks import block, layer
from curvkit.kernels._gauss import cut_rule
from curvkit.kernels._shaping import shape

HE = 2**0.5
GAINS = {"lecun": 1.0, "he": HE, "dirac": 1.0}
# σ_b² and σ_w² on tanh's edge of chaos.
EDGE = ((0.0025, 1.26), (0.05, 1.76), (0.25, 2.40))
PLAIN = ("softplus", "sigmoid", "relu", "tanh", "gelu", "swish", "selu")
LOW, HIGH = 1e-14, 1e6
# Steps to where lengths settle, and the longest of log q; below ROUNDING single precision ends.
SETTLING, FARTHEST, ROUNDING, HALVINGS = 60, 1.0, 2e-6, 12
# At 0 φ may bend, and near it tanh of large gains is steep.
CUTS = np.array([[-3.0, -1.0, 0.0, 1.0, 3.0]])
# Without biases χ leaves 1 with the square of what the gain is above the edge: less is rounding.
CHAOTIC = 1 - 3e-6


def _identity(x: Any) -> Any:
    return x


LINEAR = Activation("looks linear", _identity, lambda x: (x, np.ones_like(x), np.zeros_like(x)))


def function(name: str) -> Activation:
    """The activation of a knob; `looks_linear` is what mirrored ReLU units begin as.

    >>> float(function("looks_linear").function(-2.0))
    -2.0
    """
    return LINEAR if name == "looks_linear" else ACTIVATIONS[name]


def chi(jet: expectations.Jet, gain: jax.Array, bias: jax.Array) -> jax.Array:
    """The slope at 1 of one layer's C map where lengths have settled, by gain and bias.

    Args:
        jet: φ and φ′ in JAX.
        gain, bias: arrays of one shape.

    >>> relu = expectations.of_jax(jax.nn.relu)
    >>> chi(relu, jnp.array([1.0, 2**0.5]), jnp.array([0.1, 0.0])).round(3)
    Array([0.5, 1. ], dtype=float32)
    """
    z, w = (jnp.asarray(each[0], jnp.float32) for each in cut_rule(CUTS, 12))
    at = lambda q: jet(jnp.sqrt(q)[..., None] * z)
    length = lambda q: jnp.clip(gain**2 * (at(q)[0] ** 2 @ w) + bias**2, LOW, HIGH)
    return gain**2 * (at(_settling(length, jnp.ones_like(gain)))[1] ** 2 @ w)


def _settling(length: Callable[[jax.Array], jax.Array], start: jax.Array) -> jax.Array:
    """Where q ↦ `length(q)` goes to from `start`, by Aitken's extrapolation of log q.

    Alone it would come there like one over the number of layers where lengths go to 0 on the edge.
    """

    growth = lambda q: jnp.log(length(q) / q)

    def further(_: Any, at: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        q, first = at
        once = q * jnp.exp(first)
        second, size = growth(once), jnp.abs(first)
        left = 1 - second / jnp.where(first == 0, 1.0, first)
        # Rounding foretells nothing, nor does growth that itself grows.
        times = jnp.where(size < ROUNDING, 1.0, 1 / jnp.maximum(left, size / FARTHEST))
        times = jnp.where(left < 0, 2 - left, times)
        jumped = jnp.clip(q * jnp.exp(first * times), LOW, HIGH)
        third = growth(jumped)
        # Past another length that is kept it would grow anew.
        nearer = (jnp.abs(third) <= (1 + 1e-4) * jnp.abs(second) + ROUNDING) | (left < 0)
        return jnp.where(nearer, jumped, once), jnp.where(nearer, third, second)

    return jax.lax.fori_loop(0, SETTLING, further, (start, growth(start)))[0]


def edge(
    jet: expectations.Jet, gains: jax.Array, biases: jax.Array, slopes: jax.Array
) -> jax.Array:
    """The gain on the edge of chaos of each bias: where χ first comes to 1; nan where it does not.

    Args:
        jet: φ and φ′ in JAX.
        gains: of the plane, rising.
        biases: of the plane.
        slopes: χ over both, (bias, gain).

    >>> tanh, gains, biases = expectations.of_jax(jnp.tanh), jnp.linspace(0.5, 3, 6), jnp.zeros(1)
    >>> slopes = chi(tanh, gains[None], jnp.zeros((1, 6)))
    >>> edge(tanh, gains, biases, slopes).round(2)
    Array([1.], dtype=float32)
    """
    crossed = (slopes[:, :-1] < CHAOTIC) & (slopes[:, 1:] >= CHAOTIC)
    at = jnp.argmax(crossed, axis=1)

    def halved(_: Any, ends: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        low, high = ends
        middle = (low + high) / 2
        above = chi(jet, middle, biases) >= CHAOTIC
        return jnp.where(above, low, middle), jnp.where(above, middle, high)

    low, high = jax.lax.fori_loop(0, HALVINGS, halved, (gains[at], gains[at + 1]))
    return jnp.where(jnp.any(crossed, axis=1), (low + high) / 2, jnp.nan)


class Way(NamedTuple):
    """One way of shaping a deep network, and what becomes of inputs in it."""

    name: str
    about: str
    maps: kernel.NetworkMaps


class Ways(tuple[Way, ...]):
    """Ways of shaping, which a notebook shows as a table."""

    def _repr_markdown_(self) -> str:
        head = "| way | $C_f(-1)$ | $C_f(0)$ | $C_f(.5)$ | $C_f'(1)$ | $\\kappa$ of the tangent "
        lines = [f"{head}kernel | mean square | what it does |", "|---" * 8 + "|"]
        for name, about, maps in self:
            cells = [_short(each) for each in (*maps.c, maps.slope, maps.condition, maps.q)]
            lines.append(f"| {name} | {' | '.join(cells)} | {about} |")
        return "\n".join(lines)


def _short(value: Any) -> str:
    return "0" if abs(value) < 5e-4 else messages.number(value)


def ways(depth: int = 50) -> Ways:
    """Other ways of shaping beside DKS and TAT, at so many nonlinear layers, an even number.

    Cosines −1, 0 and 0.5 of inputs, and what becomes of them; of infinite width, at the beginning
    of training. (arXiv 2110.01765 compares such ways; the numbers are computed here.)

    >>> rows = ways(10)
    >>> rows[0].name, [round(float(each), 3) for each in rows[0].maps.c]
    ('ReLU, He', [0.855, 0.872, 0.898])
    """
    depth = messages.whole("depth", depth, 2)
    if depth % 2:
        raise ValueError(messages.refusal("depth", "even, for blocks are of two layers", depth))
    shaped = [
        (f"{label}, {name.replace('_', ' ')}", "all of it: angles, lengths and slope",
         networks.feed_forward(depth), shape(name, depth=depth, method=method))
        for label, name, method in _shapes(depth)
    ]  # fmt: skip
    return Ways(
        Way(name, about, kernel.network_maps(network, given, q=_settled(network, given)))
        for name, about, network, given in [*_others(depth), *shaped]
    )


class Plain(Ways):
    """Plain activations, as a table of less."""

    def _repr_markdown_(self) -> str:
        lines = ["| activation | $C_f(0)$ | $C_f(.5)$ | mean square | $C_f'(1)$ | what is lost |"]
        lines.append("|---" * 6 + "|")
        for name, about, maps in self:
            cells = [_short(each) for each in maps.c] + [messages.number(maps.q, 2)]
            lines.append(f"| {name} | {' | '.join(cells)} | {_short(maps.slope)} | {about} |")
        return "\n".join(lines)


def plain(depth: int = 50) -> Plain:
    """Activations as they are in a chain of LeCun's weights: what becomes of cosines 0 and 0.5.

    >>> rows = plain(50)
    >>> [(each.name, each.about) for each in rows][:2]
    [('softplus', 'angles'), ('sigmoid', 'angles')]
    """
    depth = messages.whole("depth", depth)
    rows = []
    for name in PLAIN:
        maps = kernel.network_maps(networks.feed_forward(depth), name, (0.0, 0.5))
        lost = ["angles"] if maps.c[0] > 0.75 else ["some of the angles"] if maps.c[0] > 0.1 else []
        lost += ["lengths"] if maps.q < 0.1 else []
        steep = ["nothing yet: the slope grows"] if maps.slope > 2 else ["little"]
        rows.append(Way(name, " and ".join(lost or steep), maps))
    return Plain(rows)


def _settled(network: parts.Network, given: Any) -> float:
    """The mean square that a chain of one activation keeps, for inputs that begin with it."""
    if given != "tanh":
        return 1.0
    return float(kernel.network_maps(parts.Chain((network,), 20), given).q)


def _shapes(depth: int) -> list[tuple[str, str, str]]:
    rows = [("DKS ζ = 1.5", "softplus", "dks"), ("TAT τ = 0.3", "softplus", "tat")]
    # Fewer layers cannot bend so far.
    return rows + ([("TAT η = 0.9", "leaky_relu", "tat")] if depth > 12 else [])


def _others(depth: int) -> list[tuple[str, str, parts.Network, Any]]:
    relu, he, growing, plain = "relu", ("none", HE), "growing", "plain"
    return [
        ("ReLU, He", "slope right; angles collapse", _chain(depth, *he), relu),
        ("ReLU, LayerNorm before it", "lengths alone: angles as without",
         _chain(depth, "layer_before", HE), relu),
        ("ReLU, LayerNorm after it", "C(0) right; the slope explodes",
         _chain(depth, "layer_after"), relu),
        *((f"tanh, edge of chaos, σ_b² = {bias:g}", "slope right; angles collapse like a power",
           _chain(depth, "none", gain**0.5, bias**0.5), "tanh") for bias, gain in EDGE),
        ("tanh, σ_w = 2.5", "chaos: the slope explodes", _chain(depth, "none", 2.5), "tanh"),
        ("sigmoid, LeCun", "all becomes one", _chain(depth), "sigmoid"),
        ("SELU, LeCun", "Q(1) and C(0) right; the slope grows slowly", _chain(depth), "selu"),
        ("residual, normalised sums, ReLU", "skips slow the collapse",
         _blocks(depth, growing, *he), relu),
        ("the same, branches centred", "C(0) right; the slope grows like a power",
         _blocks(depth, growing, "layer_after"), relu),
        ("the same, BatchNorm before φ", "between the two",
         _blocks(depth, growing, "batch", HE), relu),
        ("residual, plain sums, ReLU", "lengths double at each block",
         _blocks(depth, plain, *he), relu),
        ("SkipInit, Fixup, ReZero", "the identity: nothing is nonlinear at first",
         _blocks(depth, "zeroed", *he), relu),
        ("looks-linear", "the identity", _chain(depth), LINEAR),
        ("Dirac, ReLU", "units are not mixed: one nonlinearity, however deep", layer(*he), relu),
    ]  # fmt: skip


def _chain(depth: int, *given: Any) -> parts.Chain:
    return parts.Chain((layer(*given),), depth)


def _blocks(depth: int, shortcut: str, *given: Any) -> parts.Chain:
    branch = parts.Chain((layer(*given),), 2)
    return parts.Chain(tuple(block(shortcut, branch, 0.0, at + 1) for at in range(depth // 2)))

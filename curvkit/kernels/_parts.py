"""What architectures are made of, as data.

| symbol | name | source |
| --- | --- | --- |
| φ | `Elementwise`; with a fresh affine layer after it `Nonlinear` | arXiv 2110.01765 |
| σ_w, σ_b | `Affine.gain`, `Affine.bias` | arXiv 1611.01232 |
| w_i | `Sum.weights`, with Σ w_i² = 1 unless it says otherwise | arXiv 2110.01765 |

They are pytrees whose leaves are their numbers, `times`, `weights`, `gain` and `bias`, so that
these may be traced. Affine layers come **after** the nonlinearity: then each branch of a sum ends
in weights that nothing else has, its terms are independent of one another, and squares add.
With the affine layer first, the two terms of w · x + √(1 − w²) · φ(W x) have a cosine of their own,
and no map of lengths and angles alone says what becomes of them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import jax

from curvkit.core import messages, tree

if TYPE_CHECKING:
    from curvkit.kernels._build import Built

WHOLE = "a whole number from 1"


class Part:
    """What a network is made of, and a network."""

    def build(self, activation: Any, **options: Any) -> "Built":
        """The network itself, to be trained; see `curvkit.kernels.build`.

        >>> Chain((Nonlinear(),), 3).build("tanh", width=8, outputs=2).width
        8
        """
        from curvkit.kernels import _build

        return _build.build(self, activation, **options)


Network: TypeAlias = Part


@dataclass(frozen=True)
class Nonlinear(Part):
    """The nonlinearity φ and then a fresh affine layer of gain 1 without bias."""


@dataclass(frozen=True)
class Elementwise(Part):
    """The nonlinearity φ alone."""


@dataclass(frozen=True)
class Affine(Part):
    """A fresh affine layer: weights of variance gain² over fan-in, biases of variance bias².

    Attributes:
        gain: σ_w, at least 0; may be traced.
        bias: σ_b, at least 0; may be traced.
        window: 1 is a dense layer of each location; an odd size above it a convolution over all
            axes between the first and the last, whose weights are zero but for the centre (Delta).
        stride: every how many locations it looks at.
    """

    gain: Any = 1.0
    bias: Any = 0.0
    window: int = 1
    stride: int = 1

    def __post_init__(self):
        for name in ("gain", "bias"):
            value = messages.real(name, getattr(self, name), least=0)
            object.__setattr__(self, name, value)
        for name in ("window", "stride"):
            object.__setattr__(self, name, messages.whole(name, getattr(self, name), 1, WHOLE))
        if self.window % 2 == 0:
            expected = "odd, so that it has a centre"
            raise ValueError(messages.refusal("window", expected, self.window))


@dataclass(frozen=True)
class LayerNorm(Part):
    """Over the features of one location: mean 0, mean square 1, then a scale and a shift."""


@dataclass(frozen=True)
class BatchNorm(Part):
    """Each feature over the batch at hand: mean 0, mean square 1, then a scale and a shift."""


@dataclass(frozen=True)
class MeanPool(Part):
    """The mean over all locations, the axes between the first and the last."""


@dataclass(frozen=True)
class MaxPool(Part):
    """Refused: what a maximum does to an angle depends on more than angles.

    Raises:
        ValueError: always, with what to do instead.
    """

    def __post_init__(self):
        raise ValueError(
            "Max pooling has no map of lengths and angles: the largest of several locations "
            "depends on them all at once; use MeanPool(), or Affine(window=3, stride=2)."
        )


@dataclass(frozen=True)
class Chain(Part):
    """Parts one after another, the whole of it `times` over; without parts, the identity."""

    parts: tuple[Network, ...] = ()
    times: Any = 1

    def __post_init__(self):
        object.__setattr__(self, "parts", tuple(self.parts))
        _require_networks("parts", self.parts)
        object.__setattr__(self, "times", whole("times", self.times))


@dataclass(frozen=True)
class Sum(Part):
    """Branches of the same input, each multiplied by its weight and added.

    The squares of the weights sum to 1, so that lengths stay; `normalized=False` lets them grow,
    for reading what becomes of a plain sum, which nothing can shape.
    """

    weights: tuple[Any, ...]
    branches: tuple[Network, ...]
    normalized: bool = True

    def __post_init__(self):
        weights = (each if tree.traced(each) else float(each) for each in self.weights)
        object.__setattr__(self, "weights", tuple(weights))
        object.__setattr__(self, "branches", tuple(self.branches))
        messages.switch("normalized", self.normalized)
        _require_networks("branches", self.branches)
        if len(self.weights) != len(self.branches) or not self.branches:
            expected = f"one number for each of the {len(self.branches)} branches"
            raise ValueError(messages.refusal("weights", expected, self.weights))
        total = sum(weight**2 for weight in self.weights)
        if self.normalized and not tree.traced(total) and not abs(total - 1) < 1e-6:
            length = math.sqrt(total)
            scaled = ", ".join(f"{weight / length:.6g}" for weight in self.weights if length)
            advice = f"multiply the branches by {scaled} instead" if length else ""
            raise ValueError(
                messages.refusal("weights", "numbers whose squares sum to 1", self.weights, advice)
            )


@dataclass(frozen=True)
class Concatenation(Part):
    """Branches of the same input, their features side by side, as many of each."""

    branches: tuple[Network, ...]

    def __post_init__(self):
        object.__setattr__(self, "branches", tuple(self.branches))
        if not self.branches:
            raise ValueError(messages.refusal("branches", "at least one network", self.branches))
        _require_networks("branches", self.branches)

    @property
    def weights(self) -> tuple[float, ...]:
        """Of a sum that has the same map: mean squares are averaged."""
        return (len(self.branches) ** -0.5,) * len(self.branches)


def _parts(kind: Any, *names: str, static: tuple[str, ...] = ()) -> None:
    """Makes a pytree of a class of networks, whose parts are its fields but for those `static`."""

    def unflatten(aux_data: tuple[Any, ...], parts: Iterable[Any]) -> Any:
        # JAX also puts together what are no numbers, which the class would refuse.
        network = object.__new__(kind)
        for name, part in zip((*names, *static), (*parts, *aux_data), strict=True):
            object.__setattr__(network, name, part)
        return network

    of: Any = lambda network: tuple(
        tuple(getattr(network, n) for n in each) for each in (names, static)
    )
    jax.tree_util.register_pytree_node(kind, of, unflatten)


for _kind in (Nonlinear, Elementwise, LayerNorm, BatchNorm, MeanPool):
    _parts(_kind)
_parts(Affine, "gain", "bias", static=("window", "stride"))
_parts(Chain, "parts", "times")
_parts(Sum, "weights", "branches", static=("normalized",))
_parts(Concatenation, "branches")


def whole(name: str, value: Any) -> Any:
    """`value` as a whole number from 1; what is traced passes.

    Raises:
        ValueError: if it is none.
    """
    return value if tree.traced(value) else messages.whole(name, value, 1, WHOLE)


def inside(network: Network) -> tuple[Network, ...]:
    """What a network is made of: its parts or its branches; of a single layer nothing.

    >>> len(inside(Chain((Nonlinear(), Nonlinear()))))
    2
    """
    if isinstance(network, Sum | Concatenation):
        return network.branches
    return network.parts if isinstance(network, Chain) else ()


def is_fresh(network: Network) -> bool:
    """Whether what comes out is independent of what went in, given the rest: fresh weights end it.

    >>> is_fresh(Nonlinear()), is_fresh(Elementwise()), is_fresh(Chain())
    (True, False, False)
    """
    if isinstance(network, Sum | Concatenation):
        return all(map(is_fresh, network.branches))
    if isinstance(network, Chain):
        after = [each for each in network.parts if not isinstance(each, NORMS)]
        return bool(after) and is_fresh(after[-1])
    return isinstance(network, Nonlinear | Affine)


def ordered(network: Network) -> Network:
    """The network with a fresh affine layer last in each branch of its sums, but for one.

    One branch may be without, such as the identity of a shortcut; what stands beside it is then
    independent of it. A layer that is added has gain 1 and no bias and changes no map.

    >>> ordered(Sum((0.6, 0.8), (Chain(), Elementwise()))).branches[1].parts[-1]
    Affine(gain=1.0, bias=0.0, window=1, stride=1)
    """
    if isinstance(network, Chain):
        return Chain(tuple(map(ordered, network.parts)), network.times)
    if isinstance(network, Concatenation):
        return Concatenation(tuple(map(ordered, network.branches)))
    if not isinstance(network, Sum):
        return network
    branches, bare = [], False
    for branch in map(ordered, network.branches):
        fresh = is_fresh(branch)
        branches.append(branch if fresh or not bare else Chain((branch, Affine())))
        bare |= not fresh
    return Sum(network.weights, tuple(branches), network.normalized)


def unrolled(along: Sequence[Network]) -> list[Network]:
    """Parts one after another, a repeated one as often as it is.

    >>> len(unrolled([Chain((Nonlinear(),), 3), Affine()]))
    4
    """
    flat: list[Network] = []
    for each in along:
        if isinstance(each, Chain) and each.times > 1:
            flat += [Chain(each.parts)] * each.times
        else:
            flat.append(each)
    return flat


NORMS = (LayerNorm, BatchNorm, MeanPool)


def _require_networks(name: str, parts: Sequence[Any]) -> None:
    for part in parts:
        if not isinstance(part, Part):
            raise ValueError(messages.refusal(name, "made of Nonlinear, Chain and Sum", part))

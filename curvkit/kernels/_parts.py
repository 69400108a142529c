"""What architectures are made of, as data.

| symbol | name | source |
| --- | --- | --- |
| w_i | `Sum.weights`, with Σ w_i² = 1 | arXiv 2110.01765, section 4 |

They are pytrees whose leaves are their numbers, `times` and `weights`, so that these may be traced.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Union

import jax

from curvkit.core import messages, tree

Network = Union["Nonlinear", "Chain", "Sum"]
WHOLE = "a whole number from 1"


@dataclass(frozen=True)
class Nonlinear:
    """One nonlinear layer, with the affine layer before it."""


@dataclass(frozen=True)
class Chain:
    """Parts one after another, the whole of it `times` over; without parts, the identity."""

    parts: tuple[Network, ...] = ()
    times: Any = 1

    def __post_init__(self):
        object.__setattr__(self, "parts", tuple(self.parts))
        _require_networks("parts", self.parts)
        object.__setattr__(self, "times", whole("times", self.times))


@dataclass(frozen=True)
class Sum:
    """Branches of the same input, each multiplied by its weight and added; the squares sum to 1."""

    weights: tuple[Any, ...]
    branches: tuple[Network, ...]

    def __post_init__(self):
        weights = (each if tree.traced(each) else float(each) for each in self.weights)
        object.__setattr__(self, "weights", tuple(weights))
        object.__setattr__(self, "branches", tuple(self.branches))
        _require_networks("branches", self.branches)
        if len(self.weights) != len(self.branches) or not self.branches:
            expected = f"one number for each of the {len(self.branches)} branches"
            raise ValueError(messages.refusal("weights", expected, self.weights))
        total = sum(weight**2 for weight in self.weights)
        if not tree.traced(total) and not abs(total - 1) < 1e-6:
            length = math.sqrt(total)
            scaled = ", ".join(f"{weight / length:.6g}" for weight in self.weights if length)
            advice = f"multiply the branches by {scaled} instead" if length else ""
            raise ValueError(
                messages.refusal("weights", "numbers whose squares sum to 1", self.weights, advice)
            )


def _parts(kind: Any, *names: str) -> None:
    """Makes a pytree of a class of networks, whose parts are its fields."""

    def made(_: None, parts: Iterable[Any]) -> Any:
        # JAX also puts together what are no numbers, which the class would refuse.
        network = object.__new__(kind)
        for name, part in zip(names, parts, strict=True):
            object.__setattr__(network, name, part)
        return network

    of = lambda network: (tuple(getattr(network, name) for name in names), None)
    jax.tree_util.register_pytree_node(kind, of, made)


_parts(Nonlinear)
_parts(Chain, "parts", "times")
_parts(Sum, "weights", "branches")


def whole(name: str, value: Any) -> Any:
    """`value` as a whole number from 1; what is traced passes.

    Raises:
        ValueError: if it is none.
    """
    return value if tree.traced(value) else messages.whole(name, value, 1, WHOLE)


def _require_networks(name: str, parts: Sequence[Any]) -> None:
    for part in parts:
        if not isinstance(part, Nonlinear | Chain | Sum):
            raise ValueError(messages.refusal(name, "made of Nonlinear, Chain and Sum", part))

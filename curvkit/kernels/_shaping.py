"""Shaping: the four numbers that make a deep network's kernel move as little as is asked.

| symbol | name | source |
| --- | --- | --- |
| φ̂(x) = γ (φ(αx + β) + δ) | `Shaped.__call__` | arXiv 2110.01765 |
| α, β, γ, δ | `alpha`, `beta`, `gamma`, `delta` | arXiv 2110.01765 |
| s | `negative_slope` of a leaky ReLU | Zhang, Botev, Martens 2022 |
| ζ | `zeta`: the maximal slope μ(ψ) of the network under DKS | arXiv 2110.01765 |
| η | `eta`: the maximal C_f(0) under TAT with a leaky ReLU | Zhang, Botev, Martens 2022 |
| τ | `tau`: the maximal curvature under TAT with a smooth φ | Zhang, Botev, Martens 2022 |

All in double precision, whatever JAX's own. A ReLU can only be scaled, so DKS drops Q′(1) = 1 for
it; a leaky ReLU keeps α = 1, β = 0 and has its slope s as the unknown. Where a target or a number
of the network is traced, `_traced` solves in place of NumPy, to the same roots.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages, tree
from curvkit.kernels import _networks as networks
from curvkit.kernels import _rectifiers as rectifiers
from curvkit.kernels import _solve as solve
from curvkit.kernels import _targets as targets
from curvkit.kernels import _traced as traced
from curvkit.kernels._activations import Activation, activation
from curvkit.kernels._activations import leaky_relu as leaky

METHODS = ("dks", "tat")
TOLERANCE = 1e-8
# It runs for a millisecond, and is compiled for a person who waits.
QUICKLY = {"xla_backend_optimization_level": 0}


@dataclass(frozen=True)
class AchievedCondition:
    """One condition: what was asked, and what a quadrature finer than the solver's finds."""

    name: str
    target: Any
    achieved: Any

    @property
    def residual(self) -> Any:
        """How far it was missed."""
        return self.achieved - self.target


@dataclass(frozen=True)
class Shaped:
    """A shaped activation φ̂(x) = γ (φ(αx + β) + δ), to be called on arrays.

    Attributes:
        alpha, beta, gamma, delta: the four numbers; `negative_slope` is the leaky ReLU's, or None.
        conditions: the conditions asked for, with what was achieved.
        others: further roots of the same conditions, as `Shaped`, by rising size of β.
        local: the local maps' values and derivatives at q = 1.
    """

    base: Activation
    network: networks.Network
    method: str
    alpha: Any
    beta: Any
    gamma: Any
    delta: Any
    negative_slope: Any
    local: solve.Local
    conditions: tuple[AchievedCondition, ...]
    others: tuple["Shaped", ...] = field(default=(), repr=False)

    def __call__(self, x: Any) -> jax.Array:
        """φ̂ of an array, in the array's own precision; computed in single precision or better,
        since much of it cancels in a deep network.
        """
        x = jnp.asarray(x)
        inner = self.alpha * tree.wide(x) + self.beta
        output = self.gamma * (self.base.function(inner) + self.delta)
        return output.astype(x.dtype) if jnp.issubdtype(x.dtype, jnp.floating) else output

    @property
    def residuals(self) -> dict[str, float]:
        """By how much each condition is missed."""
        return {each.name: each.residual for each in self.conditions}

    def jet(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """φ̂, φ̂′ and φ̂″ in NumPy and float64."""
        value, first, second = self.base.jet(self.alpha * np.asarray(x, float) + self.beta)
        scale = self.gamma * self.alpha
        return self.gamma * (value + self.delta), scale * first, scale * self.alpha * second


# Of a shape, the numbers are what a program takes and returns; all else stays as it is.
NUMBERS = ("network", "alpha", "beta", "gamma", "delta", "negative_slope", "local", "conditions",
           "others")  # fmt: skip


def _flattened(shaped: Shaped) -> tuple[Any, Any]:
    # A leaky ReLU is made anew of its slope.
    base = None if shaped.base.family == "leaky_relu" else shaped.base
    return tuple(getattr(shaped, name) for name in NUMBERS), (base, shaped.method)


def _put_together(aux_data: Any, numbers: Any) -> Shaped:
    (base, method), by_name = aux_data, dict(zip(NUMBERS, numbers, strict=True))
    base = leaky(by_name["negative_slope"]) if base is None else base
    return Shaped(base=base, method=method, **by_name)


jax.tree_util.register_pytree_node(Shaped, _flattened, _put_together)
jax.tree_util.register_pytree_node(
    AchievedCondition,
    lambda each: ((each.target, each.achieved), each.name),
    lambda name, parts: AchievedCondition(name, *parts),
)


def shape(
    given: str | Callable[..., Any] | Activation,
    network: networks.Network | None = None,
    method: str = "dks",
    *,
    depth: int | jax.Array | None = None,
    zeta: Any = 1.5,
    eta: Any = 0.9,
    tau: Any = 0.3,
) -> Shaped:
    """Shapes an activation for a network, by Deep Kernel Shaping or TAT.

    Of several roots the one whose β is nearest to 0 is taken, where the plain activation works;
    the others are offered as `others`. Roots that are the same function up to the signs of x and
    of φ̂ count once: the one with α > 0, and of β and −β the positive one.

    The target and the numbers of the network may be traced, by `jit`, `vmap` or `grad`: then the
    numbers of the shape are, and differentiable in them. As nobody can be told in a compiled
    program, a shape is nan there where its target is out of range or of reach, and so is each
    of `others`, of which there are as many as the activation ever has, that is not there. What is
    known of an activation is looked for when it is first traced, which takes a second.

    Args:
        given: a name, such as `softplus`, or an elementwise JAX function. A leaky ReLU of any
            slope above 0 is one whose slope is looked for; `negative_slope` tells what it has
            become.
        network: the architecture, made by `curvkit.kernels._networks`.
        method: `dks` or `tat`.
        depth: nonlinear layers of a feed-forward network, instead of `network`; one that is traced
            as a real number can be differentiated in, but for TAT with a leaky ReLU.
        zeta: the maximal slope under DKS, above 1.
        eta: the maximal C_f(0) under TAT with a leaky ReLU, in (0, 1).
        tau: the maximal curvature under TAT with any other activation, above 0.

    Returns:
        The shaped activation, its conditions met to 1e-8.

    Raises:
        ValueError: if an argument is out of range, or the conditions cannot be attained; then it
            says what can be. (arXiv 2110.01765; Zhang, Botev, Martens 2022.)

    >>> round(shape("leaky_relu", depth=50).negative_slope, 9)  # (1−s)²/(1+s²) = π (1 − 1/ψ)
    0.796370705
    >>> steep = lambda zeta: shape("leaky_relu", depth=50, zeta=zeta).negative_slope
    >>> round(float(jax.grad(steep)(1.5)), 4)
    -0.1517
    """
    base = activation(given)
    if method not in METHODS:
        raise ValueError(messages.unknown("method", method, METHODS))
    if (network is None) == (depth is None):
        raise ValueError("shape needs either a network or a depth: pass one of the two.")
    if network is None:
        network = networks.feed_forward(messages.known("depth", depth))
    zeta, eta, tau = targets.require(network, zeta, eta, tau)
    rectifier = rectifiers.SOLVERS.get((base.family, method))
    goal = zeta if method == "dks" else tau if rectifier is None else eta
    within = tree.traced(network, goal)
    if rectifier is not None and not within:
        return _of_rectifier(base, network, method, rectifier, goal)
    if rectifier is None and method == "tat" and base.kinks:
        raise ValueError(
            f"TAT needs an activation whose derivative is continuous, but that of {base.name} "
            f"jumps at {base.kinks[0]:g}; use method='dks', or TAT with 'leaky_relu'."
        )
    if within:
        return _within(base, network, method, goal)
    shaped = _solved(base, network, method, goal)
    if shaped is None:
        raise ValueError(_out_of_reach(base, network, method, goal))
    return shaped


def _of_rectifier(base, network, method, rectifier, goal):
    root, slope = rectifier(network, goal)
    base = base if slope is None else leaky(slope)
    (at,) = solve.local(base, root)
    return _checked(base, network, method, root, goal, slope, at)


def _within(base, network, method, goal) -> Shaped:
    """The shape of traced numbers, solved for within the program that traces them."""
    if tree.traced(gains := targets.unit_gains(network)):
        goal = jnp.where(gains, goal, jnp.nan)
    rows = zip(*_solver(base, method)((network, goal)), strict=True)
    candidates = []
    for numbers, at, achieved in rows:
        slope = numbers[4] if base.family == "leaky_relu" else None
        of = base if slope is None else leaky(slope)
        local = solve.Local(*at)
        candidates.append(_made(of, network, method, numbers, goal, slope, local, achieved[3]))
    return _with_others(candidates)


@functools.lru_cache(maxsize=256)
def _solver(base, method):
    """One program for all that is asked of an activation, also where JAX goes step by step."""
    return tree.doubled(lambda given: traced.solve(base, method, *given), QUICKLY)


def _with_others(candidates):
    first, *others = candidates
    return replace(first, others=tuple(others))


def _solved(base, network, method, goal) -> Shaped | None:
    target = (
        targets.slope_excess(network, goal) if method == "dks" else targets.curvature(network, goal)
    )
    candidates = []
    roots = solve.roots(base, target, method == "tat")
    for root, at in zip(roots, solve.local(base, *roots) if roots else (), strict=True):
        shaped = _checked(base, network, method, root, goal, None, at)
        if all(abs(residual) <= TOLERANCE for residual in shaped.residuals.values()):
            candidates.append(shaped)
    if not candidates:
        return None
    return _with_others(candidates)


def _checked(base, network, method, root, goal, slope, at) -> Shaped:
    """The root with the conditions that it attains `at` itself, for the whole network."""
    if method == "dks":
        last = networks.largest(network, lambda each: networks.slope(each, at.slope))
    elif slope is not None:
        last = networks.maximal(network, 0.0, rectifiers.layer(slope))
    else:
        last = networks.largest(network, lambda each: networks.curvature(each, at.curvature))
    return _made(base, network, method, root, goal, slope, at, last)


def _made(base, network, method, root, goal, slope, at, last) -> Shaped:
    conditions = [AchievedCondition("Q(1)", 1.0, at.q)]
    if not (base.family == "relu" and method == "dks"):
        conditions.append(AchievedCondition("Q′(1)", 1.0, at.q_slope))
    if method == "dks":
        conditions += [
            AchievedCondition("C(0)", 0.0, at.c_zero),
            AchievedCondition("maximal slope", goal, last),
        ]
    else:
        name = "maximal curvature" if slope is None else "maximal C(0)"
        conditions += [
            AchievedCondition("C′(1)", 1.0, at.slope),
            AchievedCondition(name, goal, last),
        ]
    numbers = dict(zip(("alpha", "beta", "gamma", "delta"), root[:4], strict=True))
    return Shaped(
        base=base, network=network, method=method, negative_slope=slope, local=at,
        conditions=tuple(conditions), **numbers,
    )  # fmt: skip


def _out_of_reach(base, network, method, goal) -> str:
    """What cannot be attained, and what can: the goal is lowered until a root is found."""
    name, floor = ("zeta", 1.0) if method == "dks" else ("tau", 0.0)
    tried = [floor + (goal - floor) * 0.5**k for k in range(1, 9)]
    reached = next((t for t in tried if _solved(base, network, method, t) is not None), None)
    sentence = (
        f"{method.upper()} finds no scale and shift of {base.name} that meets its conditions at "
        f"{name} = {goal:g} in {messages.counted(networks.layers(network), 'nonlinear layer')}"
    )
    if reached is None:
        return f"{sentence}, nor at any smaller {name} tried; use another activation."
    low, high = reached, floor + 2 * (reached - floor)
    for _ in range(8):
        middle = math.sqrt((low - floor) * (high - floor)) + floor
        low, high = (
            (middle, high) if _solved(base, network, method, middle) is not None else (low, middle)
        )
    return f"{sentence}; {name} = {low - low % 1e-4 or low:.5g} can be attained."

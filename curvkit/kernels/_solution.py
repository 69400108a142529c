"""The shapes that the room's knobs ask for, solved for within its compiled program.

| symbol | name | shape |
| --- | --- | --- |
| ζ, τ or η | `goal`, for less of which is solved where it is out of reach | |
| α, β, γ, δ, s | `Solution.parameters`, the root taken | (5,) |

Solved in float64 and then rounded, for the network of the room's layers and for the architecture
that is built. Turning a target, the depth or the architecture's numbers compiles nothing.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import tree
from curvkit.kernels import _architecture as architecture
from curvkit.kernels import _networks as networks
from curvkit.kernels import _newton as newton
from curvkit.kernels import _traced as traced
from curvkit.kernels._activations import ACTIVATIONS

COSINES = np.linspace(-1, 1, 81)
# Roots shown; and the exponents of two between which the target of a layer lies for all knobs.
ROOTS, BETWEEN = 4, (-14, 1)
BUILT = ("built_plain", "built_shaped", "built_parts", "built_layers", "built_goal")


class Solution(NamedTuple):
    """What the solver found, in double precision and then rounded: five parameters and checks."""

    parameters: Any
    achieved: Any
    missed: Any
    goal: Any
    roots: Any


def solve(settings: Any) -> tuple[Solution, dict[str, jax.Array]]:
    """The network's solution, and the parts of the trace called built.

    Args:
        settings: the room's.
    """
    base, method = ACTIVATIONS[settings.activation], settings.method
    with tree.float64():
        goal, weight = typed(asked(settings)), typed(settings.weight)
        blocks = jnp.asarray(settings.blocks)
        architect = architecture.wire(settings.wiring, blocks, weight)
        both = networks.feed_forward(jnp.asarray(settings.depth)), architect
        feed_forward, built = attained(base, method, both, goal)
        read = architecture.read(base, method, architect, built[0], jnp.asarray(COSINES))
        solution = _solution(method, base.family, *feed_forward)
        parts = dict(zip(BUILT, (*read, built[1]), strict=True))
        return jax.tree.map(lambda each: each.astype(jnp.float32), (solution, parts))


def typed(value: Any) -> jax.Array:
    """A knob's value in float64 as it was typed, of seven digits, from single precision.

    >>> with tree.float64():
    ...     float(typed(jnp.float32(1.02)))
    1.02
    """
    value = jnp.asarray(value, jnp.float32).astype(jnp.float64)
    digits = jnp.floor(jnp.log10(jnp.maximum(jnp.abs(value), 1e-30)))
    scale = 10.0 ** (6 - digits)
    return jnp.round(value * scale) / scale


def asked(settings: Any) -> Any:
    """The target that the knobs ask for: ζ, τ or η."""
    if settings.method == "dks":
        return settings.zeta
    return settings.eta if settings.activation == "leaky_relu" else settings.tau


def attained(
    base: Any, method: str, each: tuple[networks.Network, ...], goal: jax.Array
) -> list[tuple[traced.Made, jax.Array]]:
    """The shapes for some networks and the goals that they attain, less where that is out of reach.

    Args:
        base: the activation.
        method: `dks` or `tat`.
        each: the networks.
        goal: what is asked for, of float64.
    """
    if (base.family, method) in traced.SOLVERS:
        return [_of_rectifier(base, method, network, goal) for network in each]
    floor = 1.0 if method == "dks" else 0.0
    goals = floor + traced.LOWERED ** np.arange(traced.TRIES) * (goal - floor)
    problem = newton.problem(base, method == "tat", *BETWEEN)
    target = lambda network: jax.vmap(lambda goal: traced.target(method, network, goal))(goals)
    targets = jnp.stack([target(network) for network in each])
    # One program for all networks, one after another.
    numbers, tries = jax.lax.map(lambda at: traced.first_attained(problem, at), targets)
    local = traced.local(base, numbers.reshape(-1, 5)).reshape(*numbers.shape[:2], -1)
    given = zip(each, goals[tries], numbers, local, strict=True)
    return [
        (traced.checked(base, method, network, goal, *roots), goal)
        for network, goal, *roots in given
    ]


def _of_rectifier(base, method, network, goal):
    if method == "tat":
        # A leaky ReLU reaches every C(0) up to that of the ReLU, and η is cut to it.
        goal = jnp.minimum(goal, traced.zero(network, jnp.zeros_like(goal)) * (1 - 1e-9))
    return traced.solve(base, method, network, goal), goal


def _solution(method, family, shapes, goal):
    numbers = shapes.numbers[:ROOTS]
    # Rows without a root repeat the first.
    rows = [shapes.numbers[0]] * (ROOTS - len(numbers))
    roots = jnp.concatenate([numbers, jnp.stack(rows)]) if rows else numbers
    roots = jnp.where(jnp.isfinite(roots[:, :1]), roots, roots[0])
    asked = jnp.stack([*map(jnp.asarray, (1.0, 1.0, 0.0 if method == "dks" else 1.0)), goal])
    return Solution(roots[0], shapes.achieved[0], shapes.achieved[0] - asked, goal, roots)

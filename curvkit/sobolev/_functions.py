"""The seven functions of the plane on which values are fitted against values and slopes.

| symbol | name | shape |
| --- | --- | --- |
| x = (x₁, x₂) | argument of `Function.formula` | (2,) |
| f(x) | its result | () |
| low ≤ x ≤ high | `Function.low`, `Function.high` | (2,) |
| x*, f(x*) | `Function.at`, `Function.minimum` | (2,), () |
| u = (x − centre) / half width | scaled inputs | [-1, 1]² |
| g(u) | scaled target, standardised on a grid of 40 × 40 | () |

They are well-known test functions of optimisation. Domains and scaling are curvkit's choice, not
those of arXiv 1706.04859, and errors depend on them.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from curvkit.core import messages
from curvkit.sobolev._scaling import Scaling

GRID = 40


class Function(NamedTuple):
    """A test function: its formula, its rectangle, and where on it it is lowest."""

    formula: Callable[[jax.Array], jax.Array]
    low: tuple[float, float]
    high: tuple[float, float]
    at: tuple[float, float]
    minimum: float


def _ackley(x):
    far = -20 * jnp.exp(-0.2 * jnp.sqrt(0.5 * jnp.sum(x**2)))
    return far - jnp.exp(0.5 * jnp.sum(jnp.cos(2 * jnp.pi * x))) + jnp.e + 20


def _beale(x):
    goals = jnp.array([1.5, 2.25, 2.625])
    powers = jnp.stack([x[1], x[1] ** 2, x[1] ** 3])
    return jnp.sum((goals - x[0] + x[0] * powers) ** 2)


def _booth(x):
    return (x[0] + 2 * x[1] - 7) ** 2 + (2 * x[0] + x[1] - 5) ** 2


def _bukin(x):
    return 100 * jnp.sqrt(jnp.abs(x[1] - 0.01 * x[0] ** 2)) + 0.01 * jnp.abs(x[0] + 10)


def _mccormick(x):
    return jnp.sin(x[0] + x[1]) + (x[0] - x[1]) ** 2 - 1.5 * x[0] + 2.5 * x[1] + 1


def _rosenbrock(x):
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def _styblinski_tang(x):
    return 0.5 * jnp.sum(x**4 - 16 * x**2 + 5 * x)


FUNCTIONS = {
    "ackley": Function(_ackley, (-5, -5), (5, 5), (0, 0), 0),
    "beale": Function(_beale, (-4.5, -4.5), (4.5, 4.5), (3, 0.5), 0),
    "booth": Function(_booth, (-10, -10), (10, 10), (1, 3), 0),
    "bukin": Function(_bukin, (-15, -3), (-5, 3), (-10, 1), 0),
    "mccormick": Function(_mccormick, (-1.5, -3), (4, 4), (-0.54719756, -1.54719756), -1.9132230),
    "rosenbrock": Function(_rosenbrock, (-2, -1), (2, 3), (1, 1), 0),
    "styblinski_tang": Function(
        _styblinski_tang, (-5, -5), (5, 5), (-2.9035340, -2.9035340), -78.332331
    ),
}


def function(name: str) -> Function:
    """The test function of that name.

    Raises:
        ValueError: if there is none, with the names of all.

    >>> function("booth").formula(jnp.array([1.0, 3.0]))
    Array(0., dtype=float32)
    """
    if name not in FUNCTIONS:
        raise ValueError(messages.unknown("function", name, FUNCTIONS))
    return FUNCTIONS[name]


def grid(size: int = GRID) -> jax.Array:
    """The points of a square grid on [-1, 1]², (size², 2), the first coordinate changing fastest.

    >>> grid(2).tolist()
    [[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]]
    """
    line = jnp.linspace(-1, 1, size)
    first, second = jnp.meshgrid(line, line)
    return jnp.stack([first.ravel(), second.ravel()], 1)


def scaling(name: str) -> Scaling:
    """The scaling of a test function: its rectangle to [-1, 1]², variance one on the grid.

    >>> scaling("bukin").input_scale.tolist()
    [5.0, 3.0]
    """
    test_function = function(name)
    low, high = (jnp.asarray(each, float) for each in (test_function.low, test_function.high))
    centre, half = (low + high) / 2, (high - low) / 2
    values = jax.vmap(test_function.formula)(centre + half * grid())
    return Scaling(centre, half, jnp.mean(values), jnp.std(values))


def scaled(name: str) -> Callable[[jax.Array], jax.Array]:
    """A test function on scaled inputs, with scaled values.

    >>> values = jax.vmap(scaled("booth"))(grid())
    >>> round(float(jnp.var(values)), 4)
    1.0
    """
    return scaling(name).inside(function(name).formula)

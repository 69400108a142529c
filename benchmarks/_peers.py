"""Ways to the largest eigenvalue of a Hessian: curvkit's and its peers', on the same product."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.sparse.linalg import lobpcg_standard
from matfree import decomp, eig
from scipy.sparse.linalg import LinearOperator, eigsh

from curvkit.curvature import hvp, top_eigenpairs

TARGET = 1e-3
# What is tried, from the fewest products to the most.
WARM, COLD = (1, 2, 3, 4, 6, 8), (4, 6, 8, 10, 12, 15, 20)


@dataclass(frozen=True)
class Method:
    """A way to the largest eigenvalue: `solve(setting, params, start, seed)`.

    `settings` go from the fewest products to the most; `solve` returns the eigenvalue, what the
    next reading starts from (the vector (P,)) and the number of products made.
    """

    name: str
    warm: bool
    settings: Sequence[Any]
    solve: Callable[[Any, jax.Array, jax.Array | None, int], tuple[Any, Any, Any]]

    def __call__(self, setting, params, start, seed=0):
        solved = self.solve(setting, params, start if self.warm else None, seed)
        value, vector, products = jax.block_until_ready(solved)
        return float(value), vector, int(products)


def random_start(size: int, seed: int) -> jax.Array:
    return jax.random.normal(jax.random.key(seed), (size,))


def curvkit(loss):
    @functools.partial(jax.jit, static_argnames=("num_hvps", "tolerance", "k"))
    def solve(params, start, seed, num_hvps, tolerance, k=1):
        key = jax.random.key(seed)
        options = dict(key=key, start=start, num_hvps=num_hvps, tolerance=tolerance)
        pairs = top_eigenpairs(loss, params, k, **options)
        return pairs.values[0], pairs, pairs.num_hvps

    fixed = lambda m, params, start, seed: solve(params, start, seed, m, None)
    ruled = lambda tolerance, params, start, seed: solve(params, start, seed, 20, tolerance)
    pair = lambda tolerance, params, start, seed: solve(params, start, seed, 20, tolerance, 2)
    tolerances = (1e-2, 1e-3, 1e-4, 1e-5)
    return [
        Method("curvkit, tolerance", True, tolerances, ruled),
        Method("curvkit k=2, tolerance", True, tolerances, pair),
        Method("curvkit, num_hvps", True, WARM, fixed),
        Method("curvkit, num_hvps", False, COLD, fixed),
    ]


def power(loss):
    """PyHessian's rule: stop once the Rayleigh quotient's relative change is below a tolerance."""

    @jax.jit
    def solve(params, vector, limit, tolerance):
        def body(carry):
            made, value, change, vector, _ = carry
            image = hvp(loss, params, vector)
            new = vector @ image
            following = image / jnp.linalg.norm(image)
            return made + 1, new, jnp.abs(new - value) / (jnp.abs(value) + 1e-6), following, vector

        unfinished = lambda carry: (carry[0] < limit) & (carry[2] >= tolerance)
        vector = vector / jnp.linalg.norm(vector)
        made, value, _, _, vector = jax.lax.while_loop(
            unfinished, body, (0, jnp.zeros(()), jnp.array(jnp.inf), vector, vector)
        )
        return value, vector, made

    first = lambda params, start, seed: random_start(params.size, seed) if start is None else start
    ruled = lambda rule, params, start, seed: solve(params, first(params, start, seed), *rule)
    budget = lambda m, params, start, seed: solve(params, first(params, start, seed), m, -1.0)
    rules = [(100, 1e-3), (200, 1e-4), (300, 1e-5), (300, 1e-6)]
    budgets = (1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300)
    return [
        Method("power, PyHessian's rule", False, rules, ruled),
        Method("power, iterations", True, budgets, budget),
        Method("power, iterations", False, budgets, budget),
    ]


def scipy_eigsh(loss, target=TARGET):
    product = jax.jit(functools.partial(hvp, loss))

    def solve(setting, params, start, seed):
        tolerance, ncv = setting
        made = 0

        def matvec(vector):
            nonlocal made
            made += 1
            return np.asarray(product(params, vector.ravel().astype(np.float32)))

        operator = LinearOperator((params.size,) * 2, matvec=matvec, dtype=np.float32)
        start = np.asarray(random_start(params.size, seed) if start is None else start)
        values, vectors = eigsh(operator, 1, which="LA", tol=tolerance, ncv=ncv, v0=start)
        return values[0], vectors[:, 0], made

    tolerances = [(tolerance, None) for tolerance in (0.1, target, 1e-4, 0)]
    sizes = [(target, ncv) for ncv in (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30)]
    return [
        Method("scipy eigsh, tol", True, tolerances, solve),
        Method("scipy eigsh, tol", False, tolerances, solve),
        Method("scipy eigsh, tol=1e-3, ncv", True, sizes, solve),
        Method("scipy eigsh, tol=1e-3, ncv", False, sizes, solve),
    ]


def matfree(loss):
    @functools.partial(jax.jit, static_argnums=2)
    def solve(params, start, m):
        routine = eig.eigh_partial(decomp.tridiag_sym(m, custom_vjp=False))
        values, vectors = routine(lambda v, p: hvp(loss, p, v), start, params)
        return values[-1], vectors[-1], m

    def budget(m, params, start, seed):
        return solve(params, random_start(params.size, seed) if start is None else start, m)

    return [
        Method("matfree, num_matvecs", True, WARM, budget),
        Method("matfree, num_matvecs", False, COLD, budget),
    ]


def lobpcg(loss):
    @functools.partial(jax.jit, static_argnums=3)
    def solve(params, start, tolerance, m):
        product = jax.vmap(functools.partial(hvp, loss, params), in_axes=1, out_axes=1)
        values, vectors, made = lobpcg_standard(product, start[:, None], m, tolerance)
        # One product of the start; then each iteration takes those of three columns, and one more.
        return values[0], vectors[:, 0], 1 + 4 * made

    def first(params, start, seed):
        return random_start(params.size, seed) if start is None else start

    def ruled(tolerance, params, start, seed):
        scaled = None if tolerance is None else tolerance / (10 * params.size)
        return solve(params, first(params, start, seed), scaled, 100)

    budget = lambda m, params, start, seed: solve(params, first(params, start, seed), -1.0, m)
    return [
        Method("jax lobpcg, tol·10n", True, (0.1, 0.03, 0.01, 1e-3, 1e-4), ruled),
        Method("jax lobpcg, tol·10n", False, (0.1, 0.03, 0.01, 1e-3, 1e-4), ruled),
        Method("jax lobpcg, m", True, (1, 2, 3, 6), budget),
        Method("jax lobpcg, m", False, (4, 6, 8, 10, 12, 20), budget),
    ]


FAMILIES = (curvkit, power, scipy_eigsh, matfree, lobpcg)


def methods(loss) -> list[Method]:
    return [each for family in FAMILIES for each in family(loss)]


def stops_itself(method: Method) -> bool:
    """Whether the method stops by a rule of its own, rather than after a number of products."""
    return method.name.endswith(("tolerance", "rule", "tol", "tol·10n"))

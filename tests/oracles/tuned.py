"""CDAT and its rivals as plain NumPy loops on a quadratic, with a dense Hessian."""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit import tuners


def diagonal(state, params):
    """The preconditioner of optax's Adam at its defaults; ones for a base without moments."""
    if not hasattr(state, "nu"):
        return jax.tree.map(jnp.ones_like, params)
    wide = lambda each: each.astype(jnp.promote_types(each.dtype, jnp.float32))
    root = lambda nu: jnp.sqrt(wide(nu) / (1 - 0.999**state.count)) + 1e-8
    return jax.tree.map(lambda nu: root(nu) * (1 - 0.9**state.count), state.nu)


# Every tuner there is, as a function of its base: what is tried on one is tried on all.
TABLE = {
    # At 2 a parabola is climbed to where one came from: nothing would be seen to go down.
    "cdat": functools.partial(tuners.cdat, sigma=1.5),
    "cdat, the paper's rule": functools.partial(tuners.cdat, sigma=1.5, guard=False),
    "cdat with averages": functools.partial(tuners.cdat, sigma=1.5, ema=0.5),
    "greedy": tuners.greedy,
    "constant": functools.partial(tuners.constant, learning_rate=0.1),
    "warm_up": functools.partial(tuners.warm_up, peak=0.1, steps=5, decay_steps=900),
    "schedule": functools.partial(tuners.schedule, learning_rate=optax.constant_schedule(0.1)),
    "armijo": tuners.armijo,
    "exact": tuners.exact,
    "polyak": tuners.polyak,
    "hypergradient": functools.partial(tuners.hypergradient, learning_rate=0.05, rate=1e-3),
    "hypergradient_times": functools.partial(
        tuners.hypergradient, learning_rate=0.05, rate=1e-2, kind="multiplicative"
    ),
    "oracle": functools.partial(tuners.oracle, sigma=1.0),
}
# Those whose steps follow the unit of the loss, and those that look at nothing but gradients.
FREE_OF_UNITS = (
    "cdat", "cdat, the paper's rule", "cdat with averages", "greedy", "polyak", "exact", "oracle",
)  # fmt: skip
BLIND = ("constant", "warm_up", "schedule", "hypergradient", "hypergradient_times")


def quadratic(seed=0, size=6, low=0.1, high=4.0):
    """A dense Hessian of known eigenvalues, and a start."""
    draw = np.random.default_rng(seed)
    basis = np.linalg.qr(draw.normal(size=(size, size)))[0]
    return (basis * np.geomspace(low, high, size)) @ basis.T, draw.normal(size=size)


def follow(method, loss, w, steps):
    """The rates of so many steps, the last parameters and the last state."""

    def one(carry, _):
        w, state = carry
        updates, state = method.update(jax.grad(loss)(w), state, w, value_fn=loss)
        return (optax.apply_updates(w, updates), state), state.learning_rate

    (w, state), rates = jax.jit(lambda w: jax.lax.scan(one, (w, method.init(w)), None, steps))(w)
    return np.asarray(rates), w, state


def both(method, rate, steps=12, seed=0, high=4.0):
    """The rates of a tuner and of a loop, from the same start on the same quadratic."""
    matrix, start = quadratic(seed, high=high)
    loss = lambda w: 0.5 * w @ jnp.asarray(matrix, jnp.float32) @ w
    rates, *_ = follow(method, loss, jnp.asarray(start, jnp.float32), steps)
    return rates, descend(matrix, start, rate(matrix), steps)[0], matrix


def descend(matrix: np.ndarray, start: np.ndarray, rate: Callable, steps: int) -> tuple:
    """Gradient descent on ½ wᵀHw with η = rate(w, g, before): the rates, and the last w."""
    w, rates, before = np.array(start, np.float64), [], None
    for _ in range(steps):
        gradient = matrix @ w
        rates.append(rate(w, gradient, before))
        w, before = w - rates[-1] * gradient, gradient
    return np.array(rates), w


def cdat(matrix: np.ndarray, sigma: float, ema: float = 0.0) -> Callable:
    """σ n / d, both averaged from zero."""
    kept = {"n": 0.0, "d": 0.0}

    def rate(w, gradient, before):
        kept["n"] = ema * kept["n"] + (1 - ema) * gradient @ gradient
        kept["d"] = ema * kept["d"] + (1 - ema) * abs(gradient @ matrix @ gradient)
        return sigma * kept["n"] / kept["d"]

    return rate


def polyak(matrix: np.ndarray) -> Callable:
    """f / ‖g‖², the least loss being zero."""
    return lambda w, gradient, before: 0.5 * w @ matrix @ w / (gradient @ gradient)


def hypergradient(first: float, rate: float, multiplicative: bool) -> Callable:
    """η moved along the product of two gradients in a row, or along its cosine."""
    kept = {"rate": first}

    def found(w, gradient, before):
        if before is not None:
            along = gradient @ before
            if multiplicative:
                lengths = np.linalg.norm(gradient) * np.linalg.norm(before)
                kept["rate"] *= 1 + rate * along / lengths
            else:
                kept["rate"] += rate * along
        return kept["rate"]

    return found


def armijo(matrix: np.ndarray, slope: float, decrease: float, increase: float) -> Callable:
    """The largest η of a shrinking row that lowers the loss enough; the next row starts above."""
    kept = {"rate": 1.0}
    loss = lambda w: 0.5 * w @ matrix @ w

    def found(w, gradient, before):
        rate = min(kept["rate"] * increase, 1.0) if before is not None else 1.0
        while loss(w - rate * gradient) > loss(w) - slope * rate * gradient @ gradient:
            rate *= decrease
        kept["rate"] = rate
        return rate

    return found

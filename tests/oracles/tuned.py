"""CDAT and its rivals as plain NumPy loops on a quadratic, with a dense Hessian."""

from collections.abc import Callable

import jax
import numpy as np
import optax


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

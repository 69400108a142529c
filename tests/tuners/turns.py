"""Examples of the tuners, and other values of their options: rates and places of three steps."""

import functools

import jax
import jax.numpy as jnp
import optax
from oracles.tuned import diagonal
from turning import Beside, Turn

from curvkit import tuners

W = jnp.array([2.0, -2.5])


def bowl(w):
    """Flat far out, so that a long step leads up on the other side."""
    return jnp.sum(jnp.array([1.0, 3.0]) * (jnp.sqrt(1 + w**2) - 1)) + 0.1


def parabola(w):
    return 0.5 * jnp.sum(jnp.array([1.0, 9.0]) * w**2) + 0.1


def steps(make, *given, base=None, loss=bowl, count=3, **options):
    """The rates and the parameters of the first steps."""
    method, w, found = make(optax.identity() if base is None else base, *given, **options), W, []
    state = method.init(w)
    for _ in range(count):
        updates, state = method.update(jax.grad(loss)(w), state, w, value_fn=loss)
        w = optax.apply_updates(w, updates)
        found.append((state.learning_rate, w))
    return found


turn = lambda make, *given, **fixed: functools.partial(steps, make, *given, **fixed)
TURNS = {
    "cdat": Turn(
        turn(tuners.cdat, count=5),
        dict(sigma=1.0, ema=0.5, eps=1.0, max_learning_rate=0.5, guard=False),
        traced=True,
    ),
    "greedy": Turn(
        turn(tuners.greedy, count=5),
        dict(ema=0.5, eps=1.0, max_learning_rate=0.5, guard=Beside(False, {"loss": bowl})),
        traced=True,
    ),
    "armijo": Turn(
        turn(tuners.armijo, loss=parabola),
        dict(
            slope_rtol=0.7, decrease_factor=0.3, increase_factor=4.0, max_learning_rate=0.05,
            max_backtracking_steps=2,
        ),
        traced=True,
    ),
    "exact": Turn(
        turn(tuners.exact, count=1), dict(max_learning_rate=0.1, evaluations=5), traced=True
    ),
    "hypergradient": Turn(
        turn(tuners.hypergradient, 0.1, 0.1), dict(kind="multiplicative"), traced=True
    ),
    "oracle": Turn(
        turn(tuners.oracle, count=1),
        dict(
            sigma=1.0, critical=3.8, max_learning_rate=0.1,
            diagonal=Beside(
                lambda state, params: 2 * diagonal(state, params),
                dict(base=optax.scale_by_adam(), diagonal=diagonal),
            ),
        ),
        full=True,
    ),
    "polyak": Turn(
        turn(tuners.polyak), dict(f_min=0.1, max_learning_rate=0.05, eps=1.0), traced=True
    ),
    "warm_up": Turn(turn(tuners.warm_up, 0.1, 1), dict(decay_steps=3), traced=True),
}  # fmt: skip
LEFT = {
    "oracle.seed": "It draws the start of a search that ends at the same eigenvalue.",
    "play.frames": "How many pictures a film of a run has is looked at where it is drawn.",
}

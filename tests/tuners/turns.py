"""Examples of the tuners, and other values of their options: rates and places of three steps."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
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


def crowded(w):
    """Of so many eigenvalues near the largest that a search for it ends where it began."""
    return 0.5 * jnp.sum(jnp.linspace(1.0, 3.0, 300) * w**2)


def steps(make, *given, base=None, loss=bowl, count=3, start=W, **options):
    """The rates and the parameters of the first steps."""
    w, found = start, []
    method = make(optax.identity() if base is None else base, *given, **options)
    state = method.init(w)
    for _ in range(count):
        updates, state = method.update(jax.grad(loss)(w), state, w, value_fn=loss)
        w = optax.apply_updates(w, updates)
        found.append((state.learning_rate, w))
    return found


def trace():
    """A trace of forty readings with ones in all its series."""
    sizes = {"reading": 40, "contender": 2, "seed": 1, "place": 5, "flow": 0, "run": 0}
    arrays = {
        name: np.ones([sizes[dim] for dim in each.dims], each.dtypes[0])
        for name, each in tuners.Trace.__series__.items()
    }
    header = {"settings": dataclasses.asdict(tuners.Settings())}
    return tuners.Trace(header=header, **arrays | {"step": np.arange(40)})


# The smallest network, for as few steps as are looked at.
SMALL = dict(rates=(0.1,), sigmas=(1.0,), width=2, depth=1, examples=10, steps=20)
TUNED = tuners.Tuned(
    {"base": "gd"}, (0,), np.array([0.1]), np.ones(1), np.full((1, 1, 1), 0.5),
    {"Armijo": np.full((1, 1), 0.4)},
)  # fmt: skip
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
            seed=Beside(1, {"loss": crowded, "start": jnp.ones(300)}),
        ),
        full=True,
    ),
    "polyak": Turn(
        turn(tuners.polyak), dict(f_min=0.1, max_learning_rate=0.05, eps=1.0), traced=True
    ),
    "play": Turn(lambda **given: len(tuners.play(trace(), **given).frames), dict(frames=5)),
    "tune": Turn(
        lambda **given: tuners.tune(**{**SMALL, **given}),
        dict(rates=(0.2,), sigmas=(2.0,), emas=(0.5,), rivals=("prodigy",), batches=(4,)),
        full=True,
    ),
    "draw": Turn(
        lambda **given: len(
            tuners.draw(TUNED._replace(levels=dict(TUNED.levels)), **given).data
        ),
        dict(heat=True, then=lambda one: one.levels.clear()),
    ),
    "warm_up": Turn(turn(tuners.warm_up, 0.1, 1), dict(decay_steps=3), traced=True),
}  # fmt: skip

"""One box of a pendulum's states: a ladder of bounds above an attack, and what sampling sees.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| max F <= u | `Rung.value`, from loose to tight | scalar | arXiv 1902.09592, section 3 |
| F(x*) | the attack's, below every rung | scalar | there, section 5 |
"""

import time
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages
from curvkit.core.tree import float64
from curvkit.verification import _certify as certify
from curvkit.verification import _pendulum as pendulum
from curvkit.verification._semidefinite import semidefinite
from curvkit.verification._verdict import verify

# Bounds of the fast engine, from loose to tight, as options of `certify.bound`.
FAST = {
    "intervals": {"method": "interval"},
    "CROWN, squares apart": {"last": 3},
    "CROWN, products": {},
    "optimised slopes": {"steps": 30},
}
STARTS = 32


class Rung(NamedTuple):
    """A bound on the growth of energy in the box, in joules, and what it took."""

    name: str
    value: float
    seconds: float


def around(theta: float, omega: float, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper of the box around a state, of (w, h, ω/5); ValueError for what is none."""
    theta, omega = messages.real("theta", theta), messages.real("omega", omega)
    radius = messages.real("radius", radius, least=0)
    x = pendulum.places(theta, omega)
    return x - radius, x + radius


def rungs(model, low, high, *, lifted: bool = False, gap: float = 1e-4) -> list[Rung]:
    """Bounds on a box from loose to tight, and last the attack's value, which is below all.

    Args:
        model: of `pendulum.models`.
        low: of the box, (3,).
        high: of the box, (3,).
        lifted: whether the semidefinite program is solved as well, which needs cvxpy.
        gap: how near branch and bound comes to the attack.
    """
    spec, ladder = pendulum.falling().fit(3, 3), []
    with float64():
        for name, options in FAST.items():
            run = certify.program(**options)
            ask = lambda run=run: float(run(model, spec, low[None], high[None]).upper[0])
            ask()  # what is compiled is no part of the time
            ladder.append(_timed(name, ask))
    if lifted:
        q = pendulum.falling_matrix()
        semidefinite(model, (low, high), q)  # imports cvxpy, the first time
        ladder.append(_timed("semidefinite", lambda: semidefinite(model, (low, high), q).value))
    split = lambda: verify(model, (low, high), spec, method="split", gap=gap)
    verdict = split()
    ladder.append(_timed("branch and bound", lambda: split().upper_bound))
    with float64():
        starts = np.random.default_rng(0).uniform(low, high, (STARTS, 3))
        best = np.asarray(certify.climb(model, spec, starts, low, high)[1]).max()
    return [*ladder, Rung("attack", max(float(best), verdict.attack_value), 0.0)]


def _timed(name, ask):
    began = time.perf_counter()
    value = ask()
    return Rung(name, value, time.perf_counter() - began)


def sampled(model, low, high, count: int, seed: int = 0) -> np.ndarray:
    """The growth of energy at random points of a box: (count,)."""
    with float64():
        points = np.random.default_rng(seed).uniform(low, high, (count, 3))
        return np.asarray(certify.values(model, pendulum.falling().fit(3, 3), points))


def margins(model, count: int, single: bool, seed: int = 0) -> np.ndarray:
    """How far bounds on boxes of no width are above the value there, in joules: (count,).

    In single precision the bound is computed as most code would, without a word on rounding; a
    margin below zero is a "certificate" of what is not so.
    """
    spec = pendulum.falling().fit(3, 3)
    points = np.float32(pendulum.places(*pendulum.drawn((11, seed), count)))
    if single:
        down = lambda tree: jax.tree.map(lambda each: jnp.asarray(each, jnp.float32), tree)
        run = certify.program(outward=False)
        upper = np.asarray(run(down(model), down(spec), points, points).upper, float)
    wide = points.astype(float)
    with float64():
        if not single:
            upper = np.asarray(certify.program()(model, spec, wide, wide).upper)
        return upper - np.asarray(certify.values(model, spec, wide))

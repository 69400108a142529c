"""Examples of the curvature room's functions, and other values of their keywords."""

import jax
import jax.numpy as jnp
import numpy as np
from helpers import float64
from turning import Beside, Turn

from curvkit import curvature

KEY, OTHER = jax.random.key(0), jax.random.key(1)
CURVES = jnp.linspace(1.0, 9.0, 12) ** 2
# Coupled, so that random signs tell different traces.
MIXED = np.diag(np.asarray(CURVES)) + 1.0
W = jnp.ones(12)
NEAR = jnp.eye(12)[11] + 0.1


def loss(w):
    return 0.5 * w @ jnp.asarray(MIXED, w.dtype) @ w


def top(**given):
    return curvature.top_eigenpairs(loss, W, **{"key": KEY, "k": 1, "num_hvps": 3, **given})


def blocks(**given):
    params = {"a": jnp.ones(8), "b": jnp.ones(8)}
    bend = jnp.asarray(np.arange(1.0, 9.0) ** 2)
    of = lambda p: 0.5 * bend @ (p["a"] ** 2 + 2 * p["b"] ** 2 + p["a"] * p["b"])
    return curvature.block_sharpness(of, params, **{"key": KEY, "num_hvps": 2, **given})


def gauss_newton(**given):
    given = {"key": KEY, "num_products": 3, **given}
    return curvature.gauss_newton_eigenvalues(
        lambda w: w**2, lambda z: 0.5 * z @ jnp.asarray(MIXED, z.dtype) @ z, W, **given
    )


def ruled(**given):
    """The largest eigenvalue by products, where there is double precision."""
    with float64():
        operator = curvature.of_operator(lambda v: jnp.asarray(MIXED, v.dtype) @ v, 12, **given)
        return np.float64(operator.sharpness(key=KEY))


def trained(**given):
    """The start of a small perceptron and its loss there."""
    start, loss, _ = curvature.task("mlp", jnp.eye(4), jnp.eye(4), **{"width": 2, **given})
    return start(KEY), loss(start(KEY))


TURNS = {
    "of_operator": Turn(ruled, dict(dtype=jnp.float64), full=True),
    "top_eigenpairs": Turn(
        top,
        dict(
            k=2, key=OTHER, start=NEAR, num_hvps=5, preconditioner=2 * W,
            tolerance=Beside(0.3, dict(num_hvps=8)),
        ),
        full=True,
    ),
    "sharpness": Turn(
        lambda **given: curvature.sharpness(loss, W, **{"key": KEY, "num_hvps": 3, **given}),
        dict(key=OTHER, start=NEAR, num_hvps=5),
        full=True,
    ),
    "block_sharpness": Turn(
        blocks,
        dict(key=OTHER, num_hvps=4, tolerance=Beside(0.5, dict(num_hvps=8)),
             blocks={"all": [0, 1]},
             start=jnp.tile(jnp.eye(8)[7] + 0.1, 2)),
        full=True,
    ),
    "gauss_newton_eigenvalues": Turn(gauss_newton, dict(k=2, key=OTHER, num_products=5), full=True),
    "hessian_trace": Turn(
        lambda **given: curvature.hessian_trace(loss, W, **{"key": KEY, "samples": 2, **given}),
        dict(key=OTHER, samples=3),
        traced=True,
    ),
    "spectral_density": Turn(
        lambda **given: curvature.spectral_density(
            loss, W, **{"key": KEY, "samples": 2, "order": 3, **given}
        ),
        dict(key=OTHER, samples=3, order=4),
        full=True,
    ),
    "task": Turn(
        trained,
        dict(loss="cross_entropy", width=3, depth=0, activation="relu", initialization="lecun",
             scale=2.0),
    ),
    "critical": Turn(
        lambda **given: curvature.critical("lion", **given),
        dict(momentum=0.5, second_moment_decay=0.95),
    ),
    "stability_threshold": Turn(
        lambda **given: curvature.stability_threshold("lion", 0.1, **given),
        dict(momentum=0.5, second_moment_decay=0.95),
    ),
}  # fmt: skip

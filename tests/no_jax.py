"""Calls whatever takes a function with functions that are none of JAX's, several times each.

`jax.jit` of a function such as `np.tanh` ends the process at the second call: so this is a program
of its own, which prints what was not refused in one sentence.
"""

import functools
import math
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy import special

import curvkit
from curvkit import curvature, kernels, sobolev, tuners

KEY, W, X = jax.random.key(0), jnp.ones(3), jnp.ones((4, 3))


class Foreign:
    """A function of another library: it takes its own arrays alone."""

    def __call__(self, *args):
        raise TypeError("tanh(): argument 'input' must be Tensor, not an array")


FUNCTIONS = {
    "np.tanh": np.tanh, "np.square": np.square, "expit": special.expit, "erf": special.erf,
    "math.tanh": math.tanh, "float": float, "vectorize": np.vectorize(math.tanh),
    "a partial": functools.partial(np.power, 2.0), "a method": np.ones((3, 3)).dot,
    "foreign": Foreign(), "a closure": lambda *args: math.fsum(args[0]),
}  # fmt: skip


def stepped(method, f):
    return method.update(W, method.init(W), W, value_fn=f)


def watched(f):
    return curvkit.watch(f, learning_rate=0.1, every=1).observe(W, batch=W)


TAKERS = {
    "hvp": lambda f: curvature.hvp(f, W, W),
    "sharpness": lambda f: curvature.sharpness(f, W, key=KEY),
    "top_eigenpairs": lambda f: curvature.top_eigenpairs(f, W, key=KEY),
    "block_sharpness": lambda f: curvature.block_sharpness(f, W, key=KEY),
    "hessian_trace": lambda f: curvature.hessian_trace(f, W, key=KEY),
    "spectral_density": lambda f: curvature.spectral_density(f, W, key=KEY, order=3),
    "gauss_newton_product": lambda f: curvature.gauss_newton_product(f, jnp.sum, W, W),
    "gauss_newton_product, criterion": lambda f: curvature.gauss_newton_product(
        lambda w: w, f, W, W),
    "gauss_newton_eigenvalues": lambda f: curvature.gauss_newton_eigenvalues(f, f, W, key=KEY),
    "over_batches": lambda f: curvature.sharpness(
        curvature.over_batches(f, [X, X]), W, key=KEY),
    "preconditioner": lambda f: curvature.top_eigenpairs(
        lambda w: jnp.sum(w**2), W, key=KEY, preconditioner=f),
    "watch": watched,
    "watch, preconditioner": lambda f: curvkit.watch(
        lambda w: jnp.sum(w**2), preconditioner=f, critical=2.0, learning_rate=0.1, every=1
    ).observe(W, optax.EmptyState()),
    "cdat": lambda f: stepped(tuners.cdat(optax.identity()), f),
    "armijo": lambda f: stepped(tuners.armijo(optax.identity()), f),
    "exact": lambda f: stepped(tuners.exact(optax.identity()), f),
    "polyak": lambda f: stepped(tuners.polyak(optax.identity()), f),
    "oracle": lambda f: stepped(tuners.oracle(optax.identity()), f),
    "oracle, diagonal": lambda f: stepped(
        tuners.oracle(optax.identity(), diagonal=f), lambda w: jnp.sum(w**2)),
    "curvature_along": lambda f: tuners.curvature_along(f, W, W),
    "activation": kernels.activation,
    "shape": lambda f: kernels.shape(f, depth=20),
    "loss": lambda f: sobolev.loss(f, X, X, jnp.ones((4, 3, 3))),
    "penalty": lambda f: sobolev.penalty(f, X, X, jnp.ones((4, 3, 3))),
    "taught": lambda f: sobolev.taught(f, X),
    "kinks": lambda f: sobolev.kinks(f, X),
}  # fmt: skip
# These take functions of NumPy as well, and must go on doing so.
OF_NUMPY = {
    "of_operator": lambda f: curvature.of_operator(f, 3).sharpness(key=KEY),
    "q_map": lambda f: kernels.q_map(f, 1.0),
    "c_map": lambda f: kernels.c_map(f, 0.5),
    "hermite_weights": lambda f: kernels.hermite_weights(f),
}


def wrong(names):
    for taker, take in {**TAKERS, **OF_NUMPY}.items():
        for name, function in ((name, FUNCTIONS[name]) for name in names):
            print(taker, name, file=sys.stderr, flush=True)  # the last is what ended the process
            for _ in range(3):
                try:
                    found = take(function)
                except ValueError as refused:
                    told = str(refused)
                    if "\n" in told or not told.endswith((".", "?")):
                        yield f"{taker} of {name}: {told!r}"
                except Exception as error:
                    yield f"{taker} of {name}: {type(error).__name__}: {str(error)[:150]!r}"
                else:
                    if taker in TAKERS and name not in ("a partial", "a method"):
                        yield f"{taker} of {name} was taken: {str(found)[:80]!r}"


if __name__ == "__main__":
    found = list(dict.fromkeys(wrong(sys.argv[1:] or FUNCTIONS)))
    print("\n".join(found))
    sys.exit(bool(found))

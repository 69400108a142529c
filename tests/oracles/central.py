"""Flows by dense matrices and many small steps, for losses of few parameters."""

import jax
import numpy as np


def flow(loss, params, *, time, limit, step):
    """The end of gradient flow, or of the central flow where one direction comes to `limit`.

    There X has a closed form: 2 ⟨−∇L, ∇λ⟩ / ‖∇λ‖², or 0 where λ falls by itself.
    """
    gradient, hessian = jax.jit(jax.grad(loss)), jax.jit(jax.hessian(loss))
    third = jax.jit(jax.jacfwd(jax.hessian(loss)))
    params = np.asarray(params, float)
    for _ in range(round(time / step)):
        slope = np.asarray(gradient(params))
        values, vectors = np.linalg.eigh(np.asarray(hessian(params)))
        push = 0.0
        if values[-1] >= limit:
            top = vectors[:, -1]
            bend = np.einsum("ijk,i,j->k", np.asarray(third(params)), top, top)
            push = 0.5 * max(0.0, -2 * slope @ bend / (bend @ bend)) * bend
        params = params - step * (slope + push)
    return params

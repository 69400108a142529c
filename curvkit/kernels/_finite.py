"""Networks of finite width, sampled exactly in law without drawing their weight matrices.

| symbol | name | shape |
| --- | --- | --- |
| N, K | width, inputs | |
| X = QR | `activations`, outputs of a layer | (N, K), (K, K) |
| Z | a standard normal matrix | (N, K) |
| U | a Haar frame: Z made orthonormal, signs corrected | (N, K) |

A fresh weight matrix acts on K inputs only through the K directions they span. So W X has the law
of Z R / √N for Gaussian weights and of U R for Haar ones, at a cost of N K² and not N² K.
"""

import jax
import jax.numpy as jnp


def next_layer(key: jax.Array, activations: jax.Array, orthogonal: bool | jax.Array) -> jax.Array:
    """What a fresh square weight matrix makes of K inputs: preactivations, shaped alike.

    Args:
        key: a JAX random key.
        activations: shape (…, N, K), K at most N; each of the leading ones is another network.
        orthogonal: Haar weights if true, else Gaussian with variance 1/N; may be traced.

    >>> lengths = lambda x: jnp.sum(x**2, axis=0)
    >>> x = jnp.ones((8, 1))
    >>> float(jnp.round(lengths(next_layer(jax.random.key(0), x, True))[0], 3))
    8.0
    """
    width = activations.shape[-2]
    triangle = jnp.linalg.qr(activations, mode="r")
    normal = jax.random.normal(key, activations.shape, activations.dtype)
    return jnp.where(orthogonal, frame(normal), normal / width**0.5) @ triangle


def frame(normal: jax.Array) -> jax.Array:
    """The Haar frame that a normal matrix makes: its QR factor with the signs of R's diagonal.

    Without these signs the law is not Haar's. `normal` is of shape (…, N, K), K at most N.

    >>> q = frame(jax.random.normal(jax.random.key(0), (5, 2)))
    >>> bool(jnp.allclose(q.T @ q, jnp.eye(2), atol=1e-5))
    True
    """
    vectors, triangle = jnp.linalg.qr(normal)
    signs = jnp.sign(jnp.diagonal(triangle, axis1=-2, axis2=-1))[..., None, :]
    return vectors * jnp.where(signs == 0, 1, signs)


def inputs_at(cosines: jax.Array, width: int) -> jax.Array:
    """One input and one more for each cosine with it, all of mean square 1: (width, 1 + cosines).

    >>> inputs_at(jnp.array([0.0]), 4).shape
    (4, 2)
    """
    across = jnp.sqrt(jnp.maximum(1 - cosines**2, 0))
    inputs = jnp.zeros((width, 1 + cosines.size)).at[0, 0].set(1.0)
    inputs = inputs.at[0, 1:].set(cosines).at[1, 1:].set(across)
    return inputs * width**0.5


def cosines_with_first(activations: jax.Array) -> jax.Array:
    """The cosines of the first column with each of the others, (…, N, K) to (…, K − 1).

    >>> cosines_with_first(inputs_at(jnp.array([0.5]), 4))
    Array([0.5], dtype=float32)
    """
    lengths = jnp.sqrt(jnp.sum(activations**2, axis=-2))
    inner = jnp.sum(activations[..., :1] * activations[..., 1:], axis=-2)
    return inner / jnp.maximum(lengths[..., :1] * lengths[..., 1:], 1e-30)

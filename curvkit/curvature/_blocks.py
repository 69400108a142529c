"""Sharpness of each layer by itself: the largest eigenvalue of each diagonal block of the Hessian.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| H | Hessian of `loss` at `params` | (P, P), never formed | |
| m | the indicator of a block, one of B | (P,) | |
| λ_b | largest eigenvalue of diag(m) H diag(m) | (B,) | arXiv 2207.14484 looks at H whole |

The blocks do not overlap, so that one vector of P numbers holds the eigenvectors of all of them,
and one compiled loop serves them all.
"""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages, parts, problem, tree
from curvkit.curvature import _davidson as davidson
from curvkit.curvature import _lanczos as krylov


def layers(params: Any) -> dict[str, list[int]]:
    """The leaves of each layer, by name: those whose path in the pytree differs in its end only.

    Args:
        params: any pytree of arrays.

    Returns:
        For each layer the places of its leaves in `jax.tree.leaves(params)`.

    >>> import jax.numpy as jnp
    >>> one = {"kernel": jnp.ones((2, 2)), "bias": jnp.ones(2)}
    >>> layers({"Dense_0": one, "scale": jnp.ones(3)})
    {'Dense_0': [0, 1], 'scale': [2]}
    """
    places: dict[str, list[int]] = {}
    for place, (path, _) in enumerate(jax.tree_util.tree_leaves_with_path(params)):
        keys = [_plain(each) for each in path]
        # Flax's modules wrap each array once more, in a variable.
        keys = keys[:-1] if len(keys) > 1 and keys[-1] in ("value", "raw_value") else keys
        places.setdefault(".".join(keys[:-1] or keys) or "params", []).append(place)
    return places


@tree.exactly
def block_sharpness(
    loss: Callable[..., jax.Array],
    params: Any,
    *args: Any,
    key: jax.Array,
    blocks: dict[str, list[int]] | None = None,
    start: jax.Array | None = None,
    num_hvps: int = 12,
    tolerance: float = 1e-3,
) -> tuple[dict[str, jax.Array], jax.Array]:
    """The largest eigenvalue of each diagonal block of the Hessian.

    Args:
        loss: `loss(params, *args)`, a scalar.
        params: any pytree or model; its floating-point arrays, P numbers in all, are what is
            differentiated.
        args: what the loss gets beside `params`, such as a batch.
        key: a JAX random key.
        blocks: for each block the places of its leaves among the trained ones, which without held
            ones are `jax.tree.leaves(params)`; the layers of params by default. A leaf may be in
            one block at most.
        start: the vectors that an earlier call returned, shape (P,).
        num_hvps: the most Hessian-vector products for each block.
        tolerance: relative; a block stops once its estimated error is below it.

    Returns:
        `(sharpness by block, vectors)`; where all eigenvalues of a block are negative it is 0. The
        vectors, shape (P,), hold each block's eigenvector where the block is, of length one each.

    Raises:
        ValueError: if a block names a leaf that is not there or is in another one, or as in
            `curvkit.curvature.hvp`.

    >>> import jax, jax.numpy as jnp
    >>> loss = lambda p: jnp.sum(p["a"] ** 2) + 2 * jnp.sum(p["b"] ** 2)
    >>> params = {"a": jnp.ones(2), "b": jnp.ones(3)}
    >>> sharpness, _ = block_sharpness(loss, params, key=jax.random.key(0))
    >>> {name: round(float(value), 4) for name, value in sharpness.items()}
    {'a': 2.0, 'b': 4.0}
    """
    posed = problem.posed(loss, params, args)
    blocks = parts.layers(params, posed.shape, layers) if blocks is None else blocks
    owner = owners(blocks, posed.numbers)
    if start is None:
        start = jnp.zeros(posed.size, posed.numbers[0].dtype)
    if jnp.shape(start) != (posed.size,):
        raise ValueError(messages.refusal("start", f"of shape ({posed.size},)", jnp.shape(start)))
    steps, tolerance = (
        min(messages.whole("num_hvps", num_hvps), posed.size),
        messages.real("tolerance", tolerance, least=0, most=math.inf),
    )
    statics = dict(blocks=len(blocks), steps=steps, tolerance=tolerance)
    values, vectors = posed.run(_searched, owner, start, key, **statics)
    return dict(zip(blocks, values, strict=True)), vectors


def _searched(loss, numbers, owner, start, key, *, blocks, steps, tolerance):
    flat = problem.flat(loss, numbers)
    values, vectors = search(flat.product, flat.vector, owner, start, key, blocks, steps, tolerance)
    return values * flat.scale, vectors


def search(
    hessian: Callable[[jax.Array], jax.Array],
    vector: jax.Array,
    owner: jax.Array,
    start: jax.Array,
    key: jax.Array,
    blocks: int,
    steps: int,
    tolerance: float,
) -> tuple[jax.Array, jax.Array]:
    """The largest eigenvalue of each block, shape (blocks,), and the vectors, shape (P,)."""
    start = jnp.where(jnp.isfinite(start), start, 0).astype(vector.dtype)

    def one(together, number):
        inside = (owner == number).astype(vector.dtype)

        def product(along):
            return inside * hessian(inside * along)

        values, vectors, _, _ = davidson.davidson(
            product,
            (inside * start)[None],
            steps,
            (tolerance,),
            key=jax.random.fold_in(key, number),
            capacity=davidson.capacity(vector.size, 1),
        )
        return together + krylov.unit(inside * vectors[0]), jnp.maximum(values[0], 0)

    numbers = jnp.arange(blocks, dtype=owner.dtype)
    vectors, values = jax.lax.scan(one, jnp.zeros_like(vector), numbers)
    return values, vectors


def owners(blocks: dict[str, list[int]], leaves: list[jax.Array]) -> jax.Array:
    """For each parameter the number of its block, or −1; shape (P,).

    Raises:
        ValueError: if a block names a leaf that is not there or is in another one.
    """
    owner = [-1] * len(leaves)
    for number, (name, places) in enumerate(blocks.items()):
        for place in places:
            if not 0 <= place < len(leaves) or owner[place] >= 0:
                expected = f"leaves from 0 to {len(leaves) - 1}, each in one block"
                raise ValueError(messages.refusal(f"blocks[{name!r}]", expected, places))
            owner[place] = number
    # As short as the numbers allow: there are as many as parameters.
    kind = np.min_scalar_type(-max(len(blocks), 1))
    return jnp.concatenate(
        [jnp.full(np.size(e), n, kind) for e, n in zip(leaves, owner, strict=True)]
    )


def _plain(key: Any) -> str:
    """A key of a pytree's path as a person writes it."""
    for name in ("key", "name", "idx"):
        if hasattr(key, name):
            return str(getattr(key, name))
    return str(key)

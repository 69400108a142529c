"""Parameters as a tuner sees them: the leaves that move, of any dtype and placed on any mesh.

| symbol | name | shape |
| --- | --- | --- |
| w | the leaves that move: those of floating-point numbers | list of arrays |
| m | `largest`, the largest entry of a list of leaves in size | scalar |
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec

from curvkit.core import messages
from curvkit.core.tree import wide


def moving(like: Any) -> list[bool]:
    """For each leaf whether it is trained: a counter or a key is not.

    >>> moving({"count": jnp.zeros((), int), "w": jnp.ones(2)})
    [False, True]
    """
    trained = []
    for path, leaf in jax.tree_util.tree_leaves_with_path(like):
        dtype = leaf.dtype if hasattr(leaf, "dtype") else jnp.result_type(leaf)
        if jnp.issubdtype(dtype, jnp.complexfloating):
            where = f"params{jax.tree_util.keystr(path)}"
            advice = "give the real and the imaginary part as two arrays"
            raise ValueError(messages.refusal(where, "of real numbers", dtype, advice))
        trained.append(bool(jnp.issubdtype(dtype, jnp.floating)))
    return trained


def part(tree: Any, which: list[bool]) -> list[jax.Array]:
    """The leaves that move, as a list of arrays."""
    leaves = jax.tree.leaves(tree)
    if len(leaves) != len(which):
        got = f"{len(leaves)} leaves and {len(which)}"
        raise ValueError(messages.refusal("grads", "a pytree like params", got))
    return [jnp.asarray(leaf) for leaf, moves in zip(leaves, which, strict=True) if moves]


def whole(leaves: list[Any], which: list[bool], like: Any) -> Any:
    """`like`, with `leaves` in the places of those that move."""
    trained = iter(leaves)
    old, form = jax.tree.flatten(like)
    new = [next(trained) if moves else leaf for leaf, moves in zip(old, which, strict=True)]
    return jax.tree.unflatten(form, new)


def floats(tree: Any, which: list[bool]) -> Any:
    """`tree` as a base can take it: zeros where a leaf does not move."""
    if all(which):
        return tree
    leaves, form = jax.tree.flatten(tree)
    zero = lambda leaf: jnp.zeros(jnp.shape(leaf), jnp.float32)
    pairs = zip(leaves, which, strict=True)
    return jax.tree.unflatten(form, [leaf if moves else zero(leaf) for leaf, moves in pairs])


def times(number: jax.Array, x: jax.Array) -> jax.Array:
    """`number · x`, multiplied in single precision or better, in the dtype of `x`."""
    broad = wide(x)
    return (jnp.asarray(number).astype(broad.dtype) * broad).astype(x.dtype)


def largest(leaves: list[jax.Array]) -> jax.Array:
    """The largest entry in size of all leaves, an fp32 scalar: nan where one is no number."""
    leaves = [wide(leaf) for leaf in leaves if leaf.size]
    if not leaves:
        return jnp.zeros((), jnp.float32)
    each = jnp.stack([jnp.max(jnp.abs(leaf)).astype(jnp.float32) for leaf in leaves])
    # Of 4096 numbers and more XLA's largest on a processor passes over what is no number.
    none = jnp.stack([jnp.isnan(leaf).any() for leaf in leaves]).any()
    return jnp.where(none, jnp.nan, each.max())


def unit(leaves: list[jax.Array], size: jax.Array, like: list[jax.Array]) -> list[jax.Array]:
    """`leaves` over their largest entry, in the dtypes of `like`; zeros stay."""
    normed = lambda leaf: wide(leaf) / jnp.where(size == 0, 1.0, size).astype(wide(leaf).dtype)
    return [normed(leaf).astype(other.dtype) for leaf, other in zip(leaves, like, strict=True)]


def over(number: jax.Array, *divisors: jax.Array) -> jax.Array:
    """`number` over each in turn: the compiler would else divide by their product, which may be
    more than a number can hold.
    """
    for divisor in divisors:
        number = jax.lax.optimization_barrier(number / jnp.asarray(divisor).astype(number.dtype))
    return number


def moved(params: Any, rate: jax.Array, direction: Any) -> Any:
    """`params + rate · direction`, in the dtypes of `params`."""

    def one(w, u):
        far = times(rate, wide(u)).astype(wide(w).dtype)
        return (wide(w) + far).astype(w.dtype)

    return jax.tree.map(one, params, direction)


def returned(
    back: jax.Array, anchor: list[Any], params: list[Any], updates: list[Any]
) -> list[jax.Array]:
    """`updates`, or where `back` is true those that lead from `params` to `anchor`."""

    def one(old, now, update):
        way = wide(placed_like(now, old)) - wide(now)
        return jnp.where(back, placed_like(update, way.astype(update.dtype)), update)

    return [one(*each) for each in zip(anchor, params, updates, strict=True)]


def strong(tree: Any) -> Any:
    """`tree` as arrays without weak types, so that a step is traced once and not twice."""

    def one(leaf):
        leaf = jnp.asarray(leaf)
        keys = jnp.issubdtype(leaf.dtype, jax.dtypes.extended)
        return leaf if keys else jax.lax.convert_element_type(leaf, leaf.dtype)

    return jax.tree.map(one, tree)


def select(known: jax.Array, new: Any, old: Any, cast: bool = True) -> Any:
    """`new` where `known`, else `old`; in the dtypes of `old`, or of `new` without `cast`."""
    if jax.tree.structure(new) != jax.tree.structure(old):
        return new

    def one(new, old):
        new, old = jnp.asarray(new), jnp.asarray(old)
        if new.dtype != old.dtype:
            new, old = (new.astype(old.dtype), old) if cast else (new, old.astype(new.dtype))
        return jnp.where(known, new, placed_like(new, old))

    return jax.tree.map(one, strong(new), strong(old))


def on_explicit_mesh(leaf: Any) -> bool:
    """Whether the type of an array says how it is spread over a mesh (`AxisType.Explicit`)."""
    mesh = _mesh(leaf)
    explicit = getattr(getattr(jax.sharding, "AxisType", None), "Explicit", None)
    return mesh is not None and explicit in (getattr(mesh, "axis_types", None) or ())


def replicated(leaf: jax.Array) -> jax.Array:
    """The whole array in each place, so that it can be put beside others."""
    mesh = _mesh(leaf)
    if mesh is None or not on_explicit_mesh(leaf):
        return leaf
    return jax.sharding.reshard(leaf, NamedSharding(mesh, PartitionSpec()))


def placed_like(like: jax.Array, leaf: jax.Array) -> jax.Array:
    """`leaf`, spread over the mesh as `like` is."""
    if not on_explicit_mesh(like):
        return leaf
    wanted = jax.typeof(like).sharding
    if getattr(jax.typeof(leaf), "sharding", None) == wanted:
        return leaf
    return jax.sharding.reshard(leaf, wanted)


def _mesh(leaf):
    typed = jax.typeof(leaf) if hasattr(jax, "typeof") else leaf
    mesh = getattr(getattr(typed, "sharding", None), "mesh", None)
    return None if mesh is None or not getattr(mesh, "axis_names", ()) else mesh

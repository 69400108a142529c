"""Which of the trained arrays a part of an optimizer acts on, and what its state holds of each.

| symbol | name | source |
| --- | --- | --- |
| | `places`, of each array among the trained ones | |
"""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from curvkit.core import messages

INSTEAD = (
    "pass rule=None for the sharpness without a threshold, or preconditioner= and critical= of "
    "your own"
)


class Unlike(ValueError):
    """A state that is not of these arrays."""


class Cover(NamedTuple):
    """The arrays that a part of an optimizer acts on.

    Attributes:
        params: a pytree of arrays, those that are hidden from it as `optax.MaskedNode`.
        places: of the same structure: the place among the trained arrays, −1 where it is none.
        shapes: of the trained arrays.
    """

    params: Any
    places: Any
    shapes: tuple[tuple[int, ...], ...]

    @property
    def trained(self) -> list[int]:
        """The places of the trained arrays that are not hidden."""
        return [at for at in jax.tree.leaves(self.places) if at >= 0]

    def shown(self, mask: Any) -> "Cover":
        """What `optax.masked` shows of it."""
        flags = jax.tree.leaves(jax.tree.map(callable, mask))
        try:
            mask = mask(self.params) if flags and all(flags) else mask
            hide = functools.partial(
                jax.tree.map, lambda m, p: p if m else optax.MaskedNode(), mask
            )
            return self._replace(params=hide(self.params), places=hide(self.places))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise Unlike(
                f"optimizer masks or labels other arrays than those of params ({error}); pass the "
                "params that it trains."
            ) from error

    def held(self, alike: bool = True, **fields: Any) -> dict[int, dict[str, jax.Array]]:
        """For each trained array what these pytrees hold of it.

        Raises:
            Unlike: if they are of other arrays, or, where they are to be `alike`, shapes.
        """
        places = jax.tree.leaves(self.places)
        leaves: dict[int, dict[str, jax.Array]] = {at: {} for at in places if at >= 0}
        for name, field in fields.items():
            seen = dict(self._placed(name, field))
            leaves = {at: leaves[at] | {name: leaf} for at, leaf in seen.items() if at in leaves}
            if alike and any(jnp.shape(leaf) != self.shapes[at] for at, leaf in seen.items()):
                raise Unlike(self._other(name, len(seen)))
        return leaves

    def _placed(self, name, field):
        """The leaves of a field of a state, each with its place; what is hidden is left out."""
        hidden = lambda each: isinstance(each, optax.MaskedNode)
        leaves = jax.tree.leaves(field, is_leaf=hidden)
        places = jax.tree.leaves(self.places, is_leaf=hidden)
        if len(leaves) != len(places):
            # A whole branch may be hidden as one; what holds something is of one array.
            def spread(leaf, below):
                whole = below if hidden(leaf) or jnp.isscalar(below) else []
                return jax.tree.map(lambda _: leaf, whole, is_leaf=hidden)

            try:
                leaves = jax.tree.map(spread, field, self.places, is_leaf=hidden)
                leaves = jax.tree.leaves(leaves, is_leaf=hidden)
            except (ValueError, TypeError):
                leaves = jax.tree.leaves(field)
        if len(leaves) != len(places):
            raise Unlike(self._other(name, len(jax.tree.leaves(field))))
        pairs = zip(places, leaves, strict=True)
        return [(at, leaf) for at, leaf in pairs
                if not hidden(leaf) and not hidden(at) and at >= 0]  # fmt: skip

    def only(self, some: set[int]) -> "Cover":
        """The cover of some of the trained arrays alone."""
        places = jax.tree.map(lambda at: at if at in some else -1, self.places)
        return self._replace(places=places)

    def _other(self, name, count):
        what = "second moments" if name in ("nu", "nu_max", "sum_of_squares") else f"'{name}'"
        return (
            f"opt_state has {what} of {count} arrays and params has {len(self.shapes)} that are "
            "trained, or their shapes differ; pass the state and the params of the same optimizer, "
            "and say by trained= which leaves it trains."
        )


def unknown(name: Any) -> str:
    """The sentence for a part of an optimizer that is not known here."""
    return f"optimizer has {messages.shown(name)} in it, whose edge is not known here; {INSTEAD}."


def scalar(value: Any) -> Any:
    """A number that may lie in a framework's box."""
    return jax.tree.leaves(value)[0]

"""Parameters as lists of the leaves that move."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close

from curvkit.tuners import _leaves as leaves

MIXED = {"count": jnp.array(3), "w": jnp.ones(2), "z": (jnp.zeros(1, bool), jnp.full(1, 2.0))}


def test_leaves_are_taken_apart_and_put_together():
    which = leaves.moving(MIXED)
    assert which == [False, True, False, True]
    back = leaves.whole([2 * leaf for leaf in leaves.part(MIXED, which)], which, MIXED)
    assert int(back["count"]) == 3 and not bool(back["z"][0][0])
    assert_close(back["w"], [2, 2]), assert_close(back["z"][1], [4])
    shown = leaves.floats(MIXED, which)
    assert jax.tree.structure(shown) == jax.tree.structure(MIXED)
    assert all(jnp.issubdtype(leaf.dtype, jnp.floating) for leaf in jax.tree.leaves(shown))


def test_what_has_other_leaves_is_refused():
    with pytest.raises(ValueError, match="grads must be a pytree like params"):
        leaves.part({"w": 1.0}, [True, True])
    with pytest.raises(ValueError, match="imaginary"):
        leaves.moving({"w": jnp.ones(2, jnp.complex64)})


def test_directions_over_their_largest_entry_keep_what_is_small():
    size = leaves.largest([jnp.array([1e-30, -3e-30]), jnp.zeros(0)])
    assert_close(size / 1e-30, 3.0, rtol=1e-6)
    assert_close(leaves.unit([jnp.array([1e-30, -3e-30])], size, [jnp.ones(2)])[0], [1 / 3, -1],
                 rtol=1e-6)  # fmt: skip
    assert np.isnan(leaves.largest([jnp.array([1.0, jnp.nan])]))
    assert float(leaves.largest([])) == 0
    assert not np.any(leaves.unit([jnp.zeros(2)], jnp.zeros(()), [jnp.ones(2)])[0])


def test_division_in_turn_does_not_divide_by_the_product():
    big = jnp.float32(1e25)
    divided = jax.jit(lambda x: leaves.over(x, x, x))(big)
    assert_close(float(divided) * 1e25, 1.0, rtol=1e-5)


def test_what_is_kept_has_the_old_or_the_new_dtype():
    old, new = jnp.ones(2, jnp.float32), jnp.zeros(2, jnp.bfloat16)
    assert leaves.select(jnp.array(True), new, old).dtype == jnp.float32
    assert leaves.select(jnp.array(False), new, old, cast=False).dtype == jnp.bfloat16


@pytest.mark.parametrize("count", [5, 5000])
def test_the_largest_of_what_is_no_number_is_none(count):
    numbers = jnp.linspace(-3, 2, count).at[1].set(jnp.nan)
    assert jnp.isnan(jax.jit(leaves.largest)([jnp.ones(4), numbers]))
    assert jax.jit(leaves.largest)([jnp.ones(4), numbers[2:]]) == jnp.abs(numbers[2:]).max()

"""A loss and its parameters made ready: there and back, by hand and at random."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.flatten_util import ravel_pytree

from curvkit.core import problem

arrays = st.sampled_from([(), (1,), (3,), (2, 3)]).map(
    lambda shape: np.arange(1, 1 + np.prod(shape, dtype=int), dtype=np.float32).reshape(shape)
)
trees = st.recursive(
    arrays,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.sampled_from("abc"), inner, min_size=1)
    ),
    max_leaves=6,
)


def squares(params):
    return sum(jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(params))


@given(params=trees)
@settings(max_examples=8, deadline=None)  # each shape is compiled anew
def test_numbers_go_there_and_back_with_the_same_loss(params):
    posed = problem.posed(squares, params)
    assert posed.size == sum(np.size(leaf) for leaf in jax.tree.leaves(params))
    back = posed.like_params(posed.numbers)
    assert jax.tree.structure(back) == jax.tree.structure(params)
    assert jax.tree.all(jax.tree.map(lambda a, b: np.array_equal(a, b), back, params))
    assert float(posed.run(lambda loss, numbers: loss(numbers))) == float(squares(params))


@given(params=trees, other=trees)
@settings(deadline=None)
def test_alike_are_trees_of_the_same_structure_and_shapes_and_no_others(params, other):
    posed = problem.posed(squares, params)
    doubled = posed.within("vector", jax.tree.map(lambda leaf: 2 * leaf, params))
    assert_close(ravel_pytree(doubled)[0], 2 * ravel_pytree(params)[0])
    alike = jax.tree.structure(params) == jax.tree.structure(other) and all(
        np.shape(a) == np.shape(b)
        for a, b in zip(jax.tree.leaves(params), jax.tree.leaves(other), strict=True)
    )
    if not alike:
        with pytest.raises(ValueError, match="vector must be shaped like params"):
            posed.within("vector", other)


@pytest.mark.parametrize("unit", [1e-37, 1e-20, 1.0, 1e20, 1e37])
def test_a_function_is_divided_by_a_power_of_two_near_its_size(unit):
    posed = problem.posed(lambda w: unit * jnp.sum(w**2), jnp.array([0.5, 0.25]))
    flat = posed.run(lambda loss, numbers: problem.flat(loss, numbers)[2:5])
    scale, value, gradient = (np.asarray(each, float) for each in flat)
    assert np.log2(scale) == round(np.log2(scale))
    assert_close(value / unit, 0.3125, rtol=1e-6)
    assert 0.25 < np.max(np.abs(gradient)) < 4


@pytest.mark.parametrize(
    "given, said",
    [
        (dict(args=(1, 2)), r"loss.params, …, …. raises TypeError"),
        (dict(args=("a",)), "raises"),
        (dict(params={"w": np.array(["x"])}), "params"),
        (dict(args=(np.array(["x"]),)), "what loss gets must be arrays"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_one_sentence(given, said):
    loss = lambda params, batch=1.0: jnp.sum(params["w"] * batch)
    with pytest.raises(ValueError, match=said) as refused:
        problem.posed(loss, given.get("params", {"w": jnp.ones(2)}), given.get("args", ()))
    assert "\n" not in str(refused.value)

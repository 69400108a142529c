"""A loss summed over batches is the loss on all examples, and so are its derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from helpers import assert_close, float64

from curvkit import data
from curvkit.curvature import _network as network
from curvkit.curvature._chunks import over_batches
from curvkit.curvature._eigenpairs import hvp

PARAMS = network.mlp(jax.random.key(0), [1, 4, 1], "lecun")


def mean(params, batch):
    inputs, targets = batch
    return network.mean_squared_error(network.predict(params, inputs, "tanh"), targets)


def cut(batch, ends):
    """A batch in pieces that end at `ends`."""
    pairs = zip([0, *ends], [*ends, len(batch[0])], strict=True)
    return [tuple(each[a:b] for each in batch) for a, b in pairs]


@pytest.mark.slow
@pytest.mark.parametrize("ends", [[], [4, 8], [1, 7]], ids=str)
def test_however_it_is_cut_loss_gradient_and_hessian_are_those_of_the_whole(ends):
    with float64():
        whole = tuple(jnp.asarray(each, float) for each in data.chebyshev(4, 12))
        params = jax.tree.map(lambda each: each.astype(float), PARAMS)
        total = over_batches(mean, cut(whole, ends))
        at_once = lambda params: mean(params, whole)
        assert_close(total(params), at_once(params), rtol=1e-13)
        pairs = [(jax.grad(total)(params), jax.grad(at_once)(params))]
        pairs += [(hvp(total, params, params), hvp(at_once, params, params))]
        for got, expected in pairs:
            for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
                assert_close(one, other, rtol=1e-10, atol=1e-13)


def test_a_loader_that_gives_batches_once_is_enough():
    whole = tuple(map(jnp.asarray, data.chebyshev(4, 12)))
    total = over_batches(mean, iter(cut(whole, [5, 10])))
    assert_close(total(PARAMS), total(PARAMS), rtol=0)


def test_the_program_grows_with_the_shapes_and_not_with_the_batches():
    whole = tuple(map(jnp.asarray, data.chebyshev(4, 12)))
    sizes = [
        len(str(jax.make_jaxpr(jax.grad(over_batches(mean, cut(whole, ends))))(PARAMS)))
        for ends in ([6], [3, 6, 9], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    ]
    # Batches of a single example save an operation or two; twelve programs would be many more.
    assert max(sizes) < 1.1 * min(sizes)


def test_no_batches_and_batches_that_are_none_are_refused():
    with pytest.raises(ValueError, match="at least one batch"):
        over_batches(mean, [])
    with pytest.raises(ValueError, match="one leading axis"):
        over_batches(mean, [(jnp.ones((3, 1)), jnp.ones((2, 1)))])
    with pytest.raises(ValueError, match="one leading axis"):
        over_batches(mean, [(jnp.ones((3, 1)), jnp.ones(()))])


class Foreign:
    """An array of another library, with a dtype of its own."""

    def __init__(self, numbers):
        self.numbers, self.dtype, self.shape = numbers, "foreign.float32", numbers.shape

    def __array__(self, dtype=None, copy=None):
        return self.numbers


ROWS = np.arange(12.0, dtype=np.float32).reshape(4, 3)
KINDS = {"frame": pd.DataFrame, "foreign": Foreign, "a tuple": lambda rows: (rows, rows[:, 0]),
         "a dict": lambda rows: {"x": pd.DataFrame(rows)}}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_data_of_other_libraries_are_read_as_arrays(kind):
    mean = lambda w, batch: jnp.mean((jax.tree.leaves(batch)[0] @ w) ** 2)
    right = over_batches(mean, [ROWS[:2], ROWS[2:]])(jnp.ones(3))
    made = over_batches(mean, [KINDS[kind](ROWS[:2]), KINDS[kind](ROWS[2:])])
    assert_close(made(jnp.ones(3)), right, rtol=1e-6)
    # An empty batch is counted by its 0 examples.
    empty = over_batches(mean, [ROWS[:2], ROWS[:0], ROWS[2:]])
    assert_close(empty(jnp.ones(3)), right, rtol=1e-6)


@pytest.mark.parametrize(
    "batches, said",
    [
        ([pd.DataFrame(ROWS).astype(str)], "must be arrays.*give numbers"),
        (pd.DataFrame(ROWS), "put a single one into a list"),
        (3, "an iterable of batches"),
        ("abc", "an iterable of batches"),
        ([], "at least one batch"),
        ([ROWS[:0]], "at least one batch"),
    ],
)
def test_batches_that_are_none_are_refused_in_a_sentence(batches, said):
    with pytest.raises(ValueError, match=said) as refused:
        over_batches(lambda w, batch: jnp.mean(w), batches)
    assert "\n" not in str(refused.value)

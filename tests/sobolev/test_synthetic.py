"""Synthetic gradients: each method's is what it says, and slopes make a prediction usable."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close

from curvkit import data
from curvkit.sobolev._synthetic import (
    METHODS,
    _first,
    entropy,
    gradients,
    handed,
    predicted,
    synthetic,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def batch():
    """Weights, six digits, and the gradients of a method with λ = 2 as one program."""
    pixels, labels = (jnp.asarray(each) for each in data.digits(6))
    params = _first(np.random.default_rng(0), 64, 10)
    found = jax.jit(lambda method: gradients(params, method, pixels, labels))
    row = lambda name: jnp.array(METHODS[name], float) * jnp.array([1, 1, 1, 1, 2.0])
    return params, pixels, labels, lambda name: found(row(name))


def test_backpropagation_is_the_gradient_of_the_whole_network(batch):
    params, pixels, labels, found = batch

    @jax.jit
    @jax.grad
    def whole(parts):
        each = lambda x, y: entropy(parts["upper"], handed(parts["lower"], x), y)
        return jnp.mean(jax.vmap(each)(pixels, labels))

    made, cosine = found("backpropagation")
    expected = whole({name: params[name] for name in ("lower", "upper")})
    for one, other in zip(
        jax.tree.leaves([made["lower"], made["upper"]]),
        jax.tree.leaves([expected["lower"], expected["upper"]]),
        strict=True,
    ):
        assert_close(one, other, atol=1e-6)
    assert_close(cosine, 1, atol=1e-5)


def test_a_lower_half_that_is_given_nothing_does_not_move(batch):
    made, cosine = batch[3]("nothing")
    assert all(not np.any(each) for each in jax.tree.leaves(made["lower"])) and cosine == 0


def test_a_prediction_is_brought_to_values_to_slopes_or_to_both(batch):
    params, pixels, labels, found = batch

    @jax.jit
    def wrong(value):
        """Squared errors of what is predicted, and of its slopes, point by point."""
        hidden = handed(params["lower"], pixels)
        values, slopes = 0.0, 0.0
        for h, y in zip(hidden, labels, strict=True):
            values += (predicted(value, h, y) - entropy(params["upper"], h, y)) ** 2
            guess = jax.grad(predicted, 1)(value, h, y)
            slopes += jnp.sum((guess - jax.grad(entropy, 1)(params["upper"], h, y)) ** 2)
        return jnp.stack([values, slopes]) / len(hidden)

    parts = jax.jit(jax.jacrev(wrong))(params["value"])
    made = {name: found(name)[0]["value"] for name in ("values alone", "slopes alone", "Sobolev")}
    for name, by in (("values alone", [1, 0]), ("slopes alone", [0, 2]), ("Sobolev", [1, 2])):
        for got, each in zip(jax.tree.leaves(made[name]), jax.tree.leaves(parts), strict=True):
            assert_close(got, np.tensordot(by, each, 1), atol=1e-5, what=name)


def test_slopes_make_a_prediction_s_gradient_worth_following():
    made = synthetic(*data.digits(800), steps=150, seeds=3)
    at = {name: number for number, name in enumerate(METHODS)}
    assert np.all(made.cosine[at["Sobolev"]] > made.cosine[at["values alone"]] + 0.05)
    assert np.all(made.accuracy[at["backpropagation"]] > made.accuracy[at["nothing"]])
    told = made._repr_markdown_()
    assert f"**{np.median(made.accuracy[at['Sobolev']]):.1%}**" in told
    assert told.count("\n|") == 2 + len(METHODS)


def test_too_few_examples_and_a_negative_weight_are_refused():
    pixels, labels = data.digits(200)
    with pytest.raises(ValueError, match="pixels must be at least 128 examples"):
        synthetic(pixels[:100], labels[:100])
    with pytest.raises(ValueError, match="weight must be a number of at least 0"):
        synthetic(pixels, labels, weight=-1.0)

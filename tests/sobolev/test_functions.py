"""The seven functions have their known minima, slopes and kinks, and stand on one scale."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close, float64
from oracles import slopes

from curvkit.sobolev import _functions as functions
from curvkit.sobolev import kinks
from curvkit.sobolev._functions import FUNCTIONS

each_function = pytest.mark.parametrize("name", FUNCTIONS)
KINKED = {"ackley", "bukin"}


def points(name, number):
    given = FUNCTIONS[name]
    return np.random.default_rng(0).uniform(given.low, given.high, (number, 2))


@each_function
def test_the_known_minimum_is_in_the_domain_and_nothing_is_below_it(name):
    given = FUNCTIONS[name]
    assert all(np.less_equal(given.low, given.at)) and all(np.less_equal(given.at, given.high))
    with float64():
        at = jnp.array([given.at, *points(name, 2000)])
        values = np.asarray(jax.jit(jax.vmap(given.formula))(at))
    assert_close(values[0], given.minimum, atol=1e-5)
    assert values[1:].min() >= given.minimum


@pytest.mark.slow
@each_function
def test_slopes_are_those_of_differences(name):
    given = FUNCTIONS[name]
    with float64():
        value = jax.jit(given.formula)
        at = points(name, 3)
        found = jax.jit(jax.vmap(jax.grad(given.formula)))(jnp.asarray(at))
        expected = [slopes.first(lambda x: float(value(x)), each, 1e-6) for each in at]
        assert_close(found, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ackley", "bukin", "booth"])
def test_just_ackley_and_bukin_have_kinks_at_their_minima(name):
    given = FUNCTIONS[name]
    found = kinks(given.formula, jnp.array([given.at, given.low]))
    assert found.tolist() == [name in KINKED, False]


def test_all_seven_stand_on_one_scale():
    assert len(FUNCTIONS) == 7
    for name in ("bukin", "rosenbrock"):
        values = jax.jit(jax.vmap(functions.scaled(name)))(functions.grid())
        assert_close([jnp.mean(values), jnp.std(values)], [0, 1], atol=1e-4)


def test_an_unknown_function_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="did you mean 'ackley'.* styblinski_tang"):
        functions.function("akley")

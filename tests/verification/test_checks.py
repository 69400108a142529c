"""Planes of one's own that lie below F are noticed, and functions that do not fit are refused."""

import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.verification import Specification, network, verify
from curvkit.verification import _checks as checks

LAYERS = network([(np.array([[1.0], [-1.0], [0.5]]), np.array([0.1, 0.2, 0.0])), "relu",
                  (np.array([[1.0, 1.0, -0.5]]), np.array([-0.3]))])  # fmt: skip
BOX = ([-1.0], [1.5])


def square(z, limit):
    """F = z² - limit."""
    return z[0] ** 2 - limit


def chord(lower, upper, limit):
    """The one plane above it that touches it at both ends, a little above for rounding."""
    slope, size = lower + upper, 1 + jnp.abs(lower * upper)
    return slope[None], -lower * upper - limit + 1e-12 * size


def lowered(lower, upper, limit):
    slopes, offsets = chord(lower, upper, limit)
    return slopes, offsets - 1e-3


def tangent(lower, upper, limit):
    middle = (lower + upper) / 2
    return 2 * middle[None], -(middle**2) - limit


def without_its_number(lower, upper, limit):
    slopes, offsets = chord(lower, upper, limit)
    return slopes, offsets - 0.2


def turned(lower, upper, limit):
    slopes, offsets = chord(lower, upper, limit)
    return -slopes, offsets


def of_half_the_box(lower, upper, limit):
    return chord(lower, (lower + upper) / 2, limit)


def wrong_in_narrow_boxes(lower, upper, limit):
    slopes, offsets = chord(lower, upper, limit)
    return slopes, jnp.where(upper[0] - lower[0] < 0.1, offsets - 0.01, offsets)


def one_of_two(lower, upper, limit):
    (slopes, offsets), (other, less) = chord(lower, upper, limit), tangent(lower, upper, limit)
    return jnp.concatenate([slopes, other]), jnp.concatenate([offsets, less])


def nothing(lower, upper, limit):
    return jnp.zeros((1, 1)), jnp.full(1, -1e-9)


def made(planes, limit, value=square):
    return Specification((None, [[1.0]]), value, planes, [limit])


FALSE = (lowered, wrong_in_narrow_boxes, one_of_two, tangent, without_its_number, turned,
         of_half_the_box, nothing)  # fmt: skip


# Compiling the trial of a kind takes a second: three of them every time.
KINDS = [each if at < 3 else pytest.param(each, marks=pytest.mark.full)
         for at, each in enumerate(FALSE)]  # fmt: skip


@pytest.mark.parametrize("planes", KINDS, ids=lambda each: each.__name__)
def test_planes_that_lie_below_the_value_are_refused_in_one_sentence(planes):
    with pytest.raises(ValueError, match="planes must be nowhere below F") as refused:
        verify(LAYERS, BOX, made(planes, 0.5), boxes=100)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)
    assert "; correct the function `planes`." in str(refused.value)


@pytest.mark.parametrize("limit, status", [(4.0, "verified"), (0.5, "violated")])
def test_planes_that_hold_are_taken(limit, status):
    assert verify(LAYERS, BOX, made(chord, limit), boxes=200).status == status


def test_a_bound_below_an_attained_value_is_refused_where_no_trial_has_seen_it(monkeypatch):
    monkeypatch.setattr(checks, "planes_hold", lambda *given: None)
    for method in ("crown", "interval"):
        with pytest.raises(ValueError, match="planes must be nowhere below F"):
            verify(LAYERS, BOX, made(nothing, 0.5), method=method)


def test_so_is_one_of_a_box_that_is_split(monkeypatch):
    monkeypatch.setattr(checks, "planes_hold", lambda *given: None)
    with pytest.raises(ValueError, match="bound of the box from"):
        verify(LAYERS, BOX, made(wrong_in_narrow_boxes, 1.74), method="split", gap=0, boxes=500)


@pytest.mark.parametrize(
    "value, planes, said",
    [
        (lambda z, limit: z, chord, "value must be a function that returns one number"),
        (square, lambda low, high, limit: low, "planes must be a function that returns slopes"),
        (square, lambda low, high, limit: (low, -limit), "slopes (planes, views)"),
        (square, lambda *given: (jnp.ones((2, 3)), jnp.ones(2)), "slopes (planes, views)"),
        (square, lambda low, high: (low[None], low), "planes must be a function of views and data"),
        (lambda z: z[0], chord, "value must be a function of views and data"),
        (3.0, chord, "value must be a function"),
        (square, None, "planes must be a function"),
    ],
)
def test_functions_that_do_not_fit_are_refused_in_one_sentence(value, planes, said):
    with pytest.raises(ValueError) as refused:
        verify(LAYERS, BOX, made(planes, 1.0, value))
    assert said in str(refused.value)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


@pytest.mark.parametrize("views", [None, ([[1.0]],), (None, None), (None, [1.0]), ([1.0], [[1.0]]),
                                   (None, [[np.nan]])])  # fmt: skip
def test_views_that_are_no_matrices_are_refused(views):
    with pytest.raises(ValueError, match="views must be"):
        Specification(views, square, chord)

"""Specifications: their values by other ways, and planes that are nowhere below them."""

import pickle

import numpy as np
import pytest
from helpers import compilations, float64

from curvkit.verification import (
    DigitSumSpec,
    Exponentials,
    LinearSpec,
    QuadraticSpec,
    SoftmaxSpec,
    Specification,
    verify,
)

RANDOM = np.random.default_rng(0)


def test_several_linear_rows_are_as_bad_as_the_worst():
    spec = LinearSpec([[1.0, -1.0], [0.0, 2.0]], [0.5, -0.25]).fit(1, 2)
    with float64():
        assert float(spec(np.zeros(1), np.array([1.0, 2.0]))) == max(1 - 2 + 0.5, 4 - 0.25)


@pytest.mark.parametrize(
    "spec",
    [
        LinearSpec(RANDOM.normal(size=(3, 4)), RANDOM.normal(size=3)).fit(2, 4),
        QuadraticSpec(RANDOM.normal(size=(7, 7)), inputs=2).fit(2, 4),
        SoftmaxSpec([0, 0.25, 1, 0.5], 0, 0.3).fit(2, 4),
    ],
    ids=["linear", "quadratic", "softmax"],
)
def test_no_plane_of_any_part_is_below_the_value(spec):
    with float64():
        for _ in range(3):
            x, y = RANDOM.normal(size=(10, 2)), RANDOM.normal(size=(10, 4))
            # Views of a quadratic depend on one another, so z comes from inputs and outputs.
            z = x @ spec.from_inputs.T + y @ spec.from_outputs.T
            slopes, offsets, _ = map(np.asarray, spec.above(z.min(0), z.max(0)))
            for at in range(10):
                highest = (slopes @ z[at] + offsets).min(1).max()
                assert highest >= float(spec(x[at], y[at])) - 1e-13 * abs(highest)


def test_the_caller_s_specification_is_left_as_it_was():
    spec = LinearSpec([1.0, 2.0])
    assert spec.fit(3, 2).from_inputs.shape == (1, 3)
    assert spec.from_inputs is None and spec.fit(5, 2).from_inputs.shape == (1, 5)


def test_a_specification_of_one_s_own_takes_its_numbers_as_data():
    import jax
    import jax.numpy as jnp

    def value(z, limit):
        return jnp.abs(z[0]) - limit

    def planes(lower, upper, limit):
        wide = jnp.maximum(upper[0] - lower[0], 1e-30)
        chord = (jnp.abs(upper[0]) - jnp.abs(lower[0])) / wide
        return chord[None, None], (jnp.abs(lower[0]) - chord * lower[0] - limit)[None]

    made = lambda limit: Specification((None, [[1.0]]), value, planes, [limit]).fit(1, 1)
    run = jax.jit(lambda spec: spec(np.zeros(1), np.full(1, -2.0)))
    run(made(1.0))
    with compilations() as count:
        assert float(run(made(0.5))) == 1.5
    assert count() == 0


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: QuadraticSpec(np.ones((2, 3)), 1), "square"),
        *(
            (lambda each=each: QuadraticSpec(np.eye(3), each), "inputs must be a whole number")
            for each in (-1, 0, 1.0, None, True, "1")
        ),
        (lambda: QuadraticSpec(np.diag([1.0, np.nan, 1.0]), 1), "finite"),
        (lambda: QuadraticSpec([[1.0], [2.0, 3.0]], 1), "rows of one length"),
        (lambda: QuadraticSpec("q", 1), "real numbers"),
        *(
            (lambda each=each: SoftmaxSpec([0, 1], each, 0.5), "label must be a class")
            for each in (1.0, "a", None, True, -1)
        ),
        (lambda: SoftmaxSpec([0, np.nan], 0, 0.5), "distance must be an array of finite"),
        (lambda: SoftmaxSpec([0, 1], 0, np.inf), "limit must be an array of finite"),
        (lambda: SoftmaxSpec([0, 1], 0, [0.5]), "limit must be one number"),
        (lambda: SoftmaxSpec([], 0, 0.5), "a number for each class"),
        *(
            (lambda each=each: DigitSumSpec(each, 1.0), "one to three digits")
            for each in ([1.5], 5, [], [-1], [10], "12", None, [True])
        ),
        (lambda: DigitSumSpec([1], None), "limit must be"),
        (lambda: LinearSpec([np.nan, 0, 0]), "finite"),
        (lambda: LinearSpec([1.0], np.inf), "finite"),
        (lambda: LinearSpec([]), "shape"),
        (lambda: Exponentials([1.0], [1.0]), "terms, outputs"),
        (lambda: SoftmaxSpec([0, 1], 2, 0.5), "label"),
        (lambda: DigitSumSpec([1, 2, 3, 4], 1.0), "three"),
        (lambda: LinearSpec([[1.0], [2.0]], [1.0, 2.0, 3.0]), "one number or 2"),
        (lambda: Exponentials([1.0], [[1.0], [2.0]]), "each of 2 rows"),
        (lambda: LinearSpec([1.0]).fit(1, 2), "2 outputs"),
        (lambda: QuadraticSpec(np.eye(4), 2).fit(3, 1), "3 inputs"),
    ],
)
def test_what_is_no_specification_is_refused_in_one_sentence(make, said):
    with pytest.raises(ValueError, match=said) as refused:
        make()
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "spec",
    [
        QuadraticSpec(np.diag([-1.0, 1, 0, 0, 0.1]), 2),
        SoftmaxSpec([0.0, 1], label=0, limit=0.5),
        LinearSpec([1.0, -1.0], 0.5),
        LinearSpec([1.0, -1.0], 0.5).fit(2, 2),
    ],
    ids=lambda spec: type(spec).__name__,
)
def test_a_specification_is_the_same_after_pickling(spec):
    layers, box = [(np.eye(2), np.zeros(2))], ([0, 0], [1, 1])
    with float64():
        one, other = (
            verify(layers, box, each, budget=1, boxes=9)
            for each in (spec, pickle.loads(pickle.dumps(spec)))
        )
    assert (one.status, one.upper_bound) == (other.status, other.upper_bound)

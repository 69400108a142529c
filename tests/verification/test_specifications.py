"""Specifications: their values by other ways, and planes that are nowhere below them."""

import itertools
from fractions import Fraction

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
)
from curvkit.verification.quadratic import decomposed

RANDOM = np.random.default_rng(0)


def softmax(y):
    weight = np.exp(y - y.max())
    return weight / weight.sum()


def test_a_quadratic_is_its_matrix_between_two_vectors():
    q = RANDOM.normal(size=(6, 6))
    spec = QuadraticSpec(q, inputs=2).fit(2, 3)
    for _ in range(5):
        x, y = RANDOM.normal(size=2), RANDOM.normal(size=3)
        a = np.concatenate([[1.0], x, y])
        with float64():
            found = float(spec(x, y))
        assert abs(found - a @ q @ a) < 1e-12 * (1 + abs(found))


def test_a_softmax_specification_has_the_sign_of_the_expected_distance():
    distance, label, limit = np.array([0, 0.25, 1, 0.5]), 0, 0.3
    spec = SoftmaxSpec(distance, label, limit).fit(1, 4)
    for _ in range(20):
        y = 2 * RANDOM.normal(size=4)
        with float64():
            value = float(spec(np.zeros(1), y))
        # F is the expectation less the limit, times the softmax's denominator.
        expected = (softmax(y) @ distance - limit) * np.exp(y - y[label]).sum()
        assert abs(value - expected) < 1e-12 * (1 + abs(expected))


def test_a_digit_sum_is_the_expected_error_over_all_combinations():
    labels, limit = [3, 8], 1.0
    spec = DigitSumSpec(labels, limit).fit(1, 20)
    y = RANDOM.normal(size=20)
    p, q = softmax(y[:10]), softmax(y[10:])
    pairs = itertools.product(range(10), range(10))
    error = sum(p[i] * q[j] * abs(i + j - sum(labels)) for i, j in pairs)
    scale = np.exp(y[:10] - y[3]).sum() * np.exp(y[10:] - y[18]).sum()
    with float64():
        assert abs(float(spec(np.zeros(1), y)) - (error - limit) * scale) < 1e-10 * scale


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


@pytest.mark.parametrize("sizes", [(1, 1, 1), (1e5, 1e-6, 1e3), (1e-290, 1e250, 0)])
def test_what_a_decomposition_leaves_out_is_no_more_than_its_residual(sizes):
    for seed in range(5):
        random = np.random.default_rng(seed)
        units = 10.0 ** random.uniform(-9, 9, 4)
        q = random.normal(size=(4, 4)) / units / units[:, None]
        (rows, signs), residual = decomposed(q, np.array(sizes))
        whole = np.vectorize(Fraction, otypes=[object])
        form, exact = (whole(q) + whole(q).T) / 2, whole(rows[1:])
        again = (exact.T * signs.astype(int)) @ exact
        known = np.isfinite(residual[1:, 1:])
        assert np.all(abs(form[1:, 1:] - again)[known] <= whole(residual[1:, 1:][known]))
        # And not much more, in the units that it was made for: those of its own terms.
        if seed and sizes == (1, 1, 1):
            (_, _), fitting = decomposed(q, units[1:])
            terms = np.abs(form[1:, 1:]) * units[1:] * units[1:, None]
            assert np.max(fitting[1:, 1:] * units[1:] * units[1:, None]) < 1e-13 * terms.max()


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

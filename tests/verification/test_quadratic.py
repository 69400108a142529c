"""Quadratic forms: their values, what a decomposition leaves out, and verdicts in any unit."""

from fractions import Fraction

import numpy as np
import pytest
from helpers import float64

from curvkit.verification import QuadraticSpec, verify
from curvkit.verification._quadratic import decomposed

RANDOM = np.random.default_rng(0)


def test_a_quadratic_is_its_matrix_between_two_vectors():
    q = RANDOM.normal(size=(6, 6))
    spec = QuadraticSpec(q, inputs=2).fit(2, 3)
    for _ in range(5):
        x, y = RANDOM.normal(size=2), RANDOM.normal(size=3)
        a = np.concatenate([[1.0], x, y])
        with float64():
            found = float(spec(x, y))
        assert abs(found - a @ q @ a) < 1e-12 * (1 + abs(found))


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


def test_a_form_of_pressure_and_displacement_is_not_verified_where_it_fails():
    q = np.zeros((4, 4))
    q[1, 1], q[2, 2], q[0, 0] = 1e-10, 1e6, -0.5
    layers, within = [([[1.0, 0.0]], [0.0])], ([0, 0], [1e5, 1e-6])
    found = verify(layers, within, QuadraticSpec(q, 2))
    assert found.status == "violated" and found.upper_bound >= 0.500001
    a = np.array([Fraction(each) for each in (1.0, *found.witness)])
    assert 0 < a[1] ** 2 * Fraction(1e-10) + a[2] ** 2 * Fraction(1e6) - Fraction(0.5)
    # One part in a million higher it holds, and is found to.
    q[0, 0] = -(1 + 2e-6)
    assert verify(layers, within, QuadraticSpec(q, 2)).status == "verified"


def test_the_verdict_of_a_form_is_the_same_in_every_unit():
    q = np.array([[-1.0, 0.3, 0.1, 0.2], [0, 0.5, 0.2, 0], [0, 0, -0.4, 0.3], [0, 0, 0, 0.25]])
    for unit in (1e-60, 1e-9, 1.0, 1e9, 1e60):
        a = np.array([1, unit, 1 / unit, 1])
        layers = [(np.array([[1 / unit, 0.5 * unit]]), np.zeros(1))]
        within = -a[1:3], a[1:3]
        for constant, status in ((-1.0, "violated"), (-2.5, "verified")):
            q[0, 0] = constant
            spec = QuadraticSpec(q / a / a[:, None], 2)
            assert verify(layers, within, spec, method="crown").status == status

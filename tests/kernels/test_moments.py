"""The exact Jacobian: against differences on a rule so fine that nothing else is left."""

import numpy as np
import pytest

from curvkit.kernels import _moments as moments
from curvkit.kernels._activations import ACTIVATIONS
from curvkit.kernels._gauss import panel_rule


@pytest.mark.parametrize("name", ["softplus", "gelu", "elu"])
@pytest.mark.parametrize("sign", [None, 1.0, -1.0])
@pytest.mark.parametrize("u", [(-1.0, 0.3), (0.2, -0.7)])
def test_the_jacobian_is_the_slope_of_the_residuals(name, sign, u):
    base, branch = ACTIVATIONS[name], None if sign is None else np.array([sign])

    def at(log_alpha, beta):
        cuts = tuple((place - beta) / np.exp(log_alpha) for place in base.breaks)
        u = np.array([[log_alpha, beta]])
        return moments.residuals(base, u, 0.02, branch, *panel_rule(cuts, 60, 20))

    jacobian = at(*u)[1][0]
    for column, move in enumerate(np.diag([1e-5, 1e-5 * np.exp(u[0])])):
        found = (at(*u + move)[0][0] - at(*u - move)[0][0]) / 2e-5
        scale = np.abs(jacobian).max()
        # A central difference errs by the square of its stride, over which 1e-12 is rounded off.
        np.testing.assert_allclose(jacobian[:, column], found, atol=1e-7 * scale, rtol=0)


def test_residuals_vanish_where_closed_forms_say_so():
    # For the square at β = 0 nothing depends on α: V = 2α⁴, E = 4α⁴, A = 4α⁴.
    u = np.array([[-0.5, 0.0]])
    at, _ = moments.residuals(ACTIVATIONS["square"], u, 1.0, None, *panel_rule())
    np.testing.assert_allclose(at, [[1.0, 0.0]], atol=1e-10)


def test_newton_steps_solve_their_linear_systems():
    generator = np.random.default_rng(0)
    jacobian, at = generator.normal(size=(5, 2, 2)), generator.normal(size=(5, 2))
    step = moments.solved(jacobian, at)
    np.testing.assert_allclose(np.einsum("sij,sj->si", jacobian, step), at, atol=1e-10)

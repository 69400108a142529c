"""Newton's method within a program: every root that NumPy's solver finds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.core.batch import UNOPTIMISED
from curvkit.core.tree import float64
from curvkit.kernels import ACTIVATIONS, activation
from curvkit.kernels import _newton as newton
from curvkit.kernels import _solve as solve
from curvkit.kernels._gauss import panel_rule

# The exponents of two between which the rooms' targets of a layer are, ends included.
EXPONENTS = np.append(np.linspace(-13.9, 0.31, 29), [-11.5, -6.9, -1.2])
SMOOTH = [("softplus", False), pytest.param("gelu", True, marks=pytest.mark.slow)]
OTHERS = sorted(set(ACTIVATIONS) - {"relu", "leaky_relu", "square", "softplus", "gelu"})
FURTHER = [("softplus", True), ("gelu", False)]
FURTHER += [(name, tat) for name in OTHERS for tat in (False, True) if (name, tat) != ("selu", 1)]


def program(name, tat):
    given = newton.problem(activation(name), tat, -14, 1)
    return jax.jit(lambda target: newton.roots(given, target), compiler_options=UNOPTIMISED)


@pytest.mark.parametrize(
    "name, tat", [*SMOOTH, *(pytest.param(*each, marks=pytest.mark.full) for each in FURTHER)]
)
def test_every_root_of_a_traced_target_is_one_of_the_solver_in_numpy(name, tat):
    with float64():
        found = program(name, tat)
        for exponent in EXPONENTS:
            target = 2.0**exponent
            expected = np.array([each[:4] for each in solve.roots(activation(name), target, tat)])
            made = np.stack(found(target), 1)
            made = made[np.isfinite(made[:, 0])]
            assert len(made) >= len(expected), exponent
            # As much as may be left of the conditions, over the target.
            most = newton.ENOUGH * max(1, 1e-3 / target)
            for root in expected:
                apart = np.abs(made - root).max(1) / np.abs(root).max()
                assert apart.min() <= most, (exponent, root)


def test_the_rule_is_as_good_as_the_finer_one_across_cuts_and_steep_places():
    function = lambda z: np.maximum(z - 0.3, 0) ** 2 + np.tanh(9 * (z + 1))
    z, w = panel_rule((0.3, -1.0), 200)
    with float64():
        # As of a φ that bends at 0.3 and is steep at −1.
        cuts = jnp.array([[-1.4, -1.1, -0.9, -0.6, 0.3, 30.0]])
        nodes, weights = map(np.asarray, newton.rule(cuts))
    assert (function(nodes) * weights).sum() == pytest.approx(function(z) @ w, abs=1e-10)


def test_roots_are_put_in_order_and_what_is_nan_goes_last():
    size = jnp.array([jnp.inf, 2.0, 0.5, 2.0, jnp.inf])
    assert newton.order(size).tolist() == [2, 1, 3, 0, 4]

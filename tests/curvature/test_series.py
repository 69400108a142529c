"""What a run of the curvature room records beside what its dense Hessian says."""

import numpy as np
import pytest
from helpers import assert_close

from curvkit import curvature


def test_the_critical_value_and_the_residual_are_those_of_rule_and_hessian():
    trace = curvature.run(data="quadratic", learning_rate=0.09, every=1, steps=12, eigenvalues=1)
    assert float(trace.critical) == pytest.approx(2, rel=1e-6)
    # Within its residual of each value read there is one of the Hessian, up to single precision.
    values = 20 * np.logspace(0, -2, 10)
    apart = np.abs(trace.sharpness[:, None] - values).min(1)
    assert np.all(apart <= trace.residual + 20 * 1e-6)
    # And it is no larger than an error of 1e-4 of the value allows, (λ − λ₂) |λ − θ| ≥ r² at most.
    assert_close(trace.residual, np.zeros(13), atol=20 * np.sqrt(1e-4))

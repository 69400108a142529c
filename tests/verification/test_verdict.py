"""What `verify` answers, and what it refuses."""

import numpy as np
import pytest

from curvkit.verification import Exponentials, LinearSpec, network, verdict, verify

# |x|, whose largest value on [-1, 1] is one.
LAYERS = network([([[1.0], [-1.0]], [0.0, 0.0]), "relu", ([[1.0, 1.0]], [0.0])])
BOX = ([-1.0], [1.0])


def test_what_is_violated_has_a_witness_that_violates_it():
    found = verify(LAYERS, BOX, LinearSpec([1.0], -0.75))
    assert found.status == "violated"
    assert abs(found.witness[0]) - 0.75 == found.attack_value > 0
    assert found.upper_bound >= found.attack_value


def test_a_number_that_is_not_finite_proves_nothing():
    found = verify([([[1e4]], [0.0])], BOX, Exponentials([-1.0, 1.0], [[0.9], [1.0]]),
                   method="interval")  # fmt: skip
    assert found.status != "verified" and found.upper_bound == np.inf


def test_stop_returns_the_best_so_far(monkeypatch):
    known = next(verdict.progress(LAYERS, BOX, LinearSpec([1.0], -1.5)))

    def stopped(*args, **options):
        yield known
        raise KeyboardInterrupt

    monkeypatch.setattr(verdict, "progress", stopped)
    assert verify(LAYERS, BOX, LinearSpec([1.0], -1.5)) is known


@pytest.mark.parametrize(
    "layers, within, spec, said",
    [
        (LAYERS, ([1.0], [0.0]), LinearSpec([1.0]), "lower"),
        (LAYERS, ([0.0, 0.0], [1.0, 1.0]), LinearSpec([1.0]), "lower"),
        (["relu"], BOX, LinearSpec([1.0]), "layers"),
        ([*LAYERS, "gelu"], BOX, LinearSpec([1.0]), "gelu"),
        (LAYERS, BOX, LinearSpec([1.0, 1.0]), "spec"),
    ],
)
def test_what_cannot_be_verified_is_refused_in_one_sentence(layers, within, spec, said):
    with pytest.raises(ValueError, match=said) as refused:
        verify(layers, within, spec)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_weights_in_float32_are_promoted_exactly():
    weight = np.array([[0.1]], np.float32)
    assert network([(weight, np.zeros(1, np.float32))])[0].weight[0, 0] == float(weight[0, 0])

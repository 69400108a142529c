"""What `verify` answers, and what it refuses."""

import numpy as np
import pytest
from helpers import compilations

from curvkit.verification import Exponentials, LinearSpec, network, verify
from curvkit.verification import _verdict as verdict

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
        (LAYERS, BOX, None, "spec must be a specification"),
        (LAYERS, None, LinearSpec([1.0]), "within must be a pair"),
        (LAYERS, (0,), LinearSpec([1.0]), "within must be a pair"),
        (LAYERS, (0, 1), LinearSpec([1.0]), "lower must be an array of shape"),
        (LAYERS, "ab", LinearSpec([1.0]), "lower must be an array of real numbers"),
        (LAYERS, ([-1e308], [1e308]), LinearSpec([1.0]), "1e.300"),
        (LAYERS, ([np.nan], [1.0]), LinearSpec([1.0]), "finite"),
    ],
)
def test_what_cannot_be_verified_is_refused_in_one_sentence(layers, within, spec, said):
    with pytest.raises(ValueError, match=said) as refused:
        verify(layers, within, spec)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "option",
    [
        *(dict(budget=each) for each in ("a", None, 0, -1.0, np.nan, True, [1.0])),
        *(dict(boxes=each) for each in (-5, 0, 1.5, None, True, "9")),
        *(dict(gap=each) for each in (np.nan, -1.0, "a", True)),
        *(dict(seed=each) for each in (-1, 0.5, None, "a")),
        *(dict(method=each) for each in ("best", None, 3)),
    ],
    ids=str,
)
def test_an_option_out_of_range_is_refused_in_one_sentence(option):
    with pytest.raises(ValueError, match=f"{next(iter(option))}") as refused:
        verify(LAYERS, BOX, LinearSpec([1.0], -1.5), **option)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_numbers_of_numpy_are_options_as_python_s_are():
    options = dict(budget=np.float32(5), boxes=np.int64(100), gap=np.array(0.5), seed=np.int8(3))
    assert verify(LAYERS, BOX, LinearSpec([1.0], -1.5), method="crown", **options).trace.size


def test_a_new_specification_of_the_same_kind_compiles_nothing():
    verify(LAYERS, BOX, LinearSpec([1.0], -0.9), method="crown")
    with compilations() as count:
        for limit in (-0.5, -2.0):
            verify(LAYERS, ([-0.7], [1.0]), LinearSpec([1.0], limit), method="crown")
    assert count() == 0


def test_splitting_closes_the_gap_to_what_is_asked_and_the_bound_never_rises():
    found = verify(LAYERS, ([-1.0], [0.9]), LinearSpec([1.0]), method="split", gap=1e-6)
    assert 1 <= found.upper_bound <= found.attack_value + 1e-6
    assert np.all(np.diff(found.trace[:, 2]) <= 0)


def test_what_is_above_zero_by_rounding_alone_is_no_violation():
    # (0.1 + 0.2) - 0.3 is above zero in floating point, and by less than a slack.
    layers = network([([[1.0]], [0.2])])
    found = verify(layers, ([0.1], [0.1]), LinearSpec([1.0], -0.3))
    assert found.attack_value > 0 and found.status == "unknown" and found.witness is None


def test_several_rows_are_verified_at_once():
    layers = network([(np.eye(2), np.zeros(2))])
    rows = [[1.0, -1.0], [-1.0, 1.0]]
    assert verify(layers, ([0, 0], [1, 1]), LinearSpec(rows, -1.5)).status == "verified"
    assert verify(layers, ([0, 0], [1, 1]), LinearSpec(rows, [-1.5, -0.5])).status == "violated"

"""Studies: shares of points that keep a property, in the order that they must have."""

import numpy as np
import pytest

from curvkit.verification import LinearSpec, network, study
from curvkit.verification._study import robustness, stacked

LAYERS = network([([[1.0], [-1.0]], [0.0, 0.0]), "relu", ([[1.0, 1.0]], [0.0])])


def test_verified_is_at_most_adversarial_is_at_most_nominal():
    points = np.linspace(-1, 1, 130)[:, None]
    found = robustness(LAYERS, LinearSpec([1.0], -0.5).fit(1, 1), points, 0.1)
    assert np.all(found.verified <= found.adversarial)
    assert np.all(found.adversarial <= found.nominal) and np.all(found.gap >= 0)
    # Of |x| <= 0.5 both are known by hand.
    assert np.array_equal(found.nominal, np.abs(points[:, 0]) <= 0.5)
    assert np.array_equal(found.adversarial, np.abs(points[:, 0]) + 0.1 <= 0.5)


def test_each_point_has_a_specification_of_its_own():
    specs = [LinearSpec([1.0], -limit).fit(1, 1) for limit in (0.1, 0.9)]
    found = robustness(LAYERS, specs, np.full((2, 1), 0.5), 0.0)
    assert found.nominal.tolist() == [False, True]
    assert stacked(specs).data[0].shape == (2, 1)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["energy", pytest.param("semantics", marks=pytest.mark.full)])
def test_a_study_s_shares_fall_with_the_radius(name):
    found = study(name, (0.01, 0.05), points=40)
    for share in (found.adversarial, found.verified):
        assert np.all(np.diff(share, axis=1) <= 0)
    assert np.all(found.verified <= found.adversarial)
    assert np.all(found.adversarial <= found.nominal[:, None])


@pytest.mark.full
@pytest.mark.parametrize("seed", range(3))
def test_the_tables_hold_within_the_spread_of_seeds(seed):
    energy = study("energy", (0.02, 0.05), points=1000, seed=seed)
    # Model A breaks the property at 15 to 18 % of states, model B at most at 0.3 %.
    assert 0.8 < energy.nominal[0] < 0.88 and energy.nominal[1] > 0.995
    assert 0.55 < energy.verified[0, 0] < 0.75 and energy.verified[1, 0] > 0.88
    digits = study("semantics", (0.02, 0.05, 0.1), seed=seed)
    # What was trained on attacked images looks robust and cannot be proved so.
    attacked, bounded = digits.verified[1:, 2]
    assert digits.adversarial[1, 2] > 0.55 and attacked < 0.3 < 0.4 < bounded
    # Sixty tuples say little of one model; the mean of three over two hundred does.
    two, three = (study("sums", (0.02,), points=200, seed=seed, together=n) for n in (2, 3))
    assert three.nominal.mean() < two.nominal.mean()


@pytest.mark.parametrize(
    "given, said",
    [
        (dict(name="energi"), "energy"),
        (dict(name="sums", points=501), "points"),
        (dict(name="sums", together=4), "together"),
    ],
)
def test_a_study_that_is_none_is_refused_in_one_sentence(given, said):
    with pytest.raises(ValueError, match=said) as refused:
        study(**given)
    assert "\n" not in str(refused.value)

"""Certificates: what is true is proved, and what is false never is."""

from fractions import Fraction

import numpy as np
import pytest
from helpers import float64
from hypothesis import given
from hypothesis import strategies as st
from oracles import dense, networks

from curvkit.minima import _certificate as certificate
from curvkit.minima import _proofs_smooth as proofs_smooth
from curvkit.minima._certificate import certify
from curvkit.minima._examples import counterexamples, example, rectifiers, ten_points

pytest.importorskip("flint")
EXAMPLES = {each.name: each for each in counterexamples()}
named = pytest.mark.parametrize("name", EXAMPLES)


def floats(weights):
    """The parts of some weights as fp64 arrays, as a user has them."""
    return [np.array(each, float) for each in weights]


def changed(which, weights=None, better=None, **options):
    """An example with other weights, or another better point; in fp64."""
    options = dict(activation=which.activation, loss=which.loss) | options
    chosen = floats(which.weights) if weights is None else weights
    return example(which.inputs, which.targets, chosen, better=better, **options)


# What is true


@named
def test_every_counterexample_is_proved(name):
    found = certify(EXAMPLES[name])
    assert found.proved and found.verdict == "proved" and found.better_loss, str(found)
    assert found.better_loss.high < found.loss.low


def test_the_sigmoid_minimum_has_the_loss_and_the_curvature_it_is_known_for():
    found = certify(ten_points())
    low, high, text = found.loss
    assert low <= 5.777378449063 + 5e-13 and high >= 5.777378449063 - 5e-13
    assert high - low < 1e-12 and text.startswith("5.777378449063")
    # 1.94e-3 is printed to three digits.
    assert abs(found.eigenvalues[0].low - 1.94e-3) < 5e-6
    assert len(found.eigenvalues) == 9 and not found.flat
    assert "strict local minimum" in found.words()


def test_its_eigenvalues_are_those_of_the_dense_hessian():
    which, found = ten_points(), certify(ten_points())
    flat = np.array(which.weights.flat(), float)
    inputs, targets = which.inputs.astype(float), which.targets.astype(float)
    with float64():
        value = lambda p: networks.loss(p, inputs, targets, "sigmoid", "logistic")
        true = np.linalg.eigvalsh(dense.hessian_by_differences(value, flat))
    for ball, each in zip(found.eigenvalues, true, strict=True):
        # Differences of width 1e-3 are off by its square, times fourth derivatives of order ten.
        assert ball.low - 3e-5 <= each <= ball.high + 3e-5


def test_four_of_the_ten_points_are_right_at_the_minimum():
    which = ten_points()
    flat = np.array(which.weights.flat(), float)
    right = 0
    for x, y in zip(which.inputs.astype(float), which.targets.astype(float), strict=True):
        gap = [float(networks.loss(flat, x[None], [t], "sigmoid", "logistic")) for t in (0, 1)]
        right += (gap[1] < gap[0]) == (y == 1)
    found = certify(which)
    assert right == found.right == 4 and "4 of 10 points right" in found.words()


@pytest.mark.parametrize("name, loss", [("P1", "18"), ("P2", "8/3"), ("P3", "2/3")])
def test_the_rectifiers_have_their_exact_losses(name, loss):
    found = certify(EXAMPLES[name])
    assert found.loss.text == loss and "exact rationals" in found.words()
    which = EXAMPLES[name]
    assert networks.exact_loss(*which.weights, which.inputs, which.targets) == Fraction(loss)
    assert sum(each.startswith("scaling of unit") for each in found.flat) == which.weights.units


def test_no_sampled_point_near_a_proved_rectifier_minimum_is_lower():
    random = np.random.default_rng(0)
    for which in rectifiers():
        at = which.weights
        value = networks.exact_loss(*at, which.inputs, which.targets)
        for size in (10**3, 10**6):
            for _ in range(40):
                step = [Fraction(int(k), size) for k in random.integers(-9, 10, len(at.flat()))]
                near = type(at).of(at.flat() + np.array(step, object), 1)
                assert networks.exact_loss(*near, which.inputs, which.targets) >= value


def test_weights_that_are_only_near_are_told_how_far_they_are():
    which = ten_points()
    moved = floats(which.weights)
    moved[1] = moved[1] + 1e-3
    found = certify(changed(which, moved))
    assert found.proved and 0.9e-3 < found.distance < 1.1e-3
    assert "not it, but at most 1.00e-3 away" in found.words()
    assert not certify(changed(which, moved), reach=1e-4).proved


def test_rectifier_weights_in_floats_are_taken_to_the_exact_minimum():
    which = EXAMPLES["P2"]
    found = certify(changed(which))
    assert found.proved and 0 < found.distance < 1e-14
    assert found.loss.low == pytest.approx(8 / 3, abs=1e-15)


@pytest.mark.parametrize("activation", ["tanh", "softplus", "sigmoid"])
def test_a_network_of_one_s_own_is_proved_at_a_minimum_that_it_interpolates(activation):
    inputs, bend = np.array([-1.0, 0.3, 0.9, 2.0]), proofs_smooth.calculus.BENDS[activation]
    weights = (np.array([[1.3]]), np.array([0.2]), np.array([0.7]), -0.4)
    targets = bend(inputs[:, None] @ weights[0].T + weights[1])[0] @ weights[2] + weights[3]
    found = certify(example(inputs, targets, weights, activation=activation, loss="squared"))
    assert found.minimum_proved and found.proved and found.loss.high < 1e-20
    assert "was not claimed" in found.words()


# What is false


def saddle():
    """All units alike and no use made of them: a critical point with a way down."""
    zero = (np.zeros((1, 1)), np.zeros(1), np.zeros(1), 0.0)
    return example([-1.0, 1.0], [-1.0, 1.0], zero, activation="tanh", loss="squared")


def one_negative_direction():
    """A unit without output whose direction matters: Hessian [[0, m], [m, 0]] in (w, v)."""
    zero = (np.zeros((1, 1)), np.array([0.5]), np.zeros(1), 0.0)
    return example([-1.0, 1.0], [-2.0, 2.0], zero, activation="tanh", loss="squared")


def wrong_sign():
    """The minimum with the sign of one output weight changed."""
    moved = floats(ten_points().weights)
    moved[2] = moved[2] * np.array([1, -1])
    return changed(ten_points(), moved)


def wrong_sign_in_print():
    """P2 with its second weight negative, as it is printed."""
    which = EXAMPLES["P2"]
    hidden = np.array([[-3.0], [-1.0]])
    return changed(which, [hidden, *floats(which.weights)[1:]])


def plateau():
    """A saturated unit: gradient and curvature vanish in fp64, and a lower point is far away."""
    weights = (np.array([[1.0]]), np.array([60.0]), np.array([1.0]), -1.0)
    return example([-1.0, 1.0], [-1.0, 1.0], weights, activation="sigmoid", loss="squared")


def better_that_is_not():
    """The true minimum, with a better point that is worse."""
    weights = (np.zeros((2, 2)), np.zeros(2), np.zeros(2), 0.0)
    return changed(ten_points(), better=weights)


def better_that_is_the_same():
    """The true minimum as its own better point."""
    return changed(ten_points(), better=floats(ten_points().weights))


def rectifier_better_that_is_not():
    """P1, with the plateau of its unit being off as better point: 21.2 for 18."""
    return changed(EXAMPLES["P1"], better=floats(EXAMPLES["P1_off"].weights))


def wrong_loss():
    """The true minimum, with a loss claimed that is off in the last digit."""
    return changed(ten_points(), claimed="5.777378449061")


def kink_with_a_way_down():
    """A rectifier exactly at its kink, where turning it on lowers the loss."""
    weights = (np.array([[1.0]]), np.array([0.0]), np.array([1.0]), 0.0)
    return example([0.0], [1.0], weights, activation="relu", loss="squared")


def off_beside_the_mean():
    """All units off, and the output not at the mean of the targets."""
    return changed(EXAMPLES["P1_off"], [*floats(EXAMPLES["P1_off"].weights)[:3], 0.7])


FALSE = (
    saddle, one_negative_direction, wrong_sign, wrong_sign_in_print, plateau, better_that_is_not,
    better_that_is_the_same, rectifier_better_that_is_not, wrong_loss, kink_with_a_way_down,
    off_beside_the_mean,
)  # fmt: skip


@pytest.mark.parametrize("planted", FALSE, ids=lambda each: each.__name__)
def test_a_planted_false_claim_is_never_proved(planted):
    found = certify(planted())
    assert not found.proved and found.verdict == "not proved", str(found)
    assert found.words().startswith("**Not proved**") and "not proved" in str(found)


def test_a_true_saddle_is_found_critical_and_said_to_be_no_minimum():
    # One tanh unit on five points; Newton found it, and all four eigenvalues are away from zero.
    near = ([[-1.80496]], [0.158114], [-0.161183], 0.189271)
    inputs, targets = [-2.0, -1.0, 0.3, 1.0, 2.2], [1.0, -1.0, 0.5, -0.7, 1.2]
    found = certify(example(inputs, targets, near, activation="tanh", loss="squared"))
    assert found.steps[0].holds and not found.minimum_proved and not found.proved
    assert found.eigenvalues[0].high < -0.1 < 0.1 < found.eigenvalues[1].low
    assert "it is a saddle" in found.words()


def test_where_only_the_better_point_fails_the_minimum_is_still_proved():
    found = certify(better_that_is_not())
    assert found.minimum_proved and not found.proved
    assert [step.name for step in found.steps if not step.holds] == ["better point"]


def test_weights_beside_the_mean_are_proved_only_with_their_distance():
    found = certify(off_beside_the_mean(), reach=0.01)
    assert not found.proved
    near = certify(off_beside_the_mean(), reach=0.2)
    assert near.proved and near.distance == pytest.approx(0.1)


@st.composite
def networks_of_chance(draw):
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    activation = draw(st.sampled_from(["sigmoid", "tanh", "softplus"]))
    units, features, points = (draw(st.integers(1, high)) for high in (2, 2, 5))
    loss = draw(st.sampled_from(["squared", "logistic"]))
    inputs = random.normal(size=(points, features))
    targets = random.normal(size=points) if loss == "squared" else random.integers(0, 2, points)
    parts = (units, features), (units,), (units,), ()
    weights = [random.normal(size=shape) for shape in parts]
    return example(inputs, targets, weights, activation=activation, loss=loss)


@given(networks_of_chance(), st.sampled_from([1e-2, 1e-4]))
def test_random_weights_that_are_not_at_a_minimum_are_never_proved_to_be_one(which, reach):
    found = certify(which, reach=reach)
    data = which.inputs.astype(float), which.targets.astype(float)
    at = _derivatives(np.array(which.weights.flat(), float), *data, which)
    # A minimum within reach leaves a gradient of at most the reach times the curvature; twice the
    # curvature at the weights themselves bounds that on so small a box.
    most = 2 * reach * np.abs(at.hessian).sum(1).max() + 1e-12
    if np.max(np.abs(at.gradient)) > most:
        assert not found.proved and not found.minimum_proved
    if found.proved:
        assert np.linalg.eigvalsh(at.hessian)[0] > -most


@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 5))
def test_random_rectifiers_are_proved_only_where_nothing_nearby_is_lower(seed, units, points):
    random = np.random.default_rng(seed)
    draw = lambda *shape: random.integers(-3, 4, shape)
    weights = (draw(units, 1), draw(units), draw(units), draw().item())
    which = example(draw(points), draw(points), weights, activation="relu", loss="squared")
    found = certify(which, reach=0)
    value = networks.exact_loss(*which.weights, which.inputs, which.targets)
    steps = random.integers(-9, 10, (60, len(which.weights.flat())))
    losses = []
    for step in steps:
        near = which.weights.flat() + np.array([Fraction(int(k), 10**6) for k in step], object)
        moved = type(which.weights).of(near, 1)
        losses.append(networks.exact_loss(*moved, which.inputs, which.targets))
    if found.proved:
        assert min(losses) >= value == Fraction(found.loss.text)


def _derivatives(flat, inputs, targets, which):
    calculus = proofs_smooth.calculus
    weights = calculus.Weights.of(flat, inputs.shape[1])
    bend, criterion = calculus.BENDS[which.activation], calculus.CRITERIA[which.loss]
    return calculus.derivatives(weights, inputs, targets, bend, criterion)


# What it cannot do


def test_what_is_too_large_is_refused_in_a_sentence():
    wide = (np.zeros((40, 1)), np.zeros(40), np.zeros(40), 0.0)
    found = certify(example([0.0], [1.0], wide, activation="tanh", loss="squared"))
    assert not found.proved and f"at most {certificate.MOST_PARAMETERS}" in found.words()


def test_rectifiers_under_the_logistic_loss_at_a_kink_are_said_to_be_beyond_it():
    weights = (np.array([[1.0]]), np.array([-1.0]), np.array([1.0]), 0.0)
    found = certify(example([0.0, 1.0, 2.0], [0, 1, 0], weights, activation="relu",
                            loss="logistic"))  # fmt: skip
    assert not found.proved and "kink on point 2" in found.words()


@named
def test_the_panel_of_a_certificate_lists_every_step(name):
    found = certify(EXAMPLES[name])
    shown = found._repr_markdown_()
    assert all(step.name in shown and step.name in str(found) for step in found.steps)

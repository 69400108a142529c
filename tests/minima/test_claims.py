"""Claims of a loss: held to half a unit of the last digit given, in whatever form it is written."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curvkit.minima import _balls as balls
from curvkit.minima import _claims as claims
from curvkit.minima import _proofs_smooth as proofs_smooth
from curvkit.minima._certificate import certify
from curvkit.minima._examples import example, rectifiers, ten_points
from curvkit.minima._proof import Proof

pytest.importorskip("flint")
LOSS = "5.777378449063"


def holds(claimed, at):
    """Whether a claim is held to be that of a loss, a rational or a ball."""
    given, proof = ten_points(), Proof("by hand")
    how = dict(activation="sigmoid", loss="logistic", claimed=claimed)
    with balls.precision():
        at = balls.balls(Fraction(at)).item() + balls.flint().arb(0, 1e-33)
        which = example(given.inputs, given.targets, given.weights, **how)
        proofs_smooth.tell_losses(proof, which, at, None)
    return proof.steps[-1].holds


POWERS = [f"{mantissa}e{power}" for mantissa in ("1", "5", "0", "1.", ".1", "0.0", "5.0", "9")
          for power in (-2, -1, 1, 2, 3)]  # fmt: skip


@pytest.mark.parametrize("claimed", [*POWERS, "1e0", "0e0", "5", "0", "10", "+1E1", "-5.777e0"])
def test_no_power_of_ten_is_the_loss_of_the_ten_points(claimed):
    assert not holds(claimed, LOSS)


@pytest.mark.parametrize("claimed", ["1e1", "1e3", "0e3", "5"])
def test_a_certificate_of_another_loss_is_not_proved(claimed):
    given = ten_points()
    how = dict(activation="sigmoid", loss="logistic", claimed=claimed)
    found = certify(example(given.inputs, given.targets, given.weights, **how))
    assert not found.proved and "loss as claimed" in found.words() and "±0.500" in found.words()


@pytest.mark.parametrize(
    "claimed, right",
    [
        ("5.8", True), ("5.7", False), ("6", True), ("6e0", True), ("57.8e-1", True),
        ("0.58e1", True), ("577.74e-2", True), ("5.777378449063", True), ("5.777378449062", False),
        ("5.777378449064", False), ("5.77", False), ("5.78", True), ("5_7.8e-1", True),
        ("5777378449063/1000000000000", True), ("5777378449064/1000000000000", False),
    ],
)  # fmt: skip
def test_a_claim_is_held_to_half_a_unit_of_its_last_digit(claimed, right):
    assert holds(claimed, LOSS) == right


@given(st.integers(-(10**6), 10**6), st.integers(-8, 2), st.integers(-99, 99))
def test_a_claim_in_any_form_is_as_wide_as_its_last_digit_and_half_of_one_at_most(
    n, power, percent
):
    claimed = f"{n}e{power}"
    unit = min(Fraction(10) ** power, Fraction(1))
    assert claims.tolerance(claims.read(claimed)) == unit / 2
    assert holds(claimed, Fraction(n) * Fraction(10) ** power + unit * Fraction(percent, 200) *
                 Fraction(99, 100))  # fmt: skip
    assert not holds(claimed, Fraction(n) * Fraction(10) ** power + unit * Fraction(51, 100))


@pytest.mark.parametrize(
    "claimed, right",
    [("8/3", True), ("2.667", True), ("2.67", True), ("2.66", False), ("16/6", True),
     ("27/10", False), ("3e0", True), ("1e1", False), ("0e3", False), ("2", False)],
)  # fmt: skip
def test_a_rational_loss_is_held_to_the_same_digits(claimed, right):
    which = rectifiers()[1]
    how = dict(activation="relu", loss="squared", claimed=claimed)
    assert certify(example(which.inputs, which.targets, which.weights, **how)).proved == right


@pytest.mark.parametrize(
    "given, text",
    [(5.8, "5.8"), (np.float64(5.8), "5.8"), (6, "6"), (Fraction(8, 3), "8/3"),
     (Decimal("5.80"), "5.80")],
)  # fmt: skip
def test_a_number_is_read_as_it_is_printed(given, text):
    assert claims.read(given) == text


@pytest.mark.parametrize(
    "odd",
    ["much", "", "1e", "1/0", "nan", "inf", True, None, [5.8], b"5.8", "1e401", "1e999999999",
     "1e9999999999", "5,8", "5.8/3", "٥"],
)  # fmt: skip
def test_what_is_no_claim_is_refused_in_one_sentence(odd):
    with pytest.raises(ValueError, match="claimed must be a number") as refused:
        claims.read(odd)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_a_loss_of_which_no_digit_is_sure_is_told_by_its_size():
    inputs, weights = np.array([-1.0, 0.3, 0.9, 2.0]), ([[1.3]], [0.2], [0.7], -0.4)
    targets = np.tanh(1.3 * inputs + 0.2) * 0.7 - 0.4
    how = dict(activation="tanh", loss="squared")
    found = certify(example(inputs, targets, weights, **how))
    assert "loss 0 ± " in found.words() and "0e-" not in found.words()
    assert certify(example(inputs, targets, weights, claimed="0.000", **how)).proved

"""Steps and balls: what a proof is made of."""

from fractions import Fraction

from curvkit.minima._proof import Ball, Proof


def test_a_rational_is_told_exactly():
    ball = Ball.exactly(Fraction(8, 3))
    assert ball.text == "8/3" and ball.low == ball.high == 8 / 3


def test_a_step_is_kept_whether_it_holds_or_not():
    proof = Proof("none")
    assert proof.step("one", True, "Yes.") and not proof.step("two", False, "No.")
    assert [(each.name, each.holds) for each in proof.steps] == [("one", True), ("two", False)]

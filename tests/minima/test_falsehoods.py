"""Twenty kinds of planted falsehoods about true minima of random networks: none is ever proved."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import minimize

from curvkit.minima import _calculus as calculus
from curvkit.minima._calculus import Weights
from curvkit.minima._certificate import certify
from curvkit.minima._examples import example

pytest.importorskip("flint")
# So near that a network which is moved by much more has no minimum there.
REACH = 1e-4
# Points of both labels have a minimum of one unit at every thirtieth try or so.
TRIES = 600
LOSSES = {"squared": "tanh", "logistic": "sigmoid"}


class Truth:
    """A proved minimum with a loss above zero, of one unit on random points."""

    def __init__(self, seed):
        self.random = random = np.random.default_rng(seed)
        self.loss = sorted(LOSSES)[seed % 2]
        self.activation = LOSSES[self.loss]
        for _ in range(TRIES):
            points = int(random.integers(6, 10))
            self.inputs = random.normal(size=(points, 1))
            self.targets = random.normal(size=points)
            if self.loss == "logistic":
                # Both labels all over the line: points that are told apart have no minimum.
                self.inputs = np.concatenate([self.inputs, self.inputs + 0.3, self.inputs - 1])
                self.targets = np.float64(random.uniform(size=3 * points) < 0.5)
            found = minimize(self.value, random.normal(size=4), jac=True, method="BFGS")
            self.weights = found.x
            certificate = certify(self.example(), reach=REACH)
            if certificate.proved and certificate.loss.low > 0.05:
                self.low = certificate.loss.low
                return
        raise AssertionError(f"no minimum was found in {TRIES} tries")

    def value(self, flat):
        at = self.derivatives(flat)
        return at.loss, at.gradient

    def derivatives(self, flat, inputs=None, targets=None, activation=None):
        return calculus.derivatives(
            Weights.of(flat, 1),
            self.inputs if inputs is None else inputs,
            self.targets if targets is None else targets,
            calculus.BENDS[activation or self.activation],
            calculus.CRITERIA[self.loss],
        )

    def example(self, weights=None, inputs=None, targets=None, activation=None, **claims):
        flat = self.weights if weights is None else weights
        return example(
            self.inputs if inputs is None else inputs,
            self.targets if targets is None else targets,
            tuple(Weights.of(flat, 1)),
            activation=activation or self.activation,
            loss=self.loss,
            **claims,
        )

    def elsewhere(self, weights=None, **changed):
        """An example with weights at which no minimum is within reach, which is made sure of."""
        flat = self.weights if weights is None else weights
        at = self.derivatives(flat, **changed)
        assert np.max(np.abs(at.gradient)) > 2 * REACH * np.abs(at.hessian).sum(1).max()
        return self.example(weights, **changed)

    def scaled(self, *factors):
        return self.weights * np.array(factors)


def decimals(value, digits):
    return f"{value:.{digits}f}"


def off_by_a_digit(truth):
    return truth.example(claimed=decimals(truth.low + 1e-6, 6))


def off_by_a_digit_below(truth):
    return truth.example(claimed=decimals(truth.low - 1e-6, 6))


def off_by_a_digit_in_exponent_form(truth):
    return truth.example(claimed=f"{round(truth.low * 1e4) + 1}e-4")


def a_power_of_ten(truth):
    powers = [each for each in range(-9, 10) if abs(10.0**each - truth.low) > 0.5]
    return truth.example(claimed=f"1e{truth.random.choice(powers)}")


def nothing_times_a_power_of_ten(truth):
    return truth.example(claimed=f"0.0e{truth.random.integers(-9, 0)}")


def a_whole_number(truth):
    return truth.example(claimed=str(round(truth.low) + truth.random.choice([-1, 1])))


def tens(truth):
    return truth.example(claimed=f"{10 * (1 + round(truth.low / 10))}")


def a_ratio(truth):
    return truth.example(claimed=str(Fraction(truth.low) + Fraction(1, 10**12)))


def another_sign(truth):
    return truth.example(claimed=decimals(-truth.low, 4))


def the_mean(truth):
    return truth.example(claimed=decimals(truth.low / len(truth.targets), 4))


def better_is_itself(truth):
    return truth.example(better=tuple(Weights.of(truth.weights, 1)))


def better_is_worse(truth):
    moved = truth.weights + truth.random.choice([-0.05, 0.05], 4)
    assert truth.value(moved)[0] > truth.low
    return truth.example(better=tuple(Weights.of(moved, 1)))


def a_flipped_output(truth):
    return truth.elsewhere(truth.scaled(1, 1, -1, 1))


def a_flipped_input(truth):
    return truth.elsewhere(truth.scaled(-1, 1, 1, 1))


def moved_weights(truth):
    return truth.elsewhere(truth.weights + truth.random.choice([-0.1, 0.1], 4))


def another_target(truth):
    targets = truth.targets.copy()
    targets[0] = 1 - targets[0] if truth.loss == "logistic" else targets[0] + 1
    return truth.elsewhere(targets=targets)


def another_input(truth):
    inputs = truth.inputs.copy()
    at = np.argmax(np.abs(inputs))
    inputs[at] = -inputs[at]
    return truth.elsewhere(inputs=inputs)


def another_activation(truth):
    return truth.elsewhere(activation="softplus")


def a_unit_without_use(truth):
    # The other weights at their best without it: a saddle or flat, and no strict minimum.
    mean = truth.targets.mean()
    offset = np.log(mean / (1 - mean)) if truth.loss == "logistic" else mean
    return truth.example(np.array([0.0, 0.0, 0.0, offset]))


def a_saturated_unit(truth):
    # Without a gradient in floats, and with one.
    return truth.example(np.array([1.0, 60.0, 1.0, 0.0]))


KINDS = (
    off_by_a_digit, off_by_a_digit_below, off_by_a_digit_in_exponent_form, a_power_of_ten,
    nothing_times_a_power_of_ten, a_whole_number, tens, a_ratio, another_sign, the_mean,
    better_is_itself, better_is_worse, a_flipped_output, a_flipped_input, moved_weights,
    another_target, another_input, another_activation, a_unit_without_use, a_saturated_unit,
)  # fmt: skip
TIMES = [0, 1, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(2, 50))]


@pytest.mark.parametrize("seed", TIMES)
def test_no_planted_falsehood_of_any_of_twenty_kinds_is_proved(seed):
    truth = Truth(seed)
    told = {each.__name__: certify(each(truth), reach=REACH) for each in KINDS}
    assert len(told) == 20
    assert [name for name, found in told.items() if found.proved] == []
    # What is true of the same minimum is proved: the digits, and that it is one.
    for digits in (1, 3, 8):
        assert certify(truth.example(claimed=decimals(truth.low, digits)), reach=REACH).proved

"""Digits: distances, and what three trainings are good for."""

import jax
import numpy as np
import pytest

from curvkit.verification import _digits as digits
from curvkit.verification import experiment
from curvkit.verification._networks import outputs


def test_distances_are_symmetric_and_zero_for_the_digit_itself():
    table = digits.distances()
    assert np.array_equal(table, table.T) and not np.any(np.diag(table))
    assert set(np.unique(table)) == {0.0, digits.NEAR, 1.0}


@pytest.mark.full
def test_each_training_learns_the_digits():
    pixels, labels, nets = experiment.classified()
    assert pixels.min() == 0 and pixels.max() == 1
    test = slice(experiment.TRAINED_ON, None)
    for net in nets:
        single = jax.tree.map(np.float32, net)
        scores = jax.vmap(lambda x, net=single: outputs(net, x))(np.float32(pixels[test]))
        assert np.mean(np.argmax(scores, 1) == labels[test]) > 0.93


def test_a_certain_answer_keeps_both_properties_and_a_wrong_one_breaks_them():
    sure = np.where(np.arange(10) == 3, 20.0, 0.0)
    for spec, y in ((digits.near(3), sure), (digits.summed([3, 3]), np.tile(sure, 2))):
        fitted = spec.fit(1, len(y))
        assert float(fitted(np.zeros(1), y)) < 0 < float(fitted(np.zeros(1), np.roll(y, 1)))

"""The warm-up that is read off a rate, of traces made up for it."""

import dataclasses

import numpy as np
import pytest

from curvkit import tuners


def of_rates(*seeds):
    """A trace of one tuner with these rates, a step between two readings, all else ones."""
    rates = np.stack(seeds, axis=-1)[:, None]
    sizes = {"reading": len(rates), "contender": 1, "seed": rates.shape[2], "place": 5}
    sizes |= {"flow": 0, "run": 0}
    arrays = {
        name: np.ones([sizes[dim] for dim in each.dims], each.dtypes[0])
        for name, each in tuners.Trace.__series__.items()
    }
    arrays |= dict(step=np.arange(len(rates)), learning_rate=np.float32(rates))
    settings = dataclasses.asdict(tuners.Settings(rival="none"))
    return tuners.Trace(header={"settings": settings}, **arrays)


RAMP = 0.3 * np.minimum(1.0, np.arange(300) / 100)


def test_the_warm_up_is_as_high_as_the_late_median_and_ends_where_the_rate_is_nearly_there():
    assert of_rates(RAMP).as_warm_up() == (pytest.approx(0.3), 90)
    # Of three seeds the median; a spike alone is no peak.
    spiked = np.where(np.arange(300) == 20, 9.0, RAMP)
    assert of_rates(RAMP, spiked, 2 * RAMP).as_warm_up() == (pytest.approx(0.3), 90)
    assert of_rates(spiked).as_warm_up().steps == 90


def test_a_rate_that_begins_at_its_late_level_has_a_warm_up_of_one_step():
    assert of_rates(np.full(50, 0.2)).as_warm_up() == (pytest.approx(0.2), 1)
    assert of_rates(np.linspace(1.0, 0.5, 50)).as_warm_up().steps == 1


def test_what_is_no_number_is_left_out_and_nothing_is_read_off_nothing():
    lost = np.where(np.arange(300) < 250, RAMP, np.nan)
    assert of_rates(lost).as_warm_up() == (pytest.approx(0.3), 90)
    with pytest.raises(ValueError, match="no reading with a finite rate"):
        of_rates(np.full(3, np.nan)).as_warm_up()

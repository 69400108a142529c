"""The names of the tuners: one list for knobs, traces, figures and the tuners themselves."""

import pytest

from curvkit.core import knob as knobs
from curvkit.tuners import TUNERS, Settings
from curvkit.tuners._names import NAMES, contenders

declared = knobs.knobs(Settings)


def test_knobs_and_tuners_have_the_names_in_their_order():
    assert [*TUNERS] == [*NAMES] == [*declared["tuner"].choices]
    assert ["none", *NAMES, "all"] == [*declared["rival"].choices]


@pytest.mark.parametrize("name", NAMES)
def test_all_contenders_are_all_tuners_each_once_the_chosen_one_first(name):
    assert contenders(name, "all") == [name, *(each for each in NAMES if each != name)]
    assert contenders(name, name) == contenders(name, "none") == [name]
    assert contenders(name, "cdat")[-1] == "cdat"

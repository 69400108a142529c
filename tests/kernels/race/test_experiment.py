"""What the race shows, over five seeds, and that one program serves all three runners."""

import numpy as np
import pytest
from helpers import compilations

from curvkit.core.knob import read
from curvkit.kernels.race import Settings, run

SEEDS = range(5)


def _run(**values):
    return run(read(Settings, values))


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [SEEDS[0], *(pytest.param(n, marks=pytest.mark.full) for n in SEEDS[1:])]
)
def test_fifty_plain_softplus_layers_stay_at_chance_where_shaped_ones_learn(seed):
    trace = _run(seed=seed)
    assert trace.settings["learning_rate"] == 3e-4 and trace.step[-1] == 100
    plain, dks, tat = trace.accuracy[-1]
    # 360 test digits, the most frequent of ten classes at 12 %.
    assert trace.accuracy[:, 0].max() <= 0.15 and plain <= 0.15
    assert dks > 0.95 and tat > 0.95


@pytest.mark.slow
def test_the_plain_network_cannot_tell_inputs_apart_and_the_shaped_ones_can():
    trace = _run(steps=1)
    assert trace.spread[0, 0] > 0.999 and (trace.spread[0, 1:] < 0.6).all()


@pytest.mark.full
def test_a_plain_orthogonal_tanh_network_trains_as_well():
    trace = _run(activation="tanh")
    assert (trace.accuracy[-1] > 0.95).all()


@pytest.mark.full
def test_gaussian_weights_cost_a_part_of_what_shaping_gains():
    orthogonal, gaussian = (
        np.mean([_run(seed=s, orthogonal=o).accuracy[-1, 1:].mean() for s in range(3)])
        for o in (True, False)
    )
    assert 0.7 < gaussian < orthogonal - 0.03


@pytest.mark.slow
def test_one_compilation_serves_plain_dks_and_tat_and_every_target():
    _run(steps=10)
    with compilations() as count:
        trace = _run(steps=10, zeta=2.0, tau=0.1, learning_rate=1e-3, seed=3, orthogonal=False)
    assert count() == 0
    assert len(np.unique(trace.parameters[:, 0])) == 3 and trace.parameters[0].tolist() == [
        1,
        0,
        1,
        0,
    ]
